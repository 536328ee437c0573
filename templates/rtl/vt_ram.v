// Simple dual-port memory: one write port with an enable per bank, one read port.
// The read data appear one cycle after the address. A read and a write of the same word in the
// same cycle give the old word.
//
// Of a deep memory in blocks, SEGMENT_BITS of a bank can be cut into segments of SEGMENT_WORDS
// words. The register of a segment that is not read is cleared, which a block does itself, so that
// an OR of up to seven segments takes one LUT a bit, where a multiplexer takes several. The other
// bits of the bank lie in a memory that is as deep as the whole.
`default_nettype none
module vt_ram #(
  parameter BANKS     = 1,  // parts of a word that can be written alone
  parameter BANK_BITS = 8,  // bits of one part
  parameter DEPTH     = 2,  // words
  parameter ADDR_BITS = 1,
  parameter SEGMENT_WORDS = 0,          // a power of two below DEPTH; 0: the memory is not cut
  parameter SEGMENT_BITS  = BANK_BITS,  // 1..BANK_BITS, of the bits of a bank the lowest
  // Where it lies: "auto", "distributed" (LUTs), "block", or "ultra". Simulation does not care.
  // verilator lint_off UNUSEDPARAM
  parameter RAM_STYLE = "auto"
  // verilator lint_on UNUSEDPARAM
) (
  input  wire                         clk_i,
  input  wire [BANKS-1:0]             we_i,
  input  wire [ADDR_BITS-1:0]         waddr_i,
  input  wire [BANKS*BANK_BITS-1:0]   wdata_i,
  input  wire [ADDR_BITS-1:0]         raddr_i,
  output wire [BANKS*BANK_BITS-1:0]   rdata_o
);
  genvar b, s;
  generate
    for (b = 0; b < BANKS; b = b + 1) begin : g_bank
      wire [BANK_BITS-1:0] wdata = wdata_i[b*BANK_BITS +: BANK_BITS];
      wire [BANK_BITS-1:0] rdata;
      // Bits of the bank that are not in segments.
      localparam WHOLE = SEGMENT_WORDS == 0 ? BANK_BITS : BANK_BITS - SEGMENT_BITS;
      localparam FIRST = BANK_BITS - WHOLE;
      if (WHOLE > 0) begin : g_whole
        (* ram_style = RAM_STYLE *)
        reg [WHOLE-1:0] mem [0:DEPTH-1];
        reg [WHOLE-1:0] rdata_q;
        always @(posedge clk_i) begin
          if (we_i[b]) mem[waddr_i] <= wdata[BANK_BITS-1:FIRST];
          rdata_q <= mem[raddr_i];
        end
        assign rdata[BANK_BITS-1:FIRST] = rdata_q;
      end
      if (SEGMENT_WORDS > 0) begin : g_segments
        localparam INDEX_BITS = $clog2(SEGMENT_WORDS);
        localparam COUNT      = (DEPTH + SEGMENT_WORDS - 1) / SEGMENT_WORDS;
        for (s = 0; s < COUNT; s = s + 1) begin : g_segment
          localparam [31:0] NUMBER = s;
          localparam        BEFORE = s == 0 ? 0 : s - 1;
          (* ram_style = RAM_STYLE *)
          reg [SEGMENT_BITS-1:0] mem [0:SEGMENT_WORDS-1];
          reg [SEGMENT_BITS-1:0] rdata_q;
          wire written = waddr_i[ADDR_BITS-1:INDEX_BITS] == NUMBER[ADDR_BITS-INDEX_BITS-1:0];
          wire read    = raddr_i[ADDR_BITS-1:INDEX_BITS] == NUMBER[ADDR_BITS-INDEX_BITS-1:0];
          always @(posedge clk_i) begin
            if (we_i[b] && written) mem[waddr_i[INDEX_BITS-1:0]] <= wdata[SEGMENT_BITS-1:0];
            if (!read) rdata_q <= {SEGMENT_BITS{1'b0}};
            else       rdata_q <= mem[raddr_i[INDEX_BITS-1:0]];
          end
          wire [SEGMENT_BITS-1:0] any;  // of this segment and those before it
          if (s == 0) begin : g_first
            assign any = rdata_q;
          end else begin : g_next
            assign any = g_segment[BEFORE].any | rdata_q;
          end
        end
        assign rdata[SEGMENT_BITS-1:0] = g_segment[COUNT-1].any;
      end
      assign rdata_o[b*BANK_BITS +: BANK_BITS] = rdata;
    end
  endgenerate
endmodule
`default_nettype wire
