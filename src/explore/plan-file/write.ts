import type { MixedRows } from '../../dsl/quant-method.ts';
import type { PlanPoint } from '../types.ts';
import { PLAN_VERSION } from './schema.ts';

/** The text of a plan file: the same bytes for the same point, fields in one order, a group a line. */
export function planText(design: string, point: PlanPoint): string {
  const { board, clockMHz, bits, tile, multipliers, primitives } = point;
  const { weights, weightBus, lutOutputs, lutOperands } = point;
  const fields: readonly (readonly [string, unknown])[] = [
    ['vitrumPlan', PLAN_VERSION],
    ['design', design],
    ['board', board],
    ['clockMHz', clockMHz],
    [
      'bits',
      bits && {
        weights: bits.weights,
        activations: bits.activations,
        residual: bits.residual,
        ends: bits.ends,
        rows: bits.rows && rowsText(bits.rows),
        layers: bits.layers,
      },
    ],
    [
      'tile',
      { tokens: tile.tokens, inputs: tile.inputs, outputs: tile.outputs, vector: tile.vector },
    ],
    ['multipliers', multipliers],
    ['lutOutputs', lutOutputs],
    ['lutOperands', lutOperands],
    ['primitives', primitives],
    ['weights', weights],
    ['weightBus', weightBus],
  ];
  const lines = fields.map(([name, value]) => `  ${JSON.stringify(name)}: ${inLine(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** As a design writes them. */
const rowsText = ({ kind, bits, outputs, of }: MixedRows) => ({ [kind]: bits, outputs, of });

/** JSON in one line with spaces. */
function inLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${inLine(inner)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
