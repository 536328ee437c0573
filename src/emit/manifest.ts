import { z } from 'zod';

const count = z.int().min(0);

/** One operation of a unit and where its result lies in the integer graph: what the bench compares. */
const operationSchema = z.strictObject({
  unit: z.enum(['matmul', 'layerNorm', 'softmax', 'meanPool']),
  /** The number that the unit's tap shows. Every operation of a unit has its own. */
  index: count,
  name: z.string(),
  /** The tensor of the integer graph, and its head for `[heads, queries, keys]` tensors. */
  tensor: z.string(),
  head: count.nullable(),
  rows: count,
  columns: count,
  /** First row and column of the tensor that the operation writes. */
  rowOffset: count,
  columnOffset: count,
  place: z.string().nullable(),
});

const tapSchema = z.strictObject({
  /** Rows in one tap word, and results of each. */
  tokens: count,
  lanes: count,
  /** Bits of one result. */
  bits: count,
  signed: z.boolean(),
  /** `tiles`: all rows of one group of columns, then the next group. `rows`: a row's groups, then the next row. */
  order: z.enum(['tiles', 'rows']),
});

/** `vitrum.json`: what a build folder says about itself. */
export const manifestSchema = z.strictObject({
  vitrum: z.string(),
  design: z.string(),
  /** Name of the top module. */
  top: z.string(),
  /** SHA-256 of everything that the hardware was made from. */
  hash: z.string(),
  board: z.string(),
  family: z.enum(['xcup', 'xc7', 'ecp5', 'ice40']),
  clockMHz: z.number(),
  tile: z.strictObject({ tokens: count, inputs: count, outputs: count, vector: count }),
  predicted: z.strictObject({
    cyclesPerFrame: count,
    latencyCycles: count,
    utilization: z.number(),
    products: count,
    framesPerSecond: z.number(),
    lut: z.number(),
    dsp: z.number(),
    bram36: z.number(),
  }),
  /** A frame on `s_axis`: `words` beats of `lanes` 8-bit lanes, each patch padded to whole words. */
  input: z.strictObject({ words: count, wordsPerPatch: count, lanes: count, laneBits: count }),
  /** Weights that lie in external memory, read over `m_axi`; null when all are on chip. */
  weights: z
    .strictObject({
      path: z.string(),
      bytes: count,
      axiBits: z.union([z.literal(64), z.literal(128), z.literal(256)]),
    })
    .nullable(),
  /** A frame on `m_axis`: `classes` beats of a 32-bit sign-extended code. */
  result: z.strictObject({ classes: count, tensor: z.string() }),
  taps: z.strictObject({
    matmul: tapSchema,
    layerNorm: tapSchema,
    softmax: tapSchema.nullable(),
    meanPool: tapSchema.nullable(),
  }),
  operations: z.array(operationSchema),
  /** Where sample images come from when the folder is simulated. */
  images: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('mnist') }),
    z.strictObject({ kind: z.literal('random'), seed: z.int() }),
    /** Frames of the design's own, in a file of the build folder. */
    z.strictObject({ kind: z.literal('samples'), path: z.string() }),
  ]),
  files: z.strictObject({
    verilog: z.array(z.string()),
    memory: z.array(z.string()),
    constraints: z.array(z.string()),
    graph: z.string(),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestOperation = z.infer<typeof operationSchema>;
