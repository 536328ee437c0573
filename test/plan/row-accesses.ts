import { readFileSync } from 'node:fs';
import type { EngineShape, Instruction, Program } from '../../src/plan/index.ts';
import { type Access, type MemoryName, read, type Subject } from './access.ts';
import { type Names, nodeOf, PADDING, widthOf } from './names.ts';
import type { Timing } from './timeline.ts';

/** Constants of the row-wise units, from their Verilog: cycles from an address to its result. */
const stages = (file: string, pattern: RegExp): number => {
  const url = new URL(`../../templates/rtl/${file}`, import.meta.url);
  const found = pattern.exec(readFileSync(url, 'utf8'))?.[1];
  if (!found) throw new Error(`${file} does not say its latency`);
  return Number(found);
};
const NORM_STAGES = stages('vt_layer_norm.v', /localparam LATENCY\s*= GROUPS \+ (\d+);/);
const SOFTMAX_STAGES = stages('vt_softmax.v', /localparam LATENCY\s*= 2 \* GROUPS \+ (\d+);/);
const POOL_STAGES = stages('vt_mean_pool.v', /localparam LATENCY\s*= (\d+);/);
/** Cycles from the issue of a row-wise operation to its last write. */
export function latencyOf(
  { program, shape, graph }: Subject,
  { unit, operation }: Instruction,
): number {
  const operations = { layerNorm: program.layerNorms, softmax: program.softmaxes };
  const op = { ...operations, meanPool: program.meanPools }[unit as 'meanPool'][operation];
  if (!op) throw new Error(`${unit} has no operation ${operation}`);
  const groups = Math.ceil(widthOf(graph, op.tap.tensor) / shape.vector);
  if (unit === 'meanPool') return op.rows * groups + POOL_STAGES;
  const stages = unit === 'softmax' ? 2 * groups + SOFTMAX_STAGES : groups + NORM_STAGES;
  return op.rows * groups + stages;
}

/** Rows in groups of VL elements, one group a cycle, as vt_row_walker and vt_row_writer go. */
function* rowAccesses(
  { tokens: TP, vector: VL }: EngineShape,
  rows: number,
  columns: number,
  firstCycle: number,
  tokenElements: number,
  base: number,
): Generator<{ row: number; cycle: number; word: number; lanes: number[]; columns: number[] }> {
  const groups = Math.ceil(columns / VL);
  const perWord = tokenElements / VL;
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      const word =
        base + Math.floor(row / TP) * Math.ceil(groups / perWord) + Math.floor(group / perWord);
      const first = (row % TP) * tokenElements + (group % perWord) * VL;
      yield {
        row,
        cycle: firstCycle + row * groups + group,
        word,
        lanes: Array.from({ length: VL }, (_, i) => first + i),
        columns: Array.from({ length: VL }, (_, i) => group * VL + i),
      };
    }
  }
}

interface RowUnit {
  readonly tensor: string;
  readonly rowOffset: number;
  readonly head: number;
  readonly rows: number;
  readonly columns: number;
  /** First cycle with an address, or a result. */
  readonly cycle: number;
  readonly tokenElements: number;
  readonly base: number;
}

function* rowReads(
  shape: EngineShape,
  names: Names,
  unit: RowUnit,
  port: string,
  memory: MemoryName,
): Generator<Access> {
  const { rows, columns, cycle, tokenElements, base, tensor, rowOffset, head } = unit;
  for (const group of rowAccesses(shape, rows, columns, cycle, tokenElements, base)) {
    const inside = group.columns.filter((column) => column < columns);
    yield {
      ...read(port, memory, group.cycle, group.word),
      lanes: group.lanes.slice(0, inside.length),
      values: inside.map((column) => names.of(tensor, rowOffset + group.row, column, head)),
    };
  }
}

