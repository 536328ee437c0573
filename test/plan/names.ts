import { type IntegerGraph, type IntegerNode, tensorType } from '../../src/ir/index.ts';
import type { MatmulOperation } from '../../src/plan/index.ts';

/** A number for every element that can lie in a memory. */
export interface Names {
  of(tensor: string, row: number, column: number, head?: number): number;
  /** `block0.mlp[3,17]`; of another frame's element as well. */
  describe(value: number): string;
  /** How many there are: the elements of frame f are those of frame 0 plus f times this. */
  readonly count: number;
}

/** What lies past the last row or column of an operation: written, and never to be relied on. */
export const PADDING = -2;
/** What no operation has written. */
export const NOTHING = -1;

/** Names of the weight, the parameters and the offsets of a node. */
export const weightOf = (tensor: string) => `weight of ${tensor}`;
export const parametersOf = (tensor: string) => `parameters of ${tensor}`;
export const OFFSETS = 'offsets';

export function namesOf(graph: IntegerGraph): Names {
  const places = new Map<string, { base: number; shape: readonly [number, number, number] }>();
  let count = 0;
  const add = (name: string, shape: readonly number[]) => {
    const [heads = 1, rows = 1, columns = 1] = [...Array(3 - shape.length).fill(1), ...shape];
    places.set(name, { base: count, shape: [heads, rows, columns] });
    count += heads * rows * columns;
  };
  add(graph.input.tensor.name, graph.input.tensor.shape);
  for (const node of graph.nodes) {
    add(node.output.name, node.output.shape);
    const columns = node.output.shape.at(-1) ?? 1;
    if (node.kind === 'patchEmbedding') add(OFFSETS, node.output.shape);
    if (node.kind === 'linear' || node.kind === 'patchEmbedding') {
      add(weightOf(node.output.name), [columns, node.weight.length / columns]);
      add(parametersOf(node.output.name), [1, columns]);
    }
    // Every channel of an attention's products has the same parameters.
    if (node.kind === 'scores' || node.kind === 'weightedValues') {
      add(parametersOf(node.output.name), [1, 1]);
    }
  }
  return {
    count,
    of(tensor, row, column, head = 0) {
      const place = places.get(tensor);
      if (!place) throw new Error(`${tensor} is no tensor`);
      const [heads, rows, columns] = place.shape;
      if (row < 0 || column < 0 || head >= heads || row >= rows || column >= columns) {
        throw new Error(`${tensor} has no element [${head}, ${row}, ${column}]`);
      }
      return place.base + (head * rows + row) * columns + column;
    },
    describe(value) {
      if (value === PADDING) return 'padding';
      if (value === NOTHING) return 'nothing';
      const [frame, element] = [Math.floor(value / count), value % count];
      for (const [name, { base, shape }] of places) {
        const [heads, rows, columns] = shape;
        const at = element - base;
        if (at < 0 || at >= heads * rows * columns) continue;
        const head = heads > 1 ? `#${Math.floor(at / (rows * columns))}` : '';
        const row = Math.floor(at / columns) % rows;
        return `${name}${head}[${row},${at % columns}] of frame ${frame}`;
      }
      return `value ${value}`;
    },
  };
}

/** What the elements of a product's operands are; rows and columns are those of the operation. */
export interface Operands {
  /** Null where the weights are zero, so that the value does not matter. */
  streamed(row: number, k: number): number | null;
  stationary(column: number, k: number): number;
  parameter(column: number): number;
  residual(row: number, column: number): number;
}

export function operandsOf(graph: IntegerGraph, names: Names, op: MatmulOperation): Operands {
  const node = nodeOf(graph, op.tap.tensor);
  const { tensor, rowOffset, columnOffset } = op.tap;
  const common = {
    parameter: (n: number) => names.of(parametersOf(tensor), 0, columnOffset + n),
    residual: (): number => {
      throw new Error(`${op.name} adds no row of the residual stream`);
    },
  };
  switch (node.kind) {
    case 'patchEmbedding': {
      const first = node.leadingRows === 'replace' ? 0 : node.leading;
      return {
        ...common,
        streamed: (r, k) => names.of(node.input, rowOffset + r - first, k),
        stationary: (n, k) => names.of(weightOf(tensor), columnOffset + n, k),
        residual: (r, n) => names.of(OFFSETS, rowOffset + r, columnOffset + n),
      };
    }
    case 'scores': {
      const head = op.tap.head ?? 0;
      const first = head * (widthOf(graph, node.query) / node.heads);
      return {
        ...common,
        parameter: () => names.of(parametersOf(tensor), 0, 0),
        streamed: (r, k) => names.of(node.query, rowOffset + r, first + k),
        stationary: (n, k) => names.of(node.key, columnOffset + n, first + k),
      };
    }
    case 'weightedValues': {
      const head = Math.floor(columnOffset / (widthOf(graph, node.value) / node.heads));
      return {
        ...common,
        parameter: () => names.of(parametersOf(tensor), 0, 0),
        streamed: (r, k) => names.of(node.probability, rowOffset + r, k, head),
        stationary: (n, k) => names.of(node.value, k, columnOffset + n),
      };
    }
    case 'linear': {
      const channel = channelOf(graph, op);
      const residual = node.epilogue.residual?.input;
      return {
        ...common,
        streamed: (r, k) => {
          const c = channel(k);
          return c === null ? null : names.of(node.input, rowOffset + r, c);
        },
        stationary: (n, k) => {
          const c = channel(k);
          return c === null ? PADDING : names.of(weightOf(tensor), columnOffset + n, c);
        },
        ...(residual && {
          residual: (r, n) => names.of(residual, rowOffset + r, columnOffset + n),
        }),
      };
    }
    default:
      throw new Error(`${op.name} is no product`);
  }
}

/** The channel at a reduction index: heads lie apart in the concatenated values. */
function channelOf(graph: IntegerGraph, op: MatmulOperation): (k: number) => number | null {
  const node = nodeOf(graph, op.tap.tensor);
  if (node.kind !== 'linear') return (k) => k;
  const source = graph.nodes.find((n) => n.output.name === node.input);
  if (source?.kind !== 'weightedValues') return (k) => k;
  const pitch = op.reduction / source.heads;
  const width = widthOf(graph, node.input) / source.heads;
  return (k) => (k % pitch < width ? Math.floor(k / pitch) * width + (k % pitch) : null);
}

export function nodeOf(graph: IntegerGraph, name: string): IntegerNode {
  const node = graph.nodes.find((n) => n.output.name === name);
  if (!node) throw new Error(`no node makes ${name}`);
  return node;
}

export function widthOf(graph: IntegerGraph, name: string): number {
  return tensorType(graph, name).shape.at(-1) ?? 0;
}
