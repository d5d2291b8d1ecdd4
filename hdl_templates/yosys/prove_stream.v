// The handshake of a stream top, as invariants: when all of them hold in a cycle they hold in the next one, and they
// hold after a reset. `difflut-hdl prove` asks Yosys' `sat` for both (docs/proof.md). All inputs are free in every
// cycle; the first cycle is a reset.
//
// The text between stream_in and stream_out is the emitted one; only <name>_full is another (prove_stream_full.v).
// Registers inside are read by name: what is `taps` here is connected by the proof's script.
`default_nettype none
module prove_stream (
    input  wire                     clk,
    input  wire                     rst_in,
    input  wire [`PROVE_WIDTH-1:0]  s_axis_tdata,
    input  wire                     s_axis_tvalid,
    input  wire                     s_axis_tlast,
    input  wire                     m_axis_tready,
    input  wire [`PROVE_RESULT-1:0] result,  // what the model says to the codes of this cycle
    input  wire                     pick,    // the sample of this cycle is the one to be followed
    input  wire [15:0]              choice,  // the beat of each frame that is to be followed
    input  wire [10:0]              mask,    // which invariants are asked for
    output wire                     ok
);
    localparam integer WIDTH    = `PROVE_WIDTH;
    localparam integer RESULT   = `PROVE_RESULT;
    localparam integer LATENCY  = `PROVE_LATENCY;
    localparam integer BEATS    = `PROVE_BEATS_IN;
    localparam integer BITS     = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam integer OUTS     = `PROVE_BEATS_OUT;
    localparam integer OUT_BITS = OUTS > 1 ? $clog2(OUTS) : 1;
    localparam integer DEPTH    = `PROVE_DEPTH;    // of the FIFO: 2^DEPTH results
    localparam integer ALL      = 1 << DEPTH;
    localparam integer COUNT    = 16;              // bits of what is counted here
    localparam integer FINAL    = BEATS - 1;
    localparam integer OUT_LAST = OUTS - 1;

    reg  started_q;
    wire rst = rst_in || !started_q;
    initial started_q = 1'b0;
    always @(posedge clk) started_q <= 1'b1;

    wire             s_axis_tready, m_axis_tvalid, m_axis_tlast;
    wire [WIDTH-1:0] m_axis_tdata;
    wire [15:0]      error_count;
    `PROVE_STREAM u_dut (
        .clk(clk), .rst(rst), .s_axis_tdata(s_axis_tdata), .s_axis_tvalid(s_axis_tvalid),
        .s_axis_tready(s_axis_tready), .s_axis_tlast(s_axis_tlast), .m_axis_tdata(m_axis_tdata),
        .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready), .m_axis_tlast(m_axis_tlast),
        .error_count(error_count));

    // Taps: registers of the design.
    wire [BITS-1:0]               beat;      // stream_in
    wire                          over;
    wire [BEATS*WIDTH-1:0]        data;
    wire [`PROVE_CODES-1:0]       codes;
    wire [LATENCY:0]              valids;    // prove_stream_full, the newest lowest
    wire [(LATENCY+1)*RESULT-1:0] results;
    wire [DEPTH:0]                free, write, read;  // stream_out, stream_fifo
    wire [ALL*RESULT-1:0]         words;
    wire [OUT_BITS-1:0]           left;
    wire [OUTS*WIDTH-1:0]         frame;

    // --- what the environment sees, counted anew ---

    wire taken     = s_axis_tvalid && s_axis_tready;
    wire given     = m_axis_tvalid && m_axis_tready;
    wire delivered = given && m_axis_tlast;

    // Beats of the frame that comes in; BEATS: it is too long.
    reg [COUNT-1:0] beats_q, issued_q, delivered_q, outs_q, errors_q;
    wire whole = taken && s_axis_tlast && beats_q == FINAL[COUNT-1:0];
    wire wrong = taken && (s_axis_tlast ? beats_q < FINAL[COUNT-1:0] : beats_q == FINAL[COUNT-1:0]);
    always @(posedge clk) begin
        if (rst) begin
            beats_q     <= {COUNT{1'b0}};
            issued_q    <= {COUNT{1'b0}};
            delivered_q <= {COUNT{1'b0}};
            outs_q      <= {COUNT{1'b0}};
            errors_q    <= {COUNT{1'b0}};
        end else begin
            if (taken) beats_q <= s_axis_tlast              ? {COUNT{1'b0}}
                                : beats_q == BEATS[COUNT-1:0] ? beats_q : beats_q + 1'b1;
            if (whole) issued_q <= issued_q + 1'b1;
            if (delivered) delivered_q <= delivered_q + 1'b1;
            if (given) outs_q <= m_axis_tlast ? {COUNT{1'b0}} : outs_q + 1'b1;
            if (wrong && errors_q != {COUNT{1'b1}}) errors_q <= errors_q + 1'b1;
        end
    end

    // --- the account: every place is free, or on its way, or in the FIFO ---

    reg [COUNT-1:0] moving;  // samples in stream_in's register and in the pipeline
    integer i;
    always @* begin
        moving = {COUNT{1'b0}};
        for (i = 0; i <= LATENCY; i = i + 1) moving = moving + valids[i];
    end
    wire [DEPTH:0]   stored_bits = write - read;
    wire [COUNT-1:0] stored  = stored_bits;
    wire [COUNT-1:0] waiting = moving + stored;           // for the frame before them
    wire [COUNT-1:0] flying  = waiting + m_axis_tvalid;   // samples that are in

    wire account_ok = free + waiting == ALL[COUNT-1:0] && stored <= ALL[COUNT-1:0];
    wire count_ok   = issued_q - delivered_q == flying;
    wire input_ok   = over == (beats_q == BEATS[COUNT-1:0]) && beats_q <= BEATS[COUNT-1:0]
                   && beat == (over ? {BITS{1'b0}} : beats_q[BITS-1:0]) && error_count == errors_q;
    // Only the last beat of a frame waits, and only while every place is taken.
    wire ready_ok   = s_axis_tready == (!rst && (beats_q != FINAL[COUNT-1:0] || waiting != ALL[COUNT-1:0]));

    // --- one sample followed: in order, unchanged, once ---

    reg               watch_q;
    reg [COUNT-1:0]   ahead_q;   // samples that are to be delivered before it
    reg [RESULT-1:0]  result_q;  // its result
    always @(posedge clk) begin
        if (rst) watch_q <= 1'b0;
        else if (watch_q) watch_q <= !(delivered && ahead_q == {COUNT{1'b0}});
        else watch_q <= pick && valids[0];
        if (watch_q) ahead_q <= ahead_q - delivered;
        else ahead_q <= flying - 1'b1 - delivered;
        if (!watch_q) result_q <= results[RESULT-1:0];
    end

    // Its frame: the class, then each score, each in its word.
    reg [OUTS*WIDTH-1:0] expected;
    integer w, b;
    always @* begin
        expected = {(OUTS*WIDTH){1'b0}};
        for (b = 0; b < `PROVE_CLASS; b = b + 1) expected[b] = result_q[b];
