// Read-only memory filled from a hexadecimal file; the word appears one cycle after the address.
`default_nettype none
module vt_rom #(
  parameter WIDTH     = 8,
  parameter DEPTH     = 2,
  parameter ADDR_BITS = 1,
  parameter FILE      = ""
) (
  input  wire                 clk_i,
  input  wire [ADDR_BITS-1:0] addr_i,
  output reg  [WIDTH-1:0]     data_o
);
  reg [WIDTH-1:0] mem [0:DEPTH-1];
  initial $readmemh(FILE, mem);
  always @(posedge clk_i) data_o <= mem[addr_i];
endmodule
`default_nettype wire
