// Array of which the last LUT_TO outputs have their products on LUTs and the others as STYLE and
// CELL say; see vt_mac_array for the interface. Both parts compute the same integers: the split
// decides what of a device they are made of, and nothing else.
//
// The parts take different times. DSP_DELAY or LUT_DELAY holds the inputs of the quicker one back;
// the latency is that of the slower one.
//
// Rows enter a part at its last output and move down. What the part on LUTs has passed on is for
// the other one: rows go there through a line of LUT_TO rows, so that after TO rows both parts hold
// their own.
`default_nettype none
module vt_mac_split #(
  parameter TP     = 2,
  parameter TI     = 8,
  parameter TO     = 4,
  parameter A_BITS = 8,
  parameter B_BITS = 8,
  parameter STYLE  = 1,       // 0, 1 or 2
  parameter CELL   = 0,
  parameter LUT_TO = 1,       // 1..TO-1
  parameter DSP_DELAY = 0,
  parameter LUT_DELAY = 0
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
  localparam DOT_BITS  = A_BITS + 1 + B_BITS + $clog2(TI);
  localparam DSP_TO    = TO - LUT_TO;
  localparam ROW_BITS  = TI * B_BITS;
  localparam WORD_BITS = TP * TI * A_BITS;
  localparam FLAGS     = 4;

  wire unused_cell = CELL[0];  // used where products are packed
  wire [FLAGS-1:0] flags = {a_signed_i, row_valid_i, col_valid_i, swap_i};

  // ---- outputs on DSPs ----------------------------------------------------------------------
  reg [LUT_TO*ROW_BITS-1:0] passed_q;
  generate
    if (LUT_TO == 1) begin : g_row
      always @(posedge clk_i) if (row_valid_i) passed_q <= row_i;
    end else begin : g_rows
      always @(posedge clk_i)
        if (row_valid_i) passed_q <= {row_i, passed_q[LUT_TO*ROW_BITS-1:ROW_BITS]};
    end
  endgenerate
  wire [FLAGS-1:0]             dsp_flags;
  wire [WORD_BITS-1:0]         dsp_a;
  wire [ROW_BITS-1:0]          dsp_row;
  wire [DSP_TO*B_BITS-1:0]     dsp_col;
  wire [TP*DSP_TO*DOT_BITS-1:0] dsp_dot;
  vt_delay #(
    .WIDTH(FLAGS + WORD_BITS + ROW_BITS + DSP_TO*B_BITS), .DEPTH(DSP_DELAY)
  ) u_dsp_delay (
    .clk_i(clk_i), .d_i({flags, a_i, passed_q[ROW_BITS-1:0], col_i[DSP_TO*B_BITS-1:0]}),
    .q_o({dsp_flags, dsp_a, dsp_row, dsp_col})
  );
  generate
    if (STYLE == 0) begin : g_plain
      vt_mac_plain #(
        .TP(TP), .TI(TI), .TO(DSP_TO), .A_BITS(A_BITS), .B_BITS(B_BITS)
      ) u_dsp (
        .clk_i(clk_i), .a_i(dsp_a), .a_signed_i(dsp_flags[3]), .row_valid_i(dsp_flags[2]),
        .row_i(dsp_row), .col_valid_i(dsp_flags[1]), .col_i(dsp_col), .swap_i(dsp_flags[0]),
        .dot_o(dsp_dot)
      );
    end else begin : g_packed
      vt_mac_packed #(
        .TP(TP), .TI(TI), .TO(DSP_TO), .A_BITS(A_BITS), .B_BITS(B_BITS), .OUTPUTS(STYLE),
        .CELL(CELL)
      ) u_dsp (
        .clk_i(clk_i), .a_i(dsp_a), .a_signed_i(dsp_flags[3]), .row_valid_i(dsp_flags[2]),
        .row_i(dsp_row), .col_valid_i(dsp_flags[1]), .col_i(dsp_col), .swap_i(dsp_flags[0]),
        .dot_o(dsp_dot)
      );
    end
  endgenerate

  // ---- outputs on LUTs ----------------------------------------------------------------------
  wire [FLAGS-1:0]             lut_flags;
  wire [WORD_BITS-1:0]         lut_a;
  wire [ROW_BITS-1:0]          lut_row;
  wire [LUT_TO*B_BITS-1:0]     lut_col;
  wire [TP*LUT_TO*DOT_BITS-1:0] lut_dot;
  vt_delay #(
    .WIDTH(FLAGS + WORD_BITS + ROW_BITS + LUT_TO*B_BITS), .DEPTH(LUT_DELAY)
  ) u_lut_delay (
    .clk_i(clk_i), .d_i({flags, a_i, row_i, col_i[DSP_TO*B_BITS +: LUT_TO*B_BITS]}),
    .q_o({lut_flags, lut_a, lut_row, lut_col})
  );
  vt_mac_lut #(.TP(TP), .TI(TI), .TO(LUT_TO), .A_BITS(A_BITS), .B_BITS(B_BITS)) u_lut (
    .clk_i(clk_i), .a_i(lut_a), .a_signed_i(lut_flags[3]), .row_valid_i(lut_flags[2]),
    .row_i(lut_row), .col_valid_i(lut_flags[1]), .col_i(lut_col), .swap_i(lut_flags[0]),
    .dot_o(lut_dot)
  );

  genvar t;
  generate
    for (t = 0; t < TP; t = t + 1) begin : g_token
      assign dot_o[t*TO*DOT_BITS +: TO*DOT_BITS] = {
        lut_dot[t*LUT_TO*DOT_BITS +: LUT_TO*DOT_BITS],
        dsp_dot[t*DSP_TO*DOT_BITS +: DSP_TO*DOT_BITS]
      };
    end
  endgenerate
endmodule
`default_nettype wire
