import { createRandom, type Random } from '../../../src/arithmetic/index.ts';
import type { Design } from '../../../src/dsl/design.ts';
import { loadDesign } from '../../../src/dsl/load.ts';
import { type FixedChoices, randomDesign } from '../random-design.ts';
import { mutateGolden } from './golden-mutations.ts';
import { mutateMemory } from './memory-mutations.ts';
import type { Mutation } from './mutation.ts';
import { mutateProgram } from './program-mutations.ts';
import { mutateRtl } from './rtl-mutations.ts';
import { makeSubject, type Subject } from './subject.ts';

export { type Judgement, judgeMutant } from './judge-mutant.ts';
export type { Mutation } from './mutation.ts';
export type { Subject } from './subject.ts';

/** The kinds in the order in which they come, so that any number of mutants has its share of each. */
const KINDS: readonly Mutation['kind'][] = [
  ...(['operator', 'memory', 'golden', 'program', 'constant'] as const),
  ...(['operator', 'memory', 'golden', 'program', 'operator'] as const),
];

/**
 * The tiny example, and two small random designs: tokens side by side, one with two products to a
 * DSP and weights in external memory, one with products on LUTs.
 */
export async function makeSubjects(
  example: string,
  root: string,
  seed: number,
): Promise<Subject[]> {
  const { design, folder } = await loadDesign(example);
  const streaming = { weights: 'external', weightBus: 64, multipliers: 'double' } as const;
  const designs = [
    sensitiveDesign(seed, 0, { tokens: 2, ...streaming, primitives: false }),
    sensitiveDesign(seed, 1000, { tokens: 2, weights: 'onChip', multipliers: 'lut' }),
  ];
  const subjects = [await makeSubject(design, folder, root, seed)];
  for (const other of designs) {
    subjects.push(await makeSubject(other, process.cwd(), root, seed));
  }
  return subjects;
}

/**
 * A small random design with enough bits of activations for a small change to show, and with all
 * kinds of operators that such a design can have.
 */
function sensitiveDesign(seed: number, first: number, fixed: FixedChoices): Design {
  for (let index = first; index < first + 1000; index++) {
    const { design, products } = randomDesign(seed, index, { small: true, fixed });
    const { model, quant } = design;
    const attends = model.branches.some(({ kind }) => kind === 'attention');
    if (quant.activations >= 5 && attends && model.pooling === 'mean' && products < 60_000) {
      return design;
    }
  }
  throw new Error('no random design is small enough');
}

/** Mutation number `index` of a seed, and the design that it changes. */
export function makeMutation(
  subjects: readonly Subject[],
  seed: number,
  index: number,
): { readonly subject: Subject; readonly mutation: Mutation } {
  const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0xc2b2ae35));
  const subject = subjects[random.nextInt(0, subjects.length - 1)];
  if (!subject) throw new Error('there is no design to change');
  return { subject, mutation: mutate(subject, KINDS[index % KINDS.length] ?? 'memory', random) };
}

function mutate(subject: Subject, kind: Mutation['kind'], random: Random): Mutation {
  switch (kind) {
    case 'operator':
    case 'constant':
      return mutateRtl(subject, kind, random);
    case 'program':
      return mutateProgram(subject, random);
    case 'memory':
      return mutateMemory(subject, random);
    case 'golden':
      return mutateGolden(subject, random);
  }
}
