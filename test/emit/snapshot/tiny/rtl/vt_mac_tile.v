// Stationary tile of the array: TO rows of TI elements, twice. The shadow is filled by rows or by
// columns, the active copy is taken over at once by swap_i.
//
// Rows enter at the top row and move down, columns enter at the last element and move down, so
// that both fill directions cost one two-way selection per bit.
//
// Sums that are added up along a chain need the parts of a tile at different times. Element i
// belongs to block i / BLOCK; every part lives a fixed number of cycles behind its inputs, swap
// included, so that the part of a word's tile stands on tile_o for all of that part's words:
//
//   lag of bit b of element i = LAG + (BLOCKS - 1 - i / BLOCK) + b * BIT_LAG
//
// Without lag a word of cycle t meets the tile that swap_i copied at the end of cycle t-1. Columns
// move towards elements of larger lag and wait a cycle on their way into the next block.
`default_nettype none
module vt_mac_tile #(
  parameter TI        = 4,
  parameter TO        = 4,
  parameter B_BITS    = 8,
  parameter BLOCK     = TI,
  parameter BLOCKS    = 1,   // ceil(TI / BLOCK)
  parameter BIT_LAG   = 0,
  parameter COLUMNS   = 1,   // 0: tiles come by rows alone
  parameter LAG       = 0
) (
  input  wire                     clk_i,
  input  wire                     row_valid_i,
  input  wire [TI*B_BITS-1:0]     row_i,
  input  wire                     col_valid_i,
  input  wire [TO*B_BITS-1:0]     col_i,
  input  wire                     swap_i,
  output wire [TO*TI*B_BITS-1:0]  tile_o
);
  localparam MAX_LAG = LAG + BLOCKS - 1 + (B_BITS - 1) * BIT_LAG;

  wire [MAX_LAG:0] shift, by_columns, swap;
  assign shift[0]      = row_valid_i || col_valid_i;
  assign by_columns[0] = col_valid_i;
  assign swap[0]       = swap_i;

  genvar i, b, o;
  generate
    if (MAX_LAG > 0) begin : g_lag
      reg [MAX_LAG-1:0] shift_q, by_columns_q, swap_q;
      always @(posedge clk_i) begin
        shift_q      <= shift[MAX_LAG-1:0];
        by_columns_q <= by_columns[MAX_LAG-1:0];
        swap_q       <= swap[MAX_LAG-1:0];
      end
      assign shift[MAX_LAG:1]      = shift_q;
      assign by_columns[MAX_LAG:1] = by_columns_q;
      assign swap[MAX_LAG:1]       = swap_q;
    end

    for (b = 0; b < B_BITS; b = b + 1) begin : g_plane
      localparam PLANE = LAG + b * BIT_LAG;
      // Bit b of all outputs, which enters at the last element.
      wire [TO-1:0] column, enter;
      for (o = 0; o < TO; o = o + 1) begin : g_column
        assign column[o] = col_i[o*B_BITS + b];
      end
      vt_delay #(.WIDTH(TO), .DEPTH(PLANE + BLOCKS - 1 - (TI - 1) / BLOCK)) u_column (
        .clk_i(clk_i), .d_i(column), .q_o(enter)
      );
      for (i = 0; i < TI; i = i + 1) begin : g_element
        localparam OWN_LAG = PLANE + BLOCKS - 1 - i / BLOCK;
        wire          element;
        wire [TO-1:0] by_row, by_col;
        reg  [TO-1:0] shadow_q, active_q;
        vt_delay #(.WIDTH(1), .DEPTH(OWN_LAG)) u_row (
          .clk_i(clk_i), .d_i(row_i[i*B_BITS + b]), .q_o(element)
        );
        if (TO == 1) begin : g_row
          assign by_row = element;
        end else begin : g_rows
          assign by_row = {element, shadow_q[TO-1:1]};
        end
        if (i == TI - 1) begin : g_enter
          assign by_col = enter;
        end else begin : g_move
          vt_delay #(.WIDTH(TO), .DEPTH(i / BLOCK == (i + 1) / BLOCK ? 0 : 1)) u_move (
            .clk_i(clk_i), .d_i(g_element[i+1].shadow_q), .q_o(by_col)
          );
        end
        always @(posedge clk_i) begin
          if (shift[OWN_LAG])
            shadow_q <= COLUMNS != 0 && by_columns[OWN_LAG] ? by_col : by_row;
          if (swap[OWN_LAG]) active_q <= shadow_q;
        end
        for (o = 0; o < TO; o = o + 1) begin : g_output
          assign tile_o[(o*TI + i)*B_BITS + b] = active_q[o];
        end
      end
    end
  endgenerate

  wire unused = &{1'b0, shift, by_columns, swap};
endmodule
`default_nettype wire
