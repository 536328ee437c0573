// Behaviour of the DSP48E2 as vt_dsp_mac uses it, for simulation without a vendor library:
// P = A * B + C or + PCIN, registers on A, B, the product and P. Other settings stop the
// simulation. Names and codes are those of the primitive (AMD UG579).
`default_nettype none
module DSP48E2 #(
  parameter        AMULTSEL = "A",
  parameter        BMULTSEL = "B",
  parameter        A_INPUT = "DIRECT",
  parameter        B_INPUT = "DIRECT",
  parameter        PREADDINSEL = "A",
  parameter [47:0] RND = 48'd0,
  parameter        USE_MULT = "MULTIPLY",
  parameter        USE_SIMD = "ONE48",
  parameter        USE_WIDEXOR = "FALSE",
  parameter        XORSIMD = "XOR24_48_96",
  parameter        AUTORESET_PATDET = "NO_RESET",
  parameter        AUTORESET_PRIORITY = "RESET",
  parameter [47:0] MASK = 48'h3fffffffffff,
  parameter [47:0] PATTERN = 48'd0,
  parameter        SEL_MASK = "MASK",
  parameter        SEL_PATTERN = "PATTERN",
  parameter        USE_PATTERN_DETECT = "NO_PATDET",
  parameter        ACASCREG = 1,
  parameter        ADREG = 1,
  parameter        ALUMODEREG = 1,
  parameter        AREG = 1,
  parameter        BCASCREG = 1,
  parameter        BREG = 1,
  parameter        CARRYINREG = 1,
  parameter        CARRYINSELREG = 1,
  parameter        CREG = 1,
  parameter        DREG = 1,
  parameter        INMODEREG = 1,
  parameter        MREG = 1,
  parameter        OPMODEREG = 1,
  parameter        PREG = 1
) (
  input  wire        CLK,
  input  wire [29:0] A,
  input  wire [17:0] B,
  input  wire [47:0] C,
  input  wire [26:0] D,
  input  wire        CARRYIN,
  input  wire [8:0]  OPMODE,
  input  wire [3:0]  ALUMODE,
  input  wire [4:0]  INMODE,
  input  wire [2:0]  CARRYINSEL,
  input  wire [29:0] ACIN,
  input  wire [17:0] BCIN,
  input  wire [47:0] PCIN,
  input  wire        CARRYCASCIN,
  input  wire        MULTSIGNIN,
  input  wire        CEA1,
  input  wire        CEA2,
  input  wire        CEB1,
  input  wire        CEB2,
  input  wire        CEC,
  input  wire        CED,
  input  wire        CEAD,
  input  wire        CEM,
  input  wire        CEP,
  input  wire        CEALUMODE,
  input  wire        CECTRL,
  input  wire        CECARRYIN,
  input  wire        CEINMODE,
  input  wire        RSTA,
  input  wire        RSTB,
  input  wire        RSTC,
  input  wire        RSTD,
  input  wire        RSTM,
  input  wire        RSTP,
  input  wire        RSTALUMODE,
  input  wire        RSTCTRL,
  input  wire        RSTALLCARRYIN,
  input  wire        RSTINMODE,
  output wire [47:0] P,
  output wire [47:0] PCOUT,
  output wire [29:0] ACOUT,
  output wire [17:0] BCOUT,
  output wire        CARRYCASCOUT,
  output wire [3:0]  CARRYOUT,
  output wire        MULTSIGNOUT,
  output wire        OVERFLOW,
  output wire        UNDERFLOW,
  output wire        PATTERNDETECT,
  output wire        PATTERNBDETECT,
  output wire [7:0]  XOROUT
);
  reg signed [26:0] a_q;
  reg signed [17:0] b_q;
  reg signed [44:0] m_q;
  reg        [47:0] p_q;
  wire       [47:0] z = OPMODE[6:4] == 3'b001 ? PCIN : C;
  always @(posedge CLK) begin
    if (CEA2) a_q <= A[26:0];
    if (CEB2) b_q <= B;
    if (CEM)  m_q <= a_q * b_q;
    if (CEP)  p_q <= z + {{3{m_q[44]}}, m_q};
  end
  assign P     = p_q;
  assign PCOUT = p_q;

  // X and Y take the product; Z takes PCIN or C, W nothing; all adds.
  wire modelled = OPMODE[8:7] == 2'b00 && OPMODE[3:0] == 4'b0101 && ALUMODE == 4'd0
               && (OPMODE[6:4] == 3'b001 || OPMODE[6:4] == 3'b011) && INMODE == 5'd0
               && CARRYINSEL == 3'd0 && !CARRYIN
               && !(RSTA || RSTB || RSTM || RSTP || RSTC || RSTD || RSTINMODE || RSTCTRL
                    || RSTALUMODE || RSTALLCARRYIN);
  always @(posedge CLK)
    if (!modelled) begin
      $display("DSP48E2: a setting that the model does not have");
      $stop;
    end
  initial
    if (AREG != 1 || BREG != 1 || MREG != 1 || PREG != 1 || CREG != 0 || OPMODEREG != 0
        || ALUMODEREG != 0 || INMODEREG != 0 || CARRYINREG != 0 || CARRYINSELREG != 0
        || AMULTSEL != "A" || BMULTSEL != "B" || A_INPUT != "DIRECT" || B_INPUT != "DIRECT"
        || USE_MULT != "MULTIPLY" || USE_SIMD != "ONE48") begin
      $display("DSP48E2: a parameter that the model does not have");
      $stop;
    end

  assign ACOUT = 30'd0;
  assign BCOUT = 18'd0;
  assign {CARRYCASCOUT, CARRYOUT, MULTSIGNOUT, OVERFLOW, UNDERFLOW, XOROUT} = 16'd0;
  assign {PATTERNDETECT, PATTERNBDETECT} = 2'd0;
  wire unused = &{
      1'b0, A[29:27], D, ACIN, BCIN, CARRYCASCIN, MULTSIGNIN, CEA1, CEB1, CEC, CED, CEAD,
      CEALUMODE, CECTRL, CECARRYIN, CEINMODE, PREADDINSEL, RND, USE_WIDEXOR, XORSIMD,
      AUTORESET_PATDET, AUTORESET_PRIORITY, MASK, PATTERN, SEL_MASK, SEL_PATTERN,
      USE_PATTERN_DETECT, ACASCREG[0], ADREG[0], BCASCREG[0], DREG[0]};
endmodule
`default_nettype wire
