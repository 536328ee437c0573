// Arithmetic right shift by one of COUNT distances, 6 bits each in SHIFTS, ascending. One distance
// is wiring. Distances without a gap between them are a shifter over their range behind a fixed
// shift; others are a multiplexer over fixed shifts.
`default_nettype none
module vt_shift #(
  parameter IN_BITS  = 8,
  parameter OUT_BITS = 8,         // low bits that are kept
  parameter COUNT    = 1,
  parameter SEL_BITS = 1,
  parameter [6*COUNT-1:0] SHIFTS = {(6*COUNT){1'b0}}
) (
  input  wire [IN_BITS-1:0]  value_i,   // signed
  input  wire [SEL_BITS-1:0] sel_i,     // number of the distance
  output wire [OUT_BITS-1:0] value_o
);
  localparam [5:0] FIRST = SHIFTS[5:0];
  localparam [5:0] LAST  = SHIFTS[6*COUNT-1 -: 6];
  localparam [31:0] LESS_ONE = COUNT - 1;
  localparam WIDE = (IN_BITS > OUT_BITS ? IN_BITS : OUT_BITS) + 1;
  wire signed [WIDE-1:0] wide = {{(WIDE-IN_BITS){value_i[IN_BITS-1]}}, value_i};
  genvar c;
  generate
    if (COUNT > 2 && LAST - FIRST == LESS_ONE[5:0]) begin : g_range
      wire signed [WIDE-1:0] near    = wide >>> FIRST;
      wire signed [WIDE-1:0] shifted = near >>> sel_i;
      assign value_o = shifted[OUT_BITS-1:0];
      wire unused = &{1'b0, shifted};
    end else begin : g_list
      for (c = 0; c < COUNT; c = c + 1) begin : g_value
        localparam [31:0] NUMBER = c;
        wire signed [WIDE-1:0] shifted = wide >>> SHIFTS[6*c +: 6];
        wire [OUT_BITS-1:0] value;
        if (c == 0) begin : g_first
          assign value = shifted[OUT_BITS-1:0];
        end else begin : g_next
          assign value = sel_i == NUMBER[SEL_BITS-1:0] ? shifted[OUT_BITS-1:0]
                                                       : g_value[c-1].value;
        end
        wire unused = &{1'b0, shifted};
      end
      assign value_o = g_value[COUNT-1].value;
      wire unused = &{1'b0, sel_i};
    end
  endgenerate
endmodule
`default_nettype wire
