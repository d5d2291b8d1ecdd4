// bench_top for the stream top alone: a source that offers the beats of beats.hex one after the other, a
// reader, and one record of what was seen a cycle. It has the ports of sim/bench_top.v, so both benches
// drive it. src/flow/cosim_stream.c judges. src/flow/cosim.c defines:
//   BENCH_STREAM              name of the module
//   BENCH_WIDTH, BENCH_BEATS  bits of a beat, beats of beats.hex
//   BENCH_STIMULUS, BENCH_RECORD
`default_nettype none
module bench_top (
    input  wire                       clk,
    input  wire [`BENCH_STIMULUS-1:0] stimulus,  // {rest, ready, send, rst}
    output wire [`BENCH_RECORD-1:0]   record
);
    wire rst   = stimulus[0];
    wire send  = stimulus[1];  // a new beat may be offered; one that is on offer stays
    wire ready = stimulus[2];

    reg [`BENCH_WIDTH:0] beats [0:`BENCH_BEATS-1];  // {last, data}
    reg [31:0]           next_q    = 32'd0;         // beats that were taken
    reg                  offered_q = 1'b0;
    initial $readmemh("beats.hex", beats);

    wire [`BENCH_WIDTH:0]   beat  = beats[next_q];
    wire                    valid = !rst && next_q != `BENCH_BEATS && (send || offered_q);
    wire                    in_ready, out_valid, out_last;
    wire [`BENCH_WIDTH-1:0] out_data;
    wire [15:0]             errors;
    wire                    taken = valid && in_ready;

    always @(posedge clk) begin
        offered_q <= valid && !taken;
        if (taken) next_q <= next_q + 32'd1;
    end

    // Each field fills whole hexadecimal digits, so that an unknown bit spoils no neighbour.
    assign record = {3'b000, taken, 3'b000, out_valid, 3'b000, out_last, errors, out_data};

    `BENCH_STREAM u_stream (
        .clk(clk), .rst(rst),
        .s_axis_tdata(beat[`BENCH_WIDTH-1:0]), .s_axis_tvalid(valid), .s_axis_tready(in_ready),
        .s_axis_tlast(beat[`BENCH_WIDTH]),
        .m_axis_tdata(out_data), .m_axis_tvalid(out_valid), .m_axis_tready(ready),
        .m_axis_tlast(out_last), .error_count(errors));
endmodule
`default_nettype wire
