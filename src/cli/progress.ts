import type { OnStep } from '../tools/index.ts';
import type { Io } from './io.ts';

/**
 * Prints `[2/6] quantize ... 1.2 s` for each step on stderr. On a terminal the line appears when
 * the step starts; elsewhere only when it is done, so that logs hold whole lines.
 */
export function printSteps(io: Io): OnStep {
  return ({ index, total, name, state, seconds, detail }) => {
    const head = `[${index}/${total}] ${name} ...`;
    if (state === 'start') {
      if (io.interactive) io.stderr(head);
      return;
    }
    const shown = detail === undefined || detail === '' ? '' : `, ${detail}`;
    const end = ` ${(seconds ?? 0).toFixed(1)} s${state === 'failed' ? ', failed' : shown}\n`;
    io.stderr(io.interactive ? end : head + end);
  };
}
