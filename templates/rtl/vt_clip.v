// Saturates to low .. high.
//
// BINARY: high is 2^m - 1 for some m, and low is 0 or -2^m, as in the ranges of formats and the
// domains of most tables. A value is then outside when one of its bits from m on differs from its
// sign, or when it is negative and low is not; no comparison is needed, and m may change.
`default_nettype none
module vt_clip #(
  parameter IN_BITS  = 16,
  parameter OUT_BITS = 8,
  parameter BINARY   = 1
) (
  input  wire signed [IN_BITS-1:0]  value_i,
  input  wire signed [OUT_BITS-1:0] low_i,
  input  wire signed [OUT_BITS-1:0] high_i,
  output wire signed [OUT_BITS-1:0] value_o
);
  localparam WIDE = (IN_BITS > OUT_BITS ? IN_BITS : OUT_BITS) + 1;
  wire signed [WIDE-1:0] value = {{(WIDE-IN_BITS){value_i[IN_BITS-1]}}, value_i};
  generate
    if (BINARY != 0) begin : g_binary
      wire sign = value_i[IN_BITS-1];
      wire [WIDE-2:0] above = {{(WIDE-OUT_BITS){1'b1}}, ~high_i[OUT_BITS-2:0]};
      wire outside = |((value[WIDE-2:0] ^ {(WIDE-1){sign}}) & above)
                     || (sign && !low_i[OUT_BITS-1]);
      assign value_o = outside ? (sign ? low_i : high_i) : value[OUT_BITS-1:0];
      wire unused = &{1'b0, value};
    end else begin : g_any
      wire signed [WIDE-1:0] low  = {{(WIDE-OUT_BITS){low_i[OUT_BITS-1]}}, low_i};
      wire signed [WIDE-1:0] high = {{(WIDE-OUT_BITS){high_i[OUT_BITS-1]}}, high_i};
      assign value_o = value < low ? low_i : value > high ? high_i : value[OUT_BITS-1:0];
    end
  endgenerate
endmodule
`default_nettype wire
