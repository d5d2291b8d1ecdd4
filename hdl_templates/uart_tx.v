// uart_tx: bytes to a serial line, 8 data bits, lowest first, no parity, one stop bit.
`default_nettype none
module uart_tx #(
    parameter integer DIVIDER = 104  // clock cycles of a bit, at least 2
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       in_valid,
    output wire       in_ready,
    input  wire [7:0] in_byte,
    output wire       tx
);
    localparam integer BITS = $clog2(DIVIDER);
    localparam integer FULL = DIVIDER - 1;

    reg            busy_q;
    reg [BITS-1:0] wait_q;   // cycles left of this bit
    reg [3:0]      left_q;   // bits after it
    reg [8:0]      shift_q;  // this bit and those after it
    reg            tx_q;

    wire over = wait_q == {BITS{1'b0}};

    assign in_ready = !busy_q;
    assign tx       = tx_q;

    always @(posedge clk) begin
        if (rst) begin
            busy_q <= 1'b0;
            tx_q   <= 1'b1;
        end else begin
            if (!busy_q)                      busy_q <= in_valid;
            else if (over && left_q == 4'd0)  busy_q <= 1'b0;
            tx_q <= !busy_q || shift_q[0];
        end
    end
    always @(posedge clk) begin
        if (!busy_q) begin
            wait_q  <= FULL[BITS-1:0];
            left_q  <= 4'd9;
            shift_q <= {in_byte, 1'b0};
        end else if (over) begin
            wait_q  <= FULL[BITS-1:0];
            left_q  <= left_q - 4'd1;
            shift_q <= {1'b1, shift_q[8:1]};
        end else begin
            wait_q <= wait_q - 1'b1;
        end
    end
endmodule
`default_nettype wire
