import {
  GROUP_CODE_BITS,
  GROUP_FACTORS,
  groupCount,
  type IntegerGraph,
  type LinearNode,
  type PatchEmbeddingNode,
} from '../ir/index.ts';
import {
  type EngineParameters,
  type EngineShape,
  groupsOfTile,
  type InputOrder,
  inputAt,
  type Program,
  packWeightStream,
  streamedWords,
  type WeightSegment,
} from '../plan/index.ts';
import { hexWord } from './hex.ts';
import { find, image, type MemoryImage, padToTwo } from './memory-image.ts';

/** One file per weight on chip, tile by tile: TO words of TI elements each, zeros past the last row. */
export function weightImages(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
): MemoryImage[] {
  return program.weights
    .filter(({ streamed }) => !streamed)
    .map((segment) => {
      const words = segmentWords(graph, segment, p).map((lanes) => hexWord(lanes, segment.bits));
      const { count, width } = segment.groups;
      const comment = `${segment.path}: ${count} x ${width} rows in tiles of ${p.TO} words, ${p.TI} x ${segment.bits} bits`;
      return image(segment.path, segment.base, comment, words);
    });
}

/** The weights in external memory, in the order in which a frame takes them; null without a stream. */
export function weightStreamImage(
  graph: IntegerGraph,
  program: Program,
  shape: EngineShape,
  p: EngineParameters,
): Uint8Array | null {
  const { stream } = p;
  if (!stream) return null;
  const words: number[][] = [];
  for (const segment of program.weights.filter(({ streamed }) => streamed)) {
    segmentWords(graph, segment, p).forEach((lanes, i) => {
      words[segment.base + i] = lanes;
    });
  }
  const ordered = program.matmuls.flatMap((op) =>
    words.slice(op.b.base, op.b.base + streamedWords(op, shape)),
  );
  return packWeightStream(stream, ordered, stream.wordBits / p.TI);
}

/** The words of a weight, as the tile loader reads them. */
function segmentWords(
  graph: IntegerGraph,
  segment: WeightSegment,
  p: EngineParameters,
): number[][] {
  const { weight } = find<LinearNode | PatchEmbeddingNode>(graph, segment.tensor);
  const order = orderOf(weight, segment);
  const weightAt = (row: number, place: number) => {
    const input = inputAt(order, place);
    return input === null ? 0 : (weight[row * order.inputs + input] as number);
  };
  return Array.from(tileOrder(segment, p), ({ row, lane, k }) =>
    Array.from({ length: p.TI }, (_, i) => {
      const code = row === null ? 0 : weightAt(row, k + i);
      return lane < p.KEY_TO ? code : codeOnLuts(code, segment, p);
    }),
  );
}

/** A weight as the outputs on LUTs take it that multiply weights alone. */
function codeOnLuts(weight: number, { path }: WeightSegment, p: EngineParameters): number {
  if (p.LUT_POWERS) return powerCode(weight, path, p.LUT_BITS);
  const bound = 2 ** (p.LUT_BITS - 1);
  if (weight >= -bound && weight < bound) return weight;
  throw new Error(`${path}: a weight of ${weight} has more than ${p.LUT_BITS} bits`);
}

/** A power of two as vt_mac_shift takes it: a sign, and an exponent whose ones are all set for 0. */
function powerCode(weight: number, path: string, bits: number): number {
  const zero = 2 ** (bits - 1) - 1;
  if (weight === 0) return zero;
  const exponent = Math.log2(Math.abs(weight));
  if (!Number.isInteger(exponent) || exponent >= zero) {
    throw new Error(`${path}: a weight of ${weight} is no power of two of ${bits} bits`);
  }
  return exponent + (weight < 0 ? zero + 1 : 0);
}

/** Row (null: padding), output of the array and first element of every word of a weight, as the loader reads them. */
function* tileOrder(
  { groups: { count, width }, reduction }: WeightSegment,
  { TI, TO }: EngineParameters,
): Generator<{ readonly row: number | null; readonly lane: number; readonly k: number }> {
  for (let group = 0; group < count; group++) {
    for (let first = 0; first < width; first += TO) {
      for (let k = 0; k < reduction; k += TI) {
        for (let row = first; row < first + TO; row++) {
          yield { row: row < width ? group * width + row : null, lane: row - first, k };
        }
      }
    }
  }
}

/** The order of a weight's inputs. */
function orderOf(weight: Int32Array, { groups, heads }: WeightSegment): InputOrder {
  return { inputs: weight.length / (groups.count * groups.width), parts: heads };
}

/** One word for each tile of a weight with groups: the factors of its TO rows, row 0 lowest. */
export function factorImage(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
): MemoryImage {
  const bits = GROUP_CODE_BITS;
  const words: string[] = [];
  for (const segment of program.weights) {
    const node = find<LinearNode>(graph, segment.tensor);
    if (segment.factors === null || !node.groups) continue;
    const order = orderOf(node.weight, segment);
    const { size, factors } = node.groups;
    const count = groupCount(order.inputs, size);
    let lanes: number[] = [];
    for (const { row, k } of tileOrder(segment, p)) {
      const [group = 0, ...others] = groupsOfTile(order, size, k, p.TI);
      if (others.length > 0) throw new Error(`a tile of ${segment.tensor} has several groups`);
      const factor = row === null ? undefined : factors[row * count + group];
      lanes.push(factor === undefined ? 0 : GROUP_FACTORS.indexOf(factor));
      if (lanes.length < p.TO) continue;
      const first = words.length === segment.factors;
      words.push(hexWord(lanes, bits) + (first ? ` // ${words.length}: ${segment.path}` : ''));
      lanes = [];
    }
  }
  padToTwo(words, hexWord(Array<number>(p.TO).fill(0), bits));
  const comment = `factors of groups of weights, 0 .. 3 for ${GROUP_FACTORS.join(', ')}: ${p.TO} x ${bits} bits for each tile`;
  return image('group_factors', 0, comment, words);
}
