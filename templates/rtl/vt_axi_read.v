// AXI4 read master that fetches the same BEATS beats again and again, in bursts, ahead of need.
//
// A burst is requested only when the buffer behind has room for all of its beats, so RREADY is
// constantly high and the bus is never held up. Room is counted in beats: a request takes the
// length of its burst, free_i gives FREED beats back. Addresses begin at base_i, which is taken
// over once after reset, and return to it after the last beat; that burst is as short as it has to
// be. Bursts begin at multiples of their own size, a power of two up to 4096 bytes, hence none
// crosses a boundary of 4 KB.
//
// With enable_i high in cycle t for the first time, the first request is decided in t+2. With a
// slave that accepts at once, a request decided in cycle t stands on AR in t+1, and the next one is
// decided in t+2 at the earliest. Room given back in cycle t counts from t+1 on, a burst whose last
// beat comes in cycle t no longer counts as outstanding from t+1 on.
`default_nettype none
module vt_axi_read #(
  parameter AXI_BITS    = 64,  // bits of a beat: 64, 128, 256 or 512
  parameter ADDR_BITS   = 40,  // 13..64
  parameter BEATS       = 12,  // beats of a frame
  parameter BURST       = 16,  // beats of a burst; a power of two, 2..256, at most 4096 bytes
  parameter OUTSTANDING = 4,   // bursts under way; a power of two, at least 2
  parameter ROOM        = 64,  // beats that the buffer holds; at least BURST + FREED - 1
  parameter FREED       = 1
) (
  input  wire                 clk_i,
  input  wire                 rst_i,
  input  wire                 enable_i,   // low: nothing further is requested
  input  wire [ADDR_BITS-1:0] base_i,     // a multiple of 4096; lower bits are ignored
  // AXI4 read address and read data
  output wire [ADDR_BITS-1:0] araddr_o,
  output wire [7:0]           arlen_o,
  output wire [2:0]           arsize_o,
  output wire [1:0]           arburst_o,
  output wire [3:0]           arcache_o,
  output wire [2:0]           arprot_o,
  output wire                 arvalid_o,
  input  wire                 arready_i,
  input  wire [1:0]           rresp_i,
  input  wire                 rlast_i,
  input  wire                 rvalid_i,
  output wire                 rready_o,
  // to the buffer: RDATA is a beat of it
  output wire                 beat_o,
  input  wire                 free_i,
  output wire                 error_o,    // sticky: RRESP not OKAY, RLAST wrong, beat not asked for
  output wire                 waiting_o   // a request stands or is under way, and no beat comes
);
  localparam BURST_BYTES = BURST * AXI_BITS / 8;
  localparam STEP_BITS   = $clog2(BURST_BYTES);           // 4..12
  localparam BURSTS      = (BEATS + BURST - 1) / BURST;   // of a frame
  localparam LEFT_BITS   = BURSTS > 1 ? $clog2(BURSTS) : 1;
  localparam LENGTH_BITS = $clog2(BURST);
  localparam ROOM_BITS   = $clog2(ROOM + 1);
  localparam POINT_BITS  = $clog2(OUTSTANDING);
  localparam [31:0] LEFT_WIDE   = BURSTS - 1;
  localparam [LEFT_BITS-1:0] ONE_LEFT = 1;
  localparam [31:0] ROOM_WIDE   = ROOM;
  localparam [31:0] FREED_WIDE  = FREED;
  localparam [31:0] LENGTH_WIDE = BURST;
  localparam [31:0] SHORT_WIDE  = BEATS - (BURSTS - 1) * BURST;
  localparam [31:0] LENGTH_LESS = LENGTH_WIDE - 1;
  localparam [31:0] SHORT_LESS  = SHORT_WIDE - 1;
  localparam [31:0] SIZE_WIDE   = $clog2(AXI_BITS / 8);

  // Requests: addr_q is the address of the burst on AR, or of the next one.
  reg                         started_q, loaded_q, arvalid_q;
  reg [ADDR_BITS-1:12]        base_q;
  reg [ADDR_BITS-1:STEP_BITS] addr_q;
  reg [LEFT_BITS-1:0]         left_q;     // bursts that follow it in this frame
  reg                         last_q;     // none does
  reg [ROOM_BITS-1:0]         room_q;
  reg [POINT_BITS:0]          issued_q, done_q;

  wire any      = issued_q != done_q;
  wire full     = issued_q == {!done_q[POINT_BITS], done_q[POINT_BITS-1:0]};
  wire accepted = arvalid_q && arready_i;
  wire issue    = loaded_q && enable_i && !arvalid_q && !full &&
                  room_q[ROOM_BITS-1:LENGTH_BITS] != {(ROOM_BITS-LENGTH_BITS){1'b0}};
  wire to_base  = !loaded_q || last_q;
  wire [ADDR_BITS-1:0] first = {base_q, 12'd0};
  wire [ROOM_BITS-1:0] taken = last_q ? SHORT_WIDE[ROOM_BITS-1:0] : LENGTH_WIDE[ROOM_BITS-1:0];

  // Beats: whether each burst under way is the short one at the end of a frame tells where RLAST
  // belongs.
  reg [OUTSTANDING-1:0] short_q;
  reg [LENGTH_BITS-1:0] beat_q;
  reg                   error_q;
  wire beat = rvalid_i && any;
  wire ends = beat_q == (short_q[done_q[POINT_BITS-1:0]] ? SHORT_LESS[LENGTH_BITS-1:0]
                                                         : LENGTH_LESS[LENGTH_BITS-1:0]);

  always @(posedge clk_i) begin
    if (rst_i) begin
      started_q <= 1'b0;
      loaded_q  <= 1'b0;
      arvalid_q <= 1'b0;
      left_q    <= LEFT_WIDE[LEFT_BITS-1:0];
      last_q    <= BURSTS == 1;
      room_q    <= ROOM_WIDE[ROOM_BITS-1:0];
      issued_q  <= {(POINT_BITS+1){1'b0}};
      done_q    <= {(POINT_BITS+1){1'b0}};
      beat_q    <= {LENGTH_BITS{1'b0}};
      error_q   <= 1'b0;
    end else begin
      if (enable_i) started_q <= 1'b1;
      loaded_q <= started_q;
      if (issue) arvalid_q <= 1'b1;
      else if (arready_i) arvalid_q <= 1'b0;
      if (accepted) begin
        left_q <= last_q ? LEFT_WIDE[LEFT_BITS-1:0] : left_q - 1'b1;
        last_q <= last_q ? BURSTS == 1 : left_q == ONE_LEFT;
      end
      room_q <= room_q + (free_i ? FREED_WIDE[ROOM_BITS-1:0] : {ROOM_BITS{1'b0}})
                       - (issue ? taken : {ROOM_BITS{1'b0}});
      if (issue) issued_q <= issued_q + 1'b1;
      if (beat) beat_q <= ends ? {LENGTH_BITS{1'b0}} : beat_q + 1'b1;
      if (beat && ends) done_q <= done_q + 1'b1;
      if (rvalid_i && (!any || rresp_i != 2'b00 || rlast_i != ends)) error_q <= 1'b1;
    end
    if (!started_q) base_q <= base_i[ADDR_BITS-1:12];
    if (!loaded_q || accepted) addr_q <= to_base ? first[ADDR_BITS-1:STEP_BITS] : addr_q + 1'b1;
    if (issue) short_q[issued_q[POINT_BITS-1:0]] <= last_q;
  end

  assign araddr_o  = {addr_q, {STEP_BITS{1'b0}}};
  assign arlen_o   = last_q ? SHORT_LESS[7:0] : LENGTH_LESS[7:0];
  assign arsize_o  = SIZE_WIDE[2:0];
  assign arburst_o = 2'b01;    // INCR
  assign arcache_o = 4'b0011;  // normal memory, not cacheable, bufferable
  assign arprot_o  = 3'b000;   // data, secure, unprivileged
  assign arvalid_o = arvalid_q;
  assign rready_o  = 1'b1;
  assign beat_o    = beat;
  assign error_o   = error_q;
  assign waiting_o = any && !rvalid_i;
  wire unused = &{1'b0, base_i[11:0], first[STEP_BITS-1:0]};
endmodule
`default_nettype wire
