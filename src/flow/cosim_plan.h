/* What a bench drives into the two tops, clock cycle by clock cycle.
 *
 * Reset; every vector, one a cycle; some again with gaps between them, in which the inputs carry
 * another vector without in_valid; then resets in the middle of the stream, each over a pipeline that
 * is full. From the plan alone follows which cycle each result is due in (cosim_plan_due). */
#ifndef DIFFLUT_FLOW_COSIM_PLAN_H
#define DIFFLUT_FLOW_COSIM_PLAN_H

#include "base/err.h"
#include "flow/vectors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cosim_cycle {
    uint32_t vector; /* whose codes and bits are on the inputs */
    bool valid, rst;
    uint32_t since_rst; /* cycles since the last reset before this one; UINT32_MAX: none yet */
};

struct cosim_plan {
    struct cosim_cycle *cycles;
    size_t count;
    bool core; /* whether the bench has `core` beside `full`; set by the caller, true at first */
    uint32_t core_bits; /* of its in_bits: the vectors' bits, and all codes when it is more; set by
                         * the caller */
    size_t
        first; /* the cycle of vector 0; vector v follows in cycle first + v, or first + v * hold */
    size_t hold; /* of cosim_plan_create_held(): cycles that each vector stays */
};

/* For `count` vectors and a pipeline of at most `latency` registers. */
enum err_status cosim_plan_create(struct cosim_plan **out, size_t count, uint32_t latency,
                                  struct err *err);
/* Every vector once, held until all registers have seen it, valid in one cycle: what comes out in that
 * cycle's time is the function of the vector even where a register is too many or too few. */
enum err_status cosim_plan_create_held(struct cosim_plan **out, size_t count, uint32_t latency,
                                       struct err *err);
void cosim_plan_free(struct cosim_plan *plan);

/* What out_valid must be in cycle `c` of a top with `latency` registers: 0, 1, or -1 before the first
 * reset has told. When 1, the result of vector cycles[c - latency].vector is on the outputs. */
int cosim_plan_due(const struct cosim_plan *plan, size_t c, uint32_t latency);

/* Bytes of one cycle in the stimulus file. */
size_t cosim_plan_row_size(const struct cosim_plan *plan, const struct vectors *vectors);
/* The stimulus file of sim/bench.cpp and sim/bench_icarus.v: one row a cycle, highest byte first:
 * flags (bit 0 rst, bit 1 in_valid), codes, in_bits of the core, each padded to bytes at its high end. */
enum err_status cosim_plan_write(const struct cosim_plan *plan, const struct vectors *vectors,
                                 const char *path, struct err *err);

#endif
