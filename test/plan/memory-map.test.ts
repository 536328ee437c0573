import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Board, knownBoards, loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import { type MappedMemory, memoryMap, planShape } from '../../src/plan/index.ts';
import { fitPrimitive, memoryPrimitives } from '../../src/plan/memory-primitives.ts';
import { segmentedFit } from '../../src/plan/memory-segments.ts';
import { randomGraph } from '../support/random-graph.ts';
import { graphs, shapes } from './subjects.ts';

const board = (name: string) => loadBoard(name, '.');
const kv260 = board('kv260');

/** Primitives of a style that hold the memory, `3 RAMB18`. */
function fitted(style: string, depth: number, width: number, constant = false): string {
  const fits = memoryPrimitives(kv260)
    .filter((primitive) => primitive.style === style)
    .map((primitive) => fitPrimitive(primitive, depth, width, constant));
  const best = fits.reduce((a, b) => (b.cost < a.cost ? b : a));
  return `${best.count} ${best.primitive.name}`;
}

describe('primitives of UltraScale+', () => {
  // What synth_xilinx of Yosys 0.55 makes of a memory with this ram_style.
  test.each([
    [16, 8, '1 RAMB18'],
    [98, 48, '1 RAMB36'],
    [100, 640, '9 RAMB36'],
    [512, 72, '1 RAMB36'],
    [588, 48, '3 RAMB18'],
    [588, 96, '3 RAMB36'],
    [700, 72, '2 RAMB36'],
    [1024, 18, '1 RAMB18'],
    [1100, 18, '1 RAMB36'],
    [1100, 40, '2 RAMB36'],
    [1300, 72, '3 RAMB36'],
    [2048, 9, '1 RAMB18'],
    [2352, 13, '3 RAMB18'],
    [2352, 48, '4 RAMB36'],
    [2352, 96, '7 RAMB36'],
    [3000, 12, '3 RAMB18'],
    [5000, 4, '1 RAMB36'],
    [9000, 3, '3 RAMB18'],
  ])('%i words of %i bits take %s', (depth, width, expected) => {
    expect(fitted('block', depth, width)).toBe(expected);
  });

  test.each([
    [784, 40, '3 RAMB18'],
    [588, 192, '11 RAMB18'],
    [3000, 24, '2 RAMB36'],
    [10000, 8, '5 RAMB18'],
  ])('%i constant words of %i bits take %s', (depth, width, expected) => {
    expect(fitted('block', depth, width, true)).toBe(expected);
  });

  test.each([
    [4096, 72, '1 URAM288'],
    [5000, 80, '3 URAM288'],
    [600, 48, '1 URAM288'],
  ])('%i words of %i bits take %s', (depth, width, expected) => {
    expect(fitted('ultra', depth, width)).toBe(expected);
  });

  test.each([
    [16, 8, '1 RAM32M16'],
    [64, 36, '6 RAM64M8'],
    [98, 48, '14 RAM64M8'],
    [256, 8, '8 RAM64M8'],
  ])('%i words of %i bits take %s', (depth, width, expected) => {
    expect(fitted('distributed', depth, width)).toBe(expected);
  });
});

describe('a bank in segments', () => {
  const primitives = memoryPrimitives(board('zcu102'));
  const cut = (depth: number, width: number) => {
    const fit = segmentedFit(primitives, depth, width);
    if (!fit?.segments) throw new Error('not cut');
    const { words, bits, rest, luts } = fit.segments;
    const apart = rest ? `${rest.count} ${rest.primitive.name}` : 'none';
    return `${fit.count} ${fit.primitive.name}, ${words} x ${bits}, apart ${apart}, ${luts} LUT`;
  };

  // What synth_xilinx of Yosys 0.55 makes of vt_ram with these segments.
  test.each([
    [2376, 72, '5 RAMB36, 512 x 72, apart none, 82 LUT'],
    [2376, 1024, '70 RAMB36, 512 x 1008, apart 3 RAMB18, 1034 LUT'],
    [3168, 256, '49 RAMB18, 512 x 252, apart 1 RAMB18, 266 LUT'],
  ])('%i words of %i bits take %s', (depth, width, expected) => {
    expect(cut(depth, width)).toBe(expected);
  });

  test('has room for every word, and no segment has more rows than one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 600, max: 20000 }),
        fc.integer({ min: 1, max: 600 }),
        (d, w) => {
          const fit = segmentedFit(primitives, d, w);
          if (!fit?.segments) return;
          const { words, bits, rest } = fit.segments;
          expect(fit.deep * words).toBeGreaterThanOrEqual(d);
          expect(fit.count * fit.primitive.bits).toBeGreaterThanOrEqual(d * bits);
          expect(bits === w).toBe(rest === null);
          if (rest) expect(rest.count * rest.primitive.bits).toBeGreaterThanOrEqual(d * (w - bits));
        },
      ),
      { numRuns: 200, seed: 5 },
    );
  });
});

