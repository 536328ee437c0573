import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileLoaded } from '../../../src/compile.ts';
import type { Design } from '../../../src/dsl/design.ts';
import { type Manifest, writeFolder } from '../../../src/emit/index.ts';
import { readGraph, readManifest } from '../../../src/emit/read-manifest.ts';
import type { RawImage } from '../../../src/images/index.ts';
import type { IntegerGraph } from '../../../src/ir/index.ts';
import type { Plan } from '../../../src/plan/index.ts';
import { goldenImages } from '../../../src/verify/golden-images.ts';
import { type OperationLayout, operationLayouts } from '../../../src/verify/layout.ts';
import { sampleImages } from '../../../src/verify/sample-images.ts';
import type { FrameVectors } from '../../../src/verify/vectors.ts';
import type { Mutation } from './mutation.ts';
import { stressImages } from './stress-images.ts';

/** A design to mutate: its build folder, and what its RTL has to show for each image. */
export interface Subject {
  readonly name: string;
  readonly folder: string;
  /** Text of every file that can be mutated, by path. */
  readonly texts: ReadonlyMap<string, string>;
  /** What lies in external memory; null without it. */
  readonly weights: Uint8Array | null;
  readonly manifest: Manifest;
  readonly plan: Plan;
  readonly graph: IntegerGraph;
  readonly layouts: readonly OperationLayout[];
  readonly few: Trial;
  readonly many: Trial;
}

/** Images with what the unchanged golden model makes of them. */
export interface Trial {
  readonly images: readonly RawImage[];
  readonly vectors: readonly FrameVectors[];
}

const FEW = 3;
/** The frames in which a mutant that the first ones did not show is given another chance. */
const MANY = 96;

export async function makeSubject(
  design: Design,
  folder: string,
  root: string,
  seed: number,
): Promise<Subject> {
  const { files, plan } = await compileLoaded({ design, folder });
  const out = join(root, design.name);
  writeFolder(out, files);
  const manifest = readManifest(out);
  const graph = readGraph(out, manifest.files.graph);
  const layouts = operationLayouts(manifest, graph);
  const trial = (images: readonly RawImage[]): Trial => ({
    images,
    vectors: goldenImages(graph, manifest, layouts, images),
  });
  const { image, mean, std } = graph.input;
  const stress = stressImages({ ...image, mean, std }, MANY, seed);
  return {
    ...{ name: design.name, folder: out, plan, manifest, graph, layouts },
    texts: new Map(
      files.flatMap(({ path, content }) =>
        typeof content === 'string' ? [[path, content] as const] : [],
      ),
    ),
    weights: manifest.weights && readFileSync(join(out, manifest.weights.path)),
    few: trial(sampleImages(manifest.images, graph.input, FEW, seed, out)),
    many: trial(stress),
  };
}

/** Runs `work` on a copy of the subject's folder in which one file has another text. */
export async function withChange<T>(
  { folder }: Subject,
  file: string,
  text: Mutation['text'],
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const parent = join(folder, '..', 'mutants');
  mkdirSync(parent, { recursive: true });
  const copy = mkdtempSync(join(parent, 'm'));
  try {
    cpSync(folder, copy, { recursive: true });
    writeFileSync(join(copy, file), text);
    return await work(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
