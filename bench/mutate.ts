import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { EXIT } from '../src/cli/exit-codes.ts';
import { wholeNumber } from '../src/cli/options.ts';
import { formatDiagnostic } from '../src/diagnostics/index.ts';
import { ToolError } from '../src/tools/index.ts';
import { runPool } from '../src/tools/pool.ts';
import {
  type Judgement,
  judgeMutant,
  type Mutation,
  makeMutation,
  makeSubjects,
} from './support/mutation/index.ts';

interface Options {
  readonly count: number;
  readonly seed: number;
  readonly only?: number;
  readonly json: boolean;
}

interface Row extends Judgement, Pick<Mutation, 'kind' | 'file' | 'line' | 'change'> {
  readonly index: number;
  readonly design: string;
  readonly seconds: number;
}

const command = new Command('npm run mutate --')
  .description(
    'Changes one operator, constant, memory bit or golden table entry at a time, and says whether the checks of a design notice. A change that none notices must be shown to be without effect.',
  )
  .option('--count <n>', 'mutants', wholeNumber(1), 30)
  .option(
    '--seed <n>',
    'seed of the mutants, of a random design and of the stalls',
    wholeNumber(0),
    1,
  )
  .option('--only <k>', 'only mutant number k of the seed', wholeNumber(0))
  .option('--json', 'print the results as one JSON object on stdout', false);

const AT_A_TIME = 2;

process.exitCode = await mutate(command.parse().opts<Options>()).catch((error: unknown) => {
  if (!(error instanceof ToolError)) throw error;
  console.error(formatDiagnostic(error.diagnostic));
  return EXIT.tool;
});

async function mutate({ count, seed, only, json }: Options): Promise<number> {
  const started = performance.now();
  const print = json ? console.error : console.log;
  const root = mkdtempSync(join(tmpdir(), 'vitrum-mutate-'));
  try {
    const example = fileURLToPath(new URL('../examples/tiny/tiny.vit.ts', import.meta.url));
    const subjects = await makeSubjects(example, root, seed);
    const indices = only === undefined ? Array.from({ length: count }, (_, i) => i) : [only];
    const judge = async (position: number): Promise<Row> => {
      const index = indices[position] ?? 0;
      const { subject, mutation } = makeMutation(subjects, seed, index);
      const { kind, file, line, change } = mutation;
      const begin = performance.now();
      const judgement = await judgeMutant(subject, mutation, seed);
      const seconds = (performance.now() - begin) / 1000;
      return { index, design: subject.name, kind, file, line, change, ...judgement, seconds };
    };
    const rows = await runPool(indices.length, AT_A_TIME, judge, (row) => print(describe(row)));
    const number = (verdict: Judgement['verdict']) =>
      rows.filter((row) => row.verdict === verdict).length;
    const seconds = (performance.now() - started) / 1000;
    const survivors = number('survived');
    print(
      `${rows.length} mutants of seed ${seed} in ${subjects.map(({ name }) => name).join(' and ')}: ${number('caught')} caught, ${number('equivalent')} without effect, ${survivors} survived; ${seconds.toFixed(0)} s.`,
    );
    if (json) console.log(JSON.stringify({ seed, count: rows.length, survivors, mutants: rows }));
    return survivors > 0 ? EXIT.checkFailed : EXIT.ok;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function describe({ index, design, file, line, change, verdict, by, seconds }: Row): string {
  const head = `${String(index).padStart(3)} ${verdict.padEnd(10)} ${seconds.toFixed(1).padStart(5)} s`;
  return `${head}  ${design} ${file}:${line}  ${change}\n${' '.repeat(23)}${by}`;
}
