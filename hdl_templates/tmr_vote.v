// tmr_vote: bit by bit what two of three copies say, one LUT of three inputs a bit.
//
// Kept as a module of its own by synthesis: three voters of the same copies stay three.
`default_nettype none
(* keep_hierarchy = "yes", dont_touch = "yes" *)
module tmr_vote #(
    parameter integer WIDTH = 1,
    parameter [WIDTH-1:0] READ = {WIDTH{1'b1}}  // bits that something reads; the others are 0
) (
    input  wire [3*WIDTH-1:0] in,  // copy k at [WIDTH*k +: WIDTH]
    output wire [WIDTH-1:0]   out
);
    genvar i;
    generate
        for (i = 0; i < WIDTH; i = i + 1) begin : g_bit
            if (READ[i]) begin : g_read
                lut_node #(.K(3), .TABLE(8'he8)) u_majority (
                    .addr({in[2*WIDTH+i], in[WIDTH+i], in[i]}), .out(out[i]));
            end else begin : g_unread
                assign out[i] = 1'b0;
            end
        end
    endgenerate
    wire unused_ok = &{1'b0, in};
endmodule
`default_nettype wire
