// Walks over rows of a memory in groups of VL elements, one group a cycle, rows back to back, and
// keeps flags of every group for as long as it is under way. A word holds a part of TP rows: the
// words of TP rows are read once for each of them.
//
// Taps are indexed by cycles since the group's address stood on the memory. The unit is busy
// until the last group has left the pipeline, LATENCY cycles after its address.
`default_nettype none
module vt_row_walker #(
  parameter TP         = 1,   // rows of a memory word
  parameter GROUPS     = 16,  // groups of a row
  parameter SUBS       = 4,   // groups of a row in a memory word
  parameter LATENCY    = 33,
  parameter ADDR_BITS  = 8,
  parameter SUB_BITS   = 2,
  parameter LANE_BITS  = 1,   // holds TP - 1
  parameter COUNT_BITS = 8
) (
  input  wire                  clk_i,
  input  wire                  rst_i,
  input  wire                  start_i,
  input  wire [COUNT_BITS-1:0] rows_i,
  input  wire [ADDR_BITS-1:0]  base_i,
  output wire                  ready_o,
  output wire                  done_o,
  output wire [ADDR_BITS-1:0]  addr_o,
  output wire [LANE_BITS-1:0]  lane_o,   // row of the word, in the cycle of the address
  output wire [SUB_BITS-1:0]   sub_o,    // part of it
  output wire [LATENCY:0]      valid_o,
  output wire [LATENCY:0]      first_o,  // first group of a row
  output wire [LATENCY:0]      last_o    // last group of a row
);
  localparam GROUP_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
  localparam [31:0] LAST_GROUP_WIDE = GROUPS - 1;
  localparam [GROUP_BITS-1:0] LAST_GROUP = LAST_GROUP_WIDE[GROUP_BITS-1:0];
  localparam [31:0] LAST_SUB_WIDE = SUBS - 1;
  localparam [SUB_BITS-1:0] LAST_SUB = LAST_SUB_WIDE[SUB_BITS-1:0];

  reg                  running_q, busy_q;
  reg [COUNT_BITS-1:0] rows_left_q;
  reg [GROUP_BITS-1:0] group_q;
  reg [SUB_BITS-1:0]   sub_q;
  reg [ADDR_BITS-1:0]  addr_q, row_addr_q;
  reg [LANE_BITS-1:0]  lane_q;
  localparam [31:0] LAST_LANE_WIDE = TP - 1;
  localparam [LANE_BITS-1:0] LAST_LANE = LAST_LANE_WIDE[LANE_BITS-1:0];
  wire lane_last = lane_q == LAST_LANE;
  wire group_first = group_q == {GROUP_BITS{1'b0}};
  wire group_last  = group_q == LAST_GROUP;
  wire all_last    = group_last && rows_left_q == {{(COUNT_BITS-1){1'b0}}, 1'b1};
  wire word_end    = sub_q == LAST_SUB || group_last;

  wire [LATENCY:0] done;
  vt_delay_control #(.DEPTH(LATENCY)) u_valid (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(running_q), .taps_o(valid_o)
  );
  vt_delay_control #(.DEPTH(LATENCY)) u_first (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(running_q && group_first), .taps_o(first_o)
  );
  vt_delay_control #(.DEPTH(LATENCY)) u_last (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(running_q && group_last), .taps_o(last_o)
  );
  vt_delay_control #(.DEPTH(LATENCY)) u_done (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(running_q && all_last), .taps_o(done)
  );

  always @(posedge clk_i) begin
    if (rst_i) begin
      running_q <= 1'b0;
      busy_q    <= 1'b0;
    end else if (start_i) begin
      running_q <= 1'b1;
      busy_q    <= 1'b1;
    end else begin
      if (running_q && all_last) running_q <= 1'b0;
      if (done[LATENCY]) busy_q <= 1'b0;
    end
    if (start_i) begin
      rows_left_q <= rows_i;
      group_q     <= {GROUP_BITS{1'b0}};
      sub_q       <= {SUB_BITS{1'b0}};
      addr_q      <= base_i;
      row_addr_q  <= base_i;
      lane_q      <= {LANE_BITS{1'b0}};
    end else if (running_q) begin
      group_q <= group_last ? {GROUP_BITS{1'b0}} : group_q + 1'b1;
      sub_q   <= word_end ? {SUB_BITS{1'b0}} : sub_q + 1'b1;
      if (group_last && !lane_last) addr_q <= row_addr_q;
      else if (word_end) addr_q <= addr_q + 1'b1;
      if (group_last) begin
        rows_left_q <= rows_left_q - 1'b1;
        lane_q      <= lane_last ? {LANE_BITS{1'b0}} : lane_q + 1'b1;
        if (lane_last) row_addr_q <= addr_q + 1'b1;
      end
    end
  end

  assign ready_o = !busy_q;
  assign done_o  = done[LATENCY];
  assign addr_o  = addr_q;
  assign lane_o  = lane_q;
  assign sub_o   = sub_q;
  wire unused = &{1'b0, done[LATENCY-1:0]};
endmodule
`default_nettype wire
