import type { Value } from '../graph/value.ts';

/** Why a part of the graph is not what a ViT encoder has at that place. */
export interface Mismatch {
  readonly kind: 'mismatch';
  /** One sentence without its full stop, which names the node. */
  readonly reason: string;
}

export function mismatch(reason: string): Mismatch {
  return { kind: 'mismatch', reason };
}

export function isMismatch(value: object): value is Mismatch {
  return 'kind' in value && value.kind === 'mismatch';
}

/** `the node '/head/Gemm' (Gemm)` */
export function describe(value: Value): string {
  if (value.kind === 'constant') return `the constant '${value.name || 'without a name'}'`;
  const { node } = value.base;
  return node ? `the node '${node.name}' (${node.type})` : 'the image itself';
}
