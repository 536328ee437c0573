import { lint } from '../../../src/verify/index.ts';
import { editedVectors, goldenUnchanged, sameVectors } from './edited-golden.ts';
import { provedEquivalent } from './equivalence.ts';
import type { Mutation } from './mutation.ts';
import { firstFailure } from './run-mutant.ts';
import { type Subject, withChange } from './subject.ts';
import { failingUnitTest } from './unit-tests.ts';

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
    const { few, many } = subject;
    const frames = few.images.length + many.images.length;
    if (goldenUnchanged(subject, mutation)) {
      return equivalent(
        `the golden model with the same change gives the same values in ${frames} frames`,
      );
    }
    const later = await firstFailure(subject, folder, many.vectors, seed + 1);
    if (later !== undefined) return caught(`sim, ${many.images.length} more frames: ${later}`);
    if (mutation.idle !== undefined) return equivalent(mutation.idle);
    if (kind === 'operator' || kind === 'constant') {
      return judgeRtl(subject, folder, mutation, seed);
    }
    return survived(`${frames} frames show no difference`);
  });
}

/** What simulation of the design does not show, a proof or the tests of the unit may. */
async function judgeRtl(
  subject: Subject,
  folder: string,
  { file, text }: Mutation,
  seed: number,
): Promise<Judgement> {
  const failed = await failingUnitTest(file, folder);
  if (failed !== undefined) return caught(`unit test: ${failed}`);
  const { top, files } = subject.manifest;
  if (typeof text !== 'string') throw new Error(`${file} is no source`);
  const source = { folder: subject.folder, top, files: files.verilog, changed: file, text };
  const proof = await provedEquivalent(source);
  if (proof !== undefined) return equivalent(`proved by Yosys: ${proof}`);
  const frames = subject.few.images.length + subject.many.images.length;
  if (!CONTROL.test(file)) return survived(`${frames} frames show no difference`);
  for (let i = 0; i < RESETS; i++) {
    const found = await firstFailure(subject, folder, subject.few.vectors, seed + 2 + i);
    if (found !== undefined) return caught(`sim, another reset: ${found}`);
  }
  return equivalent(
    `control that depends on no data and repeats every frame: no difference in ${frames} frames and after ${RESETS + 2} resets in mid-frame`,
  );
}

/**
 * Modules whose state depends on the program and on counters alone. A frame takes them through all
 * the states that they ever have, but for the cycle in which a reset comes; what nothing shows in
 * many frames with stalls and resets is a state that nobody looks at, such as an address in a cycle
 * without a valid word. That two designs differ in such a state only is beyond Yosys's proof.
 */
const CONTROL =
  /\/(vt_(token_streamer|tile_loader|row_walker|row_writer|sequencer|delay_control)|\w+_core)\.v$/;
const RESETS = 8;

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

function withoutPath(warning: string): string {
  return warning.replace(/^%/, '').slice(0, 120);
}
