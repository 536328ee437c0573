import type { Command } from 'commander';
import type { Detected } from '../../tools/index.ts';
import { table } from '../text.ts';
import type { Engine, Outcome } from './contracts.ts';
import type { RunCommand } from './register.ts';

const EXAMPLES = `
Exits with 0 when everything that "sim" needs is there, else with 3.

Examples:
  $ vitrum doctor
  $ vitrum doctor --json | jq '.tools[] | select(.state != "ok")'`;

export function registerDoctor(program: Command, engine: Engine, run: RunCommand): void {
  program
    .command('doctor')
    .description(
      'say which tools are there, in which version, and what the missing ones would give',
    )
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(() => run(async () => outcome(await engine.detectTools())));
}

function outcome(tools: readonly Detected[]): Outcome {
  const lacking = tools.filter((t) => t.state !== 'ok');
  const needed = lacking.filter((t) => t.neededBy.includes('sim'));
  const rows = [
    ['tool', 'found', 'at least', 'state', 'gives'],
    ...tools.map((t) => [t.title, t.version ?? '-', t.minimum, stateOf(t), t.gives]),
  ];
  const hints = lacking
    .filter((t) => t.install !== undefined)
    .map((t) => `${t.title}: ${t.install}`);
  const verdict =
    needed.length === 0
      ? 'Everything that "vitrum sim" needs is there.'
      : `"vitrum sim" cannot run: ${needed.map((t) => `${t.title} is ${t.state}`).join(', ')}.`;
  return {
    status: needed.length === 0 ? 'ok' : 'toolMissing',
    json: { tools },
    text: [table(rows), ...hints, verdict].join('\n'),
  };
}

function stateOf(tool: Detected): string {
  if (tool.state === 'ok') return 'ok';
  return tool.neededBy.length === 0 ? `${tool.state} (optional)` : tool.state;
}
