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
    localparam integer K = LOW + HIGH;

    // Table of one bit of the sum.
    function [(1<<K)-1:0] sum_table;
        input integer bit_number;
        integer address, k, sum_at;
        begin
            for (address = 0; address < (1 << K); address = address + 1) begin
                sum_at = 0;
                for (k = 0; k < K; k = k + 1)
                    sum_at = sum_at + ((address >> k) % 2) * (k < LOW ? 1 : 2);
                sum_table[address] = ((sum_at >> bit_number) % 2) == 1;
            end
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
