/* Co-simulation of an emitted folder: every vector through `full` (from codes) and through `core` (from
 * encoder bits), compared on every class score, the class and the cycle the result comes out. A folder
 * with a stream top has it driven too, in a simulation of its own (flow/cosim_stream.h). */
#ifndef DIFFLUT_FLOW_COSIM_H
#define DIFFLUT_FLOW_COSIM_H

#include "base/err.h"
#include "base/text.h"
#include "flow/vectors.h"
#include "hdl/manifest.h"

#include <signal.h>
#include <stdbool.h>

enum { COSIM_MAX_REPORTED = 16 };

struct cosim_options {
    const char *simulator; /* "verilator" or "icarus" */
    const char *verilator; /* program; NULL: on the PATH */
    const char *icarus;    /* program iverilog, vvp beside it; NULL: on the PATH */
    /* Waveform (.fst or .vcd) of the vector that was located, after a right one; else of the first mismatch
     * and its neighbourhood; or NULL. */
    const char *trace;
    const char *after_synth; /* simulate the netlist mapped to this target instead; or NULL */
    /* Verilog of <name>_full, simulated alone in the place of the folder's; or NULL. */
    const struct text *full;
    bool routed;       /* the netlist after place and route */
    const char *yosys; /* program that reads it; NULL: on the PATH */
    unsigned threads;  /* parallel C++ compilations; 0: all cores */
    double time_limit; /* seconds for one child; 0: 3600 */
    uint64_t seed;     /* of the stream's pauses and wrong frames */
    /* Progress lines ("building", "simulating"); may be NULL. */
    void (*progress)(const char *line, void *user);
    void *user;
    const volatile sig_atomic_t *stop; /* set by a signal handler to end early; or NULL */
    /* The reference, for vectors that cosim makes up to locate a mismatch: fills in bits, scores and
     * classes of `vectors` from its codes. NULL: mismatches are not located. */
    enum err_status (*expect)(struct vectors *vectors, void *expect_user, struct err *err);
    void *expect_user;
};

struct cosim_mismatch {
    char top[8]; /* "full", "core" or "stream" */
    size_t vector;
    char what
        [16]; /* "class", "score", "valid" (out_valid high in a wrong cycle), "missing" (low in the
                      cycle of the vector's result); of the stream also "stable" (a beat
                      changed before it was taken), "tlast", "extra", "stuck", "error_count" */
    uint32_t class_index; /* for "score": which class */
    uint64_t expected, got;
    bool unknown; /* got has x or z bits (Icarus only); `got` is then 0 */
    size_t cycle; /* of the clock, the first being 0; the waveform shows it at time 2 * cycle */
};

/* What kind of fault a mismatch comes from (flow/locate.h). */
enum cosim_fault {
    COSIM_FAULT_NOT_LOOKED_FOR,
    COSIM_FAULT_UNSEEN, /* it does not come back when vectors are held; or no names (a mapped net) */
    COSIM_FAULT_ENCODER,   /* a bit is not the step function of its code */
    COSIM_FAULT_WIRE,      /* an address bit of a LUT is not the signal it should be */
    COSIM_FAULT_TABLE,     /* a LUT's output is not its table at its address */
    COSIM_FAULT_GROUP_SUM, /* a score is not the sum of its signals */
    COSIM_FAULT_ARGMAX,    /* the class is not the lowest of the greatest score */
    COSIM_FAULT_REGISTER,  /* the values are right, but in wrong cycles */
    COSIM_FAULT_VALID,     /* out_valid is high or low in a wrong cycle */
    COSIM_FAULT_NETLIST, /* the Verilog does what netlist.txt says, and that is not the reference */
    COSIM_FAULTS
};

/* Where a mismatch starts, and the least that has to change for it. */
struct cosim_located {
    enum cosim_fault fault;
    uint32_t layer, lut, tree; /* WIRE, TABLE: netlist_origin; REGISTER in a layer: layer */
    uint32_t index;            /* ENCODER: bit; WIRE: fan-in; GROUP_SUM: class */
    uint32_t signal;           /* WIRE: number of the signal that should be there */
    uint32_t feature, code;    /* ENCODER: what the bit looks at */
    uint32_t address;          /* TABLE: as the hardware has it */
    char part[16];             /* "encoder", "layer", "group_sum", "argmax", "valid" */
    uint64_t expected, got;    /* bit, score or class; REGISTER: cycles of delay; VALID: bit */
    bool unknown;              /* got has x or z; it is then 0 */
    size_t others;             /* more places like it that the same vector shows */
    /* Two vectors that differ in one code only, one right and one wrong. */
    bool shrunk;
    size_t near,
        differing; /* the right vector they began at; codes in which the mismatch differed */
    uint32_t shrunk_feature, code_right, code_wrong;
    uint16_t *codes; /* [num_features] of the wrong one, or NULL; owned, cosim_result_free() */
};

struct cosim_result {
    size_t vectors; /* of a mapped stream the frames, which are spread over all */
    /* Vectors with any difference: full and core together counted once, the stream apart. */
    size_t mismatches;
    size_t stream_frames, stream_wrong; /* right and wrong frames of the stream; 0: no such top */
    struct cosim_mismatch first[COSIM_MAX_REPORTED]; /* in the order of cycles */
    size_t num_first;
    uint8_t *differs; /* [vectors] whether it is among them; owned, cosim_result_free() */
    struct cosim_located located;
    uint32_t *classes; /* [vectors] class that `full` gave, UINT32_MAX where it gave none; owned,
                          cosim_result_free(); NULL when only a mapped stream was simulated */
    /* Cycles from the first vector to the first out_valid; UINT32_MAX: it never came. */
    uint32_t latency_full, latency_core;
    double build_seconds, run_seconds;
    char tool_version[128];
};

/* Of a mapped netlist there is only the folder's top, `full` or `stream`. ERR_OK also when there are
 * mismatches: the caller decides. ERR_TOOL: simulator missing (says how to get it), crashed, timed out
 * or printed garbage. ERR_FORMAT: folder and vectors do not belong together. Works in a temporary
 * folder below `folder`/sim, removed afterwards. */
enum err_status cosim_run(const char *folder, const struct manifest *manifest,
                          const struct vectors *vectors, const struct cosim_options *options,
                          struct cosim_result *result, struct err *err);
void cosim_result_free(struct cosim_result *result);

#endif
