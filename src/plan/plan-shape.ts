import type { Board } from '../boards/index.ts';
import type { CheckedGraph } from '../check/index.ts';
import { type IntegerGraph, signedBits } from '../ir/index.ts';
import { type CycleReport, countCycles, type IssueEvent } from './cycles.ts';
import { type EngineShape, productsPerCycle, tokenWords } from './engine.ts';
import { rowGroups } from './geometry.ts';
import { type ParameterPlace, parameterWords, withParametersPlaced } from './parameter-stream.ts';
import { engineParameters } from './parameters.ts';
import type { Plan } from './plan.ts';
import { type Program, streamedWords, usefulProducts } from './program.ts';
import { estimateResources } from './resources.ts';
import { schedule } from './schedule/index.ts';
import { type WeightStream, weightStream } from './weight-stream.ts';

/**
 * Where the weights lie: all on chip, or in external memory behind a bus of so many bits, and the
 * channels' parameters with them when they are to.
 */
export type WeightPlace =
  | 'onChip'
  | { readonly axiBits: WeightStream['axiBits']; readonly parameters?: ParameterPlace };

/** Plans one shape exactly, whether it fits the board or not. */
export function planShape(
  checked: CheckedGraph,
  board: Board,
  clockMHz: number,
  shape: EngineShape,
  place: WeightPlace = 'onChip',
): Plan {
  const { graph } = checked;
  const geometry = rowGroups(graph, shape);
  const rule = streamRule(graph);
  const streamed = place === 'onChip' ? () => false : rule.streamed(shape, place.axiBits);
  // Cutting products around LayerNorm pays unless the cut passes are too short. A larger buffer
  // carries the stream over the passes that want more weights than the bus brings.
  const candidates = [true, false].flatMap((overlapNorms) => {
    const program = schedule(graph, shape, { overlapNorms, streamed });
    let kept: { program: Program; stream: WeightStream | null; cycles: CycleReport } | undefined;
    for (const stream of streamsFor(program, shape, rule.bits, place)) {
      let late = 0;
      const observe = ({ array }: IssueEvent) => {
        if (array) late += array.late.first + array.late.others;
      };
      const cycles = countCycles(program, shape, geometry, observe, stream);
      if (kept && cycles.perFrame > (1 - WORTH_A_BUFFER) * kept.cycles.perFrame) break;
      kept = { program, stream, cycles };
      // Weights that are never late come no earlier from a larger buffer.
      if (late === 0) break;
    }
    return kept ? [kept] : [];
  });
  const {
    program,
    stream,
    cycles: inTime,
  } = candidates.reduce((best, other) =>
    other.cycles.perFrame < best.cycles.perFrame ? other : best,
  );
  const engine = engineParameters(checked, program, shape, stream);
  const parametersLie = place === 'onChip' ? 'onChip' : place.parameters;
  const frame = { parameters: parameterWords(program, engine), input: geometry.inputWords };
  const parameters = withParametersPlaced(engine, board, parametersLie, frame);
  const { parameterStream } = parameters;
  const cycles = parameterStream
    ? countCycles(program, shape, geometry, () => {}, stream, parameterStream)
    : inTime;
  const products = program.matmuls.reduce((sum, op) => sum + usefulProducts(op), 0);
  return Object.freeze({
    checked,
    board,
    clockMHz,
    shape,
    program,
    parameters,
    stream,
    geometry,
    cycles,
    products,
    utilization: products / (productsPerCycle(shape) * cycles.perFrame),
    framesPerSecond: (clockMHz * 1e6) / cycles.perFrame,
    estimate: estimateResources(parameters, board),
  });
}

/** Of the cycles of a frame, those that a buffer four times as large must save. */
const WORTH_A_BUFFER = 0.005;

/** Buffers of 1, 4 and 16 times what hides the latency of the memory. */
export const BUFFERS = [1, 4, 16];

function streamsFor(
  program: Program,
  shape: EngineShape,
  bits: number,
  place: WeightPlace,
): (WeightStream | null)[] {
  if (place === 'onChip') return [null];
  const words = program.matmuls.reduce((sum, op) => sum + streamedWords(op, shape), 0);
  if (words === 0) return [null];
  const wordBits = shape.inputs * bits;
  const least = weightStream({ axiBits: place.axiBits, wordBits, words });
  return BUFFERS.map((factor) => ({ ...least, lines: least.lines * factor }));
}

/** Which weights may lie in external memory, and how wide they are there. */
export interface StreamRule {
  /** Those that most of the weights have. */
  readonly bits: number;
  /** Bits of all weights together. */
  readonly totalBits: number;
  /**
   * The nodes whose weights a bus can bring while they are used: a tile serves as many cycles as
   * there are words of tokens; and those that it brings late, but in a small share of a frame, as
   * the head of a large model with a class token. The rest stays on chip, and so do the few layers
   * whose weights are wider than most.
   */
  streamed(shape: EngineShape, axiBits: number): (tensor: string) => boolean;
}

/**
 * Of the cycles of a frame, those that streaming a weight may cost which one token alone reads: the
 * head of DeiT-base takes 170 of a ZCU102's 912 block RAMs, or 0.3 % of the cycles of 2048 products.
 */
const SMALL_SHARE = 0.006;

export function streamRule(graph: IntegerGraph): StreamRule {
  const types = new Map(graph.nodes.map(({ output }) => [output.name, output]));
  types.set(graph.input.tensor.name, graph.input.tensor);
  // Counted by shapes, so that a graph without its weights is planned alike.
  const columns = (tensor: string) => types.get(tensor)?.shape[1] ?? 1;
  const weights = graph.nodes.flatMap((node) => {
    if (node.kind !== 'linear' && node.kind !== 'patchEmbedding') return [];
    const { name, shape } = node.output;
    const join = node.kind === 'linear' ? (node.join ?? 1) : 1;
    const count = columns(name) * join * columns(node.input);
    const bits = Math.max(2, signedBits(node.weightFormat));
    return [{ name, bits, count, rows: shape[0] ?? 1 }];
  });
  const counts = new Map<number, number>();
  for (const { bits, count } of weights) counts.set(bits, (counts.get(bits) ?? 0) + count);
  const products = weights.reduce((sum, { count, rows }) => sum + count * rows, 0);
  const [most] = [...counts].sort(([a, x], [b, y]) => y - x || b - a);
  const bits = most?.[0] ?? 2;
  return {
    bits,
    totalBits: weights.reduce((sum, weight) => sum + weight.bits * weight.count, 0),
    streamed(shape, axiBits) {
      const tileBits = shape.inputs * shape.outputs * bits;
      const frame = products / productsPerCycle(shape);
      const names = weights
        .filter(
          (w) =>
            w.bits <= bits &&
            (tokenWords(shape, w.rows) * axiBits >= tileBits / 2 ||
              (w.rows === 1 && (w.count * bits) / axiBits <= SMALL_SHARE * frame)),
        )
        .map(({ name }) => name);
      const chosen = new Set(names);
      return (tensor) => chosen.has(tensor);
    },
  };
}
