import { engine } from './engine.ts';
import { processIo } from './io.ts';
import { main } from './main.ts';

/** The program: sets the exit code instead of exiting, so that piped output is written to its end. */
export async function start(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2), engine, processIo());
}
