// The group of VL elements that a word of TP rows was read for, in the cycle after the word; the
// lanes of a row's last group from TAIL on are FILL instead.
`default_nettype none
module vt_row_select #(
  parameter TP        = 1,
  parameter LANES     = 16,   // elements of a row in a word, a multiple of VL
  parameter VL        = 4,
  parameter BITS      = 8,
  parameter TAIL      = 4,
  parameter SUB_BITS  = 2,
  parameter LANE_BITS = 1,
  parameter [BITS-1:0] FILL = {BITS{1'b0}}
) (
  input  wire                     clk_i,
  input  wire [LANE_BITS-1:0]     lane_i,  // row of the word, in the cycle of the address
  input  wire [SUB_BITS-1:0]      sub_i,   // part of it
  input  wire                     tail_i,  // last group of its row, in the cycle of the word
  input  wire [TP*LANES*BITS-1:0] word_i,
  output wire [VL*BITS-1:0]       group_o
);
  localparam SUBS  = LANES / VL;
  localparam GROUP = VL * BITS;
  reg [SUB_BITS-1:0]  sub_q;
  reg [LANE_BITS-1:0] lane_q;
  always @(posedge clk_i) begin
    sub_q  <= sub_i;
    lane_q <= lane_i;
  end
  genvar g, i;
  generate
    for (g = 0; g < TP * SUBS; g = g + 1) begin : g_part
      localparam [31:0] LANE = g / SUBS;
      localparam [31:0] SUB  = g % SUBS;
      wire here = (TP == 1 || lane_q == LANE[LANE_BITS-1:0])
               && (SUBS == 1 || sub_q == SUB[SUB_BITS-1:0]);
      wire [GROUP-1:0] part;
      if (g == 0) begin : g_first
        assign part = word_i[GROUP-1:0];
        wire unused = here;
      end else begin : g_next
        assign part = here ? word_i[g*GROUP +: GROUP] : g_part[g-1].part;
      end
    end
    for (i = 0; i < VL; i = i + 1) begin : g_element
      localparam IN_TAIL = i < TAIL;
      reg [BITS-1:0] element_q;
      always @(posedge clk_i)
        if (tail_i && !IN_TAIL) element_q <= FILL;
        else element_q <= g_part[TP*SUBS-1].part[i*BITS +: BITS];
      assign group_o[i*BITS +: BITS] = element_q;
    end
  endgenerate
  wire unused = &{1'b0, sub_q, lane_q};
endmodule
`default_nettype wire
