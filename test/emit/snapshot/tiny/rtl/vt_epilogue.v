// What follows the accumulators, TP x TO lanes wide, one word per cycle, seven cycles long:
//
//   t = clip((sum + bias) * multiplier + 2^(shift-1) >> shift, low, high)
//   y = table ? table[table_base + t - low] : t
//   y = residual ? clip(y + (x * skip_multiplier + 2^(skip_shift-1) >> skip_shift)) : y
//
// Stage  what is registered at its end
//   E0   sum + bias
//   E1   times the multiplier
//   E2   the product again: a DSP block's output register   (skip address goes out)
//   E3   rounded and shifted             (skip word arrives; times the skip multiplier)
//   E4   clipped                         (skip product rounded and shifted)
//   E5   table entry, or the value as it is
//   E6   plus the skip connection, saturated
//   E7   y stands on data_o
// Shift, limits and table belong to an operation and are taken over stage by stage when its first
// word passes (`op_first_i`), because two operations can be under way.
`default_nettype none
module vt_epilogue #(
  parameter TP         = 1,
  parameter TO         = 4,
  parameter ACC_BITS   = 24,
  parameter BIAS_BITS  = 24,
  parameter SUM_BITS   = 25,
  parameter MULT_BITS  = 16,
  parameter SKIP_MULT_BITS = 16,
  parameter PROD_BITS  = 42,   // SUM_BITS + MULT_BITS + 1
  parameter OUT_BITS   = 16,
  parameter SKIP_BITS  = 16,   // residual stream
  parameter OFFSET_BIAS = 0,   // an offset of every lane can take the place of the bias
  parameter OFFSET_BITS = 16,
  parameter TABLE_BITS = 8,    // bits of a table entry
  parameter TABLE_DEPTH = 256,
  parameter TABLE_ADDR_BITS = 8,
  parameter TABLE_FILE = "",
  parameter HAS_TABLE  = 1
) (
  input  wire                        clk_i,
  // flags of stages E0..E6: word valid is not needed, only the operation's first word is
  input  wire [7:0]                  op_first_i,
  input  wire                        op_first_before_i,  // one cycle before E0
  input  wire [5:0]                  shift_i,
  input  wire signed [OUT_BITS-1:0]  low_i,
  input  wire signed [OUT_BITS-1:0]  high_i,
  input  wire                        table_on_i,
  input  wire [TABLE_ADDR_BITS-1:0]  table_base_i,
  input  wire                        skip_on_i,
  input  wire [SKIP_MULT_BITS-1:0]   skip_mult_i,
  input  wire [4:0]                  skip_shift_i,
  input  wire [TP*TO*ACC_BITS-1:0]   sum_i,      // in E0
  input  wire [TO*BIAS_BITS-1:0]     bias_i,     // in E0, shared by the tokens
  input  wire                        bias_src_i,
  input  wire [TP*TO*OFFSET_BITS-1:0] offset_i,  // in E0
  input  wire [TO*MULT_BITS-1:0]     mult_i,     // in E1
  input  wire [TP*TO*SKIP_BITS-1:0]  skip_i,     // in E3
  output wire [TP*TO*OUT_BITS-1:0]   data_o      // in E7
);
  // At least 31, so that the rounding constant of the largest shift, 2^30, fits one bit beyond.
  localparam SKIP_PROD = (SKIP_BITS + SKIP_MULT_BITS + 1 > 31) ? SKIP_BITS + SKIP_MULT_BITS + 1 : 31;

  // Settings, each held where it is used.
  reg [5:0]                 shift_q;
  reg signed [PROD_BITS-1:0] round_q;
  reg signed [OUT_BITS-1:0] low_q, low_table_q, high_q;
  reg                       table_on_q, skip_on_q;
  reg [TABLE_ADDR_BITS-1:0] table_base_q;
  reg [SKIP_MULT_BITS-1:0]  skip_mult_q;
  reg [4:0]                 skip_shift_q;
  reg signed [SKIP_PROD:0]  skip_round_q;
  wire [5:0]                shift_below = shift_i - 6'd1;
  wire [4:0]                skip_shift_below = skip_shift_i - 5'd1;
  reg                       bias_src_q;
  always @(posedge clk_i) begin
    if (op_first_before_i) bias_src_q <= bias_src_i;
    if (op_first_i[2]) begin
      shift_q      <= shift_i;
      round_q      <= shift_i == 6'd0 ? {PROD_BITS{1'b0}}
                                      : {{(PROD_BITS-1){1'b0}}, 1'b1} << shift_below;
      skip_mult_q  <= skip_mult_i;
    end
    if (op_first_i[3]) begin
      low_q        <= low_i;
      high_q       <= high_i;
      skip_shift_q <= skip_shift_i;
      skip_round_q <= skip_shift_i == 5'd0 ? {(SKIP_PROD+1){1'b0}}
                                           : {{SKIP_PROD{1'b0}}, 1'b1} << skip_shift_below;
    end
    if (op_first_i[4]) begin
      table_on_q   <= table_on_i;
      table_base_q <= table_base_i;
      low_table_q  <= low_i;
    end
    if (op_first_i[5]) skip_on_q <= skip_on_i;
  end
  // The table multiplexer works one cycle after the table is addressed.
  reg table_on_e6_q;
  always @(posedge clk_i) table_on_e6_q <= table_on_q;

  genvar o;
  generate
    for (o = 0; o < TP * TO; o = o + 1) begin : g_lane
      localparam C = o % TO;  // channel
      wire signed [ACC_BITS-1:0]  sum  = sum_i[o*ACC_BITS +: ACC_BITS];
      wire [BIAS_BITS-1:0]        channel_bias = bias_i[C*BIAS_BITS +: BIAS_BITS];
      wire signed [BIAS_BITS-1:0] bias;
      if (OFFSET_BIAS != 0) begin : g_offset
        // BIAS_BITS is at least OFFSET_BITS.
        wire [OFFSET_BITS-1:0] offset = offset_i[o*OFFSET_BITS +: OFFSET_BITS];
        assign bias = bias_src_q
          ? {{(BIAS_BITS-OFFSET_BITS+1){offset[OFFSET_BITS-1]}}, offset[OFFSET_BITS-2:0]}
          : channel_bias;
      end else begin : g_channel
        assign bias = channel_bias;
      end
      wire signed [MULT_BITS:0]   mult = {1'b0, mult_i[C*MULT_BITS +: MULT_BITS]};
      wire signed [SKIP_BITS-1:0] skip = skip_i[o*SKIP_BITS +: SKIP_BITS];
      wire signed [SKIP_MULT_BITS:0] skip_mult = {1'b0, skip_mult_q};

      reg signed [SUM_BITS-1:0]   biased_q;
      reg signed [PROD_BITS-1:0]  product_q, product2_q, shifted_q;
      reg signed [OUT_BITS-1:0]   clipped_q, value_q, out_q;
      reg signed [SKIP_PROD-1:0]  skip_product_q;
      reg signed [SKIP_PROD:0]    skip_shifted_q, skip_scaled_q;

      wire signed [SUM_BITS-1:0]  wide_sum  = {{(SUM_BITS-ACC_BITS){sum[ACC_BITS-1]}}, sum};
      wire signed [SUM_BITS-1:0]  wide_bias = {{(SUM_BITS-BIAS_BITS){bias[BIAS_BITS-1]}}, bias};
      wire signed [PROD_BITS-1:0] wide_low  = {{(PROD_BITS-OUT_BITS){low_q[OUT_BITS-1]}}, low_q};
      wire signed [PROD_BITS-1:0] wide_high = {{(PROD_BITS-OUT_BITS){high_q[OUT_BITS-1]}}, high_q};
      wire signed [SKIP_PROD:0]   wide_skip = {skip_product_q[SKIP_PROD-1], skip_product_q};

      // y + skip, one bit wider than either, then saturated to the residual stream.
      localparam ADD_BITS = SKIP_PROD + 2;
      wire signed [ADD_BITS-1:0] added =
        {{(ADD_BITS-OUT_BITS){value_q[OUT_BITS-1]}}, value_q} +
        {skip_scaled_q[SKIP_PROD], skip_scaled_q};
      wire fits = added[ADD_BITS-1:SKIP_BITS-1] == {(ADD_BITS-SKIP_BITS+1){added[ADD_BITS-1]}};
      wire signed [SKIP_BITS-1:0] saturated =
        fits ? added[SKIP_BITS-1:0] : {added[ADD_BITS-1], {(SKIP_BITS-1){!added[ADD_BITS-1]}}};

      always @(posedge clk_i) begin
        biased_q       <= wide_sum + wide_bias;                                   // E0
        product_q      <= biased_q * mult;                                        // E1
        product2_q     <= product_q;                                              // E2
        shifted_q      <= (product2_q + round_q) >>> shift_q;                     // E3
        skip_product_q <= skip * skip_mult;                                       // E3
        clipped_q      <= shifted_q < wide_low  ? low_q  :
                          shifted_q > wide_high ? high_q : shifted_q[OUT_BITS-1:0]; // E4
        skip_shifted_q <= (wide_skip + skip_round_q) >>> skip_shift_q;            // E4
        skip_scaled_q  <= skip_shifted_q;                                         // E5
        out_q          <= skip_on_q ? {{(OUT_BITS-SKIP_BITS+1){saturated[SKIP_BITS-1]}},
                                       saturated[SKIP_BITS-2:0]} : value_q;       // E6
      end

      assign data_o[o*OUT_BITS +: OUT_BITS] = out_q;

      if (HAS_TABLE != 0) begin : g_table
        localparam INDEX_BITS = OUT_BITS > TABLE_ADDR_BITS ? OUT_BITS : TABLE_ADDR_BITS;
        wire [OUT_BITS-1:0]   offset = clipped_q - low_table_q;
        wire [INDEX_BITS-1:0] index  = {{(INDEX_BITS-OUT_BITS+1){offset[OUT_BITS-1]}},
                                        offset[OUT_BITS-2:0]};
        wire [TABLE_BITS-1:0] entry;
        reg  signed [OUT_BITS-1:0] plain_q;
        vt_rom #(.WIDTH(TABLE_BITS), .DEPTH(TABLE_DEPTH), .ADDR_BITS(TABLE_ADDR_BITS),
                 .FILE(TABLE_FILE)) u_table (
          .clk_i(clk_i), .addr_i(table_base_q + index[TABLE_ADDR_BITS-1:0]), .data_o(entry)
        );
        always @(posedge clk_i) plain_q <= clipped_q;                             // E5
        always @* value_q = table_on_e6_q
          ? {{(OUT_BITS-TABLE_BITS+1){entry[TABLE_BITS-1]}}, entry[TABLE_BITS-2:0]} : plain_q;
        // The index is at most as wide as the table's address.
        wire unused = &{1'b0, index};
      end else begin : g_no_table
        always @(posedge clk_i) value_q <= clipped_q;                             // E5
      end
    end
  endgenerate
  wire unused = &{1'b0, bias_src_q, offset_i, op_first_i[7:6], op_first_i[1:0], table_on_e6_q, table_base_q, low_table_q};
endmodule
`default_nettype wire
