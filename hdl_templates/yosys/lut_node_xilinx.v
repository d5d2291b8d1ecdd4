// lut_node as the LUT primitive of AMD (Xilinx) devices, for the Yosys scripts: read in the place of
// lut_node.v once everything else is mapped.
`default_nettype none
module lut_node #(
    parameter integer K = 6,
    parameter [(1<<K)-1:0] TABLE = {(1<<K){1'b0}}
) (
    input  wire [K-1:0] addr,
    output wire         out
);
    generate
        case (K)
        1: begin : g_lut1
            LUT1 #(.INIT(TABLE)) lut (.I0(addr[0]), .O(out));
        end
        2: begin : g_lut2
            LUT2 #(.INIT(TABLE)) lut (.I0(addr[0]), .I1(addr[1]), .O(out));
        end
        3: begin : g_lut3
            LUT3 #(.INIT(TABLE)) lut (.I0(addr[0]), .I1(addr[1]), .I2(addr[2]), .O(out));
        end
        4: begin : g_lut4
            LUT4 #(.INIT(TABLE)) lut (.I0(addr[0]), .I1(addr[1]), .I2(addr[2]), .I3(addr[3]), .O(out));
        end
        5: begin : g_lut5
            LUT5 #(.INIT(TABLE)) lut (.I0(addr[0]), .I1(addr[1]), .I2(addr[2]), .I3(addr[3]),
                                      .I4(addr[4]), .O(out));
        end
        default: begin : g_lut6
            LUT6 #(.INIT(TABLE)) lut (.I0(addr[0]), .I1(addr[1]), .I2(addr[2]), .I3(addr[3]),
                                      .I4(addr[4]), .I5(addr[5]), .O(out));
        end
        endcase
    endgenerate
endmodule
`default_nettype wire
