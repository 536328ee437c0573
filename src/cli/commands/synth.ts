import type { Command } from 'commander';
import { synthesisPassed, type Utilization } from '../../synth/report.ts';
import { unitGroups } from '../../synth/units/groups.ts';
import { table, thousands } from '../text.ts';
import type { Engine, Outcome, SynthOptions, SynthResult } from './contracts.ts';
import type { RunCommand } from './register.ts';

const EXAMPLES = `
Examples:
  $ vitrum synth examples/mnist/mnist.vit.ts
  $ vitrum synth rtl-out/mnist --native
  $ vitrum synth my.vit.ts --json | jq '{lut, ff, dsp, bram36}'`;

export function registerSynth(program: Command, engine: Engine, run: RunCommand): void {
  program
    .command('synth')
    .description('synthesize with Yosys and count LUT, FF, DSP and block RAM by unit')
    .argument('<design|DIR>', 'design file (.vit.ts), or a folder made by build')
    .option('--native', 'use the Yosys on the PATH and no other (default: it when new enough)')
    .option('--no-native', 'use the Yosys of the npm packages and no other')
    .option('--flatten', 'dissolve the hierarchy, as published figures do; no numbers by unit')
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((target: string, { native, flatten }: SynthOptions) =>
      run(async (context) =>
        outcome(await engine.synthesize(target, { native, flatten }, context)),
      ),
    );
}

const HEADER = ['unit', 'part', 'instances', 'LUT', 'LUTRAM', 'FF', 'DSP', 'BRAM36', 'URAM'];

function outcome(result: SynthResult): Outcome {
  const passed = synthesisPassed(result);
  const row = (name: string, part: string, instances: string, u: Utilization) => [
    ...[name, part, instances],
    ...[u.lut, u.lutram, u.ff, u.dsp, u.bram36, u.uram].map(thousands),
  ];
  const rows = [
    HEADER,
    ...result.modules.map((m) =>
      row(m.name, m.group ? unitGroups[m.group] : '', thousands(m.instances), m),
    ),
    row('whole', '', '', result),
  ];
  const lines = [
    `${result.design}: ${result.tool}, family ${result.family}, ${result.seconds.toFixed(1)} s`,
    table(rows, [2, 3, 4, 5, 6, 7, 8]),
    ...result.faults,
    result.latches > 0 ? `${result.latches} latches.` : undefined,
    passed
      ? 'No latch, nothing truncated, undriven or driven twice.'
      : 'The synthesis check failed.',
  ];
  return {
    status: passed ? 'ok' : 'failed',
    json: { ...result },
    text: lines.filter((line) => line !== undefined).join('\n'),
  };
}
