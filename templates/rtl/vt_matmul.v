// Matrix product unit: C = A * B^T, rows of A streamed past tiles of B, then the epilogue.
// Both operands lie with the reduction index running fastest.
//
// Latencies from the cycle in which a streamed word's address stands on the memory (issue):
//   +1              memory word                     +4+L  sum in E0 (L = ceil(log2 TI))
//   +2              operand register                +6+L  skip address (E2)
//   +3+L            dot products                    +11+L result written (E7)
// The planner's cycle model uses the same numbers (src/plan/engine.ts).
`default_nettype none
module vt_matmul #(
  parameter TI           = 4,
  parameter TO           = 4,
  parameter WORD         = 4,     // elements of an activation word: the larger of TI and TO
  parameter A_BITS       = 9,     // streamed operand, signed
  parameter B_BITS       = 8,     // stationary operand, signed
  parameter ACT_BITS     = 8,     // activations and keys, signed
  parameter IN_BITS      = 8,     // input codes, signed
  parameter PROB_BITS    = 8,     // probabilities, unsigned
  parameter W_BITS       = 8,     // weights, signed
  parameter ACC_BITS     = 24,
  parameter BIAS_BITS    = 24,
  parameter SUM_BITS     = 25,
  parameter MULT_BITS    = 16,
  parameter PROD_BITS    = 42,
  parameter OUT_BITS     = 16,
  parameter RES_BITS     = 16,
  parameter TABLE_BITS   = 8,
  parameter TABLE_DEPTH  = 256,
  parameter TABLE_ADDR_BITS = 8,
  parameter TABLE_FILE   = "",
  parameter HAS_TABLE    = 1,
  parameter MIN_PASS     = 16,
  parameter MAX_ROWS     = 64,
  parameter ROW_BITS     = 6,
  parameter COUNT_BITS   = 8,
  parameter LEAD_BITS    = 1,
  parameter LANES_BITS   = 4,     // holds 1..TI
  parameter A_ADDR_BITS  = 8,
  parameter B_ADDR_BITS  = 8,
  parameter P_ADDR_BITS  = 8,
  parameter S_ADDR_BITS  = 8,
  parameter O_ADDR_BITS  = 8,
  parameter OUT_SUB_BITS = 1,
  parameter OP_BITS      = 4
) (
  input  wire                       clk_i,
  input  wire                       rst_i,
  // operation
  input  wire                       start_i,
  output wire                       ready_o,
  output wire                       done_o,           // an operation's last result is written
  input  wire [OP_BITS-1:0]         op_i,
  // 0 activations, 1 input, 2 probabilities, 3 weights
  input  wire [1:0]                 a_src_i,
  input  wire [A_ADDR_BITS-1:0]     a_base_i,
  input  wire [A_ADDR_BITS-1:0]     a_stride_i,
  input  wire [LEAD_BITS-1:0]       lead_i,
  input  wire [COUNT_BITS-1:0]      rows_i,
  input  wire [COUNT_BITS-1:0]      k_tiles_i,
  input  wire [LANES_BITS-1:0]      k_last_lanes_i,   // elements of the last k tile
  input  wire [COUNT_BITS-1:0]      o_tiles_i,
  input  wire [COUNT_BITS-1:0]      n_rows_i,
  input  wire                       b_src_i,          // 0 weights, 1 keys
  input  wire [B_ADDR_BITS-1:0]     b_base_i,
  input  wire [B_ADDR_BITS-1:0]     b_stride_i,
  input  wire [P_ADDR_BITS-1:0]     p_base_i,
  input  wire                       p_by_row_i,
  input  wire [5:0]                 shift_i,
  input  wire signed [OUT_BITS-1:0] low_i,
  input  wire signed [OUT_BITS-1:0] high_i,
  input  wire                       table_on_i,
  input  wire [TABLE_ADDR_BITS-1:0] table_base_i,
  input  wire                       skip_on_i,
  input  wire                       skip_src_i,       // 0 residual stream, 1 embedding offsets
  input  wire [MULT_BITS-1:0]       skip_mult_i,
  input  wire [4:0]                 skip_shift_i,
  input  wire [S_ADDR_BITS-1:0]     skip_base_i,
  input  wire [S_ADDR_BITS-1:0]     skip_stride_i,
  // 0 activations, 1 keys, 2 residual, 3 scores, 4 result
  input  wire [2:0]                 out_dst_i,
  input  wire [O_ADDR_BITS-1:0]     out_base_i,
  input  wire [O_ADDR_BITS-1:0]     out_stride_i,
  input  wire [OUT_SUB_BITS-1:0]    out_sub_i,
  // memories
  output wire [A_ADDR_BITS-1:0]     a_addr_o,
  input  wire [WORD*ACT_BITS-1:0]   a_act_i,
  input  wire [TI*IN_BITS-1:0]      a_input_i,
  input  wire [TI*PROB_BITS-1:0]    a_prob_i,
  input  wire [TI*W_BITS-1:0]       a_weight_i,
  output wire [B_ADDR_BITS-1:0]     b_addr_o,
  input  wire [TI*W_BITS-1:0]       b_weight_i,
  input  wire [WORD*ACT_BITS-1:0]   b_key_i,
  output wire [P_ADDR_BITS-1:0]     p_lane_addr_o,
  output wire [P_ADDR_BITS-1:0]     p_row_addr_o,
  input  wire [BIAS_BITS+MULT_BITS-1:0] p_lane_i,
  input  wire [BIAS_BITS+MULT_BITS-1:0] p_row_i,
  output wire [S_ADDR_BITS-1:0]     skip_addr_o,
  input  wire [TO*RES_BITS-1:0]     skip_residual_i,
  input  wire [TO*RES_BITS-1:0]     skip_offset_i,
  output wire                       out_valid_o,
  output wire [2:0]                 out_dst_o,
  output wire [O_ADDR_BITS-1:0]     out_addr_o,
  output wire [OUT_SUB_BITS-1:0]    out_sub_o,
  output wire [TO*OUT_BITS-1:0]     out_data_o,
  output wire [OP_BITS-1:0]         out_op_o
);
  localparam L          = $clog2(TI);
  localparam DOT_BITS   = A_BITS + B_BITS + L;
  localparam WORD_TILES = WORD / TI;
  localparam OUT_TILES  = WORD / TO;
  localparam SUB_BITS   = WORD_TILES > 1 ? $clog2(WORD_TILES) : 1;
  localparam E0         = 4 + L;  // cycles from issue to stage E0

  // ---- stationary operand -------------------------------------------------------------------
  wire                    row_valid, row_zero, row_src, row_k_last, param_valid;
  wire [SUB_BITS-1:0]     row_sub;
  wire                    full, first_tile, take, take_first;
  vt_tile_loader #(
    .TO(TO), .WORD_TILES(WORD_TILES), .ADDR_BITS(B_ADDR_BITS), .P_ADDR_BITS(P_ADDR_BITS),
    .COUNT_BITS(COUNT_BITS), .SUB_BITS(SUB_BITS)
  ) u_loader (
    .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .ready_o(ready_o),
    .b_src_i(b_src_i), .b_base_i(b_base_i), .b_stride_i(b_stride_i),
    .k_tiles_i(k_tiles_i), .o_tiles_i(o_tiles_i), .n_rows_i(n_rows_i),
    .p_base_i(p_base_i), .p_by_row_i(p_by_row_i),
    .row_valid_o(row_valid), .row_zero_o(row_zero), .row_src_o(row_src), .row_addr_o(b_addr_o),
    .row_sub_o(row_sub), .row_k_last_o(row_k_last),
    .param_valid_o(param_valid), .param_addr_o(p_lane_addr_o),
    .full_o(full), .first_tile_o(first_tile), .take_i(take)
  );

  // Settings of the operation that the loader works on; the streamer takes them over with the
  // first tile, the epilogue when the first word arrives there.
  reg [OP_BITS-1:0]         ld_op_q;
  reg [1:0]                 ld_a_src_q;
  reg [A_ADDR_BITS-1:0]     ld_a_base_q, ld_a_stride_q;
  reg [LEAD_BITS-1:0]       ld_lead_q;
  reg [COUNT_BITS-1:0]      ld_rows_q, ld_k_tiles_q, ld_o_tiles_q;
  reg [LANES_BITS-1:0]      ld_k_last_lanes_q;
  reg [P_ADDR_BITS-1:0]     ld_p_base_q;
  reg                       ld_p_by_row_q;
  reg [5:0]                 ld_shift_q;
  reg signed [OUT_BITS-1:0] ld_low_q, ld_high_q;
  reg                       ld_table_on_q, ld_skip_on_q, ld_skip_src_q;
  reg [TABLE_ADDR_BITS-1:0] ld_table_base_q;
  reg [MULT_BITS-1:0]       ld_skip_mult_q;
  reg [4:0]                 ld_skip_shift_q;
  reg [S_ADDR_BITS-1:0]     ld_skip_base_q, ld_skip_stride_q;
  reg [2:0]                 ld_out_dst_q;
  reg [O_ADDR_BITS-1:0]     ld_out_base_q, ld_out_stride_q;
  reg [OUT_SUB_BITS-1:0]    ld_out_sub_q;
  always @(posedge clk_i)
    if (start_i) begin
      ld_op_q           <= op_i;
      ld_a_src_q        <= a_src_i;
      ld_a_base_q       <= a_base_i;
      ld_a_stride_q     <= a_stride_i;
      ld_lead_q         <= lead_i;
      ld_rows_q         <= rows_i;
      ld_k_tiles_q      <= k_tiles_i;
      ld_o_tiles_q      <= o_tiles_i;
      ld_k_last_lanes_q <= k_last_lanes_i;
      ld_p_base_q       <= p_base_i;
      ld_p_by_row_q     <= p_by_row_i;
      ld_shift_q        <= shift_i;
      ld_low_q          <= low_i;
      ld_high_q         <= high_i;
      ld_table_on_q     <= table_on_i;
      ld_table_base_q   <= table_base_i;
      ld_skip_on_q      <= skip_on_i;
      ld_skip_src_q     <= skip_src_i;
      ld_skip_mult_q    <= skip_mult_i;
      ld_skip_shift_q   <= skip_shift_i;
      ld_skip_base_q    <= skip_base_i;
      ld_skip_stride_q  <= skip_stride_i;
      ld_out_dst_q      <= out_dst_i;
      ld_out_base_q     <= out_base_i;
      ld_out_stride_q   <= out_stride_i;
      ld_out_sub_q      <= out_sub_i;
    end

  reg [OP_BITS-1:0]         st_op_q;
  reg [LANES_BITS-1:0]      st_k_last_lanes_q;
  reg                       st_p_by_row_q;
  reg [5:0]                 st_shift_q;
  reg signed [OUT_BITS-1:0] st_low_q, st_high_q;
  reg                       st_table_on_q, st_skip_on_q, st_skip_src_q;
  reg [TABLE_ADDR_BITS-1:0] st_table_base_q;
  reg [MULT_BITS-1:0]       st_skip_mult_q;
  reg [4:0]                 st_skip_shift_q;
  reg [2:0]                 st_out_dst_q;
  always @(posedge clk_i)
    if (take_first) begin
      st_op_q           <= ld_op_q;
      st_k_last_lanes_q <= ld_k_last_lanes_q;
      st_p_by_row_q     <= ld_p_by_row_q;
      st_shift_q        <= ld_shift_q;
      st_low_q          <= ld_low_q;
      st_high_q         <= ld_high_q;
      st_table_on_q     <= ld_table_on_q;
      st_table_base_q   <= ld_table_base_q;
      st_skip_on_q      <= ld_skip_on_q;
      st_skip_src_q     <= ld_skip_src_q;
      st_skip_mult_q    <= ld_skip_mult_q;
      st_skip_shift_q   <= ld_skip_shift_q;
      st_out_dst_q      <= ld_out_dst_q;
    end

  // ---- streamed operand ---------------------------------------------------------------------
  wire                    s_valid, s_zero, s_k_first, s_k_last, s_pass_first, s_op_first, s_op_last;
  wire [1:0]              s_src;
  wire [SUB_BITS-1:0]     s_sub;
  wire [COUNT_BITS-1:0]   s_row;
  wire [S_ADDR_BITS-1:0]  s_skip_addr;
  wire [O_ADDR_BITS-1:0]  s_out_addr;
  wire [OUT_SUB_BITS-1:0] s_out_sub;
  vt_token_streamer #(
    .MIN_PASS(MIN_PASS), .WORD_TILES(WORD_TILES), .OUT_TILES(OUT_TILES),
    .ADDR_BITS(A_ADDR_BITS), .P_ADDR_BITS(P_ADDR_BITS), .S_ADDR_BITS(S_ADDR_BITS),
    .O_ADDR_BITS(O_ADDR_BITS), .COUNT_BITS(COUNT_BITS), .LEAD_BITS(LEAD_BITS),
    .SUB_BITS(SUB_BITS), .OUT_SUB_BITS(OUT_SUB_BITS)
  ) u_streamer (
    .clk_i(clk_i), .rst_i(rst_i),
    .a_src_i(ld_a_src_q), .a_base_i(ld_a_base_q), .a_stride_i(ld_a_stride_q), .lead_i(ld_lead_q),
    .rows_i(ld_rows_q), .k_tiles_i(ld_k_tiles_q), .o_tiles_i(ld_o_tiles_q),
    .p_base_i(ld_p_base_q), .skip_base_i(ld_skip_base_q), .skip_stride_i(ld_skip_stride_q),
    .out_base_i(ld_out_base_q), .out_stride_i(ld_out_stride_q), .out_sub_i(ld_out_sub_q),
    .out_split_i(ld_out_dst_q[2:1] == 2'b00),
    .full_i(full), .first_tile_i(first_tile), .take_o(take), .take_first_o(take_first),
    .valid_o(s_valid), .zero_o(s_zero), .a_src_o(s_src), .addr_o(a_addr_o), .sub_o(s_sub),
    .k_first_o(s_k_first), .k_last_o(s_k_last), .pass_first_o(s_pass_first),
    .op_first_o(s_op_first), .op_last_o(s_op_last), .row_o(s_row), .p_addr_o(p_row_addr_o),
    .skip_addr_o(s_skip_addr), .out_addr_o(s_out_addr), .out_sub_o(s_out_sub)
  );

  // ---- operands -----------------------------------------------------------------------------
  wire                 array_row_valid;
  wire [TI*A_BITS-1:0] array_a;
  wire [TI*B_BITS-1:0] array_row;
  vt_operands #(
    .TI(TI), .WORD_TILES(WORD_TILES), .SUB_BITS(SUB_BITS), .LANES_BITS(LANES_BITS),
    .A_BITS(A_BITS), .B_BITS(B_BITS), .ACT_BITS(ACT_BITS), .IN_BITS(IN_BITS),
    .PROB_BITS(PROB_BITS), .W_BITS(W_BITS)
  ) u_operands (
    .clk_i(clk_i), .rst_i(rst_i),
    .a_src_i(s_src), .a_sub_i(s_sub), .a_zero_i(s_zero), .a_k_last_i(s_k_last),
    .a_lanes_i(st_k_last_lanes_q), .a_act_i(a_act_i), .a_input_i(a_input_i),
    .a_prob_i(a_prob_i), .a_weight_i(a_weight_i), .a_o(array_a),
    .row_valid_i(row_valid), .row_src_i(row_src), .row_sub_i(row_sub), .row_zero_i(row_zero),
    .row_k_last_i(row_k_last), .row_lanes_i(ld_k_last_lanes_q), .b_weight_i(b_weight_i),
    .b_key_i(b_key_i), .row_valid_o(array_row_valid), .row_o(array_row)
  );

  // ---- array and partial sums ---------------------------------------------------------------
  // The tile is taken in cycle t, its first word issued in t+1 and multiplied in t+3.
  wire [2:0] took;
  vt_delay_control #(.DEPTH(2)) u_took (.clk_i(clk_i), .rst_i(rst_i), .d_i(take), .taps_o(took));
  wire [TO*DOT_BITS-1:0] dot;
  vt_mac_array #(.TI(TI), .TO(TO), .A_BITS(A_BITS), .B_BITS(B_BITS)) u_array (
    .clk_i(clk_i), .a_i(array_a), .row_valid_i(array_row_valid), .row_i(array_row),
    .swap_i(took[2]), .dot_o(dot)
  );

  // Flags of a word, delayed along with it; index 0 is the issue cycle, E0 + n is stage En.
  wire [E0+7:0] valid, op_first, op_last, last_valid;
  wire [E0:0]   lane_swap;
  vt_delay_control #(.DEPTH(E0+7)) u_valid (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(s_valid), .taps_o(valid)
  );
  vt_delay_control #(.DEPTH(E0+7)) u_op_first (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(s_valid && s_op_first), .taps_o(op_first)
  );
  vt_delay_control #(.DEPTH(E0+7)) u_op_last (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(s_valid && s_op_last), .taps_o(op_last)
  );
  vt_delay_control #(.DEPTH(E0+7)) u_last (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(s_valid && s_k_last), .taps_o(last_valid)
  );
  vt_delay_control #(.DEPTH(E0)) u_swap (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(s_valid && s_k_last && s_pass_first), .taps_o(lane_swap)
  );

  wire [ROW_BITS-1:0] psum_read, psum_row;
  wire                psum_k_first, psum_k_last;
  vt_delay #(.WIDTH(ROW_BITS), .DEPTH(E0-2)) u_row (
    .clk_i(clk_i), .d_i(s_row[ROW_BITS-1:0]), .q_o(psum_read)
  );
  vt_delay #(.WIDTH(ROW_BITS), .DEPTH(1)) u_row1 (.clk_i(clk_i), .d_i(psum_read), .q_o(psum_row));
  vt_delay #(.WIDTH(2), .DEPTH(E0-1)) u_k (
    .clk_i(clk_i), .d_i({s_k_first, s_k_last}), .q_o({psum_k_first, psum_k_last})
  );
  wire [TO*ACC_BITS-1:0] sum;
  vt_accumulator #(
    .TO(TO), .DOT_BITS(DOT_BITS), .ACC_BITS(ACC_BITS), .DEPTH(MAX_ROWS), .ADDR_BITS(ROW_BITS)
  ) u_accumulator (
    .clk_i(clk_i), .row_read_i(psum_read), .valid_i(valid[E0-1]), .k_first_i(psum_k_first),
    .k_last_i(psum_k_last), .row_i(psum_row), .dot_i(dot), .sum_o(sum)
  );

  // ---- epilogue -----------------------------------------------------------------------------
  reg param_valid1_q;
  always @(posedge clk_i) param_valid1_q <= param_valid && !rst_i;
  reg by_row_e0_q;
  always @(posedge clk_i) if (op_first[E0-1]) by_row_e0_q <= st_p_by_row_q;
  wire [TO*BIAS_BITS-1:0] bias;
  wire [TO*MULT_BITS-1:0] mult;
  vt_channel_parameters #(
    .TO(TO), .BIAS_BITS(BIAS_BITS), .MULT_BITS(MULT_BITS),
    .LANE_DELAY(L + 4), .ROW_DELAY(E0 - 2)
  ) u_parameters (
    .clk_i(clk_i), .rst_i(rst_i), .lane_valid_i(param_valid1_q), .lane_word_i(p_lane_i),
    .row_word_i(p_row_i), .by_row_i(by_row_e0_q),
    .bias_swap_i(lane_swap[E0-1]), .mult_swap_i(lane_swap[E0]), .bias_o(bias), .mult_o(mult)
  );

  reg  skip_src_e3_q;
  always @(posedge clk_i) if (op_first[E0+2]) skip_src_e3_q <= st_skip_src_q;
  wire [TO*OUT_BITS-1:0] data;
  vt_epilogue #(
    .TO(TO), .ACC_BITS(ACC_BITS), .BIAS_BITS(BIAS_BITS), .SUM_BITS(SUM_BITS), .MULT_BITS(MULT_BITS),
    .PROD_BITS(PROD_BITS), .OUT_BITS(OUT_BITS), .SKIP_BITS(RES_BITS), .TABLE_BITS(TABLE_BITS),
    .TABLE_DEPTH(TABLE_DEPTH), .TABLE_ADDR_BITS(TABLE_ADDR_BITS), .TABLE_FILE(TABLE_FILE),
    .HAS_TABLE(HAS_TABLE)
  ) u_epilogue (
    .clk_i(clk_i), .op_first_i(op_first[E0+7:E0]),
    .shift_i(st_shift_q), .low_i(st_low_q), .high_i(st_high_q), .table_on_i(st_table_on_q),
    .table_base_i(st_table_base_q), .skip_on_i(st_skip_on_q), .skip_mult_i(st_skip_mult_q),
    .skip_shift_i(st_skip_shift_q), .sum_i(sum), .bias_i(bias), .mult_i(mult),
    .skip_i(skip_src_e3_q ? skip_offset_i : skip_residual_i), .data_o(data)
  );

  // ---- result -------------------------------------------------------------------------------
  reg [2:0]         out_dst_q;
  reg [OP_BITS-1:0] out_op_q;
  always @(posedge clk_i)
    if (op_first[E0+6]) begin
      out_dst_q <= st_out_dst_q;
      out_op_q  <= st_op_q;
    end
  vt_delay #(.WIDTH(S_ADDR_BITS), .DEPTH(E0+2)) u_skip_addr (
    .clk_i(clk_i), .d_i(s_skip_addr), .q_o(skip_addr_o)
  );
  vt_delay #(.WIDTH(O_ADDR_BITS), .DEPTH(E0+7)) u_out_addr (
    .clk_i(clk_i), .d_i(s_out_addr), .q_o(out_addr_o)
  );
  vt_delay #(.WIDTH(OUT_SUB_BITS), .DEPTH(E0+7)) u_out_sub (
    .clk_i(clk_i), .d_i(s_out_sub), .q_o(out_sub_o)
  );
  assign out_valid_o = last_valid[E0+7];
  assign done_o      = op_last[E0+7];
  assign out_dst_o   = out_dst_q;
  assign out_op_o    = out_op_q;
  assign out_data_o  = data;

  wire unused = &{1'b0, valid, op_first, op_last, last_valid, lane_swap, took, s_row};
endmodule
`default_nettype wire
