/* The stream top's handshake, proved: eleven invariants (hdl_templates/yosys/prove_stream.v) that together are kept
 * by every clock cycle and hold after a reset, whatever comes in. The emitted text is read as it is, with the
 * widths it has; only <name>_full gives way to a pipeline of the same latency with free results. Yosys' `sat` does
 * the induction. */
#ifndef DIFFLUT_FLOW_PROVE_STREAM_H
#define DIFFLUT_FLOW_PROVE_STREAM_H

#include "base/text.h"
#include "flow/prove.h"

/* Adds one obligation an invariant, part "stream". PROVE_FAILED: an input from the reset on shows it;
 * PROVE_OPEN: the induction does not close. */
enum err_status prove_stream_run(const char *folder, const struct manifest *manifest,
                                 const struct prove_options *options, struct prove_result *result,
                                 struct err *err);

/* --- for planted faults (flow/prove_stream_fault.h) --- */

enum { PROVE_STREAM_TEXTS = 4, PROVE_STREAM_PATH = 96, PROVE_STREAM_PLACE = 64 };

/* Emitted file i whose text is proved: the top, stream_in.v, stream_out.v, stream_fifo.v. */
void prove_stream_path(const struct manifest *manifest, size_t i, char path[PROVE_STREAM_PATH]);

/* The work folder as Yosys, which runs in the emitted one, is told. */
void prove_stream_place(const char *work, char place[PROVE_STREAM_PLACE]);
/* What Yosys wrote into a file of the work folder, NUL-terminated; the caller frees it. */
enum err_status prove_stream_read_log(const char *work, const char *name, char **log,
                                      struct err *err);

/* Pieces of a Yosys script: our files, read with `define` ("-D NAME " or ""), which are written into the work folder `work` ("prove/..." to Yosys:
 * `place`); then, once the emitted ones are read, too, all of it in one flat module, which is the current one; then the
 * induction, `how` being further options of `sat`. */
enum err_status prove_stream_add_ours(struct text *script, const struct manifest *manifest,
                                      const char *define, const char *work, const char *place,
                                      struct err *err);
void prove_stream_add_flat(struct text *script, const struct manifest *manifest);
/* Simplified; but a register without a reset that is only ever loaded with 0 is no constant, for it may wake up
 * with another value (-keepdc). */
void prove_stream_add_simplify(struct text *script);
void prove_stream_add_induction(struct text *script, const char *how);
/* Whether it closed, by what it printed. */
bool prove_stream_is_closed(const char *log);
/* The value of port `mask` that asks for all invariants. */
unsigned prove_stream_mask(void);

/* Bits of a word of the FIFO, and of the number of its words; log2, rounded up. */
uint32_t prove_stream_result_bits(const struct manifest *manifest);
uint32_t prove_stream_fifo_bits(const struct manifest *manifest);
uint32_t prove_stream_log2(uint32_t n);

#endif
