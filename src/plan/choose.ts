import type { Board } from '../boards/index.ts';
import type { CheckedGraph } from '../check/index.ts';
import { type Diagnostic, DiagnosticsError, type Place } from '../diagnostics/index.ts';
import type { Target } from '../dsl/design.ts';
import type { IntegerGraph } from '../ir/index.ts';
import { describeBoard, describeNeed, fits } from './budget.ts';
import type { EngineShape } from './engine.ts';
import { explainMultipliers, legalMultipliers } from './multipliers.ts';
import type { Plan } from './plan.ts';
import type { WeightPlace } from './plan-shape.ts';
import {
  askedMultipliers,
  cheapestPlan,
  fastestPlan,
  planTile,
  type SearchSpace,
} from './search.ts';
import { candidateTiles, usualLanes } from './tiles.ts';
import { splitGroups } from './weight-groups.ts';
import { weightPlaces } from './weights-fit.ts';

type Fault = (code: Diagnostic['code'], message: string, hint: string, at: string) => never;

/**
 * Chooses the tile. A tile fixed by the user is taken as it is. With a frame rate, the smallest
 * array that reaches it; without one, the fastest that fits the board.
 *
 * Throws `DiagnosticsError`: VT411 nothing fits the board, VT412 the frame rate is out of reach,
 * VT413 the fixed tile does not fit, VT415 the multipliers asked for cannot be made, VT416 the tile
 * has tokens side by side that a node must read one by one, VT417 a tile has inputs of several
 * groups of weights, VT418 parameters are to be external and weights are not.
 */
export function choosePlan(
  checked: CheckedGraph,
  board: Board,
  target: Target,
  placesOf: Readonly<Record<string, Place>> = {},
): Plan {
  const fault: Fault = (code, message, hint, at) => {
    const place = placesOf[at] ?? placesOf['target.board'] ?? placesOf.target;
    throw new DiagnosticsError([{ code, message, hint, place }]);
  };
  if (target.lutOperands === 'weights' && !target.lutOutputs) {
    fault(
      'VT415',
      "`lutOperands: 'weights'` says what outputs on LUTs multiply, and there are none.",
      'Give `lutOutputs` of a fixed `tile`, at least 1.',
      'target.lutOperands',
    );
  }
  if (target.parameters === 'external' && target.weights === 'onChip') {
    fault(
      'VT418',
      "`parameters: 'external'` puts the parameters of channels behind the weights, and these are to lie on chip.",
      "Leave one of the two out, or give `weights: 'external'`.",
      'target.parameters',
    );
  }
  const alone = readsRowsAlone(checked.graph);
  const wanted = target.tile ? [fixedTile(target.tile)] : candidateTiles(alone ? [1] : [1, 2]);
  const tiles = wanted.filter((tile) => !splitGroups(checked.graph, tile));
  if (tiles.length === 0) splitFault(checked.graph, wanted[0] as EngineShape, fault);
  const clockMHz = target.clockMHz ?? board.defaultClockMHz;
  const places = weightPlaces(board, target);
  const whole = { checked, board, target, clockMHz, tiles, places };
  // Few tiles cannot be cut for a kind of multiplier.
  const space = { ...whole, tiles: tiles.filter((tile) => askedMultipliers(whole, tile).length) };
  if (space.tiles.length === 0) {
    const [tile] = tiles as [EngineShape];
    const legal = legalMultipliers(checked.graph, tile, board, target);
    const settings = ['lutOutputs', 'multipliers', 'primitives'] as const;
    const asked = settings.find((setting) => target[setting]);
    fault('VT415', ...explainMultipliers(legal, target, tile, board), `target.${asked}`);
  }
  if (!target.tile) return freePlan(space, fault);
  const { tokens = 1 } = target.tile;
  if (alone && tokens > 1) {
    fault(
      'VT416',
      `The tile has ${tokens} tokens side by side, and ${alone} takes learned tokens apart from the others.`,
      'Leave `tokens` out of the tile.',
      'target.tile',
    );
  }
  return fixedPlan(space, fault);
}

/** A tile that is asked for, or every one that is planned, has inputs of several groups. */
function splitFault(graph: IntegerGraph, tile: EngineShape, fault: Fault): never {
  const node = splitGroups(graph, tile);
  const most = Math.max(tile.inputs, node?.groups?.size ?? 1);
  const legal = Array.from({ length: most }, (_, i) => i + 1).filter(
    (inputs) => sidesDivide(inputs, tile.outputs) && !splitGroups(graph, { ...tile, inputs }),
  );
  return fault(
    'VT417',
    `A tile of ${tile.inputs} inputs and ${tile.outputs} outputs has inputs of several groups of ${node?.output.name}, whose weights have steps for groups of ${node?.groups?.size} inputs.`,
    `Legal beside ${tile.outputs} outputs are ${legal.join(', ')} inputs, or other groups.`,
    'target.tile',
  );
}

/** One side of a tile divides the other. */
function sidesDivide(inputs: number, outputs: number): boolean {
  return Math.max(inputs, outputs) % Math.min(inputs, outputs) === 0;
}

function fixedTile({ tokens = 1, inputs, outputs, vector }: NonNullable<Target['tile']>) {
  return { tokens, inputs, outputs, vector: vector ?? usualLanes(inputs, outputs) };
}

function fixedPlan(space: SearchSpace, fault: Fault): Plan {
  const { board, places } = space;
  const [tile] = space.tiles as [EngineShape];
  const plans = places.map((place) => planTile(space, tile, place));
  const plan = plans.find(({ estimate }) => fits(estimate, board)) ?? (plans[0] as Plan);
  if (fits(plan.estimate, board)) return plan;
  return fault(
    'VT413',
    `The tile ${tile.tokens} x ${tile.inputs} x ${tile.outputs} needs about ${describeNeed(plan.estimate)}, and ${board.name} has ${describeBoard(board)}.`,
    'Choose a smaller tile, fewer bits or a larger board, or leave the tile to the planner.',
    'target.tile',
  );
}

function freePlan(space: SearchSpace, fault: Fault): Plan {
  const { board, clockMHz, places, tiles } = space;
  const { fps } = space.target;
  const smallest = planTile(space, tiles[0] as EngineShape, places.at(-1) as WeightPlace);
  const cheapest = fps === undefined ? undefined : cheapestPlan(space, fps, smallest.products);
  if (cheapest) return cheapest;
  const fastest = fastestPlan(space, smallest.products);
  if (!fastest) {
    return fault(
      'VT411',
      `No engine for this model fits ${board.name}: the smallest needs about ${describeNeed(smallest.estimate)}, and the board has ${describeBoard(board)}.`,
      'A larger board, fewer bits, or a narrower model would do.',
      'target.board',
    );
  }
  if (fps === undefined) return fastest;
  const rate = Math.floor(fastest.framesPerSecond);
  return fault(
    'VT412',
    `${fps} frames per second are out of reach on ${board.name} at ${clockMHz} MHz; the fastest plan that fits gives ${rate}.`,
    `At most ${rate}, a higher clock or a larger board would do.`,
    'target.fps',
  );
}

/** The node that reads rows one by one, which a memory with several tokens in a word cannot give. */
export function readsRowsAlone({ nodes }: IntegerGraph): string | undefined {
  return nodes.find(
    (node) =>
      (node.kind === 'linear' && (node.join ?? 1) > 1) ||
      (node.kind === 'meanPool' && (node.firstRow ?? 0) > 0),
  )?.output.name;
}
