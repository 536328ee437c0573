// Bias and multiplier of each output channel of the epilogue.
//
// The loader reads TO parameter words along with a tile's first k tile, and they wait in shadow
// registers until the first finished sum of that tile arrives. Every word must arrive after the
// swap of the tile before it and before the swap of its own; LANE_DELAY delays after the memory
// satisfy both (docs/rtl.md, "Parameter timing").
`default_nettype none
module vt_channel_parameters #(
  parameter TO         = 4,
  parameter BIAS_BITS  = 24,
  parameter MULT_BITS  = 16,
  parameter LANE_DELAY = 8    // delays of a word after the memory
) (
  input  wire                              clk_i,
  input  wire                              rst_i,
  // from the parameter memory, one cycle after the address
  input  wire                              valid_i,
  input  wire [BIAS_BITS+MULT_BITS-1:0]    word_i,       // {multiplier, bias}
  input  wire                              bias_swap_i,  // the cycle before the biases are used
  input  wire                              mult_swap_i,  // one cycle later
  output wire [TO*BIAS_BITS-1:0]           bias_o,
  output wire [TO*MULT_BITS-1:0]           mult_o
);
  localparam WORD = BIAS_BITS + MULT_BITS;

  wire [LANE_DELAY:0] valid;
  wire [WORD-1:0]     word;
  vt_delay_control #(.DEPTH(LANE_DELAY)) u_valid (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(valid_i), .taps_o(valid)
  );
  vt_delay #(.WIDTH(WORD), .DEPTH(LANE_DELAY)) u_word (
    .clk_i(clk_i), .d_i(word_i), .q_o(word)
  );
  wire unused = &{1'b0, valid[LANE_DELAY-1:0]};

  reg [TO*BIAS_BITS-1:0] bias_shadow_q, bias_q;
  reg [TO*MULT_BITS-1:0] mult_shadow_q, mult_q;
  wire [BIAS_BITS-1:0] bias = word[BIAS_BITS-1:0];
  wire [MULT_BITS-1:0] mult = word[WORD-1:BIAS_BITS];
  generate
    if (TO == 1) begin : g_single
      always @(posedge clk_i)
        if (valid[LANE_DELAY]) begin
          bias_shadow_q <= bias;
          mult_shadow_q <= mult;
        end
    end else begin : g_shift
      always @(posedge clk_i)
        if (valid[LANE_DELAY]) begin
          bias_shadow_q <= {bias, bias_shadow_q[TO*BIAS_BITS-1:BIAS_BITS]};
          mult_shadow_q <= {mult, mult_shadow_q[TO*MULT_BITS-1:MULT_BITS]};
        end
    end
  endgenerate

  always @(posedge clk_i) begin
    if (bias_swap_i) bias_q <= bias_shadow_q;
    if (mult_swap_i) mult_q <= mult_shadow_q;
  end
  assign bias_o = bias_q;
  assign mult_o = mult_q;
endmodule
`default_nettype wire
