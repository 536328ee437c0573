import type { Board } from '../boards/index.ts';
import { memoryFits } from './budget.ts';
import { type EngineParameters, parameterBits } from './parameters.ts';
import type { Program } from './program.ts';
import { type MemoryNeed, memoryNeed } from './resources.ts';
import { streamBeats, type WeightStream, weightStream } from './weight-stream.ts';

/**
 * Bias and multiplier of every output channel in external memory, where the weights are there and
 * block RAM is short: DeiT-base has 86 blocks of them. They lie behind the weights and have a port of
 * their own, `m_axi_param`, so that weights are never late because of them.
 *
 * A tile takes a word in a cycle at most, and a beat of this bus has two or more, so that parameters
 * are not late either, from a memory that answers as soon as `DEFAULT_LATENCY` says: but for the first
 * tile, right after the start.
 */

/** Where parameters are to lie; undefined: in external memory when they do not fit on chip. */
export type ParameterPlace = 'onChip' | 'external' | undefined;

/**
 * Fewer words stay on chip: a frame's bursts would be short, of which those under way do not hide the
 * latency of a memory.
 */
const FEWEST_WORDS = 16;
/**
 * While an image of so many words comes in, so do the first parameters, and not even the first tile
 * waits for them. They take `DEFAULT_LATENCY` cycles and some.
 */
const LONG_IMAGE = 64;
/** Where they begin behind the weights: `vt_axi_read` takes multiples of it. */
const PAGE = 4096;

/** Words that the products of a frame take: those of every tile of outputs, also where it is taken again. */
export function parameterWords({ matmuls }: Program, { TO }: Pick<EngineParameters, 'TO'>): number {
  return matmuls.reduce((sum, { columns, outputs }) => sum + Math.ceil(columns / outputs) * TO, 0);
}

/** Bytes from the first weight to the first parameter. */
export function parameterOffset(weights: WeightStream): number {
  const bytes = (streamBeats(weights) * weights.axiBits) / 8;
  return Math.ceil(bytes / PAGE) * PAGE;
}

/** The stream of so many words a frame. */
export function parameterStream(
  p: Pick<EngineParameters, 'BIAS_BITS'>,
  words: number,
): WeightStream {
  const wordBits = parameterBits(p);
  if (2 * wordBits > 128) throw new Error(`no bus has two words of ${wordBits} bits in a beat`);
  const axiBits = 2 * wordBits <= 64 ? 64 : 128;
  // The bus has beats to spare, and lines of several would take as many banks.
  const line = { lineBeats: 1, lineWords: Math.floor(axiBits / wordBits) };
  return weightStream({ axiBits, wordBits, words, line });
}

/** What a frame takes. */
export interface FrameWords {
  /** Words of parameters. */
  readonly parameters: number;
  /** Words of its image, one a cycle. */
  readonly input: number;
}

/**
 * The parameters of an engine with its channels' parameters where they are to lie.
 *
 * @param need of memories on the board, for engines of which many are planned
 */
export function withParametersPlaced(
  p: EngineParameters,
  board: Board,
  place: ParameterPlace,
  frame: FrameWords,
  need: (p: EngineParameters) => MemoryNeed = (one) => memoryNeed(one, board),
): EngineParameters {
  if (!p.stream || place === 'onChip' || p.depths.parameters < FEWEST_WORDS) return p;
  if (place === undefined) {
    if (frame.input < LONG_IMAGE) return p;
    const { bram36, bits } = need(p);
    if (memoryFits({ bram36, memoryBits: bits }, board)) return p;
  }
  // There is no memory of them, and no addresses.
  const depths = { ...p.depths, parameters: 0 };
  return { ...p, parameterStream: parameterStream(p, frame.parameters), depths };
}
