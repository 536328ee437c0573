// Sends one frame of results, one 32-bit sign-extended code per beat, TLAST on the last.
`default_nettype none
module vt_stream_out #(
  parameter COUNT       = 10,  // results of a frame
  parameter LANES       = 4,   // results of a memory word
  parameter RESULT_BITS = 16,
  parameter ADDR_BITS   = 2,
  parameter COUNT_BITS  = 4
) (
  input  wire                         clk_i,
  input  wire                         rst_i,
  input  wire                         start_i,
  output wire                         ready_o,
  output wire                         done_o,
  output wire [ADDR_BITS-1:0]         mem_addr_o,
  input  wire [LANES*RESULT_BITS-1:0] mem_data_i,
  output wire                         valid_o,
  input  wire                         ready_i,
  output wire [31:0]                  data_o,
  output wire                         last_o,
  output wire                         waiting_o   // a result stands and nobody takes it
);
  localparam LANE_BITS = LANES > 1 ? $clog2(LANES) : 1;
  localparam [31:0] LAST_LANE_WIDE = LANES - 1;
  localparam [LANE_BITS-1:0] LAST_LANE = LAST_LANE_WIDE[LANE_BITS-1:0];
  localparam [31:0] LAST_COUNT_WIDE = COUNT - 1;
  localparam [COUNT_BITS-1:0] LAST_COUNT = LAST_COUNT_WIDE[COUNT_BITS-1:0];
  localparam [1:0] S_IDLE = 2'd0, S_READ = 2'd1, S_LOAD = 2'd2, S_SEND = 2'd3;
  reg [1:0]                   state_q;
  reg [ADDR_BITS-1:0]         addr_q;
  reg [LANE_BITS-1:0]         lane_q;
  reg [COUNT_BITS-1:0]        count_q;
  reg [LANES*RESULT_BITS-1:0] word_q;
  wire last = count_q == LAST_COUNT;
  wire beat = state_q == S_SEND && ready_i;

  always @(posedge clk_i) begin
    if (rst_i) state_q <= S_IDLE;
    else begin
      case (state_q)
        S_IDLE: if (start_i) state_q <= S_READ;
        S_READ: state_q <= S_LOAD;
        S_LOAD: state_q <= S_SEND;
        default: if (beat) state_q <= last ? S_IDLE : lane_q == LAST_LANE ? S_READ : S_SEND;
      endcase
    end
    if (state_q == S_IDLE) begin
      addr_q  <= {ADDR_BITS{1'b0}};
      count_q <= {COUNT_BITS{1'b0}};
    end
    if (state_q == S_LOAD) begin
      word_q <= mem_data_i;
      lane_q <= {LANE_BITS{1'b0}};
      addr_q <= addr_q + 1'b1;
    end else if (beat) begin
      word_q  <= word_q >> RESULT_BITS;
      lane_q  <= lane_q + 1'b1;
      count_q <= count_q + 1'b1;
    end
  end

  assign ready_o    = state_q == S_IDLE;
  assign done_o     = beat && last;
  assign mem_addr_o = addr_q;
  assign valid_o    = state_q == S_SEND;
  assign data_o     = {{(33-RESULT_BITS){word_q[RESULT_BITS-1]}}, word_q[RESULT_BITS-2:0]};
  assign last_o     = last;
  assign waiting_o  = state_q == S_SEND && !ready_i;
endmodule
`default_nettype wire
