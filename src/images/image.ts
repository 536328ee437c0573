import { throwIfAny } from '../diagnostics/index.ts';
import type { Model } from '../model/index.ts';

/** An image as its source holds it. */
export interface RawImage {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Row-major `[row][column][channel]`, 0..255. */
  readonly pixels: Uint8Array;
  /** Class, or undefined where the source knows none. */
  readonly label: number | undefined;
  /**
   * Codes of the graph's input, where the source holds these; the pixels are then no more than a
   * picture of them.
   */
  readonly codes?: Int32Array | undefined;
}

/** An image of the model's size. */
export interface LabelledImage {
  /** Row-major `[row][column][channel]`, 0..255. */
  readonly pixels: Uint8Array;
  readonly label: number | undefined;
}

/** Throws `DiagnosticsError` (VT220), one fault per size that is not the model's. */
export function toModelImages(
  images: readonly RawImage[],
  model: Model,
  subject: string,
): LabelledImage[] {
  const wanted = sizeName(model.image);
  const wrong = new Set(images.map(sizeName).filter((size) => size !== wanted));
  throwIfAny(
    [...wrong].map((size) => ({
      code: 'VT220' as const,
      message: `images of ${size} do not fit the model ${model.name}, which takes ${wanted}.`,
      subject,
      hint: `Use images of ${wanted} (height x width x channels), or change the model's image.`,
    })),
  );
  return images.map(({ pixels, label }) => ({ pixels, label }));
}

function sizeName(size: { height: number; width: number; channels: number }): string {
  return `${size.height}x${size.width}x${size.channels}`;
}
