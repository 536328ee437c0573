// What a streamed word of vt_matmul carries along through array, partial sums and epilogue.
//
// Index 0 of a flag is the cycle of the word's issue, E0 the one in which its dot products are
// added to the bias (stage E0 of vt_epilogue), E0 + 7 the one in which its results are written.
// The partial sum of a word is read in cycle E0-2 and written back in E0-1, see vt_accumulator.
`default_nettype none
module vt_word_flags #(
  parameter E0        = 6,    // at least 3
  parameter PASS_BITS = 6
) (
  input  wire                 clk_i,
  input  wire                 rst_i,
  // the word that is issued
  input  wire                 valid_i,
  input  wire                 op_first_i,     // the first of an operation
  input  wire                 op_last_i,
  input  wire                 k_first_i,      // of the first tile of a reduction
  input  wire                 k_last_i,
  input  wire                 pass_first_i,   // the first of its pass
  input  wire [PASS_BITS-1:0] word_i,         // its number in the pass
  output wire [E0+7:0]        valid_o,
  output wire [E0+7:0]        op_first_o,
  output wire [E0+7:0]        op_last_o,
  output wire [E0+7:0]        last_valid_o,   // its sum is complete
  output wire [E0:0]          lane_swap_o,    // the first with parameters of other channels
  output wire [PASS_BITS-1:0] psum_read_o,    // in E0-2
  output wire [PASS_BITS-1:0] psum_word_o,    // in E0-1
  output wire                 psum_k_first_o, // in E0-1
  output wire                 psum_k_last_o   // in E0-1
);
  vt_delay_control #(.DEPTH(E0+7)) u_valid (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(valid_i), .taps_o(valid_o)
  );
  vt_delay_control #(.DEPTH(E0+7)) u_op_first (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(valid_i && op_first_i), .taps_o(op_first_o)
  );
  vt_delay_control #(.DEPTH(E0+7)) u_op_last (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(valid_i && op_last_i), .taps_o(op_last_o)
  );
  vt_delay_control #(.DEPTH(E0+7)) u_last (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(valid_i && k_last_i), .taps_o(last_valid_o)
  );
  vt_delay_control #(.DEPTH(E0)) u_swap (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(valid_i && k_last_i && pass_first_i),
    .taps_o(lane_swap_o)
  );
  vt_delay #(.WIDTH(PASS_BITS), .DEPTH(E0-2)) u_word (
    .clk_i(clk_i), .d_i(word_i), .q_o(psum_read_o)
  );
  vt_delay #(.WIDTH(PASS_BITS), .DEPTH(1)) u_word1 (
    .clk_i(clk_i), .d_i(psum_read_o), .q_o(psum_word_o)
  );
  vt_delay #(.WIDTH(2), .DEPTH(E0-1)) u_k (
    .clk_i(clk_i), .d_i({k_first_i, k_last_i}), .q_o({psum_k_first_o, psum_k_last_o})
  );
endmodule
`default_nettype wire
