import type { Board } from '../../boards/index.ts';
import type { CheckedGraph } from '../../check/index.ts';
import { signedBits } from '../../ir/index.ts';
import { rowGroups } from '../../plan/geometry.ts';
import {
  accumulatorBits,
  biasedBits,
  type EngineParameters,
  type EngineShape,
  engineParameters,
  largestSums,
  multipliedBits,
  type WeightSection,
  type WeightStream,
  withParametersPlaced,
} from '../../plan/index.ts';
import {
  type MemoryNeed,
  memoryNeeds,
  partsBeside,
  type ResourceEstimate,
} from '../../plan/resources.ts';
import { schedule } from '../../plan/schedule/index.ts';
import { withMultipliers } from './arrays.ts';
import type { StreamedSet, TimedFrame } from './frames.ts';
import type { Template } from './template.ts';

/** The part of an engine's parameters that does not depend on its multipliers. */
export interface Surroundings {
  /** Parameters of some tile: what follows from the graph alone is right. */
  readonly base: EngineParameters;
  /**
   * What all parts but the array take: they depend on the multipliers only by their latency, and on
   * that by way of the frame.
   */
  need(
    shape: EngineShape,
    template: Template,
    frame: TimedFrame,
    set: StreamedSet,
    stream: WeightStream | null,
  ): ResourceEstimate;
}

export function surroundingsOf(checked: CheckedGraph, board: Board): Surroundings {
  const { graph } = checked;
  const some = { tokens: 1, inputs: 2, outputs: 2, vector: 1 };
  const uncut = { overlapNorms: false, streamed: () => false };
  const base = engineParameters(checked, schedule(graph, some, uncut), some);
  const bitsOf = new Map(
    graph.nodes.flatMap((node) =>
      node.kind === 'linear' || node.kind === 'patchEmbedding'
        ? [[node.output.name, signedBits(node.weightFormat)] as const]
        : [],
    ),
  );
  const { accumulator, biased } = largestSums(checked.widths);
  const memories = memoryNeeds(board);
  return {
    base,
    need(shape, template, frame, set, stream) {
      // The array is left out; of its multipliers the outputs of a tile of keys count.
      const parameters = withMultipliers(base, shape, shape.multipliers);
      const ACC_BITS = accumulatorBits(accumulator.accumulatorBits, shape.inputs, base);
      const SUM_BITS = biasedBits(ACC_BITS + base.ROW_EXPONENT, biased, base);
      const groups = rowGroups(graph, shape);
      const weightSections = sectionsOf(template, set, bitsOf);
      const weights = weightSections.reduce((sum, { words }) => sum + words, 0);
      const own = {
        ...parameters,
        VL: shape.vector,
        ...{ ACC_BITS, SUM_BITS, PROD_BITS: multipliedBits(SUM_BITS, base) },
        MAX_WORDS: frame.maxWords,
        OPERATIONS: {
          ...{ instructions: frame.instructions, products: frame.products },
          largest: base.OPERATIONS.largest,
        },
        ...{ CHANNEL_GROUPS: groups.channels, KEY_GROUPS: groups.keys },
        ...{ stream, weightSections, depths: { ...frame.depths, weights } },
      };
      const lie = stream ? undefined : 'onChip';
      // As many as a frame takes, or fewer: no resource depends on it.
      const words = { parameters: frame.depths.parameters, input: groups.inputWords };
      const need = memories(own);
      const placed = withParametersPlaced(own, board, lie, words, () => need);
      return needBeside(placed, board, placed === own ? need : memories(placed));
    },
  };
}

/** The sum of the parts but the array. */
function needBeside(
  parameters: EngineParameters,
  board: Board,
  memories: MemoryNeed,
): ResourceEstimate {
  const sum = { lut: 0, ff: 0, dsp: 0, bram36: 0, uram: 0, memoryBits: memories.bits };
  for (const part of partsBeside(parameters, board, memories)) {
    sum.lut += part.lut;
    sum.ff += part.ff;
    sum.dsp += part.dsp;
    sum.bram36 += part.bram36;
    sum.uram += part.uram;
  }
  return sum;
}

/** Words on chip by their bits, the narrowest first. */
function sectionsOf(
  { weights }: Template,
  set: StreamedSet,
  bitsOf: ReadonlyMap<string, number>,
): readonly WeightSection[] {
  const byBits = new Map<number, number>();
  for (const { tensor, words } of weights) {
    if (set.has(tensor)) continue;
    const bits = bitsOf.get(tensor) ?? 2;
    byBits.set(bits, (byBits.get(bits) ?? 0) + words);
  }
  return [...byBits].sort(([a], [b]) => a - b).map(([bits, words]) => ({ bits, first: 0, words }));
}
