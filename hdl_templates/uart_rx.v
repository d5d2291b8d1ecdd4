// uart_rx: bytes from a serial line, 8 data bits, lowest first, no parity, one stop bit. The line is
// looked at in the middle of each bit. A byte whose stop bit is missing is given out as a framing error,
// one of zeros only as a break; after either the line must be high again before the next byte.
`default_nettype none
module uart_rx #(
    parameter integer DIVIDER = 104  // clock cycles of a bit, at least 4
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       rx,
    output wire       out_valid,  // one cycle: a byte
    output wire [7:0] out_byte,
    output wire       out_error,  // one cycle: a framing error, a break too
    output wire       out_break   // one cycle
);
    localparam integer BITS = $clog2(DIVIDER);
    localparam integer FULL = DIVIDER - 1;
    localparam integer HALF = DIVIDER / 2 - 1;

    localparam [1:0] IDLE = 2'd0, START = 2'd1, DATA = 2'd2, HIGH = 2'd3;

    reg [1:0]      line_q;   // synchronised: [1] is the line
    reg [1:0]      state_q;
    reg [BITS-1:0] wait_q;   // cycles until the middle of the bit
    reg [3:0]      count_q;  // bits seen: 8 data bits and the stop bit
    reg [7:0]      byte_q;
    reg            valid_q, error_q, break_q;

    wire line   = line_q[1];
    wire middle = wait_q == {BITS{1'b0}};
    wire stop   = state_q == DATA && middle && count_q == 4'd8;

    assign out_valid = valid_q;
    assign out_byte  = byte_q;
    assign out_error = error_q;
    assign out_break = break_q;

    always @(posedge clk) begin
        line_q <= {line_q[0], rx};
        if (rst) begin
            state_q <= HIGH;
            valid_q <= 1'b0;
            error_q <= 1'b0;
            break_q <= 1'b0;
        end else begin
            valid_q <= stop && line;
            error_q <= stop && !line;
            break_q <= stop && !line && byte_q == 8'd0;
            case (state_q)
                IDLE:  if (!line) state_q <= START;
                START: if (middle) state_q <= line ? IDLE : DATA;  // a spike is no start bit
                DATA:  if (stop) state_q <= line ? IDLE : HIGH;
                HIGH:  if (line) state_q <= IDLE;
            endcase
        end
    end
    always @(posedge clk) begin
        if (state_q == IDLE) wait_q <= HALF[BITS-1:0];
        else if (middle)     wait_q <= FULL[BITS-1:0];
        else                 wait_q <= wait_q - 1'b1;
        if (state_q != DATA) begin
            count_q <= 4'd0;
        end else if (middle && !stop) begin
            count_q <= count_q + 4'd1;
            byte_q  <= {line, byte_q[7:1]};
        end
    end
endmodule
`default_nettype wire
