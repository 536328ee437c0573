import {
  type Epilogue,
  type IntegerGraph,
  type IntegerNode,
  type LayerNormNode,
  type LinearNode,
  type MeanPoolNode,
  type PatchEmbeddingNode,
  rangeOf,
  type ScoresNode,
  type SoftmaxNode,
  type TensorType,
  tensorType,
  type WeightedValuesNode,
} from '../../src/ir/index.ts';

/**
 * The operators once more, straight from the formulas of docs/arithmetic.md and in BigInt: slow,
 * without any width, sharing nothing with the golden model but the graph's types.
 */
export function reference(graph: IntegerGraph, input: Int32Array): Map<string, bigint[]> {
  const tensors = new Map([[graph.input.tensor.name, Array.from(input, BigInt)]]);
  for (const node of graph.nodes) {
    const codes = (name: string): Codes => {
      const values = tensors.get(name) as bigint[];
      const { shape } = tensorType(graph, name);
      const exponents = tensors.get(`${name}.exponents`);
      return {
        shape,
        at: (...i) => values[position(shape, i)] as bigint,
        exponent: (row) => exponents?.[row] ?? 0n,
      };
    };
    if (node.kind === 'layerNorm' && node.output.rowExponent) {
      const { at } = normalized(node, codes);
      const rows = Array.from({ length: node.rows }, (_, t) => exponentOf(node, (c) => at(t, c)));
      tensors.set(`${node.output.name}.exponents`, rows);
    }
    tensors.set(node.output.name, fill(node.output, elementOf(node, codes)));
  }
  return tensors;
}

interface Codes {
  readonly shape: readonly number[];
  at(...index: number[]): bigint;
  /** Of a row: 0 without steps per token. */
  exponent(row: number): bigint;
}

type Element = (...index: number[]) => bigint;
type Find = (name: string) => Codes;

function elementOf(node: IntegerNode, codes: Find): Element {
  switch (node.kind) {
    case 'patchEmbedding':
      return patchEmbedding(node, codes);
    case 'layerNorm':
      return layerNorm(node, codes);
    case 'linear':
      return linear(node, codes);
    case 'scores':
      return scores(node, codes);
    case 'softmax':
      return softmax(node, codes);
    case 'weightedValues':
      return weightedValues(node, codes);
    case 'meanPool':
      return meanPool(node, codes);
  }
}

function patchEmbedding(node: PatchEmbeddingNode, codes: Find): Element {
  const x = codes(node.input);
  const [, size] = x.shape as [number, number];
  const channels = node.output.shape[1] as number;
  return (t, c) => {
    const patch = node.leadingRows === 'replace' ? t : t - node.leading;
    const acc =
      t < node.leading ? 0n : sum(size, (k) => x.at(patch, k) * big(node.weight, c * size + k));
    const offset = big(node.offset, t * channels + c);
    const factor = big(node.multiplier, c);
    if (node.offsetTo === 'accumulator') {
      return toFormat(halfUp((acc + offset) * factor, node.shift), node.output);
    }
    const scaled = toFormat(halfUp(acc * factor, node.shift), node.output);
    return toFormat(BigInt(scaled) + offset, node.output);
  };
}

/** `d * r * weight + bias` of every element. */
function normalized(node: LayerNormNode, codes: Find): { readonly at: Element } {
  const x = codes(node.input);
  const channels = x.shape[1] as number;
  const at: Element = (t, c) => {
    const total = sum(channels, (k) => x.at(t, k)) * BigInt(node.meanMultiplier);
    const mu = halfUp(total, node.meanShift);
    const squares = sum(channels, (k) => (x.at(t, k) - mu) ** 2n);
    const index = (squares + BigInt(node.varianceBias)) >> BigInt(node.varianceShift);
    const r = entry(node.table, index);
    return (x.at(t, c) - mu) * r * big(node.weight, c) + big(node.bias, c);
  };
  return { at };
}

function layerNorm(node: LayerNormNode, codes: Find): Element {
  const { at } = normalized(node, codes);
  if (!node.output.rowExponent) {
    return (t, c) => toFormat(at(t, c) >> BigInt(node.shift), node.output);
  }
  return (t, c) => {
    const e = exponentOf(node, (k) => at(t, k));
    return toFormat(halfUp(at(t, c), node.shift - Number(e)), node.output);
  };
}

/** The largest exponent with which every code of the row, cut off, is within its magnitudes. */
function exponentOf({ output, weight, shift }: LayerNormNode, v: (c: number) => bigint): bigint {
  const largest = output.rowExponent ?? 0;
  for (let e = largest; e > 0; e--) {
    const end = 1n << BigInt(output.format.bits + largest - e);
    const fits = Array.from(weight, (_, c) => v(c) >> BigInt(shift - largest - 1));
    if (fits.every((w) => w >= -end && w < end)) return BigInt(e);
  }
  return 0n;
}

function linear(node: LinearNode, codes: Find): Element {
  const x = codes(node.input);
  const inputs = x.shape[1] as number;
  const { residual } = node.epilogue;
  const skip = residual ? codes(residual.input) : null;
  return (t, n) => {
    const acc = node.groups
      ? groupedSum(node.groups, inputs, n, (k) => x.at(t, k) * big(node.weight, n * inputs + k))
      : sum(inputs, (k) => x.at(t, k) * big(node.weight, n * inputs + k));
    const skipped = skip ? skip.at(t, n) : 0n;
    return epilogue(acc, node.epilogue, n, skipped, node.output, x.exponent(t));
  };
}

