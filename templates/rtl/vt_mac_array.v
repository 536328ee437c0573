// Multiply-accumulate array of TP tokens x TI elements x TO outputs, weights stationary:
// dot[t][o] = sum_i a[t][i] * w[o][i].
//
// One tile (TO rows of TI signed elements) is shared by all tokens. The next tile is shifted into
// shadow registers while the current one works: TO rows (row 0 first) or TI columns (element 0 of
// all rows first), never both for one tile; values of an attention come by columns.
// `swap_i` copies the shadow at once: a word that stands on a_i in cycle t meets the tile copied
// at the end of cycle t-1 or before. Words may come every cycle, across a swap as well.
//
// Codes of a_i are two's complement where a_signed_i is set, unsigned elsewhere. a_signed_i goes
// with its word and is constant for all words of a tile.
//
// DOT_BITS: a product of an (A_BITS + 1)-bit and a B_BITS-bit signed number has A_BITS + 1 +
// B_BITS bits, the product of both minima included; ceil(log2 TI) more hold TI of them.
// STYLE 0 has a multiplier for each product; 1 two products in a DSP (vt_mac_packed), 2 four of
// them; 3 products on LUTs (vt_mac_lut). With CELL 1 packed products are instances of the DSP48E2.
// With LUT_TO > 0 the last outputs have theirs on LUTs (vt_mac_split); with LUT_BITS > 0 these
// multiply weights of so many bits alone, and tiles of keys are for the first KEY_TO outputs.
// Latency from a_i to dot_o: 1 + ceil(log2 TI) for STYLE 0; the others state theirs.
`default_nettype none
module vt_mac_array #(
  parameter TP     = 1,   // tokens
  parameter TI     = 4,   // elements of the reduction
  parameter TO     = 4,   // outputs
  parameter A_BITS = 8,   // raw streamed code
  parameter B_BITS = 8,   // stationary operand, signed
  parameter STYLE  = 0,
  parameter CELL   = 0,
  parameter LUT_TO = 0,
  parameter LUT_BITS = 0,
  parameter LUT_POWERS = 0,  // those weights are codes of powers of two (vt_mac_shift)
  parameter KEY_TO = TO,     // TO - LUT_TO with LUT_BITS > 0
  parameter DSP_DELAY = 0,   // see vt_mac_split
  parameter LUT_DELAY = 0
) (
  input  wire                                             clk_i,
  input  wire [TP*TI*A_BITS-1:0]                          a_i,         // (t*TI + i)
  input  wire                                             a_signed_i,
  input  wire                                             row_valid_i,
  input  wire                                             row_keys_i,  // it is of keys
  input  wire [TI*B_BITS-1:0]                             row_i,
  input  wire                                             col_valid_i,
  input  wire [KEY_TO*B_BITS-1:0]                         col_i,
  input  wire                                             swap_i,
  output wire [TP*TO*(A_BITS+1+B_BITS+$clog2(TI))-1:0]    dot_o        // (t*TO + o)
);
  // Used with LUT_TO alone.
  wire unused_split = &{1'b0, DSP_DELAY[0], LUT_DELAY[0], LUT_BITS[0], LUT_POWERS[0],
                         row_keys_i};
  generate
    if (LUT_TO > 0) begin : g_split
      vt_mac_split #(
        .TP(TP), .TI(TI), .TO(TO), .A_BITS(A_BITS), .B_BITS(B_BITS), .STYLE(STYLE), .CELL(CELL),
        .LUT_TO(LUT_TO), .LUT_BITS(LUT_BITS), .LUT_POWERS(LUT_POWERS), .KEY_TO(KEY_TO),
        .DSP_DELAY(DSP_DELAY), .LUT_DELAY(LUT_DELAY)
      ) u_array (
        .clk_i(clk_i), .a_i(a_i), .a_signed_i(a_signed_i), .row_valid_i(row_valid_i),
        .row_keys_i(row_keys_i), .row_i(row_i), .col_valid_i(col_valid_i), .col_i(col_i),
        .swap_i(swap_i), .dot_o(dot_o)
      );
    end else if (STYLE == 0 && CELL == 0) begin : g_plain
      vt_mac_plain #(.TP(TP), .TI(TI), .TO(TO), .A_BITS(A_BITS), .B_BITS(B_BITS)) u_array (
        .clk_i(clk_i), .a_i(a_i), .a_signed_i(a_signed_i),
        .row_valid_i(row_valid_i), .row_i(row_i), .col_valid_i(col_valid_i), .col_i(col_i),
        .swap_i(swap_i), .dot_o(dot_o)
      );
    end else if (STYLE == 1 || STYLE == 2) begin : g_packed
      vt_mac_packed #(
        .TP(TP), .TI(TI), .TO(TO), .A_BITS(A_BITS), .B_BITS(B_BITS), .OUTPUTS(STYLE), .CELL(CELL)
      ) u_array (
        .clk_i(clk_i), .a_i(a_i), .a_signed_i(a_signed_i),
        .row_valid_i(row_valid_i), .row_i(row_i), .col_valid_i(col_valid_i), .col_i(col_i),
        .swap_i(swap_i), .dot_o(dot_o)
      );
    end else if (STYLE == 3 && CELL == 0) begin : g_lut
      vt_mac_lut #(.TP(TP), .TI(TI), .TO(TO), .A_BITS(A_BITS), .B_BITS(B_BITS)) u_array (
        .clk_i(clk_i), .a_i(a_i), .a_signed_i(a_signed_i),
        .row_valid_i(row_valid_i), .row_i(row_i), .col_valid_i(col_valid_i), .col_i(col_i),
        .swap_i(swap_i), .dot_o(dot_o)
      );
    end
  endgenerate
endmodule
`default_nettype wire
