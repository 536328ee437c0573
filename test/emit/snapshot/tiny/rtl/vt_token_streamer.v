// Streams tokens past the tile that the array holds: one word of TP tokens and TI elements per
// cycle, ceil(rows / TP) words a pass, one pass per tile. Passes follow each other without a gap as
// long as the loader has the next tile ready; a pass lasts at least MIN_PASS cycles, so that a
// partial sum is written before the next pass reads it, a result before the next operation reads
// it, and an operation outlives its way through the pipeline.
//
// Settings come when the loader starts on their operation, and are in use from its first tile on:
// two operations may be under way.
//
// The tile is taken in cycle t; the first word's address stands on the memory in cycle t+1.
`default_nettype none
module vt_token_streamer #(
  parameter TP          = 1,
  parameter MIN_PASS    = 16,
  parameter WORD_TILES  = 1,  // k tiles in one word of the activation memory
  parameter OUT_TILES   = 1,  // parts of one word of the activation memory: o tiles of values
  parameter OUT_STEP    = 1,  // parts that an o tile of weights writes; divides OUT_TILES
  parameter ADDR_BITS   = 8,
  parameter S_ADDR_BITS = 8,
  parameter O_ADDR_BITS = 8,
  parameter COUNT_BITS  = 8,
  parameter LEAD_BITS   = 1,
  parameter SUB_BITS    = 1
) (
  input  wire                    clk_i,
  input  wire                    rst_i,
  // settings of the operation that the loader starts on
  input  wire                    start_i,
  input  wire [1:0]              a_src_i,         // words of 0 and 3 hold WORD_TILES tiles
  input  wire [ADDR_BITS-1:0]    a_base_i,
  input  wire [ADDR_BITS-1:0]    a_stride_i,
  input  wire [LEAD_BITS-1:0]    lead_i,          // leading rows that are zero
  input  wire [COUNT_BITS-1:0]   rows_i,
  input  wire [COUNT_BITS-1:0]   k_tiles_i,
  input  wire [COUNT_BITS-1:0]   o_tiles_i,
  input  wire [S_ADDR_BITS-1:0]  skip_base_i,
  input  wire [S_ADDR_BITS-1:0]  skip_stride_i,
  input  wire [O_ADDR_BITS-1:0]  out_base_i,
  input  wire [O_ADDR_BITS-1:0]  out_stride_i,
  input  wire [SUB_BITS-1:0]     out_sub_i,       // part of the first word that is written first
  input  wire                    out_split_i,     // the destination's words hold OUT_TILES parts
  input  wire                    out_keys_i,      // products of keys or values: a part each
  // hand-over from the loader
  input  wire                    full_i,
  input  wire                    first_tile_i,
  output wire                    take_o,
  output wire                    take_first_o,    // taken: the first tile of an operation
  // one streamed word
  output wire                    valid_o,
  output wire [TP-1:0]           zero_o,          // tokens that are leading, or beyond the last
  output wire [1:0]              a_src_o,
  output wire [ADDR_BITS-1:0]    addr_o,
  output wire [SUB_BITS-1:0]     sub_o,
  output wire                    k_first_o,
  output wire                    k_last_o,
  output wire                    pass_first_o,    // first word of its pass
  output wire                    op_first_o,      // first word of its operation
  output wire                    op_last_o,       // last word of its operation
  output wire [COUNT_BITS-1:0]   word_o,          // number of the word in its pass
  output wire [S_ADDR_BITS-1:0]  skip_addr_o,
  output wire [O_ADDR_BITS-1:0]  out_addr_o,
  output wire [SUB_BITS-1:0]     out_sub_o,
  output wire                    out_keys_o
);
  localparam [31:0] MIN_COUNT_WIDE = MIN_PASS - 1;
  localparam [COUNT_BITS-1:0] MIN_COUNT = MIN_COUNT_WIDE[COUNT_BITS-1:0];
  localparam [31:0] LAST_SUB_WIDE = WORD_TILES - 1;
  localparam [SUB_BITS-1:0] LAST_SUB = LAST_SUB_WIDE[SUB_BITS-1:0];
  localparam [31:0] OUT_STEP_WIDE = OUT_STEP;
  localparam [31:0] LAST_KEY_SUB_WIDE = OUT_TILES - 1, LAST_OUT_SUB_WIDE = OUT_TILES - OUT_STEP;
  localparam [SUB_BITS-1:0] LAST_KEY_SUB = LAST_KEY_SUB_WIDE[SUB_BITS-1:0];
  localparam [SUB_BITS-1:0] LAST_OUT_SUB = LAST_OUT_SUB_WIDE[SUB_BITS-1:0];
  localparam [31:0] TOKENS_WIDE = TP;
  localparam [COUNT_BITS-1:0] TOKENS = TOKENS_WIDE[COUNT_BITS-1:0];

  // What the loader works on.
  reg [1:0]              ld_src_q;
  reg [ADDR_BITS-1:0]    ld_base_q, ld_stride_q;
  reg [LEAD_BITS-1:0]    ld_lead_q;
  reg [COUNT_BITS-1:0]   ld_rows_q, ld_k_tiles_q, ld_o_tiles_q;
  reg [S_ADDR_BITS-1:0]  ld_skip_base_q, ld_skip_stride_q;
  reg [O_ADDR_BITS-1:0]  ld_out_base_q, ld_out_stride_q;
  reg [SUB_BITS-1:0]     ld_out_sub_q;
  reg                    ld_out_split_q, ld_out_keys_q;
  always @(posedge clk_i)
    if (start_i) begin
      ld_src_q         <= a_src_i;
      ld_base_q        <= a_base_i;
      ld_stride_q      <= a_stride_i;
      ld_lead_q        <= lead_i;
      ld_rows_q        <= rows_i;
      ld_k_tiles_q     <= k_tiles_i;
      ld_o_tiles_q     <= o_tiles_i;
      ld_skip_base_q   <= skip_base_i;
      ld_skip_stride_q <= skip_stride_i;
      ld_out_base_q    <= out_base_i;
      ld_out_stride_q  <= out_stride_i;
      ld_out_sub_q     <= out_sub_i;
      ld_out_split_q   <= out_split_i;
      ld_out_keys_q    <= out_keys_i;
    end

  // What is streamed.
  reg                    running_q, streaming_q;
  reg [1:0]              src_q;
  reg [ADDR_BITS-1:0]    base_q, stride_q, part_q, addr_q;
  reg [LEAD_BITS-1:0]    lead_q;
  reg [COUNT_BITS-1:0]   rows_q, k_tiles_q, o_tiles_q, k_q, o_q, row_q, word_q, beat_q;
  reg [S_ADDR_BITS-1:0]  skip_tile_q, skip_stride_q, skip_addr_q;
  reg [O_ADDR_BITS-1:0]  out_tile_q, out_stride_q, out_addr_q;
  reg [SUB_BITS-1:0]     sub_q, out_sub_q;
  reg                    op_first_q, split_q, out_split_q, out_keys_q;

  wire k_last   = k_q == k_tiles_q - 1'b1;
  wire o_last   = o_q == o_tiles_q - 1'b1;
  // Row counts are those of the first token of a word.
  wire row_last = row_q + TOKENS >= rows_q;
  wire pass_end = row_last && beat_q >= MIN_COUNT;
  // Words of the activation side hold WORD_TILES tiles; those of the other sources hold one.
  wire word_end = !split_q || sub_q == LAST_SUB;
  wire out_end  = !out_split_q || out_sub_q == (out_keys_q ? LAST_KEY_SUB : LAST_OUT_SUB);

  assign take_o       = full_i && (!running_q || pass_end);
  assign take_first_o = take_o && first_tile_i;

  assign valid_o      = running_q && streaming_q;
  assign a_src_o      = src_q;
  assign addr_o       = addr_q;
  assign sub_o        = sub_q;
  assign k_first_o    = k_q == {COUNT_BITS{1'b0}};
  assign k_last_o     = k_last;
  assign pass_first_o = row_q == {COUNT_BITS{1'b0}};
  assign op_first_o   = op_first_q;
  assign op_last_o    = k_last && o_last && row_last;
  assign word_o       = word_q;
  assign skip_addr_o  = skip_addr_q;
  assign out_addr_o   = out_addr_q;
  assign out_sub_o    = out_sub_q;
  assign out_keys_o   = out_keys_q;

  genvar t;
  generate
    for (t = 0; t < TP; t = t + 1) begin : g_token
      localparam [31:0] TOKEN_WIDE = t;
      wire [COUNT_BITS-1:0] row = row_q + TOKEN_WIDE[COUNT_BITS-1:0];
      assign zero_o[t] = row < {{(COUNT_BITS-LEAD_BITS){1'b0}}, lead_q} || row >= rows_q;
    end
  endgenerate

  // The next pass of the same operation.
  wire [ADDR_BITS-1:0]   next_part = k_last ? {ADDR_BITS{1'b0}}
                                            : part_q + {{(ADDR_BITS-1){1'b0}}, word_end};
  wire [S_ADDR_BITS-1:0] next_skip = skip_tile_q + {{(S_ADDR_BITS-1){1'b0}}, k_last};
  wire [SUB_BITS-1:0]    next_sub  = out_keys_q ? out_sub_q + 1'b1
                                                : out_sub_q + OUT_STEP_WIDE[SUB_BITS-1:0];
  wire [O_ADDR_BITS-1:0] next_out  = out_tile_q + {{(O_ADDR_BITS-1){1'b0}}, k_last && out_end};

  always @(posedge clk_i) begin
    if (rst_i) begin
      running_q   <= 1'b0;
      streaming_q <= 1'b0;
    end else if (take_o) begin
      running_q   <= 1'b1;
      streaming_q <= 1'b1;
    end else begin
      if (pass_end) running_q <= 1'b0;
      if (row_last) streaming_q <= 1'b0;
    end

    if (take_o) begin
      row_q      <= {COUNT_BITS{1'b0}};
      word_q     <= {COUNT_BITS{1'b0}};
      beat_q     <= {COUNT_BITS{1'b0}};
      op_first_q <= first_tile_i;
      if (first_tile_i) begin
        src_q         <= ld_src_q;
        base_q        <= ld_base_q;
        stride_q      <= ld_stride_q;
        split_q       <= ld_src_q == 2'd0 || ld_src_q == 2'd3;
        lead_q        <= ld_lead_q;
        rows_q        <= ld_rows_q;
        k_tiles_q     <= ld_k_tiles_q;
        o_tiles_q     <= ld_o_tiles_q;
        skip_stride_q <= ld_skip_stride_q;
        out_stride_q  <= ld_out_stride_q;
        out_split_q   <= ld_out_split_q;
        out_keys_q    <= ld_out_keys_q;
        k_q           <= {COUNT_BITS{1'b0}};
        o_q           <= {COUNT_BITS{1'b0}};
        part_q        <= {ADDR_BITS{1'b0}};
        sub_q         <= {SUB_BITS{1'b0}};
        addr_q        <= ld_base_q;
        skip_tile_q   <= ld_skip_base_q;
        skip_addr_q   <= ld_skip_base_q;
        out_tile_q    <= ld_out_base_q;
        out_addr_q    <= ld_out_base_q;
        out_sub_q     <= ld_out_sub_q;
      end else begin
        k_q         <= k_last ? {COUNT_BITS{1'b0}} : k_q + 1'b1;
        o_q         <= k_last ? o_q + 1'b1 : o_q;
        sub_q       <= (k_last || word_end) ? {SUB_BITS{1'b0}} : sub_q + 1'b1;
        part_q      <= next_part;
        addr_q      <= base_q + next_part;
        skip_tile_q <= next_skip;
        skip_addr_q <= next_skip;
        out_tile_q  <= next_out;
        out_addr_q  <= next_out;
        if (k_last) out_sub_q <= out_end ? {SUB_BITS{1'b0}} : next_sub;
      end
    end else if (running_q) begin
      beat_q <= beat_q + 1'b1;
      if (streaming_q && !row_last) begin
        row_q       <= row_q + TOKENS;
        word_q      <= word_q + 1'b1;
        op_first_q  <= 1'b0;
        addr_q      <= addr_q + stride_q;
        skip_addr_q <= skip_addr_q + skip_stride_q;
        out_addr_q  <= out_addr_q + out_stride_q;
      end
    end
  end
endmodule
`default_nettype wire
