/* Integer codes: the whole numbers that hardware reads in place of real features (DESIGN.md 2). */
#ifndef DIFFLUT_DATA_CODE_MAP_H
#define DIFFLUT_DATA_CODE_MAP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CODE_MAP_MAX_BITS = 16 };

/* code = clamp(floor((x - offset[f]) / step[f] + 0.5), 0, 2^bits - 1); x of a code is
 * offset + code * step. Identity columns have offset 0 and step 1. */
struct code_map {
    unsigned bits; /* 1..16 */
    size_t num_features;
    double *offset, *step; /* [num_features] */
};

/* The identity. ERR_ARG for a width outside 1..16 or no features. */
enum err_status code_map_create(struct code_map **out, unsigned bits, size_t num_features,
                                struct err *err);
enum err_status code_map_copy(struct code_map **out, const struct code_map *from, struct err *err);
void code_map_free(struct code_map *map);

/* Numbers outside the fitted range clamp; NaN is code 0. */
uint16_t code_map_code(const struct code_map *map, size_t feature, double x);

/* Sets one feature from the values it takes in training: when they are all whole (`whole`) and lie in
 * 0 .. 2^bits - 1 they are their own codes; otherwise low is the first code and high the last. A
 * constant feature has step 1. */
void code_map_fit(struct code_map *map, size_t feature, double low, double high, bool whole);

#endif
