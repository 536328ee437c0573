import { describe, expect, test } from 'vitest';
import { loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import type { IntegerGraph, LinearNode } from '../../src/ir/index.ts';
import { instructionTable, matmulTable } from '../../src/lower/descriptors.ts';
import { lower } from '../../src/lower/index.ts';
import { unitsOf } from '../../src/lower/units.ts';
import { type EngineShape, type Plan, type Program, planShape } from '../../src/plan/index.ts';
import { type RandomGraphOptions, randomGraph } from '../support/random-graph.ts';

const board = loadBoard('zcu104', '.');

function plan(options: Partial<RandomGraphOptions>, shape: EngineShape): Plan {
  return planShape(check(randomGraph(options)), board, 100, shape);
}

/** The lanes of every word of a memory file, comments left out. */
function words(text: string, bits: number, lanes: number): number[][] {
  return text
    .split('\n')
    .map((line) => line.replace(/\/\/.*$/, '').trim())
    .filter((line) => line !== '')
    .map((line) => {
      const word = BigInt(`0x${line}`);
      return Array.from({ length: lanes }, (_, i) =>
        Number(BigInt.asIntN(bits, word >> BigInt(i * bits))),
      );
    });
}

function linear(graph: IntegerGraph, name: string): LinearNode {
  const node = graph.nodes.find((n) => n.output.name === name);
  if (node?.kind !== 'linear') throw new Error(`${name} is no linear layer`);
  return node;
}

describe('the result', () => {
  // Eight words of classes, and no other memory of outputs is deeper.
  test('may be the deepest memory that products write', () => {
    const options = { width: 10, heads: 2, tokens: 8, hidden: 7, depth: 1, classes: 30 };
    const more = { patch: 3, imageChannels: 2, activation: 'none', family: 'table' } as const;
    const planned = plan({ ...options, ...more }, { tokens: 4, inputs: 4, outputs: 4, vector: 2 });
    expect(planned.parameters.depths.result).toBe(8);
    expect(() => lower(planned)).not.toThrow();
  });
});

describe('weight memories', () => {
  // Heads of 3 channels, which no tile of 4 outputs divides: they lie 4 apart in the values.
  const shape = { tokens: 1, inputs: 2, outputs: 4, vector: 2 };
  const planned = plan({ width: 9, heads: 3, tokens: 5, hidden: 7, weightBits: 5 }, shape);
  const { graph } = planned.checked;
  const hardware = lower(planned);
  const { W_BITS } = planned.parameters;
  /** Rows of a weight from its tiles: TO words, one of each row, k tile by k tile. */
  const untiled = (all: readonly number[][], perRow: number) =>
    Array.from({ length: all.length / perRow }, (_, row) =>
      Array.from({ length: perRow }, (_, k) => {
        const tile = Math.floor(row / shape.outputs) * perRow + k;
        return all[tile * shape.outputs + (row % shape.outputs)] ?? [];
      }).flat(),
    );
  const rowsOf = (name: string) => {
    const file = hardware.weights.find(({ path }) => path === `mem/${name}.mem`);
    if (!file) throw new Error(`no memory file ${name}`);
    return { ...file, words: words(file.text, W_BITS, shape.inputs) };
  };

  test('the output projection has zeros between the heads', () => {
    const { weight } = linear(graph, 'block0.attention');
    const pitch = 4;
    const { words: all } = rowsOf('block0.attention.output.weight');
    const perRow = (3 * pitch) / shape.inputs;
    // Nine rows are three tiles of four.
    const rows = untiled(all, perRow);
    expect(rows).toHaveLength(12);
    for (let row = 0; row < 9; row++) {
      const lanes = rows[row];
      const expected = Array.from({ length: 3 * pitch }, (_, k) => {
        const channel = k % pitch;
        return channel < 3 ? weight[row * 9 + Math.floor(k / pitch) * 3 + channel] : 0;
      });
      expect(lanes).toEqual(expected);
    }
  });

  test('other rows are padded at their end', () => {
    const { weight } = linear(graph, 'block0.mlp.linear0');
    const { words: all } = rowsOf('block0.mlp.linear0.weight');
    const perRow = 5; // 9 inputs, 2 in a word
    const rows = untiled(all, perRow);
    expect(rows).toHaveLength(8);
    expect(rows[7]).toEqual(Array(10).fill(0));
    for (let row = 0; row < 7; row++) {
      expect(rows[row]).toEqual([...weight.slice(row * 9, (row + 1) * 9), 0]);
    }
  });

  test('files follow each other in the memory, without a gap', () => {
    const sorted = [...hardware.weights].sort((a, b) => a.first - b.first);
    let next = 0;
    for (const { first, last, path } of sorted) {
      expect(first, path).toBe(next);
      expect(rowsOf(path.slice(4, -4)).words).toHaveLength(last - first + 1);
      next = last + 1;
    }
    expect(next).toBe(planned.parameters.depths.weights);
  });

  test('channel parameters are bias and multiplier of every channel, padding is zero', () => {
    const { BIAS_BITS } = planned.parameters;
    const lines = (hardware.memories.parameters?.text ?? '')
      .split('\n')
      .map((line) => line.replace(/\/\/.*$/, '').trim())
      .filter((line) => line !== '');
    expect(lines).toHaveLength(planned.parameters.depths.parameters);
    const { bias, multiplier } = linear(graph, 'logits').epilogue;
    const segment = planned.program.parameters.find(({ tensor }) => tensor === 'logits');
    const { base = 0, words: count = 0 } = segment ?? {};
    const read = lines.slice(base, base + count).map((line) => {
      const word = BigInt(`0x${line}`);
      const code = Number(BigInt.asIntN(BIAS_BITS, word));
      return [code, Number(word >> BigInt(BIAS_BITS))];
    });
    const expected = Array.from({ length: 12 }, (_, c) => [bias[c] ?? 0, multiplier[c] ?? 0]);
    expect(read).toEqual(expected);
  });
});

describe('descriptors', () => {
  const planned = plan(
    { width: 12, heads: 2, tokens: 7 },
    { tokens: 1, inputs: 4, outputs: 4, vector: 4 },
  );
  const { program, parameters } = planned;
  const { epilogue } = unitsOf(planned);
  const table = (changed: Partial<Program['matmuls'][number]>) => {
    const [first, ...rest] = program.matmuls;
    if (!first) throw new Error('no products');
    return matmulTable(
      { ...program, matmuls: [{ ...first, ...changed }, ...rest] },
      parameters,
      epilogue,
    );
  };

  test('hold what the operations say', () => {
    const { fields, rows, bits } = matmulTable(program, parameters, epilogue);
    expect(bits).toBe(fields.reduce((sum, field) => sum + field.bits, 0));
    expect(rows).toHaveLength(program.matmuls.length);
    const value = (row: number, name: string) =>
      rows[row]?.values[fields.findIndex((field) => field.name === name)];
    program.matmuls.forEach((op, i) => {
      expect(value(i, 'rows')).toBe(op.rows);
      // What the loader walks over.
      expect(value(i, 'n_rows')).toBe(op.b.source === 'keyColumns' ? op.reduction : op.columns);
      expect(value(i, 'k_tiles')).toBe(Math.ceil(op.reduction / 4));
      const { shift, low, high } = op;
      expect(epilogue.modes[value(i, 'mode_sel') ?? -1]).toEqual({ shift, low, high });
      expect(value(i, 'a_base')).toBe(op.a.base);
    });
  });

  test.each([
    ['a shift that the unit does not have', { shift: 64 }, 'mode_sel = -1 does not fit'],
    ['a negative count', { rows: -1 }, 'rows = -1 does not fit'],
    ['too many rows', { rows: 2 ** 20 }, 'does not fit'],
    ['a limit that it does not have', { low: -(2 ** 40) }, 'mode_sel = -1 does not fit'],
    [
      'an address that is no number',
      { a: { source: 'input', base: Number.NaN, stride: 1 } },
      'NaN',
    ],
  ] as const)('that do not fit throw: %s', (_name, changed, says) => {
    expect(() => table(changed)).toThrow(says);
    // The operation is named, so that the fault can be found.
    expect(() => table(changed)).toThrow(program.matmuls[0]?.name);
  });

  test('an instruction that names an operation beyond the field throws', () => {
    expect(() => instructionTable(program, 1)).toThrow('does not fit 1 bits');
    expect(() => instructionTable(program, 8)).not.toThrow();
  });

  test('every field of a whole design fits, whatever the tile', () => {
    for (const [tokens, inputs, outputs, vector] of [
      [1, 1, 1, 1],
      [2, 2, 8, 2],
      [3, 9, 3, 3],
      [4, 32, 32, 8],
    ] as const) {
      const { matmul } = lower(plan({ width: 18, heads: 3 }, { tokens, inputs, outputs, vector }));
      expect(matmul.rows.length).toBeGreaterThan(0);
    }
  });
});
