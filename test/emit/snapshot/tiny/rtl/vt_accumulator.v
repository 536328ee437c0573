// Partial sums over the k tiles of an output tile, one memory word of TO sums per streamed row.
//
// Cycle t: row_read_i (the row whose dot products come next). Cycle t+1: dot_i and the flags.
// Cycle t+2: sum_o, and the write-back unless it is the last k tile. The sum needs ACC_BITS by the
// proof printed where ACC_BITS is set; dot_i is at most as wide.
`default_nettype none
module vt_accumulator #(
  parameter TO         = 4,
  parameter DOT_BITS   = 19,
  parameter ACC_BITS   = 24,
  parameter DEPTH      = 64,  // rows
  parameter ADDR_BITS  = 6
) (
  input  wire                   clk_i,
  input  wire [ADDR_BITS-1:0]   row_read_i,
  input  wire                   valid_i,
  input  wire                   k_first_i,
  input  wire                   k_last_i,
  input  wire [ADDR_BITS-1:0]   row_i,
  input  wire [TO*DOT_BITS-1:0] dot_i,
  output wire [TO*ACC_BITS-1:0] sum_o
);
  reg                    write_q;
  reg [ADDR_BITS-1:0]    row_q;
  reg [TO*ACC_BITS-1:0]  sum_q;
  wire [TO*ACC_BITS-1:0] partial;

  vt_ram #(.BANKS(1), .BANK_BITS(TO*ACC_BITS), .DEPTH(DEPTH), .ADDR_BITS(ADDR_BITS)) u_partial (
    .clk_i(clk_i), .we_i(write_q), .waddr_i(row_q), .wdata_i(sum_q),
    .raddr_i(row_read_i), .rdata_o(partial)
  );

  always @(posedge clk_i) begin
    write_q <= valid_i && !k_last_i;
    row_q   <= row_i;
  end

  genvar o;
  generate
    for (o = 0; o < TO; o = o + 1) begin : g_lane
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
