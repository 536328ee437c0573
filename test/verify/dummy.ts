import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Manifest, ManifestOperation } from '../../src/emit/manifest.ts';
import type { TensorType } from '../../src/ir/index.ts';
import { uniform } from '../../src/ir/index.ts';
import type { Subject } from '../../src/verify/check-design.ts';
import type { OperationLayout } from '../../src/verify/layout.ts';
import type { FrameVectors } from '../../src/verify/vectors.ts';

/** What dummy.v does wrong when mem/fault.mem holds the number. */
export const faults = {
  none: 0,
  thirdFrameMissing: 1,
  secondFrameNotTaken: 2,
  earlyLast: 3,
  withdrawsValid: 4,
  matmulTapSilent: 5,
  sumKeptOverReset: 6,
  framesNotCounted: 7,
  uninitializedBit: 9,
} as const;

export const WORDS = 8;
const LANES = 3;
export const CLASSES = 4;
/** 8 input beats, 29 words of results, 4 results. */
export const CYCLES = 41;

interface Shape {
  readonly unit: ManifestOperation['unit'];
  readonly index: number;
  readonly state: number;
  readonly rows: number;
  readonly columns: number;
  readonly lanes: number;
  readonly bits: number;
  readonly signed: boolean;
  readonly order: 'tiles' | 'rows';
}

/** The operations of dummy.v, in the order in which it runs them. */
const shapes: readonly Shape[] = [
  {
    unit: 'matmul',
    index: 0,
    state: 1,
    rows: 3,
    columns: 5,
    lanes: 2,
    bits: 12,
    signed: true,
    order: 'tiles',
  },
  {
    unit: 'matmul',
    index: 1,
    state: 2,
    rows: 2,
    columns: 3,
    lanes: 2,
    bits: 12,
    signed: true,
    order: 'tiles',
  },
  {
    unit: 'layerNorm',
    index: 0,
    state: 3,
    rows: 3,
    columns: 7,
    lanes: 5,
    bits: 9,
    signed: true,
    order: 'rows',
  },
  {
    unit: 'softmax',
    index: 0,
    state: 4,
    rows: 2,
    columns: 2,
    lanes: 1,
    bits: 8,
    signed: false,
    order: 'rows',
  },
  {
    unit: 'softmax',
    index: 1,
    state: 5,
    rows: 2,
    columns: 2,
    lanes: 1,
    bits: 8,
    signed: false,
    order: 'rows',
  },
  {
    unit: 'meanPool',
    index: 0,
    state: 6,
    rows: 1,
    columns: 10,
    lanes: 7,
    bits: 13,
    signed: true,
    order: 'rows',
  },
];

function operation({ unit, index, rows, columns }: Shape): ManifestOperation {
  return {
    ...{ unit, index, rows, columns, place: null },
    name: `${unit}${index}.operation`,
    tensor: unit === 'softmax' ? 'softmax' : `${unit}${index}`,
    head: unit === 'softmax' ? index : null,
    rowOffset: 0,
    columnOffset: 0,
  };
}

export function dummyManifest(): Manifest {
  const tap = ({ lanes, bits, signed, order }: Shape) => ({
    tokens: 1,
    lanes,
    bits,
    signed,
    order,
  });
  const [matmul, , layerNorm, softmax, , meanPool] = shapes as [
    Shape,
    Shape,
    Shape,
    Shape,
    Shape,
    Shape,
  ];
  return {
    ...{
      vitrum: '0',
      design: 'dummy',
      top: 'dum__my_top',
      hash: 'c0ffee01',
      board: '',
      family: 'ecp5',
    },
    clockMHz: 100,
    tile: { tokens: 1, inputs: LANES, outputs: 2, vector: 2 },
    predicted: {
      ...{ cyclesPerFrame: CYCLES, latencyCycles: CYCLES, utilization: 0, products: 123 },
      ...{ framesPerSecond: 0, lut: 0, ff: 0, dsp: 0, bram36: 0, uram: 0 },
    },
    memories: [],
    losses: {
      ...{ perFrame: CYCLES, useful: CYCLES, lost: {} },
      ...{ layers: [], operations: [] },
    },
    input: { words: WORDS, wordsPerPatch: 2, lanes: LANES, laneBits: 8 },
    weights: null,
    result: { classes: CLASSES, tensor: 'result' },
    taps: {
      matmul: tap(matmul),
      layerNorm: tap(layerNorm),
      softmax: tap(softmax),
      meanPool: tap(meanPool),
    },
    operations: shapes.map(operation),
    images: { kind: 'random', seed: 1 },
    files: {
      verilog: ['dummy.v'],
      models: [],
      memory: ['mem/fault.mem'],
      constraints: [],
      graph: 'graph.json',
    },
  };
}

