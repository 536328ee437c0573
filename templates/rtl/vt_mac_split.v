// Array of which the last LUT_TO outputs have their products on LUTs and the others as STYLE and
// CELL say; see vt_mac_array for the interface. Both parts compute the same integers: the split
// decides what of a device they are made of, and nothing else.
//
// The parts take different times. DSP_DELAY or LUT_DELAY holds the dot products of the quicker one
// back: but for narrow tiles they are fewer bits than the elements that they are made of. The
// latency is that of the slower one.
//
// Rows enter a part at its last output and move down. What the part on LUTs has passed on is for
// the other one: rows go there through a line of LUT_TO rows, so that after TO rows both parts hold
// their own.
//
// With LUT_BITS > 0 the part on LUTs multiplies weights of so many bits and nothing else, and costs
// as little as they allow; with LUT_POWERS they are codes of powers of two (vt_mac_shift). Tiles of
// keys or values are then for the other part alone: KEY_TO = TO - LUT_TO rows, which pass the line
// by, or columns of so many outputs. What the part on LUTs makes of the words that meet such a tile
// has no meaning.
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
  parameter LUT_BITS = 0,     // of the weights that these multiply alone, 0: of all operands
  parameter LUT_POWERS = 0,   // they are powers of two
  parameter KEY_TO = TO,
  parameter DSP_DELAY = 0,
  parameter LUT_DELAY = 0
) (
  input  wire                                             clk_i,
  input  wire [TP*TI*A_BITS-1:0]                          a_i,
  input  wire                                             a_signed_i,
  input  wire                                             row_valid_i,
  input  wire                                             row_keys_i,
  input  wire [TI*B_BITS-1:0]                             row_i,
  input  wire                                             col_valid_i,
  input  wire [KEY_TO*B_BITS-1:0]                         col_i,
  input  wire                                             swap_i,
  output wire [TP*TO*(A_BITS+1+B_BITS+$clog2(TI))-1:0]    dot_o
);
  localparam DOT_BITS  = A_BITS + 1 + B_BITS + $clog2(TI);
  localparam DSP_TO    = TO - LUT_TO;
  localparam ROW_BITS  = TI * B_BITS;
  localparam LUT_B     = LUT_BITS > 0 ? LUT_BITS : B_BITS;
  localparam LUT_DOT   = A_BITS + $clog2(TI)
                       + (LUT_POWERS != 0 ? 1 << (LUT_B - 1) : LUT_B + 1);

  wire unused_cell = CELL[0];  // used where products are packed

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
  wire [ROW_BITS-1:0]           dsp_row =
    LUT_BITS > 0 && row_keys_i ? row_i : passed_q[ROW_BITS-1:0];
  wire [TP*DSP_TO*DOT_BITS-1:0] dsp_early;
  wire [TP*DSP_TO*DOT_BITS-1:0] dsp_dot;
  generate
    if (STYLE == 0) begin : g_plain
      vt_mac_plain #(
        .TP(TP), .TI(TI), .TO(DSP_TO), .A_BITS(A_BITS), .B_BITS(B_BITS)
      ) u_dsp (
        .clk_i(clk_i), .a_i(a_i), .a_signed_i(a_signed_i), .row_valid_i(row_valid_i),
        .row_i(dsp_row), .col_valid_i(col_valid_i),
        .col_i(col_i[DSP_TO*B_BITS-1:0]), .swap_i(swap_i), .dot_o(dsp_early)
      );
    end else begin : g_packed
      vt_mac_packed #(
        .TP(TP), .TI(TI), .TO(DSP_TO), .A_BITS(A_BITS), .B_BITS(B_BITS), .OUTPUTS(STYLE),
        .CELL(CELL)
      ) u_dsp (
        .clk_i(clk_i), .a_i(a_i), .a_signed_i(a_signed_i), .row_valid_i(row_valid_i),
        .row_i(dsp_row), .col_valid_i(col_valid_i),
        .col_i(col_i[DSP_TO*B_BITS-1:0]), .swap_i(swap_i), .dot_o(dsp_early)
      );
    end
  endgenerate
  vt_delay #(.WIDTH(TP*DSP_TO*DOT_BITS), .DEPTH(DSP_DELAY)) u_dsp_delay (
    .clk_i(clk_i), .d_i(dsp_early), .q_o(dsp_dot)
  );

  // ---- outputs on LUTs ----------------------------------------------------------------------
  wire [TI*LUT_B-1:0]          lut_row;
  wire [TP*LUT_TO*LUT_DOT-1:0] lut_early, lut_dot;
  genvar i, t;
  generate
    // A weight has its sign in the lowest bits, too: what is above is more of it, or nothing.
    for (i = 0; i < TI; i = i + 1) begin : g_element
      assign lut_row[i*LUT_B +: LUT_B] = row_i[i*B_BITS +: LUT_B];
    end
    if (LUT_BITS == 0) begin : g_all
      vt_mac_lut #(.TP(TP), .TI(TI), .TO(LUT_TO), .A_BITS(A_BITS), .B_BITS(B_BITS)) u_lut (
        .clk_i(clk_i), .a_i(a_i), .a_signed_i(a_signed_i), .row_valid_i(row_valid_i),
        .row_i(lut_row), .col_valid_i(col_valid_i),
        .col_i(col_i[DSP_TO*B_BITS +: LUT_TO*B_BITS]), .swap_i(swap_i), .dot_o(lut_early)
      );
      wire unused = row_keys_i;
    end else if (LUT_POWERS == 0) begin : g_weights
      vt_mac_lut #(
        .TP(TP), .TI(TI), .TO(LUT_TO), .A_BITS(A_BITS), .B_BITS(LUT_B), .COLUMNS(0)
      ) u_lut (
        .clk_i(clk_i), .a_i(a_i), .a_signed_i(a_signed_i),
        .row_valid_i(row_valid_i && !row_keys_i), .row_i(lut_row), .col_valid_i(1'b0),
        .col_i({(LUT_TO*LUT_B){1'b0}}), .swap_i(swap_i), .dot_o(lut_early)
      );
    end else begin : g_powers
      vt_mac_shift #(
        .TP(TP), .TI(TI), .TO(LUT_TO), .A_BITS(A_BITS), .E_BITS(LUT_B - 1)
      ) u_lut (
        .clk_i(clk_i), .a_i(a_i), .a_signed_i(a_signed_i),
        .row_valid_i(row_valid_i && !row_keys_i), .row_i(lut_row), .swap_i(swap_i),
        .dot_o(lut_early)
      );
    end
  endgenerate
  vt_delay #(.WIDTH(TP*LUT_TO*LUT_DOT), .DEPTH(LUT_DELAY)) u_lut_delay (
    .clk_i(clk_i), .d_i(lut_early), .q_o(lut_dot)
  );

  generate
    for (t = 0; t < TP; t = t + 1) begin : g_token
      assign dot_o[t*TO*DOT_BITS +: DSP_TO*DOT_BITS] =
        dsp_dot[t*DSP_TO*DOT_BITS +: DSP_TO*DOT_BITS];
      for (i = 0; i < LUT_TO; i = i + 1) begin : g_lane
        wire [LUT_DOT-1:0] own  = lut_dot[(t*LUT_TO + i)*LUT_DOT +: LUT_DOT];
        wire [DOT_BITS:0]  wide = {{(DOT_BITS+1-LUT_DOT){own[LUT_DOT-1]}}, own};
        assign dot_o[(t*TO + DSP_TO + i)*DOT_BITS +: DOT_BITS] = wide[DOT_BITS-1:0];
        wire unused = wide[DOT_BITS];
      end
    end
  endgenerate
endmodule
`default_nettype wire
