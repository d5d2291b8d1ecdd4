/* Where faults of a stream top go: each is an exact replacement in the text of one emitted file, under a
 * condition on signals of the design that is drawn, too. */
#ifndef DIFFLUT_FLOW_PROVE_STREAM_PLANT_H
#define DIFFLUT_FLOW_PROVE_STREAM_PLANT_H

#include "base/err.h"
#include "base/rng.h"
#include "flow/prove_stream.h"

/* The emitted texts, NUL-terminated and owned, in the order of prove_stream_path(). */
struct prove_stream_texts {
    char *text[PROVE_STREAM_TEXTS];
};
enum err_status prove_stream_texts_read(struct prove_stream_texts *texts, const char *folder,
                                        const struct manifest *manifest, struct err *err);
void prove_stream_texts_free(struct prove_stream_texts *texts);

/* Name of kind k of fault, NULL past the last one. */
const char *prove_stream_kind(size_t k);

/* Draws one fault of kind k: *faulty gets the texts that it changes, the others stay NULL. ERR_FORMAT: the
 * sound texts do not have the place exactly once. */
enum err_status prove_stream_plant(struct prove_stream_texts *faulty,
                                   const struct prove_stream_texts *sound, size_t k,
                                   const struct manifest *manifest, struct rng *rng,
                                   struct err *err);

#endif
