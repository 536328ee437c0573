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
/** Memories shallower than this are built from LUTs. */
const LUTRAM_MAX_DEPTH = 64;

/**
 * Adds up the units from their parameters. Coefficients per lane were read off Yosys runs of the
 * units (`vitrum synth`), rounded up.
 */
export function estimateResources(p: EngineParameters, board: Board): ResourceEstimate {
  const lanes = p.TI * p.TO;
  const onDsp = board.resources.dsp > 0 && p.A_BITS + p.B_BITS >= DSP_MIN_PRODUCT_BITS;
  // A DSP takes 26 x 17 bits unsigned; wider sums are split in two.
  const wide = (bits: number) => Math.ceil(bits / (board.dspWidth.a - 1));
  const epilogueDsp = p.TO * (wide(p.SUM_BITS) + 1);
  const normDsp = p.VL * (1 + 1 + wide(p.RES_BITS + 19) + 1) + 8;
  const softmaxDsp = p.VL;
  const arrayLut = onDsp
    ? lanes * (p.A_BITS + p.B_BITS + 2)
    : lanes * (p.A_BITS * p.B_BITS + p.A_BITS + p.B_BITS + 2);
  const epilogueLut = p.TO * (p.PROD_BITS * 5 + p.RES_BITS * 4);
  const normLut = p.VL * 420 + 1200;
  const softmaxLut = p.VL * 320 + 600;
  let lutram = 0;
  let bram36 = 0;
  let memoryBits = 0;
  for (const { depth, width, copies } of memories(p)) {
    memoryBits += depth * width * copies;
    if (depth <= LUTRAM_MAX_DEPTH) lutram += Math.ceil(depth / 32) * Math.ceil(width / 2) * copies;
    else bram36 += copies * blocks(depth, width);
  }
  const dsp = (onDsp ? lanes : 0) + epilogueDsp + normDsp + softmaxDsp;
  const softMultipliers =
    board.resources.dsp === 0 ? (epilogueDsp + normDsp + softmaxDsp) * 300 : 0;
  return {
    lut: arrayLut + epilogueLut + normLut + softmaxLut + lutram + softMultipliers + 2500,
    dsp: board.resources.dsp === 0 ? 0 : dsp,
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

function memories(p: EngineParameters): { depth: number; width: number; copies: number }[] {
  const { depths } = p;
  const word = Math.max(p.TI, p.TO);
  return [
    { depth: depths.weights, width: p.TI * p.W_BITS, copies: 1 },
    { depth: depths.activations, width: word * p.ACT_BITS, copies: 1 },
    { depth: depths.keys, width: word * p.ACT_BITS, copies: 1 },
    { depth: depths.probabilities, width: p.TI * p.PROB_BITS, copies: 1 },
    { depth: depths.scores, width: p.TO * p.SCORE_BITS, copies: 1 },
    { depth: depths.residual, width: p.TO * p.RES_BITS, copies: 1 },
    { depth: depths.offset, width: p.TO * p.RES_BITS, copies: 1 },
    { depth: depths.input, width: p.TI * p.IN_BITS, copies: 1 },
    { depth: depths.result, width: p.TO * p.RESULT_BITS, copies: 1 },
    { depth: depths.parameters, width: p.BIAS_BITS + 16, copies: 1 },
    { depth: p.MAX_ROWS, width: p.TO * p.ACC_BITS, copies: 1 },
    { depth: p.TABLE_DEPTH, width: p.TABLE_BITS, copies: p.HAS_TABLE ? p.TO : 0 },
    { depth: p.EXP_DEPTH, width: p.E_BITS, copies: p.VL },
    { depth: p.RECIP_DEPTH, width: p.R_BITS, copies: 1 },
    { depth: p.RSQRT_DEPTH, width: 16, copies: 1 },
    { depth: depths.normParameters, width: p.VL * (p.NORM_W_BITS + p.NORM_BIAS_BITS), copies: 1 },
  ];
}
