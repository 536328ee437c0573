import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorsTensors } from '../../examples/deit-tiny-w3a3/authors-tensors.ts';
import { openFolder } from '../../examples/deit-tiny-w3a3/source.ts';
import { check } from '../../src/check/index.ts';
import { encodeImage, goldenResult, prepareGolden } from '../../src/golden/index.ts';
import { importManifest } from '../../src/import/index.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const data = join(root, '../shared/data/deit-tiny-w3a3');
const present = existsSync(data);
if (!present) {
  console.warn('SKIPPED: no ../shared/data/deit-tiny-w3a3, so DeiT-tiny is not compared');
}

/** Tensors, and as many photographs as an always-run test has time for; compare.ts runs them all. */
const PHOTOGRAPHS = 1;

describe.skipIf(!present)('DeiT-tiny of 3 bits', () => {
  let out = '';
  let graph: IntegerGraph;
  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'vitrum-deit-'));
    const convert = join(root, 'examples/deit-tiny-w3a3/convert.ts');
    execFileSync(process.execPath, ['--import', 'tsx', convert, data, out], { cwd: root });
    graph = importManifest({ file: 'manifest.json' }, 'deit_tiny', out);
  }, 60_000);
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  /** How many elements differ. */
  function differences(ours: ArrayLike<number> = [], theirs: ArrayLike<number>): number {
    let count = Math.abs(ours.length - theirs.length);
    for (let i = 0; i < Math.min(ours.length, theirs.length); i++) {
      if (ours[i] !== theirs[i]) count++;
    }
    return count;
  }

  it('has proven widths, none of which needs a multiplier before a table', () => {
    const { widths } = check(graph);
    expect(widths.size).toBe(135);
    const matrices = [...widths.values()].filter((w) => w.kind === 'matrix');
    expect(new Set(matrices.map((w) => w.multiplierBits))).toEqual(new Set([0]));
    expect(Math.max(...matrices.map((w) => w.accumulatorBits))).toBe(25);
  });

  it('equals the tensors that the authors published for their image', () => {
    const source = openFolder(data);
    const tensors = prepareGolden(graph)(Int32Array.from(source.golden('patch_embed_input').data));
    const found = authorsTensors().map(([ours, theirs]) => ({
      tensor: ours,
      differ: differences(tensors.get(ours), source.golden(theirs).data),
    }));
    expect(found.length).toBe(50);
    expect(found.filter(({ differ }) => differ > 0)).toEqual([]);
  }, 60_000);

  it('makes the tokens of all photographs from their pixels', () => {
    const source = openFolder(data);
    const [rgb, tokens] = [source.images('rgb').data, source.images('tokens').data];
    const size = tokens.length / 17;
    for (let i = 0; i < 17; i++) {
      const codes = encodeImage(
        graph.input,
        Uint8Array.from(rgb.subarray(i * size, (i + 1) * size)),
      );
      expect(differences(codes, tokens.subarray(i * size, (i + 1) * size)), `image ${i}`).toBe(0);
    }
  });

  it('equals the logits of photographs', () => {
    const source = openFolder(data);
    const [tokens, logits] = [source.images('tokens').data, source.images('logits').data];
    const [inputs, classes] = [tokens.length / 17, logits.length / 17];
    const golden = prepareGolden(graph);
    for (let i = 0; i < PHOTOGRAPHS; i++) {
      const codes = Int32Array.from(tokens.subarray(i * inputs, (i + 1) * inputs));
      const own = goldenResult(graph, golden(codes));
      expect(differences(own, logits.subarray(i * classes, (i + 1) * classes))).toBe(0);
    }
  }, 60_000);
});
