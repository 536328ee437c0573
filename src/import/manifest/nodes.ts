import {
  groupCount,
  type IntegerNode,
  type NumberFormat,
  type Requantization,
  rangeOf,
  type TensorType,
} from '../../ir/index.ts';
import type { ManifestNode, ManifestNodeOf, TensorSource } from './schema.ts';
import type { TensorReader } from './tensors.ts';

type Path = readonly PropertyKey[];

/** What building a node needs of its surroundings. */
export interface NodeContext {
  readonly tensors: TensorReader;
  /** Shape of an earlier tensor of so many axes; null after a fault. */
  readonly shapeOf: (name: string, rank: number, path: Path) => readonly number[] | null;
  /** Says the shape of the node's output, which is known before its constants are read. */
  readonly declare: (shape: readonly number[]) => void;
}

/** The node as the graph has it, or null after a fault. */
export function buildNode(
  node: ManifestNode,
  path: Path,
  context: NodeContext,
): IntegerNode | null {
  switch (node.kind) {
    case 'patchEmbedding':
      return patchEmbedding(node, path, context);
    case 'layerNorm':
      return layerNorm(node, path, context);
    case 'linear':
      return linear(node, path, context);
    case 'scores':
      return scores(node, path, context);
    case 'softmax':
      return softmax(node, path, context);
    case 'weightedValues':
      return weightedValues(node, path, context);
    case 'meanPool':
      return meanPool(node, path, context);
  }
}

function patchEmbedding(node: ManifestNodeOf<'patchEmbedding'>, path: Path, context: NodeContext) {
  const { kind, input, channels, leading, leadingRows, offsetTo, shift, weightFormat } = node;
  const [patches = 0, patchSize = 0] = context.shapeOf(input, 2, [...path, 'input']) ?? [];
  const { tensors } = context;
  const tokens = leadingRows === 'replace' ? patches : leading + patches;
  const multiplier = perChannel(node.multiplier, channels, [...path, 'multiplier'], tensors);
  // Without the input's shape nothing can be said about those of the constants.
  if (patches === 0) return null;
  const output = outputOf(node, [tokens, channels], context);
  const at = (field: string, shape: readonly number[]) => ({ shape, path: [...path, field] });
  const weight = tensors.int32(node.weight, at('weight', [channels, patchSize]));
  const offset = tensors.int32(node.offset, at('offset', [tokens, channels]));
  if (!weight || !offset || !multiplier) return null;
  const own = { kind, input, leading, leadingRows, offsetTo, shift, weightFormat };
  const constants = { weight, offset, multiplier, path: pathOf(node) };
  return { ...own, ...constants, output };
}

function layerNorm(node: ManifestNodeOf<'layerNorm'>, path: Path, context: NodeContext) {
  const { kind, input, meanMultiplier, meanShift, varianceBias, varianceShift, shift } = node;
  const [tokens = 0, channels = 0] = context.shapeOf(input, 2, [...path, 'input']) ?? [];
  const { tensors } = context;
  const table = tensors.int32(node.table, { shape: null, path: [...path, 'table'] });
  if (channels === 0) return null;
  const rows = node.rows ?? tokens;
  const output = outputOf(node, [rows, channels], context);
  const at = (field: string) => ({ shape: [channels], path: [...path, field] });
  const weight = tensors.int32(node.weight, at('weight'));
  const bias =
    typeof node.bias === 'number'
      ? new Float64Array(channels).fill(node.bias)
      : tensors.wide(node.bias, at('bias'));
  if (!table || !weight || !bias) return null;
  const own = { kind, input, meanMultiplier, meanShift, varianceBias, varianceShift, shift };
  const constants = { table, weight, weightFormat: node.weightFormat, bias };
  const { rowExponent } = node;
  const steps = rowExponent === 0 ? output : { ...output, rowExponent };
  return { ...own, ...constants, rows, path: pathOf(node), output: steps };
}

function linear(node: ManifestNodeOf<'linear'>, path: Path, context: NodeContext) {
  const { kind, input, outputs, join, shift, residual, weightFormat } = node;
  const [tokens = 0, inputs = 0] = context.shapeOf(input, 2, [...path, 'input']) ?? [];
  const { tensors } = context;
  const bias = perChannel(node.bias, outputs, [...path, 'bias'], tensors);
  const multiplier = perChannel(node.multiplier, outputs, [...path, 'multiplier'], tensors);
  const clip = clipOf(node, path, tensors);
  if (residual) context.shapeOf(residual.input, 2, [...path, 'residual', 'input']);
  if (tokens === 0) return null;
  // Rows that are not a multiple of `join` are a fault of the check stage, which names both.
  const output = outputOf(node, [Math.ceil(tokens / join), outputs], context);
  const wanted = { shape: [outputs, join * inputs], path: [...path, 'weight'] };
  const weight = tensors.int32(node.weight, wanted);
  const size = node.groups?.size ?? 1;
  const shape = [outputs, groupCount(join * inputs, size)];
  const at = { shape, path: [...path, 'groups', 'factors'] };
  const factors = node.groups && tensors.int32(node.groups.factors, at);
  if (!weight || !bias || !multiplier || !clip || (node.groups && !factors)) return null;
  const own = { kind, input, join, path: pathOf(node), weight, weightFormat };
  const epilogue = { bias, multiplier, shift, ...clip, residual };
  return { ...own, ...(factors && { groups: { size, factors } }), epilogue, output };
}

