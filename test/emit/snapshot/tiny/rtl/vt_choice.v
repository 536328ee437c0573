// One of the values that a setting has in the operations of a design: COUNT values of BITS bits,
// number 0 lowest in LIST. With one value it is a constant, and the number of no use.
`default_nettype none
module vt_choice #(
  parameter BITS     = 1,
  parameter COUNT    = 1,
  parameter SEL_BITS = 1,
  parameter [COUNT*BITS-1:0] LIST = {(COUNT*BITS){1'b0}}
) (
  input  wire [SEL_BITS-1:0] sel_i,
  output wire [BITS-1:0]     value_o
);
  genvar c;
  generate
    for (c = 0; c < COUNT; c = c + 1) begin : g_value
      localparam [31:0] NUMBER = c;
      wire [BITS-1:0] value;
      if (c == 0) begin : g_first
        assign value = LIST[BITS-1:0];
      end else begin : g_next
        assign value = sel_i == NUMBER[SEL_BITS-1:0] ? LIST[c*BITS +: BITS] : g_value[c-1].value;
      end
    end
    if (COUNT == 1) begin : g_constant
      wire unused = &{1'b0, sel_i};
    end
  endgenerate
  assign value_o = g_value[COUNT-1].value;
endmodule
`default_nettype wire
