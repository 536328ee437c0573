import { inflateSync } from 'node:zlib';
import type { RawImage } from './image.ts';

const SIGNATURE = '89504e470d0a1a0a';
/** Samples of a pixel, by colour type: grey, RGB, palette, grey with alpha, RGB with alpha. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PALETTE = 3;
/** Nothing larger is an image for a ViT; it bounds what a damaged file can allocate. */
const MAX_SIDE = 8192;

/**
 * A PNG file (ISO/IEC 15948) of 8 bits a sample, not interlaced; alpha is dropped, a palette looked
 * up. Gives grey or RGB pixels without a label, or a sentence on why it cannot be read.
 */
export function decodePng(bytes: Uint8Array): Omit<RawImage, 'label'> | string {
  if (Buffer.from(bytes.subarray(0, 8)).toString('hex') !== SIGNATURE) return 'is no PNG file';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  let header: Uint8Array = new Uint8Array();
  let palette: Uint8Array = new Uint8Array();
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (content.length < length) return 'is cut off';
    if (type === 'IHDR') header = content;
    if (type === 'PLTE') palette = content;
    if (type === 'IDAT') data.push(content);
    at += 12 + length;
  }
  if (header.length < 13) return 'has no header';
  const size = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [size.getUint32(0), size.getUint32(4)];
  const [depth, colour, , , interlace] = header.subarray(8);
  const samples = SAMPLES[colour ?? -1];
  if (depth !== 8 || samples === undefined || interlace !== 0) {
    return `has ${depth} bits a sample, colour type ${colour}${interlace ? ', interlaced' : ''}; 8 bits, not interlaced, are read`;
  }
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) {
    return `claims ${width} x ${height} pixels`;
  }
  const raw = inflated(data, height * (width * samples + 1));
  if (!raw) return 'is damaged';
  const lines = unfiltered(raw, width * samples, height, samples);
  if (!lines) return 'has an unknown filter';
  const channels = colour === PALETTE || samples > 2 ? 3 : 1;
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) {
      const sample = lines[i * samples + (colour === PALETTE ? 0 : c)] as number;
      pixels[i * channels + c] = colour === PALETTE ? (palette[3 * sample + c] ?? 0) : sample;
    }
  }
  return { height, width, channels, pixels };
}

function inflated(parts: readonly Uint8Array[], length: number): Uint8Array | null {
  try {
    const raw = inflateSync(Buffer.concat(parts), { maxOutputLength: length });
    return raw.length === length ? raw : null;
  } catch {
    return null;
  }
}

/** Undoes the filter of every line: each byte was stored as the difference to a prediction. */
function unfiltered(raw: Uint8Array, line: number, height: number, samples: number) {
  const out = new Uint8Array(line * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)] as number;
    if (filter > 4) return null;
    for (let x = 0; x < line; x++) {
      const left = x >= samples ? (out[y * line + x - samples] as number) : 0;
      const up = y > 0 ? (out[(y - 1) * line + x] as number) : 0;
      const corner = y > 0 && x >= samples ? (out[(y - 1) * line + x - samples] as number) : 0;
      const predicted = [0, left, up, Math.floor((left + up) / 2), paeth(left, up, corner)];
      const stored = raw[y * (line + 1) + 1 + x] as number;
      out[y * line + x] = (stored + (predicted[filter] as number)) % 256;
    }
  }
  return out;
}

/** Of left, up and corner the nearest to `left + up - corner`, in this order. */
function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
