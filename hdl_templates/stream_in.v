// stream_in: frames of an AXI4-Stream to samples. A frame is FEATURES codes, feature 0 first, each in
// SLOT bits with its value in the low CODE bits of them, little-endian, packed without gaps over beats
// of WIDTH bits; what is left of the last beat is ignored.
//
// TLAST must come with the last beat and only there. A frame that is shorter or longer is dropped whole
// and counted; the next one starts after its TLAST. Only the last beat of a frame ever waits, and only
// for room for its result, so no sample is given out whose result would have nowhere to go.
`default_nettype none
module stream_in #(
    parameter integer WIDTH    = 32,  // bits of a beat
    parameter integer SLOT     = 8,   // 8 or 16
    parameter integer CODE     = 8,   // at most SLOT
    parameter integer FEATURES = 4
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire [WIDTH-1:0]         s_axis_tdata,
    input  wire                     s_axis_tvalid,
    output wire                     s_axis_tready,
    input  wire                     s_axis_tlast,
    input  wire                     room,         // for one more result (stream_out)
    output wire                     issue,        // takes it: a whole frame is in with this beat
    output wire                     out_valid,    // and its codes are out one cycle later
    output wire [FEATURES*CODE-1:0] out_codes,    // feature f at [CODE*f +: CODE]
    output wire [15:0]              error_count   // frames dropped since the reset; stays at 65535
);
    localparam integer BEATS = (FEATURES * SLOT + WIDTH - 1) / WIDTH;
    localparam integer BITS  = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam integer FINAL = BEATS - 1;

    reg [BITS-1:0]        beat_q;    // of the frame that is coming in
    reg                   over_q;    // it is longer than a frame: until its TLAST nothing counts
    reg                   valid_q;
    reg [15:0]            errors_q;
    reg [BEATS*WIDTH-1:0] data_q;    // the last BEATS beats, the newest highest

    wire final_beat = !over_q && beat_q == FINAL[BITS-1:0];
    wire taken      = s_axis_tvalid && s_axis_tready;
    wire wrong      = taken && !over_q && final_beat != s_axis_tlast;

    assign s_axis_tready = !rst && (room || !final_beat);
    assign issue         = taken && final_beat && s_axis_tlast;
    assign out_valid     = valid_q;
    assign error_count   = errors_q;

    always @(posedge clk) begin
        if (rst) begin
            beat_q   <= {BITS{1'b0}};
            over_q   <= 1'b0;
            valid_q  <= 1'b0;
            errors_q <= 16'd0;
        end else begin
            valid_q <= issue;
            if (taken) begin
                over_q <= !s_axis_tlast && (over_q || final_beat);
                if (s_axis_tlast || over_q || final_beat) beat_q <= {BITS{1'b0}};
                else                                      beat_q <= beat_q + 1'b1;
            end
            if (wrong && errors_q != 16'hffff) errors_q <= errors_q + 16'd1;
        end
    end

    wire [(BEATS+1)*WIDTH-1:0] row = {s_axis_tdata, data_q};
    always @(posedge clk) begin
        if (taken) data_q <= row[(BEATS+1)*WIDTH-1:WIDTH];
    end

    genvar f;
    generate
        for (f = 0; f < FEATURES; f = f + 1) begin : g_code
            assign out_codes[CODE*f+:CODE] = data_q[SLOT*f+:CODE];
        end
    endgenerate
    // The beat that falls out, high bits of slots, the rest of the last beat.
    wire unused_ok = &{1'b0, row[WIDTH-1:0], data_q};
endmodule
`default_nettype wire
