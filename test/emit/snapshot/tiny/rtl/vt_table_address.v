// Address of an entry: base + index. ALIGNED: every base is a multiple of 2^INDEX_BITS, so that
// the sum is wiring.
`default_nettype none
module vt_table_address #(
  parameter ADDR_BITS  = 8,
  parameter INDEX_BITS = 6,       // at most ADDR_BITS
  parameter ALIGNED    = 1
) (
  input  wire [ADDR_BITS-1:0]  base_i,
  input  wire [INDEX_BITS-1:0] index_i,
  output wire [ADDR_BITS-1:0]  addr_o
);
  generate
    if (ADDR_BITS == INDEX_BITS && ALIGNED != 0) begin : g_whole
      assign addr_o = index_i;
      wire unused = &{1'b0, base_i};
    end else if (ALIGNED != 0) begin : g_aligned
      assign addr_o = {base_i[ADDR_BITS-1:INDEX_BITS], index_i};
      wire unused = &{1'b0, base_i};
    end else if (ADDR_BITS == INDEX_BITS) begin : g_sum
      assign addr_o = base_i + index_i;
    end else begin : g_wide
      assign addr_o = base_i + {{(ADDR_BITS-INDEX_BITS){1'b0}}, index_i};
    end
  endgenerate
endmodule
`default_nettype wire
