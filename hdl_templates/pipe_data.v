// pipe_data: DEPTH registers in a row on a bus. No reset: data are believed only where valid says so.
`default_nettype none
module pipe_data #(
    parameter integer WIDTH = 1,
    parameter integer DEPTH = 1  // 0: a wire
) (
    input  wire             clk,
    input  wire [WIDTH-1:0] in,
    output wire [WIDTH-1:0] out
);
    generate
        if (DEPTH == 0) begin : g_wire
            wire unused_ok = clk;
            assign out = in;
        end else begin : g_registers
            reg  [DEPTH*WIDTH-1:0]     data_q;
            wire [(DEPTH+1)*WIDTH-1:0] row = {data_q, in};  // newest lowest
            always @(posedge clk) data_q <= row[DEPTH*WIDTH-1:0];
            assign out = row[(DEPTH+1)*WIDTH-1:DEPTH*WIDTH];
        end
    endgenerate
endmodule
`default_nettype wire
