import {
  type Epilogue,
  type IntegerGraph,
  type LinearNode,
  type PatchEmbeddingNode,
  signedBits,
  tensorType,
} from '../../ir/index.ts';
import { type EngineShape, tokenWords, wordElements } from '../engine.ts';
import { type Allocator, allocator, tableAllocator } from '../memory.ts';
import type {
  MatmulOperation,
  MemoryDepths,
  ParameterSegment,
  Program,
  Tap,
  WeightSegment,
} from '../program.ts';
import { finerBits, rowExponent } from '../row-steps.ts';
import { type AttentionGroup, attentionGroups } from './groups.ts';
import { type PooledMemory, type PooledRegion, placeRegions, REGION_SPAN } from './place.ts';
import { programOf, type Step } from './steps.ts';

/**
 * Where the rows of a tensor lie: first word, and words from TP rows to the next. A region of the
 * activations has its final words when the program is finished.
 */
export interface Region {
  readonly memory: 'activations' | 'normalized' | 'residual' | 'result';
  readonly base: number;
  readonly stride: number;
}

/** What the parts of the schedule share while the program grows. */
export interface ScheduleContext {
  readonly graph: IntegerGraph;
  readonly shape: EngineShape;
  readonly groups: readonly AttentionGroup[];
  readonly tokens: number;
  readonly width: number;
  /** Words that TP rows of `elements` take in the activation and key memories. */
  words(elements: number): number;
  /** Words from TP rows of the residual stream to the next. */
  readonly residualStride: number;
  /** Words of a pass over all tokens. */
  readonly tokenWords: number;
  /** Takes words of a memory whose regions share words when they can; see `placeRegions`. */
  buffer(memory: PooledMemory, words: number): number;
  /** The regions taken so far. */
  readonly regions: readonly PooledRegion[];
  /** Notes that the other memories that hold activations are used up to a word. */
  reserve(memory: 'normalized' | 'residual' | 'result', end: number): void;
  locate(tensor: string, region: Region): void;
  /** Throws when the tensor is in no memory, which would be a fault of the schedule. */
  region(tensor: string): Region;
  /** First word of the parameters of a LayerNorm over all channels. */
  normParameters(): number;
  weight(
    node: Placed & Pick<LinearNode, 'weightFormat' | 'groups'>,
    groups: WeightSegment['groups'],
    reduction: number,
    heads?: WeightSegment['heads'],
  ): WeightSegment;
  /** The stationary operand of a product with a weight, from a word of its segment on. */
  fromWeight(segment: WeightSegment, word?: number): MatmulOperation['b'];
  /** Tables of activations; null for none. */
  activationTable(tensor: string, table: Int32Array | null): number | null;
  /**
   * Parameter words of `channels` channels from `first` on, padded to whole tiles; the first word.
   * A tile has as many channels as the array has outputs unless `tile` says less.
   */
  channels(node: Placed, first: number, channels: number, tile?: number): number;
  table(
    memory: 'exp' | 'reciprocal' | 'rsqrt',
    tensor: string,
    part: string,
    entries: Int32Array,
  ): number;
  /** The part of an operation that follows from a linear node's epilogue. */
  epilogue(
    node: LinearNode,
  ): Pick<MatmulOperation, 'shift' | 'low' | 'high' | 'tableBase' | 'skip'>;
  /** Words of the memories so far, without those whose regions share words. */
  depths(): Omit<MemoryDepths, PooledMemory>;
  /** The weights so far; addresses of those on chip are not yet final. */
  readonly weights: readonly WeightSegment[];
  /** The program of the steps, in their order. */
  finish(steps: readonly Step[]): Program;
}

interface Placed {
  readonly output: { readonly name: string };
  readonly path?: string;
}

