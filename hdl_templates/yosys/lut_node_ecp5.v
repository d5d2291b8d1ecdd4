// lut_node in the primitives of Lattice ECP5, for the Yosys scripts: read in the place of lut_node.v once
// everything else is mapped. Five and six inputs take two and four LUT4 and the dedicated multiplexers
// of their slice, PFUMX on input 4 and L6MUX21 on input 5.
`default_nettype none
module lut_node #(
    parameter integer K = 6,
    parameter [(1<<K)-1:0] TABLE = {(1<<K){1'b0}}
) (
    input  wire [K-1:0] addr,
    output wire         out
);
    localparam [63:0] WHOLE = {(64 >> K){TABLE}};  // unused address bits do not matter
    localparam integer LOW = K < 4 ? K : 4;

    wire [3:0] in = {{(4-LOW+1){1'b0}}, addr[LOW-1:0]};  // one bit too many, cut, for LOW = 4
    genvar i;
    generate
        if (K <= 4) begin : g_lut4
            LUT4 #(.INIT(WHOLE[15:0])) lut (.A(in[0]), .B(in[1]), .C(in[2]), .D(in[3]), .Z(out));
        end else begin : g_wide
            wire [3:0] quarter;
            wire [1:0] half;
            for (i = 0; i < (1 << (K - 4)); i = i + 1) begin : g_quarter
                LUT4 #(.INIT(WHOLE[16*i+:16])) lut (
                    .A(in[0]), .B(in[1]), .C(in[2]), .D(in[3]), .Z(quarter[i]));
            end
            for (i = 0; i < (1 << (K - 5)); i = i + 1) begin : g_half
                PFUMX mux (.ALUT(quarter[2*i+1]), .BLUT(quarter[2*i]), .C0(addr[4]), .Z(half[i]));
            end
            if (K == 5) begin : g_five
                assign out = half[0];
            end else begin : g_six
                L6MUX21 mux (.D0(half[0]), .D1(half[1]), .SD(addr[5]), .Z(out));
            end
        end
    endgenerate
endmodule
`default_nettype wire
