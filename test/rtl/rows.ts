import { expect } from 'vitest';
import type { NodeWidths } from '../../src/check/index.ts';
import type { NodeCheck } from '../../src/check/node-check.ts';
import { createReporter } from '../../src/check/reporter.ts';
import type { Diagnostic } from '../../src/diagnostics/index.ts';
import {
  type GraphInput,
  type IntegerGraph,
  type IntegerNode,
  uniform,
} from '../../src/ir/index.ts';
import type { UnitParameter } from '../../src/lower/unit-parameters.ts';
import {
  type Bench,
  type Cycle,
  memoryText,
  type ParameterValue,
  parameterList,
  type Trace,
} from '../support/harness.ts';

/** A unit that takes rows of a memory, `vector` elements per cycle, rows back to back. */
export interface RowUnit {
  readonly module: string;
  /** Cycles from a group's address to its result. */
  readonly latency: (groups: number) => number;
  readonly inBits: number;
  readonly outBits: number;
  readonly outSigned: boolean;
}

/** What an instance of a unit is made for. */
export interface RowInstance {
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Names without `_i` of the settings that come with `start_i`, with their bits. */
  readonly settings: readonly { readonly name: string; readonly bits: number }[];
}

export interface RowShape {
  /** TP: rows that share the words of a memory. */
  readonly tokens: number;
  /** VL */
  readonly vector: number;
  /** Elements of a row. */
  readonly columns: number;
  /** Elements of a row in a word of the memory that is read, and of the one that is written. */
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
const LANE_BITS = 2;

export function groupsOf({ vector, columns }: RowShape): number {
  return Math.ceil(columns / vector);
}

/** One instance per shape, all in one harness, each with a memory of its own. */
export function rowBench(
  unit: RowUnit,
  shapes: readonly RowShape[],
  instances: readonly RowInstance[],
): Bench {
  const named = shapes.map((shape, i) => {
    const { parameters, settings } = instances[i] as RowInstance;
    const all = [
      { name: 'op', bits: OP_BITS },
      { name: 'rows', bits: 8 },
      { name: 'x_base', bits: 12 },
      { name: 'out_base', bits: 12 },
      ...settings,
    ];
    return { shape, prefix: `s${i}_`, parameters, settings: all };
  });
  const outputs = [
    ...['ready', 'done', 'out_valid'].map((name) => ({ name, bits: 1 })),
    { name: 'out_addr', bits: 12 },
    { name: 'out_lane', bits: LANE_BITS },
    { name: 'out_sub', bits: 3 },
    { name: 'out_op', bits: OP_BITS },
  ];
  const instance = ({ shape, prefix, parameters, settings }: (typeof named)[number]) => {
    const all = {
      TP: shape.tokens,
      VL: shape.vector,
      GROUPS: groupsOf(shape),
      X_ADDR_BITS: 12,
      O_ADDR_BITS: 12,
      COUNT_BITS: 8,
      OP_BITS,
      X_SUB_BITS: 3,
      O_SUB_BITS: 3,
      LANE_BITS,
      ...parameters,
    };
    const width = shape.tokens * shape.inLanes * unit.inBits;
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
      ...named.flatMap(({ prefix, settings }) =>
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
    body: named.map(instance).join('\n'),
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

/** The rows of all operations, one after another; every `tokens` of them begin with a new word. */
function memoryOf(shape: RowShape, inBits: number, operations: readonly RowOperation[]) {
  const { tokens, columns, inLanes } = shape;
  const words: number[][] = [];
  const bases = operations.map(({ input, rows }) => {
    const base = words.length;
    for (let row = 0; row < rows; row += tokens) {
      for (let c = 0; c < columns; c += inLanes) {
        // Lanes past the row, and rows past the last, hold what was left there; the unit has to
        // leave it out.
        words.push(
          Array.from({ length: tokens * inLanes }, (_, i) => {
            const [r, column] = [row + Math.floor(i / inLanes), c + (i % inLanes)];
            const inside = r < rows && column < columns;
            return inside ? (input[r * columns + column] as number) : 1 - (i % 3);
          }),
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

/** Parameters of a unit as the lowering gives them. */
export function unitParameters(
  parameters: readonly UnitParameter[],
): Record<string, ParameterValue> {
  return Object.fromEntries(
    parameters.map(({ name, value }) => [
      name,
      typeof value === 'number' ? value : { verilog: value },
    ]),
  );
}

/** The proven widths of nodes that read `x`, each in a graph of its own. */
export function widthsOf<N extends IntegerNode>(
  nodes: readonly N[],
  prove: NodeCheck<N>,
  shapeOf: (node: N) => readonly number[],
  bits: number,
): Map<string, NodeWidths> {
  const faults: Diagnostic[] = [];
  const widths = new Map(
    nodes.map((node) => {
      const { tensor } = graphOfRows(shapeOf(node), bits).input;
      const proven = prove(node, () => tensor, createReporter(node.output.name, undefined, faults));
      return [node.output.name, proven as NodeWidths];
    }),
  );
  expect(faults).toEqual([]);
  return widths;
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
    const { tokens } = shape;
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
            at(cycle, 'out_lane'),
            at(cycle, 'out_sub'),
            at(cycle, 'out_op'),
          ],
          place,
        ).toEqual([
          1,
          outBase + Math.floor(row / tokens) * wordsPerRow + Math.floor(first / shape.outLanes),
          row % tokens,
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
