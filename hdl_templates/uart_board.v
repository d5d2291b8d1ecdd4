// uart_board: what stands between a board's pins and the stream top: the reset after power-up, by button
// and by a break on the line, the serial line, its protocol (uart_frames), what the LEDs show.
`default_nettype none
module uart_board #(
    parameter integer DIVIDER = 104,  // clock cycles of a bit
    parameter integer BYTES   = 64,   // of a frame
    parameter integer TIMEOUT = 1500000
) (
    input  wire       clk,
    input  wire       button,  // resets while high
    input  wire       rx,
    output wire       tx,
    output wire       rst,     // of the stream top
    output wire       m_axis_tvalid,
    input  wire       m_axis_tready,
    output wire [7:0] m_axis_tdata,
    output wire       m_axis_tlast,
    input  wire       s_axis_tvalid,
    output wire       s_axis_tready,
    input  wire [7:0] s_axis_tdata,
    input  wire       s_axis_tlast,
    output wire [7:0] first_byte,
    output wire       good,
    output wire       bad
);
    // Registers of both FPGA families are 0 after configuration when nothing else is said.
    reg [3:0] power_q = 4'd0;
    reg [1:0] button_q = 2'd0;
    wire      power_rst = power_q != 4'd15;
    always @(posedge clk) begin
        button_q <= {button_q[0], button};
        if (button_q[1])    power_q <= 4'd0;
        else if (power_rst) power_q <= power_q + 4'd1;
    end

    wire       rx_valid, rx_error, rx_break, tx_valid, tx_ready;
    wire [7:0] rx_byte, tx_byte;

    assign rst = power_rst || rx_break;

    uart_rx #(.DIVIDER(DIVIDER)) u_rx (
        .clk(clk), .rst(power_rst), .rx(rx), .out_valid(rx_valid), .out_byte(rx_byte),
        .out_error(rx_error), .out_break(rx_break));
    uart_frames #(.BYTES(BYTES), .TIMEOUT(TIMEOUT)) u_frames (
        .clk(clk), .rst(rst), .rx_valid(rx_valid), .rx_byte(rx_byte), .rx_error(rx_error),
        .tx_valid(tx_valid), .tx_ready(tx_ready), .tx_byte(tx_byte),
        .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready),
        .m_axis_tdata(m_axis_tdata), .m_axis_tlast(m_axis_tlast),
        .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready),
        .s_axis_tdata(s_axis_tdata), .s_axis_tlast(s_axis_tlast),
        .first_byte(first_byte), .good(good), .bad(bad));
    uart_tx #(.DIVIDER(DIVIDER)) u_tx (
        .clk(clk), .rst(rst), .in_valid(tx_valid), .in_ready(tx_ready), .in_byte(tx_byte), .tx(tx));
endmodule
`default_nettype wire
