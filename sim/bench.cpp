// The Verilator bench of every model: it drives and records, and judges nothing; the verdict on what
// it saw is given by src/flow/cosim_check.c, the same for every simulator.
//
//   bench STIMULUS RECORD CYCLES [WAVEFORM FIRST LAST]
//
// STIMULUS has one row a cycle: the input port `stimulus` of sim/bench_top.v in whole bytes, highest
// byte first. RECORD gets one line a cycle: the output port `record` in hexadecimal. The outputs are
// read with the cycle's inputs applied and before its clock edge, so a combinational design is seen in
// the same cycle and one with L registers L cycles later. WAVEFORM covers cycles FIRST to LAST.
#include "Vbench.h"
#include "verilated.h"

#if VM_TRACE_FST
#include "verilated_fst_c.h"
typedef VerilatedFstC Waveform;
#elif VM_TRACE
#include "verilated_vcd_c.h"
typedef VerilatedVcdC Waveform;
#endif

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

// A port of up to 64 bits is one unsigned number, a wider one an array of 32-bit words, lowest first:
// these two overloads are all that the rest needs to know of it.
template <typename Number> uint32_t get_word(const Number &port, size_t word)
{
    return static_cast<uint32_t>(static_cast<uint64_t>(port) >> (32 * word));
}
template <std::size_t Words> uint32_t get_word(const VlWide<Words> &port, size_t word)
{
    return port[word];
}

template <typename Number> void set_word(Number &port, size_t word, uint32_t value)
{
    const uint64_t low = word == 0 ? 0 : static_cast<uint64_t>(port) & 0xffffffffU;
    port = static_cast<Number>(low | static_cast<uint64_t>(value) << (32 * word));
}
template <std::size_t Words> void set_word(VlWide<Words> &port, size_t word, uint32_t value)
{
    port[word] = value;
}

template <typename Port> void set_port(Port &port, const std::vector<unsigned char> &row)
{
    const size_t bytes = row.size();

    for (size_t at = 0; at < bytes; at += 4) {
        uint32_t value = 0;
        for (size_t i = 0; i < 4 && at + i < bytes; i++)
            value |= static_cast<uint32_t>(row[bytes - 1 - (at + i)]) << (8 * i);
        set_word(port, at / 4, value);
    }
}

template <typename Port> void put_port(std::string &line, const Port &port, size_t bits)
{
    static const char digits[] = "0123456789abcdef";

    line.clear();
    for (size_t digit = (bits + 3) / 4; digit-- > 0;)
        line += digits[get_word(port, digit / 8) >> (4 * (digit % 8)) & 15];
    line += '\n';
}

int fail(const char *what, const char *name)
{
    std::fprintf(stderr, "bench: error: %s %s\n", what, name);
    return 2;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 7) return fail("usage:", "STIMULUS RECORD CYCLES [WAVEFORM FIRST LAST]");
    const size_t cycles = std::strtoull(argv[3], nullptr, 10);
    std::vector<unsigned char> row(BENCH_STIMULUS / 8);
    std::string line;
    std::FILE *in = std::fopen(argv[1], "rb");
    std::FILE *out = std::fopen(argv[2], "wb");
    if (in == nullptr) return fail("cannot open", argv[1]);
    if (out == nullptr) return fail("cannot open", argv[2]);

    Verilated::commandArgs(1, argv);
    Vbench *bench = new Vbench;
#if VM_TRACE
    Waveform waveform;
    size_t first = 1, last = 0;
    if (argc == 7) {
        Verilated::traceEverOn(true);
        bench->trace(&waveform, 99);
        waveform.open(argv[4]);
        first = std::strtoull(argv[5], nullptr, 10);
        last = std::strtoull(argv[6], nullptr, 10);
    }
#endif
    for (size_t cycle = 0; cycle < cycles; cycle++) {
        if (std::fread(row.data(), row.size(), 1, in) != 1) return fail("short file", argv[1]);
        for (int clk = 0; clk < 2; clk++) {
            bench->clk = static_cast<CData>(clk);
            if (clk == 0) set_port(bench->stimulus, row);
            bench->eval();
#if VM_TRACE
            if (cycle >= first && cycle <= last)
                waveform.dump(static_cast<uint64_t>(2 * cycle + static_cast<size_t>(clk)));
#endif
            if (clk == 0) put_port(line, bench->record, BENCH_RECORD);
            if (clk == 0 && std::fwrite(line.data(), line.size(), 1, out) != 1)
                return fail("cannot write", argv[2]);
        }
    }
#if VM_TRACE
    if (argc == 7) waveform.close();
#endif
    bench->final();
    delete bench;
    std::fclose(in);
    if (std::fclose(out) != 0) return fail("cannot write", argv[2]);
    return 0;
}
