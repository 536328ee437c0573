import type { Manifest, ManifestOperation } from '../emit/manifest.ts';
import { elementCount, type IntegerGraph, type TensorType, tensorType } from '../ir/index.ts';

/** Where the values of an operation lie in its tensor, in the order in which its tap shows them. */
export interface OperationLayout {
  readonly operation: ManifestOperation;
  readonly tensor: TensorType;
  /** Index into the tensor's codes, one per value. */
  readonly elements: Int32Array;
}

/** The layouts of a design's operations, in the manifest's order. Throws `Error` on a manifest that does not fit the graph. */
export function operationLayouts(manifest: Manifest, graph: IntegerGraph): OperationLayout[] {
  return manifest.operations.map((operation) => {
    const tap = manifest.taps[operation.unit];
    if (!tap) throw new Error(`the operation ${operation.name} has no tap`);
    const tensor = tensorType(graph, operation.tensor);
    const words = { ...tap, lanes: operation.lanes ?? tap.lanes };
    return { operation, tensor, elements: elementsInTapOrder(operation, tensor, words) };
  });
}

interface TapWords {
  readonly tokens: number;
  readonly lanes: number;
  readonly order: 'tiles' | 'rows';
}

function elementsInTapOrder(
  operation: ManifestOperation,
  tensor: TensorType,
  { tokens, lanes, order }: TapWords,
): Int32Array {
  const { rows, columns } = operation;
  const elements = new Int32Array(rows * columns);
  const groups = Math.ceil(columns / lanes);
  const rowWords = Math.ceil(rows / tokens);
  const size = elementCount(tensor);
  let at = 0;
  for (let word = 0; word < rowWords * groups; word++) {
    const rowWord = order === 'tiles' ? word % rowWords : Math.floor(word / groups);
    const group = order === 'tiles' ? Math.floor(word / rowWords) : word % groups;
    for (let row = rowWord * tokens; row < Math.min(rows, (rowWord + 1) * tokens); row++) {
      for (let column = group * lanes; column < Math.min(columns, (group + 1) * lanes); column++) {
        const element = elementIndex(operation, tensor, row, column);
        if (element >= size) {
          throw new Error(`${operation.name} is larger than its tensor ${tensor.name}`);
        }
        elements[at++] = element;
      }
    }
  }
  return elements;
}

function elementIndex(
  { head, rowOffset, columnOffset }: ManifestOperation,
  { shape }: TensorType,
  row: number,
  column: number,
): number {
  const [height = 0, width = 0] = shape.slice(-2);
  return ((head ?? 0) * height + rowOffset + row) * width + columnOffset + column;
}

/** The head (of a tensor that has heads), row and column of an element. */
export function locate(
  { tensor, operation }: OperationLayout,
  element: number,
): { readonly head: number | null; readonly token: number; readonly channel: number } {
  const [height = 0, width = 0] = tensor.shape.slice(-2);
  const row = Math.floor(element / width);
  return { head: operation.head, token: row % height, channel: element % width };
}

/**
 * The tensors of a graph of which the operations do not show every value exactly once, one sentence
 * each: what nobody looks at is not verified.
 */
export function uncoveredTensors(
  graph: IntegerGraph,
  layouts: readonly OperationLayout[],
): string[] {
  return graph.nodes.flatMap(({ output }) => {
    const seen = new Uint8Array(elementCount(output));
    for (const { tensor, elements } of layouts) {
      if (tensor.name !== output.name) continue;
      for (const element of elements) seen[element] = Math.min(2, (seen[element] ?? 0) + 1);
    }
    const once = seen.filter((times) => times === 1).length;
    return once === seen.length
      ? []
      : [`The taps show ${once} of the ${seen.length} values of ${output.name} exactly once.`];
  });
}
