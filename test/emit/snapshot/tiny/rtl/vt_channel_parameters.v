// Bias and multiplier of each lane of the epilogue.
//
// Normally a lane is an output channel: the loader reads TO parameter words along with a tile's
// rows, and they wait in shadow registers until the first finished sum of that tile arrives.
// When the streamed row is the channel (the transposed value projection), one word serves all
// lanes and changes every cycle.
//
// Every lane word must arrive after the swap of the tile before it and before the swap of its
// own; ARRAY_LATENCY + 1 delays after the memory satisfy both (docs/rtl.md, "Parameter timing").
`default_nettype none
module vt_channel_parameters #(
  parameter TO            = 4,
  parameter BIAS_BITS     = 24,
  parameter MULT_BITS     = 16,
  parameter LANE_DELAY    = 8,   // delays of a lane word after the memory
  parameter ROW_DELAY     = 7    // delays of a row word after the memory
) (
  input  wire                              clk_i,
  input  wire                              rst_i,
  // from the parameter memory, one cycle after the address
  input  wire                              lane_valid_i,
  input  wire [BIAS_BITS+MULT_BITS-1:0]    lane_word_i,
  input  wire [BIAS_BITS+MULT_BITS-1:0]    row_word_i,
  input  wire                              by_row_i,
  input  wire                              bias_swap_i,  // the cycle before the biases are used
  input  wire                              mult_swap_i,  // one cycle later
  output wire [TO*BIAS_BITS-1:0]           bias_o,
  output wire [TO*MULT_BITS-1:0]           mult_o
);
  localparam WORD = BIAS_BITS + MULT_BITS;

  wire [LANE_DELAY:0] lane_valid;
  wire [WORD-1:0]     lane_word, row_word;
  vt_delay_control #(.DEPTH(LANE_DELAY)) u_valid (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(lane_valid_i), .taps_o(lane_valid)
  );
  vt_delay #(.WIDTH(WORD), .DEPTH(LANE_DELAY)) u_lane (
    .clk_i(clk_i), .d_i(lane_word_i), .q_o(lane_word)
  );
  vt_delay #(.WIDTH(WORD), .DEPTH(ROW_DELAY)) u_row (
    .clk_i(clk_i), .d_i(row_word_i), .q_o(row_word)
  );
  wire unused = &{1'b0, lane_valid[LANE_DELAY-1:0]};

  reg [TO*BIAS_BITS-1:0] bias_shadow_q, bias_q;
  reg [TO*MULT_BITS-1:0] mult_shadow_q, mult_q;
  reg [MULT_BITS-1:0]    row_mult_q;
  reg [BIAS_BITS-1:0]    row_bias_q;
  reg                    by_row_mult_q;

  // A word is {multiplier, bias}.
  wire [BIAS_BITS-1:0] lane_bias = lane_word[BIAS_BITS-1:0];
  wire [MULT_BITS-1:0] lane_mult = lane_word[WORD-1:BIAS_BITS];
  generate
    if (TO == 1) begin : g_single
      always @(posedge clk_i)
        if (lane_valid[LANE_DELAY]) begin
          bias_shadow_q <= lane_bias;
          mult_shadow_q <= lane_mult;
        end
    end else begin : g_shift
      always @(posedge clk_i)
        if (lane_valid[LANE_DELAY]) begin
          bias_shadow_q <= {lane_bias, bias_shadow_q[TO*BIAS_BITS-1:BIAS_BITS]};
          mult_shadow_q <= {lane_mult, mult_shadow_q[TO*MULT_BITS-1:MULT_BITS]};
        end
    end
  endgenerate

  reg [MULT_BITS-1:0] row_mult_next_q;
  always @(posedge clk_i) begin
    if (bias_swap_i) bias_q <= bias_shadow_q;
    if (mult_swap_i) mult_q <= mult_shadow_q;
    row_bias_q      <= row_word[BIAS_BITS-1:0];
    row_mult_next_q <= row_word[WORD-1:BIAS_BITS];
    row_mult_q      <= row_mult_next_q;
    by_row_mult_q   <= by_row_i;
  end
  assign bias_o = by_row_i      ? {TO{row_bias_q}} : bias_q;
  assign mult_o = by_row_mult_q ? {TO{row_mult_q}} : mult_q;
endmodule
`default_nettype wire
