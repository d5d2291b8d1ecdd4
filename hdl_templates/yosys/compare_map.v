// Yosys techmap: a comparison with a constant becomes one gate a bit, lowest bit first: AND where the
// constant has a 1, OR where it has a 0. The mapper then finds the LUTs. Without it a comparison turns
// into a whole adder first, which takes Yosys minutes for an encoder of thousands of comparisons.
(* techmap_celltype = "$gt" *)
module compare_map (A, B, Y);
    parameter A_SIGNED = 0;
    parameter B_SIGNED = 0;
    parameter A_WIDTH  = 1;
    parameter B_WIDTH  = 1;
    parameter Y_WIDTH  = 1;
    parameter _TECHMAP_CONSTMSK_B_ = 0;
    parameter _TECHMAP_CONSTVAL_B_ = 0;

    input  [A_WIDTH-1:0] A;
    input  [B_WIDTH-1:0] B;
    output [Y_WIDTH-1:0] Y;

    // Only unsigned comparisons of equal widths with a constant, as the emitter writes them.
    wire _TECHMAP_FAIL_ = A_SIGNED != 0 || B_SIGNED != 0 || A_WIDTH != B_WIDTH ||
                          Y_WIDTH != 1 || _TECHMAP_CONSTMSK_B_ != {B_WIDTH{1'b1}};

    wire [A_WIDTH:0] above;  // above[i]: the lowest i bits of A exceed those of B
    assign above[0] = 1'b0;
    genvar i;
    generate
        for (i = 0; i < A_WIDTH; i = i + 1) begin : g_bit
            if (_TECHMAP_CONSTVAL_B_[i]) begin : g_one
                assign above[i+1] = A[i] & above[i];
            end else begin : g_zero
                assign above[i+1] = A[i] | above[i];
            end
        end
    endgenerate
    assign Y = above[A_WIDTH];
endmodule
