// What follows the accumulators, TP x TO lanes wide, one word per cycle, seven cycles long:
//
//   t = clip((sum + bias) * multiplier + 2^(shift-1) >> shift, low, high)
//   y = table ? table[table_base + t - low] : t
//   y = residual ? clip(y + (x * skip_multiplier + 2^(skip_shift-1) >> skip_shift)) : y
//
// Stage  what is registered at its end
//   E0   sum + bias
//   E1   times the multiplier
//   E2   plus the rounding constant: adder and output register of a DSP block
//   E3   shifted, and whether it is beyond the limits     (skip word arrives)
//   E4   clipped                                          (skip word times its multiplier)
//   E5   table entry, or the value as it is               (skip product again)
//   E6   plus the skip product, shifted, and the bit that rounds it; saturated
//   E7   y stands on data_o
// Where all multipliers are 1 (HAS_MULT = 0), the rounding constant is part of the bias, and the
// shift is done in E2.
//
// Shift and limits are a mode, one of those that occur in the operations: a bit of the result has
// as many sources as there are shifts in modes that need it. Mode and table belong to an operation
// and are taken over stage by stage when its first word passes (`op_first_i`), because two
// operations can be under way.
`default_nettype none
module vt_epilogue #(
  parameter TP         = 1,
  parameter TO         = 4,
  parameter ACC_BITS   = 24,
  parameter BIAS_BITS  = 24,
  parameter SUM_BITS   = 25,
  parameter HAS_MULT   = 1,
  parameter MULT_BITS  = 16,
  parameter PROD_BITS  = 42,   // SUM_BITS + MULT_BITS + 1, or SUM_BITS without multipliers
  parameter OUT_BITS   = 16,
  parameter HAS_SKIP   = 1,
  parameter SKIP_BITS  = 16,   // residual stream
  parameter SKIP_MULT_BITS = 16,
  parameter SKIP_PROD_BITS = 33,  // x * skip_multiplier, signed, more than any of its shifts
  parameter BRANCH_BITS = 16,  // what a skip connection is added to, signed, at most OUT_BITS
  parameter OFFSET_BIAS = 0,   // an offset of every lane can take the place of the bias
  parameter OFFSET_BITS = 16,
  parameter HAS_TABLE  = 1,
  parameter TABLE_BITS = 8,    // bits of a table entry
  parameter TABLE_DEPTH = 256,
  parameter TABLE_ADDR_BITS = 8,
  parameter TABLE_INDEX_BITS = 8,
  parameter TABLE_ALIGNED = 0, // bases are multiples of 2^TABLE_INDEX_BITS, low is 0 or -2^(that-1)
  parameter TABLE_SIGNED = 0,  // and that low is the negative one
  parameter TABLE_BLOCK = 1,   // in block RAM
  parameter TABLE_FILE = "",
  // Shifts, ascending; WIDTHS are the bits, without a sign, of the widest result of each.
  parameter SHIFT_COUNT = 1,
  parameter SHIFT_SEL_BITS = 1,
  parameter [6*SHIFT_COUNT-1:0] SHIFTS = {(6*SHIFT_COUNT){1'b0}},
  parameter [6*SHIFT_COUNT-1:0] WIDTHS = {(6*SHIFT_COUNT){1'b1}},
  // Modes. The limits are 2^m - 1 and 0 or -2^m: OVERS has the bits from shift + m on, ABOVES those
  // from m on, SIGNEDS whether results can be negative. BINARY = 0: inside of these limits lie
  // those of LOWS and HIGHS.
  parameter MODE_COUNT = 1,
  parameter MODE_SEL_BITS = 1,
  parameter [SHIFT_SEL_BITS*MODE_COUNT-1:0] MODE_SHIFTS = {(SHIFT_SEL_BITS*MODE_COUNT){1'b0}},
  parameter [PROD_BITS*MODE_COUNT-1:0] OVERS = {(PROD_BITS*MODE_COUNT){1'b0}},
  parameter [OUT_BITS*MODE_COUNT-1:0] ABOVES = {(OUT_BITS*MODE_COUNT){1'b0}},
  parameter [MODE_COUNT-1:0] SIGNEDS = {MODE_COUNT{1'b1}},
  parameter BINARY     = 1,
  parameter [OUT_BITS*MODE_COUNT-1:0] LOWS  = {(OUT_BITS*MODE_COUNT){1'b0}},
  parameter [OUT_BITS*MODE_COUNT-1:0] HIGHS = {(OUT_BITS*MODE_COUNT){1'b0}},
  parameter SKIP_SHIFT_COUNT = 1,
  parameter SKIP_SHIFT_SEL_BITS = 1,
  parameter [6*SKIP_SHIFT_COUNT-1:0] SKIP_SHIFTS = {(6*SKIP_SHIFT_COUNT){1'b0}}
) (
  input  wire                        clk_i,
  // flags of stages E0..E7: word valid is not needed, only the operation's first word is
  input  wire [7:0]                  op_first_i,
  input  wire                        op_first_before_i,  // one cycle before E0
  input  wire [MODE_SEL_BITS-1:0]    mode_sel_i,
  input  wire                        table_on_i,
  input  wire [TABLE_ADDR_BITS-1:0]  table_base_i,       // aligned, or with low subtracted
  input  wire                        skip_on_i,
  input  wire [SKIP_MULT_BITS-1:0]   skip_mult_i,        // 0 without a skip connection
  input  wire [SKIP_SHIFT_SEL_BITS-1:0] skip_shift_sel_i,
  input  wire [TP*TO*ACC_BITS-1:0]   sum_i,      // in E0
  input  wire [TO*BIAS_BITS-1:0]     bias_i,     // in E0, shared by the tokens
  input  wire                        bias_src_i,
  input  wire [TP*TO*OFFSET_BITS-1:0] offset_i,  // in E0
  input  wire [TO*MULT_BITS-1:0]     mult_i,     // in E1
  input  wire [TP*TO*SKIP_BITS-1:0]  skip_i,     // in E3
  output wire [TP*TO*OUT_BITS-1:0]   data_o      // in E7
);
  localparam LANES = TP * TO;

  // ---- settings, each held where it is used -------------------------------------------------
  wire [SHIFT_SEL_BITS-1:0] shift_sel;
  wire [PROD_BITS-1:0]      round, over;
  wire [OUT_BITS-1:0]       above, low, high;
  wire                      can_be_negative;
  vt_choice #(
    .BITS(SHIFT_SEL_BITS), .COUNT(MODE_COUNT), .SEL_BITS(MODE_SEL_BITS), .LIST(MODE_SHIFTS)
  ) u_shift_sel (
    .sel_i(mode_sel_i), .value_o(shift_sel)
  );
  vt_round #(
    .BITS(PROD_BITS), .COUNT(SHIFT_COUNT), .SEL_BITS(SHIFT_SEL_BITS), .SHIFTS(SHIFTS)
  ) u_round (
    .sel_i(shift_sel), .value_o(round)
  );
  vt_choice #(
    .BITS(PROD_BITS), .COUNT(MODE_COUNT), .SEL_BITS(MODE_SEL_BITS), .LIST(OVERS)
  ) u_over (
    .sel_i(mode_sel_i), .value_o(over)
  );
  vt_choice #(
    .BITS(OUT_BITS), .COUNT(MODE_COUNT), .SEL_BITS(MODE_SEL_BITS), .LIST(ABOVES)
  ) u_above (
    .sel_i(mode_sel_i), .value_o(above)
  );
  vt_choice #(
    .BITS(1), .COUNT(MODE_COUNT), .SEL_BITS(MODE_SEL_BITS), .LIST(SIGNEDS)
  ) u_signed (
    .sel_i(mode_sel_i), .value_o(can_be_negative)
  );
  vt_choice #(
    .BITS(OUT_BITS), .COUNT(MODE_COUNT), .SEL_BITS(MODE_SEL_BITS), .LIST(LOWS)
  ) u_low (
    .sel_i(mode_sel_i), .value_o(low)
  );
  vt_choice #(
    .BITS(OUT_BITS), .COUNT(MODE_COUNT), .SEL_BITS(MODE_SEL_BITS), .LIST(HIGHS)
  ) u_high (
    .sel_i(mode_sel_i), .value_o(high)
  );

  reg                             bias_src_q;
  reg [PROD_BITS-1:0]             round_q, over_q;
  reg [SHIFT_SEL_BITS-1:0]        shift_sel_q;
  reg [OUT_BITS-1:0]              above_q, low_q, high_q;
  reg                             negative_over_q, can_be_negative_q;
  reg                             table_on_q, skip_on_q;
  reg [TABLE_ADDR_BITS-1:0]       table_base_q;
  reg [SKIP_MULT_BITS-1:0]        skip_mult_q;
  reg [SKIP_SHIFT_SEL_BITS-1:0]   skip_shift_sel_q;
  always @(posedge clk_i) begin
    if (op_first_before_i) bias_src_q <= bias_src_i;
    if (op_first_i[1]) round_q <= round;
    if (HAS_MULT != 0 ? op_first_i[2] : op_first_i[1]) begin
      shift_sel_q     <= shift_sel;
      over_q          <= over;
      negative_over_q <= !can_be_negative;
    end
    if (op_first_i[3]) begin
      above_q           <= above;
      can_be_negative_q <= can_be_negative;
      low_q             <= low;
      high_q            <= high;
      skip_mult_q       <= skip_mult_i;
    end
    if (op_first_i[4]) begin
      table_on_q   <= table_on_i;
      table_base_q <= table_base_i;
    end
    if (op_first_i[5]) begin
      skip_on_q        <= skip_on_i;
      skip_shift_sel_q <= skip_shift_sel_i;
    end
  end

  // ---- E0..E4: requantization ---------------------------------------------------------------
  wire [LANES*OUT_BITS-1:0] clipped;
  genvar o;
  generate
    for (o = 0; o < LANES; o = o + 1) begin : g_requantize
      localparam C = o % TO;  // channel
      vt_requantize #(
        .ACC_BITS(ACC_BITS), .BIAS_BITS(BIAS_BITS), .SUM_BITS(SUM_BITS), .HAS_MULT(HAS_MULT),
        .MULT_BITS(MULT_BITS), .PROD_BITS(PROD_BITS), .OUT_BITS(OUT_BITS),
        .OFFSET_BIAS(OFFSET_BIAS), .OFFSET_BITS(OFFSET_BITS), .SHIFT_COUNT(SHIFT_COUNT),
        .SHIFT_SEL_BITS(SHIFT_SEL_BITS), .SHIFTS(SHIFTS), .WIDTHS(WIDTHS), .BINARY(BINARY)
      ) u_lane (
        .clk_i(clk_i), .sum_i(sum_i[o*ACC_BITS +: ACC_BITS]),
        .bias_i(bias_i[C*BIAS_BITS +: BIAS_BITS]), .bias_src_i(bias_src_q),
        .offset_i(offset_i[o*OFFSET_BITS +: OFFSET_BITS]),
        .mult_i(mult_i[C*MULT_BITS +: MULT_BITS]), .round_i(round_q),
        .shift_sel_i(shift_sel_q), .over_i(over_q), .negative_over_i(negative_over_q),
        .above_i(above_q), .can_be_negative_i(can_be_negative_q), .low_i(low_q),
        .high_i(high_q), .value_o(clipped[o*OUT_BITS +: OUT_BITS])
      );
    end
  endgenerate

  // ---- E5: table ----------------------------------------------------------------------------
  // The entry is zero where the value stays as it is, and the value where a table is used.
  wire [LANES*OUT_BITS-1:0] value;
  generate
    if (HAS_TABLE != 0) begin : g_table
      localparam INDEX_WIDE = OUT_BITS > TABLE_ADDR_BITS ? OUT_BITS : TABLE_ADDR_BITS;
      wire [LANES*TABLE_ADDR_BITS-1:0] addr;
      wire [LANES*TABLE_BITS-1:0]      entries;
      for (o = 0; o < LANES; o = o + 1) begin : g_lane
        wire [OUT_BITS-1:0]   plain = clipped[o*OUT_BITS +: OUT_BITS];
        wire [INDEX_WIDE-1:0] index = {{(INDEX_WIDE-OUT_BITS){plain[OUT_BITS-1]}}, plain};
        if (TABLE_ALIGNED != 0) begin : g_aligned
          wire [TABLE_INDEX_BITS-1:0] entry = index[TABLE_INDEX_BITS-1:0]
            ^ ({{(TABLE_INDEX_BITS-1){1'b0}}, TABLE_SIGNED != 0} << (TABLE_INDEX_BITS - 1));
          vt_table_address #(
            .ADDR_BITS(TABLE_ADDR_BITS), .INDEX_BITS(TABLE_INDEX_BITS), .ALIGNED(1)
          ) u_addr (
            .base_i(table_base_q), .index_i(entry),
            .addr_o(addr[o*TABLE_ADDR_BITS +: TABLE_ADDR_BITS])
          );
        end else begin : g_sum
          assign addr[o*TABLE_ADDR_BITS +: TABLE_ADDR_BITS] =
            table_base_q + index[TABLE_ADDR_BITS-1:0];
        end
        reg [OUT_BITS-1:0] plain_q;
        always @(posedge clk_i)                                                   // E5
          if (table_on_q) plain_q <= {OUT_BITS{1'b0}};
          else plain_q <= plain;
        wire [TABLE_BITS-1:0] entry_read = entries[o*TABLE_BITS +: TABLE_BITS];
        assign value[o*OUT_BITS +: OUT_BITS] =
          plain_q | {{(OUT_BITS-TABLE_BITS){entry_read[TABLE_BITS-1]}}, entry_read};
        wire unused = &{1'b0, index};
      end
      vt_table_lanes #(
        .LANES(LANES), .WIDTH(TABLE_BITS), .DEPTH(TABLE_DEPTH), .ADDR_BITS(TABLE_ADDR_BITS),
        .FILE(TABLE_FILE), .BLOCK(TABLE_BLOCK)
      ) u_table (
        .clk_i(clk_i), .clear_i({LANES{!table_on_q}}), .addr_i(addr), .data_o(entries)
      );
    end else begin : g_no_table
      reg [LANES*OUT_BITS-1:0] plain_q;
      always @(posedge clk_i) plain_q <= clipped;                                 // E5
      assign value = plain_q;
    end
  endgenerate

  // ---- E6: skip connection ------------------------------------------------------------------
  generate
    for (o = 0; o < LANES; o = o + 1) begin : g_out
      if (HAS_SKIP != 0) begin : g_skip
        vt_skip_add #(
          .OUT_BITS(OUT_BITS), .SKIP_BITS(SKIP_BITS), .MULT_BITS(SKIP_MULT_BITS),
          .PROD_BITS(SKIP_PROD_BITS), .BRANCH_BITS(BRANCH_BITS), .SHIFT_COUNT(SKIP_SHIFT_COUNT),
          .SHIFT_SEL_BITS(SKIP_SHIFT_SEL_BITS), .SHIFTS(SKIP_SHIFTS)
        ) u_lane (
          .clk_i(clk_i), .skip_i(skip_i[o*SKIP_BITS +: SKIP_BITS]), .mult_i(skip_mult_q),
          .shift_sel_i(skip_shift_sel_q), .skip_on_i(skip_on_q),
          .value_i(value[o*OUT_BITS +: OUT_BITS]), .value_o(data_o[o*OUT_BITS +: OUT_BITS])
        );
      end else begin : g_plain
        reg [OUT_BITS-1:0] out_q;
        always @(posedge clk_i) out_q <= value[o*OUT_BITS +: OUT_BITS];           // E6
        assign data_o[o*OUT_BITS +: OUT_BITS] = out_q;
      end
    end
  endgenerate
  wire unused = &{1'b0, bias_src_q, offset_i, op_first_i, round_q, mult_i, table_on_q,
                  table_base_q, skip_i, skip_mult_q, skip_shift_sel_q, skip_on_q};
endmodule
`default_nettype wire
