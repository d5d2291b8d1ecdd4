/* The verdict of a co-simulation: what a bench recorded against what the plan says was due. It knows
 * no simulator, so every simulator's outputs are judged alike. */
#ifndef DIFFLUT_FLOW_COSIM_CHECK_H
#define DIFFLUT_FLOW_COSIM_CHECK_H

#include "flow/cosim.h"
#include "flow/cosim_plan.h"

/* Hexadecimal digits of one record line: out_valid, out_class and, where there are any, out_scores of
 * `full`, then of `core` if the bench has it, each field rounded up to digits with at least one bit to spare
 * (sim/bench_top.v). */
size_t cosim_check_digits(const struct manifest *manifest, bool core);

/* Fills in vectors, mismatches, first, classes and latencies of *result (the rest is left alone).
 * The record is hostile: ERR_TOOL unless it has exactly one line of hexadecimal digits, or x and z, for
 * each cycle. */
enum err_status cosim_check_record(const struct cosim_plan *plan, const struct vectors *vectors,
                                   const struct manifest *manifest, const char *record, size_t size,
                                   struct cosim_result *result, struct err *err);

#endif
