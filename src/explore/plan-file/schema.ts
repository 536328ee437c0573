import { z } from 'zod';
import { multiplierKinds } from '../../dsl/design.ts';
import { list } from '../../dsl/faults.ts';
import type { RowsChoice } from '../../dsl/quant-choices.ts';
import { isRows, LEGAL_ROWS } from '../../dsl/quant-fields.ts';
import { oneOf, positive, setting, whole } from '../../dsl/settings.ts';
import { targetSchema } from '../../dsl/target.ts';
import { outputsForWeights } from '../../plan/index.ts';

/** Version of the form of plan files. */
export const PLAN_VERSION = 1;

const bits = z.strictObject({
  weights: whole(2, 8),
  activations: whole(2, 8),
  residual: whole(8, 16),
  ends: setting<number | null>('null, or a whole number from 2 to 8', isEnds),
  rows: setting<RowsChoice | null>(
    `null, or ${LEGAL_ROWS}`,
    (v) => v === null || isRows(v),
  ).optional(),
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

const fields = z.strictObject({
  vitrumPlan: setting<typeof PLAN_VERSION>(`${PLAN_VERSION}`, (v) => v === PLAN_VERSION),
  design: setting<string>('the name of a design', (v) => typeof v === 'string' && v !== ''),
  board,
  clockMHz: positive(1000),
  bits: bits.nullable(),
  tile: targetSchema.shape.tile.unwrap(),
  multipliers: oneOf(...multiplierKinds),
  lutOutputs: whole(0, 1023),
  lutOperands: targetSchema.shape.lutOperands,
  primitives: setting<boolean>('true or false', (v) => typeof v === 'boolean'),
  weights: weights.unwrap(),
  weightBus: setting<(typeof BUSES)[number] | null>(
    `null, or ${list(BUSES, 'or')}`,
    (v) => v === null || BUSES.some((bus) => bus === v),
  ),
});

/**
 * `plan.json`: what `PlanPoint` holds and nothing else, every field of it written out, so that a
 * person sees all that can be chosen. docs/exploration.md explains the fields.
 */
export const planSchema = fields.check((context) => {
  const { multipliers, lutOutputs, primitives, weights: place, weightBus, tile } = context.value;
  const refuse: Refuse = (path, message, sentence) => {
    const params = { sentence };
    const at = { path: path.split('.'), input: context.value };
    context.issues.push({ code: 'custom', ...at, message, params });
  };
  if (primitives && multipliers !== 'double' && multipliers !== 'quad') {
    refuse('primitives', `Legal is false: DSP primitives are for "double" and "quad".`);
  }
  const most = multipliers === 'lut' ? 0 : tile.outputs - 1;
  if (lutOutputs > most) refuse('lutOutputs', `Legal is ${most === 0 ? '0' : `0 to ${most}`}.`);
  checkRows(context.value, refuse);
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

/** Adds a fault: its field, what is legal, and a sentence where the value alone does not tell. */
type Refuse = (path: string, legal: string, sentence?: string) => void;

/** Rows of another kind are those of the outputs on LUTs, which then multiply weights alone. */
function checkRows(
  { bits: numbers, tile, lutOutputs, lutOperands = 'all' }: z.infer<typeof fields>,
  refuse: Refuse,
): void {
  const { tokens = 1, inputs, outputs, vector = 1 } = tile;
  if (lutOperands === 'weights') {
    const legal = outputsForWeights({ tokens, inputs, outputs, vector });
    const some = `Legal beside "weights": ${list(legal, 'or')}.`;
    if (!legal.includes(lutOutputs)) {
      refuse('lutOutputs', legal.length > 0 ? some : 'Legal is 0, with "lutOperands": "all".');
      return;
    }
  }
  const rows = numbers?.rows;
  if (!rows) return;
  if (lutOperands !== 'weights') {
    refuse('lutOperands', 'Legal is "weights": `rows` are for outputs that multiply them alone.');
  } else if (rows.of !== outputs || rows.outputs !== lutOutputs) {
    const own = `they are ${rows.outputs} of every ${rows.of}, and the outputs on LUTs ${lutOutputs} of ${outputs}.`;
    refuse('bits.rows', `Legal here is "outputs": ${lutOutputs}, "of": ${outputs}.`, own);
  }
}

export type PlanFile = z.infer<typeof planSchema>;
