// LayerNorm over rows of the residual stream, VL elements per cycle, rows back to back:
//
//   mu = sum(x) * mean_mult + 2^(mean_shift-1) >> mean_shift
//   v  = sum(x^2) - 2 mu sum(x) + C mu^2                       ( = sum((x - mu)^2), exact )
//   r  = table[clip(v + var_bias >> var_shift, 0, bound)]
//   y  = clip((x - mu) * r * w[c] + b[c] >> shift, low, high)
//
// A row takes GROUPS cycles. A group whose address stands on the memory in cycle t is written in
// cycle t + GROUPS + 17: the row is summed, its statistics go through seven stages, and the
// delayed elements meet them.
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
  parameter SUM_BITS    = 22,     // RES_BITS + ceil(log2 CHANNELS)
  parameter SQ_BITS     = 38,     // 2 * RES_BITS + ceil(log2 CHANNELS)
  parameter W_BITS      = 12,
  parameter BIAS_BITS   = 48,
  parameter R_BITS      = 16,     // table entry, unsigned
  parameter MULT_BITS   = 16,
  parameter MEAN_SHIFT_MAX_BITS = 6,
  parameter VBIAS_BITS  = 40,
  parameter TABLE_DEPTH = 512,
  parameter T_ADDR_BITS = 9,
  parameter TABLE_FILE  = "",
  parameter PARAM_DEPTH = 16,
  parameter P_ADDR_BITS = 4,
  parameter PARAM_FILE  = "",
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
  input  wire [MULT_BITS-1:0]          mean_mult_i,
  input  wire [MEAN_SHIFT_MAX_BITS-1:0] mean_shift_i,
  input  wire signed [VBIAS_BITS-1:0]  var_bias_i,
  input  wire [5:0]                    var_shift_i,
  input  wire [T_ADDR_BITS-1:0]        table_base_i,
  input  wire [T_ADDR_BITS-1:0]        table_last_i,   // largest index
  input  wire [5:0]                    shift_i,
  input  wire signed [OUT_BITS-1:0]    low_i,
  input  wire signed [OUT_BITS-1:0]    high_i,
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
  localparam MEAN_BITS  = SUM_BITS + MULT_BITS + 1;
  localparam MU_BITS    = RES_BITS + 1;          // the rounded multiplier may carry it past the range
  localparam D_BITS     = RES_BITS + 2;
  localparam V_BITS     = SQ_BITS + 3;           // the three terms of v, signed
  localparam DR_BITS    = D_BITS + R_BITS + 1;
  localparam DRW_BITS   = DR_BITS + W_BITS;
  localparam Y_BITS     = (DRW_BITS > BIAS_BITS ? DRW_BITS : BIAS_BITS) + 1;
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

  reg [OP_BITS-1:0]          op_q;
  reg [P_ADDR_BITS-1:0]      p_base_q;
  reg [MULT_BITS-1:0]        mean_mult_q;
  reg [MEAN_SHIFT_MAX_BITS-1:0] mean_shift_q;
  reg signed [VBIAS_BITS-1:0] var_bias_q;
  reg [5:0]                  var_shift_q, shift_q;
  reg [T_ADDR_BITS-1:0]      table_base_q, table_last_q;
  reg signed [OUT_BITS-1:0]  low_q, high_q;
  always @(posedge clk_i)
    if (start_i) begin
      op_q         <= op_i;
      p_base_q     <= p_base_i;
      mean_mult_q  <= mean_mult_i;
      mean_shift_q <= mean_shift_i;
      var_bias_q   <= var_bias_i;
      var_shift_q  <= var_shift_i;
      table_base_q <= table_base_i;
      table_last_q <= table_last_i;
      shift_q      <= shift_i;
      low_q        <= low_i;
      high_q       <= high_i;
    end

  // ---- cycle 1: select, mask; cycle 2: squares and sums -------------------------------------
  reg [X_SUB_BITS-1:0]    x_sub1_q;
  reg [LANE_BITS-1:0]     x_lane1_q;
  wire [RES_LANES*RES_BITS-1:0] x_token = x_i[x_lane1_q*(RES_LANES*RES_BITS) +: RES_LANES*RES_BITS];
  reg [VL*RES_BITS-1:0]   x_q;
  wire [VL*RES_BITS-1:0]  x_part;
  always @(posedge clk_i) begin
    x_sub1_q  <= x_sub;
    x_lane1_q <= x_lane;
  end
  generate
    if (X_SUBS > 1) begin : g_part
      assign x_part = x_token[x_sub1_q*(VL*RES_BITS) +: VL*RES_BITS];
    end else begin : g_whole
      assign x_part = x_token;
      wire unused = &{1'b0, x_sub1_q};
    end
  endgenerate
  wire [VL*2*RES_BITS-1:0] squares;
  genvar i;
  generate
    for (i = 0; i < VL; i = i + 1) begin : g_in
      localparam IN_TAIL = i < TAIL_LANES;
      always @(posedge clk_i)
        x_q[i*RES_BITS +: RES_BITS] <= (last[1] && IN_TAIL == 0)
          ? {RES_BITS{1'b0}} : x_part[i*RES_BITS +: RES_BITS];
      wire signed [RES_BITS-1:0] x = x_q[i*RES_BITS +: RES_BITS];
      reg [2*RES_BITS-1:0] square_q;
      always @(posedge clk_i) square_q <= x * x;
      assign squares[i*2*RES_BITS +: 2*RES_BITS] = square_q;
    end
  endgenerate

  // Group sums, combinational: VL is small.
  reg signed [SUM_BITS-1:0] group_sum, group_sum3_q, group_sum4_q, sum_q;
  reg [SQ_BITS-1:0]         group_sq, group_sq4_q, square_sum_q;
  integer l;
  always @* begin
    group_sum = {SUM_BITS{1'b0}};
    group_sq  = {SQ_BITS{1'b0}};
    for (l = 0; l < VL; l = l + 1) begin
      group_sum = group_sum + {{(SUM_BITS-RES_BITS+1){x_q[l*RES_BITS + RES_BITS - 1]}},
                               x_q[l*RES_BITS +: RES_BITS-1]};
      group_sq  = group_sq + {{(SQ_BITS-2*RES_BITS+1){1'b0}},
                              squares[l*2*RES_BITS +: 2*RES_BITS-1]};
    end
  end
  // A square is at most 2^(2*RES_BITS-2): its top bit is zero.
  wire unused_squares = &{1'b0, squares};

  // ---- cycles 5..11: statistics of a row ----------------------------------------------------
  reg signed [MEAN_BITS-1:0] mean5_q, round_q;
  reg signed [SUM_BITS-1:0]  sum5_q, sum6_q;
  reg [SQ_BITS-1:0]          sq5_q, sq6_q, sq7_q, sq8_q;
  reg signed [MU_BITS-1:0]   mu6_q, mu7_q, mu8_q, mu9_q, mu10_q, mu11_q, mu_q;
  reg signed [V_BITS-1:0]    cross7_q, cross8_q, power7_q, power8_q, v9_q;
  reg [T_ADDR_BITS-1:0]      index10_q;
  wire [R_BITS-1:0]          r11;
  reg [R_BITS-1:0]           r_q, r1_q;
  wire signed [MULT_BITS:0]  mean_mult = {1'b0, mean_mult_q};
  wire [MEAN_SHIFT_MAX_BITS-1:0] mean_shift_below = mean_shift_q - 1'b1;
  wire signed [MEAN_BITS-1:0] mean_rounded = (mean5_q + round_q) >>> mean_shift_q;
  localparam signed [V_BITS-1:0] C = CHANNELS;
  wire signed [2*MU_BITS-1:0] mu_squared = mu6_q * mu6_q;
  wire signed [SUM_BITS+MU_BITS-1:0] mu_sum = mu6_q * sum6_q;

  // v + var_bias, shifted and clipped to the table.
  localparam I_BITS = (V_BITS > VBIAS_BITS ? V_BITS : VBIAS_BITS) + 1;
  wire signed [I_BITS-1:0] v_biased = {{(I_BITS-V_BITS){v9_q[V_BITS-1]}}, v9_q} +
                                      {{(I_BITS-VBIAS_BITS){var_bias_q[VBIAS_BITS-1]}}, var_bias_q};
  wire signed [I_BITS-1:0] v_index  = v_biased >>> var_shift_q;
  wire signed [I_BITS-1:0] v_last   = {{(I_BITS-T_ADDR_BITS){1'b0}}, table_last_q};

  always @(posedge clk_i) begin
    round_q      <= mean_shift_q == {MEAN_SHIFT_MAX_BITS{1'b0}} ? {MEAN_BITS{1'b0}}
                    : {{(MEAN_BITS-1){1'b0}}, 1'b1} << mean_shift_below;
    group_sum3_q <= group_sum;                                                    // 2
    group_sum4_q <= group_sum3_q;                                                 // 3
    group_sq4_q  <= group_sq;                                                     // 3
    sum_q        <= first[4] ? group_sum4_q : sum_q + group_sum4_q;               // 4
    square_sum_q <= first[4] ? group_sq4_q : square_sum_q + group_sq4_q;          // 4
    mean5_q      <= sum_q * mean_mult;                                            // 5
    sum5_q       <= sum_q;
    sq5_q        <= square_sum_q;
    mu6_q        <= mean_rounded[MU_BITS-1:0];                                    // 6
    sum6_q       <= sum5_q;
    sq6_q        <= sq5_q;
    cross7_q     <= {{(V_BITS-SUM_BITS-MU_BITS){mu_sum[SUM_BITS+MU_BITS-1]}}, mu_sum}; // 7
    power7_q     <= {{(V_BITS-2*MU_BITS){1'b0}}, mu_squared};
    sq7_q        <= sq6_q;
    mu7_q        <= mu6_q;
    cross8_q     <= cross7_q <<< 1;                                               // 8
    power8_q     <= power7_q * C;
    sq8_q        <= sq7_q;
    mu8_q        <= mu7_q;
    v9_q         <= {3'b000, sq8_q} - cross8_q + power8_q;                        // 9
    mu9_q        <= mu8_q;
    index10_q    <= table_base_q + (v_index < 0 ? {T_ADDR_BITS{1'b0}} :
                    v_index > v_last ? table_last_q : v_index[T_ADDR_BITS-1:0]);  // 10
    mu10_q       <= mu9_q;
    mu11_q       <= mu10_q;                                                       // 11, table
    if (last[12]) begin                                                           // 12
      mu_q <= mu11_q;
      r_q  <= r11;
    end
    r1_q <= r_q;
  end
  vt_rom #(
    .WIDTH(R_BITS), .DEPTH(TABLE_DEPTH), .ADDR_BITS(T_ADDR_BITS), .FILE(TABLE_FILE)
  ) u_rsqrt (
    .clk_i(clk_i), .addr_i(index10_q), .data_o(r11)
  );
  wire unused_mean = &{1'b0, mean_rounded};

  // ---- the delayed elements meet mu and r ---------------------------------------------------
  // x_q holds a group two cycles after its issue; mu_q holds its row's mean from STATS on.
  wire [VL*RES_BITS-1:0] x_late;
  vt_delay #(.WIDTH(VL*RES_BITS), .DEPTH(STATS - 2)) u_row (.clk_i(clk_i), .d_i(x_q), .q_o(x_late));

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

  generate
    for (i = 0; i < VL; i = i + 1) begin : g_out
      wire signed [RES_BITS-1:0] x = x_late[i*RES_BITS +: RES_BITS];
      wire signed [W_BITS-1:0]   w = parameters[i*(W_BITS+BIAS_BITS) + BIAS_BITS +: W_BITS];
      wire [BIAS_BITS-1:0]       b = parameters[i*(W_BITS+BIAS_BITS) +: BIAS_BITS];
      wire signed [R_BITS:0]     r = {1'b0, r1_q};
      reg signed [D_BITS-1:0]    d_q;
      reg signed [DR_BITS-1:0]   dr_q;
      reg signed [DRW_BITS-1:0]  drw_q;
      reg signed [BIAS_BITS-1:0] b_q;
      reg signed [Y_BITS-1:0]    y_q;
      reg signed [OUT_BITS-1:0]  out_q;
      wire signed [Y_BITS-1:0]   biased = {{(Y_BITS-DRW_BITS){drw_q[DRW_BITS-1]}}, drw_q} +
                                          {{(Y_BITS-BIAS_BITS){b_q[BIAS_BITS-1]}}, b_q};
      wire signed [Y_BITS-1:0]   low  = {{(Y_BITS-OUT_BITS){low_q[OUT_BITS-1]}}, low_q};
      wire signed [Y_BITS-1:0]   high = {{(Y_BITS-OUT_BITS){high_q[OUT_BITS-1]}}, high_q};
      always @(posedge clk_i) begin
        d_q   <= {{2{x[RES_BITS-1]}}, x} - {mu_q[MU_BITS-1], mu_q}; // STATS
        dr_q  <= d_q * r;                                        // STATS + 1
        drw_q <= dr_q * w;                                       // STATS + 2
        b_q   <= b;
        y_q   <= biased >>> shift_q;                             // STATS + 3
        out_q <= y_q < low ? low_q : y_q > high ? high_q : y_q[OUT_BITS-1:0]; // STATS + 4
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
  wire unused = &{1'b0, valid, first, last};
endmodule
`default_nettype wire
