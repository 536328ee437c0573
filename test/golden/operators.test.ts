import { describe, expect, it } from 'vitest';
import { runGolden } from '../../src/golden/index.ts';
import {
  type Epilogue,
  type IntegerGraph,
  type IntegerNode,
  type NumberFormat,
  type SoftmaxNode,
  type TensorType,
  uniform,
} from '../../src/ir/index.ts';
import { epilogue, reference } from './reference.ts';

function tensor(name: string, shape: readonly number[], format: NumberFormat): TensorType {
  return { name, shape, format, scale: 1 };
}

/** A graph of one node, whose input has any shape and format. */
function graphOf(input: TensorType, node: IntegerNode): IntegerGraph {
  const image = { height: 1, width: 1, channels: 1 };
  return {
    name: 'one',
    input: { tensor: input, image, patch: 1, mean: [0], std: [1] },
    nodes: [node],
  };
}

/** Golden's output, after it was found equal to the reference's. */
function run(graph: IntegerGraph, codes: readonly number[]): number[] {
  const input = Int32Array.from(codes);
  const golden = Array.from(runGolden(graph, input).get('y') ?? []);
  expect(golden.map(BigInt)).toEqual(reference(graph, input).get('y'));
  return golden;
}

function linear(
  part: Partial<Epilogue>,
  codes: readonly number[],
  format: NumberFormat = uniform(8),
): number[] {
  const rows = codes.length;
  return run(
    graphOf(tensor('x', [rows, 1], uniform(16)), {
      kind: 'linear',
      output: tensor('y', [rows, 1], format),
      input: 'x',
      path: 'y.weight',
      weight: Int32Array.of(1),
      weightFormat: uniform(2),
      epilogue: {
        bias: Int32Array.of(0),
        multiplier: Int32Array.of(1),
        shift: 0,
        low: -128,
        high: 127,
        table: null,
        residual: null,
        ...part,
      },
    }),
    codes,
  );
}

describe('epilogue', () => {
  it('passes a value through at shift 0 and multiplier 1, and saturates at both ends', () => {
    const codes = [-32768, -129, -128, -1, 0, 1, 127, 128, 32767];
    expect(linear({}, codes)).toEqual([-128, -128, -128, -1, 0, 1, 127, 127, 127]);
  });

  it('rounds ties up, for negative values too', () => {
    expect(linear({ shift: 1 }, [-5, -3, -1, 1, 3, 5])).toEqual([-2, -1, 0, 1, 2, 3]);
  });

  it('adds the bias before the multiplier', () => {
    const part = { bias: Int32Array.of(10), multiplier: Int32Array.of(3), shift: 2 };
    expect(linear(part, [-10, -9, 0, 4])).toEqual([0, 1, 8, 11]);
  });

  it('reads the first and the last entry of its table beyond both ends', () => {
    const table = Int32Array.of(50, 51, 52, 53);
    expect(linear({ low: -2, high: 1, table }, [-3, -2, -1, 0, 1, 2])).toEqual([
      50, 50, 51, 52, 53, 53,
    ]);
  });

  it('adds the residual after the clip and clips again to the output format', () => {
    const residual = { input: 'x', multiplier: 3, shift: 1 };
    const codes = [-300, -100, -1, 1, 100, 300];
    expect(linear({ low: -4, high: 5, residual }, codes)).toEqual([-128, -128, -2, 3, 127, 127]);
    expect(linear({ low: -4, high: 5, residual: { ...residual, shift: 0 } }, [7])).toEqual([26]);
  });

  it('is exact at its widest: 31-bit sum, 32-bit bias, 16-bit multiplier, shift 47', () => {
    const bias = Int32Array.of(-(2 ** 31), 2 ** 31 - 1);
    const multiplier = Int32Array.of(65535, 65535);
    const output = tensor('y', [4, 2], uniform(16));
    const part = { bias, multiplier, low: -32768, high: 32767, table: null, residual: null };
    for (const shift of [0, 31, 33, 47]) {
      const graph = graphOf(tensor('x', [4, 2], uniform(16)), {
        kind: 'linear',
        output,
        input: 'x',
        path: 'y.weight',
        weight: Int32Array.of(16383, 16383, -16384, -16384),
        weightFormat: uniform(16),
        epilogue: { ...part, shift },
      });
      const codes = [32767, 32767, -32768, -32768, 1, 0, -1, 0];
      const golden = run(graph, codes);
      const acc = BigInt(16383 * (32767 + 32767));
      expect(BigInt(golden[0] as number)).toBe(epilogue(acc, { ...part, shift }, 0, 0n, output));
    }
  });
});

