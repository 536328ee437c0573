// Takes one frame of input words from the stream and writes them to the input memory.
//
// A frame is BEATS words with TLAST on the last one. A frame of another length is an error that
// is reported and survived: words up to the next TLAST are dropped, and the frame is taken anew.
`default_nettype none
module vt_stream_in #(
  parameter BEATS     = 49,
  parameter ADDR_BITS = 6,
  parameter DATA_BITS = 32,   // bits of a word on the stream
  parameter LANES     = 4,
  parameter CODE_BITS = 8     // bits kept of each 8-bit lane
) (
  input  wire                       clk_i,
  input  wire                       rst_i,
  input  wire                       start_i,
  output wire                       ready_o,
  output wire                       done_o,
  input  wire                       valid_i,
  output wire                       ready_stream_o,
  input  wire [DATA_BITS-1:0]       data_i,
  input  wire                       last_i,
  output wire                       mem_we_o,
  output wire [ADDR_BITS-1:0]       mem_addr_o,
  output wire [LANES*CODE_BITS-1:0] mem_data_o,
  output wire                       short_o,    // pulse: TLAST came early
  output wire                       long_o,     // pulse: TLAST did not come with the last word
  output wire                       waiting_o   // in the middle of a frame, and the stream is idle
);
  localparam [31:0] LAST_BEAT_WIDE = BEATS - 1;
  localparam [ADDR_BITS-1:0] LAST_BEAT = LAST_BEAT_WIDE[ADDR_BITS-1:0];
  reg                 busy_q, drop_q;
  reg [ADDR_BITS-1:0] beat_q;
  wire beat     = busy_q && valid_i;
  wire at_end   = beat_q == LAST_BEAT;
  wire complete = beat && !drop_q && at_end && last_i;

  always @(posedge clk_i) begin
    if (rst_i) begin
      busy_q <= 1'b0;
      drop_q <= 1'b0;
      beat_q <= {ADDR_BITS{1'b0}};
    end else if (start_i) begin
      busy_q <= 1'b1;
      drop_q <= 1'b0;
      beat_q <= {ADDR_BITS{1'b0}};
    end else if (beat) begin
      if (complete) busy_q <= 1'b0;
      if (drop_q) begin
        if (last_i) drop_q <= 1'b0;
        beat_q <= {ADDR_BITS{1'b0}};
      end else begin
        if (at_end && !last_i) drop_q <= 1'b1;
        beat_q <= (at_end || last_i) ? {ADDR_BITS{1'b0}} : beat_q + 1'b1;
      end
    end
  end

  assign ready_o        = !busy_q;
  assign done_o         = complete;
  assign ready_stream_o = busy_q;
  assign mem_we_o       = beat && !drop_q;
  assign mem_addr_o     = beat_q;
  assign short_o        = beat && !drop_q && last_i && !at_end;
  assign long_o         = beat && !drop_q && !last_i && at_end;
  assign waiting_o      = busy_q && beat_q != {ADDR_BITS{1'b0}} && !valid_i;

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      assign mem_data_o[i*CODE_BITS +: CODE_BITS] = data_i[i*8 +: CODE_BITS];
    end
  endgenerate
  // Bits above CODE_BITS of a lane, and padding above the lanes, carry nothing.
  wire unused = &{1'b0, data_i};
endmodule
`default_nettype wire
