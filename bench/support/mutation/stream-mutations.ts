import type { Random } from '../../../src/arithmetic/index.ts';
import { streamedWords } from '../../../src/plan/index.ts';
import { describePlace } from './graph-edit.ts';
import type { Mutation } from './mutation.ts';
import type { Subject } from './subject.ts';
import { weightFields } from './weight-fields.ts';

/** Flips one bit of one word of the weights in external memory. */
export function mutateWeightStream(subject: Subject, { nextInt }: Random): Mutation {
  const { plan, manifest, weights } = subject;
  const { stream } = plan;
  if (!stream || !weights || !manifest.weights) throw new Error('no weights in external memory');
  const word = nextInt(0, stream.words - 1);
  const position = nextInt(0, stream.wordBits - 1);
  const laneBits = stream.wordBits / plan.shape.inputs;
  const { operation, segment, inSegment } = ownerOf(subject, word);
  const lane = Math.floor(position / laneBits);
  const field = weightFields(subject, segment, inSegment, laneBits)[lane];
  if (!field) throw new Error(`word ${word} has no lane ${lane}`);
  const { places, bits, signed } = field;
  const bit = position % laneBits;
  const line = Math.floor(word / stream.lineWords);
  const inLine = (word % stream.lineWords) * stream.wordBits;
  const at = line * stream.lineBeats * stream.axiBits + inLine + position;
  const changed = Uint8Array.from(weights);
  const byte = Math.floor(at / 8);
  changed[byte] = (changed[byte] ?? 0) ^ (1 << (at % 8));
  const { name } = plan.program.matmuls[operation] ?? { name: '' };
  return {
    kind: 'memory',
    file: manifest.weights.path,
    line: word + 1,
    change: `bit ${bit} of ${bits} of ${places[0] ? describePlace(places[0]) : 'padding'} for ${name}`,
    text: changed,
    ...(places.length > 0
      ? {
          edit: { kind: 'bit' as const, places, bit, bits, signed },
          // A weight that two products take lies there twice.
          operation: manifest.operations.findIndex(
            ({ unit, index }) => unit === 'matmul' && index === operation,
          ),
        }
      : { idle: 'it lies in padding, where no parameter is' }),
  };
}

/** The product that takes a word of the stream, and the word of the weight that it is. */
function ownerOf({ plan }: Subject, word: number) {
  const { program, shape } = plan;
  let first = 0;
  for (const [operation, op] of program.matmuls.entries()) {
    const words = streamedWords(op, shape);
    if (word < first + words) {
      const inStream = op.b.base + word - first;
      const segment = program.weights
        .filter(({ streamed, base }) => streamed && base <= inStream)
        .reduce((last, other) => (other.base > last.base ? other : last));
      return { operation, segment, inSegment: inStream - segment.base };
    }
    first += words;
  }
  throw new Error(`no product takes word ${word}`);
}
