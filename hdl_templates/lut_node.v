// lut_node: one look-up table. Bit a of TABLE is the output for address a; addr[0] is fan-in 0.
//
// Yosys gets the table as a $lut cell, which it keeps as it is: mapping is exact and more than ten
// times faster than from a look-up. Read it with `read_verilog -icells`; for targets whose LUTs are
// smaller than K define LUT_NODE_PLAIN, so that the table is taken apart as logic.
`default_nettype none
module lut_node #(
    parameter integer K = 6,                       // fan-in, 1..6
    parameter [(1<<K)-1:0] TABLE = {(1<<K){1'b0}}  // bit a is the output for address a
) (
    input  wire [K-1:0] addr,
    output wire         out
);
`ifdef YOSYS
`ifndef LUT_NODE_PLAIN
`define LUT_NODE_CELL
`endif
`endif
`ifdef LUT_NODE_CELL
    \$lut #(.WIDTH(K), .LUT(TABLE)) lut (.A(addr), .Y(out));
`else
    assign out = TABLE[addr];
`endif
endmodule
`default_nettype wire
