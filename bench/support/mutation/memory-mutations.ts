import type { Random } from '../../../src/arithmetic/index.ts';
import type { LayerNormNode } from '../../../src/ir/index.ts';
import { unitsOf } from '../../../src/lower/units.ts';
import type { TableSegment } from '../../../src/plan/index.ts';
import { describePlace } from './graph-edit.ts';
import type { Mutation } from './mutation.ts';
import { mutateWeightStream } from './stream-mutations.ts';
import type { Subject } from './subject.ts';
import { tablePlaces } from './tables.ts';
import { type Field, weightFields } from './weight-fields.ts';

/**
 * Flips one bit of one word of one memory file, each bit of a file being as likely; every other
 * time of external memory, where there is one.
 */
export function mutateMemory(subject: Subject, random: Random): Mutation {
  const { nextInt } = random;
  const { manifest, texts } = subject;
  if (subject.weights && nextInt(0, 1) === 1) return mutateWeightStream(subject, random);
  const file = manifest.files.memory[nextInt(0, manifest.files.memory.length - 1)] ?? '';
  const before = texts.get(file) ?? '';
  const lines = before.split('\n');
  const words = lines.flatMap((line, i) => (/^[0-9a-f]/.test(line) ? [i] : []));
  const word = nextInt(0, words.length - 1);
  const fields = wordFields(subject, file, word);
  // A lifted number with one of its zeros flipped is none that the graph could have.
  let low = 0;
  const wordBits = fields.flatMap((field) => {
    const { bits, lift = 0 } = field;
    const own = Array.from({ length: bits - lift }, (_, bit) => {
      return { field, bit, position: low + lift + bit };
    });
    low += bits;
    return own;
  });
  const { field, bit, position } = wordBits[nextInt(0, wordBits.length - 1)] ?? {};
  if (!field || bit === undefined || position === undefined) throw new Error(`${file} has no bits`);
  const at = words[word] ?? 0;
  const digits = /^[0-9a-f]+/.exec(lines[at] ?? '')?.[0] ?? '';
  const flipped = (BigInt(`0x${digits}`) ^ (1n << BigInt(position)))
    .toString(16)
    .padStart(digits.length, '0');
  const changed = lines.with(at, flipped + (lines[at] ?? '').slice(digits.length));
  const { places, signed } = field;
  const bits = field.bits - (field.lift ?? 0);
  const what = places[0] ? describePlace(places[0]) : 'padding';
  return {
    kind: 'memory',
    file,
    line: at + 1,
    change: `bit ${bit} of ${bits} of ${what}`,
    text: changed.join('\n'),
    ...(places.length > 0
      ? { edit: { kind: 'bit' as const, places, bit, bits, signed } }
      : { idle: 'it lies in padding, where no parameter is' }),
  };
}

