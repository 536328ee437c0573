import type { Place } from '../diagnostics/index.ts';
import type { EngineShape } from './engine.ts';

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

export type StreamSource = 'activations' | 'input' | 'probabilities' | 'normalized';
/** Where the stationary operand comes from; keys are taken by rows or by columns of their memory. */
export type StationarySource = 'weights' | 'weightStream' | 'keyRows' | 'keyColumns';
export type Destination = 'activations' | 'keys' | 'residual' | 'scores' | 'result';

/** How the rows and columns of an operation's result lie in a tensor of the integer graph. */
export interface Tap {
  /** Name of the tensor. */
  readonly tensor: string;
  readonly head: number | null;
  /** First row and column of the tensor that this operation writes. */
  readonly rowOffset: number;
  readonly columnOffset: number;
}

/**
 * `C[rows, columns] = A[rows, reduction] * B[columns, reduction]^T`, then the epilogue. Strides of
 * memories that hold tokens lead from TP tokens to the next TP.
 */
export interface MatmulOperation {
  readonly name: string;
  readonly tap: Tap;
  readonly place?: Place | undefined;
  readonly rows: number;
  /** Leading rows that are zero and not in memory. */
  readonly lead: number;
  readonly reduction: number;
  readonly columns: number;
  /** Columns of a tile: all outputs of the array, or for keys and values those that multiply them. */
  readonly outputs: number;
  /** Elements of the reduction that are not padding between heads. */
  readonly elements: number;
  readonly a: { readonly source: StreamSource; readonly base: number; readonly stride: number };
  /**
   * The stride leads from TP tokens to the next; weights lie in the order of the tiles. The base in the
   * weight stream is that of a memory that held all streamed weights once.
   */
  readonly b: {
    readonly source: StationarySource;
    readonly base: number;
    readonly stride: number;
  };
  readonly parameterBase: number;
  readonly shift: number;
  readonly low: number;
  readonly high: number;
  /** Word of the activation tables where this operation's table starts. */
  readonly tableBase: number | null;
  /** What is added: a row of the residual stream or an offset at the end, or an offset as the bias. */
  readonly skip: {
    readonly source: 'residual' | 'offset' | 'bias';
    readonly base: number;
    readonly stride: number;
    readonly multiplier: number;
    readonly shift: number;
  } | null;
  readonly out: {
    readonly destination: Destination;
    readonly base: number;
    readonly stride: number;
    /** Part of the first word, in units of the operation's outputs. */
    readonly part: number;
  };
}

/** Products that serve the result: padding and rows that are zero left out. */
export function usefulProducts({ rows, lead, elements, columns }: MatmulOperation): number {
  return (rows - lead) * elements * columns;
}

/** Words of the weight stream that an operation takes, in the order of its tiles. */
export function streamedWords(
  { b, reduction, columns, outputs }: MatmulOperation,
  { inputs }: Pick<EngineShape, 'inputs'>,
): number {
  if (b.source !== 'weightStream') return 0;
  return Math.ceil(reduction / inputs) * Math.ceil(columns / outputs) * outputs;
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

/**
 * A weight in the order in which the tile loader reads it: groups of rows, tiles of TO rows, k
 * tiles, the TO rows of a tile; a word of TI elements each. Every group begins with a new tile.
 */
export interface WeightSegment {
  /** Name of the node whose weight it is, and of the file (without ending). */
  readonly tensor: string;
  readonly path: string;
  readonly base: number;
  /** Rows of the weight, `groups.count * groups.width` of them: one group, or one for each head. */
  readonly groups: { readonly count: number; readonly width: number };
  /** In external memory, to be streamed, or on chip. */
  readonly streamed: boolean;
  /** Bits of an element on chip; the stream has one width for all. */
  readonly bits: number;
  readonly reduction: number;
  /** First word of the factors of its tiles, a word a tile; null without groups of inputs. */
  readonly factors: number | null;
  /** Where the reduction index of the weight lies: heads are padded apart in the activations. */
  readonly heads: { readonly count: number; readonly width: number; readonly pitch: number } | null;
}

/** A run of words in the parameter memory, TO of them for the channels of a tile, padded with zeros. */
export interface ParameterSegment {
  readonly tensor: string;
  readonly path: string;
  readonly base: number;
  /** First channel and number of channels of the node; the rest up to `words` is padding. */
  readonly first: number;
  readonly channels: number;
  /** Channels of a tile. */
  readonly tile: number;
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
  readonly weightSections: readonly WeightSection[];
  readonly parameters: readonly ParameterSegment[];
  readonly activationTables: readonly TableSegment[];
  readonly expTables: readonly TableSegment[];
  readonly reciprocalTables: readonly TableSegment[];
  readonly rsqrtTables: readonly TableSegment[];
  /** Words of each memory. */
  readonly depths: MemoryDepths;
}

/** Weights on chip of one width: consecutive words of a memory of their own. */
export interface WeightSection {
  readonly bits: number;
  readonly first: number;
  readonly words: number;
}

export interface MemoryDepths {
  readonly input: number;
  readonly activations: number;
  /** Tokens as LayerNorm leaves them. */
  readonly normalized: number;
  readonly keys: number;
  readonly probabilities: number;
  readonly scores: number;
  readonly residual: number;
  readonly offset: number;
  readonly result: number;
  /** Weights on chip. */
  readonly weights: number;
  readonly parameters: number;
  /** Factors of groups of weights: words of a tile. */
  readonly factors: number;
  /** Words of LayerNorm parameters, VL channels each. */
  readonly normParameters: number;
}
