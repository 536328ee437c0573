// One DSP: p_o = x_i * y_i + START, or + the sum of the DSP before it. Latency 3 for the product
// (operands, product, sum), 1 for sum_i.
//
// CELL 1 is the primitive DSP48E2 with all its registers and the cascade PCOUT to PCIN: 27 by 18
// bits, 48 in the sum. CELL 0 says the same in portable Verilog, with no more bits of the sum than
// SUM_BITS. Vivado can map it to the same primitive; Yosys 0.55 maps the multiplier only, and
// leaves sums and registers in the fabric.
`default_nettype none
module vt_dsp_mac #(
  parameter        CELL  = 0,
  parameter        FIRST = 1,      // starts with START and not with sum_i
  parameter        SUM_BITS = 48,  // the sum is a signed number of so many bits
  parameter [47:0] START = 48'd0
) (
  input  wire               clk_i,
  input  wire signed [26:0] x_i,
  input  wire signed [17:0] y_i,
  input  wire        [47:0] sum_i,   // sum_o of the DSP before
  output wire        [47:0] sum_o,   // to the next DSP only
  output wire        [47:0] p_o      // the same, to the fabric
);
  generate
    if (CELL == 0) begin : g_portable
      reg signed [26:0] x_q;
      reg signed [17:0] y_q;
      reg signed [44:0] product_q;
      reg        [SUM_BITS-1:0] sum_q;
      wire       [SUM_BITS-1:0] addend = FIRST != 0 ? START[SUM_BITS-1:0] : sum_i[SUM_BITS-1:0];
      wire       [SUM_BITS-1:0] product;
      if (SUM_BITS > 45) begin : g_extend
        assign product = {{(SUM_BITS - 45){product_q[44]}}, product_q};
      end else begin : g_cut
        assign product = product_q[SUM_BITS-1:0];
        wire unused = &{1'b0, product_q};
      end
      always @(posedge clk_i) begin
        x_q       <= x_i;
        y_q       <= y_i;
        product_q <= x_q * y_q;
        sum_q     <= product + addend;
      end
      if (SUM_BITS < 48) begin : g_sign
        assign sum_o = {{(48 - SUM_BITS){sum_q[SUM_BITS-1]}}, sum_q};
      end else begin : g_whole
        assign sum_o = sum_q;
      end
      assign p_o = sum_o;
      wire unused = &{1'b0, sum_i};
    end else begin : g_primitive
      // Multiplier on X and Y, Z the constant on C or the cascade.
      localparam [8:0] OPMODE = FIRST != 0 ? 9'b00_011_01_01 : 9'b00_001_01_01;
      // verilator lint_off PINCONNECTEMPTY
      DSP48E2 #(
        .AMULTSEL("A"), .BMULTSEL("B"), .A_INPUT("DIRECT"), .B_INPUT("DIRECT"),
        .PREADDINSEL("A"), .RND(48'd0), .USE_MULT("MULTIPLY"), .USE_SIMD("ONE48"),
        .USE_WIDEXOR("FALSE"), .XORSIMD("XOR24_48_96"), .AUTORESET_PATDET("NO_RESET"),
        .AUTORESET_PRIORITY("RESET"), .MASK(48'h3fffffffffff), .PATTERN(48'd0),
        .SEL_MASK("MASK"), .SEL_PATTERN("PATTERN"), .USE_PATTERN_DETECT("NO_PATDET"),
        .ACASCREG(1), .ADREG(0), .ALUMODEREG(0), .AREG(1), .BCASCREG(1), .BREG(1),
        .CARRYINREG(0), .CARRYINSELREG(0), .CREG(0), .DREG(0), .INMODEREG(0), .MREG(1),
        .OPMODEREG(0), .PREG(1)
      ) u_dsp (
        .CLK(clk_i), .A({{3{x_i[26]}}, x_i}), .B(y_i), .C(START), .D(27'd0), .CARRYIN(1'b0),
        .OPMODE(OPMODE), .ALUMODE(4'd0), .INMODE(5'd0), .CARRYINSEL(3'd0),
        .ACIN(30'd0), .BCIN(18'd0), .PCIN(sum_i), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0),
        .CEA1(1'b0), .CEA2(1'b1), .CEB1(1'b0), .CEB2(1'b1), .CEC(1'b0), .CED(1'b0), .CEAD(1'b0),
        .CEM(1'b1), .CEP(1'b1), .CEALUMODE(1'b0), .CECTRL(1'b0), .CECARRYIN(1'b0),
        .CEINMODE(1'b0),
        .RSTA(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTD(1'b0), .RSTM(1'b0), .RSTP(1'b0),
        .RSTALUMODE(1'b0), .RSTCTRL(1'b0), .RSTALLCARRYIN(1'b0), .RSTINMODE(1'b0),
        .P(p_o), .PCOUT(sum_o), .ACOUT(), .BCOUT(), .CARRYCASCOUT(), .CARRYOUT(),
        .MULTSIGNOUT(), .OVERFLOW(), .UNDERFLOW(), .PATTERNDETECT(), .PATTERNBDETECT(), .XOROUT()
      );
      // verilator lint_on PINCONNECTEMPTY
    end
    if (FIRST != 0) begin : g_start
      wire unused = &{1'b0, sum_i};
    end
  endgenerate
endmodule
`default_nettype wire
