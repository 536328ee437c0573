import type { Design, LayerBits } from '../../dsl/design.ts';
import { type Plan, planShape } from '../../plan/index.ts';
import { weightBits } from '../../quantize/index.ts';
import {
  type AccuracyModel,
  accuracyOf,
  evaluate,
  layerBitsOf,
  predict,
  weightCounts,
  weightProblem,
} from '../accuracy/index.ts';
import { type Allocation, type AllocatorName, allocate, type Problem } from '../allocate/index.ts';
import { bindingOf } from '../binding.ts';
import { detailsOf } from '../details.ts';
import type { GraphSource } from '../graphs/prepare.ts';
import { quantOf } from '../plan-file/index.ts';
import type { Row } from '../search/task.ts';
import type { SearchSession, SearchSetting } from '../session.ts';
import type { AllocationReport, ExploreResult, PlanBits } from '../types.ts';
import { isByLayer } from './check-allocator.ts';
import { type RoomyEngine, roomiestEngine } from './engines.ts';
import { sensitivitiesOf } from './sensitivities.ts';

/** Bits by layer, and the plan that has them where it is the answer. */
export interface AllocatedLayers {
  readonly answer: NonNullable<ExploreResult['answer']> | undefined;
  readonly report: AllocationReport;
}

export interface LayerSetting extends SearchSetting {
  readonly folder: string;
  readonly source: GraphSource;
  readonly session: SearchSession;
}

const WIDTHS = [2, 3, 4, 5, 6, 7, 8];
/** Images for the sensitivity of layers. */
const PROBES = 64;

/**
 * Chooses the bits of every layer's weights for the memory that an engine leaves to them. The array
 * is as wide as the activations, so that cycles and multipliers are those of the engine whatever the
 * bits; what is chosen is planned by the planner, and run as a whole. Null where bits are the same in
 * all layers, or where no engine with its weights on chip reaches the target.
 *
 * @param uniform the answer of the search with the same bits in all layers
 */
export async function allocateLayers(
  setting: LayerSetting,
  rows: readonly Row[],
  uniform: Row | null,
): Promise<AllocatedLayers | null> {
  const { design, options, graphs, session, folder, source } = setting;
  const { allocator = 'uniform' } = options;
  const { observations } = source;
  if (!isByLayer(allocator) || design.kind !== 'design' || !observations) return null;
  const isEnough = (row: Row) => !session.misses(row);
  const { budget } = session;
  const engine = roomiestEngine(rows, isEnough, graphs, design.model, budget, options.limits);
  const bits = engine && graphs[engine.row.graph]?.bits;
  if (!bits) return null;
  // No layer has more bits than the design gives it, or than the array multiplies at no more cost.
  const most = Math.min(bits.activations, Math.max(design.quant.weights, bits.weights));
  const base: PlanBits = { ...bits, weights: most };
  const { model, probe } = await sensitivitiesOf({
    ...{ design, folder, observed: observations() },
    ...{ settings: quantOf(design.quant, base), images: PROBES },
    widths: WIDTHS.filter((width) => width <= most),
    ...{ workers: options.workers, storeFolder: options.storeFolder },
  });
  try {
    const found = await fitted(setting, design, allocator, engine, base, model);
    if (!found) return null;
    const { plan, own, allocation, layers } = found;
    const [whole] = await evaluate(model, probe, [layers]);
    const even = uniform && session.reaches(uniform) ? evenPlan(setting, uniform, model) : null;
    // Bits of activations count first; at equal ones the smaller loss.
    const taken =
      !even ||
      even.activations < base.activations ||
      (even.activations === base.activations && found.predicted <= even.predicted);
    const count = countOf(design);
    const report: AllocationReport = {
      ...{ allocator, how: model.how, images: model.images, taken },
      predicted: found.predicted,
      measured: whole?.measured?.noise ?? null,
      weightBits: (allocation.costs.weightBits ?? 0) / count,
      room: engine.roomBits / count,
      uniform: even && { plan: even.plan, predicted: even.predicted },
    };
    if (!taken) return { answer: undefined, report };
    const point = session.explored({ ...engine.row, estimate: plan.estimate });
    const accuracy = whole?.measured ? accuracyOf(whole.measured, model.images) : null;
    return {
      answer: {
        point: { ...point.point, bits: own },
        evaluation: { ...point.evaluation, accuracy },
        details: detailsOf(plan),
      },
      report,
    };
  } finally {
    await probe?.close();
  }
}

interface Fitted {
  readonly plan: Plan;
  readonly own: PlanBits;
  readonly layers: LayerBits;
  readonly allocation: Allocation;
  readonly predicted: number;
}

/** Attempts to fit the memory, of which rounding to whole blocks takes more than the sum says. */
const ATTEMPTS = 8;

/** An allocation whose plan fits; null where none is found. */
async function fitted(
  { board, source, session }: LayerSetting,
  design: Design,
  allocator: AllocatorName,
  { row, roomBits }: RoomyEngine,
  base: PlanBits,
  model: AccuracyModel,
): Promise<Fitted | null> {
  let atMost = roomBits;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const limits: Problem['limits'] = [{ cost: 'weightBits', atMost }];
    const problem = weightProblem(model, design.model, limits);
    const allocation = await allocate(allocator, problem);
    if (!allocation) return null;
    const layers = layerBitsOf(problem, allocation);
    const own: PlanBits = { ...base, layers: differing(layers, base) };
    const [graph] = source.prepare([own]).graphs;
    if (!graph) return null;
    const { tile, multipliers } = row;
    const { clockMHz } = session.explored(row).point;
    const plan = planShape(graph.checked, board, clockMHz, { ...tile, multipliers }, 'onChip');
    const { share } = bindingOf(plan.estimate, session.budget);
    const isAsFast = plan.cycles.perFrame === row.cyclesPerFrame;
    if (share <= 1 && isAsFast) {
      return { plan, own, layers, allocation, predicted: predict(model, layers).error };
    }
    const taken = allocation.costs.weightBits ?? 0;
    atMost = Math.min(atMost, taken) * Math.min(0.99, 1 / Math.max(share, 1));
  }
  return null;
}

/** The layers whose bits are not those of the rest; null where there are none. */
function differing(layers: LayerBits, base: PlanBits): PlanBits['layers'] {
  const merged = Object.entries({ ...base.layers, ...layers }).map(([layer, bits]) => {
    return [layer, { ...base.layers?.[layer], ...bits }] as const;
  });
  const own = merged.filter(
    ([, { weights, activations }]) => weights !== base.weights || activations !== undefined,
  );
  return own.length > 0 ? Object.fromEntries(own) : null;
}

/** The uniform answer, and the noise expected of it at the activations of the model. */
function evenPlan({ session, graphs, design }: LayerSetting, row: Row, model: AccuracyModel) {
  const bits = graphs[row.graph]?.bits;
  if (!bits || design.kind !== 'design') return null;
  const { activations } = bits;
  const settings = quantOf(design.quant, bits);
  const layers = [...weightCounts(design.model).keys()].map((layer) => {
    // What is wider than was tried loses no more than the widest that was.
    const weights = Math.min(weightBits(settings, layer), weightBits(model.settings, layer));
    return [layer, { weights }] as const;
  });
  const predicted = predict(model, Object.fromEntries(layers)).error;
  return { plan: session.explored(row), predicted, activations };
}

function countOf({ model }: Design): number {
  return [...weightCounts(model).values()].reduce((sum, n) => sum + n, 0);
}
