// The look-up tables of Lattice ECP5 as Yosys' own $lut cells, for `difflut-hdl prove`: read over the models of the
// same names, which say the same in multiplexers.
module LUT4 (input A, B, C, D, output Z);
    parameter [15:0] INIT = 0;
    \$lut #(.WIDTH(4), .LUT(INIT)) lut (.A({D, C, B, A}), .Y(Z));
endmodule
