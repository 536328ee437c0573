// Delay line of a whole row or more: a ring of DEPTH - 1 words that are read and written again in
// turn. Up to 64 words lie in LUTs as memory, more in block RAM. Below 4 cycles it is a chain of
// registers.
`default_nettype none
module vt_row_buffer #(
  parameter WIDTH = 8,
  parameter DEPTH = 20
) (
  input  wire             clk_i,
  input  wire             rst_i,
  input  wire [WIDTH-1:0] d_i,
  output wire [WIDTH-1:0] q_o
);
  localparam WORDS     = DEPTH - 1;
  localparam ADDR_BITS = WORDS > 2 ? $clog2(WORDS) : 1;
  localparam [31:0] LAST_WIDE = WORDS - 1;
  localparam [ADDR_BITS-1:0] LAST = LAST_WIDE[ADDR_BITS-1:0];
  generate
    if (DEPTH < 4) begin : g_short
      vt_delay #(.WIDTH(WIDTH), .DEPTH(DEPTH)) u_delay (.clk_i(clk_i), .d_i(d_i), .q_o(q_o));
      wire unused = rst_i;
    end else begin : g_ring
      reg [ADDR_BITS-1:0] addr_q;
      always @(posedge clk_i) begin
        if (rst_i || addr_q == LAST) addr_q <= {ADDR_BITS{1'b0}};
        else addr_q <= addr_q + 1'b1;
      end
      reg [WIDTH-1:0] q;
      if (WORDS > 64) begin : g_block
        (* ram_style = "block" *) reg [WIDTH-1:0] mem [0:WORDS-1];
        always @(posedge clk_i) begin
          q <= mem[addr_q];
          mem[addr_q] <= d_i;
        end
      end else begin : g_distributed
        (* ram_style = "distributed" *) reg [WIDTH-1:0] mem [0:WORDS-1];
        always @(posedge clk_i) begin
          q <= mem[addr_q];
          mem[addr_q] <= d_i;
        end
      end
      assign q_o = q;
    end
  endgenerate
endmodule
`default_nettype wire
