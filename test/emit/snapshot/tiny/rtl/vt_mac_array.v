// TI x TO multiply-accumulate array, weights stationary: out[o] = sum_i a[i] * w[o][i].
//
// Rows of the next tile are shifted into shadow registers while the current tile works; `swap_i`
// copies all of them at once. A word that stands on a_i in cycle t meets the weights copied at
// the end of cycle t-1 or before; its sums stand on dot_o in cycle t + 1 + ceil(log2 TI).
`default_nettype none
module vt_mac_array #(
  parameter TI     = 4,
  parameter TO     = 4,
  parameter A_BITS = 9,  // signed streamed operand
  parameter B_BITS = 8   // signed stationary operand
) (
  input  wire                                        clk_i,
  input  wire [TI*A_BITS-1:0]                        a_i,
  input  wire                                        row_valid_i,
  input  wire [TI*B_BITS-1:0]                        row_i,
  input  wire                                        swap_i,
  output wire [TO*(A_BITS+B_BITS+$clog2(TI))-1:0]    dot_o
);
  localparam ROW_BITS = TI * B_BITS;
  localparam DOT_BITS = A_BITS + B_BITS + $clog2(TI);

  // Rows enter at the top and move down: after TO rows the first one is row 0.
  reg [TO*ROW_BITS-1:0] shadow_q, active_q;
  generate
    if (TO == 1) begin : g_single
      always @(posedge clk_i) if (row_valid_i) shadow_q <= row_i;
    end else begin : g_shift
      always @(posedge clk_i)
        if (row_valid_i) shadow_q <= {row_i, shadow_q[TO*ROW_BITS-1:ROW_BITS]};
    end
  endgenerate
  always @(posedge clk_i) if (swap_i) active_q <= shadow_q;

  genvar o;
  generate
    for (o = 0; o < TO; o = o + 1) begin : g_output
      vt_dot_product #(.TI(TI), .A_BITS(A_BITS), .B_BITS(B_BITS)) u_dot (
        .clk_i(clk_i), .a_i(a_i), .b_i(active_q[o*ROW_BITS +: ROW_BITS]),
        .dot_o(dot_o[o*DOT_BITS +: DOT_BITS])
      );
    end
  endgenerate
endmodule
`default_nettype wire
