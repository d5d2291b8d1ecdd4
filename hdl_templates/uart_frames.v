// uart_frames: the protocol of the boards' serial line, between bytes and the frames of the stream top.
//
//   to the board    A5, BYTES bytes of codes, one byte that makes the sum of codes and it 0 modulo 256
//   from the board  06 and the bytes of the result; or 15 for a frame that was not right
//
// Between frames every byte but A5 is ignored. A frame is not right when its sum is not 0, when a byte
// of it has a framing error or comes before the last one has found room, or when TIMEOUT cycles pass
// inside it without a byte. Its beginning has gone into the stream top by then; so it is ended with as
// many beats as make it too short or too long, and the stream top drops it.
`default_nettype none
module uart_frames #(
    parameter integer BYTES   = 64,
    parameter integer TIMEOUT = 1500000
) (
    input  wire       clk,
    input  wire       rst,
    // From uart_rx, to uart_tx.
    input  wire       rx_valid,
    input  wire [7:0] rx_byte,
    input  wire       rx_error,
    output wire       tx_valid,
    input  wire       tx_ready,
    output wire [7:0] tx_byte,
    // To the stream top, and from it.
    output wire       m_axis_tvalid,
    input  wire       m_axis_tready,
    output wire [7:0] m_axis_tdata,
    output wire       m_axis_tlast,
    input  wire       s_axis_tvalid,
    output wire       s_axis_tready,
    input  wire [7:0] s_axis_tdata,
    input  wire       s_axis_tlast,
    // To look at.
    output wire [7:0] first_byte,  // of the last result: the class
    output wire       good,        // the last frame was right
    output wire       bad          // the last frame was not
);
    localparam integer COUNT = $clog2(BYTES + 2);
    localparam integer FINAL = BYTES - 1;
    localparam integer TICKS = $clog2(TIMEOUT + 1);

    localparam [7:0] SYNC = 8'ha5, ACK = 8'h06, NAK = 8'h15;

    // ---- bytes to beats ----

    localparam [2:0] IDLE = 3'd0, CODES = 3'd1, CHECK = 3'd2, SPOIL = 3'd3, DRAIN = 3'd4;

    reg [2:0]       state_q;
    reg [COUNT-1:0] count_q;  // beats of this frame so far, the waiting one too
    reg [7:0]       sum_q;
    reg [TICKS-1:0] idle_q;   // cycles without a byte
    reg             beat_valid_q, beat_last_q;
    reg [7:0]       beat_q;   // in CHECK the last code waits here for its verdict

    wire in_frame = state_q == CODES || state_q == CHECK;
    wire late   = idle_q == TIMEOUT[TICKS-1:0];
    wire full   = beat_valid_q && !m_axis_tready;
    wire broken = in_frame && (rx_error || late || (rx_valid && full)
                             || (rx_valid && state_q == CHECK && sum_q + rx_byte != 8'd0));
    wire last_code = count_q == FINAL[COUNT-1:0];

    assign m_axis_tvalid = beat_valid_q;
    assign m_axis_tdata  = beat_q;
    assign m_axis_tlast  = beat_last_q;

    always @(posedge clk) begin
        if (rst) begin
            state_q      <= IDLE;
            beat_valid_q <= 1'b0;
        end else begin
            if (m_axis_tready) beat_valid_q <= 1'b0;
            if (broken) begin
                state_q <= count_q == {COUNT{1'b0}} ? IDLE : SPOIL;
            end else begin
                case (state_q)
                    IDLE: if (rx_valid && rx_byte == SYNC) state_q <= CODES;
                    CODES: if (rx_valid) begin
                        beat_valid_q <= !last_code;
                        if (last_code) state_q <= CHECK;
                    end
                    CHECK: if (rx_valid) begin
                        beat_valid_q <= 1'b1;
                        state_q      <= DRAIN;
                    end
                    // One beat with TLAST is too few, unless it is the last: then two are too many.
                    SPOIL: if (!full) begin
                        beat_valid_q <= 1'b1;
                        if (!last_code) state_q <= DRAIN;
                    end
                    default: if (!full) state_q <= IDLE;
                endcase
            end
        end
    end
    always @(posedge clk) begin
        if (state_q == IDLE) begin
            count_q <= {COUNT{1'b0}};
            sum_q   <= 8'd0;
        end else if (state_q == CODES && rx_valid && !full) begin
            if (!last_code) count_q <= count_q + 1'b1;
            sum_q       <= sum_q + rx_byte;
            beat_q      <= rx_byte;
            beat_last_q <= last_code;
        end else if (state_q == SPOIL && !full) begin
            count_q     <= count_q + 1'b1;
            beat_last_q <= !last_code;
        end
        if (!in_frame || rx_valid) idle_q <= {TICKS{1'b0}};
        else                     idle_q <= idle_q + 1'b1;
    end

    // ---- results to bytes ----

    reg       reply_q;  // 06 is sent: the bytes of the result follow
    reg       begin_q;  // the next of them is the first
    reg       nak_q;    // 15 is due
    reg       good_q, bad_q;
    reg [7:0] first_q;

    wire send_ack = !reply_q && s_axis_tvalid;
    wire send_nak = !reply_q && !s_axis_tvalid && nak_q;
    wire last     = s_axis_tvalid && s_axis_tready && s_axis_tlast;

    assign tx_valid      = send_ack || send_nak || (reply_q && s_axis_tvalid);
    assign tx_byte       = send_ack ? ACK : send_nak ? NAK : s_axis_tdata;
    assign s_axis_tready = reply_q && tx_ready;
    assign first_byte    = first_q;
    assign good          = good_q;
    assign bad           = bad_q;

    always @(posedge clk) begin
        if (rst) begin
            reply_q <= 1'b0;
            nak_q   <= 1'b0;
            good_q  <= 1'b0;
            bad_q   <= 1'b0;
        end else begin
            if (send_ack && tx_ready) reply_q <= 1'b1;
            else if (last)            reply_q <= 1'b0;
            if (broken)                    nak_q <= 1'b1;
            else if (send_nak && tx_ready) nak_q <= 1'b0;
            if (broken || last) begin
                good_q <= !broken;
                bad_q  <= broken;
            end
        end
    end
    always @(posedge clk) begin
        if (!reply_q) begin_q <= 1'b1;
        else if (tx_ready && s_axis_tvalid) begin_q <= 1'b0;
        if (begin_q && s_axis_tvalid && s_axis_tready) first_q <= s_axis_tdata;
    end
endmodule
`default_nettype wire
