import type { EngineParameters, MatmulOperation } from '../plan/index.ts';
import { MAX_LUT_DEPTH, signedBitsOf, unsignedBits } from '../plan/index.ts';
import { type Choice, choiceOf, listLiteral, numberIn, selectorBits } from './choice.ts';
import { choiceParameters, hexList, type UnitParameter } from './unit-parameters.ts';

/** Shift and limits of an operation. */
interface Mode {
  readonly shift: number;
  readonly low: number;
  readonly high: number;
}

/** What the epilogue has to know of an operation. */
export type Requantized = Pick<MatmulOperation, 'shift' | 'low' | 'high' | 'tableBase' | 'skip'>;

/** What `vt_epilogue` is made for: the settings of all products, and the widths they need. */
export interface EpilogueUnit {
  readonly modes: readonly Mode[];
  readonly skipShifts: Choice;
  /** Whether multipliers of skip connections come with the powers of two that make shifts equal. */
  readonly skipLifted: boolean;
  readonly skipMultiplierBits: number;
  readonly tableAligned: boolean;
  readonly tableAddressBits: number;
  /** By the names that they have in the module. */
  readonly parameters: readonly UnitParameter[];
}

/** The wider factor of a DSP block, without its sign. */
const MAX_SKIP_MULTIPLIER_BITS = 26;

/** Bits, without a sign, of the smallest range 0 .. 2^m - 1 or -2^m .. 2^m - 1 around a mode's. */
const bitsAround = ({ low, high }: Mode) => signedBitsOf([low, high]) - 1;

const isBinary = (mode: Mode) => {
  const m = 2 ** bitsAround(mode);
  return mode.high === m - 1 && (mode.low === 0 || mode.low === -m);
};

export function epilogueUnit(
  operations: readonly Requantized[],
  p: Pick<
    EngineParameters,
    'HAS_MULT' | 'PROD_BITS' | 'OUT_BITS' | 'RES_BITS' | 'TABLE_BITS' | 'TABLE_DEPTH'
  >,
  tableAddressBits: number,
): EpilogueUnit {
  const modes = modesOf(operations);
  const shifts = choiceOf(
    modes.map((m) => m.shift),
    6,
  );
  const widths = shifts.values.map((shift) =>
    Math.max(...modes.filter((m) => m.shift === shift).map(bitsAround)),
  );
  const list = (values: readonly (number | bigint)[], bits: number) => hexList(values, bits);
  const from = (bit: number, bits: number) =>
    bit >= bits ? 0n : ((1n << BigInt(bits)) - 1n) ^ ((1n << BigInt(bit)) - 1n);

  const tables = operations.filter((op) => op.tableBase !== null);
  const indexBits = unsignedBits(Math.max(1, ...tables.map((op) => op.high - op.low)));
  const signed = tables.length > 0 && tables.every((op) => op.low === -(2 ** (indexBits - 1)));
  const tableAligned =
    (signed || tables.every((op) => op.low === 0)) &&
    tables.every((op) => (op.tableBase ?? 0) % 2 ** indexBits === 0);

  const skips = operations.flatMap(({ skip, ...op }) =>
    skip && skip.source !== 'bias' ? [{ ...skip, op }] : [],
  );
  const largestShift = Math.max(0, ...skips.map((s) => s.shift));
  const lifted = skips.map((s) => s.multiplier * 2 ** (largestShift - s.shift));
  const skipLifted = unsignedBits(Math.max(1, ...lifted)) <= MAX_SKIP_MULTIPLIER_BITS;
  const skipMultiplier = Math.max(1, ...(skipLifted ? lifted : skips.map((s) => s.multiplier)));
  const skipShifts = choiceOf(skipLifted ? [largestShift] : skips.map((s) => s.shift), 6);
  const residual = 2 ** (p.RES_BITS - 1);

  const parameters: UnitParameter[] = [
    { name: 'HAS_MULT', value: flag(p.HAS_MULT), comment: 'sums are multiplied' },
    { name: 'HAS_SKIP', value: flag(skips.length > 0), comment: 'skip connections are added' },
    { name: 'SKIP_MULT_BITS', value: unsignedBits(skipMultiplier) },
    {
      name: 'SKIP_PROD_BITS',
      value: Math.max(signedBitsOf([-residual * skipMultiplier]), largestShift + 2),
      comment: 'skip word times its multiplier',
    },
    {
      name: 'BRANCH_BITS',
      value: Math.max(
        2,
        ...skips.map(({ op }) => (op.tableBase === null ? bitsAround(op) + 1 : p.TABLE_BITS)),
      ),
      comment: 'what a skip connection is added to',
    },
    { name: 'TABLE_INDEX_BITS', value: indexBits },
    { name: 'TABLE_ALIGNED', value: flag(tableAligned) },
    { name: 'TABLE_SIGNED', value: flag(signed) },
    { name: 'TABLE_BLOCK', value: flag(p.TABLE_DEPTH > MAX_LUT_DEPTH), comment: 'block RAM' },
    ...choiceParameters('SHIFT', 'SHIFTS', shifts, 'of results'),
    { name: 'WIDTHS', value: listLiteral({ values: widths, bits: 6 }) },
    { name: 'MODE_COUNT', value: modes.length, comment: 'pairs of shift and limits' },
    { name: 'MODE_SEL_BITS', value: modeBits(modes) },
    {
      name: 'MODE_SHIFTS',
      value: list(
        modes.map((m) => numberIn(shifts, m.shift)),
        selectorBits(shifts),
      ),
    },
    {
      name: 'OVERS',
      value: list(
        modes.map((m) => from(m.shift + bitsAround(m), p.PROD_BITS)),
        p.PROD_BITS,
      ),
    },
    {
      name: 'ABOVES',
      value: list(
        modes.map((m) => from(bitsAround(m), p.OUT_BITS)),
        p.OUT_BITS,
      ),
    },
    {
      name: 'SIGNEDS',
      value: list(
        modes.map((m) => (m.low < 0 ? 1 : 0)),
        1,
      ),
    },
    { name: 'BINARY', value: flag(modes.every(isBinary)) },
    {
      name: 'LOWS',
      value: list(
        modes.map((m) => m.low),
        p.OUT_BITS,
      ),
    },
    {
      name: 'HIGHS',
      value: list(
        modes.map((m) => m.high),
        p.OUT_BITS,
      ),
    },
    ...choiceParameters('SKIP_SHIFT', 'SKIP_SHIFTS', skipShifts, 'of skip connections'),
  ];
  return {
    modes,
    skipShifts,
    skipLifted,
    skipMultiplierBits: unsignedBits(skipMultiplier),
    tableAligned,
    tableAddressBits,
    parameters,
  };
}

