/* Faults planted into the text of a stream top, each of which the induction of `prove` must refuse: the checker
 * checked. One that it closes for all the same must be shown to change nothing by another method: from every state
 * in which the sound one's invariants hold, both give the same outputs and the same next state. */
#ifndef DIFFLUT_FLOW_PROVE_STREAM_FAULT_H
#define DIFFLUT_FLOW_PROVE_STREAM_FAULT_H

#include "flow/prove_fault.h"

/* Plants `count` faults of each kind, drawn from options->seed, into copies of the folder's texts, and adds a
 * row a kind to rows[*num_rows] of PROVE_MAX_FAULT_KINDS. ERR_DIFF: the text without a fault is not proved. */
enum err_status prove_stream_faults(const char *folder, const struct manifest *manifest,
                                    const struct prove_options *options, size_t count,
                                    struct prove_fault_row *rows, size_t *num_rows,
                                    struct err *err);

#endif
