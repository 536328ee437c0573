// Dot product with weights that are powers of two, for comparison with the products on LUTs of the
// library: sum_i (sign_i ? -1 : 1) * (a_i << exponent_i). Not part of any engine.
`default_nettype none
module power_of_two_dot #(
  parameter TI     = 32,
  parameter A_BITS = 8,     // two's complement
  parameter E_BITS = 3
) (
  input  wire                        clk_i,
  input  wire [TI*A_BITS-1:0]        a_i,
  input  wire                        load_i,
  input  wire [E_BITS:0]             weight_i,   // sign, exponent
  output wire [A_BITS+(1<<E_BITS)+$clog2(TI)-1:0] dot_o
);
  localparam X_BITS = A_BITS + (1 << E_BITS) - 1;
  reg [TI*(E_BITS+1)-1:0] weights_q;
  always @(posedge clk_i) if (load_i) weights_q <= {weights_q, weight_i};
  wire [TI*X_BITS-1:0] terms;
  genvar i;
  generate
    for (i = 0; i < TI; i = i + 1) begin : g_term
      wire [E_BITS:0] w = weights_q[i*(E_BITS+1) +: E_BITS+1];
      wire signed [A_BITS-1:0] a = a_i[i*A_BITS +: A_BITS];
      wire signed [X_BITS-1:0] wide = a;
      reg [X_BITS-1:0] x_q;
      // All bits inverted instead of the negative: the ones are added at the end.
      always @(posedge clk_i) x_q <= (wide << w[E_BITS-1:0]) ^ {X_BITS{w[E_BITS]}};
      assign terms[i*X_BITS +: X_BITS] = x_q;
    end
  endgenerate
  wire [X_BITS+$clog2(TI)-1:0] sum;
  vt_sum_tree #(.N(TI), .IN_BITS(X_BITS), .SIGNED(1)) u_sum (
    .clk_i(clk_i), .d_i(terms), .sum_o(sum)
  );
  // The number of negative weights is known when they are loaded: one count for all tokens.
  reg [$clog2(TI):0] count_q;
  always @(posedge clk_i)
    if (load_i) count_q <= count_q + weight_i[E_BITS] - weights_q[TI*(E_BITS+1)-1];
  assign dot_o = {sum[X_BITS+$clog2(TI)-1], sum} + count_q;
endmodule
`default_nettype wire
