import { expect } from 'vitest';
import { type GraphInput, type IntegerGraph, uniform } from '../../src/ir/index.ts';
import {
  type Bench,
  type Cycle,
  memoryText,
  parameterList,
  type Trace,
} from '../support/harness.ts';

/** A unit that takes rows of a memory, `vector` elements per cycle, rows back to back. */
export interface RowUnit {
  readonly module: string;
  /** Names without `_i` of the settings that come with `start_i`, with their bits. */
  readonly settings: readonly { readonly name: string; readonly bits: number }[];
  /** Further outputs, without `_o`. */
  readonly outputs: readonly { readonly name: string; readonly bits: number }[];
  /** Cycles from a group's address to its result. */
  readonly latency: (groups: number) => number;
  readonly inBits: number;
  readonly outBits: number;
  readonly outSigned: boolean;
}

export interface RowShape {
  /** VL */
  readonly vector: number;
  /** Elements of a row. */
  readonly columns: number;
  /** Elements of a word of the memory that is read, and of the one that is written. */
  readonly inLanes: number;
  readonly outLanes: number;
}

/** One operation. */
export interface RowOperation {
  readonly rows: number;
  readonly input: Int32Array;
  readonly outBase: number;
  readonly settings: Cycle;
  readonly expected: Int32Array;
}

export const X_DEPTH = 4096;
const OP_BITS = 4;

export function groupsOf({ vector, columns }: RowShape): number {
  return Math.ceil(columns / vector);
}

/** One instance per shape, all in one harness, each with a memory of its own. */
export function rowBench(
  unit: RowUnit,
  shapes: readonly RowShape[],
  parameters: (shape: RowShape, prefix: string) => Readonly<Record<string, number | string>>,
): Bench {
  const named = shapes.map((shape, i) => ({ shape, prefix: `s${i}_` }));
  const settings = [{ name: 'op', bits: OP_BITS }, { name: 'rows', bits: 8 }, ...unit.settings];
  const outputs = [
    ...['ready', 'done', 'out_valid'].map((name) => ({ name, bits: 1 })),
    { name: 'out_addr', bits: 12 },
    { name: 'out_sub', bits: 3 },
    { name: 'out_op', bits: OP_BITS },
    ...unit.outputs,
  ];
  const instance = (shape: RowShape, prefix: string) => {
    const all = {
      VL: shape.vector,
      GROUPS: groupsOf(shape),
      X_ADDR_BITS: 12,
      O_ADDR_BITS: 12,
      COUNT_BITS: 8,
      OP_BITS,
      X_SUB_BITS: 3,
      O_SUB_BITS: 3,
      ...parameters(shape, prefix),
    };
    const width = shape.inLanes * unit.inBits;
    return [
      `wire [11:0] ${prefix}x_addr;`,
      `reg [${width - 1}:0] ${prefix}mem [0:${X_DEPTH - 1}];`,
      `initial $readmemh("${prefix}x.mem", ${prefix}mem);`,
      `reg [${width - 1}:0] ${prefix}x;`,
      `always @(posedge clk) ${prefix}x <= ${prefix}mem[${prefix}x_addr];`,
      `${unit.module} ${parameterList(all)} u_${prefix}unit (`,
      ...[{ name: 'start' }, ...settings].map(({ name }) => `  .${name}_i(${prefix}${name}),`),
      ...outputs.map(({ name }) => `  .${name}_o(${prefix}${name}),`),
      `  .clk_i(clk), .rst_i(rst), .x_addr_o(${prefix}x_addr), .x_i(${prefix}x),`,
      `  .out_data_o(${prefix}out_data)`,
      ');',
    ].join('\n');
  };
  return {
    inputs: [
      { name: 'rst', bits: 1 },
      ...named.flatMap(({ prefix }) =>
        [{ name: 'start', bits: 1 }, ...settings].map((p) => ({ ...p, name: prefix + p.name })),
      ),
    ],
    outputs: named.flatMap(({ shape, prefix }) => [
      ...outputs.map((p) => ({ ...p, name: prefix + p.name })),
      {
        name: `${prefix}out_data`,
        bits: unit.outBits,
        lanes: shape.vector,
        signed: unit.outSigned,
      },
    ]),
    body: named.map(({ shape, prefix }) => instance(shape, prefix)).join('\n'),
  };
}

/** When the operations of a shape start: each in the cycle in which the unit is ready again. */
function starts(unit: RowUnit, shape: RowShape, operations: readonly RowOperation[]): number[] {
  const groups = groupsOf(shape);
  let cycle = 3;
  return operations.map(({ rows }) => {
    const start = cycle;
    cycle += rows * groups + unit.latency(groups) + 1;
    return start;
  });
}

