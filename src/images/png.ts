import { convertIndexedToRgb, decode, hasPngSignature } from 'fast-png';
import type { RawImage } from './image.ts';

/** Nothing larger is an image for a ViT; it bounds what a damaged file can allocate. */
const MAX_SIDE = 8192;

/**
 * A PNG file (ISO/IEC 15948) of 8 bits a sample or of a palette; alpha is dropped, a palette looked
 * up. Gives grey or RGB pixels without a label, or a sentence on why it cannot be read.
 */
export function decodePng(bytes: Uint8Array): Omit<RawImage, 'label'> | string {
  if (!hasPngSignature(bytes)) return 'is no PNG file';
  const claimed = sizeOf(bytes);
  if (!claimed) return 'has no header';
  const { width, height } = claimed;
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) {
    return `claims ${width} x ${height} pixels`;
  }
  try {
    return pixelsOf(bytes);
  } catch (error) {
    return `is damaged: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Before anything is allocated: the header is the first chunk, behind signature, length and name. */
function sizeOf(bytes: Uint8Array) {
  if (bytes.length < 33) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function pixelsOf(bytes: Uint8Array): Omit<RawImage, 'label'> | string {
  const image = decode(bytes, { checkCrc: true });
  const { width, height, depth, palette } = image;
  if (depth !== 8 && !palette) return `has ${depth} bits a sample; 8 are read`;
  const data = palette ? convertIndexedToRgb(image) : image.data;
  const samples = data.length / (width * height);
  const channels = samples > 2 ? 3 : 1;
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) {
      pixels[i * channels + c] = data[i * samples + c] as number;
    }
  }
  return { height, width, channels, pixels };
}
