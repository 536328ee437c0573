import type { Machine, Operator } from '../roofline/index.ts';
import type { ExploreResult } from '../types.ts';

/** A fact in a line of the page. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** What a report is made from. */
export interface ReportInput {
  readonly result: ExploreResult;
  /** Of the model at the bits of the answer. */
  readonly operators: readonly Operator[];
  /** The board, and the engine of the answer where there is one. */
  readonly machines: readonly [board: Machine, engine?: Machine];
  /** The text of `plan.json`, where there is an answer. */
  readonly planFile?: string | undefined;
  /** More to say of how the answer was found: the allocator, the accuracy expected and measured. */
  readonly facts?: readonly Fact[] | undefined;
}