describe('softmax', () => {
  const one = { indexBias: -100, indexShift: 0, bias: 32, shift: 6 };
  const base: Omit<SoftmaxNode, 'output' | 'input'> = {
    kind: 'softmax',
    expBias: 1,
    expShift: 1,
    expTable: Int32Array.of(100, 50, 20, 3),
    one: { ...one, table: Int32Array.of(163, 161, 160, 158) },
    two: { ...one, indexBias: -104, indexShift: 5, table: Int32Array.of(140, 110, 60) },
  };

  function softmax(rows: readonly (readonly number[])[], part: Partial<SoftmaxNode> = {}) {
    const keys = rows[0]?.length ?? 0;
    const shape = [1, rows.length, keys];
    const graph = graphOf(tensor('x', shape, uniform(8)), {
      ...base,
      ...part,
      input: 'x',
      output: tensor('y', shape, uniform(8, false)),
    });
    return run(graph, rows.flat());
  }

  it('gives the largest code to a row whose other scores are out of reach', () => {
    const expTable = Int32Array.of(100, 50, 20, 0);
    expect(softmax([[127, -128, -128, -128]], { expTable })).toEqual([255, 0, 0, 0]);
  });

  it('treats a row that saturates everywhere as uniform', () => {
    const rows = [
      [127, 127, 127, 127],
      [-128, -128, -128, -128],
    ];
    const [first, ...rest] = softmax(rows);
    expect(first).toBeGreaterThan(0);
    expect(new Set(rest)).toEqual(new Set([first]));
  });

  it('saturates the index of every table, and goes from table one to table two', () => {
    const sums = [
      [0, -40, -40], // 106: beyond table one
      [0, -7, -7], // last entry of the exponentials
      [0, 0, 0], // 300: beyond the end of table two
      [0, -2, -4],
    ];
    softmax(sums);
    softmax([[0, -40]]); // 103: the last entry of table one
    softmax([[0, -40]], { one: { ...base.one, indexBias: -104 } }); // index below 0 of table one
    softmax([[0, -40, -40]], { two: { ...base.two, indexBias: -200 } }); // below 0 of table two
  });

  it('clips a quotient beyond the output format', () => {
    expect(softmax([[0]], { one: { ...base.one, shift: 0 } })).toEqual([255]);
    expect(softmax([[0]], { one: { ...base.one, bias: -(2 ** 20) } })).toEqual([0]);
  });
});

describe('layer normalization', () => {
  const node = {
    kind: 'layerNorm' as const,
    input: 'x',
    path: 'y.weight',
    rows: 2,
    meanMultiplier: 43691,
    meanShift: 17,
    varianceBias: -4,
    varianceShift: 2,
    table: Int32Array.of(65535, 30000, 10000, 1),
    weight: Int32Array.of(-2048, 2047, 5),
    bias: Float64Array.of(-(2 ** 47), 2 ** 47 - 1, 2 ** 15),
    shift: 16,
  };

  it('clips the index of its table at both ends and its output too; leaves later rows out', () => {
    const graph = graphOf(tensor('x', [3, 3], uniform(16)), {
      ...node,
      output: tensor('y', [2, 3], uniform(8)),
    });
    expect(run(graph, [1, 1, 1, 32767, -32768, 0, 9, 9, 9]).length).toBe(6);
    expect(run(graph, [-3, -2, -2, 0, 2, 2, 0, 0, 0]).slice(0, 2)).toEqual([-128, 127]);
  });
});

describe('mean pooling', () => {
  it('rounds half up and saturates', () => {
    const graph = graphOf(tensor('x', [2, 3], uniform(8)), {
      kind: 'meanPool',
      output: tensor('y', [1, 3], uniform(6)),
      input: 'x',
      multiplier: 1,
      shift: 1,
    });
    expect(run(graph, [1, -1, 127, 2, -2, 127])).toEqual([2, -1, 31]);
  });
});
