import { readGraph, readManifest } from '../../src/emit/read-manifest.ts';
import { randomImages } from '../../src/images/index.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';
import { sampleImages } from '../../src/verify/sample-images.ts';
import { randomGraph } from '../../test/support/random-graph.ts';

/** The word that stands for a random graph of DeiT-tiny's size where a build folder is asked for. */
export const DEIT_TINY_SIZE = 'deit-tiny-size';

const SEED = 1;

export interface GoldenSubject {
  readonly graph: IntegerGraph;
  readonly images: readonly Uint8Array[];
}

/** The graph of a build folder with its sample images, or the random one with noise. */
export function goldenSubject(source: string, count: number): GoldenSubject {
  if (source === DEIT_TINY_SIZE) {
    const graph = deitTinySize();
    const { image, mean, std } = graph.input;
    const images = randomImages({ count, seed: SEED }, { ...image, mean, std });
    return { graph, images: images.map(({ pixels }) => pixels) };
  }
  const manifest = readManifest(source);
  const graph = readGraph(source, manifest.files.graph);
  const images = sampleImages(manifest.images, graph.input, count, SEED, source);
  return { graph, images: images.map(({ pixels }) => pixels) };
}

/** DeiT-tiny's dimensions with 8-bit random weights: 1.25 billion products a frame. */
function deitTinySize(): IntegerGraph {
  return randomGraph({
    seed: SEED,
    depth: 12,
    width: 192,
    heads: 3,
    tokens: 197,
    hidden: 768,
    classes: 1000,
    patch: 16,
    imageChannels: 3,
    residualBits: 16,
  });
}
