import type { Command } from 'commander';
import { wholeNumber } from '../options.ts';
import { picture } from '../picture.ts';
import type { Engine, Outcome, SimFrame, SimResult } from './contracts.ts';
import type { RunCommand } from './register.ts';
import { simOutcome, simText } from './sim.ts';

const DESIGN = 'examples/mnist/mnist.vit.ts';

const EXAMPLES = `
Examples:
  $ npm run demo
  $ vitrum demo --images 4`;

/** Builds and simulates the MNIST example and shows each digit with what the RTL made of it. */
export function registerDemo(program: Command, engine: Engine, run: RunCommand): void {
  program
    .command('demo')
    .description('build and simulate the MNIST example, and show the digits')
    .option('--design <file>', 'another design with images of its own', DESIGN)
    .option('--images <n>', 'digits to run', wholeNumber(1), 8)
    .option('--seed <n>', 'seed of the random initial state', wholeNumber(0), 1)
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(({ design, images, seed }: { design: string; images: number; seed: number }) =>
      run(async (context) => {
        const options = { images, stalls: false, seed, trace: false };
        return outcome(await engine.simulate(design, options, context));
      }),
    );
}

function outcome(result: SimResult): Outcome {
  const shown = (result.images ?? []).map((frame, i) => `${card(frame, i + 1)}\n`);
  return { ...simOutcome(result), text: [...shown, simText(result)].join('\n') };
}

/** A digit with its result below. */
function card(frame: SimFrame, number: number): string {
  const { label, predicted, mismatches } = frame;
  const right = label === undefined ? '' : predicted === label ? ' (right)' : ' (wrong)';
  const equal =
    mismatches === 0 ? 'every layer equals the golden model' : `${mismatches} values differ`;
  return [
    picture(frame),
    `digit ${number}: label ${label ?? 'unknown'}, predicted ${predicted}${right}; ${equal}`,
  ].join('\n');
}
