// Delay line without reset, for data. DEPTH 0 is a wire.
`default_nettype none
module vt_delay #(
  parameter WIDTH = 1,
  parameter DEPTH = 1
) (
  input  wire             clk_i,
  input  wire [WIDTH-1:0] d_i,
  output wire [WIDTH-1:0] q_o
);
  genvar s;
  generate
    if (DEPTH == 0) begin : g_wire
      // The clock has no use at depth 0.
      wire unused = &{1'b0, clk_i};
      assign q_o = d_i;
    end else begin : g_line
      for (s = 0; s < DEPTH; s = s + 1) begin : g_stage
        reg [WIDTH-1:0] q;
        if (s == 0) begin : g_first
          always @(posedge clk_i) q <= d_i;
        end else begin : g_next
          always @(posedge clk_i) q <= g_stage[s-1].q;
        end
      end
      assign q_o = g_stage[DEPTH-1].q;
    end
  endgenerate
endmodule
`default_nettype wire
