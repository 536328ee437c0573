import type { Board } from '../boards/index.ts';
import type { CheckedGraph } from '../check/index.ts';
import type { CycleReport, RowGroups } from './cycles.ts';
import type { EngineShape } from './engine.ts';
import type { EngineParameters } from './parameters.ts';
import type { Program } from './program.ts';
import type { ResourceEstimate } from './resources.ts';
import type { WeightStream } from './weight-stream.ts';

/** Everything that is decided about the hardware, before any of it is written down. */
export interface Plan {
  readonly checked: CheckedGraph;
  readonly board: Board;
  readonly clockMHz: number;
  readonly shape: EngineShape;
  readonly program: Program;
  readonly parameters: EngineParameters;
  /** Weights in external memory; null when all lie on chip. */
  readonly stream: WeightStream | null;
  readonly geometry: RowGroups;
  readonly cycles: CycleReport;
  /** Products that serve a result, per frame; padding left out. */
  readonly products: number;
  /** Useful products over products that the array could do in a frame's time, 0..1. */
  readonly utilization: number;
  readonly framesPerSecond: number;
  readonly estimate: ResourceEstimate;
}
