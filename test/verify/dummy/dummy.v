// A design with the ports and taps of an emitted one and nothing behind them: every result is a
// sum over the frame's input plus terms for operation, row and column. See dummy.ts, also for the
// faults that the memory file switches on.
`default_nettype none
module dum__my_core (
  input  wire        clk_i,
  input  wire        rst_i,
  input  wire        in_valid_i,
  output wire        in_ready_o,
  input  wire [23:0] in_data_i,
  input  wire        in_last_i,
  output wire        out_valid_o,
  input  wire        out_ready_i,
  output wire [31:0] out_data_o,
  output wire        out_last_o,
  output wire        frame_o
);
  localparam [3:0] S_INPUT = 4'd0, S_RESULT = 4'd7;
  reg [3:0]  state_q;
  reg [23:0] sum_q;
  reg [7:0]  frames_q;
  reg        toggle_q;
  reg [7:0]  fault_mem [0:0];
  initial $readmemh("mem/fault.mem", fault_mem);
  wire [7:0] fault = fault_mem[0];
  reg [7:0]  row_q, group_q;

  // Operation of each state: columns a lane, rows, groups, order.
  reg [7:0] lanes, rows, groups, op;
  reg       by_row;
  always @* begin
    {lanes, rows, groups, op, by_row} = {8'd2, 8'd3, 8'd3, 8'd0, 1'b0};
    case (state_q)
      4'd2: {lanes, rows, groups, op, by_row} = {8'd2, 8'd2, 8'd2, 8'd1, 1'b0};
      4'd3: {lanes, rows, groups, op, by_row} = {8'd5, 8'd3, 8'd2, 8'd0, 1'b1};
      4'd4: {lanes, rows, groups, op, by_row} = {8'd1, 8'd2, 8'd2, 8'd0, 1'b1};
      4'd5: {lanes, rows, groups, op, by_row} = {8'd1, 8'd2, 8'd2, 8'd1, 1'b1};
      4'd6: {lanes, rows, groups, op, by_row} = {8'd7, 8'd1, 8'd2, 8'd0, 1'b1};
      default: ;
    endcase
  end
  wire last_row   = row_q == rows - 8'd1;
  wire last_group = group_q == groups - 8'd1;
  wire running    = state_q != S_INPUT && state_q != S_RESULT;
  wire beat_in    = in_valid_i && in_ready_o;
  wire beat_out   = out_valid_o && out_ready_i;

  always @(posedge clk_i) begin
    if (rst_i) begin
      state_q  <= S_INPUT;
      row_q    <= 8'd0;
      group_q  <= 8'd0;
      frames_q <= 8'd0;
      toggle_q <= 1'b0;
      if (fault != 8'd6) sum_q <= 24'd0;
    end else if (beat_in) begin
      sum_q <= sum_q + in_data_i;
      if (in_last_i) state_q <= 4'd1;
    end else if (running) begin
      if (by_row) begin
        group_q <= last_group ? 8'd0 : group_q + 8'd1;
        if (last_group) row_q <= last_row ? 8'd0 : row_q + 8'd1;
      end else begin
        row_q <= last_row ? 8'd0 : row_q + 8'd1;
        if (last_row) group_q <= last_group ? 8'd0 : group_q + 8'd1;
      end
      if (last_row && last_group) state_q <= state_q + 4'd1;
    end else if (beat_out) begin
      row_q <= row_q == 8'd3 ? 8'd0 : row_q + 8'd1;
      if (row_q == 8'd3) begin
        state_q  <= S_INPUT;
        frames_q <= frames_q + 8'd1;
        sum_q   <= 24'd0;
      end
    end
    if (!rst_i) toggle_q <= !toggle_q;
  end

  wire [23:0] base = sum_q + 24'd101 * {20'd0, state_q} + 24'd37 * {16'd0, row_q};
  reg  [23:0] lane_value [0:6];
  integer l;
  always @*
    for (l = 0; l < 7; l = l + 1)
      lane_value[l] = base + 24'd11 * ({16'd0, group_q} * {16'd0, lanes} + l[23:0]);

  // Written in no cycle, so it keeps the bit that it starts with.
  reg never_q;
  always @(posedge clk_i) if (state_q == 4'd15) never_q <= 1'b0;

  wire        tap_matmul_valid     = fault != 8'd5 && (state_q == 4'd1 || state_q == 4'd2);
  wire [0:0]  tap_matmul_op        = op[0];
  wire [23:0] tap_matmul_data      = {lane_value[1][11:0], lane_value[0][11:0]};
  wire        tap_layer_norm_valid = state_q == 4'd3;
  wire [0:0]  tap_layer_norm_op    = op[0];
  wire [44:0] tap_layer_norm_data  = {lane_value[4][8:0], lane_value[3][8:0], lane_value[2][8:0],
                                      lane_value[1][8:0], lane_value[0][8:0]};
  wire        tap_softmax_valid    = state_q == 4'd4 || state_q == 4'd5;
  wire [0:0]  tap_softmax_op       = op[0];
  wire [7:0]  tap_softmax_data     = lane_value[0][7:0];
  wire        tap_mean_pool_valid  = state_q == 4'd6;
  wire [0:0]  tap_mean_pool_op     = op[0];
  wire [90:0] tap_mean_pool_data   = {lane_value[6][12:0], lane_value[5][12:0], lane_value[4][12:0],
                                      lane_value[3][12:0], lane_value[2][12:0], lane_value[1][12:0],
                                      lane_value[0][12:0]};

  assign in_ready_o  = state_q == S_INPUT && !(fault == 8'd2 && frames_q == 8'd1);
  assign out_valid_o = state_q == S_RESULT && !(fault == 8'd1 && frames_q == 8'd2) &&
                       !(fault == 8'd4 && toggle_q);
  assign out_data_o  = {{16{base[15]}}, base[15:0] ^ {15'd0, fault == 8'd9 && never_q}};
  assign out_last_o  = row_q == (fault == 8'd3 ? 8'd2 : 8'd3);
  assign frame_o     = beat_out && row_q == 8'd3 && fault != 8'd7;
  wire unused = &{1'b0, op, tap_matmul_valid, tap_matmul_op, tap_matmul_data,
                  tap_layer_norm_valid, tap_layer_norm_op, tap_layer_norm_data,
                  tap_softmax_valid, tap_softmax_op, tap_softmax_data,
                  tap_mean_pool_valid, tap_mean_pool_op, tap_mean_pool_data};
endmodule

module dum__my_top (
  input  wire        aclk,
  input  wire        aresetn,
  input  wire [23:0] s_axis_tdata,
  input  wire        s_axis_tvalid,
  output wire        s_axis_tready,
  input  wire        s_axis_tlast,
  output wire [31:0] m_axis_tdata,
  output wire        m_axis_tvalid,
  input  wire        m_axis_tready,
  output wire        m_axis_tlast,
  input  wire [5:0]  s_axil_awaddr,
  input  wire        s_axil_awvalid,
  output wire        s_axil_awready,
  input  wire [31:0] s_axil_wdata,
  input  wire [3:0]  s_axil_wstrb,
  input  wire        s_axil_wvalid,
  output wire        s_axil_wready,
  output wire [1:0]  s_axil_bresp,
  output wire        s_axil_bvalid,
  input  wire        s_axil_bready,
  input  wire [5:0]  s_axil_araddr,
  input  wire        s_axil_arvalid,
  output wire        s_axil_arready,
  output wire [31:0] s_axil_rdata,
  output wire [1:0]  s_axil_rresp,
  output wire        s_axil_rvalid,
  input  wire        s_axil_rready
);
  wire rst = !aresetn;
  wire frame;
  dum__my_core u_core (
    .clk_i(aclk), .rst_i(rst),
    .in_valid_i(s_axis_tvalid), .in_ready_o(s_axis_tready), .in_data_i(s_axis_tdata), .in_last_i(s_axis_tlast),
    .out_valid_o(m_axis_tvalid), .out_ready_i(m_axis_tready), .out_data_o(m_axis_tdata), .out_last_o(m_axis_tlast),
    .frame_o(frame)
  );

  // ID, CONFIG, ERRORS, FRAMES, CYCLES and WATCHDOG, as in templates/rtl/vt_registers.v.
  reg         bvalid_q, rvalid_q;
  reg  [31:0] rdata_q, watchdog_q, frames_q, cycles_q, since_q;
  wire        write = s_axil_awvalid && s_axil_wvalid && !bvalid_q;
  wire        read  = s_axil_arvalid && !rvalid_q;
  always @(posedge aclk) begin
    if (rst) begin
      bvalid_q   <= 1'b0;
      rvalid_q   <= 1'b0;
      watchdog_q <= 32'd1000;
      frames_q   <= 32'd0;
      cycles_q   <= 32'd0;
      since_q    <= 32'd0;
    end else begin
      bvalid_q <= write || (bvalid_q && !s_axil_bready);
      rvalid_q <= read || (rvalid_q && !s_axil_rready);
      if (write && s_axil_awaddr == 6'h20) watchdog_q <= s_axil_wdata;
      since_q <= frame ? 32'd1 : since_q + 32'd1;
      if (frame) begin
        frames_q <= frames_q + 32'd1;
        cycles_q <= since_q;
      end
    end
    if (read)
      case (s_axil_araddr)
        6'h00:   rdata_q <= 32'h5654524D;
        6'h08:   rdata_q <= 32'hC0FFEE01;
        6'h18:   rdata_q <= frames_q;
        6'h1C:   rdata_q <= cycles_q;
        6'h20:   rdata_q <= watchdog_q;
        default: rdata_q <= 32'd0;
      endcase
  end
  assign s_axil_awready = write;
  assign s_axil_wready  = write;
  assign s_axil_bvalid  = bvalid_q;
  assign s_axil_bresp   = 2'b00;
  assign s_axil_arready = !rvalid_q;
  assign s_axil_rvalid  = rvalid_q;
  assign s_axil_rresp   = 2'b00;
  assign s_axil_rdata   = rdata_q;
  wire unused = &{1'b0, s_axil_wstrb};
endmodule
`default_nettype wire
