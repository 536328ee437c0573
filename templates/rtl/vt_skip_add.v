// One lane of a skip connection, stages E3 to E6 of vt_epilogue:
//
//   out = skip_on ? saturate(value + (skip * multiplier + 2^(shift-1) >> shift)) : value
//
// saturated to SKIP_BITS, the residual stream's.
`default_nettype none
module vt_skip_add #(
  parameter OUT_BITS    = 16,
  parameter SKIP_BITS   = 16,
  parameter MULT_BITS   = 16,
  parameter PROD_BITS   = 33,  // skip * multiplier, signed, more than any of its shifts
  parameter BRANCH_BITS = 16,  // of the value where there is a skip, signed, at most OUT_BITS
  parameter SHIFT_COUNT = 1,
  parameter SHIFT_SEL_BITS = 1,
  parameter [6*SHIFT_COUNT-1:0] SHIFTS = {(6*SHIFT_COUNT){1'b0}}
) (
  input  wire                      clk_i,
  input  wire [SKIP_BITS-1:0]      skip_i,       // in E3
  input  wire [MULT_BITS-1:0]      mult_i,       // in E4
  input  wire [SHIFT_SEL_BITS-1:0] shift_sel_i,  // in E6
  input  wire                      skip_on_i,    // in E6
  input  wire [OUT_BITS-1:0]       value_i,      // in E6
  output wire [OUT_BITS-1:0]       value_o       // E6
);
  localparam SCALED_BITS = PROD_BITS - SHIFTS[5:0];
  localparam TERM_BITS   = SCALED_BITS > BRANCH_BITS ? SCALED_BITS : BRANCH_BITS;
  // One bit more than either term, and than the residual stream.
  localparam ADD_BITS    = (TERM_BITS > SKIP_BITS ? TERM_BITS : SKIP_BITS) + 1;
  wire signed [MULT_BITS:0]     mult = {1'b0, mult_i};
  reg signed [SKIP_BITS-1:0]    skip_q;
  reg signed [PROD_BITS-1:0]    product_q, product2_q;
  reg [OUT_BITS-1:0]            out_q;
  // Shifted with one more bit below: rounding half up adds that bit.
  wire [SCALED_BITS:0]          scaled;
  vt_shift #(
    .IN_BITS(PROD_BITS+1), .OUT_BITS(SCALED_BITS+1), .COUNT(SHIFT_COUNT),
    .SEL_BITS(SHIFT_SEL_BITS), .SHIFTS(SHIFTS)
  ) u_shift (
    .value_i({product2_q, 1'b0}), .sel_i(shift_sel_i), .value_o(scaled)
  );
  // The bit below carries into the sum.
  wire [ADD_BITS:0] sum =
    {{(ADD_BITS-BRANCH_BITS){value_i[BRANCH_BITS-1]}}, value_i[BRANCH_BITS-1:0], 1'b1} +
    {{(ADD_BITS-SCALED_BITS){scaled[SCALED_BITS]}}, scaled};
  wire [ADD_BITS-1:0]  added = sum[ADD_BITS:1];
  wire                 sign  = added[ADD_BITS-1];
  wire                 fits  = added[ADD_BITS-1:SKIP_BITS-1] == {(ADD_BITS-SKIP_BITS+1){sign}};
  wire [SKIP_BITS-2:0] saturated = fits ? added[SKIP_BITS-2:0] : {(SKIP_BITS-1){!sign}};
  always @(posedge clk_i) begin
    skip_q     <= skip_i;                                                         // E3
    product_q  <= skip_q * mult;                                                  // E4
    product2_q <= product_q;                                                      // E5
    out_q      <= skip_on_i ? {{(OUT_BITS-SKIP_BITS+1){sign}}, saturated} : value_i; // E6
  end
  assign value_o = out_q;
  wire unused = sum[0];
endmodule
`default_nettype wire
