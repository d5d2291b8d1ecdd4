// bench_top: both tops of an emitted model side by side, between one row of stimulus and one record of
// results a cycle, so that the benches need to know nothing else. src/flow/cosim.c defines:
//   BENCH_FULL, BENCH_CORE    names of the two modules; a mapped netlist has no core
//   BENCH_CODES, BENCH_BITS   widths of in_codes and in_bits
//   BENCH_CLASS, BENCH_SCORES widths of out_class and, if there is such a port, out_scores
//   BENCH_STIMULUS, BENCH_RECORD
`default_nettype none
module bench_top (
    input  wire                       clk,
    input  wire [`BENCH_STIMULUS-1:0] stimulus,
    output wire [`BENCH_RECORD-1:0]   record
);
    // A row is {flags, codes, encoder bits}, each in whole bytes, at the low end of them.
    localparam integer CODES_AT = (`BENCH_BITS + 7) / 8 * 8;
    localparam integer FLAGS_AT = CODES_AT + (`BENCH_CODES + 7) / 8 * 8;
    wire rst      = stimulus[FLAGS_AT];
    wire in_valid = stimulus[FLAGS_AT+1];

    // A record is the outputs of full, then of core. Every field has at least one 0 bit above it and
    // fills whole hexadecimal digits, so that an unknown bit spoils no neighbour.
    wire                    full_valid;
    wire [`BENCH_CLASS-1:0] full_class;
    wire [3-`BENCH_CLASS%4:0] class_pad = 0;
`ifdef BENCH_SCORES
    wire [`BENCH_SCORES-1:0] full_scores;
    wire [3-`BENCH_SCORES%4:0] scores_pad = 0;
    `define FULL_RECORD 3'b000, full_valid, class_pad, full_class, scores_pad, full_scores
`else
    `define FULL_RECORD 3'b000, full_valid, class_pad, full_class
`endif

    `BENCH_FULL u_full (
        .clk(clk), .rst(rst), .in_valid(in_valid), .in_codes(stimulus[CODES_AT+:`BENCH_CODES]),
`ifdef BENCH_SCORES
        .out_scores(full_scores),
`endif
        .out_valid(full_valid), .out_class(full_class));

`ifdef BENCH_CORE
    wire                    core_valid;
    wire [`BENCH_CLASS-1:0] core_class;
`ifdef BENCH_SCORES
    wire [`BENCH_SCORES-1:0] core_scores;
    assign record = {`FULL_RECORD, 3'b000, core_valid, class_pad, core_class, scores_pad, core_scores};
`else
    assign record = {`FULL_RECORD, 3'b000, core_valid, class_pad, core_class};
`endif

    `BENCH_CORE u_core (
        .clk(clk), .rst(rst), .in_valid(in_valid), .in_bits(stimulus[0+:`BENCH_BITS]),
`ifdef BENCH_SCORES
        .out_scores(core_scores),
`endif
        .out_valid(core_valid), .out_class(core_class));
`else
    assign record = {`FULL_RECORD};
`endif
endmodule
`default_nettype wire
