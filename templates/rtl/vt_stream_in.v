// Takes one frame of input words from the stream and writes them to the input memory, whose words
// hold a part of TP tokens each: patch p becomes token p + FIRST.
//
// A frame is BEATS words with TLAST on the last one. A frame of another length is an error that
// is reported and survived: words up to the next TLAST are dropped, and the frame is taken anew.
`default_nettype none
module vt_stream_in #(
  parameter BEATS     = 49,   // words of a frame on the stream
  parameter TP        = 1,
  parameter FIRST     = 0,    // token of the first patch
  parameter PATCH_WORDS = 1,  // words of a patch
  parameter ADDR_BITS = 6,
  parameter COUNT_BITS = 6,   // holds BEATS - 1
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
  output wire [TP-1:0]              mem_we_o,
  output wire [ADDR_BITS-1:0]       mem_addr_o,
  output wire [LANES*CODE_BITS-1:0] mem_data_o,
  output wire                       short_o,    // pulse: TLAST came early
  output wire                       long_o,     // pulse: TLAST did not come with the last word
  output wire                       waiting_o   // in the middle of a frame, and the stream is idle
);
  localparam [31:0] LAST_BEAT_WIDE = BEATS - 1;
  localparam [COUNT_BITS-1:0] LAST_BEAT = LAST_BEAT_WIDE[COUNT_BITS-1:0];
  // Where the first patch lies.
  localparam [31:0] FIRST_ADDR_WIDE = (FIRST / TP) * PATCH_WORDS, FIRST_TOKEN_WIDE = FIRST % TP;
  localparam [ADDR_BITS-1:0] FIRST_ADDR = FIRST_ADDR_WIDE[ADDR_BITS-1:0];
  localparam LANE_BITS = TP > 1 ? $clog2(TP) : 1;
  localparam [LANE_BITS-1:0] FIRST_LANE = FIRST_TOKEN_WIDE[LANE_BITS-1:0];
  localparam [31:0] LAST_LANE_WIDE = TP - 1, LAST_WORD_WIDE = PATCH_WORDS - 1;
  localparam [LANE_BITS-1:0] LAST_LANE = LAST_LANE_WIDE[LANE_BITS-1:0];
  localparam WORD_BITS = PATCH_WORDS > 1 ? $clog2(PATCH_WORDS) : 1;
  localparam [WORD_BITS-1:0] LAST_WORD = LAST_WORD_WIDE[WORD_BITS-1:0];
  reg                 busy_q, drop_q;
  reg [COUNT_BITS-1:0] beat_q;
  reg [ADDR_BITS-1:0] addr_q, patch_addr_q;
  reg [LANE_BITS-1:0] lane_q;
  reg [WORD_BITS-1:0] word_q;
  wire beat     = busy_q && valid_i;
  wire at_end   = beat_q == LAST_BEAT;
  wire complete = beat && !drop_q && at_end && last_i;

  always @(posedge clk_i) begin
    if (rst_i) begin
      busy_q <= 1'b0;
      drop_q <= 1'b0;
    end else if (start_i) begin
      busy_q <= 1'b1;
      drop_q <= 1'b0;
      beat_q <= {COUNT_BITS{1'b0}};
    end else if (beat) begin
      if (complete) busy_q <= 1'b0;
      if (drop_q) begin
        if (last_i) drop_q <= 1'b0;
        beat_q <= {COUNT_BITS{1'b0}};
      end else begin
        if (at_end && !last_i) drop_q <= 1'b1;
        beat_q <= (at_end || last_i) ? {COUNT_BITS{1'b0}} : beat_q + 1'b1;
      end
    end
  end

  // Counted again from the first patch whenever the frame is.
  wire restart   = start_i || (beat && (drop_q || at_end || last_i));
  wire word_last = word_q == LAST_WORD;
  always @(posedge clk_i)
    if (restart) begin
      addr_q       <= FIRST_ADDR;
      patch_addr_q <= FIRST_ADDR;
      lane_q       <= FIRST_LANE;
      word_q       <= {WORD_BITS{1'b0}};
    end else if (beat) begin
      word_q <= word_last ? {WORD_BITS{1'b0}} : word_q + 1'b1;
      addr_q <= (word_last && lane_q != LAST_LANE) ? patch_addr_q : addr_q + 1'b1;
      if (word_last) begin
        lane_q <= lane_q == LAST_LANE ? {LANE_BITS{1'b0}} : lane_q + 1'b1;
        if (lane_q == LAST_LANE) patch_addr_q <= addr_q + 1'b1;
      end
    end

  assign ready_o        = !busy_q;
  assign done_o         = complete;
  assign ready_stream_o = busy_q;
  localparam [31:0] LANE_MASK_WIDE = 1;
  localparam [TP-1:0] LANE_MASK = LANE_MASK_WIDE[TP-1:0];
  assign mem_we_o       = (beat && !drop_q) ? LANE_MASK << lane_q : {TP{1'b0}};
  assign mem_addr_o     = addr_q;
  assign short_o        = beat && !drop_q && last_i && !at_end;
  assign long_o         = beat && !drop_q && !last_i && at_end;
  assign waiting_o      = busy_q && beat_q != {COUNT_BITS{1'b0}} && !valid_i;

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
