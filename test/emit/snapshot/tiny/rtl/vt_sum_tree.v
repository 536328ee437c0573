// Pipelined sum of N signed numbers, one adder level per cycle: latency ceil(log2 N).
// The sum has IN_BITS + ceil(log2 N) bits and cannot overflow.
`default_nettype none
module vt_sum_tree #(
  parameter N       = 4,
  parameter IN_BITS = 8
) (
  input  wire                                 clk_i,
  input  wire [N*IN_BITS-1:0]                 d_i,
  output wire signed [IN_BITS+$clog2(N)-1:0]  sum_o
);
  localparam LEVELS   = $clog2(N);
  localparam SUM_BITS = IN_BITS + LEVELS;
  genvar l, i;
  generate
    if (LEVELS == 0) begin : g_wire
      wire unused = &{1'b0, clk_i};
      assign sum_o = d_i;
    end else begin : g_tree
      for (l = 0; l <= LEVELS; l = l + 1) begin : g_level
        // Numbers left after l levels of pairing.
        localparam COUNT = (N + (1 << l) - 1) >> l;
        wire signed [SUM_BITS-1:0] value [0:COUNT-1];
        if (l == 0) begin : g_in
          for (i = 0; i < COUNT; i = i + 1) begin : g_leaf
            assign value[i] = {{LEVELS{d_i[i*IN_BITS + IN_BITS - 1]}}, d_i[i*IN_BITS +: IN_BITS]};
          end
        end else begin : g_add
          localparam BELOW = (N + (1 << (l - 1)) - 1) >> (l - 1);
          for (i = 0; i < COUNT; i = i + 1) begin : g_node
            reg signed [SUM_BITS-1:0] sum_q;
            if (2 * i + 1 < BELOW) begin : g_pair
              always @(posedge clk_i)
                sum_q <= g_level[l-1].value[2*i] + g_level[l-1].value[2*i + 1];
            end else begin : g_odd
              always @(posedge clk_i) sum_q <= g_level[l-1].value[2*i];
            end
            assign value[i] = sum_q;
          end
        end
      end
      assign sum_o = g_level[LEVELS].value[0];
    end
  endgenerate
endmodule
`default_nettype wire