/** @param streamed nodes whose weights lie in external memory */
export function scheduleContext(
  graph: IntegerGraph,
  shape: EngineShape,
  streamed: (tensor: string) => boolean,
): ScheduleContext {
  const word = wordElements(shape);
  const words = (elements: number) => Math.ceil(elements / word);
  const { inputs: TI, outputs: TO, vector: VL } = shape;
  const [patches = 1, patchSize = 1] = graph.input.tensor.shape;
  const embedding = graph.nodes[0];
  if (embedding?.kind !== 'patchEmbedding') throw new Error('the first node embeds the patches');
  const [tokens = 1, width = 1] = embedding.output.shape;
  const residualStride = Math.ceil(width / TO);

  const weights: WeightSegment[] = [];
  const parameters: ParameterSegment[] = [];
  const weightStream = allocator();
  const weightSections = new Map<number, Allocator>();
  const parameterMemory = allocator();
  const factorMemory = allocator();
  const normMemory = allocator();
  const activationTables = tableAllocator();
  const tables = { exp: tableAllocator(), reciprocal: tableAllocator(), rsqrt: tableAllocator() };
  const stepsPerToken = rowExponent(graph) > 0;
  const regions = new Map<string, Region>();
  const pooled: PooledRegion[] = [];
  const depths = {
    normalized: 0,
    residual: tokenWords(shape, tokens) * residualStride,
    result: 0,
  };

  // Where a section begins is known at the end: until then its number is part of the address.
  const takeOnChip = (bits: number, words: number) => {
    const section = weightSections.get(bits) ?? allocator();
    weightSections.set(bits, section);
    return bits * SECTION_SPAN + section.take(words);
  };
  const activationTable = (tensor: string, table: Int32Array | null) =>
    table && activationTables.place(tensor, `${tensor}.activation`, table);
  const memoryDepths = () => ({
    ...depths,
    input: inputWords(shape, embedding, patches) * Math.ceil(patchSize / TI),
    offset: tokenWords(shape, tokens) * residualStride,
    weights: [...weightSections.values()].reduce((sum, { depth }) => sum + depth, 0),
    parameters: parameterMemory.depth,
    factors: factorMemory.depth,
    normParameters: normMemory.depth,
  });

  return {
    graph,
    shape,
    groups: attentionGroups(graph),
    tokens,
    width,
    words,
    residualStride,
    tokenWords: tokenWords(shape, tokens),
    regions: pooled,
    buffer: (memory, words) => (pooled.push({ memory, words }) - 1) * REGION_SPAN,
    reserve(memory, end) {
      depths[memory] = Math.max(depths[memory], end);
    },
    locate(tensor, region) {
      regions.set(tensor, region);
    },
    region(tensor) {
      const region = regions.get(tensor);
      if (!region) throw new Error(`${tensor} is in no memory`);
      return region;
    },
    normParameters: () => normMemory.take(Math.ceil(width / VL)),
    weight(node, groups, reduction, heads = null) {
      const { output, path = output.name, weightFormat } = node;
      const bits = signedBits(weightFormat);
      const rows = groups.count * Math.ceil(groups.width / TO) * TO;
      const external = streamed(output.name);
      const words = rows * Math.ceil(reduction / TI);
      const base = external ? weightStream.take(words) : takeOnChip(bits, words);
      const segment = {
        ...{ tensor: output.name, path, base, groups, reduction, heads, bits },
        factors: node.groups ? factorMemory.take(words / TO) : null,
        streamed: external,
      };
      weights.push(segment);
      return segment;
    },
    channels({ output, path = output.name }, first, channels, tile = TO) {
      const words = Math.ceil(channels / tile) * TO;
      const base = parameterMemory.take(words);
      parameters.push({ tensor: output.name, path, base, first, channels, tile, words });
      return base;
    },
    table(memory, tensor, part, entries) {
      return tables[memory].place(tensor, `${tensor}.${part}`, entries);
    },
    fromWeight: (segment, word = 0) => ({
      source: segment.streamed ? 'weightStream' : 'weights',
      base: segment.base + word,
      stride: 0,
    }),
    activationTable,
    epilogue(node) {
      const { output, epilogue } = node;
      const { shift, low, high, table, residual } = epilogue;
      return {
        shift: shift + (stepsPerToken ? finerBits(graph, node) : 0),
        low,
        high,
        tableBase: activationTable(output.name, table),
        skip: residual && skipOf(residual, residualStride),
      };
    },
    depths: memoryDepths,
    weights,
    finish(steps) {
      const placed = placeRegions(steps, pooled);
      return {
        ...placeSections(programOf(placed.steps), weights, weightSections),
        // The first step, the input of the first frame, is done once.
        loopStart: 1,
        parameters,
        activationTables: activationTables.segments,
        expTables: tables.exp.segments,
        reciprocalTables: tables.reciprocal.segments,
        rsqrtTables: tables.rsqrt.segments,
        depths: { ...memoryDepths(), ...placed.depths },
      };
    },
  };
}

/** More words than a section can have. */
const SECTION_SPAN = 2 ** 32;

/** Lays the sections of weights on chip one after the other, the narrowest first. */
function placeSections(
  program: ReturnType<typeof programOf>,
  segments: readonly WeightSegment[],
  allocators: ReadonlyMap<number, Allocator>,
) {
  let next = 0;
  const weightSections = [...allocators]
    .sort(([a], [b]) => a - b)
    .map(([bits, { depth: words }]) => {
      const first = next;
      next += words;
      return { bits, first, words };
    });
  const placed = (base: number) => {
    const bits = Math.floor(base / SECTION_SPAN);
    const section = weightSections.find((s) => s.bits === bits);
    if (!section) throw new Error(`no section of weights of ${bits} bits`);
    return section.first + (base % SECTION_SPAN);
  };
  const matmuls = program.matmuls.map((op): MatmulOperation => {
    if (op.b.source !== 'weights') return op;
    return { ...op, b: { ...op.b, base: placed(op.b.base) } };
  });
  const weights = segments.map((s) => (s.streamed ? s : { ...s, base: placed(s.base) }));
  return { ...program, matmuls, weights, weightSections };
}

/** Words of tokens in the input memory: patches lie where their tokens will be. */
function inputWords(shape: EngineShape, embedding: PatchEmbeddingNode, patches: number): number {
  return tokenWords(shape, firstToken(embedding) + patches);
}

/** The token that the first patch becomes. */
export function firstToken({ leading, leadingRows }: PatchEmbeddingNode): number {
  return leadingRows === 'replace' ? 0 : leading;
}

/** The residual stream lies at the start of its memory and is updated in place. */
function skipOf({ multiplier, shift }: NonNullable<Epilogue['residual']>, stride: number) {
  return { source: 'residual' as const, base: 0, stride, multiplier, shift };
}

/** The tap of an operation that writes a whole tensor, or what differs from that. */
export function tapOf(tensor: string, more: Partial<Tap> = {}): Tap {
  return { tensor, head: null, rowOffset: 0, columnOffset: 0, ...more };
}

/** Shape of a tensor with two axes. */
export function matrixShape(graph: IntegerGraph, name: string): readonly [number, number] {
  const [rows = 1, columns = 1] = tensorType(graph, name).shape;
  return [rows, columns];
}
