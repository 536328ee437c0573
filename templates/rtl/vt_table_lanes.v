// A read-only table that LANES lanes read at the same time, each an entry of its own, one cycle
// after the address. clear_i gives zero instead of the entry.
//
// BLOCK: in block RAM, where two lanes share one memory through its two ports; else in LUTs.
`default_nettype none
module vt_table_lanes #(
  parameter LANES     = 2,
  parameter WIDTH     = 8,
  parameter DEPTH     = 2,
  parameter ADDR_BITS = 1,
  parameter FILE      = "",
  parameter BLOCK     = 0
) (
  input  wire                       clk_i,
  input  wire [LANES-1:0]           clear_i,
  input  wire [LANES*ADDR_BITS-1:0] addr_i,
  output wire [LANES*WIDTH-1:0]     data_o
);
  genvar i;
  generate
    if (BLOCK != 0) begin : g_block
      for (i = 0; i < LANES; i = i + 2) begin : g_pair
        (* rom_style = "block" *) reg [WIDTH-1:0] mem [0:DEPTH-1];
        initial $readmemh(FILE, mem);
        reg [WIDTH-1:0] even_q;
        always @(posedge clk_i)
          if (clear_i[i]) even_q <= {WIDTH{1'b0}};
          else even_q <= mem[addr_i[i*ADDR_BITS +: ADDR_BITS]];
        assign data_o[i*WIDTH +: WIDTH] = even_q;
        if (i + 1 < LANES) begin : g_odd
          reg [WIDTH-1:0] odd_q;
          always @(posedge clk_i)
            if (clear_i[i+1]) odd_q <= {WIDTH{1'b0}};
            else odd_q <= mem[addr_i[(i+1)*ADDR_BITS +: ADDR_BITS]];
          assign data_o[(i+1)*WIDTH +: WIDTH] = odd_q;
        end
      end
    end else begin : g_logic
      for (i = 0; i < LANES; i = i + 1) begin : g_lane
        reg [WIDTH-1:0] mem [0:DEPTH-1];
        initial $readmemh(FILE, mem);
        reg [WIDTH-1:0] data_q;
        always @(posedge clk_i)
          if (clear_i[i]) data_q <= {WIDTH{1'b0}};
          else data_q <= mem[addr_i[i*ADDR_BITS +: ADDR_BITS]];
        assign data_o[i*WIDTH +: WIDTH] = data_q;
      end
    end
  endgenerate
endmodule
`default_nettype wire
