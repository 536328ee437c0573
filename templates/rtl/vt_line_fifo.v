// First-word fall-through FIFO that is narrow at its input and wide at its output: BEATS beats make
// a line. Each beat of a line has a bank of its own, so nothing is shifted or collected in
// registers, and lines leave one per cycle however slowly the beats came.
//
// There is no flag for full: whoever writes counts the room, LINES lines, of which a line that is
// taken in cycle t is free from t+1 on. A line whose last beat comes in cycle t stands at the
// output from t+2 on, when the line before it has been taken by t+1.
`default_nettype none
module vt_line_fifo #(
  parameter BEAT_BITS = 64,
  parameter BEATS     = 4,
  parameter LINES     = 16   // a power of two, at least 2
) (
  input  wire                       clk_i,
  input  wire                       rst_i,
  input  wire                       beat_valid_i,
  input  wire [BEAT_BITS-1:0]       beat_i,
  output wire                       line_valid_o,
  output wire [BEATS*BEAT_BITS-1:0] line_o,        // first beat lowest
  input  wire                       line_take_i    // only while line_valid_o is high
);
  localparam ADDR_BITS = $clog2(LINES);
  localparam [BEATS-1:0] FIRST_BANK = 1;
  reg [BEATS-1:0]     bank_q;           // one-hot
  // A full FIFO and an empty one have the same addresses, so the pointers have one bit more.
  reg [ADDR_BITS:0]   write_q, read_q;
  reg                 valid_q;
  wire [BEATS:0]      turned    = {bank_q, bank_q[BEATS-1]};
  wire                complete  = beat_valid_i && turned[BEATS];
  wire [ADDR_BITS:0]  next_read = read_q + {{ADDR_BITS{1'b0}}, line_take_i};

  always @(posedge clk_i) begin
    if (rst_i) begin
      bank_q  <= FIRST_BANK;
      write_q <= {(ADDR_BITS+1){1'b0}};
      read_q  <= {(ADDR_BITS+1){1'b0}};
      valid_q <= 1'b0;
    end else begin
      if (beat_valid_i) bank_q <= turned[BEATS-1:0];
      if (complete) write_q <= write_q + 1'b1;
      read_q  <= next_read;
      valid_q <= next_read != write_q;
    end
  end

  vt_ram #(
    .BANKS(BEATS), .BANK_BITS(BEAT_BITS), .DEPTH(LINES), .ADDR_BITS(ADDR_BITS)
  ) u_lines (
    .clk_i(clk_i),
    .we_i(bank_q & {BEATS{beat_valid_i}}), .waddr_i(write_q[ADDR_BITS-1:0]),
    .wdata_i({BEATS{beat_i}}), .raddr_i(next_read[ADDR_BITS-1:0]), .rdata_o(line_o)
  );
  assign line_valid_o = valid_q;
endmodule
`default_nettype wire