function layout(shape: Shape): OperationLayout {
  const { rows, columns, lanes, order } = shape;
  const op = operation(shape);
  const format = uniform(shape.bits, shape.signed);
  const plain = [rows, columns];
  const tensor: TensorType = {
    ...{ name: op.tensor, format, scale: 1 },
    shape: op.head === null ? plain : [2, ...plain],
  };
  const places: [number, number][] = [];
  const groups = Math.ceil(columns / lanes);
  const word = (row: number, group: number) => {
    for (let c = group * lanes; c < Math.min(columns, (group + 1) * lanes); c++)
      places.push([row, c]);
  };
  if (order === 'tiles') {
    for (let g = 0; g < groups; g++) for (let r = 0; r < rows; r++) word(r, g);
  } else {
    for (let r = 0; r < rows; r++) for (let g = 0; g < groups; g++) word(r, g);
  }
  const element = ([r, c]: [number, number]) => (op.head ?? 0) * rows * columns + r * columns + c;
  return { operation: op, tensor, elements: Int32Array.from(places, element) };
}

/** Input bytes that differ from image to image, and what dummy.v makes of them. */
function vectors(image: number, layouts: readonly OperationLayout[]): FrameVectors {
  const input = Uint8Array.from(
    { length: WORDS * LANES },
    (_, i) => (i * 89 + image * 57 + 13) & 0xff,
  );
  let sum = 0;
  for (let w = 0; w < WORDS; w++) {
    sum += (input[3 * w] ?? 0) + ((input[3 * w + 1] ?? 0) << 8) + ((input[3 * w + 2] ?? 0) << 16);
  }
  const values = shapes.flatMap(({ state, rows, columns, bits, signed }, i) => {
    const { elements } = layouts[i] as OperationLayout;
    return Array.from(elements, (element) => {
      const local = element % (rows * columns);
      const row = Math.floor(local / columns);
      const column = local % columns;
      return wrap(sum + 101 * state + 37 * row + 11 * column, bits, signed);
    });
  });
  const results = Array.from({ length: CLASSES }, (_, i) => wrap(sum + 101 * 7 + 37 * i, 16, true));
  return { input, expected: Int32Array.from([...values, ...results]) };
}

function wrap(value: number, bits: number, signed: boolean): number {
  const code = value & (2 ** bits - 1);
  return signed && code >= 2 ** (bits - 1) ? code - 2 ** bits : code;
}

/** A build folder of the dummy in a temporary place, with its vectors. */
export function dummySubject(images: number, fault: number = faults.none): Subject {
  const folder = mkdtempSync(join(tmpdir(), 'vitrum-dummy-'));
  mkdirSync(join(folder, 'mem'));
  copyFileSync(fileURLToPath(new URL('./dummy/dummy.v', import.meta.url)), join(folder, 'dummy.v'));
  writeFileSync(join(folder, 'mem', 'fault.mem'), `${fault.toString(16)}\n`);
  const layouts = shapes.map(layout);
  return {
    folder,
    manifest: dummyManifest(),
    layouts,
    vectors: Array.from({ length: images }, (_, i) => vectors(i, layouts)),
  };
}

/** Where an operation's first value lies among the expected values of a frame. */
export function expectedOffset(subject: Subject, index: number): number {
  return subject.layouts.slice(0, index).reduce((sum, { elements }) => sum + elements.length, 0);
}
