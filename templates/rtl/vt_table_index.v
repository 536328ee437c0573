// Index of a table: value >>> shift, clipped to 0 .. last.
//
// BINARY: every last index is 2^k - 1, so that an index is beyond it when a bit from k on is set.
`default_nettype none
module vt_table_index #(
  parameter IN_BITS     = 16,
  parameter INDEX_BITS  = 8,      // holds every last index
  parameter BINARY      = 1,
  parameter SHIFT_COUNT = 1,
  parameter SEL_BITS    = 1,
  parameter [6*SHIFT_COUNT-1:0] SHIFTS = {(6*SHIFT_COUNT){1'b0}}
) (
  input  wire signed [IN_BITS-1:0] value_i,
  input  wire [SEL_BITS-1:0]       shift_sel_i,
  input  wire [INDEX_BITS-1:0]     last_i,
  output wire                      beyond_o,   // beyond the last index
  output wire [INDEX_BITS-1:0]     index_o
);
  // At least the index and a sign.
  localparam LEFT = IN_BITS - SHIFTS[5:0];
  localparam BITS = LEFT > INDEX_BITS + 1 ? LEFT : INDEX_BITS + 1;
  wire [BITS-1:0] shifted;
  vt_shift #(
    .IN_BITS(IN_BITS), .OUT_BITS(BITS), .COUNT(SHIFT_COUNT), .SEL_BITS(SEL_BITS), .SHIFTS(SHIFTS)
  ) u_shift (
    .value_i(value_i), .sel_i(shift_sel_i), .value_o(shifted)
  );
  wire negative = value_i[IN_BITS-1];
  generate
    if (BINARY != 0) begin : g_binary
      wire [BITS-2:0] above;
      if (BITS > INDEX_BITS + 1) begin : g_wide
        assign above = {{(BITS-1-INDEX_BITS){1'b1}}, ~last_i};
      end else begin : g_exact
        assign above = ~last_i;
      end
      assign beyond_o = !negative && |(shifted[BITS-2:0] & above);
      wire unused = shifted[BITS-1];
    end else begin : g_any
      assign beyond_o = !negative && shifted > {{(BITS-INDEX_BITS){1'b0}}, last_i};
    end
  endgenerate
  assign index_o = negative ? {INDEX_BITS{1'b0}} : beyond_o ? last_i : shifted[INDEX_BITS-1:0];
endmodule
`default_nettype wire
