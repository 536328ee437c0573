import { z } from 'zod';
import { multiplierKinds } from '../../dsl/design.ts';
import { list } from '../../dsl/faults.ts';
import { oneOf, positive, setting, whole } from '../../dsl/settings.ts';
import { targetSchema } from '../../dsl/target.ts';

/** Version of the form of plan files. */
export const PLAN_VERSION = 1;

const bits = z.strictObject({
  weights: whole(2, 8),
  activations: whole(2, 8),
  residual: whole(8, 16),
  ends: setting<number | null>('null, or a whole number from 2 to 8', isEnds),
  layers: z
    .record(
      z.string(),
      z.strictObject({
        weights: whole(2, 8).optional(),
        activations: whole(2, 8).optional(),
      }),
    )
    .nullable(),
});

function isEnds(v: unknown): boolean {
  return v === null || (Number.isInteger(v) && Number(v) >= 2 && Number(v) <= 8);
}

const { board, weights } = targetSchema.shape;
const BUSES = [64, 128, 256, 512] as const;

/**
 * `plan.json`: what `PlanPoint` holds and nothing else, every field of it written out, so that a
 * person sees all that can be chosen. docs/exploration.md explains the fields.
 */
export const planSchema = z
  .strictObject({
    vitrumPlan: setting<typeof PLAN_VERSION>(`${PLAN_VERSION}`, (v) => v === PLAN_VERSION),
    design: setting<string>('the name of a design', (v) => typeof v === 'string' && v !== ''),
    board,
    clockMHz: positive(1000),
    bits: bits.nullable(),
    tile: targetSchema.shape.tile.unwrap(),
    multipliers: oneOf(...multiplierKinds),
    lutOutputs: whole(0, 1023),
    primitives: setting<boolean>('true or false', (v) => typeof v === 'boolean'),
    weights: weights.unwrap(),
    weightBus: setting<(typeof BUSES)[number] | null>(
      `null, or ${list(BUSES, 'or')}`,
      (v) => v === null || BUSES.some((bus) => bus === v),
    ),
  })
  .check((context) => {
    const { multipliers, lutOutputs, primitives, weights: place, weightBus, tile } = context.value;
    const refuse = (path: string, message: string) =>
      context.issues.push({ code: 'custom', path: path.split('.'), message, input: context.value });
    if (primitives && multipliers !== 'double' && multipliers !== 'quad') {
      refuse('primitives', `Legal is false: DSP primitives are for "double" and "quad".`);
    }
    const most = multipliers === 'lut' ? 0 : tile.outputs - 1;
    if (lutOutputs > most) refuse('lutOutputs', `Legal is ${most === 0 ? '0' : `0 to ${most}`}.`);
    if (place === 'onChip' && weightBus !== null) {
      refuse('weightBus', 'Legal is null: the weights lie on chip.');
    }
    if (place === 'external' && weightBus === null) {
      refuse('weightBus', `Legal is ${list(BUSES, 'or')}: the weights lie in external memory.`);
    }
    for (const side of ['tokens', 'vector'] as const) {
      if (tile[side] === undefined) refuse(`tile.${side}`, 'Legal is a divisor of both sides.');
    }
  });

export type PlanFile = z.infer<typeof planSchema>;
