import { type Epilogue, type IntegerGraph, type LinearNode, tensorType } from '../../ir/index.ts';
import { type EngineShape, wordElements } from '../engine.ts';
import { allocator, tableAllocator } from '../memory.ts';
import type {
  Instruction,
  LayerNormOperation,
  MatmulOperation,
  MeanPoolOperation,
  ParameterSegment,
  Program,
  SoftmaxOperation,
  Tap,
  Unit,
  WeightSegment,
} from '../program.ts';
import { type AttentionGroup, attentionGroups } from './groups.ts';

/** Where the rows of a tensor lie: first word, and words from row to row. */
export interface Region {
  readonly base: number;
  readonly stride: number;
}

type MaxMatmul = Instruction['maxMatmul'];

/** What the parts of the schedule share while the program grows. */
export interface ScheduleContext {
  readonly graph: IntegerGraph;
  readonly shape: EngineShape;
  readonly groups: readonly AttentionGroup[];
  readonly tokens: number;
  readonly width: number;
  /** Words of a row of `elements` in the activation and key memories. */
  words(elements: number): number;
  /** Words of a row of the residual stream. */
  readonly residualStride: number;
  /** Words after the normalized tokens: shared by the branches, which never overlap in time. */
  readonly branchBase: number;
  /** Depths of the memories that hold activations; every region taken is noted with `reserve`. */
  reserve(
    memory: 'activations' | 'keys' | 'scores' | 'probabilities' | 'residual' | 'result',
    end: number,
  ): void;
  locate(tensor: string, region: Region): void;
  /** Throws when the tensor is in no memory, which would be a fault of the schedule. */
  region(tensor: string): Region;
  push(
    unit: Unit,
    operation: number,
    label: string,
    maxMatmul: MaxMatmul,
    idle?: readonly Unit[],
  ): void;
  matmul(operation: MatmulOperation, maxMatmul: MaxMatmul, idle?: readonly Unit[]): void;
  layerNorm(operation: Omit<LayerNormOperation, 'parameterBase'>): void;
  softmax(operation: SoftmaxOperation, maxMatmul: MaxMatmul): void;
  meanPool(operation: MeanPoolOperation): void;
  readonly lastMatmul: MatmulOperation | undefined;
  weight(
    node: Placed,
    rows: number,
    reduction: number,
    heads?: WeightSegment['heads'],
  ): WeightSegment;
  /** Parameter words of `channels` channels from `first` on, padded to whole tiles; the first word. */
  channels(node: Placed, first: number, channels: number): number;
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
  finish(): Program;
}

interface Placed {
  readonly output: { readonly name: string };
  readonly path?: string;
}

export function scheduleContext(graph: IntegerGraph, shape: EngineShape): ScheduleContext {
  const word = wordElements(shape);
  const words = (elements: number) => Math.ceil(elements / word);
  const { inputs: TI, outputs: TO, vector: VL } = shape;
  const [patches = 1, patchSize = 1] = graph.input.tensor.shape;
  const embedding = graph.nodes[0];
  if (embedding?.kind !== 'patchEmbedding') throw new Error('the first node embeds the patches');
  const [tokens = 1, width = 1] = embedding.output.shape;
  const residualStride = Math.ceil(width / TO);
  const branchBase = tokens * words(width);

  const instructions: Instruction[] = [];
  const matmuls: MatmulOperation[] = [];
  const layerNorms: LayerNormOperation[] = [];
  const softmaxes: SoftmaxOperation[] = [];
  const meanPools: MeanPoolOperation[] = [];
  const weights: WeightSegment[] = [];
  const parameters: ParameterSegment[] = [];
  const weightMemory = allocator();
  const parameterMemory = allocator();
  const normMemory = allocator();
  const activationTables = tableAllocator();
  const tables = { exp: tableAllocator(), reciprocal: tableAllocator(), rsqrt: tableAllocator() };
  const regions = new Map<string, Region>();
  const depths = {
    activations: branchBase,
    keys: 0,
    scores: 0,
    probabilities: 0,
    residual: tokens * residualStride,
    result: 0,
  };

  const push: ScheduleContext['push'] = (unit, operation, label, maxMatmul, idle = []) => {
    instructions.push({ unit, operation, maxMatmul, idle, label });
  };

  return {
    graph,
    shape,
    groups: attentionGroups(graph),
    tokens,
    width,
    words,
    residualStride,
    branchBase,
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
    push,
    matmul(operation, maxMatmul, idle) {
      matmuls.push(operation);
      push('matmul', matmuls.length - 1, operation.name, maxMatmul, idle);
    },
    layerNorm(operation) {
      layerNorms.push({ ...operation, parameterBase: normMemory.take(Math.ceil(width / VL)) });
      push('layerNorm', layerNorms.length - 1, operation.name, 0, ['meanPool']);
    },
    softmax(operation, maxMatmul) {
      softmaxes.push(operation);
      push('softmax', softmaxes.length - 1, operation.name, maxMatmul);
    },
    meanPool(operation) {
      meanPools.push(operation);
      push('meanPool', meanPools.length - 1, operation.name, 0);
    },
    get lastMatmul() {
      return matmuls.at(-1);
    },
    weight({ output, path = output.name }, rows, reduction, heads = null) {
      const base = weightMemory.take(rows * Math.ceil(reduction / TI));
      const segment = { tensor: output.name, path, base, rows, reduction, heads };
      weights.push(segment);
      return segment;
    },
    channels({ output, path = output.name }, first, channels) {
      const padded = Math.ceil(channels / TO) * TO;
      const base = parameterMemory.take(padded);
      parameters.push({ tensor: output.name, path, base, first, channels, words: padded });
      return base;
    },
    table(memory, tensor, part, entries) {
      return tables[memory].place(tensor, `${tensor}.${part}`, entries);
    },
    epilogue({ output, epilogue: { shift, low, high, table, residual } }) {
      return {
        shift,
        low,
        high,
        tableBase: table
          ? activationTables.place(output.name, `${output.name}.activation`, table)
          : null,
        skip: residual && skipOf(residual, residualStride),
      };
    },
    finish: () => ({
      instructions,
      loopStart: 1,
      matmuls,
      layerNorms,
      softmaxes,
      meanPools,
      weights,
      parameters,
      activationTables: activationTables.segments,
      expTables: tables.exp.segments,
      reciprocalTables: tables.reciprocal.segments,
      rsqrtTables: tables.rsqrt.segments,
      depths: {
        ...depths,
        input: patches * Math.ceil(patchSize / TI),
        offset: tokens * residualStride,
        weights: weightMemory.depth,
        parameters: parameterMemory.depth,
        normParameters: normMemory.depth,
      },
    }),
  };
}

/** The residual stream lies at the start of its memory and is updated in place. */
function skipOf({ multiplier, shift }: NonNullable<Epilogue['residual']>, stride: number) {
  return { source: 'residual' as const, base: 0, stride, multiplier, shift };
}

/** The tap of an operation that writes a whole tensor, or what differs from that. */
export function tapOf(tensor: string, more: Partial<Tap> = {}): Tap {
  return { tensor, head: null, columnOffset: 0, transposed: false, ...more };
}

/** Shape of a tensor with two axes. */
export function matrixShape(graph: IntegerGraph, name: string): readonly [number, number] {
  const [rows = 1, columns = 1] = tensorType(graph, name).shape;
  return [rows, columns];
}
