import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { synthesizeModules } from '../../bench/support/module-synthesis.ts';
import { addUtilization, NOTHING } from '../../src/synth/cells.ts';
import { synthesize, type Utilization } from '../../src/synth/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrum-module-synthesis-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An engine in small: units, a memory that two of them have in common, and wiring. */
const source = `
module vt_ram #(parameter W = 8) (input wire clk_i, input wire we_i, input wire [9:0] a_i,
                                  input wire [W-1:0] d_i, output reg [W-1:0] q_o);
  reg [W-1:0] mem [0:1023];
  always @(posedge clk_i) begin
    if (we_i) mem[a_i] <= d_i;
    q_o <= mem[a_i];
  end
endmodule
module vt_delay (input wire clk_i, input wire [17:0] d_i, output reg [17:0] q_o);
  always @(posedge clk_i) q_o <= d_i;
endmodule
module vt_softmax (input wire clk_i, input wire [17:0] x_i, output wire [17:0] y_o);
  wire [17:0] late;
  reg [35:0] p_q;
  vt_delay u_delay (.clk_i(clk_i), .d_i(x_i), .q_o(late));
  always @(posedge clk_i) p_q <= late * x_i;
  vt_ram #(.W(18)) u_ram (.clk_i(clk_i), .we_i(late[0]), .a_i(late[9:0]), .d_i(p_q[17:0]),
                          .q_o(y_o));
endmodule
module t_core (input wire clk_i, input wire [17:0] x_i, output wire [17:0] y_o);
  wire [17:0] a, b;
  vt_softmax u_a (.clk_i(clk_i), .x_i(x_i), .y_o(a));
  vt_softmax u_b (.clk_i(clk_i), .x_i(a), .y_o(b));
  vt_ram #(.W(18)) u_ram (.clk_i(clk_i), .we_i(b[0]), .a_i(b[9:0]), .d_i(a ^ b), .q_o(y_o));
endmodule
module t_top (input wire clk_i, input wire [17:0] x_i, output wire [17:0] y_o);
  t_core u_core (.clk_i(clk_i), .x_i(x_i), .y_o(y_o));
endmodule
`;

test('groups add up to the whole, which is what one hierarchical synthesis counts', async () => {
  writeFileSync(join(folder, 't.v'), source);
  const run = { folder, files: ['t.v'], top: 't_top' };
  const cells = await synthesizeModules(run);
  const whole = Object.values(cells.groups).reduce<Utilization>(
    (sum, group) => addUtilization(sum, group),
    NOTHING,
  );
  expect(whole).toEqual(cells.whole);
  expect(cells.faults).toEqual([]);
  expect(cells.latches).toBe(0);
  // An unsigned product of 18 x 18 bits takes two DSPs.
  expect(cells.groups.softmax).toMatchObject({ dsp: 4, bram36: 1 });
  expect(cells.groups.memories).toMatchObject({ dsp: 0, bram36: 0.5 });
  expect(cells.groups.wiring.lut).toBe(18);

  const { lut, lutram, ff, dsp, bram36, uram } = await synthesize({
    ...run,
    family: 'xcup',
    native: false,
  });
  expect({ lut, lutram, ff, dsp, bram36, uram }).toEqual(cells.whole);

  // All of it comes from the cache the second time.
  const runs: string[] = [];
  const again = await synthesizeModules({ ...run, onRun: (text) => runs.push(text) });
  expect(runs).toEqual([]);
  expect(again).toEqual(cells);
}, 900_000);
