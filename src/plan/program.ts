import type { Place } from '../diagnostics/index.ts';

/** Units that an instruction can start, in the order of their numbers in the RTL. */
export const units = ['matmul', 'layerNorm', 'softmax', 'meanPool', 'input', 'result'] as const;
export type Unit = (typeof units)[number];

/** One step of the sequencer. It starts strictly after the one before it. */
export interface Instruction {
  readonly unit: Unit;
  /** Index into the unit's operations; 0 for input and result, which have none. */
  readonly operation: number;
  /** Matrix products that may still be under way; 3 means any number. */
  readonly maxMatmul: 0 | 1 | 2 | 3;
  /** Units that must be idle. */
  readonly idle: readonly Unit[];
  readonly label: string;
}

export type StreamSource = 'activations' | 'input' | 'probabilities' | 'weights';
export type Destination = 'activations' | 'keys' | 'residual' | 'scores' | 'result';

/** How the rows and columns of an operation's result lie in a tensor of the integer graph. */
export interface Tap {
  /** Name of the tensor. */
  readonly tensor: string;
  readonly head: number | null;
  /** First column of the tensor that this operation writes. */
  readonly columnOffset: number;
  /** The operation's rows are the tensor's columns. */
  readonly transposed: boolean;
}

/** `C[rows, columns] = A[rows, reduction] * B[columns, reduction]^T`, then the epilogue. */
export interface MatmulOperation {
  readonly name: string;
  readonly tap: Tap;
  readonly place?: Place | undefined;
  readonly rows: number;
  /** Leading rows that are zero and not in memory. */
  readonly lead: number;
  readonly reduction: number;
  readonly columns: number;
  /** Products that serve the result: padding left out. */
  readonly products: number;
  readonly a: { readonly source: StreamSource; readonly base: number; readonly stride: number };
  readonly b: {
    readonly source: 'weights' | 'keys';
    readonly base: number;
    readonly stride: number;
  };
  readonly parameters: { readonly base: number; readonly byRow: boolean };
  readonly shift: number;
  readonly low: number;
  readonly high: number;
  /** Word of the activation tables where this operation's table starts. */
  readonly tableBase: number | null;
  readonly skip: {
    readonly source: 'residual' | 'offset';
    readonly base: number;
    readonly stride: number;
    readonly multiplier: number;
    readonly shift: number;
  } | null;
  readonly out: {
    readonly destination: Destination;
    readonly base: number;
    readonly stride: number;
    /** Part of the first word, in units of TO elements. */
    readonly part: number;
  };
}

export interface LayerNormOperation {
  readonly name: string;
  readonly tap: Tap;
  readonly place?: Place | undefined;
  readonly rows: number;
  readonly xBase: number;
  readonly parameterBase: number;
  readonly tableBase: number;
  readonly outBase: number;
  /** Where the rows are written in the key memory too, for the transposed value projection. */
  readonly keyBase: number | null;
}

export interface SoftmaxOperation {
  readonly name: string;
  readonly tap: Tap;
  readonly place?: Place | undefined;
  readonly rows: number;
  readonly xBase: number;
  readonly outBase: number;
  readonly expBase: number;
  readonly oneBase: number;
  readonly twoBase: number;
}

export interface MeanPoolOperation {
  readonly name: string;
  readonly tap: Tap;
  readonly place?: Place | undefined;
  readonly rows: number;
  readonly xBase: number;
  readonly xStride: number;
  readonly outBase: number;
}

/** A run of rows in the weight memory: `rows` rows of `ceil(reduction / TI)` words. */
export interface WeightSegment {
  /** Name of the node whose weight it is, and of the file (without ending). */
  readonly tensor: string;
  readonly path: string;
  readonly base: number;
  readonly rows: number;
  readonly reduction: number;
  /** Where the reduction index of the weight lies: heads are padded apart in the activations. */
  readonly heads: { readonly count: number; readonly width: number; readonly pitch: number } | null;
}

/** A run of words in the parameter memory, one per channel, padded with zeros. */
export interface ParameterSegment {
  readonly tensor: string;
  readonly path: string;
  readonly base: number;
  /** First channel and number of channels of the node; the rest up to `words` is padding. */
  readonly first: number;
  readonly channels: number;
  readonly words: number;
}

/** A run of entries in one of the table memories. */
export interface TableSegment {
  readonly tensor: string;
  readonly path: string;
  readonly base: number;
  readonly entries: Int32Array;
}

export interface Program {
  readonly instructions: readonly Instruction[];
  /** Instruction at which a frame starts; the ones before it run once after reset. */
  readonly loopStart: number;
  readonly matmuls: readonly MatmulOperation[];
  readonly layerNorms: readonly LayerNormOperation[];
  readonly softmaxes: readonly SoftmaxOperation[];
  readonly meanPools: readonly MeanPoolOperation[];
  readonly weights: readonly WeightSegment[];
  readonly parameters: readonly ParameterSegment[];
  readonly activationTables: readonly TableSegment[];
  readonly expTables: readonly TableSegment[];
  readonly reciprocalTables: readonly TableSegment[];
  readonly rsqrtTables: readonly TableSegment[];
  /** Words of each memory. */
  readonly depths: MemoryDepths;
}

export interface MemoryDepths {
  readonly input: number;
  readonly activations: number;
  readonly keys: number;
  readonly probabilities: number;
  readonly scores: number;
  readonly residual: number;
  readonly offset: number;
  readonly result: number;
  readonly weights: number;
  readonly parameters: number;
  /** Words of LayerNorm parameters, VL channels each. */
  readonly normParameters: number;
}
