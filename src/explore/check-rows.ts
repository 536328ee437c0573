import { DiagnosticsError } from '../diagnostics/index.ts';
import type { AnyDesign } from '../dsl/load.ts';
import type { ExploreOptions } from './options.ts';
import { bitsName } from './space.ts';
import type { PlanBits } from './types.ts';

/**
 * Throws `DiagnosticsError` VT426: rows of another kind are asked for, and no plan can have them.
 *
 * @param searched the bits of all plans
 */
export function checkRows(
  design: AnyDesign,
  { rows, splits, allocator = 'uniform' }: ExploreOptions,
  searched: readonly (PlanBits | null)[],
): void {
  if (!rows || rows.length === 0 || searched.some((bits) => bits?.rows)) return;
  const kinds = rows.map(({ kind, bits }) => `${kind}:${bits}`).join(', ');
  const names = searched.map((bits) => bits && bitsName(bits)).join(', ');
  const { lutOutputs, lutOperands, multipliers } = design.target;
  const [setting] = Object.entries({ lutOutputs, lutOperands, multipliers }).filter(
    ([, value]) => value !== undefined,
  );
  const isNarrow = (bits: PlanBits | null) => rows.every((row) => row.bits >= (bits?.weights ?? 0));
  const reasons: readonly (readonly [is: boolean, why: string, hint: string])[] = [
    [searched.includes(null), 'the integers of the design are given', 'Leave rows out.'],
    [splits === false, 'no outputs are to be on LUTs', 'Leave one of the two out.'],
    [allocator !== 'uniform', `${allocator} chooses bits without them`, 'Legal is uniform.'],
    [
      searched.every(isNarrow),
      `the weights have no more bits: ${names}`,
      'Legal are rows of fewer bits than the weights.',
    ],
    [
      true,
      `the target of the design has ${setting?.join(': ')}`,
      'Legal is a target that allows outputs on LUTs for weights alone.',
    ],
  ];
  const [, why, hint] = reasons.find(([is]) => is) as (typeof reasons)[number];
  throw new DiagnosticsError([
    {
      code: 'VT426',
      message: `Rows of ${kinds} are asked for, and ${why}.`,
      hint,
      place: design.places.target,
    },
  ]);
}
