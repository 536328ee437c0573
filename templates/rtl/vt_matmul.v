// Matrix product unit: C = A * B^T, rows of A streamed past tiles of B, then the epilogue.
//
// A word of A holds TP tokens and TI elements of each; TO is the number of B's rows in a tile.
// Latencies from the cycle in which a streamed word's address stands on the memory (issue), with
// R = ARRAY_LATENCY:
//   +1              memory word                     +3+R  sum in E0
//   +2              operand register                +5+R  skip address (E2)
//   +2+R            dot products                    +10+R result written (E7)
// With groups of weights (GROUP_GROWTH > 0) dot products are scaled by their tile's factors; with
// steps per token (ROW_EXPONENT > 0) a sum is shifted by its row's in E0, before its bias.
// The planner's cycle model uses the same numbers (src/plan/engine.ts).
`default_nettype none
module vt_matmul #(
  parameter TP           = 1,     // tokens of a word; divides TI and TO
  parameter TI           = 4,
  parameter TO           = 4,
  parameter STYLE        = 0,     // of the multipliers, see vt_mac_array
  parameter CELL         = 0,
  parameter LUT_TO       = 0,     // outputs on LUTs
  parameter LUT_BITS     = 0,
  parameter LUT_POWERS   = 0,
  parameter KEY_TO       = TO,    // outputs of products with keys and values
  parameter DSP_DELAY    = 0,
  parameter LUT_DELAY    = 0,
  parameter ARRAY_LATENCY = 3,
  parameter WORD         = 4,     // elements of an activation word: the larger of TI and TO
  parameter A_BITS       = 8,     // the widest of the streamed codes
  parameter B_BITS       = 8,     // the widest of the stationary ones, signed
  parameter ACT_BITS     = 8,     // activations and keys, signed
  parameter IN_BITS      = 8,     // input codes, signed
  parameter PROB_BITS    = 8,     // probabilities, unsigned
  parameter W_BITS       = 8,     // weights, signed
  parameter ACC_BITS     = 24,
  parameter BIAS_BITS    = 24,
  parameter SUM_BITS     = 25,
  parameter MULT_BITS    = 16,
  parameter OFFSET_BIAS  = 0,     // embedding offsets are added to the accumulator
  parameter OFFSET_BITS  = 16,
  parameter PROD_BITS    = 42,
  parameter OUT_BITS     = 16,
  parameter RES_BITS     = 16,
  parameter TABLE_BITS   = 8,
  parameter TABLE_DEPTH  = 256,
  parameter TABLE_ADDR_BITS = 8,
  parameter TABLE_FILE   = "",
  parameter HAS_TABLE    = 1,
  // Of the epilogue, see vt_epilogue.
  parameter HAS_MULT     = 1,
  parameter HAS_SKIP     = 1,
  parameter SKIP_MULT_BITS = 16,
  parameter SKIP_PROD_BITS = 33,
  parameter BRANCH_BITS  = 16,
  parameter TABLE_INDEX_BITS = 8,
  parameter TABLE_ALIGNED = 0,
  parameter TABLE_SIGNED = 0,
  parameter TABLE_BLOCK  = 1,
  parameter SHIFT_COUNT  = 1,
  parameter SHIFT_SEL_BITS = 1,
  parameter [6*SHIFT_COUNT-1:0] SHIFTS = {(6*SHIFT_COUNT){1'b0}},
  parameter [6*SHIFT_COUNT-1:0] WIDTHS = {(6*SHIFT_COUNT){1'b1}},
  parameter MODE_COUNT   = 1,
  parameter MODE_SEL_BITS = 1,
  parameter [SHIFT_SEL_BITS*MODE_COUNT-1:0] MODE_SHIFTS = {(SHIFT_SEL_BITS*MODE_COUNT){1'b0}},
  parameter [PROD_BITS*MODE_COUNT-1:0] OVERS = {(PROD_BITS*MODE_COUNT){1'b0}},
  parameter [OUT_BITS*MODE_COUNT-1:0] ABOVES = {(OUT_BITS*MODE_COUNT){1'b0}},
  parameter [MODE_COUNT-1:0] SIGNEDS = {MODE_COUNT{1'b1}},
  parameter BINARY       = 1,
  parameter [OUT_BITS*MODE_COUNT-1:0] LOWS  = {(OUT_BITS*MODE_COUNT){1'b0}},
  parameter [OUT_BITS*MODE_COUNT-1:0] HIGHS = {(OUT_BITS*MODE_COUNT){1'b0}},
  parameter SKIP_SHIFT_COUNT = 1,
  parameter SKIP_SHIFT_SEL_BITS = 1,
  parameter [6*SKIP_SHIFT_COUNT-1:0] SKIP_SHIFTS = {(6*SKIP_SHIFT_COUNT){1'b0}},
  parameter MIN_PASS     = 16,
  parameter MAX_WORDS    = 64,    // words of the longest pass
  parameter PASS_BITS    = 6,
  parameter COUNT_BITS   = 8,
  parameter LEAD_BITS    = 1,
  parameter LANES_BITS   = 4,     // holds 1..TI and 1..TO
  parameter A_ADDR_BITS  = 8,
  parameter B_ADDR_BITS  = 8,
  parameter P_ADDR_BITS  = 8,
  parameter S_ADDR_BITS  = 8,
  parameter O_ADDR_BITS  = 8,
  parameter SUB_BITS     = 1,     // holds the parts of an activation word
  parameter LANE_BITS    = 1,     // holds TP - 1
  parameter OP_BITS      = 4,
  // Steps per token: the largest exponent of a row of normalized tokens, 0 without them.
  parameter ROW_EXPONENT = 0,
  parameter STEP_BITS    = 1,     // holds ROW_EXPONENT
  parameter STEP_ADDR_BITS = 1,
  parameter GROUP_GROWTH = 0,     // bits that factors of groups add, 0 without groups
  parameter GROUP_BITS   = 1,     // of the code of a factor
  parameter GROUP_ADDR_BITS = 1
) (
  input  wire                       clk_i,
  input  wire                       rst_i,
  // operation
  input  wire                       start_i,
  output wire                       ready_o,
  output wire                       done_o,           // an operation's last result is written
  input  wire [OP_BITS-1:0]         op_i,
  // 0 activations, 1 input, 2 probabilities, 3 normalized tokens
  input  wire [1:0]                 a_src_i,
  input  wire [A_ADDR_BITS-1:0]     a_base_i,
  input  wire [A_ADDR_BITS-1:0]     a_stride_i,
  input  wire [LEAD_BITS-1:0]       lead_i,
  input  wire [COUNT_BITS-1:0]      rows_i,
  input  wire [COUNT_BITS-1:0]      k_tiles_i,
  input  wire [LANES_BITS-1:0]      k_last_lanes_i,   // elements of the last k tile
  input  wire [COUNT_BITS-1:0]      o_tiles_i,
  input  wire [LANES_BITS-1:0]      o_last_lanes_i,   // rows of the last o tile
  input  wire [COUNT_BITS-1:0]      n_rows_i,
  input  wire [1:0]                 b_src_i,          // 0, 3 weights, 1, 2 keys: vt_tile_loader
  input  wire [B_ADDR_BITS-1:0]     b_base_i,
  input  wire [B_ADDR_BITS-1:0]     b_stride_i,
  input  wire [P_ADDR_BITS-1:0]     p_base_i,
  input  wire                       bias_src_i,       // 0 of the channel, 1 embedding offsets
  input  wire [MODE_SEL_BITS-1:0]   mode_sel_i,       // shift and limits
  input  wire                       table_on_i,
  input  wire [TABLE_ADDR_BITS-1:0] table_base_i,
  input  wire                       skip_on_i,
  input  wire                       skip_src_i,       // 0 residual stream, 1 embedding offsets
  input  wire [SKIP_MULT_BITS-1:0]  skip_mult_i,
  input  wire [SKIP_SHIFT_SEL_BITS-1:0] skip_shift_sel_i,
  input  wire [S_ADDR_BITS-1:0]     skip_base_i,
  input  wire [S_ADDR_BITS-1:0]     skip_stride_i,
  // 0 activations, 1 keys, 2 residual, 3 scores, 4 result
  input  wire [2:0]                 out_dst_i,
  input  wire [O_ADDR_BITS-1:0]     out_base_i,
  input  wire [O_ADDR_BITS-1:0]     out_stride_i,
  input  wire [SUB_BITS-1:0]        out_sub_i,
  input  wire [STEP_ADDR_BITS-1:0]  step_base_i,      // of the streamed rows
  input  wire                       group_own_i,      // its weights have groups
  input  wire [GROUP_ADDR_BITS-1:0] group_base_i,
  // memories
  output wire [A_ADDR_BITS-1:0]     a_addr_o,
  input  wire [TP*WORD*ACT_BITS-1:0] a_act_i,
  input  wire [TP*TI*IN_BITS-1:0]   a_input_i,
  input  wire [TP*TI*PROB_BITS-1:0] a_prob_i,
  input  wire [TP*WORD*ACT_BITS-1:0] a_norm_i,
  output wire [STEP_ADDR_BITS-1:0]  step_addr_o,
  input  wire [TP*STEP_BITS-1:0]    step_i,           // ROW_EXPONENT less the exponent of a row
  output wire [B_ADDR_BITS-1:0]     b_addr_o,
  input  wire                       b_weight_valid_i, // a streamed word is there to be taken
  output wire                       b_weight_take_o,
  input  wire [TI*W_BITS-1:0]       b_weight_i,       // one cycle after the address, or the taking
  input  wire [TP*WORD*ACT_BITS-1:0] b_key_i,
  output wire [GROUP_ADDR_BITS-1:0] group_addr_o,
  input  wire [TO*GROUP_BITS-1:0]   group_i,          // codes of factors of a tile
  output wire [P_ADDR_BITS-1:0]     p_addr_o,
  input  wire                       p_ready_i,        // streamed parameters: one is there
  output wire                       p_take_o,
  input  wire [BIAS_BITS+MULT_BITS-1:0] p_i,          // one cycle after the address, or the taking
  output wire [S_ADDR_BITS-1:0]     skip_addr_o,
  input  wire [TP*TO*RES_BITS-1:0]  skip_residual_i,
  output wire [S_ADDR_BITS-1:0]     offset_addr_o,
  input  wire [TP*TO*OFFSET_BITS-1:0] offset_i,
  output wire                       out_valid_o,
  output wire [2:0]                 out_dst_o,
  output wire [O_ADDR_BITS-1:0]     out_addr_o,
  output wire [SUB_BITS-1:0]        out_sub_o,
  output wire                       out_keys_o,       // a product with keys or values
  output wire [TP*TO*OUT_BITS-1:0]  out_data_o,
  output wire [OP_BITS-1:0]         out_op_o
);
  localparam DOT_BITS   = A_BITS + 1 + B_BITS + $clog2(TI);
  localparam WORD_TILES = WORD / TI;
  localparam OUT_TILES  = WORD / KEY_TO;
  localparam E0         = 3 + ARRAY_LATENCY;  // cycles from issue to stage E0

  // ---- stationary operand -------------------------------------------------------------------
  wire                 step_valid, step_zero, step_last_part, param_valid;
  wire [1:0]           step_src;
  wire [LANE_BITS-1:0] step_lane;
  wire [SUB_BITS-1:0]  step_sub;
  wire                 full, first_tile, take, take_first;
  vt_tile_loader #(
    .TP(TP), .TI(TI), .TO(TO), .KEY_TO(KEY_TO), .WORD_TILES(WORD_TILES), .OUT_TILES(OUT_TILES),
    .ADDR_BITS(B_ADDR_BITS), .P_ADDR_BITS(P_ADDR_BITS), .COUNT_BITS(COUNT_BITS),
    .SUB_BITS(SUB_BITS), .LANE_BITS(LANE_BITS)
  ) u_loader (
    .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .ready_o(ready_o),
    .b_src_i(b_src_i), .b_base_i(b_base_i), .b_stride_i(b_stride_i),
    .k_tiles_i(k_tiles_i), .o_tiles_i(o_tiles_i), .n_rows_i(n_rows_i), .p_base_i(p_base_i),
    .weight_valid_i(b_weight_valid_i), .weight_take_o(b_weight_take_o),
    .step_valid_o(step_valid), .step_zero_o(step_zero), .step_src_o(step_src),
    .step_addr_o(b_addr_o), .step_lane_o(step_lane), .step_sub_o(step_sub),
    .step_last_part_o(step_last_part),
    .param_ready_i(p_ready_i), .param_valid_o(param_valid), .param_addr_o(p_addr_o),
    .full_o(full), .first_tile_o(first_tile), .take_i(take)
  );

  reg [LANES_BITS-1:0] ld_step_lanes_q;
  always @(posedge clk_i)
    if (start_i) ld_step_lanes_q <= b_src_i == 2'd2 ? o_last_lanes_i : k_last_lanes_i;

  // Settings that are used behind the streamer: of the operation that the loader works on, and of
  // the one that is streamed, which the epilogue takes over when its first word arrives there.
  localparam HANDED_BITS = OP_BITS + LANES_BITS + MODE_SEL_BITS + TABLE_ADDR_BITS + SKIP_MULT_BITS
                         + SKIP_SHIFT_SEL_BITS + 7;
  wire [OP_BITS-1:0]         st_op;
  wire [LANES_BITS-1:0]      st_k_last_lanes;
  wire                       st_bias_src, st_table_on, st_skip_on, st_skip_src;
  wire [MODE_SEL_BITS-1:0]   st_mode_sel;
  wire [TABLE_ADDR_BITS-1:0] st_table_base;
  wire [SKIP_MULT_BITS-1:0]  st_skip_mult;
  wire [SKIP_SHIFT_SEL_BITS-1:0] st_skip_shift_sel;
  wire [2:0]                 st_out_dst;
  reg [HANDED_BITS-1:0]      ld_handed_q, st_handed_q;
  always @(posedge clk_i) begin
    if (start_i)
      ld_handed_q <= {op_i, k_last_lanes_i, bias_src_i, mode_sel_i, table_on_i, table_base_i,
                      skip_on_i, skip_src_i, skip_mult_i, skip_shift_sel_i, out_dst_i};
    if (take_first) st_handed_q <= ld_handed_q;
  end
  assign {st_op, st_k_last_lanes, st_bias_src, st_mode_sel, st_table_on, st_table_base,
          st_skip_on, st_skip_src, st_skip_mult, st_skip_shift_sel, st_out_dst} = st_handed_q;

  // ---- streamed operand ---------------------------------------------------------------------
  wire                   s_valid, s_k_first, s_k_last, s_pass_first, s_op_first, s_op_last;
  wire                   s_out_keys;
  wire [1:0]             s_src;
  wire [TP-1:0]          s_zero;
  wire [SUB_BITS-1:0]    s_sub, s_out_sub;
  wire [COUNT_BITS-1:0]  s_word;
  wire [S_ADDR_BITS-1:0] s_skip_addr;
  wire [O_ADDR_BITS-1:0] s_out_addr;
  vt_token_streamer #(
    .TP(TP), .MIN_PASS(MIN_PASS), .WORD_TILES(WORD_TILES), .OUT_TILES(OUT_TILES),
    .OUT_STEP(TO / KEY_TO),
    .ADDR_BITS(A_ADDR_BITS), .S_ADDR_BITS(S_ADDR_BITS), .O_ADDR_BITS(O_ADDR_BITS),
    .COUNT_BITS(COUNT_BITS), .LEAD_BITS(LEAD_BITS), .SUB_BITS(SUB_BITS)
  ) u_streamer (
    .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i),
    .a_src_i(a_src_i), .a_base_i(a_base_i), .a_stride_i(a_stride_i), .lead_i(lead_i),
    .rows_i(rows_i), .k_tiles_i(k_tiles_i), .o_tiles_i(o_tiles_i),
    .skip_base_i(skip_base_i), .skip_stride_i(skip_stride_i),
    .out_base_i(out_base_i), .out_stride_i(out_stride_i), .out_sub_i(out_sub_i),
    .out_split_i(out_dst_i[2:1] == 2'b00), .out_keys_i(b_src_i == 2'd1 || b_src_i == 2'd2),
    .full_i(full), .first_tile_i(first_tile), .take_o(take), .take_first_o(take_first),
    .valid_o(s_valid), .zero_o(s_zero), .a_src_o(s_src), .addr_o(a_addr_o), .sub_o(s_sub),
    .k_first_o(s_k_first), .k_last_o(s_k_last), .pass_first_o(s_pass_first),
    .op_first_o(s_op_first), .op_last_o(s_op_last), .word_o(s_word),
    .skip_addr_o(s_skip_addr), .out_addr_o(s_out_addr), .out_sub_o(s_out_sub),
    .out_keys_o(s_out_keys)
  );

  // ---- operands -----------------------------------------------------------------------------
  wire                    array_row_valid, array_row_keys, array_column_valid, array_signed;
  wire [TP*TI*A_BITS-1:0] array_a;
  wire [TI*B_BITS-1:0]    array_row;
  wire [KEY_TO*B_BITS-1:0] array_column;
  vt_operands #(
    .TP(TP), .TI(TI), .TO(KEY_TO), .WORD_TILES(WORD_TILES), .OUT_TILES(OUT_TILES),
    .SUB_BITS(SUB_BITS), .LANE_BITS(LANE_BITS), .LANES_BITS(LANES_BITS),
    .A_BITS(A_BITS), .B_BITS(B_BITS), .ACT_BITS(ACT_BITS), .IN_BITS(IN_BITS),
    .PROB_BITS(PROB_BITS), .W_BITS(W_BITS)
  ) u_operands (
    .clk_i(clk_i), .rst_i(rst_i),
    .a_src_i(s_src), .a_sub_i(s_sub), .a_zero_i(s_zero), .a_k_last_i(s_k_last),
    .a_lanes_i(st_k_last_lanes), .a_act_i(a_act_i), .a_input_i(a_input_i),
    .a_prob_i(a_prob_i), .a_norm_i(a_norm_i), .a_o(array_a), .a_signed_o(array_signed),
    .step_valid_i(step_valid), .step_src_i(step_src), .step_lane_i(step_lane),
    .step_sub_i(step_sub), .step_zero_i(step_zero), .step_last_part_i(step_last_part),
    .step_lanes_i(ld_step_lanes_q), .b_weight_i(b_weight_i), .b_key_i(b_key_i),
    .row_valid_o(array_row_valid), .row_keys_o(array_row_keys), .row_o(array_row),
    .column_valid_o(array_column_valid), .column_o(array_column)
  );

  // ---- array and partial sums ---------------------------------------------------------------
  // The tile is taken in cycle t, its first word issued in t+1 and multiplied in t+3.
  wire [2:0] took;
  vt_delay_control #(.DEPTH(2)) u_took (.clk_i(clk_i), .rst_i(rst_i), .d_i(take), .taps_o(took));
  wire [TP*TO*DOT_BITS-1:0] dot;
  vt_mac_array #(
    .TP(TP), .TI(TI), .TO(TO), .A_BITS(A_BITS), .B_BITS(B_BITS), .STYLE(STYLE), .CELL(CELL),
    .LUT_TO(LUT_TO), .LUT_BITS(LUT_BITS), .LUT_POWERS(LUT_POWERS), .KEY_TO(KEY_TO),
    .DSP_DELAY(DSP_DELAY), .LUT_DELAY(LUT_DELAY)
  ) u_array (
    .clk_i(clk_i), .a_i(array_a), .a_signed_i(array_signed),
    .row_valid_i(array_row_valid), .row_keys_i(array_row_keys), .row_i(array_row),
    .col_valid_i(array_column_valid), .col_i(array_column),
    .swap_i(took[2]), .dot_o(dot)
  );
  wire [TP*TO*(DOT_BITS+GROUP_GROWTH)-1:0] scaled;
  vt_group_scale #(
    .TP(TP), .TO(TO), .DOT_BITS(DOT_BITS), .GROUP_GROWTH(GROUP_GROWTH),
    .CODE_BITS(GROUP_BITS), .ADDR_BITS(GROUP_ADDR_BITS), .LATENCY(ARRAY_LATENCY)
  ) u_group_scale (
    .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i), .own_i(group_own_i), .base_i(group_base_i),
    .take_i(take), .take_first_i(take_first), .addr_o(group_addr_o), .code_i(group_i),
    .dot_i(dot), .dot_o(scaled)
  );

  // Flags of a word; index 0 is the issue cycle, E0 + n is stage En.
  wire [E0+7:0]        valid, op_first, op_last, last_valid;
  wire [E0:0]          lane_swap;
  wire [PASS_BITS-1:0] psum_read, psum_word;
  wire                 psum_k_first, psum_k_last;
  vt_word_flags #(.E0(E0), .PASS_BITS(PASS_BITS)) u_flags (
    .clk_i(clk_i), .rst_i(rst_i), .valid_i(s_valid), .op_first_i(s_op_first),
    .op_last_i(s_op_last), .k_first_i(s_k_first), .k_last_i(s_k_last),
    .pass_first_i(s_pass_first), .word_i(s_word[PASS_BITS-1:0]),
    .valid_o(valid), .op_first_o(op_first), .op_last_o(op_last), .last_valid_o(last_valid),
    .lane_swap_o(lane_swap), .psum_read_o(psum_read), .psum_word_o(psum_word),
    .psum_k_first_o(psum_k_first), .psum_k_last_o(psum_k_last)
  );
  wire [TP*TO*ACC_BITS-1:0] sum;
  vt_accumulator #(
    .LANES(TP*TO), .DOT_BITS(DOT_BITS+GROUP_GROWTH), .ACC_BITS(ACC_BITS), .DEPTH(MAX_WORDS),
    .ADDR_BITS(PASS_BITS)
  ) u_accumulator (
    .clk_i(clk_i), .word_read_i(psum_read), .valid_i(valid[E0-1]), .k_first_i(psum_k_first),
    .k_last_i(psum_k_last), .word_i(psum_word), .dot_i(scaled), .sum_o(sum)
  );

  localparam ALIGNED_BITS = ACC_BITS + ROW_EXPONENT;
  wire [TP*TO*ALIGNED_BITS-1:0] aligned;
  vt_row_align #(
    .TP(TP), .TO(TO), .ACC_BITS(ACC_BITS), .ROW_EXPONENT(ROW_EXPONENT), .STEP_BITS(STEP_BITS),
    .ADDR_BITS(STEP_ADDR_BITS), .COUNT_BITS(COUNT_BITS), .DELAY(E0-1)
  ) u_align (
    .clk_i(clk_i), .start_i(start_i), .take_i(take_first), .base_i(step_base_i),
    .word_i(s_word), .own_i(s_src == 2'd3), .addr_o(step_addr_o), .step_i(step_i),
    .sum_i(sum), .sum_o(aligned)
  );

  // ---- epilogue -----------------------------------------------------------------------------
  assign p_take_o = param_valid;
  reg param_valid1_q;
  always @(posedge clk_i) param_valid1_q <= param_valid && !rst_i;
  wire [TO*BIAS_BITS-1:0] bias;
  wire [TO*MULT_BITS-1:0] mult;
  vt_channel_parameters #(
    .TO(TO), .BIAS_BITS(BIAS_BITS), .MULT_BITS(MULT_BITS), .LANE_DELAY(ARRAY_LATENCY + 3)
  ) u_parameters (
    .clk_i(clk_i), .rst_i(rst_i), .valid_i(param_valid1_q), .word_i(p_i),
    .bias_swap_i(lane_swap[E0-1]), .mult_swap_i(lane_swap[E0]), .bias_o(bias), .mult_o(mult)
  );

  wire [TP*TO*RES_BITS-1:0] skip;
  vt_skip_source #(
    .LANES(TP*TO), .RES_BITS(RES_BITS), .OFFSET_BITS(OFFSET_BITS), .OFFSET_BIAS(OFFSET_BIAS),
    .ADDR_BITS(S_ADDR_BITS), .E0(E0)
  ) u_skip_source (
    .clk_i(clk_i), .op_first_i(op_first[E0+2]), .src_i(st_skip_src), .addr_i(s_skip_addr),
    .skip_addr_o(skip_addr_o), .offset_addr_o(offset_addr_o),
    .residual_i(skip_residual_i), .offset_i(offset_i), .skip_o(skip)
  );
  vt_epilogue #(
    .TP(TP), .TO(TO), .ACC_BITS(ALIGNED_BITS), .BIAS_BITS(BIAS_BITS), .SUM_BITS(SUM_BITS),
    .HAS_MULT(HAS_MULT), .MULT_BITS(MULT_BITS), .PROD_BITS(PROD_BITS), .OUT_BITS(OUT_BITS),
    .HAS_SKIP(HAS_SKIP), .SKIP_BITS(RES_BITS), .SKIP_MULT_BITS(SKIP_MULT_BITS),
    .SKIP_PROD_BITS(SKIP_PROD_BITS), .BRANCH_BITS(BRANCH_BITS),
    .OFFSET_BIAS(OFFSET_BIAS), .OFFSET_BITS(OFFSET_BITS),
    .HAS_TABLE(HAS_TABLE), .TABLE_BITS(TABLE_BITS), .TABLE_DEPTH(TABLE_DEPTH),
    .TABLE_ADDR_BITS(TABLE_ADDR_BITS), .TABLE_INDEX_BITS(TABLE_INDEX_BITS),
    .TABLE_ALIGNED(TABLE_ALIGNED), .TABLE_SIGNED(TABLE_SIGNED), .TABLE_BLOCK(TABLE_BLOCK),
    .TABLE_FILE(TABLE_FILE),
    .SHIFT_COUNT(SHIFT_COUNT), .SHIFT_SEL_BITS(SHIFT_SEL_BITS), .SHIFTS(SHIFTS),
    .WIDTHS(WIDTHS), .MODE_COUNT(MODE_COUNT), .MODE_SEL_BITS(MODE_SEL_BITS),
    .MODE_SHIFTS(MODE_SHIFTS), .OVERS(OVERS), .ABOVES(ABOVES), .SIGNEDS(SIGNEDS),
    .BINARY(BINARY), .LOWS(LOWS), .HIGHS(HIGHS), .SKIP_SHIFT_COUNT(SKIP_SHIFT_COUNT),
    .SKIP_SHIFT_SEL_BITS(SKIP_SHIFT_SEL_BITS), .SKIP_SHIFTS(SKIP_SHIFTS)
  ) u_epilogue (
    .clk_i(clk_i), .op_first_i(op_first[E0+7:E0]), .op_first_before_i(op_first[E0-1]),
    .bias_src_i(st_bias_src), .offset_i(offset_i), .mode_sel_i(st_mode_sel),
    .table_on_i(st_table_on), .table_base_i(st_table_base), .skip_on_i(st_skip_on),
    .skip_mult_i(st_skip_mult), .skip_shift_sel_i(st_skip_shift_sel),
    .sum_i(aligned), .bias_i(bias), .mult_i(mult), .skip_i(skip), .data_o(out_data_o)
  );

  // ---- result -------------------------------------------------------------------------------
  reg [OP_BITS+3:0] out_q;
  always @(posedge clk_i) if (op_first[E0+6]) out_q <= {s_out_keys, st_out_dst, st_op};
  vt_delay #(.WIDTH(O_ADDR_BITS+SUB_BITS), .DEPTH(E0+7)) u_out_place (
    .clk_i(clk_i), .d_i({s_out_addr, s_out_sub}), .q_o({out_addr_o, out_sub_o})
  );
  assign out_valid_o = last_valid[E0+7];
  assign done_o      = op_last[E0+7];
  assign {out_keys_o, out_dst_o, out_op_o} = out_q;

  wire unused = &{1'b0, valid, op_first, op_last, last_valid, lane_swap, took, s_word};
endmodule
`default_nettype wire
