import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { addUtilization, NOTHING } from '../../src/synth/cells.ts';
import { groupUtilization, synthesize, type Utilization } from '../../src/synth/index.ts';

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

test('units add up to the whole, which is what one flat synthesis counts here', async () => {
  writeFileSync(join(folder, 't.v'), source);
  const run = { folder, files: ['t.v'], top: 't_top', family: 'xcup', native: false } as const;
  const report = await synthesize(run);
  expect(report).toMatchObject({ faults: [], latches: 0 });
  const whole = cellsOf(report);
  expect(report.modules.reduce<Utilization>((sum, m) => addUtilization(sum, m), NOTHING)).toEqual(
    whole,
  );
  // An unsigned product of 18 x 18 bits takes two DSPs.
  const groups = groupUtilization(report.modules);
  expect(groups.softmax).toMatchObject({ dsp: 4, bram36: 1 });
  expect(groups.memories).toMatchObject({ dsp: 0, bram36: 0.5 });
  expect(groups.wiring.lut).toBe(18);

  expect(cellsOf(await synthesize({ ...run, flatten: true }))).toEqual(whole);

  // All of it comes from the cache the second time.
  const runs: string[] = [];
  const again = await synthesize({ ...run, onRun: (text) => runs.push(text) });
  expect(runs).toEqual([]);
  expect({ ...again, seconds: 0 }).toEqual({ ...report, seconds: 0 });
}, 900_000);

function cellsOf({ lut, lutram, ff, dsp, bram36, uram }: Utilization): Utilization {
  return { lut, lutram, ff, dsp, bram36, uram };
}
