// Array for weights that are powers of two or zero, by shifts and additions on LUTs; see
// vt_mac_array for the interface. Tiles come by rows.
//
// A weight is {sign, exponent}: 2^exponent, negative with the sign; all ones in the exponent and no
// sign are zero. A product is shifted in two steps, each of which shares its LUTs with what is
// there anyhow: by 0 to 3 into a register, by 4 or not in the LUT of the adder that takes it. An
// adder takes the complement of a negative product; how many ones that leaves out is known when the
// tile is loaded, one number for each output, which the last adder takes. For each product that is
// A_BITS + 4 LUTs for the register and about A_BITS + 9 for adder and tree, at three exponent bits.
//
// Elements are summed along CHAINS chains of LENGTH <= CHAIN (a stage a cycle), a tree adds the
// chains. Latency 2 + LENGTH + ceil(log2 CHAINS).
`default_nettype none
module vt_mac_shift #(
  parameter TP     = 1,
  parameter TI     = 8,
  parameter TO     = 4,
  parameter A_BITS = 8,
  parameter E_BITS = 3,       // 2 or 3: exponents 0..2 or 0..6
  parameter CHAIN  = 8
) (
  input  wire                                   clk_i,
  input  wire [TP*TI*A_BITS-1:0]                a_i,
  input  wire                                   a_signed_i,
  input  wire                                   row_valid_i,
  input  wire [TI*(E_BITS+1)-1:0]               row_i,
  input  wire                                   swap_i,
  output wire [TP*TO*(A_BITS+(1<<E_BITS)+$clog2(TI))-1:0] dot_o  // (t*TO + o)
);
  localparam MOST      = (1 << E_BITS) - 2;            // largest exponent
  localparam DOT_BITS  = A_BITS + 2 + MOST + $clog2(TI);
  localparam CHAINS    = (TI + CHAIN - 1) / CHAIN;
  localparam LENGTH    = (TI + CHAINS - 1) / CHAINS;
  localparam LATENCY   = 2 + LENGTH + $clog2(CHAINS);
  localparam CODE      = E_BITS + 1;
  localparam HIGH_BITS = E_BITS == 3 ? 3 : 1;          // {zero, shift by 4, sign} or {sign}
  // A code that is extended by its sign, shifted by up to 3; a product, or its complement.
  localparam NEAR_BITS = A_BITS + 1 + (MOST < 3 ? MOST : 3);
  localparam TERM_BITS = A_BITS + 1 + MOST;
  localparam SUM_BITS  = TERM_BITS + $clog2(LENGTH);   // of a chain, signed
  localparam TREE_BITS = SUM_BITS + $clog2(CHAINS);
  localparam ONES_BITS = $clog2(TI + 1);
  localparam ONES_LAG  = LATENCY - 1 - $clog2(TI);

  // ---- stationary tile ------------------------------------------------------------------------
  wire [TI*2-1:0]         low_row;
  wire [TI*HIGH_BITS-1:0] high_row;
  wire [TI-1:0]           signs;
  genvar g, i, n, o, t;
  generate
    for (i = 0; i < TI; i = i + 1) begin : g_code
      wire [CODE-1:0] code = row_i[i*CODE +: CODE];
      assign low_row[i*2 +: 2] = code[1:0];
      assign signs[i]          = code[E_BITS];
      if (E_BITS == 3) begin : g_three
        assign high_row[i*3 +: 3] = {&code[2:0], code[2], code[3]};
      end else begin : g_two
        assign high_row[i] = code[2];
      end
    end
  endgenerate
  wire [TO*TI*2-1:0]         low;
  wire [TO*TI*HIGH_BITS-1:0] high;
  vt_mac_tile #(.TI(TI), .TO(TO), .B_BITS(2), .BLOCK(CHAINS), .BLOCKS(LENGTH), .COLUMNS(0)) u_low (
    .clk_i(clk_i), .row_valid_i(row_valid_i), .row_i(low_row), .col_valid_i(1'b0),
    .col_i({(TO*2){1'b0}}), .swap_i(swap_i), .tile_o(low)
  );
  vt_mac_tile #(
    .TI(TI), .TO(TO), .B_BITS(HIGH_BITS), .BLOCK(CHAINS), .BLOCKS(LENGTH), .COLUMNS(0), .LAG(1)
  ) u_high (
    .clk_i(clk_i), .row_valid_i(row_valid_i), .row_i(high_row), .col_valid_i(1'b0),
    .col_i({(TO*HIGH_BITS){1'b0}}), .swap_i(swap_i), .tile_o(high)
  );
  // The number of negative weights of a row, as late as the last adder.
  wire [ONES_BITS-1:0]    row_ones;
  wire [TO*ONES_BITS-1:0] ones;
  wire                    ones_valid, ones_swap;
  generate
    if (TI == 1) begin : g_one
      assign row_ones = signs;
    end else begin : g_sum
      wire [$clog2(TI):0] sum;
      vt_sum_tree #(.N(TI), .IN_BITS(1), .SIGNED(0)) u_ones (
        .clk_i(clk_i), .d_i(signs), .sum_o(sum)
      );
      assign row_ones = sum[ONES_BITS-1:0];
      if ($clog2(TI) + 1 > ONES_BITS) begin : g_cut
        wire unused = sum[$clog2(TI)];
      end
    end
  endgenerate
  vt_delay #(.WIDTH(2), .DEPTH($clog2(TI))) u_ones_control (
    .clk_i(clk_i), .d_i({row_valid_i, swap_i}), .q_o({ones_valid, ones_swap})
  );
  vt_mac_tile #(.TI(1), .TO(TO), .B_BITS(ONES_BITS), .COLUMNS(0), .LAG(ONES_LAG)) u_row_ones (
    .clk_i(clk_i), .row_valid_i(ones_valid), .row_i(row_ones), .col_valid_i(1'b0),
    .col_i({(TO*ONES_BITS){1'b0}}), .swap_i(ones_swap), .tile_o(ones)
  );

  // ---- products and sums ------------------------------------------------------------------------
  // Element i is position LENGTH-1 - i / CHAINS of chain i % CHAINS.
  generate
    for (t = 0; t < TP; t = t + 1) begin : g_token
      wire [TI*(A_BITS+1)-1:0] wide;  // as late as its position
      for (i = 0; i < TI; i = i + 1) begin : g_element
        localparam POSITION = LENGTH - 1 - i / CHAINS;
        wire [A_BITS-1:0] a = a_i[(t*TI + i)*A_BITS +: A_BITS];
        vt_delay #(.WIDTH(A_BITS + 1), .DEPTH(POSITION)) u_a (
          .clk_i(clk_i), .d_i({a_signed_i && a[A_BITS-1], a}),
          .q_o(wide[i*(A_BITS+1) +: A_BITS+1])
        );
      end
      for (o = 0; o < TO; o = o + 1) begin : g_output
        wire [TI*TERM_BITS-1:0] terms;
        for (i = 0; i < TI; i = i + 1) begin : g_term
          wire [A_BITS:0]         a      = wide[i*(A_BITS+1) +: A_BITS+1];
          wire [NEAR_BITS-1:0]    a_near = {{(NEAR_BITS-A_BITS-1){a[A_BITS]}}, a};
          wire [1:0]              near   = low[(o*TI + i)*2 +: 2];
          wire [HIGH_BITS-1:0]    far    = high[(o*TI + i)*HIGH_BITS +: HIGH_BITS];
          reg  [NEAR_BITS-1:0]    near_q;
          if (E_BITS == 3) begin : g_three
            always @(posedge clk_i) near_q <= a_near << near;
            wire [TERM_BITS-1:0] unmoved = {{(TERM_BITS-NEAR_BITS){near_q[NEAR_BITS-1]}}, near_q};
            wire [TERM_BITS-1:0] moved   = {near_q[NEAR_BITS-2:0], 4'b0000};
            assign terms[i*TERM_BITS +: TERM_BITS] =
              (far[2] ? {TERM_BITS{1'b0}} : far[1] ? moved : unmoved) ^ {TERM_BITS{far[0]}};
            wire unused = near_q[NEAR_BITS-1];
          end else begin : g_two
            always @(posedge clk_i) near_q <= near == 2'd3 ? {NEAR_BITS{1'b0}} : a_near << near;
            assign terms[i*TERM_BITS +: TERM_BITS] = near_q ^ {TERM_BITS{far[0]}};
          end
        end
        wire [CHAINS*SUM_BITS-1:0] sums;
        for (g = 0; g < CHAINS; g = g + 1) begin : g_chain
          for (n = 0; n < LENGTH; n = n + 1) begin : g_stage
            localparam ELEMENT = (LENGTH - 1 - n) * CHAINS + g;
            reg [SUM_BITS-1:0] sum_q;
            if (ELEMENT < TI) begin : g_own
              wire [TERM_BITS-1:0] term = terms[ELEMENT*TERM_BITS +: TERM_BITS];
              wire [SUM_BITS:0]    own  = {{(SUM_BITS-TERM_BITS+1){term[TERM_BITS-1]}}, term};
              wire unused = own[SUM_BITS];
              if (n == 0) begin : g_first
                always @(posedge clk_i) sum_q <= own[SUM_BITS-1:0];
              end else begin : g_next
                always @(posedge clk_i) sum_q <= g_stage[n-1].sum_q + own[SUM_BITS-1:0];
              end
            end else begin : g_none
              always @(posedge clk_i) sum_q <= {SUM_BITS{1'b0}};
            end
          end
          assign sums[g*SUM_BITS +: SUM_BITS] = g_stage[LENGTH-1].sum_q;
        end
        wire [TREE_BITS-1:0] sum;
        vt_sum_tree #(.N(CHAINS), .IN_BITS(SUM_BITS), .SIGNED(1)) u_tree (
          .clk_i(clk_i), .d_i(sums), .sum_o(sum)
        );
        // Sums of products are one bit wider at most than those of complements.
        wire [DOT_BITS:0]   sum_wide  = {{(DOT_BITS+1-TREE_BITS){sum[TREE_BITS-1]}}, sum};
        wire [DOT_BITS-1:0] ones_wide = {{(DOT_BITS-ONES_BITS){1'b0}},
                                         ones[o*ONES_BITS +: ONES_BITS]};
        reg  [DOT_BITS-1:0] dot_q;
        always @(posedge clk_i) dot_q <= sum_wide[DOT_BITS-1:0] + ones_wide;
        assign dot_o[(t*TO + o)*DOT_BITS +: DOT_BITS] = dot_q;
        wire unused = sum_wide[DOT_BITS];
      end
    end
  endgenerate
endmodule
`default_nettype wire
