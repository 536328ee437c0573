import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import type { Design } from '../../src/dsl/design.ts';
import { graphSource } from '../../src/explore/graphs/prepare.ts';
import { bitsOfDesign } from '../../src/explore/plan-file/index.ts';
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