function modesOf(operations: readonly Requantized[]): Mode[] {
  const keyed = new Map(
    operations.map(({ shift, low, high }) => [`${shift}:${low}:${high}`, { shift, low, high }]),
  );
  return [...keyed.values()].sort((a, b) => a.shift - b.shift || a.high - b.high || a.low - b.low);
}

function modeBits(modes: readonly Mode[]): number {
  return selectorBits({ values: modes.map((_, i) => i) });
}

function flag(on: boolean): number {
  return on ? 1 : 0;
}

/** The settings of one product, by the names of the unit's inputs without `_i`. */
export function epilogueSettings(
  unit: EpilogueUnit,
  {
    shift,
    low,
    high,
    tableBase,
    skip,
  }: Pick<MatmulOperation, 'shift' | 'low' | 'high' | 'tableBase' | 'skip'>,
): readonly { readonly name: string; readonly bits: number; readonly value: number }[] {
  const mode = unit.modes.findIndex((m) => m.shift === shift && m.low === low && m.high === high);
  const added = skip && skip.source !== 'bias' ? skip : null;
  const largest = unit.skipShifts.values.at(-1) as number;
  const base = (tableBase ?? 0) - (unit.tableAligned || tableBase === null ? 0 : low);
  const lift = added && unit.skipLifted ? largest - added.shift : 0;
  return [
    { name: 'mode_sel', bits: modeBits(unit.modes), value: mode },
    { name: 'table_on', bits: 1, value: flag(tableBase !== null) },
    {
      name: 'table_base',
      bits: unit.tableAddressBits,
      // Without alignment the index is counted from zero; the sum wraps.
      value:
        ((base % 2 ** unit.tableAddressBits) + 2 ** unit.tableAddressBits) %
        2 ** unit.tableAddressBits,
    },
    { name: 'skip_on', bits: 1, value: flag(added !== null) },
    {
      name: 'skip_mult',
      bits: unit.skipMultiplierBits,
      value: (added?.multiplier ?? 0) * 2 ** lift,
    },
    {
      name: 'skip_shift_sel',
      bits: selectorBits(unit.skipShifts),
      value: unit.skipLifted || !added ? 0 : numberIn(unit.skipShifts, added.shift),
    },
  ];
}
