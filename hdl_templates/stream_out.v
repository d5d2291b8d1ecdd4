// stream_out: results to frames of an AXI4-Stream, and the account of how many more results fit.
//
// A frame is 1 + SCORES words of SLOT bits: the class, then the score of each class, little-endian,
// packed without gaps over beats of WIDTH bits; unused bits are 0. TLAST comes with the last beat. TVALID
// does not wait for TREADY, and a beat stays as it is until it is taken.
//
// The pipeline before this module cannot wait. So a sample may enter it only while `room` is high, and
// takes that room with `issue`; it is given back when the result leaves the FIFO. The FIFO is deep enough
// that with a willing reader a sample may enter every PERIOD cycles, or every BEATS if that is longer.
`default_nettype none
module stream_out #(
    parameter integer WIDTH   = 32,  // bits of a beat
    parameter integer SLOT    = 8,   // 8, 16 or 32
    parameter integer CLASS   = 4,   // bits of the class
    parameter integer SCORES  = 0,   // scores behind it
    parameter integer SCORE   = 1,   // bits of a score
    parameter integer LATENCY = 1,   // cycles of the pipeline
    parameter integer PERIOD  = 1    // cycles that a sample takes to come in
) (
    input  wire                          clk,
    input  wire                          rst,
    input  wire                          issue,
    output wire                          room,
    input  wire                          in_valid,
    input  wire [SCORES*SCORE+CLASS-1:0] in_result,  // {scores, class}
    output wire [WIDTH-1:0]              m_axis_tdata,
    output wire                          m_axis_tvalid,
    input  wire                          m_axis_tready,
    output wire                          m_axis_tlast
);
    localparam integer BEATS = ((1 + SCORES) * SLOT + WIDTH - 1) / WIDTH;
    localparam integer BITS  = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam integer FINAL = BEATS - 1;

    // A place is taken for LATENCY + 3 cycles: into stream_in's registers, the pipeline, into the FIFO,
    // out of it. One more holds a result that waits for the frame before it.
    localparam integer PACE   = PERIOD > BEATS ? PERIOD : BEATS;
    localparam integer PLACES = (LATENCY + 3 + PACE - 1) / PACE + 1;
    localparam integer DEPTH  = $clog2(PLACES);
    localparam integer ALL    = 1 << DEPTH;

    wire                          first_valid, pop;
    wire [SCORES*SCORE+CLASS-1:0] first;
    reg  [DEPTH:0]                free_q;  // places that no sample has taken

    stream_fifo #(.WIDTH(SCORES*SCORE+CLASS), .BITS(DEPTH)) u_fifo (
        .clk(clk), .rst(rst), .in_valid(in_valid), .in_data(in_result),
        .out_valid(first_valid), .out_ready(pop), .out_data(first));

    assign room = free_q != {(DEPTH+1){1'b0}};
    always @(posedge clk) begin
        if (rst)                free_q <= ALL[DEPTH:0];
        else if (issue && !pop) free_q <= free_q - 1'b1;
        else if (pop && !issue) free_q <= free_q + 1'b1;
    end

    // Each number in its word.
    wire [BEATS*WIDTH-1:0] frame;
    genvar s;
    generate
        for (s = 0; s < SCORES; s = s + 1) begin : g_score
            assign frame[SLOT*(s+1)+:SLOT] = {{(SLOT-SCORE){1'b0}}, first[SCORE*s+CLASS+:SCORE]};
        end
        if (BEATS * WIDTH > (1 + SCORES) * SLOT) begin : g_rest
            assign frame[BEATS*WIDTH-1:(1+SCORES)*SLOT] = {(BEATS*WIDTH-(1+SCORES)*SLOT){1'b0}};
        end
    endgenerate
    assign frame[SLOT-1:0] = {{(SLOT-CLASS){1'b0}}, first[CLASS-1:0]};

    // The frame on its way out, its next beat lowest.
    reg                   valid_q;
    reg [BITS-1:0]        left_q;  // beats after this one
    reg [BEATS*WIDTH-1:0] frame_q;

    wire last = left_q == {BITS{1'b0}};
    wire next = valid_q && m_axis_tready;

    assign pop           = first_valid && (!valid_q || (next && last));
    assign m_axis_tvalid = valid_q;
    assign m_axis_tdata  = frame_q[WIDTH-1:0];
    assign m_axis_tlast  = last;

    always @(posedge clk) begin
        if (rst)               valid_q <= 1'b0;
        else if (pop)          valid_q <= 1'b1;
        else if (next && last) valid_q <= 1'b0;
    end
    always @(posedge clk) begin
        if (pop) begin
            frame_q <= frame;
            left_q  <= FINAL[BITS-1:0];
        end else if (next) begin
            frame_q <= frame_q >> WIDTH;
            left_q  <= left_q - 1'b1;
        end
    end
endmodule
`default_nettype wire
