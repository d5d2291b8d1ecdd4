/* One simulator: how to build a bench around an emitted model, and how to run it. Each has its own file
 * (verilator.c, icarus.c) and one row in the table of simulator.c. */
#ifndef DIFFLUT_FLOW_SIMULATOR_H
#define DIFFLUT_FLOW_SIMULATOR_H

#include "flow/cosim.h"
#include "flow/process.h"

/* One co-simulation. The work folder holds, before build():
 *   bench.cpp bench.mk bench_top.v bench_stream.v bench_icarus.v   from sim/
 *   sources.f      +define+ lines and source files, for both simulators
 *   stimulus.bin   rows of cosim_plan_write()
 * run() leaves record.txt there, and waveform.fst or .vcd when asked for. */
struct simulation {
    const char *work; /* every tool runs in it, so no name of the user's reaches one */
    const struct manifest *manifest;
    const struct cosim_options *options;
    bool flat;         /* mapped.v, one module without a core, is all there is */
    const char *bench; /* the file with the module bench_top */
    size_t cycles;
    uint32_t stimulus_bits, record_bits;
    const char *waveform; /* "waveform.fst", "waveform.vcd" or NULL; known to build() already */
    size_t first, last;   /* cycles it covers */
};

struct simulator {
    const char *name;
    const char *title; /* "Verilator" */
    enum err_status (*version)(const struct simulation *simulation, char *line, size_t size,
                               struct err *err);
    enum err_status (*build)(const struct simulation *simulation, struct err *err);
    enum err_status (*run)(const struct simulation *simulation, struct err *err);
};

extern const struct simulator simulator_verilator;
extern const struct simulator simulator_icarus;

/* By name; ERR_ARG lists the names there are. */
enum err_status simulator_find(const struct simulator **out, const char *name, struct err *err);

/* Options of a child process in the work folder under this simulation's limits. */
struct process_options simulator_process(const struct simulation *simulation,
                                         const char *const *argv, const char *tool,
                                         const char *install);

/* What run() left in record.txt, for the caller to free. ERR_TOOL: nothing, or more than its cycles. */
enum err_status simulator_record(const struct simulation *simulation, char **record, size_t *size,
                                 struct err *err);

/* `format` for a number as text. */
struct simulator_number {
    char text[64];
};
struct simulator_number simulator_number(const char *format, size_t value)
    __attribute__((format(printf, 1, 0)));

#endif
