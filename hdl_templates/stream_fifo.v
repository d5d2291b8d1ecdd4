// stream_fifo: first in, first out. There is no in_ready: who writes has made sure that there is room.
// What is first can be seen at once.
`default_nettype none
module stream_fifo #(
    parameter integer WIDTH = 8,
    parameter integer BITS  = 1   // holds 2^BITS words
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             in_valid,
    input  wire [WIDTH-1:0] in_data,
    output wire             out_valid,
    input  wire             out_ready,
    output wire [WIDTH-1:0] out_data
);
    reg [WIDTH-1:0] memory [0:(1<<BITS)-1];
    reg [BITS:0]    write_q, read_q;  // words written and read so far

    assign out_valid = write_q != read_q;
    assign out_data  = memory[read_q[BITS-1:0]];

    always @(posedge clk) begin
        if (rst) begin
            write_q <= {(BITS+1){1'b0}};
            read_q  <= {(BITS+1){1'b0}};
        end else begin
            if (in_valid) write_q <= write_q + 1'b1;
            if (out_valid && out_ready) read_q <= read_q + 1'b1;
        end
    end
    always @(posedge clk) begin
        if (in_valid) memory[write_q[BITS-1:0]] <= in_data;
    end
endmodule
`default_nettype wire
