import { existsSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { type CodeBlockWriter, IndentationText, Project, QuoteKind } from 'ts-morph';
import { DiagnosticsError } from '../diagnostics/index.ts';
import type { AttentionBranch, Branch, FeedForwardBranch, Model } from '../model/index.ts';
import { IMAGE_NET, type Inspection } from './inspect.ts';
import { isQuantized } from './quantized/index.ts';

export interface DesignFileOptions {
  /** The design file. */
  readonly out: string;
  readonly board: string;
  readonly force: boolean;
}

/**
 * Writes a design for a model, as a person would: by the name of a published model where it is one,
 * by `vit()` where its blocks are alike, by `encoder()` otherwise. Throws `DiagnosticsError` (VT505)
 * when the file exists or its folder does not.
 */
export function writeDesign(
  inspection: Inspection,
  file: string,
  options: DesignFileOptions,
): void {
  const { out, force } = options;
  const refuse = (message: string, hint: string) => {
    throw new DiagnosticsError([{ code: 'VT505', message, subject: out, hint }]);
  };
  if (!/\.m?ts$/.test(out)) refuse(`'${out}' is no design file.`, 'Its name must end in .vit.ts.');
  if (!force && existsSync(out)) refuse(`'${out}' exists.`, 'Give another name, or --force.');
  if (!existsSync(dirname(resolve(out)))) {
    refuse(`the folder of '${out}' does not exist.`, 'Make it first.');
  }
  const path = relative(dirname(resolve(out)), resolve(file))
    .split(sep)
    .join('/');
  writeFileSync(
    out,
    designText(inspection, path.startsWith('.') ? path : `./${path}`, options.board),
  );
}

const MAX_LINE = 100;

/** The text of the design. `weights` is the model's path from the design's folder. */
export function designText({ model, encoder }: Inspection, weights: string, board: string): string {
  const project = new Project({
    useInMemoryFileSystem: true,
    manipulationSettings: {
      indentationText: IndentationText.TwoSpaces,
      quoteKind: QuoteKind.Single,
    },
  });
  const source = project.createSourceFile('design.ts');
  const described = describeModel(model);
  const names = ['design', 'noise', 'quant', ...described.uses].sort();
  const { height, width } = model.image;
  const file = weights.replace(/^.*\//, '');
  source.addStatements((writer) => {
    const line = `import { ${names.join(', ')} } from 'vitrum';`;
    if (line.length <= MAX_LINE) writer.writeLine(line);
    else {
      writer.write('import ').inlineBlock(() => {
        for (const name of names) writer.writeLine(`${name},`);
      });
      writer.write(" from 'vitrum';").newLine();
    }
    writer.blankLine();
    writer.writeLine(
      `/** ${height} x ${width} pixels to ${model.classes} classes, weights of ${file}. */`,
    );
    writer.write('export default design(').inlineBlock(() => {
      writer.writeLine(`name: ${quoted(model.name)},`);
      writer.write('model: ');
      described.write(writer);
      writer.write(',').newLine();
      writer.writeLine(`weights: ${quoted(weights)},`);
      writer.writeLine(
        isQuantized(encoder)
          ? 'quant: quant.onnx({ residual: 16 }),'
          : 'quant: quant.minmax({ weights: 8, activations: 8, residual: 16 }),',
      );
      writer.writeLine(
        '// Noise gives ranges to build with; images of the task give those to trust.',
      );
      writer.writeLine('calibration: noise({ count: 16, seed: 1 }),');
      writer.writeLine(`target: { board: ${quoted(board)} },`);
    });
    writer.write(');');
  });
  return source.getFullText();
}

interface Described {
  /** What the expression uses of the DSL. */
  readonly uses: readonly string[];
  readonly write: (writer: CodeBlockWriter) => void;
}

function describeModel(model: Model): Described {
  const size = deitSize(model);
  if (size) {
    const own = modelSettings(model, { ...DEFAULTS, ...DEIT, width: `${model.width}` });
    return { uses: ['deit'], write: (writer) => call(writer, `deit.${size}`, own) };
  }
  const zeros = plain(model, 0);
  const ones = plain(model, 1);
  const settings = modelSettings(model, { ...DEFAULTS, mean: zeros, std: ones });
  const block = uniformBlock(model);
  if (block) {
    const { depth, heads, mlp, activation } = block;
    const own: Setting[] = [
      ...settings.slice(0, settings.findIndex(([key]) => key === 'width') + 1),
      ['depth', `${depth}`],
      ['heads', `${heads}`],
      ...(mlp === 4 * model.width ? [] : [['mlp', `${mlp}`] satisfies Setting]),
      ...(activation === 'gelu' ? [] : [['activation', quoted(activation)] satisfies Setting]),
      ...settings.slice(settings.findIndex(([key]) => key === 'width') + 1),
    ];
    return { uses: ['vit'], write: (writer) => call(writer, 'vit', own) };
  }
  const uses = new Set(['encoder', 'layerNorm', 'residual']);
  for (const branch of model.branches) for (const name of operatorsOf(branch)) uses.add(name);
  return { uses: [...uses], write: (writer) => composed(writer, model, settings) };
}

type Setting = readonly [key: string, value: string];

/** Settings of every kind of model; what has its default is left out. */
function modelSettings(model: Model, defaults: Readonly<Record<string, string>>): Setting[] {
  const { height, width, channels, mean, std } = model.image;
  const settings: Setting[] = [
    ['image', height === width ? `${height}` : `[${height}, ${width}]`],
    ['channels', `${channels}`],
    ['patch', `${model.patch}`],
    ['width', `${model.width}`],
    ['classes', `${model.classes}`],
    ['pooling', quoted(model.pooling)],
    ['leading', model.leading === undefined ? '' : `${model.leading}`],
    ['norm', model.norm ? quoted(model.norm) : ''],
    ['embeddingNorm', model.embeddingNorm ? 'true' : ''],
    ['finalNorm', model.finalNorm ? quoted(model.finalNorm) : ''],
    ['mean', `[${mean.join(', ')}]`],
    ['std', `[${std.map((s) => (s === 1 / 255 ? '1 / 255' : s)).join(', ')}]`],
    ['epsilon', `${Number(model.epsilon.toPrecision(4))}`],
  ];
  return settings.filter(([key, value]) => value !== '' && defaults[key] !== value);
}

function plain(model: Model, value: number): string {
  return `[${Array(model.image.channels).fill(value).join(', ')}]`;
}

const DEFAULTS: Readonly<Record<string, string>> = {
  channels: '3',
  pooling: "'class'",
  epsilon: '0.000001',
};

const DEIT: Readonly<Record<string, string>> = {
  image: '224',
  patch: '16',
  classes: '1000',
  mean: `[${IMAGE_NET.mean.join(', ')}]`,
  std: `[${IMAGE_NET.std.join(', ')}]`,
};

const DEIT_SIZES = { tiny: [192, 3], small: [384, 6], base: [768, 12] } as const;

/** The published model that a model is, up to image, patch and classes. */
function deitSize(model: Model): string | undefined {
  const block = uniformBlock(model);
  const { norm, finalNorm, embeddingNorm } = model;
  const plain = !norm && !finalNorm && !embeddingNorm;
  if (!block || !plain || model.image.channels !== 3) return undefined;
  const { depth, heads, mlp, activation } = block;
  if (depth !== 12 || mlp !== 4 * model.width || activation !== 'gelu') return undefined;
  return Object.entries(DEIT_SIZES).find(([, [w, h]]) => w === model.width && h === heads)?.[0];
}

interface Block {
  readonly depth: number;
  readonly heads: number;
  readonly mlp: number;
  readonly activation: 'gelu' | 'relu';
}

/** The block of which all the branches are repetitions, when `vit` can say it. */
function uniformBlock({ branches }: Model): Block | null {
  const [first, second] = branches;
  if (first?.kind !== 'attention' || second?.kind !== 'feedForward') return null;
  const [hidden, last, more] = second.layers;
  if (!hidden || !last || more || hidden.activation === 'none' || first.inner) return null;
  const same = branches.every((branch, i) => shapeOf(branch) === shapeOf(i % 2 ? second : first));
  if (!same || branches.length % 2 !== 0) return null;
  const { width: mlp, activation } = hidden;
  return { depth: branches.length / 2, heads: first.heads, mlp, activation };
}

function shapeOf(branch: Branch): string {
  return JSON.stringify(branch.kind === 'attention' ? [branch.heads, branch.inner] : branch.layers);
}

function call(writer: CodeBlockWriter, name: string, settings: readonly Setting[]): void {
  if (settings.length === 0) writer.write(`${name}()`);
  else {
    writer.write(`${name}(`).inlineBlock(() => list(writer, settings));
    writer.write(')');
  }
}

function list(writer: CodeBlockWriter, settings: readonly Setting[]): void {
  for (const [key, value] of settings) writer.writeLine(`${key}: ${value},`);
}

function composed(writer: CodeBlockWriter, model: Model, settings: readonly Setting[]): void {
  writer.write('encoder(').newLine();
  writer.indent(() => {
    writer.inlineBlock(() => list(writer, settings));
    writer.write(',').newLine();
    writer.write('[').newLine();
    writer.indent(() => {
      for (const branch of model.branches) writer.writeLine(`${residual(branch)},`);
    });
    writer.writeLine('],');
  });
  writer.write(')');
}

function residual(branch: Branch): string {
  const parts = branch.kind === 'attention' ? [attention(branch)] : layers(branch);
  return `residual(layerNorm(), ${parts.join(', ')})`;
}

function attention({ heads, inner }: AttentionBranch): string {
  const headWidth = inner === undefined ? '' : `, headWidth: ${inner / heads}`;
  return `attention({ heads: ${heads}${headWidth} })`;
}

function layers(branch: FeedForwardBranch): string[] {
  return branch.layers.flatMap(({ width, activation }) =>
    activation === 'none' ? [`linear(${width})`] : [`linear(${width})`, `${activation}()`],
  );
}

function operatorsOf(branch: Branch): string[] {
  if (branch.kind === 'attention') return ['attention'];
  const activations = branch.layers.flatMap(({ activation }) =>
    activation === 'none' ? [] : [activation],
  );
  return ['linear', ...activations];
}

function quoted(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
}
