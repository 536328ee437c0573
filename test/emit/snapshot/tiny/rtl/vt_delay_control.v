// Delay line with reset, for flags that start or commit something. All stages can be read:
// taps_o[0] is the input itself, taps_o[n] the input n cycles ago.
`default_nettype none
module vt_delay_control #(
  parameter DEPTH = 1
) (
  input  wire           clk_i,
  input  wire           rst_i,
  input  wire           d_i,
  output wire [DEPTH:0] taps_o
);
  reg [DEPTH-1:0] line_q;
  generate
    if (DEPTH == 1) begin : g_one
      always @(posedge clk_i) begin
        if (rst_i) line_q <= 1'b0;
        else       line_q <= d_i;
      end
    end else begin : g_many
      always @(posedge clk_i) begin
        if (rst_i) line_q <= {DEPTH{1'b0}};
        else       line_q <= {line_q[DEPTH-2:0], d_i};
      end
    end
  endgenerate
  assign taps_o = {line_q, d_i};
endmodule
`default_nettype wire
