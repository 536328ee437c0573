import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, ManifestOperation } from '../emit/manifest.ts';
import { DEFAULT_LATENCY } from '../plan/index.ts';
import type { FrameVectors } from './vectors.ts';

/** The units by the number that the bench calls them. */
export const unitNumbers: Readonly<Record<ManifestOperation['unit'], number>> = {
  matmul: 0,
  layerNorm: 1,
  softmax: 2,
  meanPool: 3,
};

/** Where the bench's memory holds the weights: an address of more than 32 bits. */
const WEIGHTS_BASE = 0x5a_1234_5000;

/** What a run does; see testbench/plan.h. */
export interface RunSettings {
  /** Frame f carries image f modulo the number of images. */
  readonly frames: number;
  readonly seed: number;
  readonly stalls: boolean;
  /** A reset comes so many cycles after the first one, in the middle of a frame. */
  readonly reset: { readonly at: number; readonly cycles: number };
  readonly trace?: TraceWindow | undefined;
  /** How external memory is unlike the one that the planner counts on. */
  readonly memory?: MemorySettings | undefined;
}

export interface MemorySettings {
  /** As `stalls` of the run unless given. */
  readonly stalls?: boolean | undefined;
  /** Cycles from a request to its first beat. */
  readonly latency?: number | undefined;
  /** Bytes by which the address that the design is told is wrong. */
  readonly wrongBy?: number | undefined;
  /**
   * What one beat of the run, counted from 0, is answered with: SLVERR, or nothing, it and all
   * after it.
   */
  readonly fault?: { readonly beat: number; readonly answer: 'slverr' | 'silence' } | undefined;
}

/** By their numbers in testbench/axi_memory.h. */
const ANSWERS = { slverr: 2, silence: 4 } as const;

/** A waveform. Zero means no limit for `to` and `frames`. */
export interface TraceWindow {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly frames: number;
}

/** Longest pause of a stalled stream: more than a frame, and far below the limit of the watchdog. */
function longestPause({ cyclesPerFrame }: Manifest['predicted']): number {
  return Math.min(100_000, Math.ceil(1.5 * cyclesPerFrame));
}

/** Writes the vectors of all images; the plans of several runs name the same files. */
export function writeVectors(folder: string, images: readonly FrameVectors[]): void {
  writeFileSync(join(folder, 'input.bin'), Buffer.concat(images.map((image) => image.input)));
  const expected = images.map(({ expected: e }) => littleEndian(e));
  writeFileSync(join(folder, 'expected.bin'), Buffer.concat(expected));
}

function littleEndian(values: Int32Array): Buffer {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  // The host that makes the files runs the bench, but the format should not depend on the host.
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? bytes : Buffer.from(bytes).swap32();
}

/** The text of a plan for the vectors in `folder`. */
export function planText(
  manifest: Manifest,
  images: number,
  folder: string,
  { frames, seed, stalls, reset, trace, memory }: RunSettings,
): string {
  const { input, result, predicted } = manifest;
  const pause = longestPause(predicted);
  // Nothing in a frame takes longer than the frame, however the streams are stalled.
  const idle = 4 * predicted.latencyCycles + 2 * pause + 10_000;
  const lines = [
    ['frames', frames, images],
    ['words', input.words, input.lanes],
    ['classes', result.classes],
    ['seed', seed],
    ['stalls', Number(stalls), pause],
    ['reset', reset.at, reset.cycles],
    ['idle', idle],
    ['input', join(folder, 'input.bin')],
    ['expected', join(folder, 'expected.bin')],
    ...taps(manifest),
    ...manifest.operations.map((o) => [
      'operation',
      unitNumbers[o.unit],
      o.index,
      o.rows,
      o.columns,
      o.lanes ?? manifest.taps[o.unit]?.lanes ?? 0,
    ]),
  ];
  const { weights } = manifest;
  if (weights) {
    const latency = memory?.latency ?? DEFAULT_LATENCY;
    lines.push(['weights', weights.axiBits / 8, WEIGHTS_BASE, latency, weights.path]);
    const { parameters } = weights;
    if (parameters) {
      lines.push(['parameters', parameters.axiBits / 8, parameters.offset, parameters.bytes]);
    }
    if (memory) lines.push(memoryLine(memory, stalls));
  }
  if (trace) lines.push(['trace', trace.from, trace.to, trace.frames, trace.path]);
  return `${lines.map((line) => line.join(' ')).join('\n')}\n`;
}

function memoryLine(
  { stalls, wrongBy = 0, fault }: MemorySettings,
  streamsStall: boolean,
): (string | number)[] {
  const { beat, answer } = fault ?? { beat: Number.MAX_SAFE_INTEGER, answer: 'slverr' };
  return ['memory', Number(stalls ?? streamsStall), wrongBy, beat, ANSWERS[answer]];
}

function taps(manifest: Manifest): (string | number)[][] {
  return Object.entries(manifest.taps).flatMap(([unit, tap]) =>
    tap === null
      ? []
      : [
          [
            'tap',
            unitNumbers[unit as ManifestOperation['unit']],
            tap.tokens,
            tap.lanes,
            tap.bits,
            Number(tap.signed),
            Number(tap.order === 'rows'),
          ],
        ],
  );
}
