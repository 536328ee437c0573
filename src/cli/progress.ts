import type { Context } from './commands/contracts.ts';
import type { Io } from './io.ts';

/** Back to the first column, and what stands to the right of it gone. */
const CLEAR_LINE = '\r\u001b[K';

/**
 * Prints `[2/6] quantize ... 1.2 s` for each step on stderr. On a terminal the line appears when
 * the step starts and shows how far it is; elsewhere only when it is done, so that logs hold whole
 * lines.
 */
export function printSteps(io: Io): Context {
  let current = '';
  let isShown = false;
  return {
    onStep: ({ index, total, name, state, seconds, detail }) => {
      const head = `[${index}/${total}] ${name} ...`;
      current = head;
      if (state === 'start') {
        if (io.interactive) io.stderr(head);
        return;
      }
      const shown = detail === undefined || detail === '' ? '' : `, ${detail}`;
      const end = ` ${(seconds ?? 0).toFixed(1)} s${state === 'failed' ? ', failed' : shown}\n`;
      if (!io.interactive) io.stderr(head + end);
      else io.stderr(isShown ? `${CLEAR_LINE}${head}${end}` : end);
      isShown = false;
    },
    onProgress: (text) => {
      if (!io.interactive) return;
      isShown = true;
      io.stderr(`${CLEAR_LINE}${current} ${text}`);
    },
  };
}
