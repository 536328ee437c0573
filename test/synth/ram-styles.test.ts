import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { synthesize } from '../../src/synth/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrum-ram-'));
const library = fileURLToPath(new URL('../../templates/rtl/vt_ram.v', import.meta.url));
copyFileSync(library, join(folder, 'vt_ram.v'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A memory of two banks of 9 bits with a style. */
const ram = (style: string) => `
  wire [17:0] ${style};
  vt_ram #(.BANKS(2), .BANK_BITS(9), .DEPTH(600), .ADDR_BITS(10), .RAM_STYLE("${style}")) u_${style} (
    .clk_i(clk_i), .we_i(we_i), .waddr_i(waddr_i), .wdata_i(data_i), .raddr_i(raddr_i),
    .rdata_o(${style}));`;

const TOP = `
module top (input wire clk_i, input wire [1:0] we_i, input wire [9:0] waddr_i,
    input wire [9:0] raddr_i, input wire [17:0] data_i, output wire [53:0] data_o);
${['distributed', 'block', 'ultra'].map(ram).join('')}
  assign data_o = {distributed, block, ultra};
endmodule
`;

test('a memory lies where its style says', { timeout: 600_000 }, async () => {
  writeFileSync(join(folder, 'top.v'), TOP);
  const report = await synthesize({
    ...{ folder, files: ['vt_ram.v', 'top.v'], top: 'top', family: 'xcup' },
    ...{ native: false, ultraRam: true },
  });
  expect(report.faults).toEqual([]);
  // A bank is a memory of its own: 600 x 9 are ten rows of two RAM64M8, one RAMB18, one UltraRAM.
  expect(report).toMatchObject({ lutram: 2 * 10 * 2 * 8, bram36: 2 * 0.5, uram: 2 });
});

test('segments are blocks that clear their own registers', { timeout: 600_000 }, async () => {
  writeFileSync(
    join(folder, 'cut.v'),
    `module cut (input wire clk_i, input wire we_i, input wire [11:0] waddr_i,
    input wire [11:0] raddr_i, input wire [37:0] data_i, output wire [37:0] data_o);
  vt_ram #(.BANKS(1), .BANK_BITS(38), .DEPTH(2376), .ADDR_BITS(12), .RAM_STYLE("block"),
    .SEGMENT_WORDS(512), .SEGMENT_BITS(36)) u_cut (
    .clk_i(clk_i), .we_i(we_i), .waddr_i(waddr_i), .wdata_i(data_i), .raddr_i(raddr_i),
    .rdata_o(data_o));
endmodule
`,
  );
  const report = await synthesize({
    ...{ folder, files: ['vt_ram.v', 'cut.v'], top: 'cut', family: 'xcup' },
    ...{ native: false, ultraRam: false },
  });
  expect(report.faults).toEqual([]);
  // Five blocks of 18 kbit and one for two bits; a LUT a bit, and two a segment. No registers.
  expect(report).toMatchObject({ bram36: 6 * 0.5, lutram: 0, ff: 0 });
  expect(report.lut).toBeLessThanOrEqual(36 + 2 * 5 + 1);
});
