import { readFileSync } from 'node:fs';
import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { type ArrayShape, arrayLatency, dotBits, splitDelays } from '../../src/plan/array.ts';
import type { Bench, Cycle, Unit } from '../support/verilate.ts';

/** TO rows of TI elements. */
export type Tile = readonly (readonly number[])[];

/** What the array is to do, and the dot products that must come out of it. */
export interface Job {
  readonly cycles: readonly Cycle[];
  readonly expected: readonly { readonly cycle: number; readonly dot: readonly number[] }[];
}

/**
 * Which operands are drawn: any; zeros, ones and bounds; or bounds only, one for all elements of a
 * token and of an output, which makes every sum as large as it can be.
 */
export type Operands = 'random' | 'corners' | 'bounds';

const primitive = new URL('../../templates/rtl/sim/DSP48E2.v', import.meta.url);

export function arrayBench(shape: ArrayShape): Bench {
  const { tokens, inputs, outputs, aBits, bBits, style, cell, lutOutputs = 0 } = shape;
  const delays = splitDelays(shape);
  return {
    inputs: [
      { name: 'a', bits: aBits, lanes: tokens * inputs },
      { name: 'a_signed', bits: 1 },
      { name: 'row_valid', bits: 1 },
      { name: 'row', bits: bBits, lanes: inputs },
      { name: 'col_valid', bits: 1 },
      { name: 'col', bits: bBits, lanes: outputs },
      { name: 'swap', bits: 1 },
    ],
    outputs: [{ name: 'dot', bits: dotBits(shape), lanes: tokens * outputs, signed: true }],
    body: [
      `vt_mac_array #(.TP(${tokens}), .TI(${inputs}), .TO(${outputs}), .A_BITS(${aBits}),`,
      `  .B_BITS(${bBits}), .STYLE(${style}), .CELL(${cell}),`,
      `  .LUT_TO(${lutOutputs}), .DSP_DELAY(${delays.dsp}), .LUT_DELAY(${delays.lut})) u_array (`,
      '  .clk_i(clk), .a_i(a), .a_signed_i(a_signed), .row_valid_i(row_valid), .row_i(row),',
      '  .col_valid_i(col_valid), .col_i(col), .swap_i(swap), .dot_o(dot));',
      // The primitive is not in the library's folder: its model follows the harness's own module.
      ...(cell === 1 ? ['endmodule', readFileSync(primitive, 'utf8'), 'module no_more;'] : []),
    ].join('\n'),
  };
}

