import {
  type ArrayShape,
  arrayLatency,
  dotBits,
  dspChains,
  fieldBits,
  lutChains,
  shiftChains,
  splitArray,
  splitDelays,
} from './array.ts';
import { log2Ceil } from './engine.ts';

/** Cells of the array: an estimate by formula, compared with Yosys in test/rtl. */
export interface ArrayCost {
  readonly lut: number;
  /** LUTs as shift registers. */
  readonly lutram: number;
  readonly ff: number;
  readonly dsp: number;
}

/** A delay line of a bit becomes a shift register in a LUT from this length on. */
const SHIFT_REGISTER = 3;

interface Cells {
  lut: number;
  lutram: number;
  ff: number;
  dsp: number;
}

/**
 * Cells of `vt_mac_array`, tile, shadow registers and selection of the fill direction included, as
 * `vitrum synth` counts them, its parts apart. Inverters and what only passes through a LUT to a
 * carry chain are not among them.
 *
 * @param shape must fit, see `arrayFits`
 */
export function arrayCost(shape: ArrayShape): ArrayCost {
  const parts = splitArray(shape);
  if (parts) return splitCost(shape, parts.dsp, parts.lut);
  if (shape.style === 0) return plainCost(shape);
  if (shape.powers) return shiftCost(shape);
  return shape.style === 3 ? lutCost(shape) : packedCost(shape);
}

/** vt_mac_split: both parts, what holds the quicker one back, and the line of rows. */
function splitCost(shape: ArrayShape, dsp: ArrayShape, lut: ArrayShape): ArrayCost {
  const cells = none();
  for (const part of [dsp, lut]) {
    const own = arrayCost(part);
    cells.lut += own.lut;
    cells.lutram += own.lutram;
    cells.ff += own.ff;
    cells.dsp += own.dsp;
  }
  const delays = splitDelays(shape);
  const bits = (part: ArrayShape) => part.tokens * part.outputs * dotBits(part);
  addDelay(cells, bits(dsp), delays.dsp);
  addDelay(cells, bits(lut), delays.lut);
  addDelay(cells, shape.inputs * shape.bBits, lut.outputs);
  // Rows of keys pass the line by.
  if (lut.byRows) cells.lut += shape.inputs * shape.bBits;
  return cells;
}

function none(): Cells {
  return { lut: 0, lutram: 0, ff: 0, dsp: 0 };
}

/** `bits` lines of `depth` registers. */
function addDelay(cells: Cells, bits: number, depth: number): void {
  if (depth >= SHIFT_REGISTER) cells.lutram += bits;
  else cells.ff += bits * depth;
}

/** vt_mac_tile: two registers and a two-way selection per bit, delays at the borders. */
function addTile(cells: Cells, shape: ArrayShape, block: number, lag: number, bitLag: number) {
  const { inputs, outputs, bBits, byRows } = shape;
  const blocks = Math.ceil(inputs / block);
  cells.ff += 2 * inputs * outputs * bBits;
  if (!byRows) {
    cells.lut += inputs * outputs * bBits;
    cells.ff += (blocks - 1) * outputs * bBits;
  }
  for (let b = 0; b < bBits; b++) {
    if (!byRows) addDelay(cells, outputs, lag + b * bitLag);
    for (let n = 0; n < blocks; n++) {
      addDelay(cells, elementsOf(n, block, inputs), lag + b * bitLag + blocks - 1 - n);
    }
  }
  // Shift, direction and swap travel with the lag.
  cells.ff += 3 * (lag + blocks - 1 + (bBits - 1) * bitLag);
}

/** Elements of block `n`, of which the last may be smaller. */
function elementsOf(n: number, block: number, elements: number): number {
  return Math.min(block, elements - n * block);
}

/** Elements of `bits` that reach the stages of `chains` one after the other, the first ones last. */
function addSkew(cells: Cells, inputs: number, chains: number, bits: number): void {
  const stages = Math.ceil(inputs / chains);
  for (let n = 0; n < stages; n++) {
    addDelay(cells, elementsOf(n, chains, inputs) * bits, stages - 1 - n);
  }
}

/** vt_sum_tree, `times` of them. An adder whose numbers have a sign needs a LUT more. */
function addTree(cells: Cells, numbers: number, bits: number, signed: boolean, times: number) {
  for (let level = 1, left = numbers; left > 1; level++) {
    const adders = Math.floor(left / 2);
    cells.lut += times * adders * (bits + level - 1 + (signed ? 1 : 0));
    cells.ff += times * (adders * (bits + level) + (left % 2) * (bits + level - 1));
    left = Math.ceil(left / 2);
  }
}

