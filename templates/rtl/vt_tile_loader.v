// Fetches the stationary operand of the array, one row or one column of a tile per cycle, and
// keeps one tile ahead of the one in use.
//
// A tile (o, k) holds TO rows of TI elements. Tiles follow each other with k running fastest.
//   weights       TO words of TI elements, one after the other in memory or in the stream
//   keys by rows  words of TP tokens: the tile's rows are tokens o*KEY_TO .. o*KEY_TO+KEY_TO-1,
//                 its elements part k of their channels (scores)
//   keys by columns  the tile's elements are tokens k*TI .. k*TI+TI-1, its rows part o of their
//                 channels (weighted values): every step brings one element of all KEY_TO rows
// In both key modes the loader walks over tokens and stays with one part of their channels. The
// step issued in cycle t reaches the shadow registers of the array at the end of cycle t+2;
// `full_o` is high from three cycles after the last step until the streamer takes the tile.
`default_nettype none
module vt_tile_loader #(
  parameter TP         = 1,   // tokens of a key word; divides TI and TO
  parameter TI         = 4,
  parameter TO         = 4,
  parameter KEY_TO     = TO,  // rows of a tile of keys; divides TO
  parameter WORD_TILES = 1,   // k tiles in the channels of one key word
  parameter OUT_TILES  = 1,   // o tiles of KEY_TO channels in them
  parameter ADDR_BITS  = 8,
  parameter P_ADDR_BITS = 8,
  parameter COUNT_BITS = 8,   // holds every count and sum of counts that occurs
  parameter SUB_BITS   = 1,   // holds WORD_TILES - 1 and OUT_TILES - 1
  parameter LANE_BITS  = 1    // holds TP - 1
) (
  input  wire                   clk_i,
  input  wire                   rst_i,
  // next operation; taken when start_i is high, legal while ready_o is high
  input  wire                   start_i,
  output wire                   ready_o,
  // 0 weights on chip, 1 keys by rows, 2 keys by columns, 3 weight stream
  input  wire [1:0]             b_src_i,
  input  wire [ADDR_BITS-1:0]   b_base_i,
  input  wire [ADDR_BITS-1:0]   b_stride_i,       // keys: words from TP tokens to the next TP
  input  wire [COUNT_BITS-1:0]  k_tiles_i,
  input  wire [COUNT_BITS-1:0]  o_tiles_i,
  input  wire [COUNT_BITS-1:0]  n_rows_i,         // weight rows or tokens; later ones are zero
  input  wire [P_ADDR_BITS-1:0] p_base_i,
  // streamed weights may come late
  input  wire                   weight_valid_i,
  output wire                   weight_take_o,
  // one step
  output wire                   step_valid_o,
  output wire                   step_zero_o,      // beyond the operand
  output wire [1:0]             step_src_o,
  output wire [ADDR_BITS-1:0]   step_addr_o,
  output wire [LANE_BITS-1:0]   step_lane_o,      // token of the key word
  output wire [SUB_BITS-1:0]    step_sub_o,       // part of its channels
  output wire                   step_last_part_o, // last part: it may be narrower than the tile
  // parameter read, along with the first steps of the first k tile; streamed ones may come late
  input  wire                   param_ready_i,    // the next one is there
  output wire                   param_valid_o,    // it is read
  output wire [P_ADDR_BITS-1:0] param_addr_o,
  // hand-over to the streamer
  output wire                   full_o,
  output wire                   first_tile_o,     // the tile in hand is the first of its operation
  input  wire                   take_i
);
  localparam MOST = TI > TO ? TI : TO;
  localparam STEP_BITS = MOST > 1 ? $clog2(MOST) : 1;
  localparam [31:0] LAST_ROW_WIDE = TO - 1, LAST_STEP_WIDE = MOST - 1;
  localparam [STEP_BITS-1:0] LAST_ROW = LAST_ROW_WIDE[STEP_BITS-1:0];
  localparam [STEP_BITS-1:0] LAST_STEP = LAST_STEP_WIDE[STEP_BITS-1:0];
  localparam [31:0] LAST_LANE_WIDE = TP - 1;
  localparam [LANE_BITS-1:0] LAST_LANE = LAST_LANE_WIDE[LANE_BITS-1:0];
  localparam [31:0] LAST_K_SUB_WIDE = WORD_TILES - 1, LAST_O_SUB_WIDE = OUT_TILES - 1;
  localparam [SUB_BITS-1:0] LAST_K_SUB = LAST_K_SUB_WIDE[SUB_BITS-1:0];
  localparam [SUB_BITS-1:0] LAST_O_SUB = LAST_O_SUB_WIDE[SUB_BITS-1:0];
  localparam [1:0] S_IDLE = 2'd0, S_LOAD = 2'd1, S_HOLD = 2'd2;

  reg [1:0]             state_q;
  reg                   weights_q, stream_q, columns_q;
  reg [ADDR_BITS-1:0]   base_q, stride_q, walk_q, part_q, addr_q;
  reg [COUNT_BITS-1:0]  k_tiles_q, o_tiles_q, rows_q, k_q, o_q, row_q, first_row_q;
  reg [P_ADDR_BITS-1:0] p_addr_q;
  reg [SUB_BITS-1:0]    sub_q;
  reg [LANE_BITS-1:0]   lane_q;
  reg [STEP_BITS-1:0]   step_q;
  reg                   first_q;
  reg                   full_q;

  wire loading   = state_q == S_LOAD;
  wire step      = loading && (!stream_q || weight_valid_i);
  // A tile of keys takes TO cycles at least, because its parameters do.
  wire step_last = step_q == (columns_q ? LAST_STEP : LAST_ROW);
  wire in_columns, in_rows;
  generate
    if (TI < TO) begin : g_wait
      localparam [31:0] COLUMNS_WIDE = TI;
      assign in_columns = step_q < COLUMNS_WIDE[STEP_BITS-1:0];
    end else begin : g_all
      assign in_columns = 1'b1;
    end
    if (KEY_TO < TO) begin : g_wait_rows
      localparam [31:0] KEY_ROWS_WIDE = KEY_TO;
      assign in_rows = weights_q || step_q < KEY_ROWS_WIDE[STEP_BITS-1:0];
    end else begin : g_all_rows
      assign in_rows = 1'b1;
    end
  endgenerate
  wire in_tile   = columns_q ? in_columns : in_rows;
  wire lane_last = lane_q == LAST_LANE;
  wire k_last    = k_q == k_tiles_q - 1'b1;
  wire o_last    = o_q == o_tiles_q - 1'b1;

  assign ready_o          = state_q == S_IDLE;
  assign weight_take_o    = step && stream_q;
  assign step_valid_o     = step && in_tile;
  assign step_zero_o      = row_q >= rows_q;
  assign step_src_o       = {columns_q, !weights_q && !columns_q};
  assign step_addr_o      = addr_q;
  assign step_lane_o      = lane_q;
  assign step_sub_o       = sub_q;
  assign step_last_part_o = columns_q ? o_last : k_last;
  assign param_valid_o    = param;
  assign param_addr_o     = p_addr_q;
  assign full_o           = full_q && !param_wait;
  assign first_tile_o     = first_q;

  // Parameters of an o tile: TO consecutive words, read while its first k tile is loaded or held.
  reg                   param_q;
  reg [STEP_BITS-1:0]   param_step_q;
  wire                  param = param_q && param_ready_i;
  // A tile with late parameters is full no sooner after the last of them than after its last step:
  // its first sums may follow at once, and need them.
  wire [2:0]            param_recent;
  vt_delay_control #(.DEPTH(2)) u_param_recent (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(param_q), .taps_o(param_recent)
  );
  wire                  param_wait = param_recent != 3'd0;

  wire [2:0] written;
  vt_delay_control #(.DEPTH(2)) u_written (
    .clk_i(clk_i), .rst_i(rst_i), .d_i(step && step_last), .taps_o(written)
  );
  wire unused = &{1'b0, written[1:0]};

  wire                 next_tile  = state_q == S_HOLD && take_i;
  wire                 next_part  = columns_q ? k_last : !k_last;  // another part of the channels
  wire [SUB_BITS-1:0]  last_sub   = columns_q ? LAST_O_SUB : LAST_K_SUB;
  wire                 word_end   = sub_q == last_sub;
  wire [ADDR_BITS-1:0] part_next  = part_q + {{(ADDR_BITS-1){1'b0}}, word_end};
  // Where the walk stands when a tile is complete: the tokens of the next tile begin there.
  wire [ADDR_BITS-1:0] walk_next  = addr_q - part_q;

  always @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= S_IDLE;
      full_q  <= 1'b0;
      param_q <= 1'b0;
    end else begin
      if (written[2]) full_q <= 1'b1;
      else if (take_i) full_q <= 1'b0;
      case (state_q)
        S_IDLE: if (start_i) state_q <= S_LOAD;
        S_LOAD: if (step && step_last) state_q <= S_HOLD;
        S_HOLD: if (take_i) state_q <= (k_last && o_last) ? S_IDLE : S_LOAD;
        default: state_q <= S_IDLE;
      endcase
      if (state_q == S_IDLE && start_i) param_q <= 1'b1;
      else if (next_tile && k_last && !o_last) param_q <= 1'b1;
      else if (param && param_step_q == LAST_ROW) param_q <= 1'b0;
    end

    if (param) begin
      param_step_q <= param_step_q + 1'b1;
      p_addr_q     <= p_addr_q + 1'b1;
    end else if (!param_q) begin
      param_step_q <= {STEP_BITS{1'b0}};
    end

    if (state_q == S_IDLE && start_i) begin
      weights_q   <= b_src_i == 2'd0 || b_src_i == 2'd3;
      stream_q    <= b_src_i == 2'd3;
      columns_q   <= b_src_i == 2'd2;
      base_q      <= b_base_i;
      stride_q    <= b_stride_i;
      k_tiles_q   <= k_tiles_i;
      o_tiles_q   <= o_tiles_i;
      rows_q      <= n_rows_i;
      walk_q      <= b_base_i;
      part_q      <= {ADDR_BITS{1'b0}};
      addr_q      <= b_base_i;
      p_addr_q    <= p_base_i;
      k_q         <= {COUNT_BITS{1'b0}};
      o_q         <= {COUNT_BITS{1'b0}};
      row_q       <= {COUNT_BITS{1'b0}};
      first_row_q <= {COUNT_BITS{1'b0}};
      sub_q       <= {SUB_BITS{1'b0}};
      lane_q      <= {LANE_BITS{1'b0}};
      step_q      <= {STEP_BITS{1'b0}};
      first_q     <= 1'b1;
    end
    if (step) begin
      step_q <= step_last ? {STEP_BITS{1'b0}} : step_q + 1'b1;
    end
    if (step && in_tile) begin
      row_q  <= row_q + 1'b1;
      lane_q <= (weights_q || lane_last) ? {LANE_BITS{1'b0}} : lane_q + 1'b1;
      if (weights_q)      addr_q <= addr_q + 1'b1;
      else if (lane_last) addr_q <= addr_q + stride_q;
    end
    if (next_tile) begin
      first_q <= 1'b0;
      k_q     <= k_last ? {COUNT_BITS{1'b0}} : k_q + 1'b1;
      if (k_last) o_q <= o_q + 1'b1;
      if (columns_q) begin
        // The next TI tokens of the same channels; after the last ones, the next channels.
        row_q  <= k_last ? {COUNT_BITS{1'b0}} : row_q;
        addr_q <= k_last ? base_q + part_next : addr_q;
      end else begin
        // The next channels of the same tokens; after the last ones, the next KEY_TO tokens.
        row_q       <= k_last ? row_q : first_row_q;
        first_row_q <= k_last ? row_q : first_row_q;
        walk_q      <= k_last ? walk_next : walk_q;
        if (!weights_q) addr_q <= k_last ? walk_next : walk_q + part_next;
      end
      if (next_part) begin
        sub_q  <= word_end ? {SUB_BITS{1'b0}} : sub_q + 1'b1;
        part_q <= part_next;
      end else if (!columns_q) begin
        sub_q  <= {SUB_BITS{1'b0}};
        part_q <= {ADDR_BITS{1'b0}};
      end
    end
  end
endmodule
`default_nettype wire
