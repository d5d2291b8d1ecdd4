// The pads of a design placed and routed for ice40, for simulation without tri-state: what a PIN_TYPE of
// nextpnr's buffers is, an input or an output.
`default_nettype none
module SB_IO (
    inout  wire PACKAGE_PIN,
    input  wire LATCH_INPUT_VALUE,
    input  wire CLOCK_ENABLE,
    input  wire INPUT_CLK,
    input  wire OUTPUT_CLK,
    input  wire OUTPUT_ENABLE,
    input  wire D_OUT_0,
    input  wire D_OUT_1,
    output wire D_IN_0,
    output wire D_IN_1
);
    parameter [5:0] PIN_TYPE    = 6'b0;
    parameter [0:0] PULLUP      = 1'b0;
    parameter [0:0] NEG_TRIGGER = 1'b0;
    parameter       IO_STANDARD = "SB_LVCMOS";
    generate
        if (PIN_TYPE[5:2] == 4'b0110) begin : g_output
            assign PACKAGE_PIN = D_OUT_0;
        end else begin : g_input
            assign D_IN_0 = PACKAGE_PIN;
        end
    endgenerate
endmodule
`default_nettype wire