function* rowWrites(
  shape: EngineShape,
  names: Names,
  unit: RowUnit,
  memory: MemoryName,
): Generator<Access> {
  const { rows, columns, cycle, tokenElements, base, tensor, rowOffset, head } = unit;
  for (const group of rowAccesses(shape, rows, columns, cycle, tokenElements, base)) {
    const values = group.columns.map((column) =>
      column < columns ? names.of(tensor, rowOffset + group.row, column, head) : PADDING,
    );
    const { lanes, word } = group;
    yield { port: `${memory} write`, write: true, memory, cycle: group.cycle, word, lanes, values };
  }
}

export function* normAccesses(
  { graph, shape }: Subject,
  names: Names,
  op: Program['layerNorms'][number],
  { at }: Timing,
): Generator<Access> {
  const { tensor, rowOffset } = op.tap;
  const node = nodeOf(graph, tensor);
  if (node.kind !== 'layerNorm') throw new Error(`${tensor} is not normalized`);
  const columns = widthOf(graph, tensor);
  const groups = Math.ceil(columns / shape.vector);
  const common = { rowOffset, head: 0, rows: op.rows, columns };
  yield* rowReads(
    shape,
    names,
    {
      ...common,
      tensor: node.input,
      cycle: at + 1,
      tokenElements: shape.outputs,
      base: op.xBase,
    },
    'residual rows',
    'residual',
  );
  yield* rowWrites(
    shape,
    names,
    {
      ...common,
      tensor,
      cycle: at + 1 + groups + NORM_STAGES,
      tokenElements: Math.max(shape.inputs, shape.outputs),
      base: op.outBase,
    },
    'normalized',
  );
}

export function* softmaxAccesses(
  { graph, shape }: Subject,
  names: Names,
  op: Program['softmaxes'][number],
  { at }: Timing,
): Generator<Access> {
  const { tensor, rowOffset } = op.tap;
  const node = nodeOf(graph, tensor);
  if (node.kind !== 'softmax') throw new Error(`${tensor} is no softmax`);
  const columns = widthOf(graph, tensor);
  const groups = Math.ceil(columns / shape.vector);
  const common = { rowOffset, head: op.tap.head ?? 0, rows: op.rows, columns };
  yield* rowReads(
    shape,
    names,
    {
      ...common,
      tensor: node.input,
      cycle: at + 1,
      tokenElements: shape.outputs,
      base: op.xBase,
    },
    'scores',
    'scores',
  );
  yield* rowWrites(
    shape,
    names,
    {
      ...common,
      tensor,
      cycle: at + 1 + 2 * groups + SOFTMAX_STAGES,
      tokenElements: shape.inputs,
      base: op.outBase,
    },
    'probabilities',
  );
}

/** All rows of a group of channels, then the next group. */
export function* poolAccesses(
  { graph, shape }: Subject,
  names: Names,
  op: Program['meanPools'][number],
  { at }: Timing,
): Generator<Access> {
  const { tokens: TP, outputs: TO, vector: VL } = shape;
  const { tensor } = op.tap;
  const node = nodeOf(graph, tensor);
  if (node.kind !== 'meanPool') throw new Error(`${tensor} is no mean`);
  const columns = widthOf(graph, tensor);
  for (let group = 0; group * VL < columns; group++) {
    const offset = Math.floor((group * VL) / TO);
    const first = (group * VL) % TO;
    const channels = Array.from({ length: VL }, (_, i) => group * VL + i);
    const inside = channels.filter((c) => c < columns);
    for (let row = 0; row < op.rows; row++) {
      const word = op.xBase + Math.floor(row / TP) * op.xStride + offset;
      yield {
        ...read('residual rows', 'residual', at + 1 + group * op.rows + row, word),
        lanes: inside.map((_, i) => (row % TP) * TO + first + i),
        values: inside.map((c) => names.of(node.input, row, c)),
      };
    }
    yield {
      cycle: at + (group + 1) * op.rows + POOL_STAGES,
      port: 'residual write',
      write: true,
      memory: 'residual',
      word: op.outBase + offset,
      lanes: channels.map((_, i) => first + i),
      values: channels.map((c) => (c < columns ? names.of(tensor, 0, c) : PADDING)),
    };
  }
}
