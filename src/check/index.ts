export { type CheckedGraph, check } from './check.ts';
export type {
  AddedWidths,
  LayerNormWidths,
  MatrixWidths,
  MeanPoolWidths,
  NodeWidths,
  SoftmaxWidths,
} from './widths.ts';
