import type { IntegerNode } from '../ir/index.ts';

/** Names of the tensors that a node reads. */
export function inputsOf(node: IntegerNode): readonly string[] {
  switch (node.kind) {
    case 'patchEmbedding':
    case 'layerNorm':
    case 'softmax':
    case 'meanPool':
      return [node.input];
    case 'linear':
      return node.epilogue.residual ? [node.input, node.epilogue.residual.input] : [node.input];
    case 'scores':
      return [node.query, node.key];
    case 'weightedValues':
      return [node.probability, node.value];
  }
}
