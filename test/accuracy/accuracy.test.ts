import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { histogramSvg } from '../../src/accuracy/histogram-svg.ts';
import { measureAccuracy, openStore, type Store } from '../../src/accuracy/index.ts';
import { pictures } from '../../src/accuracy/pictures.ts';
import { agreementOf, scoreOf } from '../../src/accuracy/scores.ts';
import { worstLayer } from '../../src/accuracy/signal-to-noise.ts';
import { presets } from '../../src/dsl/presets.ts';
import { argMax } from '../../src/golden/index.ts';
import { loadLabelled } from '../../src/images/index.ts';
import { randomParameters } from '../../src/import/index.ts';
import { createObservations, runFloatModel } from '../../src/quantize/index.ts';
import { keyOf } from '../../src/tools/store.ts';
import { smallModel } from '../quantize/models.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrum-accuracy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('scores', () => {
  const logits = [
    [1, 5, 2, 0, 0, 0, 0],
    [3, 3, 1, 0, 0, 0, 0],
    [9, 8, 7, 6, 5, 4, 3],
  ];

  it('count first and first five, of equal logits the first', () => {
    expect(scoreOf(logits, [1, 0, 0])).toEqual({ top1: 1, top5: 1 });
    expect(scoreOf(logits, [1, 1, 4])).toEqual({ top1: 1 / 3, top5: 1 });
    expect(scoreOf(logits, [2, 0, 5])).toEqual({ top1: 1 / 3, top5: 2 / 3 });
  });

  it('leave out images without a class', () => {
    expect(scoreOf(logits, [undefined, 0, 4])).toEqual({ top1: 0.5, top5: 1 });
    expect(scoreOf(logits, [undefined, undefined, undefined])).toEqual({ top1: null, top5: null });
  });

  it('agree where the first class is the same', () => {
    expect(
      agreementOf(logits, [
        [0, 1],
        [0, 1],
        [1, 0],
      ]),
    ).toBeCloseTo(2 / 3);
  });

  it('name the worst layer', () => {
    const layers = [
      { layer: 'a', decibels: 20 },
      { layer: 'b', decibels: null },
      { layer: 'c', decibels: 3.5 },
    ];
    expect(worstLayer(layers)?.layer).toBe('c');
    expect(worstLayer([])).toBeUndefined();
  });
});

describe('keys', () => {
  it('differ for what differs, in value, type or order', () => {
    const values = [
      1,
      '1',
      [1],
      [1, 2],
      [2, 1],
      { a: 1 },
      { b: 1 },
      new Map([['a', 1]]),
      Float32Array.of(1),
      Float32Array.of(2),
      null,
      undefined,
      [[1], 2],
      [[1, 2]],
    ];
    expect(new Set(values.map((value) => keyOf(value))).size).toBe(values.length);
    expect(keyOf({ a: 1, b: undefined })).toBe(keyOf({ a: 1 }));
  });
});

describe('the store', () => {
  it('keeps values, and takes a damaged file for none', () => {
    const store = openStore(join(folder, 'store'));
    expect(store.read('k')).toBeUndefined();
    store.write('k', [[1, 2]]);
    expect(store.read('k')).toEqual([[1, 2]]);
    writeFileSync(join(folder, 'store', 'k.json'), '[[1,');
    expect(store.read('k')).toBeUndefined();
    expect(readdirSync(join(folder, 'store'))).toEqual(['k.json']);
  });
});

describe('measureAccuracy', () => {
  const model = smallModel({ depth: 1 });
  const parameters = randomParameters(model, 3);
  const noise = (count: number, seed: number) =>
    loadLabelled({ kind: 'random', count, seed }, model);
  const classOf = (pixels: Uint8Array) => argMax(runFloatModel(model, parameters, pixels));
  const images = noise(230, 8).map(({ pixels }) => ({ pixels, label: classOf(pixels) }));
  const request = {
    observations: createObservations(
      model,
      parameters,
      noise(6, 9).map(({ pixels }) => pixels),
    ),
    images,
    candidates: [
      { name: 'plain', settings: { weights: 8, activations: 8, residual: 16 } },
      {
        name: 'crude',
        settings: { weights: 2, activations: 2, residual: 8, method: presets.mse.method },
      },
    ],
  };

  it('finds float right by its own classes, and fewer bits worse', async () => {
    const found = await measureAccuracy(request, {
      store: openStore(join(folder, 'a')),
      workers: 1,
    });
    expect(found).toMatchObject({ images: 230, labelled: 230, float: { top1: 1, top5: 1 } });
    const [plain, crude] = found.methods;
    expect(plain?.bits).toBe('W8A8');
    expect(plain?.agreement).toBe(plain?.top1);
    expect(plain?.top1).toBeGreaterThan(0.9);
    expect(crude?.top1).toBeLessThan(plain?.top1 ?? 0);
    expect(plain?.layers.map(({ layer }) => layer)).toContain('block0.attention.probabilities');
    expect(crude?.worst?.decibels).toBeLessThan(plain?.worst?.decibels ?? 0);
  });

  it('gives the same in worker threads, and from the store what it has', async () => {
    const path = join(folder, 'a');
    const alone = await measureAccuracy(request, { store: openStore(path), workers: 1 });
    const threads = await measureAccuracy(request, {
      store: openStore(join(folder, 'b')),
      workers: 2,
    });
    expect(threads).toEqual(alone);
    const names = readdirSync(path);
    const full = openStore(path);
    const reading: Store = {
      read: full.read,
      write: () => expect.unreachable('nothing is left to compute'),
    };
    expect(await measureAccuracy(request, { store: reading, workers: 1 })).toEqual(alone);
    expect(readdirSync(path)).toEqual(names);
  }, 60_000);

  it('draws what is behind softmax, GELU and LayerNorm', () => {
    const drawn = pictures(request.observations);
    expect(drawn.map(({ name }) => name)).toEqual(['softmax.svg', 'gelu.svg', 'layernorm.svg']);
    for (const { svg } of drawn) {
      expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(svg.match(/<g /g)?.length).toBe(svg.match(/<\/g>/g)?.length);
    }
  });

  it('draws a tensor of one value, and names with signs of XML', () => {
    const svg = histogramSvg('a < b', [{ name: 'x & y', min: 0, max: 0, counts: [0, 3] }]);
    expect(svg).toContain('a &lt; b');
    expect(svg).toContain('x &amp; y');
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});
