// Partial sums over the k tiles of an output tile, one memory word of LANES sums per streamed
// word.
//
// Cycle t: word_read_i (the word whose dot products come next). Cycle t+1: dot_i and the flags.
// Cycle t+2: sum_o, and the write-back unless it is the last k tile. The sum needs ACC_BITS by the
// proof printed where ACC_BITS is set; dot_i is at most as wide.
`default_nettype none
module vt_accumulator #(
  parameter LANES      = 4,   // tokens of a word times output channels
  parameter DOT_BITS   = 19,
  parameter ACC_BITS   = 24,
  parameter DEPTH      = 64,  // words of a pass
  parameter ADDR_BITS  = 6
) (
  input  wire                   clk_i,
  input  wire [ADDR_BITS-1:0]   word_read_i,
  input  wire                   valid_i,
  input  wire                   k_first_i,
  input  wire                   k_last_i,
  input  wire [ADDR_BITS-1:0]   word_i,
  input  wire [LANES*DOT_BITS-1:0] dot_i,
  output wire [LANES*ACC_BITS-1:0] sum_o
);
  reg                    write_q;
  reg [ADDR_BITS-1:0]    word_q;
  reg [LANES*ACC_BITS-1:0]  sum_q;
  wire [LANES*ACC_BITS-1:0] partial;

  vt_ram #(.BANKS(1), .BANK_BITS(LANES*ACC_BITS), .DEPTH(DEPTH), .ADDR_BITS(ADDR_BITS)) u_partial (
    .clk_i(clk_i), .we_i(write_q), .waddr_i(word_q), .wdata_i(sum_q),
    .raddr_i(word_read_i), .rdata_o(partial)
  );

  always @(posedge clk_i) begin
    write_q <= valid_i && !k_last_i;
    word_q   <= word_i;
  end

  genvar o;
  generate
    for (o = 0; o < LANES; o = o + 1) begin : g_lane
      wire signed [DOT_BITS-1:0] dot = dot_i[o*DOT_BITS +: DOT_BITS];
      wire signed [ACC_BITS-1:0] old = partial[o*ACC_BITS +: ACC_BITS];
      wire signed [ACC_BITS-1:0] wide = {{(ACC_BITS - DOT_BITS){dot[DOT_BITS-1]}}, dot};
      always @(posedge clk_i)
        sum_q[o*ACC_BITS +: ACC_BITS] <= k_first_i ? wide : old + wide;
    end
  endgenerate
  assign sum_o = sum_q;
endmodule
`default_nettype wire
