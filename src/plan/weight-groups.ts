import { GROUP_GROWTH, type IntegerGraph, isKind, type LinearNode } from '../ir/index.ts';
import type { EngineShape } from './engine.ts';
import type { WeightSegment } from './program.ts';
import { inputParts } from './schedule/groups.ts';

/** Bits by which factors of groups of weights widen the sums of a graph; 0 where no node has groups. */
export function groupGrowth({ nodes }: IntegerGraph): number {
  return nodes.some((node) => node.kind === 'linear' && node.groups) ? GROUP_GROWTH : 0;
}

/** Inputs of a weight in the order in which tiles have them. */
export interface InputOrder {
  /** All of them, without padding. */
  readonly inputs: number;
  readonly parts: WeightSegment['heads'];
}

/** The input at a padded place of the reduction; null for padding. */
export function inputAt({ inputs, parts }: InputOrder, place: number): number | null {
  if (!parts) return place < inputs ? place : null;
  const part = Math.floor(place / parts.pitch);
  const within = place % parts.pitch;
  return part < parts.count && within < parts.width ? part * parts.width + within : null;
}

/** The groups of `size` inputs that the tile of `TI` places from `first` on has a share in. */
export function groupsOfTile(
  order: InputOrder,
  size: number,
  first: number,
  TI: number,
): ReadonlySet<number> {
  const groups = new Set<number>();
  for (let place = first; place < first + TI; place++) {
    const input = inputAt(order, place);
    if (input !== null) groups.add(Math.floor(input / size));
  }
  return groups;
}

/**
 * The first node with groups for which a tile would have inputs of several groups, which one factor
 * behind the array cannot serve; undefined where the shape suits all.
 */
export function splitGroups(graph: IntegerGraph, shape: EngineShape): LinearNode | undefined {
  return graph.nodes
    .filter(isKind('linear'))
    .find((node) => node.groups && !isWhole(graph, shape, node, node.groups.size));
}

function isWhole(graph: IntegerGraph, shape: EngineShape, node: LinearNode, size: number): boolean {
  const parts = inputParts(graph, shape, node);
  // A boundary in the middle of a tile has inputs on both sides, unless padding stands there.
  if (!parts) return size % shape.inputs === 0;
  const order = { inputs: parts.count * parts.width, parts };
  for (let first = 0; first < parts.count * parts.pitch; first += shape.inputs) {
    if (groupsOfTile(order, size, first, shape.inputs).size > 1) return false;
  }
  return true;
}
