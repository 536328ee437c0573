import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  const { tokens, inputs, outputs, aBits, bBits, byRows = false } = shape;
  const sides = `.TP(${tokens}), .TI(${inputs}), .TO(${outputs}), .A_BITS(${aBits})`;
  const ports = [
    ['a', tokens * inputs * aBits],
    ['a_signed', 1],
    ['row_valid', 1],
    ['row', inputs * bBits],
    ...(byRows ? [] : ([['col_valid', 1] as const, ['col', outputs * bBits] as const] as const)),
    ['swap', 1],
  ] as const;
  return [
    `module ${TOP} (`,
    '  input wire clk_i,',
    ...ports.map(([name, bits]) => `  input wire [${bits - 1}:0] ${name}_i,`),
    `  output wire [${tokens * outputs * dotBits(shape) - 1}:0] dot_o`,
    ');',
    byRows ? partVerilog(shape, sides) : arrayVerilog(shape, sides),
    '    .clk_i(clk_i),',
    ...ports.map(([name]) => `    .${name}_i(${name}_i),`),
    '    .dot_o(dot_o));',
    'endmodule',
    '',
  ].join('\n');
}

function arrayVerilog(shape: ArrayShape, sides: string): string {
  const { bBits, style, cell, lutOutputs = 0 } = shape;
  const delays = splitDelays(shape);
  return [
    `  vt_mac_array #(${sides}, .B_BITS(${bBits}), .STYLE(${style}), .CELL(${cell}),`,
    `    .LUT_TO(${lutOutputs}), .DSP_DELAY(${delays.dsp}), .LUT_DELAY(${delays.lut})) u_array (`,
    "    .row_keys_i(1'b0),",
  ].join('\n');
}

/** The part of an array that multiplies weights alone, which come by rows. */
function partVerilog({ outputs, bBits, powers }: ArrayShape, sides: string): string {
  return powers
    ? `  vt_mac_shift #(${sides}, .E_BITS(${bBits - 1})) u_part (`
    : `  vt_mac_lut #(${sides}, .B_BITS(${bBits}), .COLUMNS(0)) u_part (.col_valid_i(1'b0), .col_i(${outputs * bBits}'d0),`;
}
