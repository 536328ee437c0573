import type { Command } from 'commander';
import { presetNames, presets } from '../../dsl/presets.ts';
import { table } from '../text.ts';
import type { Engine, Outcome } from './contracts.ts';
import type { RunCommand } from './register.ts';

const EXAMPLES = `
A design names one: quant: quant.preset('smoothquant', { weights: 8, activations: 8 })

Examples:
  $ vitrum quantize --list
  $ vitrum quantize --list --json | jq '.presets[].name'`;

export function registerQuantize(program: Command, _engine: Engine, run: RunCommand): void {
  program
    .command('quantize')
    .description('list the quantization presets, with what each does and its source')
    .option('--list', 'list them, which is also done without it')
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(() => run(async () => outcome()));
}

function outcome(): Outcome {
  const all = presetNames.map((name) => ({ name, ...presets[name] }));
  const rows = all.map(({ name, summary, source }) => [name, summary, source]);
  return {
    status: 'ok',
    json: { presets: all },
    text: table([['preset', 'what it does', 'source'], ...rows]),
  };
}
