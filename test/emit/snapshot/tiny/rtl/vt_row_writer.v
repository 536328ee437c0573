// Counts the address and the part of a word to which the next group of a row is written. Every TP
// rows begin with a new word, and share it with the TP - 1 rows after the first.
`default_nettype none
module vt_row_writer #(
  parameter TP        = 1,   // rows of a memory word
  parameter SUBS      = 4,   // groups of a row in a memory word
  parameter ADDR_BITS = 8,
  parameter SUB_BITS  = 2,
  parameter LANE_BITS = 1    // holds TP - 1
) (
  input  wire                 clk_i,
  input  wire                 start_i,
  input  wire [ADDR_BITS-1:0] base_i,
  input  wire                 valid_i,  // a group is written in this cycle
  input  wire                 last_i,   // and it is the last one of its row
  output wire [ADDR_BITS-1:0] addr_o,
  output wire [LANE_BITS-1:0] lane_o,
  output wire [SUB_BITS-1:0]  sub_o
);
  localparam [31:0] LAST_SUB_WIDE = SUBS - 1;
  localparam [SUB_BITS-1:0] LAST_SUB = LAST_SUB_WIDE[SUB_BITS-1:0];
  localparam [31:0] LAST_LANE_WIDE = TP - 1;
  localparam [LANE_BITS-1:0] LAST_LANE = LAST_LANE_WIDE[LANE_BITS-1:0];
  reg [ADDR_BITS-1:0] addr_q, row_addr_q;
  reg [LANE_BITS-1:0] lane_q;
  reg [SUB_BITS-1:0]  sub_q;
  wire word_end  = sub_q == LAST_SUB || last_i;
  wire lane_last = lane_q == LAST_LANE;
  always @(posedge clk_i)
    if (start_i) begin
      addr_q     <= base_i;
      row_addr_q <= base_i;
      lane_q     <= {LANE_BITS{1'b0}};
      sub_q      <= {SUB_BITS{1'b0}};
    end else if (valid_i) begin
      sub_q <= word_end ? {SUB_BITS{1'b0}} : sub_q + 1'b1;
      if (last_i && !lane_last) addr_q <= row_addr_q;
      else if (word_end) addr_q <= addr_q + 1'b1;
      if (last_i) begin
        lane_q <= lane_last ? {LANE_BITS{1'b0}} : lane_q + 1'b1;
        if (lane_last) row_addr_q <= addr_q + 1'b1;
      end
    end
  assign addr_o = addr_q;
  assign lane_o = lane_q;
  assign sub_o  = sub_q;
endmodule
`default_nettype wire
