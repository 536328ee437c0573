import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Argument, Command, Option } from 'commander';
import { EXIT } from '../src/cli/exit-codes.ts';
import { wholeNumber } from '../src/cli/options.ts';
import { formatDiagnostic } from '../src/diagnostics/index.ts';
import { ToolError } from '../src/tools/index.ts';
import { type EngineOptions, engineParts, measureEngine } from './engine.ts';
import { measureSearch, searchParts } from './search.ts';
import type { Measured } from './support/measured.ts';
import { measureTools, type ToolsOptions } from './tools.ts';

const results = fileURLToPath(new URL('./results/', import.meta.url));

interface AccuracyOptions {
  readonly methods?: string;
  readonly bits?: string;
  readonly models?: string;
}
type Options = Omit<ToolsOptions, 'synth'> &
  Omit<EngineOptions, 'synth'> &
  AccuracyOptions & { readonly synth: boolean | undefined; readonly json: boolean };

const command = new Command('npm run bench --')
  .description('Measures, prints a table, and writes bench/results/<what>.json.')
  .addArgument(
    new Argument('[what]', 'what to measure')
      .choices(['tools', 'engine', 'accuracy', 'imported', 'search'])
      .default('tools'),
  )
  .option('--frames <n>', 'tools, imported: frames to simulate', wholeNumber(3), 40)
  .option('--images <n>', 'tools, accuracy: images for the golden model', wholeNumber(1), 400)
  .option('--synth', "tools: synthesize, and compare with the planner's estimate")
  .option('--no-synth', 'engine: cycles only, without synthesis')
  .option('--simulate', 'engine: run the designs in Verilator as well', false)
  .addOption(
    new Option('--only <parts...>', 'engine, search: only these; engine writes nothing then')
      .choices([...engineParts, ...searchParts])
      .default([], 'all'),
  )
  .option('--jobs <n>', 'engine: runs of Yosys at the same time', wholeNumber(1), 2)
  .option('--methods <list>', 'accuracy: presets, by commas (default: all)')
  .option('--bits <list>', 'accuracy: W8A8,W4A8 and the like (default: W8A8,W6A6,W4A8,W4A4)')
  .option(
    '--models <list>',
    'accuracy: mnist, cifar10 (default: those whose data is there); imported: fixtures; search: tiny, small, base',
  )
  .option('--group <k>', 'accuracy: a step for every k inputs instead of one for each channel')
  .option('--rows <kind>', 'accuracy: rows of another kind, as powerOfTwo:4:16/32')
  .option('--workers <n>', 'accuracy: threads')
  .option('--all', 'imported: every fixture', false)
  .option('--json', 'print the results as one JSON object on stdout', false);

command.parse();
const what = command.processedArgs[0] as 'tools' | 'engine' | 'accuracy' | 'imported' | 'search';
const options = command.opts<Options>();

if (what === 'accuracy')
  process.exitCode = program('accuracy', [
    ...['images', 'methods', 'bits', 'models'],
    ...['group', 'rows', 'workers'],
  ]);
else if (what === 'imported') process.exitCode = program('imported', ['models', 'frames', 'all']);
else {
  process.exitCode = await measure(what).catch((error: unknown) => {
    if (!(error instanceof ToolError)) throw error;
    console.error(formatDiagnostic(error.diagnostic));
    return EXIT.tool;
  });
}

async function measure(kind: 'tools' | 'engine' | 'search'): Promise<number> {
  const { text, json } = await measured(kind);
  if (kind === 'search') write(kind, { ...written(kind), ...measuredParts(json) });
  else if (kind === 'tools' || options.only.length === 0) write(kind, json);
  (options.json ? console.error : console.log)(text);
  if (options.json) console.log(JSON.stringify(json));
  return EXIT.ok;
}

function measured(kind: 'tools' | 'engine' | 'search'): Promise<Measured> {
  switch (kind) {
    case 'tools':
      return measureTools({ ...options, synth: options.synth ?? false });
    case 'engine':
      return measureEngine({ ...options, synth: options.synth ?? true });
    case 'search': {
      const models = options.models?.split(',') ?? ['tiny', 'small', 'base'];
      return measureSearch({ only: options.only, models });
    }
  }
}

/** What an earlier run left, of which parts that are measured now are replaced. */
function written(kind: string): object {
  const path = `${results}${kind}.json`;
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : {};
}

function measuredParts(json: unknown): object {
  return Object.fromEntries(Object.entries(json as object).filter(([, part]) => part !== null));
}

function write(kind: string, json: unknown): void {
  mkdirSync(results, { recursive: true });
  writeFileSync(`${results}${kind}.json`, `${JSON.stringify(json, null, 2)}\n`);
}

/** A program of its own, which prints as it goes; it has the options that are given. */
function program(name: string, known: readonly string[]): number {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const given = known.flatMap((option) => {
    if (command.getOptionValueSource(option) !== 'cli') return [];
    const value: unknown = command.opts()[option];
    return value === true ? [`--${option}`] : [`--${option}`, String(value)];
  });
  const run = spawnSync(process.execPath, ['--import', tsx, file, ...given], { stdio: 'inherit' });
  return run.status ?? 1;
}