function scores(node: ManifestNodeOf<'scores'>, path: Path, context: NodeContext) {
  const { kind, query, key, heads, bias, multiplier, shift } = node;
  const [queries = 0] = context.shapeOf(query, 2, [...path, 'query']) ?? [];
  const [keys = 0] = context.shapeOf(key, 2, [...path, 'key']) ?? [];
  const clip = clipOf(node, path, context.tensors);
  if (queries === 0 || keys === 0) return null;
  const output = outputOf(node, [heads, queries, keys], context);
  return clip && { kind, query, key, heads, bias, multiplier, shift, ...clip, output };
}

function weightedValues(node: ManifestNodeOf<'weightedValues'>, path: Path, context: NodeContext) {
  const { kind, probability, value, heads, bias, multiplier, shift } = node;
  const [, queries = 0] = context.shapeOf(probability, 3, [...path, 'probability']) ?? [];
  const [, channels = 0] = context.shapeOf(value, 2, [...path, 'value']) ?? [];
  const clip = clipOf(node, path, context.tensors);
  if (queries === 0 || channels === 0) return null;
  const output = outputOf(node, [queries, channels], context);
  return clip && { kind, probability, value, heads, bias, multiplier, shift, ...clip, output };
}

function softmax(node: ManifestNodeOf<'softmax'>, path: Path, context: NodeContext) {
  const { kind, input, expBias, expShift } = node;
  const { tensors } = context;
  const shape = context.shapeOf(input, 3, [...path, 'input']);
  const output = shape && outputOf(node, shape, context);
  const tableAt = (source: TensorSource, ...field: string[]) =>
    tensors.int32(source, { shape: null, path: [...path, ...field] });
  const expTable = tableAt(node.expTable, 'expTable');
  const one = tableAt(node.one.table, 'one', 'table');
  const two = tableAt(node.two.table, 'two', 'table');
  if (!output || !expTable || !one || !two) return null;
  const parts = { one: { ...node.one, table: one }, two: { ...node.two, table: two } };
  return { kind, input, expBias, expShift, expTable, ...parts, output };
}

function meanPool(node: ManifestNodeOf<'meanPool'>, path: Path, context: NodeContext) {
  const { kind, input, multiplier, shift, firstRow } = node;
  const [, channels = 0] = context.shapeOf(input, 2, [...path, 'input']) ?? [];
  if (channels === 0) return null;
  const output = outputOf(node, [1, channels], context);
  return { kind, input, multiplier, shift, firstRow, output };
}

interface Named {
  readonly name: string;
  readonly format: NumberFormat;
  readonly scale: number;
}

function outputOf(
  { name, format, scale }: Named,
  shape: readonly number[],
  { declare }: NodeContext,
): TensorType {
  declare(shape);
  return { name, shape, format, scale };
}

/** The path of a node's constants, which names their files. */
export function pathOf(node: {
  readonly name: string;
  readonly path?: string | undefined;
}): string {
  return node.path ?? `${node.name}.weight`;
}

function perChannel(
  source: number | TensorSource,
  channels: number,
  path: Path,
  tensors: TensorReader,
): Int32Array | null {
  // One value goes the same way as a list of it, so that its range is looked at as well.
  const all = typeof source === 'number' ? Array<number>(channels).fill(source) : source;
  return tensors.int32(all, { shape: [channels], path });
}

interface Clip {
  readonly format: NumberFormat;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly table: TensorSource | null;
}

/** Bounds that are not given are those of the output, or those of the table's index from 0. */
function clipOf(
  node: Clip,
  path: Path,
  tensors: TensorReader,
): Pick<Requantization, 'low' | 'high' | 'table'> | null {
  const { table: source } = node;
  if (!source) {
    const range = rangeOf(node.format);
    return { low: node.low ?? range.low, high: node.high ?? range.high, table: null };
  }
  const table = tensors.int32(source, { shape: null, path: [...path, 'table'] });
  if (!table) return null;
  const low = node.low ?? 0;
  return { low, high: node.high ?? low + table.length - 1, table };
}
