import type { IntegerGraph } from '../../src/ir/index.ts';
import type { EngineShape, Program } from '../../src/plan/index.ts';

/** What is looked at: a program, and what it was made for. */
export interface Subject {
  readonly program: Program;
  readonly shape: EngineShape;
  readonly graph: IntegerGraph;
}

/** Elements of a word, by memory. */
export function elementsOfWord(memory: MemoryName, shape: EngineShape): number {
  const { tokens: TP, inputs: TI, outputs: TO } = shape;
  const sizes: Record<MemoryName, number> = {
    activations: TP * Math.max(TI, TO),
    normalized: TP * Math.max(TI, TO),
    keys: TP * Math.max(TI, TO),
    input: TP * TI,
    probabilities: TP * TI,
    scores: TP * TO,
    residual: TP * TO,
    offset: TP * TO,
    result: TO,
    weights: TI,
    weightStream: TI,
    parameters: 1,
  };
  return sizes[memory];
}

/** Words of a memory. The weight stream counts as one that held all streamed weights once. */
export function depthOf(memory: MemoryName, { program, shape }: Subject): number {
  if (memory !== 'weightStream') return program.depths[memory];
  const ends = program.weights.flatMap(({ streamed, base, groups, reduction }) =>
    streamed
      ? [
          base +
            groups.count *
              (Math.ceil(groups.width / shape.outputs) * shape.outputs) *
              Math.ceil(reduction / shape.inputs),
        ]
      : [],
  );
  return Math.max(0, ...ends);
}

export const memoryNames = [
  'input',
  'activations',
  'normalized',
  'keys',
  'probabilities',
  'scores',
  'residual',
  'offset',
  'result',
  'weights',
  'weightStream',
  'parameters',
] as const;
export type MemoryName = (typeof memoryNames)[number];

/** One word on one port of a memory, in one cycle. */
export interface Access {
  readonly cycle: number;
  /** Wires that carry one address a cycle; several memories share those of the operands. */
  readonly port: string;
  readonly write: boolean;
  readonly memory: MemoryName;
  readonly word: number;
  /** Elements of the word that matter, and what they are to be, or become. */
  readonly lanes: readonly number[];
  readonly values: readonly number[];
}

/** A reading access, without what is read. */
export function read(port: string, memory: MemoryName, cycle: number, word: number) {
  return { port, memory, cycle, word, write: false } as const;
}
