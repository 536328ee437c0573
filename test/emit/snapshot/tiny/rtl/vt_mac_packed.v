// Array with several products per DSP; see vt_mac_array for the interface.
//
//   OUTPUTS 1: two tokens share a weight,              (a1 << F) + a0  times  w
//   OUTPUTS 2: two tokens times two outputs,           (a1 << F) + a0  times  (w1 << 2F) + w0
//
// so that the sum of a chain of DSPs holds 2 or 4 sums in fields of F bits: token t, output o of
// the DSP in bits (t + 2*o) * F and up. A field that is negative borrows from the one above it;
// the chains therefore start with 2^(F-1) in every field but the highest, which makes them all
// non-negative, and a field is its sum with the highest bit inverted.
//
// F is what the ports of the multiplier leave: 27 signed bits and 18 signed bits, and 48 bits for
// the highest field. A chain is at most as long as a field holds in the worst case,
// LENGTH * (2^A_BITS - 1) * 2^(B_BITS-1) <= 2^(F-1): 4 for 8 by 8 bits in pairs (7 would do if all
// codes were signed), 8 for 4 by 4 bits in fours. A tree in the fabric adds the chains.
//
// Latency 2 + LENGTH + ceil(log2 CHAINS). A token or output without a partner has a DSP of its own.
`default_nettype none
module vt_mac_packed #(
  parameter TP      = 2,
  parameter TI      = 8,
  parameter TO      = 4,
  parameter A_BITS  = 8,
  parameter B_BITS  = 8,
  parameter OUTPUTS = 1,
  parameter CELL    = 0,
  parameter CHAIN   = 8    // longest chain
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
  localparam DOT_BITS = A_BITS + 1 + B_BITS + $clog2(TI);
  // Codes have A_BITS + 1 bits as signed numbers; weights need one more for the borrow of
  // vt_product_pack. The pair of weights takes the wide port.
  localparam F_A = OUTPUTS == 1 ? 27 - (A_BITS + 1) : 18 - (A_BITS + 1);
  localparam F_B = OUTPUTS == 1 ? 27 : (27 - (B_BITS + 1)) / 2;
  localparam F_P = OUTPUTS == 1 ? 24 : 12;
  localparam F_M = F_A < F_B ? F_A : F_B;
  localparam F   = F_M < F_P ? F_M : F_P;

  // Largest magnitudes below and above 0 of a product: unsigned by negative; unsigned by positive
  // or minimum by minimum.
  localparam BELOW   = ((1 << A_BITS) - 1) << (B_BITS - 1);
  localparam ABOVE_U = ((1 << A_BITS) - 1) * ((1 << (B_BITS - 1)) - 1);
  localparam ABOVE_S = 1 << (A_BITS + B_BITS - 2);
  localparam ABOVE   = ABOVE_U > ABOVE_S ? ABOVE_U : ABOVE_S;
  localparam HOLDS_B = (1 << (F - 1)) / BELOW;
  localparam HOLDS_A = ((1 << (F - 1)) - 1) / ABOVE;
  localparam HOLDS   = HOLDS_A < HOLDS_B ? HOLDS_A : HOLDS_B;
  localparam MOST    = HOLDS < CHAIN ? HOLDS : CHAIN;
  localparam CHAINS  = (TI + MOST - 1) / MOST;
  localparam LENGTH  = (TI + CHAINS - 1) / CHAINS;

  localparam FULL_BITS = A_BITS + 1 + B_BITS + $clog2(LENGTH);
  localparam LANE_BITS = FULL_BITS < F ? FULL_BITS : F;
  localparam SUM_BITS  = LANE_BITS + $clog2(CHAINS);
  localparam CODE_BITS = F + A_BITS + 1;                 // two codes
  localparam PAIR_BITS = 2 * F + B_BITS + 1;             // two weights
  localparam P_BITS    = (2 * OUTPUTS - 1) * F + LANE_BITS;
  localparam GROUPS    = (TO + OUTPUTS - 1) / OUTPUTS;   // DSPs side by side
  localparam FIELDS    = 2 * OUTPUTS;
  localparam [47:0] HALF  = 48'd1 << (F - 1);
  localparam [47:0] START = OUTPUTS == 1 ? HALF : HALF | HALF << F | HALF << 2 * F;

  // Element i is at position LENGTH-1 - i / CHAINS of chain i % CHAINS.
  wire [TO*TI*B_BITS-1:0] tile;
  vt_mac_tile #(
    .TI(TI), .TO(TO), .B_BITS(B_BITS), .BLOCK(CHAINS), .BLOCKS(LENGTH)
  ) u_tile (
    .clk_i(clk_i), .row_valid_i(row_valid_i), .row_i(row_i),
    .col_valid_i(col_valid_i), .col_i(col_i), .swap_i(swap_i), .tile_o(tile)
  );

  genvar t, i, o, g, n, k;
  generate
    for (t = 0; t < (TP + 1) / 2; t = t + 1) begin : g_pair
      // Two tokens in one operand, each element delayed to its position in the chain.
      wire [TI*CODE_BITS-1:0] codes;
      for (i = 0; i < TI; i = i + 1) begin : g_element
        wire [A_BITS-1:0] partner, a0, a1;
        wire              is_signed;
        if (2 * t + 1 < TP) assign partner = a_i[((2*t + 1)*TI + i)*A_BITS +: A_BITS];
        else                assign partner = {A_BITS{1'b0}};
        vt_delay #(.WIDTH(2 * A_BITS + 1), .DEPTH(LENGTH - 1 - i / CHAINS)) u_code (
          .clk_i(clk_i), .d_i({a_signed_i, partner, a_i[(2*t*TI + i)*A_BITS +: A_BITS]}),
          .q_o({is_signed, a1, a0})
        );
        vt_product_pack #(.LOW_BITS(A_BITS + 1), .HIGH_BITS(A_BITS + 1), .SHIFT(F)) u_pack (
          .low_i({is_signed & a0[A_BITS-1], a0}), .high_i({is_signed & a1[A_BITS-1], a1}),
          .both_o(codes[i*CODE_BITS +: CODE_BITS])
        );
      end

      for (o = 0; o < GROUPS; o = o + 1) begin : g_output
        wire [FIELDS*CHAINS*LANE_BITS-1:0] lanes;    // (k*CHAINS + g)
        for (g = 0; g < CHAINS; g = g + 1) begin : g_chain
          // The last chains may have one element less; theirs is the first position.
          localparam CELLS = (TI - g + CHAINS - 1) / CHAINS;
          wire [CELLS*27-1:0] x;
          wire [CELLS*18-1:0] y;
          for (n = 0; n < CELLS; n = n + 1) begin : g_cell
            localparam ELEMENT = (CELLS - 1 - n) * CHAINS + g;
            wire [CODE_BITS-1:0] code   = codes[ELEMENT*CODE_BITS +: CODE_BITS];
            wire [B_BITS-1:0]    weight = tile[(o*OUTPUTS*TI + ELEMENT)*B_BITS +: B_BITS];
            if (OUTPUTS == 1) begin : g_one
              assign x[n*27 +: 27] = {{(27 - CODE_BITS){code[CODE_BITS-1]}}, code};
              assign y[n*18 +: 18] = {{(18 - B_BITS){weight[B_BITS-1]}}, weight};
            end else begin : g_two
              wire [B_BITS-1:0]    partner;
              wire [PAIR_BITS-1:0] pair;
              if (2 * o + 1 < TO) assign partner = tile[((2*o + 1)*TI + ELEMENT)*B_BITS +: B_BITS];
              else                assign partner = {B_BITS{1'b0}};
              vt_product_pack #(.LOW_BITS(B_BITS), .HIGH_BITS(B_BITS + 1), .SHIFT(2 * F)) u_pack (
                .low_i(weight), .high_i({partner[B_BITS-1], partner}), .both_o(pair)
              );
              assign x[n*27 +: 27] = {{(27 - PAIR_BITS){pair[PAIR_BITS-1]}}, pair};
              assign y[n*18 +: 18] = {{(18 - CODE_BITS){code[CODE_BITS-1]}}, code};
            end
          end
          wire [47:0] p, shifted;
          vt_dsp_chain #(.LENGTH(CELLS), .CELL(CELL), .SUM_BITS(P_BITS), .START(START)) u_chain (
            .clk_i(clk_i), .x_i(x), .y_i(y), .p_o(p)
          );
          // Back from 2^(F-1) above, in all fields but the highest.
          assign shifted = p ^ START;
          for (k = 0; k < FIELDS; k = k + 1) begin : g_field
            assign lanes[(k*CHAINS + g)*LANE_BITS +: LANE_BITS] = shifted[k*F +: LANE_BITS];
          end
          wire unused = &{1'b0, shifted};
        end

        for (k = 0; k < FIELDS; k = k + 1) begin : g_sum
          if (2 * t + k % 2 < TP && o * OUTPUTS + k / 2 < TO) begin : g_used
            localparam DOT = (2*t + k % 2)*TO + o*OUTPUTS + k / 2;
            wire [SUM_BITS-1:0] sum;
            vt_sum_tree #(.N(CHAINS), .IN_BITS(LANE_BITS)) u_sum (
              .clk_i(clk_i), .d_i(lanes[k*CHAINS*LANE_BITS +: CHAINS*LANE_BITS]), .sum_o(sum)
            );
            // The dot product fits either way.
            if (SUM_BITS < DOT_BITS) begin : g_extend
              assign dot_o[DOT*DOT_BITS +: DOT_BITS] =
                  {{(DOT_BITS - SUM_BITS){sum[SUM_BITS-1]}}, sum};
            end else begin : g_cut
              assign dot_o[DOT*DOT_BITS +: DOT_BITS] = sum[DOT_BITS-1:0];
            end
          end
        end
        wire unused = &{1'b0, lanes};
      end
    end
  endgenerate
endmodule
`default_nettype wire
