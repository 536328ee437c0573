// One lane of the requantization of vt_epilogue, whose stages E0 to E4 it is:
//
//   value = clip((sum + bias) * multiplier + 2^(shift-1) >> shift, low, high)
//
// round_i, over_i and the other settings are those of the operation whose word is in the stage
// that uses them.
`default_nettype none
module vt_requantize #(
  parameter ACC_BITS   = 24,
  parameter BIAS_BITS  = 24,
  parameter SUM_BITS   = 25,
  parameter HAS_MULT   = 1,
  parameter MULT_BITS  = 16,
  parameter PROD_BITS  = 42,   // SUM_BITS + MULT_BITS + 1, or SUM_BITS without multipliers
  parameter OUT_BITS   = 16,
  parameter OFFSET_BIAS = 0,   // offset_i can take the place of the bias
  parameter OFFSET_BITS = 16,  // at most BIAS_BITS
  // Shifts, ascending; WIDTHS are the bits, without a sign, of the widest result of each.
  parameter SHIFT_COUNT = 1,
  parameter SHIFT_SEL_BITS = 1,
  parameter [6*SHIFT_COUNT-1:0] SHIFTS = {(6*SHIFT_COUNT){1'b0}},
  parameter [6*SHIFT_COUNT-1:0] WIDTHS = {(6*SHIFT_COUNT){1'b1}},
  parameter BINARY     = 1     // the limits are 2^m - 1 and 0 or -2^m
) (
  input  wire                      clk_i,
  input  wire signed [ACC_BITS-1:0] sum_i,             // in E0
  input  wire [BIAS_BITS-1:0]      bias_i,             // in E0
  input  wire                      bias_src_i,         // in E0
  input  wire [OFFSET_BITS-1:0]    offset_i,           // in E0
  input  wire [MULT_BITS-1:0]      mult_i,             // in E1
  input  wire [PROD_BITS-1:0]      round_i,            // in E2
  input  wire [SHIFT_SEL_BITS-1:0] shift_sel_i,        // in E3, in E2 without a multiplier
  input  wire [PROD_BITS-1:0]      over_i,             // with it: ones from shift + m on
  input  wire                      negative_over_i,    // with it: results are not negative
  input  wire [OUT_BITS-1:0]       above_i,            // in E4: ones from m on
  input  wire                      can_be_negative_i,  // in E4
  input  wire [OUT_BITS-1:0]       low_i,              // in E4
  input  wire [OUT_BITS-1:0]       high_i,             // in E4
  output wire [OUT_BITS-1:0]       value_o             // E4
);
  genvar b, c;
  wire [BIAS_BITS-1:0]        bias;
  generate
    if (OFFSET_BIAS != 0) begin : g_offset
      // BIAS_BITS is at least OFFSET_BITS. Written as gates, so that it is part of the adder.
      wire [BIAS_BITS-1:0] wide_offset =
        {{(BIAS_BITS-OFFSET_BITS){offset_i[OFFSET_BITS-1]}}, offset_i};
      assign bias = (wide_offset & {BIAS_BITS{bias_src_i}}) |
                    (bias_i & {BIAS_BITS{!bias_src_i}});
    end else begin : g_channel
      assign bias = bias_i;
    end
  endgenerate
  reg signed [SUM_BITS-1:0] biased_q;
  always @(posedge clk_i)                                                     // E0
    biased_q <= {{(SUM_BITS-ACC_BITS){sum_i[ACC_BITS-1]}}, sum_i} +
                {{(SUM_BITS-BIAS_BITS){bias[BIAS_BITS-1]}}, bias};

  // What is shifted: complete after E2, or without a multiplier after E1.
  wire signed [PROD_BITS-1:0] full;
  generate
    if (HAS_MULT != 0) begin : g_product
      wire signed [MULT_BITS:0]  mult = {1'b0, mult_i};
      reg signed [PROD_BITS-1:0] product_q, rounded_q;
      always @(posedge clk_i) begin
        product_q <= biased_q * mult;                                           // E1
        rounded_q <= product_q + $signed(round_i);                              // E2
      end
      assign full = rounded_q;
    end else begin : g_sum
      reg signed [SUM_BITS-1:0] biased1_q;
      always @(posedge clk_i) biased1_q <= biased_q;                            // E1
      assign full = {{(PROD_BITS-SUM_BITS){biased1_q[SUM_BITS-1]}}, biased1_q};
    end
  endgenerate
  wire                      sign = full[PROD_BITS-1];
  wire [PROD_BITS+OUT_BITS+63:0] extended = {{(OUT_BITS+64){sign}}, full};
  wire outside = |((full ^ {PROD_BITS{sign}}) & over_i) || (sign && negative_over_i);
  wire [OUT_BITS-1:0]       shifted;
  generate
    for (b = 0; b < OUT_BITS; b = b + 1) begin : g_bit
      for (c = 0; c < SHIFT_COUNT; c = c + 1) begin : g_source
        localparam [31:0] NUMBER = c;
        localparam [31:0] BELOW  = c == 0 ? 0 : c - 1;
        wire value;
        // Above the limit of its modes a bit is not looked at.
        if (c == 0) begin : g_first
          assign value = WIDTHS[5:0] > b ? extended[SHIFTS[5:0] + b] : 1'b0;
        end else if (WIDTHS[6*c +: 6] <= b) begin : g_unused
          assign value = g_source[BELOW].value;
        end else begin : g_next
          assign value = shift_sel_i == NUMBER[SHIFT_SEL_BITS-1:0]
            ? extended[SHIFTS[6*c +: 6] + b] : g_source[BELOW].value;
        end
      end
      assign shifted[b] = g_source[SHIFT_COUNT-1].value;
    end
  endgenerate
  reg [OUT_BITS-1:0] shifted_q;
  reg                sign_q, outside_q;
  generate
    if (HAS_MULT != 0) begin : g_late
      always @(posedge clk_i) {shifted_q, sign_q, outside_q} <= {shifted, sign, outside}; // E3
    end else begin : g_early
      reg [OUT_BITS+1:0] early_q;
      always @(posedge clk_i) begin
        early_q <= {shifted, sign, outside};                                    // E2
        {shifted_q, sign_q, outside_q} <= early_q;                              // E3
      end
    end
  endgenerate

  // Below m the value, or all ones or zeros beyond the limits; the sign from m on.
  wire signed [OUT_BITS-1:0] limited =
    (above_i & {OUT_BITS{sign_q && can_be_negative_i}}) |
    (~above_i & (outside_q ? {OUT_BITS{!sign_q}} : shifted_q));
  reg [OUT_BITS-1:0] clipped_q;
  generate
    if (BINARY != 0) begin : g_binary
      always @(posedge clk_i) clipped_q <= limited;                             // E4
    end else begin : g_limits
      always @(posedge clk_i)                                                   // E4
        clipped_q <= limited < $signed(low_i)  ? low_i :
                     limited > $signed(high_i) ? high_i : limited;
    end
  endgenerate
  assign value_o = clipped_q;
  wire unused = &{1'b0, extended, bias_src_i, offset_i, mult_i, round_i, low_i, high_i};
endmodule
`default_nettype wire
