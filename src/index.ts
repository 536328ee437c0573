/** What a design file imports: the DSL, and nothing else. */
export { design } from './dsl/define-design.ts';
export { deit } from './dsl/deit.ts';
export type {
  ArrayPart,
  Design,
  ImageSource,
  IntegerDesign,
  QuantSettings,
  Target,
  TileChoice,
  WeightSource,
} from './dsl/design.ts';
export { encoder } from './dsl/encoder.ts';
export { integerDesign } from './dsl/integer-design.ts';
export { arrays, manifest } from './dsl/manifest.ts';
export type { ModelDraft } from './dsl/model-settings.ts';
export { attention, gelu, layerNorm, linear, relu } from './dsl/operators.ts';
export { quant } from './dsl/quant.ts';
export { residual } from './dsl/residual.ts';
export { folder, mnist, noise, onnx, random } from './dsl/sources.ts';
export type { Operator, Residual } from './dsl/types/branch.ts';
export { vit } from './dsl/vit.ts';
