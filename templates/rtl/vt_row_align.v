// Brings the sums of rows with steps of their own to the finest step, in which the biases and
// shifts of their operations are: to the left by ROW_EXPONENT - e, in one stage without a register.
// Sums of other rows stay. Without steps per token (ROW_EXPONENT = 0) it is wiring.
//
// A word's address is asked for in the cycle of its issue, its steps come in the next one, and wait
// DELAY cycles for its sums.
`default_nettype none
module vt_row_align #(
  parameter TP           = 1,
  parameter TO           = 4,
  parameter ACC_BITS     = 24,
  parameter ROW_EXPONENT = 0,
  parameter STEP_BITS    = 1,  // holds ROW_EXPONENT
  parameter ADDR_BITS    = 1,
  parameter COUNT_BITS   = 8,
  parameter DELAY        = 5
) (
  input  wire                      clk_i,
  input  wire                      start_i,   // an operation is loaded: base_i is its
  input  wire                      take_i,    // its first tile is taken
  input  wire [ADDR_BITS-1:0]      base_i,
  input  wire [COUNT_BITS-1:0]     word_i,    // its word that is issued
  input  wire                      own_i,     // with it: its rows have steps of their own
  output wire [ADDR_BITS-1:0]      addr_o,
  input  wire [TP*STEP_BITS-1:0]   step_i,    // ROW_EXPONENT - e of each row
  input  wire [TP*TO*ACC_BITS-1:0] sum_i,
  output wire [TP*TO*(ACC_BITS+ROW_EXPONENT)-1:0] sum_o
);
  localparam BITS = ACC_BITS + ROW_EXPONENT;
  genvar l;
  generate
    if (ROW_EXPONENT != 0) begin : g_steps
      reg [ADDR_BITS-1:0]            loaded_q, base_q;
      reg                            own_q;
      wire [ADDR_BITS+COUNT_BITS-1:0] addr = {{COUNT_BITS{1'b0}}, base_q} +
                                             {{ADDR_BITS{1'b0}}, word_i};
      wire [TP*STEP_BITS-1:0]        step;
      always @(posedge clk_i) begin
        if (start_i) loaded_q <= base_i;
        if (take_i) base_q <= loaded_q;
        own_q <= own_i;
      end
      assign addr_o = addr[ADDR_BITS-1:0];
      vt_delay #(.WIDTH(TP*STEP_BITS), .DEPTH(DELAY)) u_step (
        .clk_i(clk_i), .d_i(own_q ? step_i : {(TP*STEP_BITS){1'b0}}), .q_o(step)
      );
      for (l = 0; l < TP * TO; l = l + 1) begin : g_lane
        localparam T = l / TO;  // token
        wire [ACC_BITS-1:0] own  = sum_i[l*ACC_BITS +: ACC_BITS];
        wire [BITS-1:0]     wide = {{ROW_EXPONENT{own[ACC_BITS-1]}}, own};
        assign sum_o[l*BITS +: BITS] = wide << step[T*STEP_BITS +: STEP_BITS];
      end
      wire unused = &{1'b0, addr};
    end else begin : g_one_step
      assign addr_o = {ADDR_BITS{1'b0}};
      assign sum_o  = sum_i;
      wire unused = &{1'b0, clk_i, start_i, take_i, base_i, word_i, own_i, step_i};
    end
  endgenerate
endmodule
`default_nettype wire
