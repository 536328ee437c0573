// Pipelined sum of N numbers, signed or unsigned, one adder level per cycle: latency ceil(log2 N).
//
// The node above n of the numbers has IN_BITS + ceil(log2 n) bits, which it cannot overflow; no
// level carries copies of sign bits.
`default_nettype none
module vt_sum_tree #(
  parameter N       = 4,
  parameter IN_BITS = 8,
  parameter SIGNED  = 1
) (
  input  wire                                 clk_i,
  input  wire [N*IN_BITS-1:0]                 d_i,
  output wire signed [IN_BITS+$clog2(N)-1:0]  sum_o
);
  localparam LEVELS = $clog2(N);
  genvar l, i;
  generate
    for (l = 0; l <= LEVELS; l = l + 1) begin : g_level
      for (i = 0; i < (N + (1 << l) - 1) >> l; i = i + 1) begin : g_node
        // The last node of a level may have fewer numbers below it.
        localparam BELOW = (i + 1) << l > N ? N - (i << l) : 1 << l;
        localparam BITS  = IN_BITS + $clog2(BELOW);
        wire [BITS-1:0] value;
        if (l == 0) begin : g_leaf
          assign value = d_i[i*IN_BITS +: IN_BITS];
        end else if (BELOW > 1 << (l - 1)) begin : g_pair
          localparam LEFT  = IN_BITS + l - 1;
          localparam RIGHT = IN_BITS + $clog2(BELOW - (1 << (l - 1)));
          wire [BITS-1:0] left, right;
          reg  [BITS-1:0] sum_q;
          wire left_sign  = SIGNED != 0 && g_level[l-1].g_node[2*i].value[LEFT-1];
          wire right_sign = SIGNED != 0 && g_level[l-1].g_node[2*i + 1].value[RIGHT-1];
          assign left  = {{(BITS - LEFT){left_sign}}, g_level[l-1].g_node[2*i].value};
          assign right = {{(BITS - RIGHT){right_sign}}, g_level[l-1].g_node[2*i + 1].value};
          always @(posedge clk_i) sum_q <= left + right;
          assign value = sum_q;
        end else begin : g_odd
          reg [BITS-1:0] sum_q;
          always @(posedge clk_i) sum_q <= g_level[l-1].g_node[2*i].value;
          assign value = sum_q;
        end
      end
    end
  endgenerate
  assign sum_o = g_level[LEVELS].g_node[0].value;
  generate
    if (LEVELS == 0) begin : g_wire
      wire unused = &{1'b0, clk_i};
    end
  endgenerate
endmodule
`default_nettype wire
