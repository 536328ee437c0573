import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/options.ts';
import { table } from '../src/cli/text.ts';
import { loadAnyDesign } from '../src/dsl/load.ts';
import { coefficientsFile } from '../src/plan/resource-model/model.ts';
import { characterizedDesign } from './support/characterized-design.ts';
import { type CharacterizedEngine, synthesizeEngine } from './support/characterized-engine.ts';
import { fitCoefficients } from './support/coefficient-fit.ts';
import { errorText, modelErrors } from './support/model-errors.ts';

interface Options {
  readonly count: number;
  readonly seed: number;
  readonly jobs: number;
  readonly synth: boolean;
  readonly large: boolean;
}

/** What the repository keeps of the synthesis runs. */
interface Characterization {
  readonly tool: string;
  readonly seed: number;
  readonly engines: readonly CharacterizedEngine[];
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const results = path('./characterization/engines.json');

/** Engines of the examples and the bench; those that are not fitted show what the model is worth. */
const LARGE: readonly { readonly name: string; readonly file: string; readonly fitted: boolean }[] =
  [
    { name: 'mnist', file: path('../examples/mnist/mnist.vit.ts'), fitted: true },
    { name: 'deit-tiny-w8a8', file: path('./designs/deit-tiny-w8a8.vit.ts'), fitted: true },
    { name: 'deit-small-w8a8', file: path('./designs/deit-small-w8a8.vit.ts'), fitted: false },
  ];

const command = new Command('npm run characterize --')
  .description(
    'Synthesizes engines over their parameters, fits the coefficients of the resource model, and shows how far it is off for engines that it was not fitted to.',
  )
  .option('--count <n>', 'random engines; every fourth is not fitted', wholeNumber(4), 28)
  .option('--seed <n>', 'seed of their designs', wholeNumber(0), 1)
  .option('--jobs <n>', 'runs of Yosys at the same time', wholeNumber(1), 2)
  .option('--no-synth', 'fit to the stored results')
  .option('--no-large', 'leave the engines of the examples and the bench out');

await characterize(command.parse().opts<Options>());

async function characterize(options: Options): Promise<void> {
  const stored = options.synth ? await collect(options) : read();
  const coefficients = await fitCoefficients(stored.engines, stored.tool);
  writeFileSync(coefficientsFile, `${JSON.stringify(coefficients, null, 2)}\n`);
  console.log(`${stored.engines.length} engines, ${stored.tool}`);
  const errors = modelErrors(stored.engines, coefficients);
  console.log(errorText(errors, table));
}

function read(): Characterization {
  return JSON.parse(readFileSync(results, 'utf8'));
}

/** A run that is broken off is cheap the next time: units are cached. */
async function collect({ count, seed, jobs, large }: Options): Promise<Characterization> {
  const engines: CharacterizedEngine[] = [];
  let tool = '';
  const add = async (
    about: Pick<CharacterizedEngine, 'name' | 'text' | 'fitted'>,
    loaded: Parameters<typeof synthesizeEngine>[0],
  ) => {
    console.error(`${about.name}  ${about.text}`);
    const onRun = (text: string) => console.error(`  ${text}`);
    const { tool: name, ...found } = await synthesizeEngine(loaded, { jobs, onRun });
    tool = name;
    engines.push({ ...about, ...found });
  };
  for (let index = 0; index < count; index++) {
    const { design, text } = characterizedDesign(seed, index);
    const about = { name: design.name, text, fitted: index % 4 !== 3 };
    await add(about, { design, folder: process.cwd() });
  }
  for (const { name, file, fitted } of large ? LARGE : []) {
    await add({ name, text: '', fitted }, await loadAnyDesign(file));
  }
  const all = { tool, seed, engines };
  writeFileSync(results, `${JSON.stringify(all)}\n`);
  return all;
}
