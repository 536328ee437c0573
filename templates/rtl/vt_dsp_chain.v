// Chain of DSPs: p_o = START + sum of LENGTH products x * y, as a signed number of SUM_BITS bits.
// The operands of element n come n cycles after those of element 0; p_o follows those of element 0
// by 2 + LENGTH cycles.
`default_nettype none
module vt_dsp_chain #(
  parameter        LENGTH   = 4,
  parameter        CELL     = 0,   // see vt_dsp_mac
  parameter        SUM_BITS = 48,
  parameter [47:0] START    = 48'd0
) (
  input  wire                  clk_i,
  input  wire [LENGTH*27-1:0]  x_i,
  input  wire [LENGTH*18-1:0]  y_i,
  output wire [47:0]           p_o
);
  genvar n;
  generate
    for (n = 0; n < LENGTH; n = n + 1) begin : g_cell
      wire [47:0] sum, p;
      if (n == 0) begin : g_first
        vt_dsp_mac #(.CELL(CELL), .FIRST(1), .SUM_BITS(SUM_BITS), .START(START)) u_mac (
          .clk_i(clk_i), .x_i(x_i[26:0]), .y_i(y_i[17:0]), .sum_i(48'd0), .sum_o(sum), .p_o(p)
        );
      end else begin : g_next
        vt_dsp_mac #(.CELL(CELL), .FIRST(0), .SUM_BITS(SUM_BITS)) u_mac (
          .clk_i(clk_i), .x_i(x_i[n*27 +: 27]), .y_i(y_i[n*18 +: 18]), .sum_i(g_cell[n-1].sum),
          .sum_o(sum), .p_o(p)
        );
      end
      if (n == LENGTH - 1) begin : g_last
        wire unused = &{1'b0, sum};
        assign p_o = p;
      end else begin : g_inner
        wire unused = &{1'b0, p};
      end
    end
  endgenerate
endmodule
`default_nettype wire
