import type { Manifest } from '../emit/manifest.ts';
import { argMax, encodeImage, goldenResult, prepareGolden } from '../golden/index.ts';
import type { RawImage } from '../images/index.ts';
import type { IntegerGraph } from '../ir/index.ts';
import type { OperationLayout } from './layout.ts';
import { expectedValues, type FrameVectors, inputBeats } from './vectors.ts';

export interface GoldenImage extends FrameVectors {
  /** Class of the largest result. */
  readonly predicted: number;
}

/** Runs the golden model on images: what goes into the RTL and what has to come out of it. */
export function goldenImages(
  graph: IntegerGraph,
  manifest: Manifest,
  layouts: readonly OperationLayout[],
  images: readonly RawImage[],
): GoldenImage[] {
  const golden = prepareGolden(graph);
  return images.map(({ pixels }) => {
    const codes = encodeImage(graph.input, pixels);
    const tensors = golden(codes);
    return {
      input: inputBeats(codes, manifest.input),
      expected: expectedValues(layouts, tensors, manifest.result),
      predicted: argMax(goldenResult(graph, tensors)),
    };
  });
}
