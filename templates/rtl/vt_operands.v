// Operand registers of the array: choose the memory that a word comes from, take the part that the
// k tile needs, zero what lies past the operand, extend to the width of the array.
//
// All inputs but the memory words belong to the cycle in which the address stands on the memory;
// the words follow one cycle later, the operands two.
`default_nettype none
module vt_operands #(
  parameter TI         = 4,
  parameter WORD_TILES = 1,   // k tiles in one word of activations or keys
  parameter SUB_BITS   = 1,
  parameter LANES_BITS = 3,   // holds 1..TI
  parameter A_BITS     = 9,
  parameter B_BITS     = 8,
  parameter ACT_BITS   = 8,   // signed
  parameter IN_BITS    = 8,   // signed
  parameter PROB_BITS  = 8,   // unsigned
  parameter W_BITS     = 8    // signed
) (
  input  wire                              clk_i,
  input  wire                              rst_i,
  // streamed word
  // source: 0 activations, 1 input, 2 probabilities, 3 weights
  input  wire [1:0]                        a_src_i,
  input  wire [SUB_BITS-1:0]               a_sub_i,
  input  wire                              a_zero_i,
  input  wire                              a_k_last_i,
  input  wire [LANES_BITS-1:0]             a_lanes_i, // elements of the last k tile
  input  wire [WORD_TILES*TI*ACT_BITS-1:0] a_act_i,
  input  wire [TI*IN_BITS-1:0]             a_input_i,
  input  wire [TI*PROB_BITS-1:0]           a_prob_i,
  input  wire [TI*W_BITS-1:0]              a_weight_i,
  output reg  [TI*A_BITS-1:0]              a_o,
  // row of the stationary tile
  input  wire                              row_valid_i,
  input  wire                              row_src_i, // 0 weights, 1 keys
  input  wire [SUB_BITS-1:0]               row_sub_i,
  input  wire                              row_zero_i,
  input  wire                              row_k_last_i,
  input  wire [LANES_BITS-1:0]             row_lanes_i,
  input  wire [TI*W_BITS-1:0]              b_weight_i,
  input  wire [WORD_TILES*TI*ACT_BITS-1:0] b_key_i,
  output wire                              row_valid_o,
  output reg  [TI*B_BITS-1:0]              row_o
);
  reg                  row_valid1_q, row_valid2_q, row_zero1_q, row_src1_q, row_k_last1_q;
  reg [SUB_BITS-1:0]   row_sub1_q, a_sub1_q;
  reg [1:0]            a_src1_q;
  reg                  a_zero1_q, a_k_last1_q;
  reg [LANES_BITS-1:0] a_lanes1_q, row_lanes1_q;
  always @(posedge clk_i) begin
    row_valid1_q  <= row_valid_i && !rst_i;
    row_valid2_q  <= row_valid1_q && !rst_i;
    row_zero1_q   <= row_zero_i;
    row_src1_q    <= row_src_i;
    row_k_last1_q <= row_k_last_i;
    row_sub1_q    <= row_sub_i;
    row_lanes1_q  <= row_lanes_i;
    a_sub1_q      <= a_sub_i;
    a_src1_q      <= a_src_i;
    a_zero1_q     <= a_zero_i;
    a_k_last1_q   <= a_k_last_i;
    a_lanes1_q    <= a_lanes_i;
  end
  assign row_valid_o = row_valid2_q;

  // The part of an activation word that a k tile needs.
  wire [TI*ACT_BITS-1:0] a_act, b_key;
  genvar i;
  generate
    if (WORD_TILES > 1) begin : g_part
      assign a_act = a_act_i[a_sub1_q*(TI*ACT_BITS) +: TI*ACT_BITS];
      assign b_key = b_key_i[row_sub1_q*(TI*ACT_BITS) +: TI*ACT_BITS];
    end else begin : g_whole
      assign a_act = a_act_i;
      assign b_key = b_key_i;
      wire unused = &{1'b0, a_sub1_q, row_sub1_q};
    end

    for (i = 0; i < TI; i = i + 1) begin : g_lane
      // Elements past the reduction length may be anything in memory: they count as zero.
      localparam [31:0] LANE_WIDE = i;
      localparam [LANES_BITS-1:0] LANE = LANE_WIDE[LANES_BITS-1:0];
      wire a_off = a_zero1_q   || (a_k_last1_q   && LANE >= a_lanes1_q);
      wire b_off = row_zero1_q || (row_k_last1_q && LANE >= row_lanes1_q);
      wire [ACT_BITS-1:0]  act    = a_act[i*ACT_BITS +: ACT_BITS];
      wire [IN_BITS-1:0]   code   = a_input_i[i*IN_BITS +: IN_BITS];
      wire [PROB_BITS-1:0] prob   = a_prob_i[i*PROB_BITS +: PROB_BITS];
      wire [W_BITS-1:0]    weight = a_weight_i[i*W_BITS +: W_BITS];
      wire [W_BITS-1:0]    b_w    = b_weight_i[i*W_BITS +: W_BITS];
      wire [ACT_BITS-1:0]  b_k    = b_key[i*ACT_BITS +: ACT_BITS];
      reg  [A_BITS-1:0]    a_next;
      always @* begin
        case (a_src1_q)
          2'd0:    a_next = {{(A_BITS-ACT_BITS+1){act[ACT_BITS-1]}}, act[ACT_BITS-2:0]};
          2'd1:    a_next = {{(A_BITS-IN_BITS+1){code[IN_BITS-1]}}, code[IN_BITS-2:0]};
          2'd2:    a_next = {{(A_BITS-PROB_BITS){1'b0}}, prob};
          default: a_next = {{(A_BITS-W_BITS+1){weight[W_BITS-1]}}, weight[W_BITS-2:0]};
        endcase
      end
      always @(posedge clk_i) begin
        a_o[i*A_BITS +: A_BITS] <= a_off ? {A_BITS{1'b0}} : a_next;
        row_o[i*B_BITS +: B_BITS] <= b_off ? {B_BITS{1'b0}} : row_src1_q
          ? {{(B_BITS-ACT_BITS+1){b_k[ACT_BITS-1]}}, b_k[ACT_BITS-2:0]}
          : {{(B_BITS-W_BITS+1){b_w[W_BITS-1]}}, b_w[W_BITS-2:0]};
      end
    end
  endgenerate
endmodule
`default_nettype wire
