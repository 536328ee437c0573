/**
 * When tiles of weights begin to load: a list of products in their order, each of which loads its
 * tiles at `first`, `second`, then every `period` cycles.
 */
export interface Loads {
  readonly tiles: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly period: Float64Array;
  readonly sequences: readonly LoadSequence[];
  readonly again: LoadedAgain;
}

/** The frame that begins with sequence `from` comes `times` times more, `period` cycles apart. */
export interface LoadedAgain {
  readonly from: number;
  readonly period: number;
  readonly times: number;
}

/** Products `from` to `until` of a list, `times` times, `period` cycles apart. */
export interface LoadSequence {
  readonly from: number;
  readonly until: number;
  readonly times: number;
  readonly period: number;
  /** It is the last of its frame. */
  readonly endsFrame: boolean;
}

/** Loads that are noted one after the other. */
export interface LoadRecorder {
  /** Numbers of the weights, as the steps of the frame have them. */
  readonly weight: number[];
  readonly tiles: number[];
  readonly first: number[];
  readonly second: number[];
  readonly period: number[];
  readonly sequences: LoadSequence[];
}

export function loadRecorder(): LoadRecorder {
  return { weight: [], tiles: [], first: [], second: [], period: [], sequences: [] };
}

/** The loads of some of the weights. */
export function loadsOf(
  recorded: LoadRecorder,
  again: LoadedAgain,
  streamed: readonly boolean[],
): Loads {
  const kept: number[] = [];
  const sequences: LoadSequence[] = [];
  for (const sequence of recorded.sequences) {
    const from = kept.length;
    for (let i = sequence.from; i < sequence.until; i++) {
      if (streamed[recorded.weight[i] as number]) kept.push(i);
    }
    const { times, period, endsFrame } = sequence;
    sequences.push({ from, until: kept.length, times, period, endsFrame });
  }
  return {
    tiles: picked(recorded.tiles, kept),
    first: picked(recorded.first, kept),
    second: picked(recorded.second, kept),
    period: picked(recorded.period, kept),
    ...{ sequences, again },
  };
}

function picked(values: readonly number[], kept: readonly number[]): Float64Array {
  const result = new Float64Array(kept.length);
  for (let i = 0; i < kept.length; i++) result[i] = values[kept[i] as number] as number;
  return result;
}

/** Tiles of the first frame. */
export function tilesOfFrame({ tiles, sequences }: Loads): number {
  let sum = 0;
  for (const { from, until, times, endsFrame } of sequences) {
    for (let i = from; i < until; i++) sum += times * (tiles[i] as number);
    if (endsFrame) break;
  }
  return sum;
}
