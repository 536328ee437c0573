import { multiplierKinds } from '../../src/dsl/design.ts';
import {
  type LossReport,
  lossReport,
  occupancy,
  type Plan,
  productsPerCycle,
} from '../../src/plan/index.ts';
import type { ResourceEstimate } from '../../src/plan/resources.ts';
import { addUtilization } from '../../src/synth/cells.ts';
import type { SynthReport, UnitGroup, Utilization } from '../../src/synth/index.ts';
import type { PeerUnit } from '../peers.ts';

/** The clock at which engines are compared, in MHz. */
export const CLOCK_MHZ = 300;

/** How busy the array is, from the plan's exact cycles. */
export interface EngineFigures {
  readonly board: string;
  readonly tile: { tokens: number; inputs: number; outputs: number; vector: number };
  readonly multipliers: string;
  /** Bits of the array's streamed and stationary codes. */
  readonly operandBits: readonly [streamed: number, stationary: number];
  /** Bits of what goes into the row-wise units and the epilogue, and comes out. */
  readonly unitBits: Readonly<Record<'softmax' | 'layerNorm' | 'gelu', readonly [number, number]>>;
  /** Bits of the bus to weights in external memory; null when all lie on chip. */
  readonly weightBus: number | null;
  /** Useful products of a frame. */
  readonly products: number;
  readonly arrayProductsPerCycle: number;
  readonly productsPerCycle: number;
  readonly cyclesPerFrame: number;
  readonly latencyCycles: number;
  readonly utilization: number;
  readonly losses: Omit<LossReport, 'operations'>;
  /** At `CLOCK_MHZ`; an operation is a multiplication or an addition. */
  readonly gops: number;
  readonly framesPerSecond: number;
}

export function engineFigures(plan: Plan): EngineFigures {
  const { shape, products, cycles, parameters } = plan;
  const { tokens, inputs, outputs, vector } = shape;
  const { operations: _, ...losses } = lossReport(occupancy(plan));
  const framesPerSecond = (CLOCK_MHZ * 1e6) / cycles.perFrame;
  return {
    board: plan.board.name,
    tile: { tokens, inputs, outputs, vector },
    multipliers: multiplierKinds[parameters.STYLE] ?? 'unknown',
    operandBits: [parameters.A_BITS, parameters.B_BITS],
    unitBits: {
      softmax: [parameters.SCORE_BITS, parameters.PROB_BITS],
      layerNorm: [parameters.RES_BITS, parameters.ACT_BITS],
      gelu: [parameters.SUM_BITS, parameters.OUT_BITS],
    },
    weightBus: plan.stream?.axiBits ?? null,
    products,
    arrayProductsPerCycle: productsPerCycle(shape),
    productsPerCycle: products / cycles.perFrame,
    cyclesPerFrame: cycles.perFrame,
    latencyCycles: cycles.latency,
    utilization: plan.utilization,
    losses,
    gops: (2 * products * framesPerSecond) / 1e9,
    framesPerSecond,
  };
}

/** Cells of a part for each of the elements that it takes in a cycle. */
export interface LaneCells {
  readonly lanes: number;
  readonly lut: number;
  readonly lutram: number;
  readonly ff: number;
  readonly dsp: number;
  readonly bram36: number;
}

/** Cells of all `lanes` for one of them. */
export function perLane(lanes: number, cells: Omit<Utilization, 'uram'>): LaneCells {
  const { lut, lutram, ff, dsp, bram36 } = cells;
  const each = (n: number) => n / lanes;
  return {
    ...{ lanes, lut: each(lut), lutram: each(lutram), ff: each(ff) },
    ...{ dsp: each(dsp), bram36: each(bram36) },
  };
}

/** What an engine takes of a device, and what it gives for it. LUTs used as memory count as LUTs. */
export interface AreaFigures {
  readonly tool: string;
  readonly groups: Readonly<Record<UnitGroup, Utilization>>;
  readonly whole: Utilization;
  /** What the planner expected; its LUTs hold those used as memory. */
  readonly estimate: ResourceEstimate;
  readonly faults: readonly string[];
  readonly arrayLutPerProduct: number;
  /** Null when the array has no DSP. */
  readonly arrayProductsPerDsp: number | null;
  readonly perLane: Readonly<Partial<Record<PeerUnit['unit'], LaneCells>>>;
  readonly gopsPerDsp: number | null;
  readonly gopsPerKLut: number;
}

export function areaFigures(
  figures: EngineFigures,
  report: Omit<SynthReport, 'top' | 'family' | 'modules' | 'warnings' | 'seconds'>,
  groups: AreaFigures['groups'],
  estimate: ResourceEstimate,
): AreaFigures {
  const { tool, faults, latches, lut, lutram, ff, dsp, bram36, uram } = report;
  const whole = { lut, lutram, ff, dsp, bram36, uram };
  const { tokens, outputs, vector } = figures.tile;
  const products = figures.arrayProductsPerCycle;
  const { array, softmax, layerNorm, epilogue, gelu } = groups;
  return {
    tool,
    groups,
    whole,
    estimate,
    faults: latches > 0 ? [...faults, `${latches} latches`] : faults,
    arrayLutPerProduct: (array.lut + array.lutram) / products,
    arrayProductsPerDsp: array.dsp > 0 ? products / array.dsp : null,
    perLane: {
      array: perLane(products, array),
      ...(softmax.lut > 0 ? { softmax: perLane(vector, softmax) } : {}),
      layerNorm: perLane(vector, layerNorm),
      // With the requantization that published units have as well, and with the skip connection.
      gelu: perLane(tokens * outputs, addUtilization(epilogue, gelu)),
    },
    gopsPerDsp: whole.dsp > 0 ? figures.gops / whole.dsp : null,
    gopsPerKLut: figures.gops / ((whole.lut + whole.lutram) / 1000),
  };
}
