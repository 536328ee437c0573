// Softmax over rows of scores, VL elements per cycle, rows back to back:
//
//   e    = exp_table[clip(max - x + exp_bias >> exp_shift, 0, exp_last)]
//   sum  = sum(e)
//   near = (sum + one_index_bias >> one_index_shift) <= one_last; the table of that range gives r
//   y    = clip(e * r + bias * 2^BIAS_DROP >> shift, 0, 2^PROB_BITS - 1)
//
// A row takes GROUPS cycles. A group whose address stands on the memory in cycle t is written in
// cycle t + 2*GROUPS + 16: first the row's maximum is found, then its sum, then it is scaled.
//
// What a lane does is wiring where all operations do the same: shifts, rounding biases and last
// indices are numbers of a list of those that occur, and the tables of reciprocals come multiplied
// by the powers of two that make their shifts equal. What is left to choose is chosen once for all
// lanes.
`default_nettype none
module vt_softmax #(
  parameter TP          = 1,      // queries of a memory word
  parameter VL          = 4,
  parameter KEYS        = 50,
  parameter GROUPS      = 13,     // ceil(KEYS / VL)
  parameter IN_LANES    = 16,     // elements of a query in a score word, a multiple of VL
  parameter OUT_LANES   = 16,     // elements of a query in a probability word, a multiple of VL
  parameter SCORE_BITS  = 12,
  parameter PROB_BITS   = 8,
  parameter E_BITS      = 12,     // exponential, unsigned
  parameter SUM_BITS    = 18,     // sum of KEYS of them, unsigned
  parameter R_BITS      = 16,     // reciprocal, unsigned
  parameter DISTANCE_BITS = 13,   // max - x + exp_bias, signed
  parameter DISTANCE_SIGNED = 0,  // whether it can be negative
  parameter INDEX_SUM_BITS = 19,  // sum + index bias, signed
  parameter Y_BITS      = 30,     // e * r + bias, signed
  parameter Y_SIGNED    = 0,      // whether it can be negative
  parameter EXP_BIAS_BITS = 1,
  parameter INDEX_BIAS_BITS = 16,
  parameter BIAS_BITS   = 2,
  parameter BIAS_DROP   = 0,      // zeros below every rounding bias
  parameter EXP_DEPTH   = 256,
  parameter E_ADDR_BITS = 8,
  parameter E_INDEX_BITS = 8,
  parameter EXP_ALIGNED = 1,
  parameter EXP_BLOCK   = 0,      // table in block RAM
  parameter EXP_FILE    = "",
  parameter RECIP_DEPTH = 1024,
  parameter R_ADDR_BITS = 10,
  parameter R_INDEX_BITS = 9,
  parameter RECIP_ALIGNED = 1,
  parameter RECIP_FILE  = "",
  // Settings that are numbers of lists. LASTS_BINARY: all last indices are 2^k - 1.
  parameter EXP_SHIFT_COUNT = 1,
  parameter EXP_SHIFT_SEL_BITS = 1,
  parameter [6*EXP_SHIFT_COUNT-1:0] EXP_SHIFTS = {(6*EXP_SHIFT_COUNT){1'b0}},
  parameter EXP_LAST_COUNT = 1,
  parameter EXP_LAST_SEL_BITS = 1,
  parameter [E_INDEX_BITS*EXP_LAST_COUNT-1:0] EXP_LASTS = {(E_INDEX_BITS*EXP_LAST_COUNT){1'b1}},
  parameter EXP_LASTS_BINARY = 1,
  parameter INDEX_SHIFT_COUNT = 1,
  parameter INDEX_SHIFT_SEL_BITS = 1,
  parameter [6*INDEX_SHIFT_COUNT-1:0] INDEX_SHIFTS = {(6*INDEX_SHIFT_COUNT){1'b0}},
  parameter RECIP_LAST_COUNT = 1,
  parameter RECIP_LAST_SEL_BITS = 1,
  parameter [R_INDEX_BITS*RECIP_LAST_COUNT-1:0] RECIP_LASTS =
    {(R_INDEX_BITS*RECIP_LAST_COUNT){1'b1}},
  parameter RECIP_LASTS_BINARY = 1,
  parameter BIAS_COUNT  = 1,
  parameter BIAS_SEL_BITS = 1,
  parameter [BIAS_BITS*BIAS_COUNT-1:0] BIASES = {(BIAS_BITS*BIAS_COUNT){1'b0}},
  parameter SHIFT_COUNT = 1,
  parameter SHIFT_SEL_BITS = 1,
  parameter [6*SHIFT_COUNT-1:0] SHIFTS = {(6*SHIFT_COUNT){1'b0}},
  parameter X_ADDR_BITS = 8,
  parameter O_ADDR_BITS = 8,
  parameter COUNT_BITS  = 8,
  parameter OP_BITS     = 4,
  parameter X_SUB_BITS  = 1,
  parameter O_SUB_BITS  = 1,
  parameter LANE_BITS   = 1       // holds TP - 1
) (
  input  wire                            clk_i,
  input  wire                            rst_i,
  // operation
  input  wire                            start_i,
  output wire                            ready_o,
  output wire                            done_o,
  input  wire [OP_BITS-1:0]              op_i,
  input  wire [COUNT_BITS-1:0]           rows_i,
  input  wire [X_ADDR_BITS-1:0]          x_base_i,
  input  wire [O_ADDR_BITS-1:0]          out_base_i,
  input  wire signed [EXP_BIAS_BITS-1:0] exp_bias_i,
  input  wire [EXP_SHIFT_SEL_BITS-1:0]   exp_shift_sel_i,
  input  wire [E_ADDR_BITS-1:0]          exp_base_i,
  input  wire [EXP_LAST_SEL_BITS-1:0]    exp_last_sel_i,
  input  wire signed [INDEX_BIAS_BITS-1:0] one_index_bias_i,
  input  wire [INDEX_SHIFT_SEL_BITS-1:0] one_index_shift_sel_i,
  input  wire [R_ADDR_BITS-1:0]          one_base_i,
  input  wire [RECIP_LAST_SEL_BITS-1:0]  one_last_sel_i,
  input  wire [BIAS_SEL_BITS-1:0]        one_bias_sel_i,
  input  wire [SHIFT_SEL_BITS-1:0]       one_shift_sel_i,
  input  wire signed [INDEX_BIAS_BITS-1:0] two_index_bias_i,
  input  wire [INDEX_SHIFT_SEL_BITS-1:0] two_index_shift_sel_i,
  input  wire [R_ADDR_BITS-1:0]          two_base_i,
  input  wire [RECIP_LAST_SEL_BITS-1:0]  two_last_sel_i,
  input  wire [BIAS_SEL_BITS-1:0]        two_bias_sel_i,
  input  wire [SHIFT_SEL_BITS-1:0]       two_shift_sel_i,
  // scores, one cycle after the address
  output wire [X_ADDR_BITS-1:0]          x_addr_o,
  input  wire [TP*IN_LANES*SCORE_BITS-1:0] x_i,
  // probabilities
  output wire                            out_valid_o,
  output wire [O_ADDR_BITS-1:0]          out_addr_o,
  output wire [LANE_BITS-1:0]            out_lane_o,
  output wire [O_SUB_BITS-1:0]           out_sub_o,
  output wire [VL*PROB_BITS-1:0]         out_data_o,
  output wire [OP_BITS-1:0]              out_op_o
);
  localparam X_SUBS     = IN_LANES / VL;
  localparam O_SUBS     = OUT_LANES / VL;
  localparam TAIL_LANES = KEYS - (GROUPS - 1) * VL;
  localparam MAXED   = GROUPS + 4;       // issue of a row's first group to its maximum
  localparam SUMMED  = GROUPS + 10;      // issue of a group to its part in the sum
  localparam SCALED  = 2 * GROUPS + 13;  // issue of a row's first group to its reciprocal
  localparam LATENCY = 2 * GROUPS + 16;
  localparam [SCORE_BITS-1:0] LOWEST = {1'b1, {(SCORE_BITS-1){1'b0}}};

  // ---- addresses and settings ---------------------------------------------------------------
  wire [X_SUB_BITS-1:0] x_sub;
  wire [LANE_BITS-1:0]  x_lane;
  wire [LATENCY:0]      valid, first, last;
  vt_row_walker #(
    .TP(TP), .GROUPS(GROUPS), .SUBS(X_SUBS), .LATENCY(LATENCY), .ADDR_BITS(X_ADDR_BITS),
    .SUB_BITS(X_SUB_BITS), .LANE_BITS(LANE_BITS), .COUNT_BITS(COUNT_BITS)
  ) u_walker (
    .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .rows_i(rows_i), .base_i(x_base_i),
    .ready_o(ready_o), .done_o(done_o), .addr_o(x_addr_o), .lane_o(x_lane), .sub_o(x_sub),
    .valid_o(valid), .first_o(first), .last_o(last)
  );

  reg [OP_BITS-1:0]     op_q;
  reg signed [EXP_BIAS_BITS-1:0]   exp_bias_q;
  reg signed [INDEX_BIAS_BITS-1:0] one_index_bias_q, two_index_bias_q;
  reg [BIAS_SEL_BITS-1:0]          one_bias_sel_q, two_bias_sel_q;
  reg [EXP_SHIFT_SEL_BITS-1:0]     exp_shift_sel_q;
  reg [EXP_LAST_SEL_BITS-1:0]      exp_last_sel_q;
  reg [INDEX_SHIFT_SEL_BITS-1:0]   one_index_shift_sel_q, two_index_shift_sel_q;
  reg [RECIP_LAST_SEL_BITS-1:0]    one_last_sel_q, two_last_sel_q;
  reg [SHIFT_SEL_BITS-1:0]         one_shift_sel_q, two_shift_sel_q;
  reg [E_ADDR_BITS-1:0]            exp_base_q;
  reg [R_ADDR_BITS-1:0]            one_base_q, two_base_q;
  always @(posedge clk_i)
    if (start_i) begin
      op_q                  <= op_i;
      exp_bias_q            <= exp_bias_i;
      exp_shift_sel_q       <= exp_shift_sel_i;
      exp_base_q            <= exp_base_i;
      exp_last_sel_q        <= exp_last_sel_i;
      one_index_bias_q      <= one_index_bias_i;
      one_index_shift_sel_q <= one_index_shift_sel_i;
      one_base_q            <= one_base_i;
      one_last_sel_q        <= one_last_sel_i;
      one_bias_sel_q        <= one_bias_sel_i;
      one_shift_sel_q       <= one_shift_sel_i;
      two_index_bias_q      <= two_index_bias_i;
      two_index_shift_sel_q <= two_index_shift_sel_i;
      two_base_q            <= two_base_i;
      two_last_sel_q        <= two_last_sel_i;
      two_bias_sel_q        <= two_bias_sel_i;
      two_shift_sel_q       <= two_shift_sel_i;
    end
  wire [E_INDEX_BITS-1:0] exp_last;
  vt_choice #(
    .BITS(E_INDEX_BITS), .COUNT(EXP_LAST_COUNT), .SEL_BITS(EXP_LAST_SEL_BITS), .LIST(EXP_LASTS)
  ) u_exp_last (
    .sel_i(exp_last_sel_q), .value_o(exp_last)
  );

  // ---- cycles 1..4: select, mask, maximum ---------------------------------------------------
  // Lanes past the last key must not be the maximum.
  wire [VL*SCORE_BITS-1:0] x;
  vt_row_select #(
    .TP(TP), .LANES(IN_LANES), .VL(VL), .BITS(SCORE_BITS), .TAIL(TAIL_LANES),
    .SUB_BITS(X_SUB_BITS), .LANE_BITS(LANE_BITS), .FILL(LOWEST)
  ) u_select (
    .clk_i(clk_i), .lane_i(x_lane), .sub_i(x_sub), .tail_i(last[1]), .word_i(x_i), .group_o(x)
  );

  wire signed [SCORE_BITS-1:0] group_max;
  vt_max_tree #(.N(VL), .BITS(SCORE_BITS)) u_max (.d_i(x), .max_o(group_max));
  reg signed [SCORE_BITS-1:0]    group_max3_q, max4_q, max_q;
  reg signed [DISTANCE_BITS-1:0] reach_q;
  wire signed [DISTANCE_BITS-1:0] max_wide =
    {{(DISTANCE_BITS-SCORE_BITS){max_q[SCORE_BITS-1]}}, max_q};
  wire signed [DISTANCE_BITS-1:0] exp_bias_wide =
    {{(DISTANCE_BITS-EXP_BIAS_BITS){exp_bias_q[EXP_BIAS_BITS-1]}}, exp_bias_q};
  always @(posedge clk_i) begin
    group_max3_q <= group_max;                                                     // 2
    max4_q <= (first[3] || group_max3_q > max4_q) ? group_max3_q : max4_q;         // 3
    if (last[4]) max_q <= max4_q;                                                  // 4
    // Modulo 2^DISTANCE_BITS, like the distances: only they must fit.
    reach_q <= max_wide + exp_bias_wide;                                           // MAXED
  end

  // ---- exponentials -------------------------------------------------------------------------
  // x holds a group two cycles after its issue; max_q holds its row's maximum from MAXED on.
  wire [VL*SCORE_BITS-1:0] x_late;
  vt_row_buffer #(.WIDTH(VL*SCORE_BITS), .DEPTH(MAXED + 1 - 2)) u_row (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(x), .q_o(x_late)
  );
  wire [VL*E_ADDR_BITS-1:0] exp_addr;
  wire [VL-1:0]             exp_clear;
  wire [VL*E_BITS-1:0]      e;
  genvar i;
  generate
    for (i = 0; i < VL; i = i + 1) begin : g_exp
      localparam IN_TAIL = i < TAIL_LANES;
      wire signed [SCORE_BITS-1:0] late = x_late[i*SCORE_BITS +: SCORE_BITS];
      reg [DISTANCE_BITS-1:0]      distance_q;
      wire [DISTANCE_BITS-1:0]     distance = DISTANCE_SIGNED != 0
        ? distance_q : {1'b0, distance_q[DISTANCE_BITS-2:0]};
      wire [E_INDEX_BITS-1:0]      index;
      wire [E_ADDR_BITS-1:0]       addr;
      reg [E_ADDR_BITS-1:0]        addr_q;
      wire                         unused_beyond;
      vt_table_index #(
        .IN_BITS(DISTANCE_BITS), .INDEX_BITS(E_INDEX_BITS), .BINARY(EXP_LASTS_BINARY),
        .SHIFT_COUNT(EXP_SHIFT_COUNT), .SEL_BITS(EXP_SHIFT_SEL_BITS), .SHIFTS(EXP_SHIFTS)
      ) u_index (
        .value_i(distance), .shift_sel_i(exp_shift_sel_q), .last_i(exp_last),
        .beyond_o(unused_beyond), .index_o(index)
      );
      vt_table_address #(
        .ADDR_BITS(E_ADDR_BITS), .INDEX_BITS(E_INDEX_BITS), .ALIGNED(EXP_ALIGNED)
      ) u_addr (
        .base_i(exp_base_q), .index_i(index), .addr_o(addr)
      );
      always @(posedge clk_i) begin
        distance_q <= reach_q - {{(DISTANCE_BITS-SCORE_BITS){late[SCORE_BITS-1]}}, late};
                                                                                   // MAXED + 1
        addr_q     <= addr;                                                        // MAXED + 2
      end
      assign exp_addr[i*E_ADDR_BITS +: E_ADDR_BITS] = addr_q;
      // Keys that do not exist weigh nothing.
      assign exp_clear[i] = last[MAXED+3] && !IN_TAIL;
      wire unused = unused_beyond || distance_q[DISTANCE_BITS-1];
    end
  endgenerate
  vt_table_lanes #(
    .LANES(VL), .WIDTH(E_BITS), .DEPTH(EXP_DEPTH), .ADDR_BITS(E_ADDR_BITS), .FILE(EXP_FILE),
    .BLOCK(EXP_BLOCK)
  ) u_exp (
    .clk_i(clk_i), .clear_i(exp_clear), .addr_i(exp_addr), .data_o(e)              // MAXED + 3
  );

  // ---- sum and its reciprocal ---------------------------------------------------------------
  localparam GROUP_SUM_BITS = E_BITS + $clog2(VL);
  localparam WIDE_SUM_BITS  = SUM_BITS > GROUP_SUM_BITS ? SUM_BITS : GROUP_SUM_BITS;
  wire [GROUP_SUM_BITS-1:0] group_sum;
  vt_group_sum #(.N(VL), .IN_BITS(E_BITS), .SIGNED(0)) u_sum (.d_i(e), .sum_o(group_sum));
  reg [GROUP_SUM_BITS-1:0] group_sum_q;
  reg [WIDE_SUM_BITS-1:0]  sum_q;
  wire [WIDE_SUM_BITS:0]   group_sum_wide =
    {{(WIDE_SUM_BITS+1-GROUP_SUM_BITS){1'b0}}, group_sum_q};
  wire [WIDE_SUM_BITS-1:0] group_part = group_sum_wide[WIDE_SUM_BITS-1:0];

  reg signed [INDEX_SUM_BITS-1:0] one_sum_q, two_sum_q;
  wire signed [INDEX_SUM_BITS:0]  sum_wide;
  generate
    if (INDEX_SUM_BITS >= WIDE_SUM_BITS) begin : g_sum_wide
      assign sum_wide = {{(INDEX_SUM_BITS+1-WIDE_SUM_BITS){1'b0}}, sum_q};
    end else begin : g_sum_cut
      // The upper bits are zero.
      assign sum_wide = {1'b0, sum_q[INDEX_SUM_BITS-1:0]};
    end
  endgenerate
  wire signed [INDEX_SUM_BITS-1:0] one_offset =
    {{(INDEX_SUM_BITS-INDEX_BIAS_BITS){one_index_bias_q[INDEX_BIAS_BITS-1]}}, one_index_bias_q};
  wire signed [INDEX_SUM_BITS-1:0] two_offset =
    {{(INDEX_SUM_BITS-INDEX_BIAS_BITS){two_index_bias_q[INDEX_BIAS_BITS-1]}}, two_index_bias_q};
  wire [R_INDEX_BITS-1:0] one_last, two_last, one_index, two_index;
  wire                    far, unused_two;
  vt_choice #(
    .BITS(R_INDEX_BITS), .COUNT(RECIP_LAST_COUNT), .SEL_BITS(RECIP_LAST_SEL_BITS),
    .LIST(RECIP_LASTS)
  ) u_one_last (
    .sel_i(one_last_sel_q), .value_o(one_last)
  );
  vt_choice #(
    .BITS(R_INDEX_BITS), .COUNT(RECIP_LAST_COUNT), .SEL_BITS(RECIP_LAST_SEL_BITS),
    .LIST(RECIP_LASTS)
  ) u_two_last (
    .sel_i(two_last_sel_q), .value_o(two_last)
  );
  vt_table_index #(
    .IN_BITS(INDEX_SUM_BITS), .INDEX_BITS(R_INDEX_BITS), .BINARY(RECIP_LASTS_BINARY),
    .SHIFT_COUNT(INDEX_SHIFT_COUNT), .SEL_BITS(INDEX_SHIFT_SEL_BITS), .SHIFTS(INDEX_SHIFTS)
  ) u_one (
    .value_i(one_sum_q), .shift_sel_i(one_index_shift_sel_q), .last_i(one_last),
    .beyond_o(far), .index_o(one_index)
  );
  vt_table_index #(
    .IN_BITS(INDEX_SUM_BITS), .INDEX_BITS(R_INDEX_BITS), .BINARY(RECIP_LASTS_BINARY),
    .SHIFT_COUNT(INDEX_SHIFT_COUNT), .SEL_BITS(INDEX_SHIFT_SEL_BITS), .SHIFTS(INDEX_SHIFTS)
  ) u_two (
    .value_i(two_sum_q), .shift_sel_i(two_index_shift_sel_q), .last_i(two_last),
    .beyond_o(unused_two), .index_o(two_index)
  );
  wire [R_ADDR_BITS-1:0] recip_addr;
  vt_table_address #(
    .ADDR_BITS(R_ADDR_BITS), .INDEX_BITS(R_INDEX_BITS), .ALIGNED(RECIP_ALIGNED)
  ) u_recip_addr (
    .base_i(far ? two_base_q : one_base_q), .index_i(far ? two_index : one_index),
    .addr_o(recip_addr)
  );

  reg [R_ADDR_BITS-1:0] recip_addr_q;
  reg                   far_q, far1_q, far_row_q;
  wire [R_BITS-1:0]     recip;
  reg [R_BITS-1:0]      r_q;
  reg [BIAS_SEL_BITS-1:0]    bias_sel_q;
  reg [SHIFT_SEL_BITS-1:0]   shift_sel_q, shift_sel1_q;
  always @(posedge clk_i) begin
    group_sum_q <= group_sum;                                                      // SUMMED - 2
    sum_q <= (first[SUMMED-1] ? {WIDE_SUM_BITS{1'b0}} : sum_q) + group_part;       // SUMMED - 1
    one_sum_q <= sum_wide[INDEX_SUM_BITS-1:0] + one_offset;                        // SUMMED
    two_sum_q <= sum_wide[INDEX_SUM_BITS-1:0] + two_offset;
    far_q        <= far;                                                           // SUMMED + 1
    recip_addr_q <= recip_addr;
    far1_q <= far_q;                                                               // SUMMED + 2
    if (last[SUMMED+3]) begin                                                      // SUMMED + 3
      r_q       <= recip;
      far_row_q <= far1_q;
    end
    // A product is biased in SCALED + 1 and shifted in SCALED + 2.
    bias_sel_q  <= far_row_q ? two_bias_sel_q : one_bias_sel_q;
    shift_sel_q <= far_row_q ? two_shift_sel_q : one_shift_sel_q;
    shift_sel1_q <= shift_sel_q;
  end
  vt_rom #(
    .WIDTH(R_BITS), .DEPTH(RECIP_DEPTH), .ADDR_BITS(R_ADDR_BITS), .FILE(RECIP_FILE)
  ) u_recip (
    .clk_i(clk_i), .addr_i(recip_addr_q), .data_o(recip)
  );

  // ---- scaling ------------------------------------------------------------------------------
  // e holds a group SUMMED - 2 cycles after its issue; r_q serves its row from SCALED on.
  wire [VL*E_BITS-1:0] e_late;
  vt_row_buffer #(.WIDTH(VL*E_BITS), .DEPTH(SCALED - (SUMMED - 2))) u_e (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(e), .q_o(e_late)
  );
  localparam ER_BITS = E_BITS + R_BITS;
  wire [BIAS_BITS-1:0] bias_short;
  vt_choice #(
    .BITS(BIAS_BITS), .COUNT(BIAS_COUNT), .SEL_BITS(BIAS_SEL_BITS), .LIST(BIASES)
  ) u_bias (
    .sel_i(bias_sel_q), .value_o(bias_short)
  );
  wire [Y_BITS-1:0] bias =
    {{(Y_BITS-BIAS_BITS){bias_short[BIAS_BITS-1]}}, bias_short} << BIAS_DROP;
  localparam [PROB_BITS:0] HIGHEST = {1'b0, {PROB_BITS{1'b1}}};
  generate
    for (i = 0; i < VL; i = i + 1) begin : g_scale
      reg [ER_BITS-1:0]         product_q;
      reg [Y_BITS-1:0]          biased_q;
      reg [PROB_BITS-1:0]       out_q;
      wire [Y_BITS+ER_BITS-1:0] product_wide = {{Y_BITS{1'b0}}, product_q};
      wire [Y_BITS-1:0]         y = Y_SIGNED != 0 ? biased_q : {1'b0, biased_q[Y_BITS-2:0]};
      wire [Y_BITS-SHIFTS[5:0]-1:0] shifted;
      vt_shift #(
        .IN_BITS(Y_BITS), .OUT_BITS(Y_BITS-SHIFTS[5:0]), .COUNT(SHIFT_COUNT),
        .SEL_BITS(SHIFT_SEL_BITS), .SHIFTS(SHIFTS)
      ) u_shift (
        .value_i(y), .sel_i(shift_sel1_q), .value_o(shifted)
      );
      wire [PROB_BITS:0] clipped;
      vt_clip #(.IN_BITS(Y_BITS-SHIFTS[5:0]), .OUT_BITS(PROB_BITS+1), .BINARY(1)) u_clip (
        .value_i(shifted), .low_i({(PROB_BITS+1){1'b0}}), .high_i(HIGHEST), .value_o(clipped)
      );
      always @(posedge clk_i) begin
        product_q <= e_late[i*E_BITS +: E_BITS] * r_q;                             // SCALED
        biased_q  <= product_wide[Y_BITS-1:0] + bias;                              // SCALED + 1
        out_q     <= clipped[PROB_BITS-1:0];                                       // SCALED + 2
      end
      assign out_data_o[i*PROB_BITS +: PROB_BITS] = out_q;
      wire unused = &{1'b0, product_wide, biased_q, clipped};
    end
  endgenerate

  // ---- destination --------------------------------------------------------------------------
  vt_row_writer #(
    .TP(TP), .SUBS(O_SUBS), .ADDR_BITS(O_ADDR_BITS), .SUB_BITS(O_SUB_BITS), .LANE_BITS(LANE_BITS)
  ) u_writer (
    .clk_i(clk_i), .start_i(start_i), .base_i(out_base_i), .valid_i(valid[LATENCY]),
    .last_i(last[LATENCY]), .addr_o(out_addr_o), .lane_o(out_lane_o), .sub_o(out_sub_o)
  );
  assign out_valid_o = valid[LATENCY];
  assign out_op_o    = op_q;
  wire unused = &{1'b0, valid, first, last, unused_two, sum_wide, group_sum_wide};
endmodule
`default_nettype wire