function plainCost(shape: ArrayShape): ArrayCost {
  const { tokens, inputs, outputs, aBits, bBits } = shape;
  const cells = none();
  const products = tokens * inputs * outputs;
  const bits = aBits + 1 + bBits;
  addTile(cells, shape, inputs, 0, 0);
  addTree(cells, inputs, bits, true, tokens * outputs);
  cells.ff += products * bits;
  // Yosys leaves products of fewer bits to LUTs: about one per pair of bits.
  if (bits < 9) cells.lut += products * ((aBits + 1) * bBits + 1);
  else cells.dsp += products;
  return cells;
}

function packedCost(shape: ArrayShape): ArrayCost {
  const { tokens, inputs, outputs, aBits, bBits, style, cell } = shape;
  const cells = none();
  const { chains, length } = dspChains(shape);
  const perDsp = style === 1 ? 1 : 2;
  const pairs = Math.ceil(tokens / 2);
  const groups = Math.ceil(outputs / perDsp);
  const field = fieldBits(shape);
  const lane = Math.min(field, aBits + 1 + bBits + log2Ceil(length));
  cells.dsp += pairs * groups * inputs;
  addTile(cells, shape, chains, 0, 0);
  addTree(cells, chains, lane, true, tokens * outputs);
  addSkew(cells, inputs, chains, tokens * aBits);
  // Borrows of packed operands: what is above the lowest bits is a carry chain.
  cells.lut += 2 * pairs * inputs + (style === 2 ? 2 * groups * inputs : 0);
  if (cell === 0) {
    const sum = (2 * perDsp - 1) * field + lane;
    cells.lut += pairs * groups * (inputs - chains) * sum;
    // Operands as wide as the ports of the DSP, the product and the sum.
    cells.ff += pairs * groups * inputs * (27 + 18 + 2 * sum);
  }
  return cells;
}

function lutCost(shape: ArrayShape): ArrayCost {
  const { tokens, inputs, outputs, aBits, bBits } = shape;
  const cells = none();
  const { chains, length } = lutChains(inputs);
  const dots = tokens * outputs;
  const pairs = Math.ceil(inputs / 2);
  addTile(cells, shape, 2 * chains, 1, length);
  // A LUT for each bit of a contribution; registers as wide as the sum so far.
  const contribution = aBits + 1;
  const most = (bit: number, done: number) =>
    (2 ** contribution - 1) * (length * (2 ** bit - 1) + done * 2 ** bit);
  for (let n = 0; n < length * bBits; n++) {
    cells.lut += dots * chains * contribution;
    cells.ff += dots * chains * log2Ceil(most(Math.floor(n / length), (n % length) + 1) + 1);
  }
  addTree(cells, chains, log2Ceil(most(bBits - 1, length) + 1), false, dots);
  cells.ff += dots * dotBits(shape);
  // vt_product_pair and its delays to the stages, which are too short for shift registers.
  cells.lut += tokens * pairs * (2 * aBits + 2);
  const words = pairs * (1 + (bBits - 1) * length) + chains * ((length * (length - 1)) / 2);
  cells.ff += tokens * words * 3 * contribution;
  addDelay(cells, 1, arrayLatency(shape) - 1);
  return cells;
}

/** vt_mac_shift: a register of LUTs and an adder for each product, and what counts negative weights. */
function shiftCost(shape: ArrayShape): ArrayCost {
  const { tokens, inputs, outputs, aBits, bBits } = shape;
  const cells = none();
  const { chains, length } = shiftChains(inputs);
  const dots = tokens * outputs;
  const most = 2 ** (bBits - 1) - 2;
  const near = aBits + 1 + Math.min(most, 3);
  const term = aBits + 1 + most;
  const sum = term + log2Ceil(length);
  const high = bBits === 4 ? 3 : 1;
  addTile(cells, { ...shape, bBits: 2 }, chains, 0, 0);
  addTile(cells, { ...shape, bBits: high }, chains, 1, 0);
  cells.lut += dots * inputs * (near + term) + dots * (inputs - chains) * (sum - term);
  cells.ff += dots * (inputs * near + chains * length * sum);
  addTree(cells, chains, sum, true, dots);
  const dot = dotBits(shape);
  cells.lut += dots * dot;
  cells.ff += dots * dot;
  const ones = log2Ceil(inputs + 1);
  addTree(cells, inputs, 1, false, 1);
  cells.ff += 2 * outputs * ones;
  addDelay(cells, ones, arrayLatency(shape) - 1 - log2Ceil(inputs));
  addSkew(cells, inputs, chains, tokens * (aBits + 1));
  return cells;
}
