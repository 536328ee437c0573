// What two streamed codes a0, a1 contribute for each of the four pairs of weight bits: 0, a0, a1
// or a0 + a1. All outputs of the array select from the same word, so the sum is made once.
//
// The contributions have A_BITS + 1 bits: unsigned codes 0 .. 2^(A_BITS+1) - 2, signed ones carry
// an offset of 2^A_BITS and then lie in the same range. The lower A_BITS bits do not see the
// offset: those of a0, a1 and a0 + a1, and 0 for the pair 00. In bit A_BITS the pair 00 has the
// offset itself, a fourth input of the selection; but only eight combinations occur, and three
// bits {z, y, x} name them:
//
//   {z, y, x}   contributes for 11, 10, 01, 00
//   0 1 1       0 0 0 0     unsigned, the sum below 2^A_BITS
//   1 0 0       1 0 0 0     unsigned, the sum not below
//   others      z y x 1     signed; set where the sum, a1, a0 is not negative
//
// Signed codes leave those two free: the sum of two numbers >= 0 is not negative, that of two
// negative ones is.
`default_nettype none
module vt_product_pair #(
  parameter A_BITS = 3
) (
  input  wire                     clk_i,
  input  wire                     signed_i,
  input  wire [A_BITS-1:0]        a0_i,
  input  wire [A_BITS-1:0]        a1_i,
  output reg  [3*(A_BITS+1)-1:0]  pair_o   // {z, y, x}, a0 + a1, a1, a0; one cycle later
);
  // A_BITS + 1 bits hold the sum with sign in the signed case and without in the other.
  wire              sign0 = signed_i & a0_i[A_BITS-1];
  wire              sign1 = signed_i & a1_i[A_BITS-1];
  wire [A_BITS:0]   sum   = {sign1, a1_i} + {sign0, a0_i};
  wire [2:0]        code  = signed_i ? ~{sum[A_BITS], sign1, sign0}
                          : sum[A_BITS] ? 3'b100 : 3'b011;
  always @(posedge clk_i) pair_o <= {code, sum[A_BITS-1:0], a1_i, a0_i};
endmodule
`default_nettype wire
