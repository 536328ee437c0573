// LayerNorm over rows of the residual stream, VL elements per cycle, rows back to back:
//
//   mu = sum(x) * mean_mult + 2^(mean_shift-1) >> mean_shift
//   v  = sum(x^2) + mu * (C mu - 2 sum(x))                     ( = sum((x - mu)^2), exact )
//   r  = table[clip(v + var_bias >> var_shift, 0, table_last)]
//   y  = clip((x - mu) * r * w[c] + b[c] >> shift, low, high)
//
// A row takes GROUPS cycles. A group whose address stands on the memory in cycle t is written in
// cycle t + GROUPS + 17: the row is summed, its statistics go through seven stages, and the
// delayed elements meet them.
//
// Shifts, last indices and ranges are numbers of a list of those that occur in the operations; one
// that is equal in all of them is wiring.
`default_nettype none
module vt_layer_norm #(
  parameter TP          = 1,      // tokens of a memory word
  parameter VL          = 4,
  parameter CHANNELS    = 64,
  parameter GROUPS      = 16,     // ceil(CHANNELS / VL)
  parameter RES_LANES   = 16,     // elements of a token in a residual word, a multiple of VL
  parameter OUT_LANES   = 16,     // elements of a token in a destination word, a multiple of VL
  parameter RES_BITS    = 16,
  parameter OUT_BITS    = 8,
  parameter SUM_BITS    = 22,     // sum(x)
  parameter MEAN_MULT_BITS = 16,  // unsigned
  parameter MEAN_BITS   = 38,     // sum(x) * mean_mult, with the rounding constant
  parameter MU_BITS     = 17,
  parameter CROSS_BITS  = 25,     // C mu - 2 sum(x)
  parameter V_BITS      = 41,     // v, with and without var_bias
  parameter D_BITS      = 18,     // x - mu
  parameter R_BITS      = 16,     // table entry, unsigned
  parameter DR_BITS     = 34,     // (x - mu) * r
  parameter W_BITS      = 12,
  parameter BIAS_BITS   = 48,
  parameter Y_BITS      = 48,     // (x - mu) * r * w, with and without b
  parameter VBIAS_BITS  = 40,
  parameter TABLE_DEPTH = 512,
  parameter T_ADDR_BITS = 9,
  parameter T_INDEX_BITS = 9,
  parameter TABLE_ALIGNED = 1,
  parameter TABLE_FILE  = "",
  parameter PARAM_DEPTH = 16,
  parameter P_ADDR_BITS = 4,
  parameter PARAM_FILE  = "",
  // Settings that are numbers of lists. BINARY: all last indices are 2^k - 1.
  parameter MEAN_SHIFT_COUNT = 1,
  parameter MEAN_SHIFT_SEL_BITS = 1,
  parameter [6*MEAN_SHIFT_COUNT-1:0] MEAN_SHIFTS = {(6*MEAN_SHIFT_COUNT){1'b0}},
  parameter VAR_SHIFT_COUNT = 1,
  parameter VAR_SHIFT_SEL_BITS = 1,
  parameter [6*VAR_SHIFT_COUNT-1:0] VAR_SHIFTS = {(6*VAR_SHIFT_COUNT){1'b0}},
  parameter LAST_COUNT = 1,
  parameter LAST_SEL_BITS = 1,
  parameter [T_INDEX_BITS*LAST_COUNT-1:0] LASTS = {(T_INDEX_BITS*LAST_COUNT){1'b1}},
  parameter LASTS_BINARY = 1,
  parameter SHIFT_COUNT = 1,
  parameter SHIFT_SEL_BITS = 1,
  parameter [6*SHIFT_COUNT-1:0] SHIFTS = {(6*SHIFT_COUNT){1'b0}},
  parameter RANGE_COUNT = 1,
  parameter RANGE_SEL_BITS = 1,
  parameter [OUT_BITS*RANGE_COUNT-1:0] LOWS  = {(OUT_BITS*RANGE_COUNT){1'b0}},
  parameter [OUT_BITS*RANGE_COUNT-1:0] HIGHS = {(OUT_BITS*RANGE_COUNT){1'b0}},
  parameter X_ADDR_BITS = 8,
  parameter O_ADDR_BITS = 8,
  parameter COUNT_BITS  = 8,
  parameter OP_BITS     = 4,
  parameter X_SUB_BITS  = 1,
  parameter O_SUB_BITS  = 1,
  parameter LANE_BITS   = 1       // holds TP - 1
) (
  input  wire                          clk_i,
  input  wire                          rst_i,
  // operation
  input  wire                          start_i,
  output wire                          ready_o,
  output wire                          done_o,
  input  wire [OP_BITS-1:0]            op_i,
  input  wire [COUNT_BITS-1:0]         rows_i,
  input  wire [X_ADDR_BITS-1:0]        x_base_i,
  input  wire [P_ADDR_BITS-1:0]        p_base_i,
  input  wire [MEAN_MULT_BITS-1:0]     mean_mult_i,
  input  wire [MEAN_SHIFT_SEL_BITS-1:0] mean_shift_sel_i,
  input  wire signed [VBIAS_BITS-1:0]  var_bias_i,
  input  wire [VAR_SHIFT_SEL_BITS-1:0] var_shift_sel_i,
  input  wire [T_ADDR_BITS-1:0]        table_base_i,
  input  wire [LAST_SEL_BITS-1:0]      table_last_sel_i,
  input  wire [SHIFT_SEL_BITS-1:0]     shift_sel_i,
  input  wire [RANGE_SEL_BITS-1:0]     range_sel_i,
  input  wire [O_ADDR_BITS-1:0]        out_base_i,
  // residual stream, one cycle after the address
  output wire [X_ADDR_BITS-1:0]        x_addr_o,
  input  wire [TP*RES_LANES*RES_BITS-1:0] x_i,
  // normalized rows
  output wire                          out_valid_o,
  output wire [O_ADDR_BITS-1:0]        out_addr_o,
  output wire [LANE_BITS-1:0]          out_lane_o,
  output wire [O_SUB_BITS-1:0]         out_sub_o,
  output wire [VL*OUT_BITS-1:0]        out_data_o,
  output wire [OP_BITS-1:0]            out_op_o
);
  localparam X_SUBS     = RES_LANES / VL;
  localparam O_SUBS     = OUT_LANES / VL;
  localparam TAIL_LANES = CHANNELS - (GROUPS - 1) * VL;  // elements of the last group
  localparam STATS      = GROUPS + 12;           // issue of a row's first group to its mu and r
  localparam LATENCY    = GROUPS + 17;

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

  reg [OP_BITS-1:0]             op_q;
  reg [P_ADDR_BITS-1:0]         p_base_q;
  reg [MEAN_MULT_BITS-1:0]      mean_mult_q;
  reg [MEAN_SHIFT_SEL_BITS-1:0] mean_shift_sel_q;
  reg signed [VBIAS_BITS-1:0]   var_bias_q;
  reg [VAR_SHIFT_SEL_BITS-1:0]  var_shift_sel_q;
  reg [T_ADDR_BITS-1:0]         table_base_q;
  reg [LAST_SEL_BITS-1:0]       table_last_sel_q;
  reg [SHIFT_SEL_BITS-1:0]      shift_sel_q;
  reg [RANGE_SEL_BITS-1:0]      range_sel_q;
  always @(posedge clk_i)
    if (start_i) begin
      op_q             <= op_i;
      p_base_q         <= p_base_i;
      mean_mult_q      <= mean_mult_i;
      mean_shift_sel_q <= mean_shift_sel_i;
      var_bias_q       <= var_bias_i;
      var_shift_sel_q  <= var_shift_sel_i;
      table_base_q     <= table_base_i;
      table_last_sel_q <= table_last_sel_i;
      shift_sel_q      <= shift_sel_i;
      range_sel_q      <= range_sel_i;
    end
  wire [T_INDEX_BITS-1:0] table_last;
  wire [OUT_BITS-1:0]     low, high;
  vt_choice #(
    .BITS(T_INDEX_BITS), .COUNT(LAST_COUNT), .SEL_BITS(LAST_SEL_BITS), .LIST(LASTS)
  ) u_table_last (
    .sel_i(table_last_sel_q), .value_o(table_last)
  );
  vt_choice #(
    .BITS(OUT_BITS), .COUNT(RANGE_COUNT), .SEL_BITS(RANGE_SEL_BITS), .LIST(LOWS)
  ) u_low (
    .sel_i(range_sel_q), .value_o(low)
  );
  vt_choice #(
    .BITS(OUT_BITS), .COUNT(RANGE_COUNT), .SEL_BITS(RANGE_SEL_BITS), .LIST(HIGHS)
  ) u_high (
    .sel_i(range_sel_q), .value_o(high)
  );

  // ---- cycle 1: select, mask; cycles 2 and 3: squares and sums ------------------------------
  wire [VL*RES_BITS-1:0] x;
  vt_row_select #(
    .TP(TP), .LANES(RES_LANES), .VL(VL), .BITS(RES_BITS), .TAIL(TAIL_LANES),
    .SUB_BITS(X_SUB_BITS), .LANE_BITS(LANE_BITS)
  ) u_select (
    .clk_i(clk_i), .lane_i(x_lane), .sub_i(x_sub), .tail_i(last[1]), .word_i(x_i), .group_o(x)
  );
  // A square is at most 2^(2*RES_BITS-2): its top bit is zero.
  localparam SQUARE_BITS = 2 * RES_BITS - 1;
  wire [VL*SQUARE_BITS-1:0] squares;
  genvar i;
  generate
    for (i = 0; i < VL; i = i + 1) begin : g_square
      wire signed [RES_BITS-1:0] element = x[i*RES_BITS +: RES_BITS];
      reg [2*RES_BITS-1:0]       square_q;
      always @(posedge clk_i) square_q <= element * element;
      assign squares[i*SQUARE_BITS +: SQUARE_BITS] = square_q[SQUARE_BITS-1:0];
      wire unused = square_q[2*RES_BITS-1];
    end
  endgenerate

  localparam GROUP_SUM_BITS = RES_BITS + $clog2(VL);
  localparam GROUP_SQ_BITS  = SQUARE_BITS + $clog2(VL);
  localparam WIDE_SUM_BITS  = SUM_BITS > GROUP_SUM_BITS ? SUM_BITS : GROUP_SUM_BITS;
  wire [GROUP_SUM_BITS-1:0] group_sum;
  wire [GROUP_SQ_BITS-1:0]  group_square;
  vt_group_sum #(.N(VL), .IN_BITS(RES_BITS), .SIGNED(1)) u_sum (.d_i(x), .sum_o(group_sum));
  vt_group_sum #(.N(VL), .IN_BITS(SQUARE_BITS), .SIGNED(0)) u_squares (
    .d_i(squares), .sum_o(group_square)
  );
  reg [GROUP_SUM_BITS-1:0]       group_sum3_q, group_sum4_q;
  reg [GROUP_SQ_BITS-1:0]        group_square4_q;
  reg signed [WIDE_SUM_BITS-1:0] sum_q;
  reg [V_BITS-1:0]               square_sum_q;
  wire [WIDE_SUM_BITS-1:0] sum_part =
    {{(WIDE_SUM_BITS-GROUP_SUM_BITS){group_sum4_q[GROUP_SUM_BITS-1]}}, group_sum4_q};
  // Sums of squares are taken modulo 2^V_BITS: v fits.
  wire [V_BITS+GROUP_SQ_BITS-1:0] square_part = {{V_BITS{1'b0}}, group_square4_q};
  wire [V_BITS-1:0] var_bias = {{(V_BITS-VBIAS_BITS){var_bias_q[VBIAS_BITS-1]}}, var_bias_q};
  always @(posedge clk_i) begin
    group_sum3_q    <= group_sum;                                                 // 2
    group_sum4_q    <= group_sum3_q;                                              // 3
    group_square4_q <= group_square;                                              // 3
    sum_q        <= sum_part + (first[4] ? {WIDE_SUM_BITS{1'b0}} : sum_q);        // 4
    square_sum_q <= square_part[V_BITS-1:0] + (first[4] ? var_bias : square_sum_q); // 4
  end

  // ---- cycles 5..11: statistics of a row ----------------------------------------------------
  wire signed [SUM_BITS-1:0]       sum = sum_q[SUM_BITS-1:0];
  wire signed [MEAN_MULT_BITS:0]   mean_mult = {1'b0, mean_mult_q};
  reg signed [MEAN_BITS-1:0]       mean5_q;
  wire [MEAN_BITS-1:0]             mean_round;
  wire [MEAN_BITS-1:0]             mean_rounded = mean5_q + mean_round;
  wire signed [MU_BITS-1:0]        mu;
  reg signed [MU_BITS-1:0]         mu6_q, mu7_q;
  reg [SUM_BITS-1:0]               sum5_q, sum6_q;
  reg signed [CROSS_BITS-1:0]      cross7_q;
  wire signed [CROSS_BITS+MU_BITS-1:0] product = mu7_q * cross7_q;
  wire [V_BITS+CROSS_BITS+MU_BITS-1:0] product_wide =
    {{V_BITS{product[CROSS_BITS+MU_BITS-1]}}, product};
  reg [V_BITS-1:0]                 product8_q, v9_q;
  wire [V_BITS-1:0]                square8;
  wire [MU_BITS-1:0]               mu11;
  wire [T_INDEX_BITS-1:0]          index;
  wire [T_ADDR_BITS-1:0]           table_addr;
  reg [T_ADDR_BITS-1:0]            table_addr10_q;
  wire [R_BITS-1:0]                r11;
  reg signed [MU_BITS-1:0]         mu_q;
  reg [R_BITS-1:0]                 r_q, r1_q;
  wire                             unused_beyond;

  vt_round #(
    .BITS(MEAN_BITS), .COUNT(MEAN_SHIFT_COUNT), .SEL_BITS(MEAN_SHIFT_SEL_BITS),
    .SHIFTS(MEAN_SHIFTS)
  ) u_mean_round (
    .sel_i(mean_shift_sel_q), .value_o(mean_round)
  );
  vt_shift #(
    .IN_BITS(MEAN_BITS), .OUT_BITS(MU_BITS), .COUNT(MEAN_SHIFT_COUNT),
    .SEL_BITS(MEAN_SHIFT_SEL_BITS), .SHIFTS(MEAN_SHIFTS)
  ) u_mean_shift (
    .value_i(mean_rounded), .sel_i(mean_shift_sel_q), .value_o(mu)
  );

  // C mu - 2 sum, with one adder for each bit of C that is set.
  localparam [31:0] C = CHANNELS;
  localparam MU_EXTRA = CROSS_BITS > MU_BITS ? CROSS_BITS - MU_BITS : 0;
  wire [CROSS_BITS-1:0] mu6_wide = {{MU_EXTRA{mu6_q[MU_BITS-1]}}, mu6_q};
  wire [CROSS_BITS+SUM_BITS:0] sum6_wide = {{CROSS_BITS{sum6_q[SUM_BITS-1]}}, sum6_q, 1'b0};
  genvar b;
  generate
    for (b = 0; b < 32; b = b + 1) begin : g_cross
      wire [CROSS_BITS-1:0] total;
      if (b == 0) begin : g_start
        assign total = (C[0] ? mu6_wide : {CROSS_BITS{1'b0}}) - sum6_wide[CROSS_BITS-1:0];
      end else if (C[b]) begin : g_add
        assign total = g_cross[b-1].total + (mu6_wide << b);
      end else begin : g_same
        assign total = g_cross[b-1].total;
      end
    end
  endgenerate

  vt_table_index #(
    .IN_BITS(V_BITS), .INDEX_BITS(T_INDEX_BITS), .BINARY(LASTS_BINARY),
    .SHIFT_COUNT(VAR_SHIFT_COUNT), .SEL_BITS(VAR_SHIFT_SEL_BITS), .SHIFTS(VAR_SHIFTS)
  ) u_index (
    .value_i(v9_q), .shift_sel_i(var_shift_sel_q), .last_i(table_last),
    .beyond_o(unused_beyond), .index_o(index)
  );
  vt_table_address #(
    .ADDR_BITS(T_ADDR_BITS), .INDEX_BITS(T_INDEX_BITS), .ALIGNED(TABLE_ALIGNED)
  ) u_table_addr (
    .base_i(table_base_q), .index_i(index), .addr_o(table_addr)
  );

  // What a row's last group leaves is the row's, and stands for GROUPS cycles: where those are
  // enough, a register holds it until it is used.
  generate
    if (GROUPS >= 6) begin : g_hold
      reg [V_BITS-1:0]  square_row_q;
      reg [MU_BITS-1:0] mu_row_q;
      always @(posedge clk_i) begin
        if (last[5]) square_row_q <= square_sum_q;                                // 5
        if (last[7]) mu_row_q     <= mu6_q;                                       // 7
      end
      assign square8 = square_row_q;
      assign mu11    = mu_row_q;
    end else begin : g_delay
      vt_delay #(.WIDTH(V_BITS), .DEPTH(4)) u_square (
        .clk_i(clk_i), .d_i(square_sum_q), .q_o(square8)
      );
      vt_delay #(.WIDTH(MU_BITS), .DEPTH(5)) u_mu (
        .clk_i(clk_i), .d_i(mu6_q), .q_o(mu11)
      );
    end
  endgenerate

  always @(posedge clk_i) begin
    mean5_q        <= sum * mean_mult;                                            // 5
    sum5_q         <= sum;
    mu6_q          <= mu;                                                         // 6
    sum6_q         <= sum5_q;
    mu7_q          <= mu6_q;                                                      // 7
    cross7_q       <= g_cross[31].total;
    product8_q     <= product_wide[V_BITS-1:0];                                   // 8
    v9_q           <= square8 + product8_q;                                       // 9
    table_addr10_q <= table_addr;                                                 // 10
    if (last[12]) begin                                                           // 12
      mu_q <= mu11;
      r_q  <= r11;
    end
    r1_q <= r_q;
  end
  vt_rom #(
    .WIDTH(R_BITS), .DEPTH(TABLE_DEPTH), .ADDR_BITS(T_ADDR_BITS), .FILE(TABLE_FILE)
  ) u_rsqrt (
    .clk_i(clk_i), .addr_i(table_addr10_q), .data_o(r11)                          // 11
  );

  // ---- the delayed elements meet mu and r ---------------------------------------------------
  // x holds a group two cycles after its issue; mu_q holds its row's mean from STATS on.
  wire [VL*RES_BITS-1:0] x_late;
  vt_row_buffer #(.WIDTH(VL*RES_BITS), .DEPTH(STATS - 2)) u_row (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(x), .q_o(x_late)
  );

  reg [P_ADDR_BITS-1:0] p_addr_q;
  wire [VL*(W_BITS+BIAS_BITS)-1:0] parameters;
  always @(posedge clk_i)
    if (first[STATS-1]) p_addr_q <= p_base_q;
    else p_addr_q <= p_addr_q + 1'b1;
  // Address in STATS, a register more, word in STATS + 2, where w is used; b one cycle later.
  reg [P_ADDR_BITS-1:0] p_addr1_q;
  always @(posedge clk_i) p_addr1_q <= p_addr_q;
  vt_rom #(
    .WIDTH(VL*(W_BITS+BIAS_BITS)), .DEPTH(PARAM_DEPTH), .ADDR_BITS(P_ADDR_BITS),
    .FILE(PARAM_FILE)
  ) u_parameters (
    .clk_i(clk_i), .addr_i(p_addr1_q), .data_o(parameters)
  );

  localparam SHIFTED_BITS = Y_BITS - SHIFTS[5:0];
  generate
    for (i = 0; i < VL; i = i + 1) begin : g_out
      wire signed [RES_BITS-1:0] late = x_late[i*RES_BITS +: RES_BITS];
      wire signed [W_BITS-1:0]   w = parameters[i*(W_BITS+BIAS_BITS) + BIAS_BITS +: W_BITS];
      wire [BIAS_BITS-1:0]       bias = parameters[i*(W_BITS+BIAS_BITS) +: BIAS_BITS];
      wire signed [R_BITS:0]     r = {1'b0, r1_q};
      reg signed [D_BITS-1:0]    d_q;
      reg signed [DR_BITS-1:0]   dr_q;
      reg signed [Y_BITS-1:0]    drw_q;
      reg [BIAS_BITS-1:0]        bias_q;
      reg signed [Y_BITS-1:0]    y_q;
      reg signed [OUT_BITS-1:0]  out_q;
      wire [SHIFTED_BITS-1:0]    shifted;
      wire signed [OUT_BITS-1:0] clipped;
      vt_shift #(
        .IN_BITS(Y_BITS), .OUT_BITS(SHIFTED_BITS), .COUNT(SHIFT_COUNT),
        .SEL_BITS(SHIFT_SEL_BITS), .SHIFTS(SHIFTS)
      ) u_shift (
        .value_i(y_q), .sel_i(shift_sel_q), .value_o(shifted)
      );
      vt_clip #(.IN_BITS(SHIFTED_BITS), .OUT_BITS(OUT_BITS), .BINARY(1)) u_clip (
        .value_i(shifted), .low_i(low), .high_i(high), .value_o(clipped)
      );
      always @(posedge clk_i) begin
        d_q    <= {{(D_BITS-RES_BITS){late[RES_BITS-1]}}, late}
                - {{(D_BITS-MU_BITS){mu_q[MU_BITS-1]}}, mu_q};   // STATS
        dr_q   <= d_q * r;                                       // STATS + 1
        drw_q  <= dr_q * w;                                      // STATS + 2
        bias_q <= bias;
        y_q    <= drw_q + {{(Y_BITS-BIAS_BITS){bias_q[BIAS_BITS-1]}}, bias_q}; // STATS + 3
        out_q  <= clipped;                                       // STATS + 4
      end
      assign out_data_o[i*OUT_BITS +: OUT_BITS] = out_q;
    end
  endgenerate

  // ---- destinations -------------------------------------------------------------------------
  vt_row_writer #(
    .TP(TP), .SUBS(O_SUBS), .ADDR_BITS(O_ADDR_BITS), .SUB_BITS(O_SUB_BITS), .LANE_BITS(LANE_BITS)
  ) u_writer (
    .clk_i(clk_i), .start_i(start_i), .base_i(out_base_i), .valid_i(valid[LATENCY]),
    .last_i(last[LATENCY]), .addr_o(out_addr_o), .lane_o(out_lane_o), .sub_o(out_sub_o)
  );
  assign out_valid_o = valid[LATENCY];
  assign out_op_o    = op_q;
  wire unused = &{1'b0, valid, first, last, unused_beyond, square_part, product_wide, sum6_wide,
                  sum_q};
endmodule
`default_nettype wire
