import { z } from 'zod';
import { causes, units } from '../plan/index.ts';

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
  /** Results of a row in one tap word, the first ones, where they are fewer than the tap's. */
  lanes: count.optional(),
  /** First row and column of the tensor that the operation writes. */
  rowOffset: count,
  columnOffset: count,
  place: z.string().nullable(),
});

/** Cycles of a frame: those of useful products, and the others by their cause; see `LossReport`. */
const lossesSchema = z.strictObject({
  name: z.string(),
  cycles: count,
  products: count,
  useful: z.number(),
  lost: z.partialRecord(z.enum(causes), z.number()),
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
    ff: z.number(),
    dsp: z.number(),
    bram36: z.number(),
    uram: z.number(),
  }),
  /** What the array does in the predicted cycles, by cause, layer and operation. */
  losses: z.strictObject({
    ...lossesSchema.pick({ useful: true, lost: true }).shape,
    perFrame: count,
    layers: z.array(lossesSchema).readonly(),
    operations: z.array(lossesSchema.extend({ unit: z.enum(units), layer: z.string() })).readonly(),
  }),
  /** What the memories are made of on the board; see `MappedMemory`. */
  memories: z
    .array(
      z.strictObject({
        name: z.string(),
        /** Words, bits of a bank, banks of a word, and memories of the same contents. */
        ...{ depth: count, width: count, banks: count, copies: count },
        constant: z.boolean(),
        primitive: z.string(),
        /** Words and bits of a primitive; null for logic. */
        shape: z.tuple([count, count]).readonly().nullable(),
        count,
        style: z.enum(['auto', 'distributed', 'block', 'ultra']),
        bits: count,
        used: z.number().nullable(),
        ...{ lut: z.number(), bram36: z.number(), uram: z.number() },
      }),
    )
    .readonly(),
  /** A frame on `s_axis`: `words` beats of `lanes` 8-bit lanes, each patch padded to whole words. */
  input: z.strictObject({ words: count, wordsPerPatch: count, lanes: count, laneBits: count }),
  /** Weights that lie in external memory, read over `m_axi`; null when all are on chip. */
  weights: z
    .strictObject({
      path: z.string(),
      bytes: count,
      axiBits: z.union([z.literal(64), z.literal(128), z.literal(256), z.literal(512)]),
      /** The part of the file that `m_axi_param` reads; null where parameters are on chip. */
      parameters: z
        .strictObject({
          offset: count,
          bytes: count,
          axiBits: z.union([z.literal(64), z.literal(128)]),
        })
        .nullable(),
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
    /** Models of primitives, for simulation only. */
    models: z.array(z.string()),
    memory: z.array(z.string()),
    constraints: z.array(z.string()),
    graph: z.string(),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestOperation = z.infer<typeof operationSchema>;

/** What a simulator reads: the design, and models of the primitives that it instantiates. */
export function simulationSources({ files }: Pick<Manifest, 'files'>): readonly string[] {
  return [...files.verilog, ...files.models];
}
