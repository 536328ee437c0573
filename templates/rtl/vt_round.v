// What makes a shift round half up: 2^(shift-1), or 0 for no shift, for one of COUNT distances.
// Only the bits that some distance needs are logic; the others are constant zeros.
`default_nettype none
module vt_round #(
  parameter BITS     = 8,
  parameter COUNT    = 1,
  parameter SEL_BITS = 1,
  parameter [6*COUNT-1:0] SHIFTS = {(6*COUNT){1'b0}}
) (
  input  wire [SEL_BITS-1:0] sel_i,
  output wire [BITS-1:0]     value_o
);
  genvar c;
  generate
    for (c = 0; c < COUNT; c = c + 1) begin : g_value
      localparam [31:0] NUMBER = c;
      localparam [5:0]  SHIFT  = SHIFTS[6*c +: 6];
      localparam [63:0] HALF   = SHIFT == 6'd0 ? 64'd0 : 64'd1 << (SHIFT - 6'd1);
      wire [BITS-1:0] value;
      if (c == 0) begin : g_first
        assign value = HALF[BITS-1:0];
      end else begin : g_next
        assign value = sel_i == NUMBER[SEL_BITS-1:0] ? HALF[BITS-1:0] : g_value[c-1].value;
      end
    end
    if (COUNT == 1) begin : g_constant
      wire unused = &{1'b0, sel_i};
    end
  endgenerate
  assign value_o = g_value[COUNT-1].value;
endmodule
`default_nettype wire