/** The fields of a word, the lowest bits first, as src/lower/constant-images.ts packs them. */
function wordFields(subject: Subject, file: string, word: number): Field[] {
  const { graph, plan } = subject;
  const { program, parameters: p } = plan;
  switch (file) {
    case 'mem/channel_parameters.mem':
      return channelFields(subject, word);
    case 'mem/embedding_offset.mem': {
      const node = graph.nodes[0];
      const [, channels = 1] = node?.output.shape ?? [];
      const perWord = Math.ceil(channels / p.TO);
      const tokens = node?.output.shape[0] ?? 1;
      return Array.from({ length: p.TP * p.TO }, (_, lane) => {
        const channel = (word % perWord) * p.TO + (lane % p.TO);
        const token = Math.floor(word / perWord) * p.TP + Math.floor(lane / p.TO);
        const index = token * channels + channel;
        const place = { tensor: node?.output.name ?? '', field: 'offset', index };
        const inside = channel < channels && token < tokens;
        return { bits: p.OFFSET_BITS, signed: true, places: inside ? [place] : [] };
      });
    }
    case 'mem/layer_norm_parameters.mem':
      return normFields(subject, word);
    case 'mem/activation_tables.mem':
      return tableFields(subject, program.activationTables, word, p.TABLE_BITS, true);
    case 'mem/exponentials.mem':
      return tableFields(subject, program.expTables, word, p.E_BITS, false);
    case 'mem/reciprocals.mem': {
      const { softmax } = unitsOf(plan);
      const segment = segmentOf(program.reciprocalTables, word);
      const lift = (segment && softmax?.lifts.get(segment.base)) ?? 0;
      const bits = softmax?.recipBits ?? 0;
      return tableFields(subject, program.reciprocalTables, word, bits, false, lift);
    }
    case 'mem/reciprocal_roots.mem': {
      const { tableBits } = unitsOf(plan).layerNorm;
      return tableFields(subject, program.rsqrtTables, word, tableBits, false);
    }
    default: {
      const segment = program.weights.find(({ path }) => file === `mem/${path}.mem`);
      if (!segment) throw new Error(`${file} is no memory file of the design`);
      return weightFields(subject, segment, word);
    }
  }
}

function channelFields({ plan, graph }: Subject, word: number): Field[] {
  const { program, parameters: p } = plan;
  const segment = program.parameters.find((s) => word >= s.base && word < s.base + s.words);
  const node = graph.nodes.find(({ output }) => output.name === segment?.tensor);
  if (!segment || !node) throw new Error(`no operation owns parameter word ${word}`);
  const { tensor, first, base, channels } = segment;
  const inside = word - base < channels;
  const index = first + word - base;
  const prefix = node.kind === 'linear' ? 'epilogue.' : '';
  // Scores and weighted values have one multiplier, which is repeated for each of their columns.
  const perChannel = node.kind === 'linear' || node.kind === 'patchEmbedding';
  const multiplier = { tensor, field: `${prefix}multiplier`, ...(perChannel ? { index } : {}) };
  const bias = { tensor, field: 'epilogue.bias', index };
  return [
    { bits: p.BIAS_BITS, signed: true, places: inside && node.kind === 'linear' ? [bias] : [] },
    { bits: 16, signed: false, places: inside ? [multiplier] : [] },
  ];
}

function normFields({ plan, graph }: Subject, word: number): Field[] {
  const { VL, NORM_BIAS_BITS, NORM_W_BITS } = plan.parameters;
  const norms = graph.nodes.filter((n): n is LayerNormNode => n.kind === 'layerNorm');
  const channels = norms[0]?.weight.length ?? 1;
  const perNorm = Math.ceil(channels / VL);
  const tensor = norms[Math.floor(word / perNorm)]?.output.name ?? '';
  return Array.from({ length: VL }, (_, lane): Field[] => {
    const index = (word % perNorm) * VL + lane;
    const place = (field: string) => (index < channels ? [{ tensor, field, index }] : []);
    return [
      { bits: NORM_BIAS_BITS, signed: true, places: place('bias') },
      { bits: NORM_W_BITS, signed: true, places: place('weight') },
    ];
  }).flat();
}

function tableFields(
  { graph }: Subject,
  segments: readonly TableSegment[],
  word: number,
  bits: number,
  signed: boolean,
  lift = 0,
): Field[] {
  const segment = segmentOf(segments, word);
  if (!segment) return [{ bits, signed, places: [] }];
  const index = word - segment.base;
  const places = tablePlaces(graph)
    .filter(({ entries }) => sameEntries(entries, segment.entries))
    .map(({ tensor, field }) => ({ tensor, field, index }));
  return [{ bits, signed, places, lift }];
}

function segmentOf(segments: readonly TableSegment[], word: number): TableSegment | undefined {
  return segments.find((s) => word >= s.base && word < s.base + s.entries.length);
}

/** Equal tables lie in memory once. */
function sameEntries(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((entry, i) => entry === b[i]);
}
