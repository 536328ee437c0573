import { table } from '../../src/cli/text.ts';
import { multiplierKinds } from '../../src/dsl/design.ts';
import type { ArrayShape } from '../../src/plan/array.ts';
import { synthesizeArrayByModule } from './array-synthesis.ts';
import type { Measured } from './measured.ts';

/** Arrays of 1024 products a cycle: bits of both operands, kind of multipliers, primitives or not. */
const variants: readonly Omit<ArrayShape, 'tokens' | 'inputs' | 'outputs'>[] = [
  { aBits: 3, bBits: 3, style: 3, cell: 0 },
  { aBits: 4, bBits: 4, style: 3, cell: 0 },
  { aBits: 4, bBits: 4, style: 2, cell: 0 },
  { aBits: 4, bBits: 4, style: 2, cell: 1 },
  { aBits: 8, bBits: 8, style: 1, cell: 0 },
  { aBits: 8, bBits: 8, style: 1, cell: 1 },
  { aBits: 8, bBits: 8, style: 0, cell: 0 },
  { aBits: 8, bBits: 3, style: 3, cell: 0 },
  { aBits: 8, bBits: 4, style: 3, cell: 0 },
  { aBits: 8, bBits: 5, style: 3, cell: 0 },
  { aBits: 8, bBits: 8, style: 3, cell: 0 },
  { aBits: 8, bBits: 8, style: 1, cell: 1, lutOutputs: 4 },
  // Parts for weights alone: fixed point, and codes of powers of two, of exponents 0..2 and 0..6.
  ...[3, 4, 5, 6, 8].map(
    (bBits) => ({ aBits: 8, bBits, style: 3, cell: 0, byRows: true }) as const,
  ),
  { aBits: 8, bBits: 3, style: 3, cell: 0, byRows: true, powers: true },
  { aBits: 8, bBits: 4, style: 3, cell: 0, byRows: true, powers: true },
  { aBits: 4, bBits: 4, style: 3, cell: 0, byRows: true },
  { aBits: 4, bBits: 4, style: 3, cell: 0, byRows: true, powers: true },
];

/** Cells of the array alone, by kind of multipliers and bits. */
export async function arrayTable(jobs: number, onRun: (text: string) => void): Promise<Measured> {
  const json: object[] = [];
  const rows: string[][] = [];
  let tool = '';
  for (const variant of variants) {
    const { aBits, bBits, style, cell } = variant;
    const shape = { tokens: 2, inputs: 32, outputs: 16, ...variant };
    const split = variant.lutOutputs ? `, ${variant.lutOutputs} of 16 on LUTs` : '';
    const bits = `${aBits} x ${bBits}`;
    const weights = variant.byRows ? (variant.powers ? ', powers of two' : ', weights alone') : '';
    const kind = `${multiplierKinds[style]}${cell === 1 ? ', primitives' : ''}${split}${weights}`;
    onRun(`array ${bits} ${kind}`);
    const cells = await synthesizeArrayByModule(shape, { jobs, onRun: (t) => onRun(`  ${t}`) });
    tool = cells.tool;
    const productsPerDsp = cells.dsp > 0 ? cells.productsPerDsp : null;
    json.push({ ...shape, multipliers: multiplierKinds[style], ...cells, productsPerDsp });
    rows.push([
      ...[`  ${bits}`, kind, String(cells.lut), String(cells.lutram), String(cells.ff)],
      ...[String(cells.dsp), cells.lutPerProduct.toFixed(1), cells.ffPerProduct.toFixed(1)],
      productsPerDsp === null ? '' : productsPerDsp.toFixed(2),
    ]);
  }
  const head = ['', 'multipliers', 'LUT', 'LUTRAM', 'FF', 'DSP', 'LUT/product', 'FF/product'];
  const text = [
    `the array alone, 2 x 32 x 16 products a cycle, registers of the tile inside; ${tool}`,
    table([[...head, 'products/DSP'], ...rows], [2, 3, 4, 5, 6, 7, 8]),
  ].join('\n');
  return { text, json };
}
