// Brings the dot products of weights with steps of groups to the finest step of their outputs:
// times the factor 2, 3, 4 or 6 of an output's group, in one stage without a register. A factor is
// (2 + h) << s of its code {s, h}: an adder and a choice of three. A tile lies within one group of
// each of its outputs, so that its TO codes serve all words of its pass, those of every token.
// Products of operations without groups keep their value, one of BITS = DOT_BITS + 3 bits:
// 6 * 2^(DOT_BITS-1) is below 2^(BITS-1). Without groups (GROUP_GROWTH = 0) it is wiring.
//
// The codes of a tile are a word of their memory; words follow each other as tiles do, from the
// base of the operation on. A tile that is taken in cycle s has its first word multiplied in s+3
// and its dot products in s+3+R, R = LATENCY of the array:
//   s+R    take, delayed           s+2+R  word of codes
//   s+1+R  address on the memory   s+3+R  codes held, with whether the operation has groups
// The next tile is taken in s+R+11 at the earliest (MIN_PASS of vt_matmul), so one tile is on this
// way at a time.
`default_nettype none
module vt_group_scale #(
  parameter TP           = 1,
  parameter TO           = 4,
  parameter DOT_BITS     = 19,
  parameter GROUP_GROWTH = 0,  // 3, or 0 without groups
  parameter CODE_BITS    = 1,  // 2 with them
  parameter ADDR_BITS    = 1,
  parameter LATENCY      = 3
) (
  input  wire                      clk_i,
  input  wire                      rst_i,
  input  wire                      start_i,       // an operation is loaded: own_i, base_i are its
  input  wire                      own_i,         // its weights have groups
  input  wire [ADDR_BITS-1:0]      base_i,
  input  wire                      take_i,        // a tile is taken
  input  wire                      take_first_i,  // with it: the first of its operation
  output wire [ADDR_BITS-1:0]      addr_o,
  input  wire [TO*CODE_BITS-1:0]   code_i,        // one cycle after the address
  input  wire [TP*TO*DOT_BITS-1:0] dot_i,
  output wire [TP*TO*(DOT_BITS+GROUP_GROWTH)-1:0] dot_o
);
  localparam BITS = DOT_BITS + GROUP_GROWTH;
  genvar l;
  generate
    if (GROUP_GROWTH != 0) begin : g_groups
      reg [ADDR_BITS-1:0]    loaded_base_q, base_q, addr_q;
      reg                    loaded_own_q, own_q, first_q, own_addr_q, own_word_q, scaled_q;
      reg [TO*CODE_BITS-1:0] code_q;
      wire [LATENCY:0]       took;
      vt_delay_control #(.DEPTH(LATENCY)) u_took (
        .clk_i(clk_i), .rst_i(rst_i), .d_i(take_i), .taps_o(took)
      );
      always @(posedge clk_i) begin
        if (start_i) {loaded_own_q, loaded_base_q} <= {own_i, base_i};
        if (take_i) first_q <= take_first_i;
        if (take_first_i) {own_q, base_q} <= {loaded_own_q, loaded_base_q};
        if (took[LATENCY]) begin
          addr_q     <= first_q ? base_q : addr_q + 1'b1;
          own_addr_q <= own_q;
        end
        own_word_q <= own_addr_q;
        scaled_q   <= own_word_q;
        code_q     <= own_word_q ? code_i : {(TO*CODE_BITS){1'b0}};
      end
      assign addr_o = addr_q;
      for (l = 0; l < TP * TO; l = l + 1) begin : g_lane
        localparam O = l % TO;  // output
        wire h = code_q[O*CODE_BITS];
        wire s = code_q[O*CODE_BITS + 1];
        wire signed [DOT_BITS-1:0] dot = dot_i[l*DOT_BITS +: DOT_BITS];
        wire signed [BITS-1:0] once  = {{GROUP_GROWTH{dot[DOT_BITS-1]}}, dot};
        wire signed [BITS-1:0] sum   = (once <<< 1) + (h ? once : {BITS{1'b0}});
        assign dot_o[l*BITS +: BITS] = !scaled_q ? once : s ? sum <<< 1 : sum;
      end
      wire unused = &{1'b0, took};
    end else begin : g_one_step
      assign addr_o = {ADDR_BITS{1'b0}};
      assign dot_o  = dot_i;
      wire unused = &{1'b0, clk_i, rst_i, start_i, own_i, base_i, take_i, take_first_i, code_i};
    end
  endgenerate
endmodule
`default_nettype wire
