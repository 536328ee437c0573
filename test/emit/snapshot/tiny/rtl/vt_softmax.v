// Softmax over rows of scores, VL elements per cycle, rows back to back:
//
//   e    = exp_table[clip(max - x + exp_bias >> exp_shift, 0, last)]
//   sum  = sum(e)
//   near = (sum + one_index_bias >> one_index_shift) <= one_last; the table of that range gives r
//   y    = clip(e * r + bias >> shift, 0, 2^PROB_BITS - 1)
//
// A row takes GROUPS cycles. A group whose address stands on the memory in cycle t is written in
// cycle t + 2*GROUPS + 16: first the row's maximum is found, then its sum, then it is scaled.
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
  parameter SUM_BITS    = 18,     // E_BITS + ceil(log2 KEYS)
  parameter R_BITS      = 16,     // reciprocal, unsigned
  parameter OFFSET_BITS = 32,     // signed constants of the descriptor
  parameter EXP_DEPTH   = 256,
  parameter E_ADDR_BITS = 8,
  parameter EXP_FILE    = "",
  parameter RECIP_DEPTH = 1024,
  parameter R_ADDR_BITS = 10,
  parameter RECIP_FILE  = "",
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
  input  wire signed [OFFSET_BITS-1:0]   exp_bias_i,
  input  wire [5:0]                      exp_shift_i,
  input  wire [E_ADDR_BITS-1:0]          exp_base_i,
  input  wire [E_ADDR_BITS-1:0]          exp_last_i,
  input  wire signed [OFFSET_BITS-1:0]   one_index_bias_i,
  input  wire [5:0]                      one_index_shift_i,
  input  wire [R_ADDR_BITS-1:0]          one_base_i,
  input  wire [R_ADDR_BITS-1:0]          one_last_i,
  input  wire signed [OFFSET_BITS-1:0]   one_bias_i,
  input  wire [5:0]                      one_shift_i,
  input  wire signed [OFFSET_BITS-1:0]   two_index_bias_i,
  input  wire [5:0]                      two_index_shift_i,
  input  wire [R_ADDR_BITS-1:0]          two_base_i,
  input  wire [R_ADDR_BITS-1:0]          two_last_i,
  input  wire signed [OFFSET_BITS-1:0]   two_bias_i,
  input  wire [5:0]                      two_shift_i,
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
  localparam signed [SCORE_BITS-1:0] LOWEST = {1'b1, {(SCORE_BITS-1){1'b0}}};
  localparam D_BITS  = (SCORE_BITS > OFFSET_BITS ? SCORE_BITS : OFFSET_BITS) + 2;
  localparam I_BITS  = (SUM_BITS > OFFSET_BITS ? SUM_BITS : OFFSET_BITS) + 2;
  localparam ER_BITS = E_BITS + R_BITS;
  localparam Y_BITS  = (ER_BITS > OFFSET_BITS ? ER_BITS : OFFSET_BITS) + 2;

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
  reg signed [OFFSET_BITS-1:0] exp_bias_q, one_index_bias_q, two_index_bias_q;
  reg signed [OFFSET_BITS-1:0] one_bias_q, two_bias_q;
  reg [5:0]             exp_shift_q, one_index_shift_q, two_index_shift_q, one_shift_q, two_shift_q;
  reg [E_ADDR_BITS-1:0] exp_base_q, exp_last_q;
  reg [R_ADDR_BITS-1:0] one_base_q, one_last_q, two_base_q, two_last_q;

  always @(posedge clk_i)
    if (start_i) begin
      op_q              <= op_i;
      exp_bias_q        <= exp_bias_i;
      exp_shift_q       <= exp_shift_i;
      exp_base_q        <= exp_base_i;
      exp_last_q        <= exp_last_i;
      one_index_bias_q  <= one_index_bias_i;
      one_index_shift_q <= one_index_shift_i;
      one_base_q        <= one_base_i;
      one_last_q        <= one_last_i;
      one_bias_q        <= one_bias_i;
      one_shift_q       <= one_shift_i;
      two_index_bias_q  <= two_index_bias_i;
      two_index_shift_q <= two_index_shift_i;
      two_base_q        <= two_base_i;
      two_last_q        <= two_last_i;
      two_bias_q        <= two_bias_i;
      two_shift_q       <= two_shift_i;
    end

  // ---- cycles 1..4: select, mask, maximum ---------------------------------------------------
  reg [X_SUB_BITS-1:0]      x_sub1_q;
  reg [LANE_BITS-1:0]       x_lane1_q;
  wire [IN_LANES*SCORE_BITS-1:0] x_query =
    x_i[x_lane1_q*(IN_LANES*SCORE_BITS) +: IN_LANES*SCORE_BITS];
  reg [VL*SCORE_BITS-1:0]   x_q;
  wire [VL*SCORE_BITS-1:0]  x_part;
  always @(posedge clk_i) begin
    x_sub1_q  <= x_sub;
    x_lane1_q <= x_lane;
  end
  genvar i;
  generate
    if (X_SUBS > 1) begin : g_part
      assign x_part = x_query[x_sub1_q*(VL*SCORE_BITS) +: VL*SCORE_BITS];
    end else begin : g_whole
      assign x_part = x_query;
      wire unused = &{1'b0, x_sub1_q};
    end
    for (i = 0; i < VL; i = i + 1) begin : g_in
      localparam IN_TAIL = i < TAIL_LANES;
      // Lanes past the last key must not be the maximum.
      always @(posedge clk_i)
        x_q[i*SCORE_BITS +: SCORE_BITS] <= (last[1] && IN_TAIL == 0)
          ? LOWEST : x_part[i*SCORE_BITS +: SCORE_BITS];
    end
  endgenerate

  reg signed [SCORE_BITS-1:0] group_max, group_max3_q, max4_q, max_q;
  integer l;
  always @* begin
    group_max = LOWEST;
    for (l = 0; l < VL; l = l + 1)
      if ($signed(x_q[l*SCORE_BITS +: SCORE_BITS]) > group_max)
        group_max = x_q[l*SCORE_BITS +: SCORE_BITS];
  end
  always @(posedge clk_i) begin
    group_max3_q <= group_max;                                                     // 2
    max4_q <= (first[3] || group_max3_q > max4_q) ? group_max3_q : max4_q;         // 3
    if (last[4]) max_q <= max4_q;                                                  // 4
  end

  // ---- exponentials -------------------------------------------------------------------------
  // x_q holds a group two cycles after its issue; max_q holds its row's maximum from MAXED on.
  wire [VL*SCORE_BITS-1:0] x_late;
  vt_delay #(.WIDTH(VL*SCORE_BITS), .DEPTH(MAXED + 1 - 2)) u_row (
    .clk_i(clk_i), .d_i(x_q), .q_o(x_late)
  );
  reg signed [SCORE_BITS-1:0] max1_q;
  always @(posedge clk_i) max1_q <= max_q;
  wire signed [D_BITS-1:0] exp_last = {{(D_BITS-E_ADDR_BITS){1'b0}}, exp_last_q};

  reg [VL*E_BITS-1:0] e_q;
  generate
    for (i = 0; i < VL; i = i + 1) begin : g_exp
      localparam IN_TAIL = i < TAIL_LANES;
      wire signed [SCORE_BITS-1:0] x = x_late[i*SCORE_BITS +: SCORE_BITS];
      reg signed [D_BITS-1:0]      distance_q;
      wire signed [D_BITS-1:0]     index = distance_q >>> exp_shift_q;
      reg [E_ADDR_BITS-1:0]        addr_q;
      wire [E_BITS-1:0]            entry;
      always @(posedge clk_i) begin
        distance_q <= {{(D_BITS-SCORE_BITS){max1_q[SCORE_BITS-1]}}, max1_q}        // MAXED + 1
                    - {{(D_BITS-SCORE_BITS){x[SCORE_BITS-1]}}, x}
                    + {{(D_BITS-OFFSET_BITS){exp_bias_q[OFFSET_BITS-1]}}, exp_bias_q};
        addr_q <= exp_base_q + (index < 0 ? {E_ADDR_BITS{1'b0}} :                  // MAXED + 2
                  index > exp_last ? exp_last_q : index[E_ADDR_BITS-1:0]);
      end
      vt_rom #(.WIDTH(E_BITS), .DEPTH(EXP_DEPTH), .ADDR_BITS(E_ADDR_BITS), .FILE(EXP_FILE)) u_exp (
        .clk_i(clk_i), .addr_i(addr_q), .data_o(entry)                             // MAXED + 3
      );
      // Keys that do not exist weigh nothing.
      always @(posedge clk_i)                                                      // MAXED + 4
        e_q[i*E_BITS +: E_BITS] <= (last[MAXED+4] && IN_TAIL == 0) ? {E_BITS{1'b0}} : entry;
    end
  endgenerate

  // ---- sum and its reciprocal ---------------------------------------------------------------
  reg [SUM_BITS-1:0] group_sum, sum_q;
  always @* begin
    group_sum = {SUM_BITS{1'b0}};
    for (l = 0; l < VL; l = l + 1)
      group_sum = group_sum + {{(SUM_BITS-E_BITS){1'b0}}, e_q[l*E_BITS +: E_BITS]};
  end
  reg signed [I_BITS-1:0] one_index_q, two_index_q;
  wire signed [I_BITS-1:0] sum_wide = {{(I_BITS-SUM_BITS){1'b0}}, sum_q};
  // Nets of their own: a concatenation is unsigned and would make the shift a logical one.
  wire signed [I_BITS-1:0] one_offset =
    {{(I_BITS-OFFSET_BITS){one_index_bias_q[OFFSET_BITS-1]}}, one_index_bias_q};
  wire signed [I_BITS-1:0] two_offset =
    {{(I_BITS-OFFSET_BITS){two_index_bias_q[OFFSET_BITS-1]}}, two_index_bias_q};
  wire signed [I_BITS-1:0] one_last = {{(I_BITS-R_ADDR_BITS){1'b0}}, one_last_q};
  wire signed [I_BITS-1:0] two_last = {{(I_BITS-R_ADDR_BITS){1'b0}}, two_last_q};
  reg [R_ADDR_BITS-1:0] recip_addr_q;
  reg                   far_q, far1_q, far_row_q, far_row1_q;
  wire [R_BITS-1:0]     recip;
  reg [R_BITS-1:0]      r_q;
  always @(posedge clk_i) begin
    sum_q <= first[SUMMED-1] ? group_sum : sum_q + group_sum;                      // SUMMED - 1
    one_index_q <= (sum_wide + one_offset) >>> one_index_shift_q;                  // SUMMED
    two_index_q <= (sum_wide + two_offset) >>> two_index_shift_q;
    far_q <= one_index_q > one_last;                                               // SUMMED + 1
    recip_addr_q <= one_index_q > one_last
      ? two_base_q + (two_index_q < 0 ? {R_ADDR_BITS{1'b0}} :
                      two_index_q > two_last ? two_last_q : two_index_q[R_ADDR_BITS-1:0])
      : one_base_q + (one_index_q < 0 ? {R_ADDR_BITS{1'b0}} : one_index_q[R_ADDR_BITS-1:0]);
    far1_q <= far_q;                                                               // SUMMED + 2
    if (last[SUMMED+3]) begin                                                      // SUMMED + 3
      r_q       <= recip;
      far_row_q <= far1_q;
    end
    far_row1_q <= far_row_q;
  end
  vt_rom #(
    .WIDTH(R_BITS), .DEPTH(RECIP_DEPTH), .ADDR_BITS(R_ADDR_BITS), .FILE(RECIP_FILE)
  ) u_recip (
    .clk_i(clk_i), .addr_i(recip_addr_q), .data_o(recip)
  );

  // ---- scaling ------------------------------------------------------------------------------
  // e_q holds a group SUMMED - 1 cycles after its issue; r_q serves its row from SCALED on.
  wire [VL*E_BITS-1:0] e_late;
  vt_delay #(.WIDTH(VL*E_BITS), .DEPTH(SCALED - (SUMMED - 1))) u_e (
    .clk_i(clk_i), .d_i(e_q), .q_o(e_late)
  );
  wire signed [OFFSET_BITS-1:0] bias  = far_row1_q ? two_bias_q : one_bias_q;
  wire [5:0]                    shift = far_row1_q ? two_shift_q : one_shift_q;
  localparam signed [Y_BITS-1:0] HIGHEST = {{(Y_BITS-PROB_BITS){1'b0}}, {PROB_BITS{1'b1}}};
  generate
    for (i = 0; i < VL; i = i + 1) begin : g_scale
      reg [ER_BITS-1:0]         product_q;
      reg signed [Y_BITS-1:0]   y_q;
      reg [PROB_BITS-1:0]       out_q;
      wire signed [Y_BITS-1:0]  biased = {{(Y_BITS-ER_BITS){1'b0}}, product_q} +
                                         {{(Y_BITS-OFFSET_BITS){bias[OFFSET_BITS-1]}}, bias};
      always @(posedge clk_i) begin
        product_q <= e_late[i*E_BITS +: E_BITS] * r_q;                             // SCALED
        y_q       <= biased >>> shift;                                             // SCALED + 1
        out_q     <= y_q < 0 ? {PROB_BITS{1'b0}} :                                 // SCALED + 2
                     y_q > HIGHEST ? {PROB_BITS{1'b1}} : y_q[PROB_BITS-1:0];
      end
      assign out_data_o[i*PROB_BITS +: PROB_BITS] = out_q;
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
  wire unused = &{1'b0, valid, first, last};
endmodule
`default_nettype wire
