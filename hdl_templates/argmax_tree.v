// argmax_tree: number of the greatest of COUNT scores; of equal ones the lowest number wins. A balanced
// tree of pairs: the right one wins only when it is strictly greater, and it has the higher numbers.
`default_nettype none
module argmax_tree #(
    parameter integer COUNT  = 2,  // scores, at least 2
    parameter integer WIDTH  = 1,  // bits of a score
    parameter integer LEVELS = 1,  // bits of a number: 2^LEVELS >= COUNT
    parameter integer DEPTH  = 2 + (WIDTH > 3 ? (WIDTH - 2) / 2 : 0),  // LUTs of a level's path
    // Registers inside: [8*k +: 8] of them after LUT k, from 0, of the path through all levels.
    parameter [8*DEPTH*LEVELS-1:0] REGISTERS = {(DEPTH * LEVELS){8'd0}}
) (
    input  wire                   clk,
    input  wire [COUNT*WIDTH-1:0] in_scores,  // score c at [WIDTH*c +: WIDTH]
    output wire [LEVELS-1:0]      out_index
);
    // Registers of one level.
    function integer level_registers;
        input integer level;
        integer k;
        begin
            level_registers = 0;
            for (k = DEPTH * (level - 1); k < DEPTH * level; k = k + 1)
                level_registers = level_registers + {24'd0, REGISTERS[8*k+:8]};
        end
    endfunction

    genvar l, i;
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
                    wire [(l > 1 ? l - 1 : 1)-1:0] low;
                    pipe_data #(.WIDTH(WIDTH + (l > 1 ? l - 1 : 1)), .DEPTH(level_registers(l)))
                        u_registers (
                            .clk(clk), .out({low, score}),
                            .in({g_level[l-1].g_node[2*i].index, g_level[l-1].g_node[2*i].score}));
                    if (l == 1) begin : g_first
                        assign index = low;
                    end else begin : g_next
                        assign index = {1'b0, low};
                    end
                end else begin : g_pair
                    argmax_pair #(.WIDTH(WIDTH), .INDEX(l - 1), .STEPS(DEPTH - 2),
                                  .REGISTERS(REGISTERS[8*DEPTH*(l-1)+:8*DEPTH])) u_pair (
                        .clk(clk),
                        .left_score(g_level[l-1].g_node[2*i].score),
                        .left_index(g_level[l-1].g_node[2*i].index),
                        .right_score(g_level[l-1].g_node[2*i+1].score),
                        .right_index(g_level[l-1].g_node[2*i+1].index),
                        .score(score), .index(index));
                end
            end
        end
    endgenerate
    wire unused_ok = &{1'b0, clk, g_level[LEVELS].g_node[0].score};
    assign out_index = g_level[LEVELS].g_node[0].index;
endmodule
`default_nettype wire
