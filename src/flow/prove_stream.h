/* The stream top's handshake, proved: eleven invariants (hdl_templates/yosys/prove_stream.v) that together are kept
 * by every clock cycle and hold after a reset, whatever comes in. The emitted text is read as it is, with the
 * widths it has; only <name>_full gives way to a pipeline of the same latency with free results. Yosys' `sat` does
 * the induction. */
#ifndef DIFFLUT_FLOW_PROVE_STREAM_H
#define DIFFLUT_FLOW_PROVE_STREAM_H

#include "flow/prove.h"

/* Adds one obligation an invariant, part "stream". PROVE_FAILED: an input from the reset on shows it;
 * PROVE_OPEN: the induction does not close. */
enum err_status prove_stream_run(const char *folder, const struct manifest *manifest,
                                 const struct prove_options *options, struct prove_result *result,
                                 struct err *err);

#endif
