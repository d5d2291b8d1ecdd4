// argmax_pair: the greater of two scores with its number; of equal ones the left. A row of LUTs compares
// from the low end, each taking the verdict on the bits below it: 3 bits of both scores in the first, 2
// bits in each further one. A last LUT for each bit chooses.
`default_nettype none
module argmax_pair #(
    parameter integer WIDTH = 7,  // bits of a score
    parameter integer INDEX = 0,  // bits of each side's number; 0: it has none yet
    parameter integer STEPS = WIDTH > 3 ? (WIDTH - 2) / 2 : 0,  // LUTs of the row after the first
    // Registers after each LUT of the row, then after the choice: [8*k +: 8] of them after LUT k.
    parameter [8*(STEPS+2)-1:0] REGISTERS = {(STEPS + 2){8'd0}}
) (
    input  wire                             clk,
    input  wire [WIDTH-1:0]                 left_score,
    input  wire [WIDTH-1:0]                 right_score,
    input  wire [(INDEX > 0 ? INDEX:1)-1:0] left_index,
    input  wire [(INDEX > 0 ? INDEX:1)-1:0] right_index,
    output wire [WIDTH-1:0]                 score,
    output wire [INDEX:0]                   index  // the winner's, and above it 1 for the right one
);
    localparam integer LOW   = INDEX > 0 ? INDEX : 1;
    localparam integer SIDE  = WIDTH + LOW;
    localparam integer WHOLE = 3 + 2 * STEPS;  // width that the row covers

    genvar i, k;
    generate
        for (i = 0; i <= STEPS; i = i + 1) begin : g_step
            wire [SIDE-1:0]  left_in, right_in, left, right;  // {number, score} before, after
            wire             verdict_next, verdict;
            wire [WHOLE-1:0] a = {{(WHOLE-WIDTH){1'b0}}, right_in[WIDTH-1:0]};
            wire [WHOLE-1:0] b = {{(WHOLE-WIDTH){1'b0}}, left_in[WIDTH-1:0]};
            if (i == 0) begin : g_first  // address {a, b}: 3 bits each
                assign left_in  = {left_index, left_score};
                assign right_in = {right_index, right_score};
                lut_node #(.K(6), .TABLE(64'h7f3f1f0f07030100)) u_lut (
                    .addr({a[2:0], b[2:0]}), .out(verdict_next));
            end else begin : g_next  // address {a, b, verdict below}
                assign left_in  = g_step[i-1].left;
                assign right_in = g_step[i-1].right;
                lut_node #(.K(5), .TABLE(32'hbf2f0b02)) u_lut (
                    .addr({a[2*i+2:2*i+1], b[2*i+2:2*i+1], g_step[i-1].verdict}),
                    .out(verdict_next));
            end
            pipe_data #(.WIDTH(1 + 2 * SIDE), .DEPTH({24'd0, REGISTERS[8*i+:8]})) u_registers (
                .clk(clk), .in({verdict_next, right_in, left_in}), .out({verdict, right, left}));
            wire unused_ok = &{1'b0, a, b};
        end
    endgenerate

    // Tables ca: address {choice, right, left}.
    wire             right_wins = g_step[STEPS].verdict;
    wire [SIDE-1:0]  chosen;
    generate
        for (k = 0; k < SIDE; k = k + 1) begin : g_bit
            if (k < WIDTH + INDEX) begin : g_choice
                lut_node #(.K(3), .TABLE(8'hca)) u_lut (
                    .addr({right_wins, g_step[STEPS].right[k], g_step[STEPS].left[k]}),
                    .out(chosen[k]));
            end else begin : g_none
                assign chosen[k] = 1'b0;
            end
        end
    endgenerate
    wire [LOW-1:0] low;
    wire           high;
    pipe_data #(.WIDTH(1 + SIDE), .DEPTH({24'd0, REGISTERS[8*(STEPS+1)+:8]})) u_registers (
        .clk(clk), .in({right_wins, chosen}), .out({high, low, score}));
    generate
        if (INDEX > 0) begin : g_index
            assign index = {high, low};
        end else begin : g_first_index
            assign index = high;
            wire unused_ok = &{1'b0, low, g_step[STEPS].left, g_step[STEPS].right};
        end
    endgenerate
endmodule
`default_nettype wire
