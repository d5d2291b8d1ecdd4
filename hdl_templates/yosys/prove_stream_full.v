// PROVE_FULL in the proof of a stream top: a pipeline of as many registers whose results are free, so that what is
// proved holds for every model. `difflut-hdl prove` shows by itself that <name>_full is such a pipeline.
`default_nettype none
module `PROVE_FULL (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    in_valid,
    input  wire [`PROVE_CODES-1:0] in_codes,
`ifdef PROVE_SCORES
    output wire [`PROVE_SCORES*`PROVE_SCORE-1:0] out_scores,
`endif
    output wire                    out_valid,
    output wire [`PROVE_CLASS-1:0] out_class
);
    localparam integer DEPTH = `PROVE_LATENCY;
    localparam integer WIDTH = `PROVE_RESULT;

    wire [WIDTH-1:0]           result;   // prove_stream drives it
    wire [DEPTH:0]             valids;   // of each stage, the newest lowest
    wire [(DEPTH+1)*WIDTH-1:0] results;

    assign valids[0]          = in_valid;
    assign results[WIDTH-1:0] = result;
    generate
        if (DEPTH > 0) begin : g_registers
            reg [DEPTH-1:0]       valid_q;
            reg [DEPTH*WIDTH-1:0] result_q;
            always @(posedge clk) begin
                valid_q  <= rst ? {DEPTH{1'b0}} : valids[DEPTH-1:0];
                result_q <= results[DEPTH*WIDTH-1:0];
            end
            assign valids[DEPTH:1]                = valid_q;
            assign results[(DEPTH+1)*WIDTH-1:WIDTH] = result_q;
        end
    endgenerate
    assign out_valid = valids[DEPTH];
    assign out_class = results[DEPTH*WIDTH+:`PROVE_CLASS];
`ifdef PROVE_SCORES
    assign out_scores = results[DEPTH*WIDTH+`PROVE_CLASS+:`PROVE_SCORES*`PROVE_SCORE];
`endif
    wire unused_ok = &{1'b0, clk, rst, in_codes};
endmodule
`default_nettype wire
