import type { Manifest } from '../emit/manifest.ts';
import {
  argMax,
  frameCodes,
  type GoldenTensors,
  goldenFrames,
  goldenResult,
  prepareGolden,
} from '../golden/index.ts';
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
  return images.map(({ codes, pixels }) =>
    goldenImage(graph, manifest, layouts, golden(frameCodes(graph.input, codes ?? pixels))),
  );
}

/** The same on all cores, when there is enough to do for them. */
export function goldenImagesInParallel(
  graph: IntegerGraph,
  manifest: Manifest,
  layouts: readonly OperationLayout[],
  images: readonly RawImage[],
): Promise<GoldenImage[]> {
  return goldenFrames(
    graph,
    images.map(({ codes, pixels }) => codes ?? pixels),
    (tensors) => goldenImage(graph, manifest, layouts, tensors),
  );
}

function goldenImage(
  graph: IntegerGraph,
  manifest: Manifest,
  layouts: readonly OperationLayout[],
  tensors: GoldenTensors,
): GoldenImage {
  const codes = tensors.get(graph.input.tensor.name);
  if (!codes) throw new Error(`the run holds no input of the graph ${graph.name}`);
  return {
    input: inputBeats(codes, manifest.input),
    expected: expectedValues(layouts, tensors, manifest.result),
    predicted: argMax(goldenResult(graph, tensors)),
  };
}
