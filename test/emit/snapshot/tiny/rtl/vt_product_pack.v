// Two signed numbers in one operand of a multiplier: both_o = high_i * 2^SHIFT + low_i. A negative
// low_i borrows one from the upper part: high_i must not be the minimum of its HIGH_BITS.
// Combinational.
`default_nettype none
module vt_product_pack #(
  parameter LOW_BITS  = 9,
  parameter HIGH_BITS = 9,
  parameter SHIFT     = 18
) (
  input  wire [LOW_BITS-1:0]         low_i,
  input  wire [HIGH_BITS-1:0]        high_i,
  output wire [SHIFT+HIGH_BITS-1:0]  both_o
);
  wire borrow = low_i[LOW_BITS-1];
  wire [HIGH_BITS-1:0] upper = high_i - {{(HIGH_BITS - 1){1'b0}}, borrow};
  assign both_o = {upper, {(SHIFT - LOW_BITS){borrow}}, low_i};
endmodule
`default_nettype wire
