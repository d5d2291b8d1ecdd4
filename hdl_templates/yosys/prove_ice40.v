// The look-up tables of Lattice iCE40 as Yosys' own $lut cells, for `difflut-hdl prove`: read over the models of the
// same names, which say the same in multiplexers.
module SB_LUT4 (output O, input I0, input I1, input I2, input I3);
    parameter [15:0] LUT_INIT = 0;
    \$lut #(.WIDTH(4), .LUT(LUT_INIT)) lut (.A({I3, I2, I1, I0}), .Y(O));
endmodule