/** The rows of all operations, one after another, each beginning with a new word. */
function memoryOf(shape: RowShape, inBits: number, operations: readonly RowOperation[]) {
  const words: number[][] = [];
  const bases = operations.map(({ input, rows }) => {
    const base = words.length;
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < shape.columns; c += shape.inLanes) {
        // Lanes past the row hold what was left there; the unit has to leave it out.
        words.push(
          Array.from({ length: shape.inLanes }, (_, i) =>
            c + i < shape.columns ? (input[row * shape.columns + c + i] as number) : 1 - (i % 3),
          ),
        );
      }
    }
    return base;
  });
  if (words.length > X_DEPTH) throw new Error(`${words.length} words do not fit the memory`);
  return { bases, text: memoryText(words, inBits) };
}

/** What goes in: all shapes at once, each with its own list of operations. */
export function rowStimulus(
  unit: RowUnit,
  shapes: readonly RowShape[],
  operations: readonly (readonly RowOperation[])[],
): { cycles: Cycle[]; files: Record<string, string> } {
  const cycles: Record<string, number | readonly number[]>[] = [{ rst: 1 }, { rst: 1 }];
  const files: Record<string, string> = {};
  shapes.forEach((shape, s) => {
    const list = operations[s] ?? [];
    const { bases, text } = memoryOf(shape, unit.inBits, list);
    files[`s${s}_x.mem`] = text;
    starts(unit, shape, list).forEach((start, i) => {
      const { rows, settings, outBase } = list[i] as RowOperation;
      const all = { start: 1, op: i % 2 ** OP_BITS, rows, x_base: bases[i] ?? 0, ...settings };
      const last = start + rows * groupsOf(shape) + unit.latency(groupsOf(shape)) + 2;
      while (cycles.length < last) cycles.push({});
      for (const [name, value] of Object.entries({ ...all, out_base: outBase })) {
        (cycles[start] as Record<string, number | readonly number[]>)[`s${s}_${name}`] = value;
      }
    });
  });
  return { cycles, files };
}

/** A graph whose only tensor is the input `x`: the evaluators ask for its type, no more. */
export function graphOfRows(shape: readonly number[], bits: number): IntegerGraph {
  const input: GraphInput = {
    tensor: { name: 'x', shape, format: uniform(bits), scale: 1 },
    image: { height: 1, width: 1, channels: 1 },
    patch: 1,
    mean: [0],
    std: [1],
  };
  return { name: 'rows', input, nodes: [] };
}

/** Share of the expected values that lie strictly between two bounds. */
export function shareInside(
  operations: readonly RowOperation[],
  low: number,
  high: number,
): number {
  const values = operations.flatMap((op) => [...op.expected]);
  return values.filter((v) => v > low && v < high).length / values.length;
}

/** Compares every value, address and cycle of what came out. */
export function expectRows(
  unit: RowUnit,
  shapes: readonly RowShape[],
  operations: readonly (readonly RowOperation[])[],
  trace: Trace,
): void {
  shapes.forEach((shape, s) => {
    const list = operations[s] ?? [];
    const groups = groupsOf(shape);
    const latency = unit.latency(groups);
    const at = (cycle: number, port: string) => trace.value(cycle, `s${s}_${port}`);
    let written = 0;
    starts(unit, shape, list).forEach((start, i) => {
      const { rows, expected, outBase } = list[i] as RowOperation;
      const where = `shape ${JSON.stringify(shape)}, operation ${i}`;
      const end = start + rows * groups + latency + 1;
      expect([at(start, 'ready'), at(start + 1, 'ready')], where).toEqual([1, 0]);
      expect([at(end - 1, 'done'), at(end - 1, 'ready'), at(end, 'ready')], where).toEqual([
        1, 0, 1,
      ]);
      for (let n = 0; n < rows * groups; n++) {
        const cycle = start + 1 + n + latency;
        const row = Math.floor(n / groups);
        const first = (n % groups) * shape.vector;
        const place = `${where}, row ${row}, channel ${first}`;
        const wordsPerRow = Math.ceil(shape.columns / shape.outLanes);
        expect(
          [
            at(cycle, 'out_valid'),
            at(cycle, 'out_addr'),
            at(cycle, 'out_sub'),
            at(cycle, 'out_op'),
          ],
          place,
        ).toEqual([
          1,
          outBase + row * wordsPerRow + Math.floor(first / shape.outLanes),
          (first % shape.outLanes) / shape.vector,
          i % 2 ** OP_BITS,
        ]);
        const lanes = Math.min(shape.vector, shape.columns - first);
        const got = trace.lanes(cycle, `s${s}_out_data`).slice(0, lanes);
        const at0 = row * shape.columns + first;
        expect(got, place).toEqual([...expected.slice(at0, at0 + lanes)]);
        written++;
      }
    });
    let valid = 0;
    for (let cycle = 3; cycle < trace.cycles; cycle++) valid += at(cycle, 'out_valid');
    expect(valid).toBe(written);
  });
}
