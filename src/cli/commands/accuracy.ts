import { type Command, InvalidArgumentError } from 'commander';
import type { DesignAccuracyOptions } from '../../accuracy/index.ts';
import { presetNames } from '../../dsl/presets.ts';
import { isGroup } from '../../dsl/quant-fields.ts';
import { bitList, wholeNumber } from '../options.ts';
import { table, thousands } from '../text.ts';
import type { AccuracyResult, Engine, Outcome } from './contracts.ts';
import type { RunCommand } from './register.ts';

const EXAMPLES = `
Images: PNG files, in a folder for each class where classes are known; a pair of IDX files; an .npz.
Without --images, digits of the design's own source that were not calibrated with.

Examples:
  $ vitrum accuracy examples/mnist/mnist.vit.ts
  $ vitrum accuracy my.vit.ts --images ./validation --compare minmax,percentile,comq --bits W8A8,W4A8`;

interface Flags {
  readonly images?: string;
  readonly count: number;
  readonly compare?: readonly string[];
  readonly bits?: DesignAccuracyOptions['bits'];
  readonly group?: number;
  readonly pictures?: string;
  readonly workers?: number;
}

export function registerAccuracy(program: Command, engine: Engine, run: RunCommand): void {
  program
    .command('accuracy')
    .description('measure a design against its float model, and beside other ways to quantize it')
    .argument('<design>', 'design file (.vit.ts)')
    .option('--images <dir>', 'images to measure on')
    .option('--count <n>', 'images at most, spread over those that are there', wholeNumber(1), 1000)
    .option('--compare <presets>', 'presets beside the design itself, by commas', presetList)
    .option('--bits <list>', "bits to measure at instead of the design's: W8A8,W4A8", bitList)
    .option('--group <k>', 'give the presets a step for every k inputs of a channel', groupSize)
    .option('--pictures <dir>', 'write histograms of activations as SVG files')
    .option('--workers <n>', 'threads at most (default: one a core)', wholeNumber(1))
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((design: string, flags: Flags) =>
      run(async (context) =>
        outcome(
          await engine.measureAccuracy(
            design,
            { ...flags, compare: flags.compare ?? [], bits: flags.bits ?? [] },
            context,
          ),
        ),
      ),
    );
}

function groupSize(text: string): number {
  if (isGroup(Number(text))) return Number(text);
  throw new InvalidArgumentError('It must be a multiple of 4 up to 4096.');
}

function presetList(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !presetNames.some((known) => known === name));
  if (unknown === undefined) return names;
  throw new InvalidArgumentError(
    `There is no preset ${unknown}; known are ${presetNames.join(', ')}.`,
  );
}

function outcome(result: AccuracyResult): Outcome {
  const { design, images, labelled, reference, float, methods, pictures } = result;
  const share = (x: number | null) => (x === null ? '-' : percentOf(x));
  const worst = ({ worst: w }: AccuracyResult['methods'][number]) =>
    w ? `${w.layer} (${w.decibels?.toFixed(1)} dB)` : '-';
  const rows = [
    ['', 'bits', 'top-1', 'top-5', 'agreement with float', 'worst layer (signal to noise)'],
    ['float', '', share(float.top1), share(float.top5), '', ''],
    ...methods.map((m) => [
      m.name,
      m.bits,
      share(m.top1),
      share(m.top5),
      percentOf(m.agreement),
      worst(m),
    ]),
  ];
  const known = labelled === images ? '' : `, ${thousands(labelled)} of a known class`;
  const head = `${design}: ${thousands(images)} images${known}\nfloat is ${reference}`;
  const own = methods[0];
  const layers = own
    ? [
        '',
        `Signal to noise by layer, ${own.name} ${own.bits}:`,
        table(
          own.layers.map(({ layer, decibels }) => [
            layer,
            decibels === null ? 'exact' : `${decibels.toFixed(1)} dB`,
          ]),
          [1],
        ),
      ]
    : [];
  const drawn = pictures.length > 0 ? [`pictures: ${pictures.join(', ')}`] : [];
  return {
    status: 'ok',
    json: { ...result },
    text: [head, table(rows, [2, 3, 4]), ...layers, ...drawn].join('\n'),
  };
}

/** Two decimals: differences of interest are of tenths of a point. */
function percentOf(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
