// Steps per token, behind LayerNorm: rows of codes with LARGEST + 1 fraction bits become codes at
// the finest step that holds their row,
//
//   y = clip((w >>> LARGEST - e) + 1 >>> 1, low, high)
//
// and LARGEST - e is written beside them, which is by how much the sums of the row are shifted to
// the left before a bias in units of the finest step is added (vt_matmul).
//
// Groups of a row come one a cycle, rows back to back. A group that comes in cycle t is written in
// t + GROUPS + 3: a row waits until its exponent is known. The row's step is written along with its
// first group.
`default_nettype none
module vt_token_steps #(
  parameter TP        = 1,   // tokens of a memory word
  parameter VL        = 4,
  parameter GROUPS    = 16,  // of a row
  parameter SUBS      = 4,   // groups of a row in a memory word
  parameter OUT_BITS  = 8,   // codes as they are written, signed
  parameter LARGEST   = 3,   // exponent, at most 7
  parameter STEP_BITS = 2,   // holds LARGEST
  // Formats of outputs: limits, and the magnitudes at which an exponent of 1 ends (0: no steps per
  // token), see vt_token_exponent.
  parameter FORMAT_COUNT = 1,
  parameter FORMAT_SEL_BITS = 1,
  parameter [OUT_BITS*FORMAT_COUNT-1:0] LOWS  = {(OUT_BITS*FORMAT_COUNT){1'b0}},
  parameter [OUT_BITS*FORMAT_COUNT-1:0] HIGHS = {(OUT_BITS*FORMAT_COUNT){1'b0}},
  parameter [(OUT_BITS+LARGEST)*FORMAT_COUNT-1:0] OVERS =
    {((OUT_BITS+LARGEST)*FORMAT_COUNT){1'b0}},
  parameter ADDR_BITS = 8,
  parameter SUB_BITS  = 2,
  parameter LANE_BITS = 1,   // holds TP - 1
  parameter STEP_ADDR_BITS = 4
) (
  input  wire                       clk_i,
  input  wire                       rst_i,
  // operation
  input  wire                       start_i,
  output wire                       ready_o,
  output wire                       done_o,
  input  wire [FORMAT_SEL_BITS-1:0] format_sel_i,
  input  wire [ADDR_BITS-1:0]       out_base_i,
  input  wire [STEP_ADDR_BITS-1:0]  step_base_i,
  // normalized rows; done_i comes with their last group
  input  wire                       valid_i,
  input  wire                       done_i,
  input  wire [VL*(OUT_BITS+LARGEST+1)-1:0] data_i,
  // the same at their steps
  output wire                       out_valid_o,
  output wire [ADDR_BITS-1:0]       out_addr_o,
  output wire [LANE_BITS-1:0]       out_lane_o,
  output wire [SUB_BITS-1:0]        out_sub_o,
  output wire [VL*OUT_BITS-1:0]     out_data_o,
  // and these
  output wire                       step_valid_o,
  output wire [STEP_ADDR_BITS-1:0]  step_addr_o,
  output wire [LANE_BITS-1:0]       step_lane_o,
  output wire [STEP_BITS-1:0]       step_data_o
);
  localparam BITS    = OUT_BITS + LARGEST + 1;
  localparam LATENCY = GROUPS + 3;
  localparam GROUP_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
  localparam [31:0] LAST_GROUP_WIDE = GROUPS - 1;
  localparam [GROUP_BITS-1:0] LAST_GROUP = LAST_GROUP_WIDE[GROUP_BITS-1:0];

  // ---- control ------------------------------------------------------------------------------
  reg                       busy_q;
  reg [GROUP_BITS-1:0]      group_q;
  reg [FORMAT_SEL_BITS-1:0] format_sel_q;
  wire group_first = group_q == {GROUP_BITS{1'b0}};
  wire group_last  = group_q == LAST_GROUP;
  wire [LATENCY:0] valid, first, last, done;
  vt_delay_control #(.DEPTH(LATENCY)) u_valid (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(valid_i), .taps_o(valid)
  );
  vt_delay_control #(.DEPTH(LATENCY)) u_first (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(valid_i && group_first), .taps_o(first)
  );
  vt_delay_control #(.DEPTH(LATENCY)) u_last (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(valid_i && group_last), .taps_o(last)
  );
  vt_delay_control #(.DEPTH(LATENCY)) u_done (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(done_i), .taps_o(done)
  );
  always @(posedge clk_i) begin
    if (rst_i) busy_q <= 1'b0;
    else if (start_i) busy_q <= 1'b1;
    else if (done[LATENCY]) busy_q <= 1'b0;
    if (start_i) begin
      group_q      <= {GROUP_BITS{1'b0}};
      format_sel_q <= format_sel_i;
    end else if (valid_i) begin
      group_q <= group_last ? {GROUP_BITS{1'b0}} : group_q + 1'b1;
    end
  end
  assign ready_o = !busy_q;
  assign done_o  = done[LATENCY];

  wire [OUT_BITS-1:0] low, high;
  wire [BITS-2:0]     over;
  vt_choice #(
    .BITS(OUT_BITS), .COUNT(FORMAT_COUNT), .SEL_BITS(FORMAT_SEL_BITS), .LIST(LOWS)
  ) u_low (
    .sel_i(format_sel_q), .value_o(low)
  );
  vt_choice #(
    .BITS(OUT_BITS), .COUNT(FORMAT_COUNT), .SEL_BITS(FORMAT_SEL_BITS), .LIST(HIGHS)
  ) u_high (
    .sel_i(format_sel_q), .value_o(high)
  );
  vt_choice #(
    .BITS(BITS-1), .COUNT(FORMAT_COUNT), .SEL_BITS(FORMAT_SEL_BITS), .LIST(OVERS)
  ) u_over (
    .sel_i(format_sel_q), .value_o(over)
  );

  // ---- cycles 0 .. GROUPS: the exponent of the row ---------------------------------------------
  wire [STEP_BITS-1:0] step;  // of the row whose groups leave the buffer, GROUPS + 1
  vt_token_exponent #(
    .VL(VL), .BITS(BITS), .LARGEST(LARGEST), .STEP_BITS(STEP_BITS)
  ) u_exponent (
    .clk_i(clk_i), .group_i(data_i), .first_i(first[0]), .last_i(last[1]), .over_i(over),
    .step_o(step)
  );
  wire [VL*BITS-1:0] late;
  vt_row_buffer #(.WIDTH(VL*BITS), .DEPTH(GROUPS + 1)) u_row (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(data_i), .q_o(late)
  );

  // ---- GROUPS + 1: shifted; GROUPS + 2: rounded and clipped -----------------------------------
  localparam [47:0] DISTANCES = {6'd7, 6'd6, 6'd5, 6'd4, 6'd3, 6'd2, 6'd1, 6'd0};
  genvar i;
  generate
    for (i = 0; i < VL; i = i + 1) begin : g_lane
      // One fraction bit is left, and what has a step that holds it one bit beside OUT_BITS.
      wire [OUT_BITS:0]          shifted;
      reg signed [OUT_BITS:0]    shifted_q;
      wire signed [OUT_BITS+1:0] rounded = {shifted_q[OUT_BITS], shifted_q} + 1'b1;
      wire [OUT_BITS-1:0]        clipped;
      reg [OUT_BITS-1:0]         out_q;
      vt_shift #(
        .IN_BITS(BITS), .OUT_BITS(OUT_BITS+1), .COUNT(LARGEST+1), .SEL_BITS(STEP_BITS),
        .SHIFTS(DISTANCES[6*(LARGEST+1)-1:0])
      ) u_shift (
        .value_i(late[i*BITS +: BITS]), .sel_i(step), .value_o(shifted)
      );
      vt_clip #(.IN_BITS(OUT_BITS+1), .OUT_BITS(OUT_BITS), .BINARY(1)) u_clip (
        .value_i(rounded[OUT_BITS+1:1]), .low_i(low), .high_i(high), .value_o(clipped)
      );
      always @(posedge clk_i) begin
        shifted_q <= shifted;                                                     // GROUPS + 1
        out_q     <= clipped;                                                     // GROUPS + 2
      end
      assign out_data_o[i*OUT_BITS +: OUT_BITS] = out_q;
      wire unused = rounded[0];
    end
  endgenerate

  // ---- destinations -------------------------------------------------------------------------
  vt_row_writer #(
    .TP(TP), .SUBS(SUBS), .ADDR_BITS(ADDR_BITS), .SUB_BITS(SUB_BITS), .LANE_BITS(LANE_BITS)
  ) u_writer (
    .clk_i(clk_i), .start_i(start_i), .base_i(out_base_i), .valid_i(valid[LATENCY]),
    .last_i(last[LATENCY]), .addr_o(out_addr_o), .lane_o(out_lane_o), .sub_o(out_sub_o)
  );
  assign out_valid_o = valid[LATENCY];

  wire step_sub;
  vt_row_writer #(
    .TP(TP), .SUBS(1), .ADDR_BITS(STEP_ADDR_BITS), .SUB_BITS(1), .LANE_BITS(LANE_BITS)
  ) u_step_writer (
    .clk_i(clk_i), .start_i(start_i), .base_i(step_base_i), .valid_i(first[LATENCY]),
    .last_i(1'b1), .addr_o(step_addr_o), .lane_o(step_lane_o), .sub_o(step_sub)
  );
  vt_delay #(.WIDTH(STEP_BITS), .DEPTH(2)) u_step (
    .clk_i(clk_i), .d_i(step), .q_o(step_data_o)
  );
  assign step_valid_o = first[LATENCY];
  wire unused = &{1'b0, valid, first, last, done, step_sub};
endmodule
`default_nettype wire
