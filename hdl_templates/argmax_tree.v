// argmax_tree: number of the greatest of COUNT scores; of equal ones the lowest number wins. A balanced
// tree of pairs: the right one wins only when it is strictly greater, and it has the higher numbers.
`default_nettype none
module argmax_tree #(
    parameter integer COUNT  = 2,  // scores, at least 2
    parameter integer WIDTH  = 1,  // bits of a score
    parameter integer LEVELS = 1   // bits of a number: 2^LEVELS >= COUNT
) (
    input  wire [COUNT*WIDTH-1:0] in_scores,  // score c at [WIDTH*c +: WIDTH]
    output wire [LEVELS-1:0]      out_index
);
    genvar l, i, k;
    generate
        // Node i of level l has the scores i * 2^l and up, as far as there are any.
        for (l = 0; l <= LEVELS; l = l + 1) begin : g_level
            for (i = 0; i < (COUNT + (1 << l) - 1) >> l; i = i + 1) begin : g_node
                wire [WIDTH-1:0]           score;  // of the winner
                wire [(l > 0 ? l : 1)-1:0] index;  // its number within the node
                if (l == 0) begin : g_leaf
                    assign score = in_scores[WIDTH*i+:WIDTH];
                    assign index = 1'b0;
                    wire unused_ok = index;
                end else if (((2 * i + 1) << (l - 1)) >= COUNT) begin : g_alone
                    assign score = g_level[l-1].g_node[2*i].score;
                    if (l == 1) begin : g_first
                        assign index = g_level[l-1].g_node[2*i].index;
                    end else begin : g_next
                        assign index = {1'b0, g_level[l-1].g_node[2*i].index};
                    end
                end else begin : g_pair
                    wire right;  // the right one wins
                    greater #(.WIDTH(WIDTH)) u_greater (
                        .a(g_level[l-1].g_node[2*i+1].score),
                        .b(g_level[l-1].g_node[2*i].score),
                        .out(right));
                    // Tables ca: address {choice, right, left}.
                    for (k = 0; k < WIDTH; k = k + 1) begin : g_score
                        lut_node #(.K(3), .TABLE(8'hca)) u_lut (
                            .addr({right, g_level[l-1].g_node[2*i+1].score[k],
                                   g_level[l-1].g_node[2*i].score[k]}),
                            .out(score[k]));
                    end
                    for (k = 0; k < l - 1; k = k + 1) begin : g_index
                        lut_node #(.K(3), .TABLE(8'hca)) u_lut (
                            .addr({right, g_level[l-1].g_node[2*i+1].index[k],
                                   g_level[l-1].g_node[2*i].index[k]}),
                            .out(index[k]));
                    end
                    assign index[l-1] = right;
                end
            end
        end
    endgenerate
    wire unused_ok = &{1'b0, g_level[LEVELS].g_node[0].score};
    assign out_index = g_level[LEVELS].g_node[0].index;
endmodule
`default_nettype wire
