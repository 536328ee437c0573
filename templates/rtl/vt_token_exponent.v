// How far above the finest step the step of a row is: the OR of the magnitudes of all its codes has
// its leading bit where the largest of them has.
//
// Codes come VL a cycle with LARGEST + 1 fraction bits; the magnitude of a negative w is -w - 1.
// With e halvings of the step a row fits while its magnitudes have no bit from over_i on, moved
// down by e - 1: each halving takes one bit. The largest such e is the exponent of the row, 0 where
// none fits, and step_o is LARGEST - e. over_i = 0 is for rows that have the step of the tensor.
// Cycle t: a group, first_i with the first one of its row. last_i comes one cycle after the last
// group, step_o one more, until the next last_i.
`default_nettype none
module vt_token_exponent #(
  parameter VL        = 4,
  parameter BITS      = 12,  // of a code, signed, with its fraction bits
  parameter LARGEST   = 3,   // exponent
  parameter STEP_BITS = 2    // holds LARGEST
) (
  input  wire                 clk_i,
  input  wire [VL*BITS-1:0]   group_i,
  input  wire                 first_i,
  input  wire                 last_i,
  input  wire [BITS-2:0]      over_i,
  output wire [STEP_BITS-1:0] step_o
);
  genvar i, k;
  wire [BITS-2:0] group_or;
  generate
    for (i = 0; i < VL; i = i + 1) begin : g_lane
      wire            sign      = group_i[i*BITS + BITS - 1];
      wire [BITS-2:0] magnitude = group_i[i*BITS +: BITS-1] ^ {(BITS-1){sign}};
      wire [BITS-2:0] total;
      if (i == 0) begin : g_start
        assign total = magnitude;
      end else begin : g_next
        assign total = g_lane[i-1].total | magnitude;
      end
    end
  endgenerate
  assign group_or = g_lane[VL-1].total;
  reg [BITS-2:0] row_or_q;
  always @(posedge clk_i) row_or_q <= group_or | (first_i ? {(BITS-1){1'b0}} : row_or_q);

  wire signed [BITS-2:0] over = over_i;
  wire                   own  = |over_i;
  generate
    for (k = 0; k <= LARGEST; k = k + 1) begin : g_exponent
      localparam [31:0] STEP_WIDE = LARGEST - k;
      wire [STEP_BITS-1:0] step;
      if (k == 0) begin : g_none
        assign step = STEP_WIDE[STEP_BITS-1:0];
      end else begin : g_some
        wire [BITS-2:0] mask = over >>> (k - 1);
        assign step = own && (row_or_q & mask) == {(BITS-1){1'b0}} ? STEP_WIDE[STEP_BITS-1:0]
                                                                  : g_exponent[k-1].step;
      end
    end
  endgenerate
  reg [STEP_BITS-1:0] step_q;
  always @(posedge clk_i) if (last_i) step_q <= g_exponent[LARGEST].step;
  assign step_o = step_q;
endmodule
`default_nettype wire
