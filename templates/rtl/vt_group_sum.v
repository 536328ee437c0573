// Sum of N numbers within the cycle, as a balanced tree of adders no wider than what they hold.
//
// Every adder gets a constant zero below its operands. It costs nothing, and keeps Yosys from
// joining the tree to one sum in carry-save form, which takes about half as many LUTs again.
`default_nettype none
module vt_group_sum #(
  parameter N       = 4,
  parameter IN_BITS = 8,
  parameter SIGNED  = 1
) (
  input  wire [N*IN_BITS-1:0]         d_i,
  output wire [IN_BITS+$clog2(N)-1:0] sum_o
);
  localparam LEVELS = $clog2(N);
  genvar l, i;
  generate
    for (l = 0; l <= LEVELS; l = l + 1) begin : g_level
      localparam BITS = IN_BITS + l;
      for (i = 0; i < (N + (1 << l) - 1) >> l; i = i + 1) begin : g_node
        wire [BITS-1:0] value;
        if (l == 0) begin : g_leaf
          assign value = d_i[i*IN_BITS +: IN_BITS];
        end else begin : g_inner
          wire [BITS-2:0] left = g_level[l-1].g_node[2*i].value;
          wire left_sign = SIGNED != 0 && left[BITS-2];
          if (2 * i + 1 < (N + (1 << (l - 1)) - 1) >> (l - 1)) begin : g_pair
            wire [BITS-2:0] right = g_level[l-1].g_node[2*i + 1].value;
            wire right_sign = SIGNED != 0 && right[BITS-2];
            wire [BITS:0] sum = {left_sign, left, 1'b0} + {right_sign, right, 1'b0};
            assign value = sum[BITS:1];
            wire unused = sum[0];
          end else begin : g_odd
            assign value = {left_sign, left};
          end
        end
      end
    end
  endgenerate
  assign sum_o = g_level[LEVELS].g_node[0].value;
endmodule
`default_nettype wire
