import ora, { type Ora } from 'ora';
import type { Context } from './commands/contracts.ts';
import type { Io } from './io.ts';

/**
 * Prints `[2/6] quantize ... 1.2 s` for each step on stderr. On a terminal the line appears when
 * the step starts and shows how far it is; elsewhere only when it is done, so that logs hold whole
 * lines.
 */
export function printSteps({ stderr, terminal }: Pick<Io, 'stderr' | 'terminal'>): Context {
  let head = '';
  let line: Ora | undefined;
  return {
    onStep: ({ index, total, name, state, seconds, detail }) => {
      head = `[${index}/${total}] ${name} ...`;
      if (state === 'start') {
        // The steps themselves may keep the thread busy, and no key is to be lost meanwhile.
        const options = { isEnabled: true, discardStdin: false, hideCursor: false };
        line = terminal && ora({ text: head, stream: terminal, ...options }).start();
        return;
      }
      const failed = state === 'failed';
      const shown = detail === undefined || detail === '' ? '' : `, ${detail}`;
      const text = `${head} ${(seconds ?? 0).toFixed(1)} s${failed ? ', failed' : shown}`;
      if (!line) stderr(`${text}\n`);
      else if (failed) line.fail(text);
      else line.succeed(text);
      line = undefined;
    },
    onProgress: (text) => {
      if (!line) return;
      line.text = `${head} ${text}`;
      // The timer of the line does not run while a step computes.
      line.render();
    },
  };
}
