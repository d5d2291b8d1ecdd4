/* Co-simulation of the stream top: what sim/bench_stream.v drives into it, and the verdict on what it
 * recorded.
 *
 * Frames of the vectors, some again too short or too long on purpose, with pauses of the source and of
 * the reader drawn from a seed and resets in the middle; at the end neither pauses, until everything
 * must be out. What a result must be follows from which beats the top took, so no cycle is assumed. */
#ifndef DIFFLUT_FLOW_COSIM_STREAM_H
#define DIFFLUT_FLOW_COSIM_STREAM_H

#include "base/err.h"
#include "flow/cosim.h"
#include "flow/vectors.h"
#include "hdl/manifest.h"

struct cosim_stream_beat {
    uint32_t vector; /* whose frame it is part of */
    uint32_t number; /* in the frame */
    bool last;
};

struct cosim_stream {
    struct cosim_stream_beat *beats;
    size_t num_beats, frames, wrong; /* frames that are right, and that are not */
    uint8_t *cycles;                 /* bit 0 rst, bit 1 send, bit 2 ready */
    size_t num_cycles;
};

/* For manifest->stream. ERR_NOMEM alone. */
enum err_status cosim_stream_create(struct cosim_stream **out, const struct manifest *manifest,
                                    const struct vectors *vectors, uint64_t seed, struct err *err);
void cosim_stream_free(struct cosim_stream *stream);

/* Hexadecimal digits of one record line. */
size_t cosim_stream_digits(const struct manifest *manifest);

/* stimulus.bin and beats.hex in the folder `work`. */
enum err_status cosim_stream_write(const struct cosim_stream *stream,
                                   const struct manifest *manifest, const struct vectors *vectors,
                                   const char *work, struct err *err);

/* Adds what it finds to the mismatches of *result. ERR_TOOL when the record is none. */
enum err_status cosim_stream_check(const struct cosim_stream *stream,
                                   const struct manifest *manifest, const struct vectors *vectors,
                                   const char *record, size_t size, struct cosim_result *result,
                                   struct err *err);

#endif