const ofBoard = (target: Board, options: Parameters<typeof randomGraph>[0] = {}) => {
  const shape = { tokens: 2, inputs: 8, outputs: 8, vector: 4 };
  const { parameters } = planShape(check(randomGraph(options)), target, 100, shape);
  return memoryMap(parameters, target);
};
const named = (memories: readonly MappedMemory[], name: string) =>
  memories.find((memory) => memory.name === name) as MappedMemory;

describe('the map of an engine', () => {
  test('has room for every word, and adds up, on every board', () => {
    const boards = fc.constantFrom(...knownBoards().map(board));
    fc.assert(
      fc.property(graphs, shapes, boards, (options, shape, target) => {
        const { parameters } = planShape(check(randomGraph(options)), target, 100, shape);
        const { memories, ...sums } = memoryMap(parameters, target);
        for (const { name, bits, count, shape: primitive, used } of memories) {
          if (primitive === null) continue;
          const [words, width] = primitive;
          expect(count * words * width, name).toBeGreaterThanOrEqual(bits);
          expect(used, name).toBeLessThanOrEqual(1);
        }
        for (const what of ['lut', 'bram36', 'uram', 'bits'] as const) {
          expect(memories.reduce((sum, memory) => sum + memory[what], 0)).toBe(sums[what]);
        }
        expect(new Set(memories.map(({ name }) => name)).size).toBe(memories.length);
      }),
      { numRuns: 40, seed: 9 },
    );
  });

  const deep = { tokens: 200, width: 64, hidden: 512, heads: 2 };

  test('takes UltraRAM where it is filled well, and never for contents', () => {
    const { memories, uram, bram36 } = ofBoard(kv260, deep);
    const activations = named(memories, 'activations');
    expect(activations).toMatchObject({ primitive: 'URAM288', style: 'ultra' });
    expect(activations.used).toBeGreaterThan(0.25);
    expect(uram).toBeGreaterThan(0);
    expect(memories.filter((m) => m.constant && m.uram > 0)).toEqual([]);
    // The same on a board without it.
    const without = ofBoard(board('zcu102'), deep);
    expect(without.uram).toBe(0);
    expect(without.bram36).toBeGreaterThan(bram36);
  });

  test('takes UltraRAM when there is too little block RAM, and leaves some of it', () => {
    const options = { tokens: 60, width: 32, hidden: 32 };
    expect(ofBoard(kv260, options).uram).toBe(0);
    const resources = { ...kv260.resources, bram36: 3, uram: 12 };
    const { uram } = ofBoard({ ...kv260, resources }, options);
    expect(uram).toBeGreaterThan(0);
    expect(uram / resources.uram).toBeLessThanOrEqual(0.8);
  });

  test('tells AMD tools where the memories of the core lie, and leaves the rest to them', () => {
    const { memories } = ofBoard(kv260, deep);
    expect(named(memories, 'input').style).toBe('block');
    expect(named(memories, 'result').style).toBe('distributed');
    expect(named(memories, 'weights').style).toBe('auto');
    const { memories: ecp5 } = ofBoard(board('ulx3s-85f'), deep);
    expect(new Set(ecp5.map(({ style }) => style))).toEqual(new Set(['auto']));
    expect(named(ecp5, 'activations').primitive).toBe('DP16KD');
  });
});