/** `sum_g (sum_{k in g} product(k)) * factor[n,g]`, a group after the other. */
function groupedSum(
  { size, factors }: NonNullable<LinearNode['groups']>,
  inputs: number,
  n: number,
  product: (k: number) => bigint,
): bigint {
  const count = Math.ceil(inputs / size);
  return sum(count, (g) => {
    const own = sum(Math.min(size, inputs - g * size), (k) => product(g * size + k));
    return own * big(factors, n * count + g);
  });
}

/** One accumulator of channel `c` through the epilogue. */
export function epilogue(
  acc: bigint,
  e: Epilogue,
  c: number,
  skip: bigint,
  output: TensorType,
  exponent = 0n,
): bigint {
  const sum = acc + (big(e.bias, c) << exponent);
  const scaled = halfUp(sum * big(e.multiplier, c), e.shift + Number(exponent));
  const t = bound(scaled, BigInt(e.low), BigInt(e.high));
  const y = e.table ? big(e.table, Number(t) - e.low) : t;
  if (!e.residual) return y;
  return toFormat(y + halfUp(skip * BigInt(e.residual.multiplier), e.residual.shift), output);
}

function scores(node: ScoresNode, codes: Find): Element {
  const query = codes(node.query);
  const key = codes(node.key);
  const d = (query.shape[1] as number) / node.heads;
  return (h, i, j) => {
    const acc = sum(d, (c) => query.at(i, h * d + c) * key.at(j, h * d + c));
    return requantized(acc, node);
  };
}

/** Accumulators of scores and weighted values: what is absent does nothing. */
function requantized(acc: bigint, node: ScoresNode | WeightedValuesNode): bigint {
  const scaled = halfUp((acc + BigInt(node.bias ?? 0)) * BigInt(node.multiplier), node.shift);
  const range = rangeOf(node.output.format);
  const t = bound(scaled, BigInt(node.low ?? range.low), BigInt(node.high ?? range.high));
  return node.table ? big(node.table, Number(t) - (node.low ?? range.low)) : t;
}

function softmax(node: SoftmaxNode, codes: Find): Element {
  const x = codes(node.input);
  const keys = x.shape[2] as number;
  return (h, i, j) => {
    const row = Array.from({ length: keys }, (_, k) => x.at(h, i, k));
    let max = row[0] as bigint;
    for (const v of row) if (v > max) max = v;
    const e = row.map((v) =>
      entry(node.expTable, (max - v + BigInt(node.expBias)) >> BigInt(node.expShift)),
    );
    const acc = sum(keys, (k) => e[k] as bigint);
    const { one, two } = node;
    const first = (acc + BigInt(one.indexBias)) >> BigInt(one.indexShift);
    const part = first <= BigInt(one.table.length - 1) ? one : two;
    const r = entry(part.table, (acc + BigInt(part.indexBias)) >> BigInt(part.indexShift));
    const y = ((e[j] as bigint) * r + BigInt(part.bias)) >> BigInt(part.shift);
    return toFormat(y, node.output);
  };
}

function weightedValues(node: WeightedValuesNode, codes: Find): Element {
  const probability = codes(node.probability);
  const value = codes(node.value);
  const [keys, channels] = value.shape as [number, number];
  const d = channels / node.heads;
  return (i, c) => {
    const acc = sum(keys, (j) => probability.at(Math.floor(c / d), i, j) * value.at(j, c));
    return requantized(acc, node);
  };
}

function meanPool(node: MeanPoolNode, codes: Find): Element {
  const x = codes(node.input);
  return (_, c) => {
    const total = sum(x.shape[0] as number, (t) => x.at(t, c));
    return toFormat(halfUp(total * BigInt(node.multiplier), node.shift), node.output);
  };
}

function sum(count: number, term: (i: number) => bigint): bigint {
  let total = 0n;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}

function halfUp(value: bigint, shift: number): bigint {
  return shift === 0 ? value : (value + (1n << BigInt(shift - 1))) >> BigInt(shift);
}

function bound(value: bigint, low: bigint, high: bigint): bigint {
  return value < low ? low : value > high ? high : value;
}

function toFormat(value: bigint, { format }: TensorType): bigint {
  const { low, high } = rangeOf(format);
  return bound(value, BigInt(low), BigInt(high));
}

function entry(table: Int32Array, index: bigint): bigint {
  return big(table, Number(bound(index, 0n, BigInt(table.length - 1))));
}

function big(values: ArrayLike<number>, i: number): bigint {
  return BigInt(values[i] as number);
}

function position(shape: readonly number[], index: readonly number[]): number {
  return index.reduce((at, i, axis) => at * (shape[axis] as number) + i, 0);
}

function fill({ shape }: TensorType, element: Element): bigint[] {
  const count = shape.reduce((product, n) => product * n, 1);
  return Array.from({ length: count }, (_, flat) => {
    const index: number[] = [];
    let rest = flat;
    for (const size of [...shape].reverse()) {
      index.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    return element(...index);
  });
}
