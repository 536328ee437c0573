import type { Instruction } from '../../src/plan/index.ts';
import { firstToken } from '../../src/plan/schedule/context.ts';
import { type Access, read, type Subject } from './access.ts';
import { type Names, PADDING, widthOf } from './names.ts';
import { productAccesses } from './product-accesses.ts';
import { normAccesses, poolAccesses, softmaxAccesses } from './row-accesses.ts';
import type { Timing } from './timeline.ts';

/** Every word that an instruction reads and writes, in the order of a port's cycles. */
export function* accessesOf(
  subject: Subject,
  names: Names,
  { unit, operation }: Instruction,
  timing: Timing,
): Generator<Access> {
  const { program } = subject;
  const at = <T>(operations: readonly T[]): T => operations[operation] as T;
  switch (unit) {
    case 'input':
      return yield* inputAccesses(subject, names, timing);
    case 'matmul':
      return yield* productAccesses(subject, names, at(program.matmuls), timing);
    case 'layerNorm':
      return yield* normAccesses(subject, names, at(program.layerNorms), timing);
    case 'softmax':
      return yield* softmaxAccesses(subject, names, at(program.softmaxes), timing);
    case 'meanPool':
      return yield* poolAccesses(subject, names, at(program.meanPools), timing);
    case 'result':
      return yield* resultAccesses(subject, names, timing);
  }
}

/** A beat of the stream in every cycle in which it does not pause. */
function* inputAccesses(
  { graph, shape }: Subject,
  names: Names,
  { at, pause }: Timing,
): Generator<Access> {
  const { tensor } = graph.input;
  const [patches = 0, patchSize = 0] = tensor.shape;
  const { tokens: TP, inputs: TI } = shape;
  const [embedding] = graph.nodes;
  if (embedding?.kind !== 'patchEmbedding') throw new Error('the first node embeds the patches');
  const wordsPerPatch = Math.ceil(patchSize / TI);
  let cycle = at + 1 + pause;
  for (let patch = 0; patch < patches; patch++) {
    const token = firstToken(embedding) + patch;
    for (let k = 0; k < wordsPerPatch; k++, cycle += 1 + pause) {
      const [lanes, values]: [number[], number[]] = [[], []];
      for (let i = 0; i < TI; i++) {
        lanes.push((token % TP) * TI + i);
        const column = k * TI + i;
        values.push(column < patchSize ? names.of(tensor.name, patch, column) : PADDING);
      }
      const word = Math.floor(token / TP) * wordsPerPatch + k;
      yield { cycle, port: 'input write', write: true, memory: 'input', word, lanes, values };
    }
  }
}

/** Two cycles to fetch a word, the address standing in the first, then a result a cycle. */
function* resultAccesses(
  { graph, shape }: Subject,
  names: Names,
  { at, pause }: Timing,
): Generator<Access> {
  const { outputs: TO } = shape;
  const tensor = graph.nodes.at(-1)?.output.name ?? '';
  const classes = widthOf(graph, tensor);
  for (let word = 0; word * TO < classes; word++) {
    const columns = Array.from({ length: TO }, (_, i) => word * TO + i).filter((c) => c < classes);
    yield {
      ...read('result', 'result', at + 1 + word * (2 + TO * (1 + pause)), word),
      lanes: columns.map((_, i) => i),
      values: columns.map((c) => names.of(tensor, 0, c)),
    };
  }
}
