export { encodeImage, type Frame, frameCodes } from './encode-image.ts';
export { type FramesOptions, goldenFrames, goldenResults } from './frames.ts';
export {
  argMax,
  type Golden,
  type GoldenTensors,
  goldenResult,
  type Keep,
  prepareGolden,
  runGolden,
} from './golden.ts';
export { productTransposed } from './product.ts';
