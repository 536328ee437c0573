import { readFileSync } from 'node:fs';
import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { type ArrayShape, arrayLatency, dotBits, splitDelays } from '../../src/plan/array.ts';
import type { Bench, Cycle, Unit } from '../support/verilate.ts';

/** TO rows of TI elements. */
export type Tile = readonly (readonly number[])[];

interface Expected {
  readonly cycle: number;
  readonly dot: readonly (readonly number[])[];
}

/** What the array is to do, and the dot products that must come out of it. */
export interface Job {
  readonly cycles: readonly Cycle[];
  /** Dot products of the tile's rows, of each token. */
  readonly expected: readonly Expected[];
}

/**
 * Which operands are drawn: any; zeros, ones and bounds; or bounds only, one for all elements of a
 * token and of an output, which makes every sum as large as it can be.
 */
export type Operands = 'random' | 'corners' | 'bounds';

const primitive = new URL('../../templates/rtl/sim/DSP48E2.v', import.meta.url);

export function arrayBench(shape: ArrayShape): Bench {
  const { tokens, inputs, outputs, aBits, bBits, style, cell, lutOutputs = 0 } = shape;
  const { lutBits = 0, lutPowers } = shape;
  const delays = splitDelays(shape);
  return {
    inputs: [
      { name: 'a', bits: aBits, lanes: tokens * inputs },
      { name: 'a_signed', bits: 1 },
      { name: 'row_valid', bits: 1 },
      { name: 'row_keys', bits: 1 },
      { name: 'row', bits: bBits, lanes: inputs },
      { name: 'col_valid', bits: 1 },
      { name: 'col', bits: bBits, lanes: keyRows(shape) },
      { name: 'swap', bits: 1 },
    ],
    outputs: [{ name: 'dot', bits: dotBits(shape), lanes: tokens * outputs, signed: true }],
    body: [
      `vt_mac_array #(.TP(${tokens}), .TI(${inputs}), .TO(${outputs}), .A_BITS(${aBits}),`,
      `  .B_BITS(${bBits}), .STYLE(${style}), .CELL(${cell}),`,
      `  .LUT_TO(${lutOutputs}), .LUT_BITS(${lutBits}), .LUT_POWERS(${lutPowers ? 1 : 0}), .KEY_TO(${keyRows(shape)}),`,
      `  .DSP_DELAY(${delays.dsp}), .LUT_DELAY(${delays.lut})) u_array (`,
      '  .clk_i(clk), .a_i(a), .a_signed_i(a_signed), .row_valid_i(row_valid),',
      '  .row_keys_i(row_keys), .row_i(row),',
      '  .col_valid_i(col_valid), .col_i(col), .swap_i(swap), .dot_o(dot));',
      // The primitive is not in the library's folder: its model follows the harness's own module.
      ...(cell === 1 ? ['endmodule', readFileSync(primitive, 'utf8'), 'module no_more;'] : []),
    ].join('\n'),
  };
}

/** Rows of a tile of keys or values. */
const keyRows = ({ outputs, lutOutputs = 0, lutBits }: ArrayShape) =>
  lutBits === undefined ? outputs : outputs - lutOutputs;

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
 * fast as they can be or with pauses. Where outputs on LUTs multiply weights alone, tiles are of
 * weights, by rows, or of keys and values, for the other outputs.
 */
export function randomJob(shape: ArrayShape, operands: Operands, tiles: number, seed: number): Job {
  const { tokens, inputs, outputs, aBits, bBits } = shape;
  const random = createRandom(seed);
  const job = startJob(shape);
  for (let n = 0; n < tiles; n++) {
    const { lutBits, lutOutputs = 0 } = shape;
    const keys = lutBits === undefined || random.nextInt(0, 1) === 1;
    const tile = Array.from({ length: keys ? keyRows(shape) : outputs }, (_, o) => {
      const alone = lutBits !== undefined && o >= outputs - lutOutputs;
      const row = numbers(random, inputs, alone ? lutBits : bBits, true, operands);
      return alone && shape.lutPowers ? row.map((code) => power(code, lutBits)) : row;
    });
    const byRows = !keys || random.nextInt(0, 1) === 1;
    const pause = random.nextInt(0, 1) * random.nextInt(1, 3);
    job.load(tile, random.nextInt(0, 1) === 1, byRows ? (keys ? 'keys' : 'rows') : 'columns', {
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
    job.load(tile, signed, 'rows', {
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
  const { inputs } = shape;
  const cycles: Cycle[] = [];
  const expected: Expected[] = [];
  let active: { readonly tile: Tile; readonly signed: boolean } | undefined;

  /** Fills `tile` and swaps to it while the words of the tile before are streamed. */
  const load = (tile: Tile, signed: boolean, by: 'rows' | 'keys' | 'columns', stream: Stream) => {
    const byRows = by !== 'columns';
    const steps = byRows ? tile.length : inputs;
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
        row_keys: by === 'keys' ? 1 : 0,
        row: rowBits(shape, tile, byRows ? index : 0),
        col_valid: fills && !byRows ? 1 : 0,
        col: tile.slice(0, keyRows(shape)).map((row) => row[byRows ? 0 : index] ?? 0),
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

/** The power of two of a code, two's complement or not: a sign and an exponent. */
function power(code: number, bits: number): number {
  const exponent = code & (2 ** (bits - 1) - 1);
  if (exponent === 2 ** (bits - 1) - 1) return 0;
  return (code & (2 ** (bits - 1)) ? -1 : 1) * 2 ** exponent;
}

/** A row as the array takes it: powers of two by their codes. */
function rowBits(
  { outputs, lutOutputs = 0, lutPowers, lutBits = 0 }: ArrayShape,
  tile: Tile,
  n: number,
) {
  const row = tile[n] ?? [];
  if (!lutPowers || n < outputs - lutOutputs) return row;
  const zero = 2 ** (lutBits - 1) - 1;
  return row.map((w) => (w === 0 ? zero : Math.log2(Math.abs(w)) + (w < 0 ? zero + 1 : 0)));
}

function products({ tokens, inputs }: ArrayShape, a: readonly number[], tile: Tile) {
  return Array.from({ length: tokens }, (_, t) =>
    tile.map((row) => {
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += (row[i] ?? 0) * (a[t * inputs + i] ?? 0);
      return sum;
    }),
  );
}

/** Number of words whose products came out wrong; all are looked at. */
export function wrongWords(unit: Unit, shape: ArrayShape, job: Job): number {
  const trace = unit.run(job.cycles);
  const latency = arrayLatency(shape);
  let wrong = 0;
  for (const { cycle, dot } of job.expected) {
    const isWrong = dot.some((row, t) =>
      row.some((value, o) => trace.value(cycle + latency, 'dot', t * shape.outputs + o) !== value),
    );
    if (isWrong) wrong++;
  }
  return wrong;
}

/** What a test is called after. */
export function describeShape({ tokens, inputs, outputs, ...s }: ArrayShape): string {
  const cell = s.cell === 1 ? ', DSP primitive' : '';
  const kind = s.lutPowers ? 'powers of two' : 'weights';
  const weights = s.lutBits ? ` for ${kind} of ${s.lutBits} bits` : '';
  const split = s.lutOutputs ? `, ${s.lutOutputs} outputs on LUTs${weights}` : '';
  return `style ${s.style}${cell}${split}: ${tokens} x ${inputs} x ${outputs}, ${s.aBits} by ${s.bBits} bits`;
}
