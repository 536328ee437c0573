// Runs the program: fetches an instruction, waits until its conditions hold, starts its unit.
//
// An instruction names a unit, a descriptor of that unit, and for every unit how many operations
// may still be outstanding. Instructions start strictly in order, at most one in three cycles
// (fetch, descriptor, issue). After the last one the program goes on at LOOP_START.
`default_nettype none
module vt_sequencer #(
  parameter LENGTH     = 16,
  parameter LOOP_START = 1,
  parameter PC_BITS    = 4
) (
  input  wire               clk_i,
  input  wire               rst_i,
  input  wire               enable_i,
  // program memory: the instruction appears one cycle after the address, its descriptor two
  output wire [PC_BITS-1:0] pc_o,
  // 0 matmul, 1 layer norm, 2 softmax, 3 pool, 4 input, 5 result
  input  wire [2:0]         unit_i,
  input  wire [1:0]         max_matmul_i,  // outstanding matrix products allowed, 3: any number
  input  wire [4:0]         need_idle_i,   // layer norm, softmax, pool, input, result must be idle
  // units, in the same order
  output wire [5:0]         start_o,
  input  wire [5:0]         ready_i,
  input  wire [5:0]         done_i
);
  localparam [1:0] S_FETCH = 2'd0, S_DESCRIBE = 2'd1, S_ISSUE = 2'd2;
  localparam [31:0] LAST_WIDE = LENGTH - 1;
  localparam [PC_BITS-1:0] LAST = LAST_WIDE[PC_BITS-1:0];
  localparam [31:0] LOOP_WIDE = LOOP_START;
  localparam [PC_BITS-1:0] LOOP = LOOP_WIDE[PC_BITS-1:0];
  reg [1:0]         state_q;
  reg [PC_BITS-1:0] pc_q;
  reg [1:0]         matmuls_q;   // outstanding; never more than three are under way
  reg [4:0]         busy_q;

  wire quiet  = max_matmul_i == 2'd3 || matmuls_q <= max_matmul_i;
  wire ready  = ready_i[unit_i];
  wire issue  = state_q == S_ISSUE && enable_i && quiet && ready &&
                (need_idle_i & busy_q) == 5'd0 && !(unit_i == 3'd0 && matmuls_q == 2'd3);

  always @(posedge clk_i) begin
    if (rst_i) begin
      state_q   <= S_FETCH;
      pc_q      <= {PC_BITS{1'b0}};
      matmuls_q <= 2'd0;
      busy_q    <= 5'd0;
    end else begin
      case (state_q)
        S_FETCH:    state_q <= S_DESCRIBE;
        S_DESCRIBE: state_q <= S_ISSUE;
        default:    if (issue) state_q <= S_FETCH;
      endcase
      if (issue) pc_q <= pc_q == LAST ? LOOP : pc_q + 1'b1;
      matmuls_q <= matmuls_q + {1'b0, start_o[0]} - {1'b0, done_i[0]};
      busy_q    <= (busy_q | start_o[5:1]) & ~done_i[5:1];
    end
  end
  assign pc_o    = pc_q;
  assign start_o = issue ? 6'd1 << unit_i : 6'd0;
endmodule
`default_nettype wire
