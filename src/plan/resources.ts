import type { Board } from '../boards/index.ts';
import type { EngineParameters } from './parameters.ts';

/** What the planner expects synthesis to use. An estimate: `vitrum synth` measures. */
export interface ResourceEstimate {
  readonly lut: number;
  readonly dsp: number;
  readonly bram36: number;
  readonly memoryBits: number;
}

/** Products of fewer result bits than this are built from LUTs (Yosys maps wider ones to DSPs). */
const DSP_MIN_PRODUCT_BITS = 9;
/** Writable memories of at most this depth are built from LUTs. */
const LUTRAM_MAX_DEPTH = 64;
/** Constant memories of at most this many bits are built from LUTs. */
const LUT_ROM_MAX_BITS = 8192;

/**
 * Adds up the units from their parameters. The coefficients were read off `vitrum synth` runs of
 * the MNIST example (16 x 16, 8 bits) and of the tiny one (2 x 2, 4 bits), Yosys 0.55: LUTs of the
 * adder trees per product, of the epilogue per bit of its product, of the row units per lane.
 */
export function estimateResources(p: EngineParameters, board: Board): ResourceEstimate {
  const products = p.TP * p.TI * p.TO;
  const lanes = p.TP * p.TO;
  const hasDsp = board.resources.dsp > 0;
  const productsOnDsp = hasDsp && p.A_BITS + p.B_BITS >= DSP_MIN_PRODUCT_BITS;
  // A DSP multiplies one signed operand of `a` bits; a wider one takes another DSP.
  const wide = (bits: number) => Math.ceil(bits / board.dspWidth.a);
  const multipliers = lanes * (wide(p.SUM_BITS) + 1) + (4 * p.VL + 3) + p.VL;
  const productLut = productsOnDsp ? 0 : p.A_BITS * p.B_BITS;
  const arrayLut = products * (p.A_BITS + p.B_BITS + productLut);
  const epilogueLut = lanes * Math.round(10.5 * p.PROD_BITS + 64);
  const normLut = 560 * p.VL + 300;
  const softmaxLut = 463 * p.VL + 391;
  let memoryLut = 0;
  let bram36 = 0;
  let memoryBits = 0;
  for (const { depth, width, copies, constant } of memories(p)) {
    const bits = depth * width * copies;
    memoryBits += bits;
    if (constant && depth * width <= LUT_ROM_MAX_BITS) {
      // 64 bits a LUT, and multiplexers.
      memoryLut += Math.ceil((1.3 * bits) / 64);
    } else if (!constant && depth <= LUTRAM_MAX_DEPTH) {
      memoryLut += Math.ceil(depth / 32) * Math.ceil(width / 2) * copies;
    } else {
      bram36 += copies * blocks(depth, width);
    }
  }
  const control = 2500;
  // Without DSPs a multiplier of the units is about 300 LUTs.
  const softMultipliers = hasDsp ? 0 : 300 * multipliers;
  return {
    lut: arrayLut + epilogueLut + normLut + softmaxLut + memoryLut + control + softMultipliers,
    dsp: hasDsp ? multipliers + (productsOnDsp ? products : 0) : 0,
    bram36,
    memoryBits,
  };
}

/** RAMB36 blocks (in halves) of a memory with one write and one read port. */
function blocks(depth: number, width: number): number {
  // 1024 x 36 and 2048 x 18 per RAMB36, 1024 x 18 per RAMB18.
  const columns18 = Math.ceil(width / 18);
  const halves = columns18 * Math.ceil(depth / 1024);
  const shallow = depth <= 512 ? Math.ceil(width / 36) : halves;
  return shallow / 2;
}

interface Memory {
  readonly depth: number;
  readonly width: number;
  readonly copies: number;
  readonly constant: boolean;
}

function memories(p: EngineParameters): Memory[] {
  const { depths } = p;
  const word = p.TP * p.WORD;
  const lanes = p.TP * p.TO;
  const ram = (depth: number, width: number): Memory => ({
    depth,
    width,
    copies: 1,
    constant: false,
  });
  const rom = (depth: number, width: number, copies = 1): Memory => ({
    depth,
    width,
    copies,
    constant: true,
  });
  return [
    ram(depths.activations, word * p.ACT_BITS),
    ram(depths.normalized, word * p.ACT_BITS),
    ram(depths.keys, word * p.ACT_BITS),
    ram(depths.probabilities, p.TP * p.TI * p.PROB_BITS),
    ram(depths.scores, lanes * p.SCORE_BITS),
    ram(depths.residual, lanes * p.RES_BITS),
    ram(depths.residual, lanes * p.RES_BITS),
    ram(depths.input, p.TP * p.TI * p.IN_BITS),
    ram(depths.result, p.TO * p.RESULT_BITS),
    ram(p.MAX_WORDS, lanes * p.ACC_BITS),
    ...p.weightSections.map(({ words, bits }) => rom(words, p.TI * bits)),
    ...(p.stream ? [ram(p.stream.lines, p.stream.lineBeats * p.stream.axiBits)] : []),
    rom(depths.offset, lanes * p.OFFSET_BITS),
    rom(depths.parameters, p.BIAS_BITS + 16),
    rom(depths.normParameters, p.VL * (p.NORM_W_BITS + p.NORM_BIAS_BITS)),
    rom(p.TABLE_DEPTH, p.TABLE_BITS, p.HAS_TABLE ? lanes : 0),
    rom(p.EXP_DEPTH, p.E_BITS, p.VL),
    rom(p.RECIP_DEPTH, p.R_BITS),
    rom(p.RSQRT_DEPTH, 16),
  ];
}
