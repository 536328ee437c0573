import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { synthesisPassed, synthesize } from '../../src/synth/index.ts';

const COUNTER = `
module counter #(parameter WIDTH = 8) (
    input wire clk_i, input wire rst_i, output reg [WIDTH-1:0] count_o);
  always @(posedge clk_i)
    if (rst_i) count_o <= {WIDTH{1'b0}};
    else count_o <= count_o + 1'b1;
endmodule
`;

/** 1024 x 16 bit = 16 kbit: one half of a block RAM. The file name comes through a parameter. */
const ROM = `
module rom #(parameter MEMORY_FILE = "") (
    input wire clk_i, input wire [9:0] address_i, output reg [15:0] data_o);
  (* ram_style = "block" *) reg [15:0] memory [0:1023];
  initial $readmemh(MEMORY_FILE, memory, 0, 1023);
  always @(posedge clk_i) data_o <= memory[address_i];
endmodule
`;

const MULTIPLIER = `
module multiplier (input wire clk_i, input wire signed [7:0] a_i, input wire signed [7:0] b_i,
    output reg signed [15:0] product_o);
  always @(posedge clk_i) product_o <= a_i * b_i;
endmodule
`;

/** 32 x 8 bit: one RAM32M16, that is 8 LUTs. */
const SCRATCH = `
module scratch (input wire clk_i, input wire write_i, input wire [4:0] address_i,
    input wire [4:0] read_i, input wire [7:0] data_i, output wire [7:0] data_o);
  (* ram_style = "distributed" *) reg [7:0] memory [0:31];
  always @(posedge clk_i) if (write_i) memory[address_i] <= data_i;
  assign data_o = memory[read_i];
endmodule
`;

const TOP = `
module top (input wire clk_i, input wire rst_i, input wire [9:0] address_i,
    input wire signed [7:0] a_i, input wire signed [7:0] b_i,
    output wire [7:0] count8_o, output wire [3:0] count4_o, output wire [3:0] other4_o,
    output wire [15:0] data_o, output wire signed [15:0] product_o, output wire [7:0] scratch_o);
  counter #(.WIDTH(8)) u_count8 (.clk_i(clk_i), .rst_i(rst_i), .count_o(count8_o));
  counter #(.WIDTH(4)) u_count4 (.clk_i(clk_i), .rst_i(rst_i), .count_o(count4_o));
  counter #(.WIDTH(4)) u_other4 (.clk_i(clk_i), .rst_i(rst_i), .count_o(other4_o));
  rom #(.MEMORY_FILE("mem/rom.mem")) u_rom (
      .clk_i(clk_i), .address_i(address_i), .data_o(data_o));
  multiplier u_multiplier (.clk_i(clk_i), .a_i(a_i), .b_i(b_i), .product_o(product_o));
  scratch u_scratch (.clk_i(clk_i), .write_i(rst_i), .address_i(address_i[4:0]),
      .read_i(address_i[9:5]), .data_i(a_i), .data_o(scratch_o));
endmodule
`;

const BAD = `
module bad (input wire enable_i, input wire clk_i, input wire d_i,
    output reg latch_o, output wire [7:0] undriven_o, output wire twice_o,
    output wire [3:0] narrow_o);
  wire [7:0] floating;
  assign undriven_o = floating;
  always @* if (enable_i) latch_o = d_i;
  assign twice_o = d_i;
  assign twice_o = enable_i;
  counter #(.WIDTH(8)) u_counter (.clk_i(clk_i), .rst_i(d_i), .count_o(narrow_o));
endmodule
`;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitrum-test-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const romContents = Array.from({ length: 1024 }, (_, i) => ((i * 40503) & 0xffff).toString(16));

describe.concurrent('Yosys from npm', { timeout: 240_000 }, () => {
  test('counts resources; what has no units is one', async () => {
    const folder = folderWith({
      'rtl/units.v': COUNTER + ROM + MULTIPLIER + SCRATCH,
      'rtl/top.v': TOP,
      'mem/rom.mem': romContents.join('\n'),
    });
    const report = await synthesize({
      folder,
      files: ['rtl/units.v', 'rtl/top.v'],
      top: 'top',
      family: 'xcup',
      native: false,
    });
    expect(report.faults).toEqual([]);
    expect(synthesisPassed(report)).toBe(true);
    expect(report).toMatchObject({ dsp: 1, bram36: 0.5, lutram: 8, uram: 0, latches: 0 });
    expect(report.tool).toMatch(/^Yosys \d+\.\d+ \(npm\)$/);
    const { lut, lutram, ff, dsp, bram36, uram } = report;
    const cells = { lut, lutram, ff, dsp, bram36, uram };
    expect(report.modules).toEqual([{ name: 'top', group: 'wiring', instances: 1, ...cells }]);
    // Three counters, and the product, whose register Yosys leaves outside of the DSP.
    expect(ff).toBe(8 + 4 + 4 + 16);
  });

  test('names latches, undriven, multiply driven and truncated nets', async () => {
    const folder = folderWith({ 'bad.v': COUNTER + BAD });
    const report = await synthesize({
      folder,
      files: ['bad.v'],
      top: 'bad',
      family: 'ecp5',
      native: false,
    });
    expect(synthesisPassed(report)).toBe(false);
    expect(report.family).toBe('xcup');
    expect(report.latches).toBe(1);
    const faults = report.faults.join('\n');
    expect(faults).toMatch(/Latch inferred for bad.latch_o/);
    expect(faults).toMatch(/bad.floating \[7\] is used but has no driver/);
    expect(faults).toMatch(/conflicting drivers for bad\./);
    expect(faults).toMatch(/Resizing cell port bad.u_counter.count_o from 4 bits to 8 bits/);
  });

  test('a missing memory file and a syntax error are faults, not crashes', async () => {
    const files = ['rom.v'];
    const missing = folderWith({ 'rom.v': ROM.replace('""', '"mem/none.mem"') });
    const noMemory = await synthesize({
      folder: missing,
      files,
      top: 'rom',
      family: 'xcup',
      native: false,
    });
    expect(noMemory.faults.join('\n')).toMatch(/none\.mem/);
    const broken = folderWith({ 'rom.v': 'module rom (input wire a; endmodule' });
    const syntax = await synthesize({
      folder: broken,
      files,
      top: 'rom',
      family: 'xcup',
      native: false,
    });
    expect(syntax.faults.join('\n')).toMatch(/rom\.v:1: ERROR: syntax error/);
    expect(synthesisPassed(syntax)).toBe(false);
  });

  test('a source that is not there is reported by name', async () => {
    const folder = folderWith({});
    const run = synthesize({ folder, files: ['a.v'], top: 'a', family: 'xcup', native: false });
    await expect(run).rejects.toThrow('there is no a.v to synthesize');
  });
});
