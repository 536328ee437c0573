// Read-only memory with two read ports, filled from a hexadecimal file; each word appears one
// cycle after its address.
`default_nettype none
module vt_rom2 #(
  parameter WIDTH     = 8,
  parameter DEPTH     = 2,
  parameter ADDR_BITS = 1,
  parameter FILE      = ""
) (
  input  wire                 clk_i,
  input  wire [ADDR_BITS-1:0] a_addr_i,
  output reg  [WIDTH-1:0]     a_data_o,
  input  wire [ADDR_BITS-1:0] b_addr_i,
  output reg  [WIDTH-1:0]     b_data_o
);
  reg [WIDTH-1:0] mem [0:DEPTH-1];
  initial $readmemh(FILE, mem);
  always @(posedge clk_i) begin
    a_data_o <= mem[a_addr_i];
    b_data_o <= mem[b_addr_i];
  end
endmodule
`default_nettype wire
