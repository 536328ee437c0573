import { KERNEL_BASE64 } from './kernel-bytes.ts';
import { isExact, PANEL_A, PANEL_B, type Packed, packedWords, packInto, pairsOf } from './pack.ts';

/**
 * A `[m, k]` times a packed B `[n, k]` transposed: `[m, n]`, or null when the operands are too
 * large for 16-bit factors or 32-bit sums.
 */
export type Multiply = (a: Int32Array, m: number, b: Packed) => Int32Array | null;

/** What is used of WebAssembly, which is not among the types of Node 20. */
interface WebAssemblyApi {
  readonly validate: (bytes: Uint8Array) => boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => void };
  readonly product: (
    a: number,
    b: number,
    c: number,
    panelsA: number,
    panelsB: number,
    pairs: number,
  ) => void;
}

const WORD = 4;
const PAGE = 2 ** 16;

/**
 * The kernel of product.wat, or null on a processor without 128-bit vectors. Its memory is scratch
 * space that grows to the largest product; nothing in it outlives a call.
 */
export function loadKernel(): Multiply | null {
  const { validate, Module, Instance } = (
    globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }
  ).WebAssembly;
  const bytes = Buffer.from(KERNEL_BASE64, 'base64');
  if (!validate(bytes)) return null;
  const { memory, product } = new Instance(new Module(bytes)).exports as Exports;
  let words = new Int32Array(memory.buffer);
  return (a, m, b) => {
    const { rows: n, k } = b;
    // The loops of the kernel run at least once.
    if (m * n * k === 0) return new Int32Array(m * n);
    const panelsA = Math.ceil(m / PANEL_A);
    const panelsB = Math.ceil(n / PANEL_B);
    const columns = panelsB * PANEL_B;
    // Memory: B, A, C. All three are multiples of 4 words long, and so aligned to 16 bytes.
    const atA = b.panels.length;
    const atC = atA + packedWords(m, k, PANEL_A);
    const end = atC + panelsA * PANEL_A * columns;
    if (end > words.length) {
      memory.grow(Math.ceil(((end - words.length) * WORD) / PAGE));
      words = new Int32Array(memory.buffer);
    }
    const magnitude = packInto(words.subarray(atA, atC), a, m, k, PANEL_A);
    if (!isExact(magnitude, b.magnitude, k)) return null;
    words.set(b.panels);
    product(atA * WORD, 0, atC * WORD, panelsA, panelsB, pairsOf(k));
    if (columns === n) return words.slice(atC, atC + m * n);
    const result = new Int32Array(m * n);
    for (let i = 0, from = atC; i < m; i++, from += columns) {
      result.set(words.subarray(from, from + n), i * n);
    }
    return result;
  };
}
