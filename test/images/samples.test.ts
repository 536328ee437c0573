import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type IntegerArray, writeNpz } from '../../src/arrays/index.ts';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import type { ArrayPart } from '../../src/dsl/design.ts';
import { encodeImage } from '../../src/golden/index.ts';
import { decodeFrame, loadSamples, packSamples, readSamples } from '../../src/images/index.ts';
import { type GraphInput, uniform } from '../../src/ir/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrum-samples-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Images of 2 x 4 pixels of 3 channels, two patches. */
const input: GraphInput = {
  tensor: { name: 'input', shape: [2, 12], format: uniform(8), scale: 1 / 60 },
  image: { height: 2, width: 4, channels: 3 },
  patch: 2,
  mean: [0.5, 0.4, 0.3],
  std: [0.25, 0.25, 0.5],
};
const pixels = Uint8Array.from({ length: 2 * 24 }, (_, i) => (37 * i) % 256);
const codes = Int8Array.from({ length: 3 * 24 }, (_, i) => ((91 * i) % 256) - 128);

const arrays: Record<string, IntegerArray> = {
  rgb: { shape: [2, 2, 4, 3], data: pixels },
  label: { shape: [2], data: Int32Array.of(7, -1) },
  codes: { shape: [3, 2, 12], data: codes },
  one: { shape: [2, 12], data: codes.slice(0, 24) },
  none: { shape: [0, 2, 12], data: Int8Array.of() },
  large: { shape: [2, 12], data: new Int16Array(24).fill(128) },
};
writeFileSync(join(folder, 's.npz'), writeNpz(new Map(Object.entries(arrays))));
writeFileSync(join(folder, 'bad.npz'), 'no archive');

const load = (...parts: Omit<ArrayPart, 'file'>[]) =>
  loadSamples(
    { kind: 'arrays', parts: parts.map((p) => ({ file: 's.npz', ...p })) },
    input,
    folder,
  );

function faultOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DiagnosticsError) return error.message;
    throw error;
  }
  return '';
}

describe('sample frames from arrays', () => {
  it('encodes pixels, takes codes as they are, and keeps the order of parts', () => {
    const frames = load({ codes: 'one' }, { pixels: 'rgb', labels: 'label' }, { codes: 'codes' });
    expect(frames.map((f) => f.label)).toEqual([undefined, 7, ...Array(4).fill(undefined)]);
    expect(frames[0]?.codes).toEqual(Int32Array.from(codes.slice(0, 24)));
    expect(frames[2]?.codes).toEqual(encodeImage(input, pixels.slice(24)));
    expect(frames[5]?.codes).toEqual(Int32Array.from(codes.slice(48)));
  });

  it('reads what it packed, the same bytes each time', () => {
    const frames = load({ pixels: 'rgb', labels: 'label' }, { codes: 'codes' });
    const packed = packSamples(frames, input);
    expect(packSamples(frames, input)).toEqual(packed);
    const images = readSamples(packed, input, 4);
    expect(images.map(({ codes, label }) => ({ codes, label }))).toEqual(frames.slice(0, 4));
    expect(faultOf(() => readSamples(packed, input, 6))).toMatch(/VT221 .*6 images .* has 5/);
    expect(faultOf(() => readSamples(packed.slice(9), input, 1))).toMatch(/VT225/);
  });

  it('shows pixels as near as the codes tell', () => {
    const original = pixels.slice(0, 24);
    const shown = decodeFrame(input, encodeImage(input, original));
    // A step of the input is 255 * 0.5 / 60 bytes at most, where no code saturated.
    const near = [...shown].filter((p, i) => Math.abs(p - (original[i] as number)) <= 2).length;
    expect(near).toBeGreaterThan(20);
  });

  it.each([
    ['a missing file', { file: 'no.npz', codes: 'codes' }, "'no.npz' does not exist"],
    ['a damaged file', { file: 'bad.npz', codes: 'codes' }, "'bad.npz' is no .npz archive"],
    ['a missing array', { codes: 'tokens' }, "'tokens' of 's.npz' is not in the archive"],
    ['another shape', { pixels: 'codes' }, 'shape [3, 2, 12], not [images, 2, 4, 3]'],
    ['no image', { codes: 'none' }, 'shape [0, 2, 12]'],
    ['codes out of range', { codes: 'large' }, 'element 128, which is not in -128 .. 127'],
    ['labels of another number', { codes: 'codes', labels: 'label' }, '2 labels for 3 images'],
    ['missing labels', { codes: 'one', labels: 'class' }, "'class' of 's.npz' is not in"],
  ])('refuses %s', (_, part, message) => {
    expect(faultOf(() => load(part))).toContain('VT225');
    expect(faultOf(() => load(part))).toContain(message);
  });

  it('says the faults of all parts', () => {
    expect(faultOf(() => load({ codes: 'x' }, { pixels: 'y' })).split('\n')).toHaveLength(2);
  });
});
