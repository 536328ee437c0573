// Brings the dot products of weights with steps of groups to the finest step of their outputs: to
// the left by the exponent of an output's group, in one stage without a register. A tile lies
// within one group of each of its outputs, so that its TO exponents serve all words of its pass,
// those of every token. Without groups (GROUP_EXPONENT = 0) it is wiring.
//
// The exponents of a tile are a word of their memory; words follow each other as tiles do, from
// the base of the operation on. A tile that is taken in cycle s has its first word multiplied in
// s+3 and its dot products in s+3+R, R = LATENCY of the array:
//   s+R    take, delayed           s+2+R  word of exponents
//   s+1+R  address on the memory   s+3+R  exponents held, 0 where the operation has no groups
// The next tile is taken in s+R+11 at the earliest (MIN_PASS of vt_matmul), so one tile is on this
// way at a time.
`default_nettype none
module vt_group_shift #(
  parameter TP             = 1,
  parameter TO             = 4,
  parameter DOT_BITS       = 19,
  parameter GROUP_EXPONENT = 0,  // the largest
  parameter SHIFT_BITS     = 1,  // holds it
  parameter ADDR_BITS      = 1,
  parameter LATENCY        = 3
) (
  input  wire                      clk_i,
  input  wire                      rst_i,
  input  wire                      start_i,       // an operation is loaded: own_i, base_i are its
  input  wire                      own_i,         // its weights have groups
  input  wire [ADDR_BITS-1:0]      base_i,
  input  wire                      take_i,        // a tile is taken
  input  wire                      take_first_i,  // with it: the first of its operation
  output wire [ADDR_BITS-1:0]      addr_o,
  input  wire [TO*SHIFT_BITS-1:0]  exponent_i,    // one cycle after the address
  input  wire [TP*TO*DOT_BITS-1:0] dot_i,
  output wire [TP*TO*(DOT_BITS+GROUP_EXPONENT)-1:0] dot_o
);
  localparam BITS = DOT_BITS + GROUP_EXPONENT;
  genvar l;
  generate
    if (GROUP_EXPONENT != 0) begin : g_groups
      reg [ADDR_BITS-1:0]     loaded_base_q, base_q, addr_q;
      reg                     loaded_own_q, own_q, first_q, own_addr_q, own_word_q;
      reg [TO*SHIFT_BITS-1:0] exponent_q;
      wire [LATENCY:0]        took;
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
        exponent_q <= own_word_q ? exponent_i : {(TO*SHIFT_BITS){1'b0}};
      end
      assign addr_o = addr_q;
      for (l = 0; l < TP * TO; l = l + 1) begin : g_lane
        localparam O = l % TO;  // output
        wire [DOT_BITS-1:0] own  = dot_i[l*DOT_BITS +: DOT_BITS];
        wire [BITS-1:0]     wide = {{GROUP_EXPONENT{own[DOT_BITS-1]}}, own};
        assign dot_o[l*BITS +: BITS] = wide << exponent_q[O*SHIFT_BITS +: SHIFT_BITS];
      end
      wire unused = &{1'b0, took};
    end else begin : g_one_step
      assign addr_o = {ADDR_BITS{1'b0}};
      assign dot_o  = dot_i;
      wire unused = &{1'b0, clk_i, rst_i, start_i, own_i, base_i, take_i, take_first_i, exponent_i};
    end
  endgenerate
endmodule
`default_nettype wire
