/* Drawing fixed wires. SPEC 3.1 and 3.4.
 *
 * wires [nodes][n]: entry [j][l] is the input that slot l of node j reads. */
#ifndef DIFFLUT_LAYER_WIRING_H
#define DIFFLUT_LAYER_WIRING_H

#include "base/err.h"
#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Full permutations of the inputs one after the other, then part of one more, cut into rows of n: every
 * input is used equally often over all nodes, give or take one. A row that straddles two permutations
 * may hold an input twice; unless `repeats` (the original's way), such an entry changes places with one
 * of another row, which keeps the use counts. */
enum err_status wiring_coverage(uint32_t *wires, size_t nodes, size_t n, size_t inputs,
                                bool repeats, struct rng *rng, struct err *err);

/* Every node draws n distinct inputs of its own (with repeats when n > inputs). */
void wiring_independent(uint32_t *wires, size_t nodes, size_t n, size_t inputs, struct rng *rng);

/* Inputs are `groups` slices of equal size; a node reads one group only (distinct inputs where the group
 * is large enough). Groups are taken in permutations one after the other, so they are used equally
 * often. inputs must be a multiple of groups. */
enum err_status wiring_grouped(uint32_t *wires, size_t nodes, size_t n, size_t inputs,
                               size_t groups, struct rng *rng, struct err *err);

#endif
