// Array on LUTs, for operands of few bits; see vt_mac_array for the interface.
//
// Pairs of elements are summed along CHAINS chains of LENGTH <= CHAIN pairs (vt_dot_chain), a tree
// adds the chains, a last subtraction turns what the chains leave into the dot product. For each
// product and cycle that takes B_BITS * (A_BITS + 1) / 2 LUTs for contributions and chains, and
// between two and three for the tree, the tile and the rest.
// Latency 2 + B_BITS * LENGTH + ceil(log2 CHAINS).
`default_nettype none
module vt_mac_lut #(
  parameter TP     = 1,
  parameter TI     = 8,
  parameter TO     = 4,
  parameter A_BITS = 3,
  parameter B_BITS = 3,
  parameter CHAIN  = 2,
  parameter COLUMNS = 1  // 0: tiles come by rows alone
) (
  input  wire                                             clk_i,
  input  wire [TP*TI*A_BITS-1:0]                          a_i,
  input  wire                                             a_signed_i,
  input  wire                                             row_valid_i,
  input  wire [TI*B_BITS-1:0]                             row_i,
  input  wire                                             col_valid_i,
  input  wire [TO*B_BITS-1:0]                             col_i,
  input  wire                                             swap_i,
  output wire [TP*TO*(A_BITS+1+B_BITS+$clog2(TI))-1:0]    dot_o
);
  localparam DOT_BITS  = A_BITS + 1 + B_BITS + $clog2(TI);
  localparam PAIRS     = (TI + 1) / 2;
  localparam CHAINS    = (PAIRS + CHAIN - 1) / CHAIN;
  localparam LENGTH    = (PAIRS + CHAINS - 1) / CHAINS;   // pairs of a chain
  localparam STAGES    = LENGTH * B_BITS;
  localparam PAIR_BITS = 3 * (A_BITS + 1);
  localparam MOST      = ((2 << A_BITS) - 1) * ((1 << B_BITS) - 1) * LENGTH;
  localparam SUM_BITS  = $clog2(MOST + 1);
  localparam REST_BITS = SUM_BITS + $clog2(CHAINS);
  localparam LATENCY   = 2 + STAGES + $clog2(CHAINS);

  // dot = sum of all chains - constant of all chains, sum = CHAINS * (2^SUM_BITS - 1) - rest.
  localparam [31:0] START_UNSIGNED =
      CHAINS * ((1 << SUM_BITS) - 1 - LENGTH * (((2 << A_BITS) - 1) << (B_BITS - 1)));
  localparam [31:0] START_SIGNED = START_UNSIGNED + CHAINS * LENGTH * (1 << A_BITS);

  // Pair p is position LENGTH-1 - p / CHAINS of chain p % CHAINS.
  wire [TO*TI*B_BITS-1:0] tile;
  vt_mac_tile #(
    .TI(TI), .TO(TO), .B_BITS(B_BITS),
    .BLOCK(2 * CHAINS), .BLOCKS(LENGTH), .BIT_LAG(LENGTH), .COLUMNS(COLUMNS), .LAG(1)
  ) u_tile (
    .clk_i(clk_i), .row_valid_i(row_valid_i), .row_i(row_i),
    .col_valid_i(col_valid_i), .col_i(col_i), .swap_i(swap_i), .tile_o(tile)
  );
  wire dot_signed;
  vt_delay #(.WIDTH(1), .DEPTH(LATENCY - 1)) u_signed (
    .clk_i(clk_i), .d_i(a_signed_i), .q_o(dot_signed)
  );
  wire [DOT_BITS-1:0] start = dot_signed ? START_SIGNED[DOT_BITS-1:0]
                                         : START_UNSIGNED[DOT_BITS-1:0];

  genvar t, o, g, p, n;
  generate
    for (t = 0; t < TP; t = t + 1) begin : g_token
      // What chain g selects from in stage n, at (g*STAGES + n); pairs that are missing are 0.
      wire [CHAINS*STAGES*PAIR_BITS-1:0] choice;
      for (p = 0; p < CHAINS * LENGTH; p = p + 1) begin : g_pair
        localparam POSITION = LENGTH - 1 - p / CHAINS;
        localparam FIRST    = (p % CHAINS) * STAGES + POSITION;
        wire [A_BITS-1:0] a0, a1;
        if (2 * p < TI) assign a0 = a_i[(t*TI + 2*p)*A_BITS +: A_BITS];
        else            assign a0 = {A_BITS{1'b0}};
        if (2 * p + 1 < TI) assign a1 = a_i[(t*TI + 2*p + 1)*A_BITS +: A_BITS];
        else                assign a1 = {A_BITS{1'b0}};
        wire [PAIR_BITS-1:0] pair;
        vt_product_pair #(.A_BITS(A_BITS)) u_pair (
          .clk_i(clk_i), .signed_i(a_signed_i), .a0_i(a0), .a1_i(a1), .pair_o(pair)
        );
        vt_delay #(.WIDTH(PAIR_BITS), .DEPTH(POSITION)) u_first (
          .clk_i(clk_i), .d_i(pair), .q_o(choice[FIRST*PAIR_BITS +: PAIR_BITS])
        );
        for (n = 1; n < B_BITS; n = n + 1) begin : g_plane
          vt_delay #(.WIDTH(PAIR_BITS), .DEPTH(LENGTH)) u_next (
            .clk_i(clk_i), .d_i(choice[(FIRST + (n-1)*LENGTH)*PAIR_BITS +: PAIR_BITS]),
            .q_o(choice[(FIRST + n*LENGTH)*PAIR_BITS +: PAIR_BITS])
          );
        end
      end

      for (o = 0; o < TO; o = o + 1) begin : g_output
        wire [CHAINS*SUM_BITS-1:0] rests;
        for (g = 0; g < CHAINS; g = g + 1) begin : g_chain
          wire [STAGES*2-1:0] weights;
          for (n = 0; n < STAGES; n = n + 1) begin : g_weight
            localparam ELEMENT = 2 * ((LENGTH - 1 - n % LENGTH) * CHAINS + g);
            localparam BIT     = n / LENGTH;
            if (ELEMENT < TI) assign weights[2*n] = tile[(o*TI + ELEMENT)*B_BITS + BIT];
            else              assign weights[2*n] = 1'b0;
            if (ELEMENT + 1 < TI)
              assign weights[2*n + 1] = tile[(o*TI + ELEMENT + 1)*B_BITS + BIT];
            else
              assign weights[2*n + 1] = 1'b0;
          end
          vt_dot_chain #(
            .PAIRS(LENGTH), .A_BITS(A_BITS), .B_BITS(B_BITS), .SUM_BITS(SUM_BITS)
          ) u_chain (
            .clk_i(clk_i), .pair_i(choice[g*STAGES*PAIR_BITS +: STAGES*PAIR_BITS]),
            .weight_i(weights), .rest_o(rests[g*SUM_BITS +: SUM_BITS])
          );
        end
        wire [REST_BITS-1:0] rest;
        wire [DOT_BITS-1:0]  taken;
        vt_sum_tree #(.N(CHAINS), .IN_BITS(SUM_BITS), .SIGNED(0)) u_rest (
          .clk_i(clk_i), .d_i(rests), .sum_o(rest)
        );
        // The difference fits, so that bits of the rest beyond it have no meaning.
        if (REST_BITS < DOT_BITS) begin : g_extend
          assign taken = {{(DOT_BITS - REST_BITS){1'b0}}, rest};
        end else begin : g_cut
          assign taken = rest[DOT_BITS-1:0];
        end
        reg [DOT_BITS-1:0] dot_q;
        always @(posedge clk_i) dot_q <= start - taken;
        assign dot_o[(t*TO + o)*DOT_BITS +: DOT_BITS] = dot_q;
      end
    end
  endgenerate
endmodule
`default_nettype wire
