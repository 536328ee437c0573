// AXI4-Lite registers, 32 bits, and the watchdogs of the streams. See docs/rtl.md.
//
//   0x00 ID         r   "VTRM"
//   0x04 VERSION    r   major.minor.patch, a byte each
//   0x08 CONFIG     r   first 32 bits of the configuration hash
//   0x0C CONTROL    rw  bit 0 enable (after reset 1; with external weights 0: set the address)
//   0x10 STATUS     r   bit 0 busy, 1 input awaited, 2 output not taken, 3 weights awaited
//   0x14 ERRORS     rw1c bit 0 frame too short, 1 frame too long, 2 input stuck, 3 output stuck,
//                   4 error of a weight read, 5 weights stuck
//   0x18 FRAMES     r   frames finished since reset
//   0x1C CYCLES     r   cycles between the last two finished frames
//   0x20 WATCHDOG   rw  cycles a stream may stand in the middle of a frame; 0: no watchdog
//   0x24 WEIGHTS_LO rw  address of the weights in external memory, a multiple of 4096; taken over
//   0x28 WEIGHTS_HI rw  at the first enable after reset. Without external weights: not there
`default_nettype none
module vt_registers #(
  parameter [31:0] VERSION  = 32'h0,
  parameter [31:0] CONFIG   = 32'h0,
  parameter [31:0] WATCHDOG = 32'd1048576,
  parameter HAS_WEIGHTS     = 0   // weights lie in external memory
) (
  input  wire        clk_i,
  input  wire        rst_i,
  // AXI4-Lite
  input  wire [5:0]  awaddr_i,
  input  wire        awvalid_i,
  output wire        awready_o,
  input  wire [31:0] wdata_i,
  input  wire [3:0]  wstrb_i,
  input  wire        wvalid_i,
  output wire        wready_o,
  output wire [1:0]  bresp_o,
  output wire        bvalid_o,
  input  wire        bready_i,
  input  wire [5:0]  araddr_i,
  input  wire        arvalid_i,
  output wire        arready_o,
  output wire [31:0] rdata_o,
  output wire [1:0]  rresp_o,
  output wire        rvalid_o,
  input  wire        rready_i,
  // engine
  output wire        enable_o,
  input  wire        busy_i,
  input  wire        frame_i,      // pulse: a frame is finished
  input  wire        short_i,
  input  wire        long_i,
  input  wire        in_waiting_i,
  input  wire        out_waiting_i,
  output wire [63:0] weights_base_o,
  input  wire        weights_error_i,
  input  wire        weights_waiting_i
);
  localparam [31:0] ID = 32'h5654524D;
  reg        enable_q;
  reg [31:0] watchdog_q, frames_q, cycles_q, since_q, in_count_q, out_count_q;
  reg [31:0] weights_count_q;
  reg [5:0]  errors_q;

  // A write is taken when address and data are both there, and the last answer is gone. Nothing is
  // taken in reset, where the answer would be lost.
  reg bvalid_q, rvalid_q;
  reg [31:0] rdata_q;
  wire write = awvalid_i && wvalid_i && !bvalid_q && !rst_i;
  wire read  = arvalid_i && arready_o;
  assign awready_o = write;
  assign wready_o  = write;
  assign bvalid_o  = bvalid_q;
  assign bresp_o   = 2'b00;
  assign arready_o = !rvalid_q && !rst_i;
  assign rvalid_o  = rvalid_q;
  assign rdata_o   = rdata_q;
  assign rresp_o   = 2'b00;
  assign enable_o  = enable_q;

  wire in_stuck  = watchdog_q != 32'd0 && in_count_q == watchdog_q;
  wire out_stuck = watchdog_q != 32'd0 && out_count_q == watchdog_q;
  wire weights_stuck = watchdog_q != 32'd0 && weights_count_q == watchdog_q;
  wire [5:0] clear = (write && awaddr_i[5:2] == 4'd5 && wstrb_i[0]) ? wdata_i[5:0] : 6'd0;

  // The address of the weights; bytes of a write are enabled one by one.
  wire [63:0] weights_base;
  generate
    if (HAS_WEIGHTS != 0) begin : g_weights
      reg [63:0] base_q;
      genvar b;
      for (b = 0; b < 8; b = b + 1) begin : g_byte
        localparam [31:0] WORD_WIDE = 9 + b / 4;
        always @(posedge clk_i)
          if (rst_i) base_q[b*8 +: 8] <= 8'd0;
          else if (write && awaddr_i[5:2] == WORD_WIDE[3:0] && wstrb_i[b % 4])
            base_q[b*8 +: 8] <= wdata_i[(b % 4)*8 +: 8];
      end
      assign weights_base = base_q;
    end else begin : g_none
      assign weights_base = 64'd0;
    end
  endgenerate
  assign weights_base_o = weights_base;

  always @(posedge clk_i) begin
    if (rst_i) begin
      enable_q    <= HAS_WEIGHTS == 0;
      watchdog_q  <= WATCHDOG;
      errors_q    <= 6'd0;
      weights_count_q <= 32'd0;
      frames_q    <= 32'd0;
      cycles_q    <= 32'd0;
      since_q     <= 32'd0;
      in_count_q  <= 32'd0;
      out_count_q <= 32'd0;
      bvalid_q    <= 1'b0;
      rvalid_q    <= 1'b0;
    end else begin
      if (write) bvalid_q <= 1'b1;
      else if (bready_i) bvalid_q <= 1'b0;
      if (read) rvalid_q <= 1'b1;
      else if (rready_i) rvalid_q <= 1'b0;
      if (write && awaddr_i[5:2] == 4'd3 && wstrb_i[0]) enable_q <= wdata_i[0];
      if (write && awaddr_i[5:2] == 4'd8) begin
        if (wstrb_i[0]) watchdog_q[7:0]   <= wdata_i[7:0];
        if (wstrb_i[1]) watchdog_q[15:8]  <= wdata_i[15:8];
        if (wstrb_i[2]) watchdog_q[23:16] <= wdata_i[23:16];
        if (wstrb_i[3]) watchdog_q[31:24] <= wdata_i[31:24];
      end
      errors_q    <= (errors_q & ~clear) |
                     {weights_stuck, weights_error_i, out_stuck, in_stuck, long_i, short_i};
      in_count_q  <= in_waiting_i  ? in_count_q + 32'd1  : 32'd0;
      out_count_q <= out_waiting_i ? out_count_q + 32'd1 : 32'd0;
      weights_count_q <= weights_waiting_i ? weights_count_q + 32'd1 : 32'd0;
      since_q     <= frame_i ? 32'd1 : since_q + 32'd1;
      if (frame_i) begin
        frames_q <= frames_q + 32'd1;
        cycles_q <= since_q;
      end
    end
    if (read) begin
      case (araddr_i[5:2])
        4'd0:    rdata_q <= ID;
        4'd1:    rdata_q <= VERSION;
        4'd2:    rdata_q <= CONFIG;
        4'd3:    rdata_q <= {31'd0, enable_q};
        4'd4:    rdata_q <= {28'd0, weights_waiting_i, out_waiting_i, in_waiting_i, busy_i};
        4'd5:    rdata_q <= {26'd0, errors_q};
        4'd6:    rdata_q <= frames_q;
        4'd7:    rdata_q <= cycles_q;
        4'd8:    rdata_q <= watchdog_q;
        4'd9:    rdata_q <= weights_base[31:0];
        4'd10:   rdata_q <= weights_base[63:32];
        default: rdata_q <= 32'd0;
      endcase
    end
  end
  wire unused = &{1'b0, awaddr_i[1:0], araddr_i[1:0]};
endmodule
`default_nettype wire
