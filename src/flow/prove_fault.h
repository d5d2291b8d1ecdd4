/* Faults planted into the netlist that Yosys read, each of which `prove` must catch: the checker
 * checked. One that is proved all the same must be shown to change nothing by another method. */
#ifndef DIFFLUT_FLOW_PROVE_FAULT_H
#define DIFFLUT_FLOW_PROVE_FAULT_H

#include "flow/prove.h"

enum { PROVE_FAULT_KINDS = 9 };

struct prove_fault_row {
    const char *kind;
    size_t planted; /* 0: the netlist has no place for such a fault */
    size_t caught;  /* not proved */
    size_t silent;  /* proved, and shown to change nothing: enumerated over all codes that matter */
    size_t missed;  /* proved, but not shown so */
    size_t by_cosim; /* outputs differ on one of the vectors given */
    bool timing;     /* on registers: what the vectors would show is not estimated */
};

/* Plants `count` faults of each kind, drawn from options->seed. `vectors` [num_vectors][num_features] are
 * the codes of a co-simulation. */
enum err_status prove_faults(const char *folder, const struct manifest *manifest,
                             const struct prove_reference *reference,
                             const struct prove_options *options, size_t count,
                             const uint16_t *vectors, size_t num_vectors,
                             struct prove_fault_row rows[PROVE_FAULT_KINDS], struct err *err);

#endif
