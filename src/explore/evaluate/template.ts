import type { IntegerGraph } from '../../ir/index.ts';
import type { EngineShape, MemoryDepths } from '../../plan/index.ts';
import { scheduleContext } from '../../plan/schedule/context.ts';
import { orderSteps, wholeSteps } from '../../plan/schedule/index.ts';
import { type PooledMemory, placeLifetimes, spansOf } from '../../plan/schedule/place.ts';
import type { Step } from '../../plan/schedule/steps.ts';

/** Words of a weight, where it is on chip. */
export interface WeightWords {
  readonly tensor: string;
  readonly words: number;
}

/** Steps of a frame of which a middle part is taken several times. */
export interface FrameSteps {
  readonly steps: readonly Step[];
  /** First step of the part that is repeated, and the one behind it; equal where nothing is. */
  readonly from: number;
  readonly until: number;
  /** How often it is taken, at least once. */
  readonly times: number;
}

/**
 * What a tile makes of a graph before products are cut around LayerNorm: it depends on TP, TI and
 * TO, and neither on bits, nor on the latency of the array, nor on where the weights lie.
 */
export interface Template {
  /** Cycle model's view of the frame with products whole or cut, at the latency of a shape. */
  frame(shape: EngineShape, cutAtNorms: boolean): FrameSteps;
  /** Words of the memories; those that share words are placed for the steps. */
  depths(frame: FrameSteps, shape: EngineShape): MemoryDepths;
  readonly weights: readonly WeightWords[];
}

export function createTemplate(graph: IntegerGraph, tile: EngineShape): Template {
  const context = scheduleContext(graph, tile, () => false);
  const whole = wholeSteps(context);
  const program = context.finish(orderSteps(whole, context, false));
  const { shortened, anchors, times } = shorten(whole);
  const uncut = orderSteps(shortened, context, false);
  const norms = graph.nodes.filter(({ kind }) => kind === 'layerNorm').length;
  const placed = new Map<string, Readonly<Record<PooledMemory, number>>>();
  const pooled = ({ steps }: FrameSteps) => {
    // The order of the steps decides, not how a product is divided among its parts.
    const key = steps.map((step) => ('operation' in step ? step.operation.name : '')).join();
    const found = placed.get(key);
    if (found) return found;
    const spans = spansOf(steps, context.regions);
    const used = spans.flatMap(({ from, until }, n) => (until > from ? [n] : []));
    const { depths } = placeLifetimes(
      used.map((n) => spans[n] as (typeof spans)[number]),
      used.map((n) => context.regions[n] as (typeof context.regions)[number]),
    );
    placed.set(key, depths);
    return depths;
  };
  return {
    frame(shape, cutAtNorms) {
      const { width, tokens } = context;
      const steps = cutAtNorms ? orderSteps(shortened, { shape, width, tokens }, true) : uncut;
      const [from, until] = anchors.map((tensor) =>
        steps.findIndex((s) => s.unit === 'layerNorm' && s.operation.tap.tensor === tensor),
      );
      return { steps, from: from ?? 0, until: until ?? 0, times };
    },
    depths: (frame, { vector }) => ({
      ...program.depths,
      ...pooled(frame),
      normParameters: norms * Math.ceil(context.width / vector),
    }),
    weights: program.weights.map(({ tensor, groups, reduction }) => {
      const rows = groups.count * Math.ceil(groups.width / tile.outputs) * tile.outputs;
      return { tensor, words: rows * Math.ceil(reduction / tile.inputs) };
    }),
  };
}

/** Repeats that are kept: the first, two in the middle, and the last. */
const KEPT = 4;

/**
 * Leaves out all but a few of the equal blocks of a model. A part of the steps from one LayerNorm to
 * a later one is repeated `times` times; `anchors` are the outputs of the two.
 */
function shorten(steps: readonly Step[]): {
  readonly shortened: readonly Step[];
  readonly anchors: readonly string[];
  readonly times: number;
} {
  const norms = steps.flatMap((step, i) => (step.unit === 'layerNorm' ? [i] : []));
  const [first] = norms;
  const none = { shortened: steps, anchors: [], times: 1 };
  if (first === undefined) return none;
  const kinds = steps.map(kindOf);
  for (const next of norms.slice(1)) {
    const period = next - first;
    let end = first + period;
    while (end < steps.length && kinds[end] === kinds[end - period]) end++;
    const repeats = Math.floor((end - first) / period);
    if (repeats <= KEPT) continue;
    const at = (repeat: number) => first + repeat * period;
    const anchor = (repeat: number) => {
      const step = steps[at(repeat)];
      return step?.unit === 'layerNorm' ? step.operation.tap.tensor : '';
    };
    return {
      shortened: [...steps.slice(0, at(KEPT - 1)), ...steps.slice(at(repeats - 1))],
      anchors: [anchor(1), anchor(2)],
      times: repeats - KEPT + 1,
    };
  }
  return none;
}

/** Equal for steps that take the same cycles and the same words. */
function kindOf(step: Step): string {
  const { unit, maxMatmul, idle } = step;
  const parts: (string | number | boolean)[] = [unit, maxMatmul, ...idle];
  if (step.unit === 'matmul') {
    const { rows, lead, reduction, columns, a, b, out } = step.operation;
    parts.push(rows, lead, reduction, columns, a.source, b.source, b.stride, out.destination);
  } else if ('operation' in step) parts.push(step.operation.rows);
  return parts.join();
}
