// Fetches the stationary operand of the array, one row of TI elements per cycle, TO rows a tile,
// and keeps one tile ahead of the one in use.
//
// A tile (o, k) holds rows o*TO .. o*TO+TO-1 and elements k*TI .. k*TI+TI-1 of the operand; tiles
// follow each other with k running fastest. The row issued in cycle t reaches the shadow
// registers of the array at the end of cycle t+2; `full_o` is high from three cycles after the
// last row until the streamer takes the tile.
`default_nettype none
module vt_tile_loader #(
  parameter TO         = 4,   // rows of a tile
  parameter WORD_TILES = 1,   // k tiles in one word of the activation side memory
  parameter ADDR_BITS  = 8,
  parameter P_ADDR_BITS = 8,
  parameter COUNT_BITS = 8,
  parameter SUB_BITS   = 1
) (
  input  wire                   clk_i,
  input  wire                   rst_i,
  // next operation; taken when start_i is high, legal while ready_o is high
  input  wire                   start_i,
  output wire                   ready_o,
  input  wire                   b_src_i,          // 0: weights, 1: keys
  input  wire [ADDR_BITS-1:0]   b_base_i,
  input  wire [ADDR_BITS-1:0]   b_stride_i,       // words from row to row
  input  wire [COUNT_BITS-1:0]  k_tiles_i,
  input  wire [COUNT_BITS-1:0]  o_tiles_i,
  input  wire [COUNT_BITS-1:0]  n_rows_i,         // rows of the operand; later ones are zero
  input  wire [P_ADDR_BITS-1:0] p_base_i,
  input  wire                   p_by_row_i,       // parameters follow the streamed row
  // row read
  output wire                   row_valid_o,
  output wire                   row_zero_o,       // beyond the operand
  output wire                   row_src_o,
  output wire [ADDR_BITS-1:0]   row_addr_o,
  output wire [SUB_BITS-1:0]    row_sub_o,
  output wire                   row_k_last_o,
  // parameter read, along with the rows of the first k tile
  output wire                   param_valid_o,
  output wire [P_ADDR_BITS-1:0] param_addr_o,
  // hand-over to the streamer
  output wire                   full_o,
  output wire                   first_tile_o,     // the tile in hand is the first of its operation
  input  wire                   take_i
);
  localparam ROW_BITS = TO > 1 ? $clog2(TO) : 1;
  localparam [31:0] LAST_ROW_WIDE = TO - 1;
  localparam [ROW_BITS-1:0] LAST_ROW = LAST_ROW_WIDE[ROW_BITS-1:0];
  localparam [31:0] LAST_SUB_WIDE = WORD_TILES - 1;
  localparam [SUB_BITS-1:0] LAST_SUB = LAST_SUB_WIDE[SUB_BITS-1:0];
  localparam [1:0] S_IDLE = 2'd0, S_LOAD = 2'd1, S_HOLD = 2'd2;

  reg [1:0]             state_q;
  reg                   src_q, by_row_q;
  reg [ADDR_BITS-1:0]   stride_q, tile_base_q, addr_q, word_q;
  reg [COUNT_BITS-1:0]  k_tiles_q, o_tiles_q, left_q, k_q, o_q;
  reg [P_ADDR_BITS-1:0] p_addr_q;
  reg [SUB_BITS-1:0]    sub_q;
  reg [ROW_BITS-1:0]    row_q;
  reg                   first_q;
  reg                   full_q;

  wire loading  = state_q == S_LOAD;
  wire row_last = row_q == LAST_ROW;
  wire k_last   = k_q == k_tiles_q - 1'b1;
  wire o_last   = o_q == o_tiles_q - 1'b1;
  // Keys lie in words of WORD_TILES tiles, weights in words of one.
  wire word_end = !src_q || sub_q == LAST_SUB;

  assign ready_o       = state_q == S_IDLE;
  assign row_valid_o   = loading;
  // COUNT_BITS is always larger than ROW_BITS.
  assign row_zero_o    = {{(COUNT_BITS - ROW_BITS){1'b0}}, row_q} >= left_q;
  assign row_src_o     = src_q;
  assign row_addr_o    = addr_q;
  assign row_sub_o     = sub_q;
  assign row_k_last_o  = k_last;
  assign param_valid_o = loading && k_q == {COUNT_BITS{1'b0}} && !by_row_q;
  assign param_addr_o  = p_addr_q;
  assign full_o        = full_q;
  assign first_tile_o  = first_q;

  wire [2:0] written;
  vt_delay_control #(.DEPTH(2)) u_written (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(loading && row_last), .taps_o(written)
  );
  wire unused = &{1'b0, written[1:0]};

  always @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= S_IDLE;
      full_q  <= 1'b0;
    end else begin
      if (written[2]) full_q <= 1'b1;
      else if (take_i) full_q <= 1'b0;
      case (state_q)
        S_IDLE: if (start_i) state_q <= S_LOAD;
        S_LOAD: if (row_last) state_q <= S_HOLD;
        S_HOLD: if (take_i) state_q <= (k_last && o_last) ? S_IDLE : S_LOAD;
        default: state_q <= S_IDLE;
      endcase
    end

    if (state_q == S_IDLE && start_i) begin
      src_q       <= b_src_i;
      by_row_q    <= p_by_row_i;
      stride_q    <= b_stride_i;
      k_tiles_q   <= k_tiles_i;
      o_tiles_q   <= o_tiles_i;
      left_q      <= n_rows_i;
      tile_base_q <= b_base_i;
      addr_q      <= b_base_i;
      word_q      <= {ADDR_BITS{1'b0}};
      p_addr_q    <= p_base_i;
      k_q         <= {COUNT_BITS{1'b0}};
      o_q         <= {COUNT_BITS{1'b0}};
      sub_q       <= {SUB_BITS{1'b0}};
      row_q       <= {ROW_BITS{1'b0}};
      first_q     <= 1'b1;
    end
    if (loading) begin
      row_q <= row_last ? {ROW_BITS{1'b0}} : row_q + 1'b1;
      // The address runs on past the last row: it is where the next o tile begins.
      addr_q <= addr_q + stride_q;
      if (param_valid_o) p_addr_q <= p_addr_q + 1'b1;
    end
    if (state_q == S_HOLD && take_i) begin
      first_q <= 1'b0;
      if (k_last) begin
        k_q         <= {COUNT_BITS{1'b0}};
        sub_q       <= {SUB_BITS{1'b0}};
        o_q         <= o_q + 1'b1;
        left_q      <= left_q - TO[COUNT_BITS-1:0];
        word_q      <= {ADDR_BITS{1'b0}};
        tile_base_q <= addr_q - word_q;
        addr_q      <= addr_q - word_q;
      end else begin
        k_q    <= k_q + 1'b1;
        sub_q  <= word_end ? {SUB_BITS{1'b0}} : sub_q + 1'b1;
        word_q <= word_end ? word_q + 1'b1 : word_q;
        addr_q <= tile_base_q + word_q +
                  (word_end ? {{(ADDR_BITS-1){1'b0}}, 1'b1} : {ADDR_BITS{1'b0}});
      end
    end
  end
endmodule
`default_nettype wire
