// Simple dual-port memory: one write port with an enable per bank, one read port.
// The read data appear one cycle after the address. A read and a write of the same word in the
// same cycle give the old word.
`default_nettype none
module vt_ram #(
  parameter BANKS     = 1,  // parts of a word that can be written alone
  parameter BANK_BITS = 8,  // bits of one part
  parameter DEPTH     = 2,  // words
  parameter ADDR_BITS = 1,
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
  genvar b;
  generate
    for (b = 0; b < BANKS; b = b + 1) begin : g_bank
      (* ram_style = RAM_STYLE *)
      reg [BANK_BITS-1:0] mem [0:DEPTH-1];
      reg [BANK_BITS-1:0] rdata_q;
      always @(posedge clk_i) begin
        if (we_i[b]) mem[waddr_i] <= wdata_i[b*BANK_BITS +: BANK_BITS];
        rdata_q <= mem[raddr_i];
      end
      assign rdata_o[b*BANK_BITS +: BANK_BITS] = rdata_q;
    end
  endgenerate
endmodule
`default_nettype wire
