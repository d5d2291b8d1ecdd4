// The look-up tables of AMD (Xilinx) devices as Yosys' own $lut cells, for `difflut-hdl prove`: read over the models of the
// same names, which say the same in multiplexers.
module LUT1 (output O, input I0);
    parameter [1:0] INIT = 0;
    \$lut #(.WIDTH(1), .LUT(INIT)) lut (.A({I0}), .Y(O));
endmodule
module LUT2 (output O, input I0, input I1);
    parameter [3:0] INIT = 0;
    \$lut #(.WIDTH(2), .LUT(INIT)) lut (.A({I1, I0}), .Y(O));
endmodule
module LUT3 (output O, input I0, input I1, input I2);
    parameter [7:0] INIT = 0;
    \$lut #(.WIDTH(3), .LUT(INIT)) lut (.A({I2, I1, I0}), .Y(O));
endmodule
module LUT4 (output O, input I0, input I1, input I2, input I3);
    parameter [15:0] INIT = 0;
    \$lut #(.WIDTH(4), .LUT(INIT)) lut (.A({I3, I2, I1, I0}), .Y(O));
endmodule
module LUT5 (output O, input I0, input I1, input I2, input I3, input I4);
    parameter [31:0] INIT = 0;
    \$lut #(.WIDTH(5), .LUT(INIT)) lut (.A({I4, I3, I2, I1, I0}), .Y(O));
endmodule
module LUT6 (output O, input I0, input I1, input I2, input I3, input I4, input I5);
    parameter [63:0] INIT = 0;
    \$lut #(.WIDTH(6), .LUT(INIT)) lut (.A({I5, I4, I3, I2, I1, I0}), .Y(O));
endmodule
module LUT6_2 (output O6, output O5, input I0, input I1, input I2, input I3, input I4, input I5);
    parameter [63:0] INIT = 0;
    \$lut #(.WIDTH(6), .LUT(INIT)) lut6 (.A({I5, I4, I3, I2, I1, I0}), .Y(O6));
    \$lut #(.WIDTH(5), .LUT(INIT[31:0])) lut5 (.A({I4, I3, I2, I1, I0}), .Y(O5));
endmodule
