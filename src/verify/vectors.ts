import type { Manifest } from '../emit/manifest.ts';
import type { GoldenTensors } from '../golden/index.ts';
import type { OperationLayout } from './layout.ts';

/** One image as the bench needs it. */
export interface FrameVectors {
  /** Bytes on `s_axis`, `[words, lanes]`. */
  readonly input: Uint8Array;
  /** Values of every operation in the order of its tap, then the results. */
  readonly expected: Int32Array;
}

const PADDING = 0x5a;

/** The beats of a frame: each patch in whole words, its codes as two's-complement bytes, padded. */
export function inputBeats(codes: Int32Array, input: Manifest['input']): Uint8Array {
  const { words, wordsPerPatch, lanes } = input;
  const patches = words / wordsPerPatch;
  const patchSize = codes.length / patches;
  if (!Number.isInteger(patches) || !Number.isInteger(patchSize) || input.laneBits !== 8) {
    throw new Error(`${codes.length} codes do not fill ${words} words of ${lanes} lanes`);
  }
  // The design must not look at the padding, so it is not zero.
  const beats = new Uint8Array(words * lanes).fill(PADDING);
  for (let patch = 0; patch < patches; patch++) {
    for (let i = 0; i < patchSize; i++) {
      beats[patch * wordsPerPatch * lanes + i] = (codes[patch * patchSize + i] ?? 0) & 0xff;
    }
  }
  return beats;
}

/** What the taps and `m_axis` have to show for one image. */
export function expectedValues(
  layouts: readonly OperationLayout[],
  tensors: GoldenTensors,
  result: Manifest['result'],
): Int32Array {
  const results = codesOf(tensors, result.tensor);
  if (results.length !== result.classes) {
    throw new Error(`${result.tensor} has ${results.length} codes, not ${result.classes}`);
  }
  const count = layouts.reduce((sum, { elements }) => sum + elements.length, 0);
  const expected = new Int32Array(count + result.classes);
  let at = 0;
  for (const { tensor, elements } of layouts) {
    const codes = codesOf(tensors, tensor.name);
    for (const element of elements) expected[at++] = codes[element] ?? 0;
  }
  expected.set(results, at);
  return expected;
}

function codesOf(tensors: GoldenTensors, name: string): Int32Array {
  const codes = tensors.get(name);
  if (!codes) throw new Error(`the golden model gives no tensor ${name}`);
  return codes;
}
