import { NOTHING } from './cells.ts';
import type { Messages } from './messages.ts';
import type { UnitGroup } from './units/groups.ts';

/** Cells of one kind of resource, counted on AMD UltraScale+ primitives. */
export interface Utilization {
  /** LUT1..LUT6; inverters are left out, because they are absorbed by their neighbours. */
  readonly lut: number;
  /** LUTs used as memory or shift register. */
  readonly lutram: number;
  readonly ff: number;
  readonly dsp: number;
  /** Blocks of 36 kbit; a block of 18 kbit is half of one. */
  readonly bram36: number;
  readonly uram: number;
}

/** The cells of a module and of what is flattened into it, over all its instances. */
export interface ModuleUtilization extends Utilization {
  readonly name: string;
  readonly instances: number;
}

/** A unit that was synthesized by itself. */
export interface UnitUtilization extends ModuleUtilization {
  /** The part of the engine that it belongs to; null where the hierarchy is dissolved. */
  readonly group: UnitGroup | null;
}

export interface SynthReport extends Utilization {
  /** Name and version, `Yosys 0.55 (npm)`. */
  readonly tool: string;
  readonly top: string;
  readonly family: string;
  /** Largest first; the columns add up to the whole. */
  readonly modules: readonly UnitUtilization[];
  /** What Yosys warned of while it elaborated, and with `flatten` later too, each text once. */
  readonly warnings: readonly string[];
  /** Those of the warnings that make the design wrong; empty means the check passed. */
  readonly faults: readonly string[];
  readonly latches: number;
  readonly seconds: number;
}

/** A synthesized design is good when it has no latch and nothing truncated, undriven or driven twice. */
export function synthesisPassed(report: Pick<SynthReport, 'faults' | 'latches'>): boolean {
  return report.latches === 0 && report.faults.length === 0;
}

/** What synthesis finds, by whichever way. */
export type Counted = Omit<SynthReport, 'tool' | 'top' | 'family' | 'seconds'>;

/** What is found in sources that Yosys does not accept. */
export function rejected({ warnings, faults, error }: Messages): Counted {
  return {
    ...NOTHING,
    modules: [],
    warnings,
    faults: [...faults, ...(error === undefined ? [] : [error])],
    latches: 0,
  };
}
