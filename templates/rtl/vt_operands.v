// Operand registers of the array: choose the memory that a word comes from, take the part that a
// tile needs, zero what lies past the operand, extend to the width of the array.
//
// All inputs but the memory words belong to the cycle in which the address stands on the memory;
// the words follow one cycle later, the operands two.
`default_nettype none
module vt_operands #(
  parameter TP         = 1,
  parameter TI         = 4,
  parameter TO         = 4,   // outputs of a tile that comes by columns
  parameter WORD_TILES = 1,   // k tiles in the channels of an activation or key word
  parameter OUT_TILES  = 1,   // o tiles in them
  parameter SUB_BITS   = 1,
  parameter LANE_BITS  = 1,
  parameter LANES_BITS = 3,   // holds 1..TI and 1..TO
  parameter A_BITS     = 8,   // the widest of the streamed codes
  parameter B_BITS     = 8,   // the widest of the stationary ones
  parameter ACT_BITS   = 8,   // signed
  parameter IN_BITS    = 8,   // signed
  parameter PROB_BITS  = 8,   // unsigned
  parameter W_BITS     = 8    // signed
) (
  input  wire                              clk_i,
  input  wire                              rst_i,
  // streamed word
  // source: 0 activations, 1 input, 2 probabilities, 3 normalized tokens
  input  wire [1:0]                        a_src_i,
  input  wire [SUB_BITS-1:0]               a_sub_i,
  input  wire [TP-1:0]                     a_zero_i,
  input  wire                              a_k_last_i,
  input  wire [LANES_BITS-1:0]             a_lanes_i, // elements of the last k tile
  input  wire [TP*WORD_TILES*TI*ACT_BITS-1:0] a_act_i,
  input  wire [TP*TI*IN_BITS-1:0]          a_input_i,
  input  wire [TP*TI*PROB_BITS-1:0]        a_prob_i,
  input  wire [TP*WORD_TILES*TI*ACT_BITS-1:0] a_norm_i,
  output reg  [TP*TI*A_BITS-1:0]           a_o,
  output reg                               a_signed_o,
  // step of the stationary tile
  input  wire                              step_valid_i,
  input  wire [1:0]                        step_src_i,  // 0 weights, 1 keys by rows, 2 by columns
  input  wire [LANE_BITS-1:0]              step_lane_i,
  input  wire [SUB_BITS-1:0]               step_sub_i,
  input  wire                              step_zero_i,
  input  wire                              step_last_part_i,
  input  wire [LANES_BITS-1:0]             step_lanes_i, // elements of the last part
  input  wire [TI*W_BITS-1:0]              b_weight_i,
  input  wire [TP*WORD_TILES*TI*ACT_BITS-1:0] b_key_i,
  output wire                              row_valid_o,
  output reg                               row_keys_o,   // with it: of keys, not of weights
  output reg  [TI*B_BITS-1:0]              row_o,
  output wire                              column_valid_o,
  output reg  [TO*B_BITS-1:0]              column_o
);
  localparam WORD = WORD_TILES * TI;  // channels of an activation word: OUT_TILES * TO too

  reg                  step_valid1_q, row_valid2_q, column_valid2_q, step_zero1_q, step_last1_q;
  reg [1:0]            step_src1_q, a_src1_q;
  reg [SUB_BITS-1:0]   step_sub1_q, a_sub1_q;
  reg [LANE_BITS-1:0]  step_lane1_q;
  reg [TP-1:0]         a_zero1_q;
  reg                  a_k_last1_q;
  reg [LANES_BITS-1:0] a_lanes1_q, step_lanes1_q;
  always @(posedge clk_i) begin
    step_valid1_q   <= step_valid_i && !rst_i;
    row_valid2_q    <= step_valid1_q && !step_src1_q[1] && !rst_i;
    column_valid2_q <= step_valid1_q && step_src1_q[1] && !rst_i;
    step_zero1_q    <= step_zero_i;
    step_src1_q     <= step_src_i;
    step_last1_q    <= step_last_part_i;
    step_sub1_q     <= step_sub_i;
    step_lane1_q    <= step_lane_i;
    step_lanes1_q   <= step_lanes_i;
    a_sub1_q        <= a_sub_i;
    a_src1_q        <= a_src_i;
    a_zero1_q       <= a_zero_i;
    a_k_last1_q     <= a_k_last_i;
    a_lanes1_q      <= a_lanes_i;
    a_signed_o      <= a_src1_q != 2'd2;
    row_keys_o      <= step_src1_q[0];
  end
  assign row_valid_o    = row_valid2_q;
  assign column_valid_o = column_valid2_q;

  genvar t, i;
  generate
    // ---- streamed word: the part of each token's channels that the k tile needs -------------
    for (t = 0; t < TP; t = t + 1) begin : g_token
      wire [TI*ACT_BITS-1:0] act_part, norm_part;
      if (WORD_TILES > 1) begin : g_part
        wire [WORD*ACT_BITS-1:0] act_word  = a_act_i[t*WORD*ACT_BITS +: WORD*ACT_BITS];
        wire [WORD*ACT_BITS-1:0] norm_word = a_norm_i[t*WORD*ACT_BITS +: WORD*ACT_BITS];
        assign act_part  = act_word[a_sub1_q*(TI*ACT_BITS) +: TI*ACT_BITS];
        assign norm_part = norm_word[a_sub1_q*(TI*ACT_BITS) +: TI*ACT_BITS];
      end else begin : g_whole
        assign act_part  = a_act_i[t*WORD*ACT_BITS +: WORD*ACT_BITS];
        assign norm_part = a_norm_i[t*WORD*ACT_BITS +: WORD*ACT_BITS];
      end
      for (i = 0; i < TI; i = i + 1) begin : g_lane
        // Elements past the reduction length may be anything in memory: they count as zero.
        localparam [31:0] LANE_WIDE = i;
        localparam [LANES_BITS-1:0] LANE = LANE_WIDE[LANES_BITS-1:0];
        wire off = a_zero1_q[t] || (a_k_last1_q && LANE >= a_lanes1_q);
        wire [ACT_BITS-1:0]  act  = act_part[i*ACT_BITS +: ACT_BITS];
        wire [ACT_BITS-1:0]  norm = norm_part[i*ACT_BITS +: ACT_BITS];
        wire [IN_BITS-1:0]   code = a_input_i[(t*TI + i)*IN_BITS +: IN_BITS];
        wire [PROB_BITS-1:0] prob = a_prob_i[(t*TI + i)*PROB_BITS +: PROB_BITS];
        wire [A_BITS:0]      prob_wide = {{(A_BITS-PROB_BITS+1){1'b0}}, prob};
        wire unused = prob_wide[A_BITS];
        reg  [A_BITS-1:0]    next;
        always @* begin
          case (a_src1_q)
            2'd0:    next = {{(A_BITS-ACT_BITS+1){act[ACT_BITS-1]}}, act[ACT_BITS-2:0]};
            2'd1:    next = {{(A_BITS-IN_BITS+1){code[IN_BITS-1]}}, code[IN_BITS-2:0]};
            2'd2:    next = prob_wide[A_BITS-1:0];
            default: next = {{(A_BITS-ACT_BITS+1){norm[ACT_BITS-1]}}, norm[ACT_BITS-2:0]};
          endcase
        end
        always @(posedge clk_i) a_o[(t*TI + i)*A_BITS +: A_BITS] <= off ? {A_BITS{1'b0}} : next;
      end
    end

    // ---- stationary tile ----------------------------------------------------------------------
    wire [WORD*ACT_BITS-1:0] key_token = b_key_i[step_lane1_q*(WORD*ACT_BITS) +: WORD*ACT_BITS];
    wire [TI*ACT_BITS-1:0]   key_row;
    wire [TO*ACT_BITS-1:0]   key_column;
    if (WORD_TILES > 1) begin : g_row_part
      assign key_row = key_token[step_sub1_q*(TI*ACT_BITS) +: TI*ACT_BITS];
    end else begin : g_row_whole
      assign key_row = key_token;
    end
    if (OUT_TILES > 1) begin : g_column_part
      assign key_column = key_token[step_sub1_q*(TO*ACT_BITS) +: TO*ACT_BITS];
    end else begin : g_column_whole
      assign key_column = key_token;
    end
    for (i = 0; i < TI; i = i + 1) begin : g_row
      localparam [31:0] LANE_WIDE = i;
      localparam [LANES_BITS-1:0] LANE = LANE_WIDE[LANES_BITS-1:0];
      wire off = step_zero1_q || (step_last1_q && LANE >= step_lanes1_q);
      wire [W_BITS-1:0]   weight = b_weight_i[i*W_BITS +: W_BITS];
      wire [ACT_BITS-1:0] key    = key_row[i*ACT_BITS +: ACT_BITS];
      always @(posedge clk_i)
        row_o[i*B_BITS +: B_BITS] <= off ? {B_BITS{1'b0}} : step_src1_q[0]
          ? {{(B_BITS-ACT_BITS+1){key[ACT_BITS-1]}}, key[ACT_BITS-2:0]}
          : {{(B_BITS-W_BITS+1){weight[W_BITS-1]}}, weight[W_BITS-2:0]};
    end
    for (i = 0; i < TO; i = i + 1) begin : g_column
      localparam [31:0] LANE_WIDE = i;
      localparam [LANES_BITS-1:0] LANE = LANE_WIDE[LANES_BITS-1:0];
      wire off = step_zero1_q || (step_last1_q && LANE >= step_lanes1_q);
      wire [ACT_BITS-1:0] key = key_column[i*ACT_BITS +: ACT_BITS];
      always @(posedge clk_i)
        column_o[i*B_BITS +: B_BITS] <= off ? {B_BITS{1'b0}}
          : {{(B_BITS-ACT_BITS+1){key[ACT_BITS-1]}}, key[ACT_BITS-2:0]};
    end
  endgenerate
  // Parts and tokens of words that have only one.
  wire unused = &{1'b0, a_sub1_q, step_sub1_q, step_lane1_q};
endmodule
`default_nettype wire
