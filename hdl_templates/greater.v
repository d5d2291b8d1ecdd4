// greater: whether a > b, both unsigned. A row of LUTs from the low end, each taking the verdict on the
// bits below it: 3 bits of a and b in the first, 2 bits in each further one.
`default_nettype none
module greater #(
    parameter integer WIDTH = 7
) (
    input  wire [WIDTH-1:0] a,
    input  wire [WIDTH-1:0] b,
    output wire             out
);
    localparam integer STEPS = WIDTH > 3 ? (WIDTH - 2) / 2 : 0;  // LUTs after the first
    localparam integer WHOLE = 3 + 2 * STEPS;                     // width they cover

    wire [WHOLE:0] a_whole = {{(WHOLE+1-WIDTH){1'b0}}, a};
    wire [WHOLE:0] b_whole = {{(WHOLE+1-WIDTH){1'b0}}, b};
    wire           unused_ok = &{1'b0, a_whole[WHOLE], b_whole[WHOLE]};  // always 0

    genvar i;
    generate
        for (i = 0; i <= STEPS; i = i + 1) begin : g_step
            wire verdict;
            if (i == 0) begin : g_first  // address {a, b}: 3 bits each
                lut_node #(.K(6), .TABLE(64'h7f3f1f0f07030100)) u_lut (
                    .addr({a_whole[2:0], b_whole[2:0]}), .out(verdict));
            end else begin : g_next  // address {a, b, verdict below}
                lut_node #(.K(5), .TABLE(32'hbf2f0b02)) u_lut (
                    .addr({a_whole[2*i+2:2*i+1], b_whole[2*i+2:2*i+1], g_step[i-1].verdict}),
                    .out(verdict));
            end
        end
    endgenerate
    assign out = g_step[STEPS].verdict;
endmodule
`default_nettype wire