`ifdef PROVE_SCORES
        for (w = 0; w < `PROVE_SCORES; w = w + 1)
            for (b = 0; b < `PROVE_SCORE; b = b + 1)
                expected[(w+1)*`PROVE_SLOT+b] = result_q[`PROVE_CLASS+w*`PROVE_SCORE+b];
`endif
    end

    wire [COUNT-1:0] behind = ahead_q - m_axis_tvalid;  // place among those that wait
    wire             first  = m_axis_tvalid && ahead_q == {COUNT{1'b0}};
    reg  place_ok;
    reg  [COUNT-1:0] place;
    integer n;
    always @* begin
        place_ok = ahead_q < flying;
        place    = {COUNT{1'b0}};
        // In the FIFO, the oldest at `read`.
        for (n = 0; n < ALL; n = n + 1) begin
            place = n[COUNT-1:0] - read;
            if (!first && behind < stored && behind[DEPTH-1:0] == place[DEPTH-1:0]
                && words[n*RESULT+:RESULT] != result_q) place_ok = 1'b0;
        end
        // In the pipeline, the oldest highest.
        place = stored;
        for (n = LATENCY; n >= 0; n = n - 1) begin
            if (!first && valids[n] && place == behind && results[n*RESULT+:RESULT] != result_q)
                place_ok = 1'b0;
            place = place + valids[n];
        end
        // On its way out.
        if (first && frame != expected >> (outs_q * WIDTH)) place_ok = 1'b0;
        if (!watch_q) place_ok = 1'b1;
    end
    wire order_ok = place_ok && (!watch_q || !first || m_axis_tdata == expected[outs_q*WIDTH+:WIDTH]);

    // --- frames out ---

    wire out_ok = m_axis_tvalid ? outs_q <= OUT_LAST[COUNT-1:0] && left == OUT_LAST[COUNT-1:0] - outs_q
                                : outs_q == {COUNT{1'b0}};
    wire tlast_ok = !m_axis_tvalid || m_axis_tlast == (outs_q == OUT_LAST[COUNT-1:0]);

    reg             stalled_q, idle_q, reset_q, last_q;
    reg [WIDTH-1:0] data_q;
    always @(posedge clk) begin
        stalled_q <= !rst && m_axis_tvalid && !m_axis_tready;
        idle_q    <= !rst && !m_axis_tvalid && stored != {COUNT{1'b0}};
        reset_q   <= rst;
        data_q    <= m_axis_tdata;
        last_q    <= m_axis_tlast;
    end
    wire stable_ok = !stalled_q || (m_axis_tvalid && m_axis_tdata == data_q && m_axis_tlast == last_q);
    wire moves_ok  = !idle_q || m_axis_tvalid;
    wire reset_ok  = !reset_q || (flying == {COUNT{1'b0}} && !m_axis_tvalid && error_count == 16'd0);

    // --- codes: one beat of a frame followed, any one ---

    reg [COUNT-1:0] chosen_q;  // which
    reg [WIDTH-1:0] beat_q;    // as it came
    always @(posedge clk) begin
        if (rst) chosen_q <= choice;
        if (taken && beats_q == chosen_q) beat_q <= s_axis_tdata;
    end
    // The newest beat is highest in `data`. A sample is in there until the next frame begins.
    wire             here   = chosen_q < (valids[0] ? BEATS[COUNT-1:0] : over ? {COUNT{1'b0}} : beats_q);
    wire [COUNT-1:0] at_all = valids[0] ? chosen_q : BEATS[COUNT-1:0] - beats_q + chosen_q;
    wire [BITS-1:0]  at     = at_all[BITS-1:0];  // below BEATS while it is here
    wire [BEATS-1:0] differs;
    wire [`PROVE_CODES-1:0] wanted;
    genvar g;
    generate
        for (g = 0; g < BEATS; g = g + 1) begin : g_beat
            assign differs[g] = at == g && data[g*WIDTH+:WIDTH] != beat_q;
        end
        for (g = 0; g < `PROVE_CODES / `PROVE_CODE; g = g + 1) begin : g_wanted
            assign wanted[g*`PROVE_CODE+:`PROVE_CODE] = data[g*`PROVE_CODE_SLOT+:`PROVE_CODE];
        end
    endgenerate
    wire codes_ok = !(here && |differs) && (!valids[0] || (beats_q == {COUNT{1'b0}} && codes == wanted));

`ifdef PROVE_SEEN
    // All that leaves the design, for the comparison of two. Inverted, it is no register's own wire.
    (* keep *) wire [`PROVE_CODES+WIDTH+18:0] seen =
        ~{codes, error_count, m_axis_tdata, m_axis_tlast, m_axis_tvalid, s_axis_tready};
`endif

    // --- the verdict ---

    wire [10:0] holds = {codes_ok, reset_ok, moves_ok, stable_ok, tlast_ok, out_ok, order_ok, ready_ok,
                         input_ok, count_ok, account_ok};
    assign ok = !started_q || &(holds | ~mask);
endmodule
`default_nettype wire
