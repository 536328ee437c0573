import type { Board } from '../boards/index.ts';
import type { ArrayStyle } from './array.ts';
import { arrayCost } from './array-cost.ts';
import { type MemoryMap, memoryMap } from './memory-map.ts';
import type { EngineParameters } from './parameters.ts';

/** What the planner expects synthesis to use. An estimate: `vitrum synth` measures. */
export interface ResourceEstimate {
  readonly lut: number;
  readonly dsp: number;
  /** Blocks of 36 kbit; a block of 18 kbit is half of one. */
  readonly bram36: number;
  readonly uram: number;
  readonly memoryBits: number;
}

/** Resources of boards of other families are counted in blocks of UltraScale+, as synthesis does. */
const COUNTED_ON = { family: 'xcup', uram: 0, dspWidth: { a: 27, b: 18 } } as const;

/** A lane of vt_mean_pool, most of it the choice and extension of a residual word. */
const POOL_LUTS = 295;

/** A part of the engine and what it takes. */
export interface EnginePart {
  readonly name:
    | 'array'
    | 'epilogue'
    | 'layerNorm'
    | 'softmax'
    | 'meanPool'
    | 'control'
    | 'memories';
  readonly lut: number;
  readonly dsp: number;
  readonly bram36: number;
  readonly uram: number;
}

/** Adds up the parts. */
export function estimateResources(
  p: EngineParameters,
  board: Board,
  memories: MemoryNeed = memoryNeed(p, board),
): ResourceEstimate {
  const sum = { lut: 0, dsp: 0, bram36: 0, uram: 0 };
  for (const { lut, dsp, bram36, uram } of engineParts(p, board, memories)) {
    sum.lut += lut;
    sum.dsp += dsp;
    sum.bram36 += bram36;
    sum.uram += uram;
  }
  return { ...sum, memoryBits: memories.bits };
}

/**
 * Array, units and memories. The coefficients of the units were read off Yosys 0.55: the tiny
 * example (2 lanes of each unit, by `vitrum synth`), and the engines of `npm run bench -- engine`.
 */
export function engineParts(
  p: EngineParameters,
  board: Board,
  memories: MemoryNeed = memoryNeed(p, board),
): readonly EnginePart[] {
  const lanes = p.TP * p.TO;
  const hasDsp = board.resources.dsp > 0;
  const dsps = ([x, y]: Operands) => (hasDsp ? dspsOf(x, y, board) : 1);
  const all = (products: readonly Operands[]) => products.reduce((n, one) => n + dsps(one), 0);
  const laneMultipliers =
    (p.HAS_MULT ? dsps([p.SUM_BITS, 17]) : 0) + (p.SKIP_PRODUCT ? dsps(p.SKIP_PRODUCT) : 0);
  const normMultipliers = p.VL * all(p.NORM_PRODUCTS.lane) + all(p.NORM_PRODUCTS.unit);
  const array = arrayCost({
    tokens: p.TP,
    inputs: p.TI,
    outputs: p.TO,
    aBits: p.A_BITS,
    bBits: p.B_BITS,
    style: p.STYLE as ArrayStyle,
    cell: p.CELL === 0 ? 0 : 1,
    lutOutputs: p.LUT_TO,
  });
  // Without DSPs a product takes about a LUT for each pair of bits.
  const softProducts = hasDsp ? 0 : array.dsp * (p.A_BITS + 1) * p.B_BITS;
  return [
    {
      ...partOf('array', array.lut + array.lutram + softProducts, 0, hasDsp),
      dsp: hasDsp ? array.dsp : 0,
    },
    // For the sum and the skip connection.
    partOf('epilogue', 145 * lanes, lanes * laneMultipliers, hasDsp),
    partOf('layerNorm', 124 * p.VL + 222, normMultipliers, hasDsp),
    ...(p.HAS_SOFTMAX ? [partOf('softmax', 78 * p.VL + 73, p.VL, hasDsp)] : []),
    ...(p.POOL_PRODUCT
      ? [partOf('meanPool', POOL_LUTS * p.VL, p.VL * dsps(p.POOL_PRODUCT), hasDsp)]
      : []),
    // Sequencer, registers and streams; adders and multiplexers of the sums; choice of operands.
    partOf('control', controlLuts(p), 0, hasDsp),
    {
      ...partOf('memories', memories.lut, 0, hasDsp),
      bram36: memories.bram36,
      uram: memories.uram,
    },
  ];
}

/** Also the AXI4 reader, and taking its words beside those of the weights on chip. */
function controlLuts({ TP, TI, TO, ACC_BITS, A_BITS, stream }: EngineParameters): number {
  return 900 + 2 * TP * TO * ACC_BITS + 3 * TP * TI * A_BITS + (stream ? 850 : 0);
}

/** Bits of the signed operands of a product. */
type Operands = readonly [number, number];

/** DSPs of a product. An operand wider than its port is cut: parts but the highest are unsigned. */
function dspsOf(x: number, y: number, board: Board): number {
  const { a, b } = countedOn(board).dspWidth;
  const cuts = (bits: number, port: number) => Math.max(1, Math.ceil((bits - 1) / (port - 1)));
  return Math.min(cuts(x, a) * cuts(y, b), cuts(y, a) * cuts(x, b));
}

/** A part without memories; without DSPs a multiplier of the units is about 300 LUTs. */
function partOf(
  name: EnginePart['name'],
  lut: number,
  multipliers: number,
  hasDsp: boolean,
): EnginePart {
  const [luts, dsp] = hasDsp ? [lut, multipliers] : [lut + 300 * multipliers, 0];
  return { name, lut: luts, dsp, bram36: 0, uram: 0 };
}

/** What the memories of an engine take. */
export type MemoryNeed = Pick<MemoryMap, 'lut' | 'bram36' | 'uram' | 'bits'>;

/** The part of the estimate that does not depend on the multipliers. */
export function memoryNeed(p: EngineParameters, board: Board): MemoryNeed {
  const { lut, bram36, uram, bits } = memoryMap(p, countedOn(board));
  return { lut, bram36, uram, bits };
}

function countedOn(board: Board): Board {
  if (board.family === 'xcup' || board.family === 'xc7') return board;
  const { family, uram, dspWidth } = COUNTED_ON;
  return { ...board, family, dspWidth, resources: { ...board.resources, uram } };
}
