// Mean over the rows of the residual stream, VL channels at a time:
//
//   y[c] = clip(sum_t x[t,c] * mult + 2^(shift-1) >> shift)
//
// All rows of one group of channels are read before the next group, so one accumulator per lane
// is enough: rows * GROUPS cycles. A group's last row issued in cycle t is written in t + 6.
`default_nettype none
module vt_mean_pool #(
  parameter TP          = 1,      // tokens of a memory word
  parameter VL          = 4,
  parameter GROUPS      = 16,
  parameter RES_LANES   = 16,
  parameter RES_BITS    = 16,
  parameter SUM_BITS    = 22,     // RES_BITS + ceil(log2 rows)
  parameter MULT_BITS   = 16,
  parameter ADDR_BITS   = 8,
  parameter COUNT_BITS  = 8,
  parameter OP_BITS     = 4,
  parameter SUB_BITS    = 1,
  parameter LANE_BITS   = 1       // holds TP - 1
) (
  input  wire                          clk_i,
  input  wire                          rst_i,
  input  wire                          start_i,
  output wire                          ready_o,
  output wire                          done_o,
  input  wire [OP_BITS-1:0]            op_i,
  input  wire [COUNT_BITS-1:0]         rows_i,
  input  wire [ADDR_BITS-1:0]          x_base_i,
  input  wire [ADDR_BITS-1:0]          x_stride_i,
  input  wire [ADDR_BITS-1:0]          out_base_i,
  input  wire [MULT_BITS-1:0]          mult_i,
  input  wire [5:0]                    shift_i,
  output wire [ADDR_BITS-1:0]          x_addr_o,
  input  wire [TP*RES_LANES*RES_BITS-1:0] x_i,
  output wire                          out_valid_o,
  output wire [ADDR_BITS-1:0]          out_addr_o,
  output wire [SUB_BITS-1:0]           out_sub_o,
  output wire [VL*RES_BITS-1:0]        out_data_o,
  output wire [OP_BITS-1:0]            out_op_o
);
  localparam SUBS       = RES_LANES / VL;
  localparam GROUP_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
  localparam [31:0] LAST_GROUP_WIDE = GROUPS - 1;
  localparam [GROUP_BITS-1:0] LAST_GROUP = LAST_GROUP_WIDE[GROUP_BITS-1:0];
  localparam [31:0] LAST_SUB_WIDE = SUBS - 1;
  localparam [SUB_BITS-1:0] LAST_SUB = LAST_SUB_WIDE[SUB_BITS-1:0];
  localparam PROD_BITS  = (SUM_BITS + MULT_BITS + 1 > 50) ? SUM_BITS + MULT_BITS + 1 : 50;
  localparam LATENCY    = 6;

  reg                  running_q, busy_q;
  reg [OP_BITS-1:0]    op_q;
  reg [COUNT_BITS-1:0] rows_q, row_q;
  reg [ADDR_BITS-1:0]  word_q, addr_q, stride_q, out_addr_q;
  reg [GROUP_BITS-1:0] group_q;
  reg [SUB_BITS-1:0]   sub_q, out_sub_q;
  reg [LANE_BITS-1:0]  lane_q;
  localparam [31:0] LAST_LANE_WIDE = TP - 1;
  localparam [LANE_BITS-1:0] LAST_LANE = LAST_LANE_WIDE[LANE_BITS-1:0];
  reg [MULT_BITS-1:0]  mult_q;
  reg [5:0]            shift_q;
  reg signed [PROD_BITS-1:0] round_q;
  wire [5:0] shift_below = shift_q - 6'd1;

  wire row_last = row_q == rows_q - 1'b1;
  wire op_last  = row_last && group_q == LAST_GROUP;
  wire [ADDR_BITS-1:0] next_word = sub_q == LAST_SUB ? word_q + 1'b1 : word_q;

  wire [LATENCY:0] first, last, done_line;
  vt_delay_control #(.DEPTH(LATENCY)) u_first (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(running_q && row_q == {COUNT_BITS{1'b0}}), .taps_o(first)
  );
  vt_delay_control #(.DEPTH(LATENCY)) u_last (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(running_q && row_last), .taps_o(last)
  );
  vt_delay_control #(.DEPTH(LATENCY)) u_done (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(running_q && op_last), .taps_o(done_line)
  );

  always @(posedge clk_i) begin
    if (rst_i) begin
      running_q <= 1'b0;
      busy_q    <= 1'b0;
    end else begin
      if (start_i) begin
        running_q <= 1'b1;
        busy_q    <= 1'b1;
      end else begin
        if (running_q && op_last) running_q <= 1'b0;
        if (done_line[LATENCY]) busy_q <= 1'b0;
      end
    end
    round_q <= shift_q == 6'd0 ? {PROD_BITS{1'b0}} : {{(PROD_BITS-1){1'b0}}, 1'b1} << shift_below;
    if (start_i) begin
      op_q     <= op_i;
      rows_q   <= rows_i;
      stride_q <= x_stride_i;
      mult_q   <= mult_i;
      shift_q  <= shift_i;
      row_q    <= {COUNT_BITS{1'b0}};
      lane_q   <= {LANE_BITS{1'b0}};
      group_q  <= {GROUP_BITS{1'b0}};
      sub_q    <= {SUB_BITS{1'b0}};
      word_q   <= x_base_i;
      addr_q   <= x_base_i;
    end else if (running_q) begin
      row_q  <= row_last ? {COUNT_BITS{1'b0}} : row_q + 1'b1;
      lane_q <= (row_last || lane_q == LAST_LANE) ? {LANE_BITS{1'b0}} : lane_q + 1'b1;
      if (row_last) begin
        group_q <= group_q + 1'b1;
        sub_q   <= sub_q == LAST_SUB ? {SUB_BITS{1'b0}} : sub_q + 1'b1;
        word_q  <= next_word;
        addr_q  <= next_word;
      end else if (lane_q == LAST_LANE) begin
        addr_q <= addr_q + stride_q;
      end
    end
    if (start_i) begin
      out_addr_q <= out_base_i;
      out_sub_q  <= {SUB_BITS{1'b0}};
    end else if (last[LATENCY]) begin
      out_sub_q <= out_sub_q == LAST_SUB ? {SUB_BITS{1'b0}} : out_sub_q + 1'b1;
      if (out_sub_q == LAST_SUB) out_addr_q <= out_addr_q + 1'b1;
    end
  end

  reg [SUB_BITS-1:0]    sub1_q;
  reg [LANE_BITS-1:0]   lane1_q;
  wire [RES_LANES*RES_BITS-1:0] x_token = x_i[lane1_q*(RES_LANES*RES_BITS) +: RES_LANES*RES_BITS];
  reg [VL*RES_BITS-1:0] x_q;
  wire [VL*RES_BITS-1:0] x_part;
  genvar i;
  generate
    if (SUBS > 1) begin : g_part
      assign x_part = x_token[sub1_q*(VL*RES_BITS) +: VL*RES_BITS];
    end else begin : g_whole
      assign x_part = x_token;
      wire unused = &{1'b0, sub1_q};
    end
  endgenerate
  always @(posedge clk_i) begin
    sub1_q  <= sub_q;
    lane1_q <= lane_q;
    x_q     <= x_part;                                                    // 1
  end

  generate
    for (i = 0; i < VL; i = i + 1) begin : g_lane
      wire [RES_BITS-1:0]        x    = x_q[i*RES_BITS +: RES_BITS];
      wire signed [SUM_BITS-1:0] wide = {{(SUM_BITS-RES_BITS+1){x[RES_BITS-1]}}, x[RES_BITS-2:0]};
      wire signed [MULT_BITS:0]  mult = {1'b0, mult_q};
      reg signed [SUM_BITS-1:0]  sum_q;
      reg signed [PROD_BITS-1:0] product_q, y_q;
      reg [RES_BITS-1:0]         out_q;
      wire fits = y_q[PROD_BITS-1:RES_BITS-1] == {(PROD_BITS-RES_BITS+1){y_q[PROD_BITS-1]}};
      always @(posedge clk_i) begin
        sum_q     <= first[2] ? wide : sum_q + wide;                      // 2
        product_q <= sum_q * mult;                                        // 3
        y_q       <= (product_q + round_q) >>> shift_q;                   // 4
        out_q     <= fits ? y_q[RES_BITS-1:0]                             // 5
                          : {y_q[PROD_BITS-1], {(RES_BITS-1){!y_q[PROD_BITS-1]}}};
      end
      assign out_data_o[i*RES_BITS +: RES_BITS] = out_q;
    end
  endgenerate

  assign ready_o     = !busy_q;
  assign done_o      = done_line[LATENCY];
  assign x_addr_o    = addr_q;
  assign out_valid_o = last[LATENCY];
  assign out_addr_o  = out_addr_q;
  assign out_sub_o   = out_sub_q;
  assign out_op_o    = op_q;
  wire unused = &{1'b0, first, last, done_line};
endmodule
`default_nettype wire
