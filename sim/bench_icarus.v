// The Icarus bench of every model: the same as sim/bench.cpp, in Verilog. It drives and records, and
// judges nothing (src/flow/cosim_check.c does).
//
//   vvp bench.vvp +stimulus=FILE +record=FILE +cycles=N [+waveform=FILE +first=N +last=N]
//
// $fread fills a register from its highest byte, which is why a row of the stimulus has its highest
// byte first. A record line is hexadecimal; x and z show as such.
`default_nettype none
`timescale 1ns / 1ns
module bench_icarus;
    reg                       clk = 1'b0;
    reg [`BENCH_STIMULUS-1:0] row, stimulus;
    wire [`BENCH_RECORD-1:0]  record;
    reg [8*256-1:0]           stimulus_name, record_name, waveform_name;
    integer                   in, out, cycle, cycles, first, last, traced;

    bench_top u_bench (.clk(clk), .stimulus(stimulus), .record(record));

    initial begin
        traced = $value$plusargs("waveform=%s", waveform_name)
              && $value$plusargs("first=%d", first) && $value$plusargs("last=%d", last);
        if (!$value$plusargs("stimulus=%s", stimulus_name)
         || !$value$plusargs("record=%s", record_name)
         || !$value$plusargs("cycles=%d", cycles)) begin
            $display("bench: error: usage: +stimulus=FILE +record=FILE +cycles=N");
            $finish_and_return(2);
        end
        in  = $fopen(stimulus_name, "rb");
        out = $fopen(record_name, "wb");
        if (in == 0 || out == 0) begin
            $display("bench: error: cannot open %0s or %0s", stimulus_name, record_name);
            $finish_and_return(2);
        end
        if (traced) begin
            $dumpfile(waveform_name);
            $dumpvars(0, u_bench);
            $dumpoff;
        end
        for (cycle = 0; cycle < cycles; cycle = cycle + 1) begin
            if ($fread(row, in) != `BENCH_STIMULUS / 8) begin
                $display("bench: error: short file %0s", stimulus_name);
                $finish_and_return(2);
            end
            if (traced && cycle == first) $dumpon;
            if (traced && cycle == last + 1) $dumpoff;
            clk = 1'b0;
            stimulus = row;
            #1 $fwrite(out, "%h\n", record);
            clk = 1'b1;
            #1;
        end
        $fclose(out);
        $finish;
    end
endmodule
`default_nettype wire
