import type { IntegerGraph } from '../../ir/index.ts';
import type { EngineShape, Latencies, MemoryDepths } from '../../plan/index.ts';
import { scheduleContext } from '../../plan/schedule/context.ts';
import { prefetchInput, wholeSteps } from '../../plan/schedule/index.ts';
import { cutAtNorms, type NormCut, normCuts, normSites } from '../../plan/schedule/overlap.ts';
import { type PooledMemory, placeLifetimes, spansOf } from '../../plan/schedule/place.ts';
import type { Step } from '../../plan/schedule/steps.ts';

/** The steps of a frame, of which one part is repeated several times. */
export interface FrameSteps {
  readonly steps: readonly Step[];
  /** First step of the part that is repeated, and the one behind it; equal where nothing is. */
  readonly from: number;
  readonly until: number;
  /** How often it is taken, at least once. */
  readonly times: number;
  /** Words of the memories; those that share words are placed for the steps. */
  readonly depths: MemoryDepths;
  /** Equal where the depths are. */
  readonly depthsKey: string;
}

/** Words of a weight on chip. */
export interface WeightWords {
  readonly tensor: string;
  readonly words: number;
}

/**
 * What a tile makes of a graph before products are cut around LayerNorm: it depends on TP, TI and
 * TO, and neither on bits, nor on the latency of the array, nor on where the weights lie.
 */
export interface Template {
  /** A frame with products whole or cut, at some lanes and latencies; one object for equal steps. */
  frame(shape: EngineShape, latency: Latencies, cut: boolean): FrameSteps;
  readonly weights: readonly WeightWords[];
}

export function createTemplate(graph: IntegerGraph, tile: EngineShape): Template {
  const context = scheduleContext(graph, tile, () => false);
  const { width, tokens } = context;
  const whole = wholeSteps(context);
  const depths = context.depths();
  const { shortened, anchors, times } = shorten(whole);
  const sites = normSites(shortened, tile);
  const norms = graph.nodes.filter(({ kind }) => kind === 'layerNorm').length;
  const placed = new Map<string, Readonly<Record<PooledMemory, number>>>();
  const place = (steps: readonly Step[], order: string) => {
    // The order of the steps decides, not how a product is divided among its parts.
    const found = placed.get(order);
    if (found) return found;
    const spans = spansOf(steps, context.regions);
    const used = spans.flatMap(({ from, until }, n) => (until > from ? [n] : []));
    const pooled = placeLifetimes(
      used.map((n) => spans[n] as (typeof spans)[number]),
      used.map((n) => context.regions[n] as (typeof context.regions)[number]),
    );
    placed.set(order, pooled.depths);
    return pooled.depths;
  };
  const make = (ordered: readonly Step[], order: string, groups: number): FrameSteps => {
    const steps = prefetchInput(ordered, tokens);
    const [from, until] = anchors.map((tensor) =>
      steps.findIndex((s) => s.unit === 'layerNorm' && s.operation.tap.tensor === tensor),
    );
    const all = { ...depths, ...place(steps, order), normParameters: norms * groups };
    const depthsKey = Object.values(all).join(' ');
    return { steps, from: from ?? 0, until: until ?? 0, times, depths: all, depthsKey };
  };
  const frames = new Map<string, FrameSteps>();
  return {
    frame(shape, latency, cut) {
      const groups = Math.ceil(width / shape.vector);
      const cuts = cut ? normCuts(sites, shape, groups, latency) : [];
      const key = cuts.reduce((all, one) => `${all} ${one.tail} ${one.heads}`, `${groups}`);
      const found = frames.get(key);
      if (found) return found;
      const ordered = cut ? cutAtNorms(shortened, sites, cuts, shape, groups) : shortened;
      const order = cuts.map((one, i) => orderOf(one, sites[i] as Site, tile)).join();
      const made = make(ordered, order, groups);
      frames.set(key, made);
      return made;
    },
    weights: context.weights.map(({ tensor, groups, reduction }) => {
      const rows = groups.count * Math.ceil(groups.width / tile.outputs) * tile.outputs;
      return { tensor, words: rows * Math.ceil(reduction / tile.inputs) };
    }),
  };
}

type Site = ReturnType<typeof normSites>[number];

/** Equal for cuts that leave the same products, if not of the same columns. */
function orderOf({ tail, heads }: NormCut, { before, after }: Site, tile: EngineShape): string {
  const left = (tiles: number, { operation }: Site['before']) =>
    tiles === 0 ? 'none' : tiles < Math.ceil(operation.columns / tile.outputs) ? 'part' : 'all';
  return [left(tail, before), ...heads.map((n, i) => left(n, after[i] as Site['before']))].join();
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
