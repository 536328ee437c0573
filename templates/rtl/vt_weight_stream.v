// Weights from external memory: the words of a frame, read over AXI4 in the order of their use,
// again and again, and prefetched as far as the buffer reaches, across the end of the frame too.
//
// In memory, LINE_WORDS words lie in LINE_BEATS beats, a line, the first word in the lowest bits,
// without gaps; what is left at the top of a line is padding. A frame begins with a new line at the
// base address. src/plan/weight-stream.ts chooses the shape of a line, packs words and has the
// exact timing.
//
// A word is taken in every cycle in which word_valid_o and word_take_i are high; the next one
// stands in the cycle after, as long as the buffer has one. The last beat of a line in cycle t
// makes its first word stand from t+2 on. With enable_i high in cycle t for the first time, and a
// memory that answers L cycles after a request, that is in cycle t + L + LINE_BEATS + 4.
`default_nettype none
module vt_weight_stream #(
  parameter AXI_BITS    = 64,   // 64, 128, 256 or 512
  parameter ADDR_BITS   = 40,
  parameter WORD_BITS   = 96,
  parameter WORDS       = 100,  // words of a frame
  parameter LINE_BEATS  = 3,
  parameter LINE_WORDS  = 2,
  parameter LINES       = 32,   // buffer; a power of two, LINES*LINE_BEATS >= BURST+LINE_BEATS-1
  parameter BURST       = 16,   // beats; a power of two, 2..256, at most 4096 bytes
  parameter OUTSTANDING = 4     // bursts; a power of two, at least 2
) (
  input  wire                 clk_i,
  input  wire                 rst_i,
  input  wire                 enable_i,   // fetch; low: nothing further is requested
  input  wire [ADDR_BITS-1:0] base_i,     // a multiple of 4096; taken over at the first enable_i
  // AXI4 read channels
  output wire [ADDR_BITS-1:0] araddr_o,
  output wire [7:0]           arlen_o,
  output wire [2:0]           arsize_o,
  output wire [1:0]           arburst_o,
  output wire [3:0]           arcache_o,
  output wire [2:0]           arprot_o,
  output wire                 arvalid_o,
  input  wire                 arready_i,
  input  wire [AXI_BITS-1:0]  rdata_i,
  input  wire [1:0]           rresp_i,
  input  wire                 rlast_i,
  input  wire                 rvalid_i,
  output wire                 rready_o,
  // words
  output wire                 word_valid_o,
  output wire [WORD_BITS-1:0] word_o,
  input  wire                 word_take_i,
  output wire                 error_o,    // sticky: see vt_axi_read
  output wire                 waiting_o   // for a watchdog: asked for, and nothing comes
);
  localparam FRAME_LINES = (WORDS + LINE_WORDS - 1) / LINE_WORDS;

  wire                           beat, line_valid, line_take;
  wire [LINE_BEATS*AXI_BITS-1:0] line;

  vt_axi_read #(
    .AXI_BITS(AXI_BITS), .ADDR_BITS(ADDR_BITS), .BEATS(FRAME_LINES * LINE_BEATS), .BURST(BURST),
    .OUTSTANDING(OUTSTANDING), .ROOM(LINES * LINE_BEATS), .FREED(LINE_BEATS)
  ) u_read (
    .clk_i(clk_i), .rst_i(rst_i), .enable_i(enable_i), .base_i(base_i),
    .araddr_o(araddr_o), .arlen_o(arlen_o), .arsize_o(arsize_o), .arburst_o(arburst_o),
    .arcache_o(arcache_o), .arprot_o(arprot_o), .arvalid_o(arvalid_o), .arready_i(arready_i),
    .rresp_i(rresp_i), .rlast_i(rlast_i), .rvalid_i(rvalid_i), .rready_o(rready_o),
    .beat_o(beat), .free_i(line_take), .error_o(error_o), .waiting_o(waiting_o)
  );
  vt_line_fifo #(.BEAT_BITS(AXI_BITS), .BEATS(LINE_BEATS), .LINES(LINES)) u_buffer (
    .clk_i(clk_i), .rst_i(rst_i), .beat_valid_i(beat), .beat_i(rdata_i),
    .line_valid_o(line_valid), .line_o(line), .line_take_i(line_take)
  );

  wire take = line_valid && word_take_i;
  assign word_valid_o = line_valid;

  generate
    if (LINE_WORDS == 1) begin : g_whole
      assign word_o    = line[WORD_BITS-1:0];
      assign line_take = take;
    end else begin : g_part
      localparam SLOT_BITS = $clog2(LINE_WORDS);
      localparam [31:0] LAST_SLOT_WIDE = LINE_WORDS - 1;
      // The last line of a frame can hold fewer words.
      localparam [31:0] TAIL_SLOT_WIDE = WORDS - (FRAME_LINES - 1) * LINE_WORDS - 1;
      localparam [31:0] LAST_LINE_WIDE = FRAME_LINES - 1;
      reg [SLOT_BITS-1:0] slot_q;
      wire                tail;

      if (TAIL_SLOT_WIDE == LAST_SLOT_WIDE) begin : g_even
        assign tail = 1'b0;
      end else begin : g_tail
        localparam FRAME_BITS = FRAME_LINES > 1 ? $clog2(FRAME_LINES) : 1;
        reg [FRAME_BITS-1:0] line_q;
        assign tail = line_q == LAST_LINE_WIDE[FRAME_BITS-1:0];
        always @(posedge clk_i) begin
          if (rst_i) line_q <= {FRAME_BITS{1'b0}};
          else if (line_take) line_q <= tail ? {FRAME_BITS{1'b0}} : line_q + 1'b1;
        end
      end

      assign line_take = take && slot_q == (tail ? TAIL_SLOT_WIDE[SLOT_BITS-1:0]
                                                 : LAST_SLOT_WIDE[SLOT_BITS-1:0]);
      always @(posedge clk_i) begin
        if (rst_i || line_take) slot_q <= {SLOT_BITS{1'b0}};
        else if (take) slot_q <= slot_q + 1'b1;
      end

      // Slots beyond the line never come up; showing the last word there, they cost nothing.
      wire [(1<<SLOT_BITS)*WORD_BITS-1:0] slots;
      genvar s;
      for (s = 0; s < (1 << SLOT_BITS); s = s + 1) begin : g_slot
        localparam WORD = s < LINE_WORDS ? s : LINE_WORDS - 1;
        assign slots[s*WORD_BITS +: WORD_BITS] = line[WORD*WORD_BITS +: WORD_BITS];
      end
      assign word_o = slots[slot_q*WORD_BITS +: WORD_BITS];
    end
    if (LINE_BEATS*AXI_BITS > LINE_WORDS*WORD_BITS) begin : g_padding
      wire unused = &{1'b0, line[LINE_BEATS*AXI_BITS-1:LINE_WORDS*WORD_BITS]};
    end
  endgenerate
endmodule
`default_nettype wire
