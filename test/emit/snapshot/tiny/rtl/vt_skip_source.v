// What a product adds behind its limits: a word of the residual stream, or of the embedding
// offsets, whose addresses go out in stage E2 and whose words arrive in E3. Offsets that are added
// to the accumulator instead (OFFSET_BIAS) are asked for three cycles earlier.
`default_nettype none
module vt_skip_source #(
  parameter LANES       = 4,
  parameter RES_BITS    = 16,
  parameter OFFSET_BITS = 16,  // at most RES_BITS, where it is not the bias
  parameter OFFSET_BIAS = 0,
  parameter ADDR_BITS   = 8,
  parameter E0          = 6   // cycles from the issue of a word to stage E0
) (
  input  wire                         clk_i,
  input  wire                         op_first_i,     // in E2: the first word of an operation
  input  wire                         src_i,          // 0 residual stream, 1 embedding offsets
  input  wire [ADDR_BITS-1:0]         addr_i,         // with the issue of a word
  output wire [ADDR_BITS-1:0]         skip_addr_o,
  output wire [ADDR_BITS-1:0]         offset_addr_o,
  input  wire [LANES*RES_BITS-1:0]    residual_i,
  input  wire [LANES*OFFSET_BITS-1:0] offset_i,
  output wire [LANES*RES_BITS-1:0]    skip_o
);
  reg src_e3_q;
  always @(posedge clk_i) if (op_first_i) src_e3_q <= src_i;
  vt_delay #(.WIDTH(ADDR_BITS), .DEPTH(E0+2)) u_skip_addr (
    .clk_i(clk_i), .d_i(addr_i), .q_o(skip_addr_o)
  );
  generate
    if (OFFSET_BIAS != 0) begin : g_offset_bias
      assign skip_o = residual_i;
      vt_delay #(.WIDTH(ADDR_BITS), .DEPTH(E0-1)) u_offset_addr (
        .clk_i(clk_i), .d_i(addr_i), .q_o(offset_addr_o)
      );
      wire unused = &{1'b0, src_e3_q, offset_i};
    end else begin : g_offset_skip
      wire [LANES*RES_BITS-1:0] wide_offset;
      genvar o;
      for (o = 0; o < LANES; o = o + 1) begin : g_lane
        wire [OFFSET_BITS-1:0] offset = offset_i[o*OFFSET_BITS +: OFFSET_BITS];
        assign wide_offset[o*RES_BITS +: RES_BITS] =
          {{(RES_BITS-OFFSET_BITS){offset[OFFSET_BITS-1]}}, offset};
      end
      assign skip_o        = src_e3_q ? wide_offset : residual_i;
      assign offset_addr_o = skip_addr_o;
    end
  endgenerate
endmodule
`default_nettype wire
