// Largest of N signed numbers, within the cycle.
`default_nettype none
module vt_max_tree #(
  parameter N    = 4,
  parameter BITS = 8
) (
  input  wire [N*BITS-1:0] d_i,
  output wire [BITS-1:0]   max_o
);
  localparam LEVELS = $clog2(N);
  genvar l, i;
  generate
    for (l = 0; l <= LEVELS; l = l + 1) begin : g_level
      for (i = 0; i < (N + (1 << l) - 1) >> l; i = i + 1) begin : g_node
        wire signed [BITS-1:0] value;
        if (l == 0) begin : g_leaf
          assign value = d_i[i*BITS +: BITS];
        end else if (2 * i + 1 < (N + (1 << (l - 1)) - 1) >> (l - 1)) begin : g_pair
          wire signed [BITS-1:0] left  = g_level[l-1].g_node[2*i].value;
          wire signed [BITS-1:0] right = g_level[l-1].g_node[2*i + 1].value;
          assign value = left > right ? left : right;
        end else begin : g_odd
          assign value = g_level[l-1].g_node[2*i].value;
        end
      end
    end
  endgenerate
  assign max_o = g_level[LEVELS].g_node[0].value;
endmodule
`default_nettype wire
