/* Binary decision diagrams: reduced, ordered, no inverted edges, variables in the order of their
 * numbers (Bryant, "Graph-based algorithms for Boolean function manipulation", IEEE ToC 1986). Equal
 * functions are equal numbers.
 *
 * Small on purpose: no reordering, no reference counts. A manager is emptied between two proofs, and
 * one that is full says so: the proof is then undecided. */
#ifndef DIFFLUT_FLOW_PROVE_BDD_H
#define DIFFLUT_FLOW_PROVE_BDD_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* The constants; FULL is what every operation gives once the manager is full. */
enum { PROVE_BDD_ZERO = 0, PROVE_BDD_ONE = 1 };
#define PROVE_BDD_FULL UINT32_MAX

struct prove_bdd;

/* At most `limit` nodes. */
enum err_status prove_bdd_create(struct prove_bdd **out, uint32_t limit, struct err *err);
void prove_bdd_free(struct prove_bdd *bdd);
/* Forgets all functions. From now on at most `limit` nodes, or what it was created with. */
void prove_bdd_clear(struct prove_bdd *bdd, uint32_t limit);

uint32_t prove_bdd_variable(struct prove_bdd *bdd, uint32_t variable);
/* f ? g : h */
uint32_t prove_bdd_ite(struct prove_bdd *bdd, uint32_t f, uint32_t g, uint32_t h);
/* A table of `count` <= 6 functions, function k being address bit k. */
uint32_t prove_bdd_table(struct prove_bdd *bdd, unsigned count, const uint32_t *in, uint64_t table);

/* A point where f, which is not the constant 0, is 1: for each variable on the way sets
 * values[variable]; the others do not matter and stay as they are. */
void prove_bdd_point(const struct prove_bdd *bdd, uint32_t f, uint8_t *values);

#endif
