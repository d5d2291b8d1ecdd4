/* Faults planted into the netlist that Yosys read, each of which `prove` must catch: the checker
 * checked. One that is proved all the same must be shown to change nothing by another method. */
#ifndef DIFFLUT_FLOW_PROVE_FAULT_H
#define DIFFLUT_FLOW_PROVE_FAULT_H

#include "flow/cosim.h"
#include "flow/prove.h"
#include "flow/vectors.h"

enum { PROVE_MAX_FAULT_KINDS = 24 };

struct prove_fault_row {
    const char *kind;
    size_t planted; /* 0: the netlist has no place for such a fault */
    size_t caught;  /* not proved */
    size_t silent;  /* proved, and shown to change nothing (flow/prove_silent.h) */
    size_t missed;  /* proved, but not shown so */
    size_t
        by_cosim; /* the bench of `cosim` would see them with these vectors (flow/prove_cycles.h) */
    bool not_simulated; /* by_cosim says nothing */
    /* Those that were simulated as well (flow/prove_simulate.h): */
    size_t simulated;
    size_t agree; /* by_cosim is what the simulator's bench said */
    size_t
        loops; /* nets depend on themselves: by_cosim leaves them out, and they agree with nothing */
    size_t loops_seen; /* of those the bench saw, or did not come to an end */
    size_t disagrees; /* number, from 1, of the first that neither agrees nor has a loop; 0: none */
    bool disagrees_seen; /* what the bench said of it */
};

/* The first faults of each kind are simulated, too. */
struct prove_sample {
    size_t count; /* 0: none */
    struct cosim_options how;
};

/* Whether faults of the kind are asked for. */
bool prove_fault_wanted(const struct prove_options *options, const char *kind);

/* Plants `count` faults of each kind, drawn from options->seed, into the Verilog or, with
 * options->after_synth, into the mapped netlist that the folder has. Adds a row a kind to
 * rows[*num_rows] of PROVE_MAX_FAULT_KINDS. `vectors` are those of a co-simulation. ERR_DIFF: wrong without a
 * fault, to the proof or, where there is a sample, to the simulator. */
enum err_status prove_faults(const char *folder, const struct manifest *manifest,
                             const struct prove_reference *reference,
                             const struct prove_options *options, size_t count,
                             const struct vectors *vectors, const struct prove_sample *sample,
                             struct prove_fault_row *rows, size_t *num_rows, struct err *err);

#endif
