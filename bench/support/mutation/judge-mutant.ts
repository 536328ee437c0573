import { goldenImages } from '../../../src/verify/golden-images.ts';
import { lint } from '../../../src/verify/index.ts';
import type { FrameVectors } from '../../../src/verify/vectors.ts';
import { provedEquivalent } from './equivalence.ts';
import { applyEdit, type GraphEdit } from './graph-edit.ts';
import type { Mutation } from './mutation.ts';
import { firstFailure } from './run-mutant.ts';
import { type Subject, type Trial, withChange } from './subject.ts';

export interface Judgement {
  readonly verdict: 'caught' | 'equivalent' | 'survived';
  /** The check that caught it, or why it has no effect. */
  readonly by: string;
}

const caught = (by: string): Judgement => ({ verdict: 'caught', by });
const equivalent = (by: string): Judgement => ({ verdict: 'equivalent', by });
const survived = (by: string): Judgement => ({ verdict: 'survived', by });

/** Checks a mutant as a design is checked, and looks for a proof when every check passes. */
export async function judgeMutant(
  subject: Subject,
  mutation: Mutation,
  seed: number,
): Promise<Judgement> {
  const { file, text, kind } = mutation;
  return withChange(subject, file, text, async (folder) => {
    if (kind === 'golden') return judgeGolden(subject, folder, mutation, seed);
    if (kind !== 'memory') {
      const { warnings } = await lint(folder);
      if (warnings[0] !== undefined) return caught(`lint: ${withoutPath(warnings[0])}`);
    }
    const found = await firstFailure(subject, folder, subject.few.vectors, seed);
    if (found !== undefined) return caught(`sim: ${found}`);
    const { idle, edit } = mutation;
    const { few, many } = subject;
    const frames = few.images.length + many.images.length;
    if (edit && goldenUnchanged(subject, edit)) {
      return equivalent(
        `the golden model with the same change gives the same values in ${frames} frames`,
      );
    }
    const later = await firstFailure(subject, folder, many.vectors, seed + 1);
    if (later !== undefined) return caught(`sim, ${many.images.length} more frames: ${later}`);
    if (idle !== undefined) return equivalent(idle);
    if (kind === 'operator' || kind === 'constant') {
      const { top, files } = subject.manifest;
      const source = { folder: subject.folder, top, files: files.verilog, changed: file, text };
      if (await provedEquivalent(source)) return equivalent('Yosys proves it: equiv_simple');
    }
    return survived(`${frames} frames show no difference`);
  });
}

async function judgeGolden(
  subject: Subject,
  folder: string,
  { edit }: Mutation,
  seed: number,
): Promise<Judgement> {
  if (!edit) throw new Error('a mutation of the golden model is an edit of its graph');
  const { few, many } = subject;
  const trials = [few, many].map((trial) => ({
    trial,
    vectors: editedVectors(subject, edit, trial),
  }));
  for (const { trial, vectors } of trials) {
    if (sameVectors(trial.vectors, vectors)) continue;
    const found = await firstFailure(subject, folder, vectors, seed);
    if (found === undefined)
      return survived('values of the golden model differ, and no check saw it');
    const more = trial === few ? '' : `, ${many.images.length} more frames`;
    return caught(`sim${more}: ${found}`);
  }
  const frames = few.images.length + many.images.length;
  return equivalent(`no value of any layer changes in ${frames} frames`);
}

function goldenUnchanged(subject: Subject, edit: GraphEdit): boolean {
  return [subject.few, subject.many].every((trial) =>
    sameVectors(trial.vectors, editedVectors(subject, edit, trial)),
  );
}

function editedVectors(
  { graph, manifest, layouts }: Subject,
  edit: GraphEdit,
  { images }: Trial,
): readonly FrameVectors[] {
  return goldenImages(applyEdit(graph, edit), manifest, layouts, images);
}

function sameVectors(a: readonly FrameVectors[], b: readonly FrameVectors[]): boolean {
  return a.every(({ expected }, i) => {
    const other = b[i]?.expected;
    return other !== undefined && expected.every((value, j) => value === other[j]);
  });
}

function withoutPath(warning: string): string {
  return warning.replace(/^%/, '').slice(0, 120);
}
