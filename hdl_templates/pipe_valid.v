// pipe_valid: the valid bit beside DEPTH registers of data. The reset is synchronous, active high and
// clears all of them, so nothing that was on its way before a reset is believed after it.
`default_nettype none
module pipe_valid #(
    parameter integer DEPTH = 1  // 0: a wire
) (
    input  wire clk,
    input  wire rst,
    input  wire in,
    output wire out
);
    generate
        if (DEPTH == 0) begin : g_wire
            wire unused_ok = &{clk, rst};
            assign out = in;
        end else begin : g_registers
            reg  [DEPTH-1:0] valid_q;
            wire [DEPTH:0]   row = {valid_q, in};  // newest lowest
            always @(posedge clk) begin
                if (rst) valid_q <= {DEPTH{1'b0}};
                else     valid_q <= row[DEPTH-1:0];
            end
            assign out = row[DEPTH];
        end
    endgenerate
endmodule
`default_nettype wire
