import fc from 'fast-check';
import { check } from '../../src/check/index.ts';
import type { EngineShape, Multipliers } from '../../src/plan/index.ts';
import { schedule } from '../../src/plan/schedule/index.ts';
import { type RandomGraphOptions, randomGraph } from '../support/random-graph.ts';
import type { Subject } from './access.ts';

/** Graphs as the design language allows them: widths that no tile divides, one token, one head. */
export const graphs: fc.Arbitrary<Partial<RandomGraphOptions>> = fc
  .record({
    seed: fc.integer({ min: 0, max: 1000 }),
    heads: fc.integer({ min: 1, max: 4 }),
    headWidth: fc.integer({ min: 1, max: 9 }),
    depth: fc.integer({ min: 1, max: 2 }),
    tokens: fc.integer({ min: 2, max: 20 }),
    hidden: fc.integer({ min: 1, max: 40 }),
    classes: fc.integer({ min: 1, max: 11 }),
    patch: fc.integer({ min: 1, max: 3 }),
    pooling: fc.constantFrom('class' as const, 'mean' as const),
    activation: fc.constantFrom('gelu' as const, 'relu' as const, 'none' as const),
    family: fc.constantFrom('dyadic' as const, 'table' as const),
  })
  .map(({ headWidth, ...rest }) => ({ ...rest, width: rest.heads * headWidth }));

/** `shapeOf(2, 8, 4, 1)`: TP, TI, TO, VL. */
export function shapeOf(
  tokens: number,
  inputs: number,
  outputs: number,
  vector: number,
): EngineShape {
  return { tokens, inputs, outputs, vector };
}

export const shapes: fc.Arbitrary<EngineShape> = fc.constantFrom(
  shapeOf(1, 1, 1, 1),
  shapeOf(1, 2, 4, 2),
  shapeOf(1, 4, 2, 2),
  shapeOf(1, 3, 6, 3),
  shapeOf(1, 5, 5, 5),
  shapeOf(1, 8, 8, 4),
  shapeOf(2, 2, 2, 1),
  shapeOf(2, 8, 2, 2),
  shapeOf(2, 2, 8, 2),
  shapeOf(2, 6, 12, 3),
  shapeOf(3, 6, 3, 1),
  shapeOf(4, 4, 4, 4),
  shapeOf(4, 8, 4, 2),
  shapeOf(4, 4, 8, 1),
  shapeOf(4, 16, 16, 8),
);

const multipliers: fc.Arbitrary<Multipliers | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({
    style: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
    cell: fc.constant(0 as const),
    aBits: fc.integer({ min: 2, max: 4 }),
    bBits: fc.integer({ min: 2, max: 4 }),
    lutOutputs: fc.constant(0),
  }),
);

/** Tiles with any multipliers: for schedules, which know no more of them than how long they take. */
export const multipliedShapes: fc.Arbitrary<EngineShape> = fc
  .tuple(shapes, multipliers)
  .map(([shape, kind]) => (kind ? { ...shape, multipliers: kind } : shape));

export interface ProgramOptions {
  readonly overlapNorms: boolean;
  /** All weights come as a stream. */
  readonly streamed?: boolean;
}

export function subjectOf(
  options: Partial<RandomGraphOptions>,
  shape: EngineShape,
  { overlapNorms, streamed = false }: ProgramOptions,
): Subject {
  const { graph } = check(randomGraph(options));
  return {
    graph,
    shape,
    program: schedule(graph, shape, { overlapNorms, streamed: () => streamed }),
  };
}
