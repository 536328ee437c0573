import { type Command, InvalidArgumentError, Option } from 'commander';
import { ROW_BITS } from '../../dsl/quant-method.ts';
import { allocatorNames } from '../../explore/allocate/names.ts';
import { type RowKind, rowKinds } from '../../explore/row-kinds.ts';
import { type Limits, limitNames } from '../../explore/types.ts';
import { exploreText } from '../exploration.ts';
import { bitList, wholeNumber } from '../options.ts';
import type { Engine, ExploreCommandOptions, Outcome } from './contracts.ts';
import type { RunCommand } from './register.ts';

const EXAMPLES = `
With --target-fps the most precise plan that reaches it, exit code 1 where none does; without it the
plans of which none is worse in everything. docs/exploration.md explains what is searched.

Examples:
  $ vitrum explore examples/deit-tiny/deit-tiny.vit.ts --board zcu102 --target-fps 60
  $ vitrum explore my.vit.ts --board ./my-board.json --bits W8A8,W4A8 --clock 200,300
  $ vitrum explore my.vit.ts --target-fps 30 --plan-out plan.json
  $ vitrum explore my.vit.ts --images 500 --out report.html
  $ vitrum explore my.vit.ts --allocator hawq-v3 --limit dsp=500,bram36=120,latencyMs=5
  $ vitrum build my.vit.ts --plan plan.json`;

export function registerExplore(program: Command, engine: Engine, run: RunCommand): void {
  program
    .command('explore')
    .description('search bits, tiles, multipliers and memories for a board and a frame rate')
    .argument('<design>', 'design file (.vit.ts)')
    .option('--board <board>', "name of a board, or a board file (default: the design's)")
    .option('--target-fps <n>', 'frames per second to reach', aboveZero)
    .option('--bits <list>', 'bits to search over: W8A8,W4A8', bitList)
    .option('--rows <list>', 'kinds for some rows of each layer: fixed:4,powerOfTwo:4', rowList)
    .addOption(
      new Option('--allocator <name>', 'how the bits of layers are chosen; docs/precision.md')
        .choices(allocatorNames)
        .default('uniform'),
    )
    .option('--limit <list>', `at most: ${limitNames.join('=N, ')}=N`, limitList)
    .option('--clock <list>', 'clocks in MHz, by commas: 200,300', clockList)
    .option('--plan-out <file>', 'write the plan of the answer')
    .option('--out <file.html>', 'write a report, its plots beside it', htmlFile)
    .option('--images <n>', 'measure accuracy on so many images', wholeNumber(1))
    .option('--verify <k>', 'build, synthesize and simulate the best plans', wholeNumber(1))
    .option('--workers <n>', 'threads at most (default: one a core)', wholeNumber(1))
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((design: string, flags: ExploreCommandOptions) =>
      run(async (context) => outcome(await engine.explore(design, flags, context))),
    );
}

function outcome(found: Awaited<ReturnType<Engine['explore']>>): Outcome {
  const { result, verified } = found;
  const isRight = verified.every(({ agrees }) => agrees);
  const ok = result.reached && result.answer !== null && isRight;
  return {
    status: ok ? 'ok' : 'failed',
    json: {
      ...result,
      refused: found.refused,
      verified,
      planFile: found.planFile ?? null,
      report: found.report ?? null,
    },
    text: exploreText(found),
  };
}

function htmlFile(text: string): string {
  if (!/\.html$/.test(text)) throw new InvalidArgumentError('Its name must end in .html.');
  return text;
}

function aboveZero(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('It must be a number above 0.');
  }
  return value;
}

function limitList(text: string): Limits {
  const limits = text.split(',').map((part) => {
    const [name, value] = part.split('=').map((side) => side.trim());
    const known = limitNames.find((one) => one === name);
    const number = Number(value);
    if (!known || !value || !(number >= 0 && Number.isFinite(number))) {
      throw new InvalidArgumentError(
        `${part} is not of the form NAME=N; names are ${limitNames.join(', ')}.`,
      );
    }
    return [known, number];
  });
  return Object.fromEntries(limits) as Limits;
}

function rowList(text: string): readonly RowKind[] {
  return text.split(',').map((part) => {
    const [name, value] = part.split(':').map((side) => side.trim());
    const kind = rowKinds.find((one) => one === name);
    const bits = Number(value);
    const [low, high] = ROW_BITS[kind ?? 'fixed'];
    if (!kind || !Number.isInteger(bits) || bits < low || bits > high) {
      const legal = rowKinds.map((one) => `${one}:${ROW_BITS[one].join('..')}`);
      throw new InvalidArgumentError(`${part} is no kind of rows; legal are ${legal.join(', ')}.`);
    }
    return { kind, bits };
  });
}

function clockList(text: string): readonly number[] {
  return text.split(',').map((part) => {
    const clock = aboveZero(part);
    if (clock > 1000) throw new InvalidArgumentError('A clock is at most 1000 MHz.');
    return clock;
  });
}
