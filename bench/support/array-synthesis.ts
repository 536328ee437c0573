import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArrayShape } from '../../src/plan/array.ts';
import { dotBits } from '../../src/plan/array.ts';
import { type SynthReport, synthesize } from '../../src/synth/index.ts';

/** Cells of an array, and the same for one product per cycle. */
export interface ArrayCells {
  readonly products: number;
  readonly lut: number;
  readonly lutram: number;
  readonly ff: number;
  readonly dsp: number;
  readonly lutPerProduct: number;
  readonly ffPerProduct: number;
  readonly productsPerDsp: number;
  readonly seconds: number;
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
  const { tokens, inputs, outputs } = shape;
  const folder = mkdtempSync(join(tmpdir(), 'vitrum-array-'));
  try {
    const cells = readdirSync(library).filter((name) =>
      /^vt_(mac|dot|dsp|sum|product|delay\.)/.test(name),
    );
    for (const name of cells) writeFileSync(join(folder, name), readFileSync(join(library, name)));
    writeFileSync(join(folder, `${TOP}.v`), topVerilog(shape));
    const files = [...cells, `${TOP}.v`];
    const report = await synthesize({ folder, files, top: TOP, family: 'xcup', flatten: true });
    if (report.faults.length > 0) throw new Error(report.faults.join('\n'));
    return cellsOf(report, tokens * inputs * outputs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cellsOf(report: SynthReport, products: number): ArrayCells {
  const { lut, lutram, ff, dsp, seconds } = report;
  return {
    products,
    lut,
    lutram,
    ff,
    dsp,
    lutPerProduct: (lut + lutram) / products,
    ffPerProduct: ff / products,
    productsPerDsp: products / dsp,
    seconds,
  };
}

function topVerilog(shape: ArrayShape): string {
  const { tokens, inputs, outputs, aBits, bBits, style, cell } = shape;
  const ports = [
    ['a', tokens * inputs * aBits],
    ['a_signed', 1],
    ['row_valid', 1],
    ['row', inputs * bBits],
    ['col_valid', 1],
    ['col', outputs * bBits],
    ['row_signed_next', 1],
    ['swap', 1],
  ] as const;
  return [
    `module ${TOP} (`,
    '  input wire clk_i,',
    ...ports.map(([name, bits]) => `  input wire [${bits - 1}:0] ${name}_i,`),
    `  output wire [${tokens * outputs * dotBits(shape) - 1}:0] dot_o`,
    ');',
    `  vt_mac_array #(.TP(${tokens}), .TI(${inputs}), .TO(${outputs}), .A_BITS(${aBits}),`,
    `    .B_BITS(${bBits}), .STYLE(${style}), .CELL(${cell})) u_array (`,
    '    .clk_i(clk_i),',
    ...ports.map(([name]) => `    .${name}_i(${name}_i),`),
    '    .dot_o(dot_o));',
    'endmodule',
    '',
  ].join('\n');
}
