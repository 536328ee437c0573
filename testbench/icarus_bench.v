// A second opinion from a simulator with four states: frames in, results out, both stalled at
// random; a result that holds an unknown bit is a difference. See src/verify/icarus.ts.
//
// Memory files: +input= beats of all frames, +expected= results of all frames, one a line.
`timescale 1ns/1ns
`default_nettype none
module icarus_bench;
  parameter DATA_BITS = 32;     // of s_axis
  parameter BEATS     = 49;     // of a frame
  parameter CLASSES   = 10;
  parameter FRAMES    = 3;
  parameter SEED      = 1;
  parameter LIMIT     = 100000; // cycles in which nothing happens

  reg                  aclk, aresetn;
  reg  [DATA_BITS-1:0] in_data;
  reg                  in_valid, in_last, out_ready;
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

  reg [DATA_BITS-1:0] input_mem [0:FRAMES*BEATS-1];
  reg [31:0]          expected_mem [0:FRAMES*CLASSES-1];
  reg [8191:0]        input_file, expected_file;
  integer             seed, in_count, out_count, mismatches, last_progress, cycle, stall, beat;
  integer             first_index;
  reg                 want_last;

  initial begin
    if (!$value$plusargs("input=%s", input_file)) $finish;
    if (!$value$plusargs("expected=%s", expected_file)) $finish;
    $readmemh(input_file, input_mem);
    $readmemh(expected_file, expected_mem);
    seed = SEED;
    in_count = 0;
    out_count = 0;
    mismatches = 0;
    first_index = -1;
    last_progress = 0;
    in_valid = 1'b0;
    in_last = 1'b0;
    in_data = {DATA_BITS{1'bx}};
    out_ready = 1'b0;
    aresetn = 1'b0;
    aclk = 1'b0;
    stall = 0;
    for (cycle = 0; out_count < FRAMES * CLASSES && cycle - last_progress < LIMIT; cycle = cycle + 1) begin
      // Inputs change while the clock is low, outputs are read just before it rises.
      #4;
      if (in_valid && in_ready === 1'b1 && aresetn) begin
        in_count = in_count + 1;
        last_progress = cycle;
        in_valid = 1'b0;
      end
      if (out_ready && out_valid !== 1'b0 && aresetn) take;
      #1 aclk = 1'b1;
      #5 aclk = 1'b0;
      if (cycle == 16) aresetn = 1'b1;
      if (cycle > 16) drive;
    end
    $display("RESULT %0d %0d %0d %0d", out_count, mismatches, first_index, cycle);
    $finish;
  end
endmodule
`default_nettype wire