/** Smallest and largest number of a format. */
export function bounds(bits: number, signed: boolean): [number, number] {
  return signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

function draw(random: Random, bits: number, signed: boolean, operands: Operands): number {
  const [low, high] = bounds(bits, signed);
  if (operands === 'random') return random.nextInt(low, high);
  const choices = operands === 'bounds' ? [low, high] : [low, high, low, high, 0, signed ? -1 : 1];
  return choices[random.nextInt(0, choices.length - 1)] ?? 0;
}

function numbers(random: Random, count: number, bits: number, signed: boolean, kind: Operands) {
  if (kind !== 'bounds') {
    return Array.from({ length: count }, () => draw(random, bits, signed, kind));
  }
  return Array<number>(count).fill(draw(random, bits, signed, kind));
}

/**
 * Words without a gap over tiles of both signednesses that are filled by rows and by columns, as
 * fast as they can be or with pauses.
 */
export function randomJob(shape: ArrayShape, operands: Operands, tiles: number, seed: number): Job {
  const { tokens, inputs, outputs, aBits, bBits } = shape;
  const random = createRandom(seed);
  const job = startJob(shape);
  for (let n = 0; n < tiles; n++) {
    const tile = Array.from({ length: outputs }, () =>
      numbers(random, inputs, bBits, true, operands),
    );
    const byRows = random.nextInt(0, 1) === 1;
    const pause = random.nextInt(0, 1) * random.nextInt(1, 3);
    job.load(tile, random.nextInt(0, 1) === 1, byRows, {
      word: (signed) =>
        Array.from({ length: tokens }, () =>
          numbers(random, inputs, aBits, signed, operands),
        ).flat(),
      pauses: () => pause > 0 && random.nextInt(0, pause) > 0,
    });
  }
  return job.finish();
}

/** All words past all tiles; the words of a tile are those of `words` for its signedness. */
export function sweepJob(
  shape: ArrayShape,
  tiles: readonly Tile[],
  words: (signed: boolean) => readonly (readonly number[])[],
): Job {
  const job = startJob(shape);
  const runs = [false, true].flatMap((signed) => tiles.map((tile) => ({ tile, signed })));
  let left: readonly (readonly number[])[] = [];
  for (const { tile, signed } of [...runs, ...runs.slice(-1)]) {
    let n = 0;
    job.load(tile, signed, true, {
      word: () => left[n++] ?? Array<number>(shape.tokens * shape.inputs).fill(0),
      pauses: () => n < left.length - shape.outputs - 1,
    });
    left = words(signed);
  }
  return job.finish();
}

interface Stream {
  word(signed: boolean): readonly number[];
  /** Whether nothing is filled and nothing swapped in this cycle. */
  pauses(): boolean;
}

function startJob(shape: ArrayShape) {
  const { inputs, outputs } = shape;
  const cycles: Cycle[] = [];
  const expected: { cycle: number; dot: number[] }[] = [];
  let active: { readonly tile: Tile; readonly signed: boolean } | undefined;

  /** Fills `tile` and swaps to it while the words of the tile before are streamed. */
  const load = (tile: Tile, signed: boolean, byRows: boolean, stream: Stream) => {
    const steps = byRows ? outputs : inputs;
    for (let filled = 0; ; ) {
      const pause = stream.pauses();
      const fills = !pause && filled < steps;
      const swaps = !pause && filled === steps;
      const a = stream.word(active?.signed ?? false);
      if (active) expected.push({ cycle: cycles.length, dot: products(shape, a, active.tile) });
      // What is not valid must not matter.
      const index = fills ? filled : 0;
      cycles.push({
        a,
        a_signed: active?.signed ? 1 : 0,
        row_valid: fills && byRows ? 1 : 0,
        row: tile[byRows ? index : 0] ?? [],
        col_valid: fills && !byRows ? 1 : 0,
        col: tile.map((row) => row[byRows ? 0 : index] ?? 0),
        swap: swaps ? 1 : 0,
      });
      if (fills) filled++;
      if (swaps) break;
    }
    active = { tile, signed };
  };
  const finish = (): Job => {
    for (let c = 0; c < arrayLatency(shape); c++) cycles.push({});
    return { cycles, expected };
  };
  return { load, finish };
}

function products(shape: ArrayShape, a: readonly number[], tile: Tile): number[] {
  const dots: number[] = [];
  for (let t = 0; t < shape.tokens; t++) {
    for (const row of tile) {
      let sum = 0;
      for (let i = 0; i < shape.inputs; i++) sum += (row[i] ?? 0) * (a[t * shape.inputs + i] ?? 0);
      dots.push(sum);
    }
  }
  return dots;
}

/** Number of words whose products came out wrong; all are looked at. */
export function wrongWords(unit: Unit, shape: ArrayShape, job: Job): number {
  const trace = unit.run(job.cycles);
  const latency = arrayLatency(shape);
  let wrong = 0;
  for (const { cycle, dot } of job.expected) {
    if (dot.some((value, lane) => trace.value(cycle + latency, 'dot', lane) !== value)) wrong++;
  }
  return wrong;
}

/** What a test is called after. */
export function describeShape({ tokens, inputs, outputs, ...s }: ArrayShape): string {
  const cell = s.cell === 1 ? ', DSP primitive' : '';
  const split = s.lutOutputs ? `, ${s.lutOutputs} outputs on LUTs` : '';
  return `style ${s.style}${cell}${split}: ${tokens} x ${inputs} x ${outputs}, ${s.aBits} by ${s.bBits} bits`;
}
