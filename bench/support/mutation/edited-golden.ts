import { goldenImages } from '../../../src/verify/golden-images.ts';
import type { FrameVectors } from '../../../src/verify/vectors.ts';
import { applyEdit, type GraphEdit } from './graph-edit.ts';
import type { Mutation } from './mutation.ts';
import type { Subject, Trial } from './subject.ts';

/** A part of an image's values: from, and up to but without. */
type Span = readonly [from: number, to: number];
const ALL: Span = [0, Number.POSITIVE_INFINITY];

/** What the golden model makes of the images of a trial when its graph is edited. */
export function editedVectors(
  { graph, manifest, layouts }: Subject,
  edit: GraphEdit,
  { images }: Trial,
): readonly FrameVectors[] {
  return goldenImages(applyEdit(graph, edit), manifest, layouts, images);
}

export function sameVectors(
  a: readonly FrameVectors[],
  b: readonly FrameVectors[],
  [from, to]: Span = ALL,
): boolean {
  return a.every(({ expected }, i) => {
    const other = b[i]?.expected.subarray(from, to);
    return other !== undefined && expected.subarray(from, to).every((v, j) => v === other[j]);
  });
}

/** Whether the golden model with the same change gives the same values in all frames. */
export function goldenUnchanged(subject: Subject, { edit, operation }: Mutation): boolean {
  if (!edit) return false;
  return [subject.few, subject.many].every((trial) =>
    sameVectors(trial.vectors, editedVectors(subject, edit, trial), spanOf(subject, operation)),
  );
}

/** Where the values of an operation lie among those of an image; all of them without one. */
function spanOf({ layouts }: Subject, operation: number | undefined): Span {
  if (operation === undefined) return ALL;
  const length = (i: number) => layouts[i]?.elements.length ?? 0;
  let from = 0;
  for (let i = 0; i < operation; i++) from += length(i);
  return [from, from + length(operation)];
}
