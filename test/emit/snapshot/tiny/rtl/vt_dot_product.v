// Dot product of TI signed pairs: one register after the products, one per adder level.
// Width: A_BITS + B_BITS for a product (the product of two minima included) plus ceil(log2 TI).
`default_nettype none
module vt_dot_product #(
  parameter TI     = 4,
  parameter A_BITS = 9,
  parameter B_BITS = 8
) (
  input  wire                                          clk_i,
  input  wire [TI*A_BITS-1:0]                          a_i,
  input  wire [TI*B_BITS-1:0]                          b_i,
  output wire signed [A_BITS+B_BITS+$clog2(TI)-1:0]    dot_o
);
  localparam P_BITS = A_BITS + B_BITS;
  wire [TI*P_BITS-1:0] products;
  genvar i;
  generate
    for (i = 0; i < TI; i = i + 1) begin : g_product
      wire signed [A_BITS-1:0] a = a_i[i*A_BITS +: A_BITS];
      wire signed [B_BITS-1:0] b = b_i[i*B_BITS +: B_BITS];
      reg  signed [P_BITS-1:0] product_q;
      always @(posedge clk_i) product_q <= a * b;
      assign products[i*P_BITS +: P_BITS] = product_q;
    end
  endgenerate
  vt_sum_tree #(.N(TI), .IN_BITS(P_BITS)) u_sum (.clk_i(clk_i), .d_i(products), .sum_o(dot_o));
endmodule
`default_nettype wire
