// tmr_valid: one copy of the valid bit beside DEPTH registers of data (pipe_valid). Kept as a module of its
// own by synthesis: three copies stay three.
`default_nettype none
(* keep_hierarchy = "yes", dont_touch = "yes" *)
module tmr_valid #(
    parameter integer DEPTH = 1  // 0: a wire
) (
    input  wire clk,
    input  wire rst,
    input  wire in,
    output wire out
);
    pipe_valid #(.DEPTH(DEPTH)) u_valid (.clk(clk), .rst(rst), .in(in), .out(out));
endmodule
`default_nettype wire
