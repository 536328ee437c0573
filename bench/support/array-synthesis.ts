import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArrayShape } from '../../src/plan/array.ts';
import { dotBits, splitDelays } from '../../src/plan/array.ts';
import { synthesize, type Utilization } from '../../src/synth/index.ts';

/** Cells of an array, and the same for one product per cycle. */
export interface ArrayCells {
  readonly products: number;
  readonly lut: number;
  readonly lutram: number;
  readonly ff: number;
  readonly dsp: number;
  readonly lutPerProduct: number;
  readonly ffPerProduct: number;
  /** Infinite without DSPs. */
  readonly productsPerDsp: number;
}

const library = fileURLToPath(new URL('../../templates/rtl/', import.meta.url));
const TOP = 'array_top';

/**
 * The array alone, flattened, on UltraScale+ cells. Registers, shadow registers and the selection
 * between fill directions are inside; nothing is left out but inverters.
 *
 * Throws `Error` when the synthesis reports a fault.
 */
export async function synthesizeArray(shape: ArrayShape): Promise<ArrayCells> {
  return withSources(shape, async (folder, files) => {
    const report = await synthesize({ folder, files, top: TOP, family: 'xcup', flatten: true });
    if (report.faults.length > 0) throw new Error(report.faults.join('\n'));
    return cellsOf(report, shape);
  });
}

/**
 * The same with the chains, trees and products of the array each synthesized once and counted as
 * often as they occur: for arrays that are too large to be flattened. About as many cells, because
 * there are registers between them.
 */
export async function synthesizeArrayByModule(
  shape: ArrayShape,
  options: { readonly jobs?: number; readonly onRun?: (text: string) => void } = {},
): Promise<ArrayCells & { readonly tool: string }> {
  return withSources(shape, async (folder, files) => {
    const report = await synthesize({
      ...{ folder, files, top: TOP, family: 'xcup', native: false },
      ...options,
    });
    if (report.faults.length > 0) throw new Error(report.faults.join('\n'));
    return { ...cellsOf(report, shape), tool: report.tool };
  });
}

const POWER_OF_TWO = 'power_of_two_dot';
const powerOfTwoSource = fileURLToPath(new URL(`../verilog/${POWER_OF_TWO}.v`, import.meta.url));

/**
 * Shift-and-add products of 8-bit codes with weights that are signed powers of two: a dot product of
 * 32 elements, for comparison. Weights have a sign and `bits - 1` bits of exponent.
 */
export async function synthesizePowerOfTwo(bits: number): Promise<ArrayCells> {
  const shape = { tokens: 1, inputs: 32, outputs: 1, aBits: 8, bBits: bits };
  const folder = mkdtempSync(join(tmpdir(), 'vitrum-array-'));
  try {
    const parts = ['vt_sum_tree.v', 'vt_delay.v'];
    for (const name of parts) copyFileSync(join(library, name), join(folder, name));
    const source = readFileSync(powerOfTwoSource, 'utf8');
    const own = source.replace('parameter E_BITS = 3', `parameter E_BITS = ${bits - 1}`);
    writeFileSync(join(folder, `${POWER_OF_TWO}.v`), own);
    const files = [...parts, `${POWER_OF_TWO}.v`];
    const report = await synthesize({
      ...{ folder, files, top: POWER_OF_TWO, family: 'xcup', flatten: true },
    });
    return cellsOf(report, { ...shape, style: 3, cell: 0 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withSources<T>(
  shape: ArrayShape,
  run: (folder: string, files: readonly string[]) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrum-array-'));
  try {
    const cells = readdirSync(library).filter((name) =>
      /^vt_(mac|dot|dsp|sum|product|delay\.)/.test(name),
    );
    for (const name of cells) writeFileSync(join(folder, name), readFileSync(join(library, name)));
    writeFileSync(join(folder, `${TOP}.v`), topVerilog(shape));
    return await run(folder, [...cells, `${TOP}.v`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cellsOf({ lut, lutram, ff, dsp }: Utilization, shape: ArrayShape): ArrayCells {
  const products = shape.tokens * shape.inputs * shape.outputs;
  return {
    products,
    lut,
    lutram,
    ff,
    dsp,
    lutPerProduct: (lut + lutram) / products,
    ffPerProduct: ff / products,
    productsPerDsp: products / dsp,
  };
}

function topVerilog(shape: ArrayShape): string {
  const { tokens, inputs, outputs, aBits, bBits, style, cell, lutOutputs = 0 } = shape;
  const delays = splitDelays(shape);
  const ports = [
    ['a', tokens * inputs * aBits],
    ['a_signed', 1],
    ['row_valid', 1],
    ['row', inputs * bBits],
    ['col_valid', 1],
    ['col', outputs * bBits],
    ['swap', 1],
  ] as const;
  return [
    `module ${TOP} (`,
    '  input wire clk_i,',
    ...ports.map(([name, bits]) => `  input wire [${bits - 1}:0] ${name}_i,`),
    `  output wire [${tokens * outputs * dotBits(shape) - 1}:0] dot_o`,
    ');',
    `  vt_mac_array #(.TP(${tokens}), .TI(${inputs}), .TO(${outputs}), .A_BITS(${aBits}),`,
    `    .B_BITS(${bBits}), .STYLE(${style}), .CELL(${cell}),`,
    `    .LUT_TO(${lutOutputs}), .DSP_DELAY(${delays.dsp}), .LUT_DELAY(${delays.lut})) u_array (`,
    '    .clk_i(clk_i),',
    ...ports.map(([name]) => `    .${name}_i(${name}_i),`),
    '    .dot_o(dot_o));',
    'endmodule',
    '',
  ].join('\n');
}
