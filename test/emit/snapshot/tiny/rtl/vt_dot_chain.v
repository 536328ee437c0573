// Part of a dot product on LUTs: PAIRS pairs of elements, one weight bit of one pair per stage,
// lowest bits first. Stage n adds the contribution of pair n % PAIRS for weight bit n / PAIRS, a
// number v = 0 .. 2^(A_BITS+1) - 1, times 2^(n / PAIRS); for the sign bit, which counts negative,
// 2^(A_BITS+1) - 1 minus the contribution instead. So with offset = 2^A_BITS for signed codes
// (vt_product_pair) and 0 for others
//
//   sum = sum of the products + PAIRS * ((2^(A_BITS+1) - 1) * 2^(B_BITS-1) - offset):
//
// the lower weight bits carry the offset 2^(B_BITS-1) - 1 times, the sign bit takes it away
// 2^(B_BITS-1) times.
//
// A bit of a contribution is a function of five signals. The LUT in front of a carry chain has a
// sixth input for the sum, so it selects and adds at once, and the products themselves cost
// nothing. That needs the sum on the operand which the carry chain sees as well. Since synthesis
// may exchange the operands of an addition, the stages keep what is left of the largest number of
// their bits, 2^BITS - 1 - sum, and subtract. They have as many bits as the sum can need.
//
// Data of stage n come n cycles after those of stage 0; the rest stands on rest_o after
// PAIRS * B_BITS cycles.
`default_nettype none
module vt_dot_chain #(
  parameter PAIRS    = 2,
  parameter A_BITS   = 3,
  parameter B_BITS   = 3,
  // ceil(log2(1 + PAIRS * (2^(A_BITS+1) - 1) * (2^B_BITS - 1)))
  parameter SUM_BITS = 8
) (
  input  wire                                  clk_i,
  input  wire [PAIRS*B_BITS*3*(A_BITS+1)-1:0]  pair_i,    // of stage n
  input  wire [PAIRS*B_BITS*2-1:0]             weight_i,  // bits of both elements, stage n
  output wire [SUM_BITS-1:0]                   rest_o     // 2^SUM_BITS - 1 - sum
);
  localparam STAGES    = PAIRS * B_BITS;
  localparam V_BITS    = A_BITS + 1;
  localparam PAIR_BITS = 3 * V_BITS;

  localparam STRIDE_BITS = $clog2(A_BITS + 1);
  localparam STRIDE      = 1 << STRIDE_BITS;
  // Bit A_BITS of a contribution by {code of vt_product_pair, weight bits}.
  localparam [31:0] TOPS = 32'b1111_1101_1011_1000_0000_0101_0011_0001;
  genvar n;
  generate
    for (n = 0; n < STAGES; n = n + 1) begin : g_stage
      localparam BIT = n / PAIRS;
      // Sums up to here: PAIRS for each bit below BIT, n % PAIRS + 1 for BIT.
      localparam MOST = ((1 << V_BITS) - 1) *
                        (PAIRS * ((1 << BIT) - 1) + ((n % PAIRS + 1) << BIT));
      localparam BITS = $clog2(MOST + 1);

      // Selections as shifts, which simulate without branches.
      wire [1:0]          select = weight_i[2*n +: 2];
      wire [2:0]          code;
      wire [A_BITS-1:0]   both, second, first;
      assign {code, both, second, first} = pair_i[n*PAIR_BITS +: PAIR_BITS];
      wire [4*STRIDE-1:0] choices = {{(STRIDE - A_BITS){1'b0}}, both, {(STRIDE - A_BITS){1'b0}},
                                     second, {(STRIDE - A_BITS){1'b0}}, first, {STRIDE{1'b0}}};
      wire [A_BITS-1:0]   low    = choices[{select, {STRIDE_BITS{1'b0}}} +: A_BITS];
      wire                top    = TOPS[{code, select}];
      wire [V_BITS-1:0]   value  = BIT == B_BITS - 1 ? ~{top, low} : {top, low};

      // Bits that the sum had before count down, the new ones begin at 1.
      wire [BITS-1:0]   rest;
      wire [BITS-1:BIT] room;
      // Kept as flip-flops: a LUT as shift register for bits that are complete costs as much as
      // an adder bit of a stage.
      (* keep, shreg_extract = "no" *) reg [BITS-1:BIT] upper_q;
      if (n == 0) begin : g_first
        assign room = {BITS{1'b1}};
      end else begin : g_next
        localparam BIT_BEFORE  = (n - 1) / PAIRS;
        localparam MOST_BEFORE = ((1 << V_BITS) - 1) *
            (PAIRS * ((1 << BIT_BEFORE) - 1) + (((n - 1) % PAIRS + 1) << BIT_BEFORE));
        localparam BITS_BEFORE = $clog2(MOST_BEFORE + 1);
        assign room = {{(BITS - BITS_BEFORE){1'b1}}, g_stage[n-1].rest[BITS_BEFORE-1:BIT]};
      end
      always @(posedge clk_i) upper_q <= room - {{(BITS - BIT - V_BITS){1'b0}}, value};
      assign rest[BITS-1:BIT] = upper_q;
      if (BIT > 0) begin : g_below
        (* keep, shreg_extract = "no" *) reg [BIT-1:0] below_q;
        always @(posedge clk_i) below_q <= g_stage[n-1].rest[BIT-1:0];
        assign rest[BIT-1:0] = below_q;
      end
    end
  endgenerate
  assign rest_o = g_stage[STAGES-1].rest;
endmodule
`default_nettype wire
