import type { Command } from 'commander';
import { lossText } from '../losses.ts';
import { wholeNumber } from '../options.ts';
import { percent, table, thousands } from '../text.ts';
import type { Engine, Outcome, SimOptions, SimResult } from './contracts.ts';
import type { RunCommand } from './register.ts';

const EXAMPLES = `
Examples:
  $ vitrum sim examples/mnist/mnist.vit.ts --images 20
  $ vitrum sim rtl-out/mnist --images 20 --stalls --seed 7
  $ vitrum sim my.vit.ts --json | jq .mismatches`;

/** Flags that are not given are absent. */
type Flags = Omit<SimOptions, 'stalls' | 'trace'> & { stalls?: boolean; trace?: boolean };

export function registerSim(program: Command, engine: Engine, run: RunCommand): void {
  program
    .command('sim')
    .description('simulate the RTL with Verilator and compare every layer with the golden model')
    .argument('<design|DIR>', 'design file (.vit.ts), or a folder made by build')
    .option('--images <n>', 'images to run', wholeNumber(1))
    .option('--stalls', 'stall every handshake at random')
    .option(
      '--seed <n>',
      'seed of stalls, of initial state and of random images',
      wholeNumber(0),
      1,
    )
    .option('--trace', 'write a waveform (FST) of the first two frames')
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((target: string, { images, stalls = false, seed, trace = false }: Flags) =>
      run(async (context) =>
        simOutcome(await engine.simulate(target, { images, stalls, seed, trace }, context)),
      ),
    );
}

/** A simulation that compared nothing has shown nothing, so it fails. */
export function simPassed(result: SimResult): boolean {
  const failures = result.failures ?? [];
  return result.mismatches === 0 && result.valuesCompared > 0 && failures.length === 0;
}

export function simOutcome(result: SimResult): Outcome {
  const { images: _pixels, summary: _summary, figures, ...json } = result;
  return {
    status: simPassed(result) ? 'ok' : 'failed',
    json: { ...json, ...figures },
    text: simText(result),
  };
}

/** The summary for people; the verdict is the last line. */
export function simText(result: SimResult): string {
  const rows: (readonly [string, string])[] = [
    ['design', result.design],
    ['frames', thousands(result.frames)],
    ['layers compared', thousands(result.layersCompared)],
    ['values compared', thousands(result.valuesCompared)],
    ['mismatches', thousands(result.mismatches)],
    [
      'cycles per frame',
      `${thousands(result.cyclesPerFrame)} (predicted ${thousands(result.predictedCyclesPerFrame)})`,
    ],
    ['utilization of the array', percent(result.macUtilization)],
  ];
  if (result.top1Rtl !== null && result.top1Golden !== null) {
    rows.push(['top-1', `RTL ${percent(result.top1Rtl)}, golden ${percent(result.top1Golden)}`]);
  }
  if (result.framesPerSecond !== undefined) {
    rows.push(["frames per second at the board's clock", thousands(result.framesPerSecond)]);
  }
  rows.push(...(result.summary ?? []));
  if (result.trace !== undefined) rows.push(['trace', result.trace]);
  if (result.out !== undefined) rows.push(['files', result.out]);
  return [table(rows), ...losses(result), ...verdict(result)].join('\n');
}

/** The cycle model knows the causes, the simulation does not: they hold because the counts agree. */
function losses({ losses: report, cyclesPerFrame, predictedCyclesPerFrame }: SimResult): string[] {
  if (!report || cyclesPerFrame !== predictedCyclesPerFrame) return [];
  return [`${lossText(report)}\n(by the cycle model, whose count is the one that was measured)`];
}

function verdict(result: SimResult): string[] {
  if (simPassed(result)) return ['The RTL equals the golden model.'];
  const lines = [...(result.failures ?? [])];
  const { first } = result;
  if (first) {
    lines.push(
      `First difference: layer ${first.layer}, token ${first.token}, channel ${first.channel}, ` +
        `cycle ${first.cycle}: expected ${first.expected}, got ${first.got}.`,
    );
  } else if (result.mismatches > 0) {
    lines.push(`${thousands(result.mismatches)} values differ from the golden model.`);
  }
  if (result.valuesCompared === 0) lines.push('Nothing was compared.');
  return lines;
}
