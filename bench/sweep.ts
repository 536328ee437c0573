import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { EXIT } from '../src/cli/exit-codes.ts';
import { wholeNumber } from '../src/cli/options.ts';
import { formatDiagnostic } from '../src/diagnostics/index.ts';
import { ToolError } from '../src/tools/index.ts';
import { runPool } from '../src/tools/pool.ts';
import { optionsOf, type SweepCase, sweepCase } from './support/sweep-case.ts';

interface Options {
  readonly count: number;
  readonly seed: number;
  readonly only?: number;
  readonly keep: boolean;
  readonly synthesis: boolean;
  readonly small: boolean;
  readonly json: boolean;
}

const command = new Command('npm run sweep --')
  .description(
    'Random designs through build, lint and simulation with stalls; one in five through Yosys, another one in five through Icarus Verilog.',
  )
  .option('--count <n>', 'designs', wholeNumber(1), 25)
  .option('--seed <n>', 'seed of the designs and of the stalls', wholeNumber(0), 1)
  .option('--only <k>', 'only design number k of the seed', wholeNumber(0))
  .option('--keep', 'keep all build folders, not only those of failures', false)
  .option('--small', 'small designs only, which take seconds', false)
  .option('--no-synthesis', 'leave Yosys out, which takes longer than all the rest')
  .option('--json', 'print the results as one JSON object on stdout', false);

/** Two at a time: compiling a bench takes one core and up to 1 GB. */
const AT_A_TIME = 2;

process.exitCode = await sweep(command.parse().opts<Options>()).catch((error: unknown) => {
  if (!(error instanceof ToolError)) throw error;
  console.error(formatDiagnostic(error.diagnostic));
  return EXIT.tool;
});

async function sweep({
  count,
  seed,
  only,
  keep,
  synthesis,
  small,
  json,
}: Options): Promise<number> {
  const started = performance.now();
  const print = json ? console.error : console.log;
  const root = buildFolder(seed, keep);
  const indices = only === undefined ? Array.from({ length: count }, (_, i) => i) : [only];
  const cases = await runPool(
    indices.length,
    AT_A_TIME,
    (i) => {
      const index = indices[i] ?? 0;
      const options = optionsOf(index);
      const chosen = small ? { ...options, small } : options;
      return sweepCase(seed, index, root, { synthesis, options: chosen });
    },
    (result) => {
      print(describe(result, seed, small));
      if (!keep && result.failures.length === 0) rmSync(result.folder, { recursive: true });
    },
  );
  const failed = cases.filter(({ failures }) => failures.length > 0);
  if (!keep && failed.length === 0) rmSync(root, { recursive: true, force: true });
  const seconds = (performance.now() - started) / 1000;
  const made = (check: string) => cases.filter(({ checks }) => checks.includes(check)).length;
  const values = cases.reduce((sum, { valuesCompared }) => sum + valuesCompared, 0);
  const external = cases.filter(({ streamedBytes }) => streamedBytes > 0).length;
  print(
    `${cases.length - failed.length} of ${cases.length} designs of seed ${seed} passed: ${made('lint')} linted, ${made('sim')} simulated (${external} with external weights; ${values} values compared), ${made('synth')} synthesized, ${made('icarus')} in Icarus Verilog; ${seconds.toFixed(0)} s.`,
  );
  if (json) {
    console.log(JSON.stringify({ seed, count: cases.length, failed: failed.length, cases }));
  }
  return failed.length > 0 ? EXIT.checkFailed : EXIT.ok;
}

function buildFolder(seed: number, keep: boolean): string {
  if (!keep) return mkdtempSync(join(tmpdir(), 'vitrum-sweep-'));
  return fileURLToPath(new URL(`../rtl-out/sweep/seed${seed}`, import.meta.url));
}

function describe(result: SweepCase, seed: number, small: boolean): string {
  const { index, shape, bits, method, tile, settings, streamedBytes, checks, cyclesPerFrame } =
    result;
  const { failures, seconds, folder, design } = result;
  const verdict = failures.length === 0 ? 'ok    ' : 'FAILED';
  const streamed = streamedBytes > 0 ? `, ${streamedBytes} bytes streamed` : '';
  const line = `${String(index).padStart(3)} ${verdict} ${seconds.toFixed(1).padStart(5)} s  ${bits.padEnd(9)} ${method.padEnd(22)} ${tile.padEnd(9)} ${settings.padEnd(13)} ${shape}; ${cyclesPerFrame} cycles${streamed}; ${checks.slice(1).join(' ')}`;
  if (failures.length === 0) return line;
  return [
    line,
    ...failures.slice(0, 8).map((failure) => `      ${failure}`),
    `      design: ${design}`,
    `      again: npm run sweep -- --seed ${seed} --only ${index}${small ? ' --small' : ''} --keep   (${relative(process.cwd(), folder) || folder})`,
  ].join('\n');
}
