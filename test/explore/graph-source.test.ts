import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { loadBoard } from '../../src/boards/index.ts';
import type { Design } from '../../src/dsl/design.ts';
import { rowsInTile } from '../../src/explore/evaluate/row-share.ts';
import { graphSource } from '../../src/explore/graphs/prepare.ts';
import { prepareShares } from '../../src/explore/graphs/shares.ts';
import { bitsOfDesign } from '../../src/explore/plan-file/index.ts';
import type { RowKind } from '../../src/explore/row-kinds.ts';
import { bitsName } from '../../src/explore/space.ts';
import { legalMultipliers, planShape } from '../../src/plan/index.ts';
import { designOf } from './graphs.ts';

const nothing = { read: () => undefined, write: () => {} };
const folder = mkdtempSync(join(tmpdir(), 'vitrum-graphs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('calibrates once for all that is asked for', { timeout: 60_000 }, () => {
  const random = createRandom(3);
  const images = join(folder, 'images');
  mkdirSync(images);
  for (let n = 0; n < 4; n++) {
    const data = Uint8Array.from({ length: 16 * 16 * 3 }, () => random.nextInt(0, 255));
    writeFileSync(join(images, `${n}.png`), encode({ width: 16, height: 16, channels: 3, data }));
  }
  const design: Design = {
    ...designOf('shallow'),
    calibration: { kind: 'folder', path: './images', count: 2 },
  };
  const bits = bitsOfDesign(design);
  if (!bits) throw new Error('no bits');
  const source = graphSource(design, folder, nothing);
  expect(source.prepare([bits]).graphs.length).toBe(1);
  // What is read again now would not be found.
  rmSync(images, { recursive: true });
  const [other] = source.prepare([{ ...bits, weights: 8, activations: 8 }]).graphs;
  expect(other?.bits?.weights).toBe(8);
  expect(graphSource(design, folder, nothing).prepare([bits]).graphs).toEqual([]);
});

it('plans rows of another kind by their share as they are planned in the end', () => {
  const design = designOf('shallow', 8, 8);
  const own = bitsOfDesign(design);
  if (!own) throw new Error('no bits');
  const source = graphSource(design, folder, nothing);
  const kinds: readonly RowKind[] = [
    { kind: 'fixed', bits: 4 },
    { kind: 'powerOfTwo', bits: 4 },
    { kind: 'sumOfTwo', bits: 4 },
  ];
  const shares = kinds.map((kind) => ({ ...own, rows: { ...kind, outputs: 1, of: 2 } }));
  const { graphs } = prepareShares(source, [own, ...shares]);
  expect(graphs.map(({ bits }) => bitsName(bits))).toEqual([
    ...['W8A8', 'W8A8(1/2 F4)', 'W8A8(1/2 P4)', 'W8A8(1/2 S4)'],
  ]);
  const board = loadBoard('zcu104', '.');
  const tile = { tokens: 2, inputs: 8, outputs: 8, vector: 4 };
  for (const { bits, checked } of graphs.slice(1)) {
    const rows = bits?.rows && { ...bits.rows, outputs: 4, of: 8 };
    const [exact] = bits && rows ? source.prepare([{ ...bits, rows }]).graphs : [];
    const shared = rowsInTile(checked, 8);
    if (!exact || !shared) throw new Error('no graph');
    expect(shared.graph.rows).toEqual(exact.checked.graph.rows);
    const asked = { lutOutputs: 4, lutOperands: 'weights' } as const;
    const planned = [shared, exact.checked].map((one) => {
      const multipliers = legalMultipliers(one.graph, tile, board, asked).at(-1);
      return planShape(one, board, 100, { ...tile, multipliers });
    });
    expect(planned[0]?.shape).toEqual(planned[1]?.shape);
    expect(planned[0]?.cycles).toEqual(planned[1]?.cycles);
    const [share, own] = planned.map(({ estimate }) => estimate);
    expect([share?.dsp, share?.bram36]).toEqual([own?.dsp, own?.bram36]);
    // Shifts of the epilogue that differ, and widths of biases: hundreds of LUTs, of any engine.
    expect(Math.abs((share?.lut ?? 0) - (own?.lut ?? 0))).toBeLessThan(800);
  }
});
