export { encodeImage } from './encode-image.ts';
export {
  argMax,
  type Golden,
  type GoldenTensors,
  goldenResult,
  prepareGolden,
  runGolden,
} from './golden.ts';
export { productTransposed } from './product.ts';
