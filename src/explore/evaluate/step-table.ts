import { layerNormCycles, type RowGroups } from '../../plan/cycles.ts';
import { type EngineShape, tokenWords } from '../../plan/index.ts';
import { units } from '../../plan/program.ts';
import type { Step } from '../../plan/schedule/steps.ts';
import type { FrameSteps } from './template.ts';

/** Steps with all that the cycle model asks of them, in numbers, but for what latencies decide. */
export interface StepTable {
  readonly count: number;
  readonly from: number;
  readonly until: number;
  readonly times: number;
  readonly unit: Uint8Array;
  /** Matrix products that may be under way. */
  readonly allowed: Uint8Array;
  /** Units that must be idle. */
  readonly idle: readonly (readonly number[])[];
  /** Cycles that another unit than the array is busy. */
  readonly busy: Float64Array;
  /** Of a product: tiles, words of a pass, and whether its tiles are filled by columns. */
  readonly passes: Float64Array;
  readonly words: Float64Array;
  readonly byColumns: Uint8Array;
  /** Of a product with a weight: its number among `weights`; else below 0. */
  readonly weight: Int32Array;
  /** The tensors that products with a weight make. */
  readonly weights: readonly string[];
  /** Words of the longest pass. */
  readonly maxWords: number;
  /** Of the whole frame, with all its repeated steps. */
  readonly instructions: number;
  readonly products: number;
}

/** The steps of a frame at the lanes of a shape. */
export function stepTable(
  { steps, from, until, times }: FrameSteps,
  shape: EngineShape,
  groups: RowGroups,
): StepTable {
  const count = steps.length;
  const weights: string[] = [];
  const repeats = (i: number) => (i >= from && i < until ? times : 1);
  const total = (counts: (step: Step) => boolean) =>
    steps.reduce((sum, step, i) => sum + (counts(step) ? repeats(i) : 0), 0);
  const table = {
    ...{ count, from, until, times, weights },
    unit: Uint8Array.from(steps, (step) => units.indexOf(step.unit)),
    allowed: Uint8Array.from(steps, ({ maxMatmul, unit }) =>
      Math.min(maxMatmul, unit === 'matmul' ? 2 : 3),
    ),
    idle: steps.map((step) => step.idle.map((unit) => units.indexOf(unit))),
    busy: Float64Array.from(steps, (step) => busyCycles(step, groups)),
    passes: new Float64Array(count),
    words: new Float64Array(count),
    byColumns: new Uint8Array(count),
    weight: new Int32Array(count).fill(-1),
    maxWords: 2,
    instructions: total(() => true),
    products: total(({ unit }) => unit === 'matmul'),
  };
  steps.forEach((step, i) => {
    if (step.unit !== 'matmul') return;
    const { rows, reduction, columns, outputs, b, tap } = step.operation;
    const words = tokenWords(shape, rows);
    table.passes[i] = Math.ceil(reduction / shape.inputs) * Math.ceil(columns / outputs);
    table.words[i] = words;
    table.maxWords = Math.max(table.maxWords, words);
    if (b.source === 'keyColumns') table.byColumns[i] = 1;
    if (b.source === 'weights') {
      const found = weights.indexOf(tap.tensor);
      table.weight[i] = found < 0 ? weights.push(tap.tensor) - 1 : found;
    }
  });
  return table;
}

function busyCycles(step: Step, groups: RowGroups): number {
  switch (step.unit) {
    case 'matmul':
      return 0;
    case 'layerNorm':
      return layerNormCycles(step.operation.rows, groups);
    case 'softmax':
      return (step.operation.rows + 2) * groups.keys + 17;
    case 'meanPool':
      return step.operation.rows * groups.channels + 7;
    case 'input':
      return groups.inputWords + 1;
    case 'result':
      return 2 * groups.resultWords + groups.classes + 1;
  }
}
