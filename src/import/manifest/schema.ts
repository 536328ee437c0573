import { z } from 'zod';
import { arrayFileEndings } from '../../arrays/index.ts';
import { type NumberFormat, uniform } from '../../ir/index.ts';

/** More nodes, or a larger axis, than any model that Vitrum builds; a larger number is a slip. */
const MAX_NODES = 4096;
const MAX_AXIS = 2 ** 16;
const MAX_NAME = 120;

const legal = <T>(what: string, test: (x: unknown) => boolean) =>
  z.custom<T>(test, { error: `Legal is ${what}.` });

const NAME = /^[A-Za-z]\w*(\.\w+)*$/;
const name = legal<string>(
  'a name like block0.attention.query',
  (x) => typeof x === 'string' && x.length <= MAX_NAME && NAME.test(x),
);

/** `int3` or `uint8`; the check stage says how many bits are legal. */
const format = legal<string>(
  'int or uint and a number of bits, like int8',
  (x) => typeof x === 'string' && /^u?int\d{1,3}$/.test(x),
).transform(
  (text): NumberFormat => uniform(Number(text.replace(/\D/g, '')), !text.startsWith('u')),
);

const isReference = (x: unknown) => {
  if (typeof x !== 'string' || x.startsWith('/') || /(^|[\\/])\.\.([\\/]|$)/.test(x)) return false;
  const [file = '', array] = splitReference(x);
  return arrayFileEndings.some((end) => file.endsWith(end)) && file.endsWith('.npy') === !array;
};
const isList = (x: unknown) => Array.isArray(x) && x.every(Number.isSafeInteger);

/** `weights.npz#query` as file and array; the array is empty for a file without `#`. */
export function splitReference(reference: string): [file: string, array: string] {
  const at = reference.indexOf('#');
  return at < 0 ? [reference, ''] : [reference.slice(0, at), reference.slice(at + 1)];
}

/** Elements in the manifest itself, or where they lie. */
export type TensorSource = string | readonly number[];

const REFERENCE = '"file.npz#name", "file.safetensors#name" or "file.npy" below the manifest';
const tensor = legal<TensorSource>(
  `a list of integers, ${REFERENCE}`,
  (x) => isReference(x) || isList(x),
);
const integer = legal<number>('an integer', (x) => Number.isSafeInteger(x));
const count = legal<number>(
  `an integer from 1 to ${MAX_AXIS}`,
  (x) => Number.isInteger(x) && Number(x) >= 1 && Number(x) <= MAX_AXIS,
);
/** One value for all channels, or one for each. */
const perChannel = legal<number | TensorSource>(
  `an integer, a list of integers, ${REFERENCE}`,
  (x) => Number.isSafeInteger(x) || isReference(x) || isList(x),
);
const real = legal<number>('a number', (x) => Number.isFinite(x));
const step = legal<number>('a number above 0', (x) => Number.isFinite(x) && Number(x) > 0);
const oneOf = <const W extends string>(...words: readonly W[]) =>
  legal<W>(words.map((w) => `"${w}"`).join(' or '), (x) => words.some((w) => w === x));

const output = { name, format, scale: step.default(1) };
const requantization = {
  bias: integer.default(0),
  multiplier: integer.default(1),
  shift: integer.default(0),
  low: integer.optional(),
  high: integer.optional(),
  table: tensor.nullable().default(null),
};
const reciprocal = z.strictObject({
  indexBias: integer,
  indexShift: integer,
  table: tensor,
  bias: integer,
  shift: integer,
});

const patchEmbedding = z.strictObject({
  kind: z.literal('patchEmbedding'),
  ...output,
  input: name,
  channels: count,
  path: name.optional(),
  weight: tensor,
  weightFormat: format,
  multiplier: perChannel.default(1),
  shift: integer.default(0),
  offset: tensor,
  offsetTo: oneOf('output', 'accumulator').default('output'),
  leading: integer.default(0),
  leadingRows: oneOf('precede', 'replace').default('precede'),
});

const layerNorm = z.strictObject({
  kind: z.literal('layerNorm'),
  ...output,
  input: name,
  rows: count.optional(),
  path: name.optional(),
  meanMultiplier: integer,
  meanShift: integer,
  varianceBias: integer,
  varianceShift: integer,
  table: tensor,
  weight: tensor,
  weightFormat: format,
  bias: perChannel.default(0),
  shift: integer,
  rowExponent: integer.default(0),
});

const linear = z.strictObject({
  kind: z.literal('linear'),
  ...output,
  ...requantization,
  input: name,
  outputs: count,
  path: name.optional(),
  weight: tensor,
  weightFormat: format,
  bias: perChannel.default(0),
  multiplier: perChannel.default(1),
  join: count.default(1),
  groups: z.strictObject({ size: count, factors: tensor }).nullable().default(null),
  residual: z
    .strictObject({ input: name, multiplier: integer.default(1), shift: integer.default(0) })
    .nullable()
    .default(null),
});

const scores = z.strictObject({
  kind: z.literal('scores'),
  ...output,
  ...requantization,
  query: name,
  key: name,
  heads: count,
});

const softmax = z.strictObject({
  kind: z.literal('softmax'),
  ...output,
  input: name,
  expBias: integer,
  expShift: integer,
  expTable: tensor,
  one: reciprocal,
  two: reciprocal,
});

const weightedValues = z.strictObject({
  kind: z.literal('weightedValues'),
  ...output,
  ...requantization,
  probability: name,
  value: name,
  heads: count,
});

const meanPool = z.strictObject({
  kind: z.literal('meanPool'),
  ...output,
  input: name,
  multiplier: integer,
  shift: integer,
  firstRow: integer.default(0),
});

const kinds = [
  patchEmbedding,
  layerNorm,
  linear,
  scores,
  softmax,
  weightedValues,
  meanPool,
] as const;
const kindNames = kinds.map((kind) => kind.shape.kind.value);
const node = z.discriminatedUnion('kind', kinds, {
  error: `Legal kinds are ${kindNames.join(', ')}.`,
});

/** A manifest, every field with the value that it has when it is absent. docs/manifest.md */
export const manifestSchema = z.strictObject({
  format: oneOf('vitrum-manifest'),
  version: legal<1>('1', (x) => x === 1),
  description: z.string().optional(),
  input: z.strictObject({
    name: name.default('input'),
    format,
    scale: step,
    image: z.strictObject({ height: count, width: count, channels: count }),
    patch: count,
    mean: z.array(real).max(MAX_AXIS),
    std: z.array(step).max(MAX_AXIS),
  }),
  nodes: z.array(node).min(1).max(MAX_NODES),
});

export type ManifestFile = z.infer<typeof manifestSchema>;
export type ManifestNode = z.infer<typeof node>;
export type ManifestNodeOf<K extends ManifestNode['kind']> = Extract<ManifestNode, { kind: K }>;
