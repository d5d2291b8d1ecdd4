// bit_counter: adds LOW bits of weight 1 and HIGH bits of weight 2 to a number of up to 3 bits, one
// LUT for each bit of the sum. The piece that class sums are built from (a generalised parallel
// counter; 6 to 3 with LOW = 6, HIGH = 0).
`default_nettype none
module bit_counter #(
    parameter integer LOW  = 6,
    parameter integer HIGH = 0,  // LOW + HIGH at most 6, LOW + 2 * HIGH at most 7
    parameter integer BITS = 3   // of the sum; a higher bit must be one that is never set
) (
    input  wire [LOW+HIGH-1:0] in,  // weight 1 in in[LOW-1:0]
    output wire [BITS-1:0]     sum
);
    localparam integer K    = LOW + HIGH;
    localparam integer SIZE = 1 << K;

    // Tables of the inputs themselves: bit a of table k is bit k of address a.
    localparam [383:0] INPUTS = {64'hffffffff00000000, 64'hffff0000ffff0000, 64'hff00ff00ff00ff00,
                                 64'hf0f0f0f0f0f0f0f0, 64'hcccccccccccccccc, 64'haaaaaaaaaaaaaaaa};

    // Table of one bit of the sum: the inputs are added up for all addresses at once, as vectors.
    function [SIZE-1:0] sum_table;
        input integer bit_number;
        integer k;
        reg [SIZE-1:0] ones, twos, fours, added, carry;
        begin
            ones = {SIZE{1'b0}};
            twos = {SIZE{1'b0}};
            fours = {SIZE{1'b0}};
            for (k = 0; k < K; k = k + 1) begin
                added = INPUTS[64*k+:SIZE];
                if (k < LOW) begin
                    carry = ones & added;
                    ones  = ones ^ added;
                    added = carry;
                end
                fours = fours ^ (twos & added);
                twos = twos ^ added;
            end
            sum_table = bit_number == 0 ? ones : bit_number == 1 ? twos : fours;
        end
    endfunction

    genvar i;
    generate
        for (i = 0; i < BITS; i = i + 1) begin : g_bit
            lut_node #(.K(K), .TABLE(sum_table(i))) u_lut (.addr(in), .out(sum[i]));
        end
    endgenerate
endmodule
`default_nettype wire
