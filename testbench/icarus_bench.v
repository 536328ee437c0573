// A second opinion from a simulator with four states: frames in, results out, both stalled at
// random. A result with an unknown bit is a difference. See src/verify/icarus.ts.
//
//   +input=FILE     beats of all frames, one a line
//   +expected=FILE  results of all frames, one a line
//
// Prints `RESULT <results taken> <differences> <first difference or -1> <cycles>`.
`timescale 1ns/1ns
`default_nettype none
module icarus_bench;
  parameter DATA_BITS = 32;      // of s_axis
  parameter BEATS     = 49;      // of a frame
  parameter CLASSES   = 10;
  parameter FRAMES    = 3;
  parameter SEED      = 1;
  parameter LIMIT     = 100000;  // cycles without any progress

  reg                  aclk, aresetn, in_valid, in_last, out_ready, accepted;
  reg  [DATA_BITS-1:0] in_data;
  wire                 in_ready, out_valid, out_last;
  wire [31:0]          out_data;

  `DUT u_dut (
    .aclk(aclk), .aresetn(aresetn),
    .s_axis_tdata(in_data), .s_axis_tvalid(in_valid), .s_axis_tready(in_ready), .s_axis_tlast(in_last),
    .m_axis_tdata(out_data), .m_axis_tvalid(out_valid), .m_axis_tready(out_ready), .m_axis_tlast(out_last),
    .s_axil_awaddr(6'd0), .s_axil_awvalid(1'b0), .s_axil_awready(),
    .s_axil_wdata(32'd0), .s_axil_wstrb(4'd0), .s_axil_wvalid(1'b0), .s_axil_wready(),
    .s_axil_bresp(), .s_axil_bvalid(), .s_axil_bready(1'b0),
    .s_axil_araddr(6'd0), .s_axil_arvalid(1'b0), .s_axil_arready(),
    .s_axil_rdata(), .s_axil_rresp(), .s_axil_rvalid(), .s_axil_rready(1'b0)
  );

  reg [DATA_BITS-1:0] inputs   [0:FRAMES*BEATS-1];
  reg [31:0]          expected [0:FRAMES*CLASSES-1];
  reg [8191:0]        input_file, expected_file;
  integer             seed, fed, taken, differences, first, cycle, progress;

  // What the coming rising edge transfers, just before it. `!==` and `===` see unknown bits:
  // an unknown TVALID counts as a result, and then as a wrong one.
  task observe;
    begin
      accepted = in_valid && in_ready === 1'b1;
      if (accepted) begin
        fed = fed + 1;
        progress = cycle;
      end
      if (out_ready && out_valid !== 1'b0) begin
        if (out_valid !== 1'b1 || out_data !== expected[taken] ||
            out_last !== (taken % CLASSES == CLASSES - 1)) begin
          if (first < 0) first = taken;
          differences = differences + 1;
        end
        taken = taken + 1;
        progress = cycle;
      end
    end
  endtask

  // Inputs, while the clock is low. TDATA and TLAST are unknown where TVALID is low.
  task drive;
    begin
      if (!in_valid || accepted) in_valid = fed < FRAMES * BEATS && $random(seed) % 3 != 0;
      in_data = in_valid ? inputs[fed] : {DATA_BITS{1'bx}};
      in_last = in_valid ? fed % BEATS == BEATS - 1 : 1'bx;
      out_ready = $random(seed) % 3 != 0;
    end
  endtask

  initial begin
    if (!$value$plusargs("input=%s", input_file)) $finish;
    if (!$value$plusargs("expected=%s", expected_file)) $finish;
    $readmemh(input_file, inputs);
    $readmemh(expected_file, expected);
    seed = SEED;
    {fed, taken, differences, progress} = 128'd0;
    first = -1;
    {aclk, aresetn, in_valid, in_last, out_ready, accepted} = 6'd0;
    in_data = {DATA_BITS{1'bx}};
    for (cycle = 0; taken < FRAMES * CLASSES && cycle - progress < LIMIT; cycle = cycle + 1) begin
      if (cycle == 16) aresetn = 1'b1;
      if (cycle > 16) drive;
      #4;
      if (cycle > 16) observe;
      #1 aclk = 1'b1;
      #5 aclk = 1'b0;
    end
    $display("RESULT %0d %0d %0d %0d", taken, differences, first, cycle);
    $finish;
  end
endmodule
`default_nettype wire
