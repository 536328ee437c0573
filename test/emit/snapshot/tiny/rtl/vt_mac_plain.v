// Array with a multiplier of its own for every product; see vt_mac_array for the interface.
// Latency 1 + ceil(log2 TI).
`default_nettype none
module vt_mac_plain #(
  parameter TP     = 1,
  parameter TI     = 4,
  parameter TO     = 4,
  parameter A_BITS = 8,
  parameter B_BITS = 8
) (
  input  wire                                             clk_i,
  input  wire [TP*TI*A_BITS-1:0]                          a_i,
  input  wire                                             a_signed_i,
  input  wire                                             row_valid_i,
  input  wire [TI*B_BITS-1:0]                             row_i,
  input  wire                                             col_valid_i,
  input  wire [TO*B_BITS-1:0]                             col_i,
  input  wire                                             swap_i,
  output wire [TP*TO*(A_BITS+1+B_BITS+$clog2(TI))-1:0]    dot_o
);
  localparam ROW_BITS = TI * B_BITS;
  localparam DOT_BITS = A_BITS + 1 + B_BITS + $clog2(TI);

  wire [TO*ROW_BITS-1:0] tile;
  vt_mac_tile #(.TI(TI), .TO(TO), .B_BITS(B_BITS)) u_tile (
    .clk_i(clk_i), .row_valid_i(row_valid_i), .row_i(row_i),
    .col_valid_i(col_valid_i), .col_i(col_i), .swap_i(swap_i), .tile_o(tile)
  );

  genvar t, i, o;
  generate
    for (t = 0; t < TP; t = t + 1) begin : g_token
      // One bit more makes every code a signed number.
      wire [TI*(A_BITS+1)-1:0] word;
      for (i = 0; i < TI; i = i + 1) begin : g_extend
        wire [A_BITS-1:0] code = a_i[(t*TI + i)*A_BITS +: A_BITS];
        assign word[i*(A_BITS+1) +: A_BITS+1] = {a_signed_i & code[A_BITS-1], code};
      end
      for (o = 0; o < TO; o = o + 1) begin : g_output
        vt_dot_product #(.TI(TI), .A_BITS(A_BITS + 1), .B_BITS(B_BITS)) u_dot (
          .clk_i(clk_i), .a_i(word), .b_i(tile[o*ROW_BITS +: ROW_BITS]),
          .dot_o(dot_o[(t*TO + o)*DOT_BITS +: DOT_BITS])
        );
      end
    end
  endgenerate
endmodule
`default_nettype wire
