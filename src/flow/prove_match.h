/* Finding each function of the model in the hardware ("SAT sweeping", Kuehlmann et al., "Robust Boolean
 * reasoning for equivalence checking and functional property verification", IEEE TCAD 2002, with
 * diagrams in the place of SAT).
 *
 * The nodes that the graph holds at first are the hardware. Then the model's functions come, lowest
 * first; each reads what was found for the ones below it. Either the very same node is there, or nodes
 * with the same values in simulation are tried, and believed only when prove_equal_check() says so.
 * What is not found stays a node of its own, looked through by those that read it. */
#ifndef DIFFLUT_FLOW_PROVE_MATCH_H
#define DIFFLUT_FLOW_PROVE_MATCH_H

#include "flow/prove_equal.h"

enum prove_method { PROVE_NOT_FOUND, PROVE_SAME_NODE, PROVE_BY_DIAGRAM };

struct prove_match;

/* The graph is borrowed; what it holds now is the hardware. */
enum err_status prove_match_create(struct prove_match **out, struct prove_graph *graph,
                                   struct err *err);
void prove_match_free(struct prove_match *match);

/* The class sums' bits [num_scores * bits], marked with rank `floor`, are free numbers from now on: nodes
 * of that rank or less are not looked into. Diagrams take them highest bits first, which keeps those of
 * comparisons small. */
enum err_status prove_match_scores(struct prove_match *match, const uint32_t *literals,
                                   size_t num_scores, unsigned bits, uint16_t floor,
                                   struct err *err);
/* prove_equal_waypoint() of the diagrams. */
void prove_match_waypoint(struct prove_match *match, uint16_t rank);
void prove_match_floor(struct prove_match *match, uint16_t floor);
/* *literal becomes one of the hardware, marked with `rank`, if one is found equal. *method (may be NULL)
 * says how. */
enum err_status prove_match_find(struct prove_match *match, uint32_t *literal, uint16_t rank,
                                 enum prove_method *method, struct err *err);

/* A table of n inputs (bit a of words[a / 64], literal k being address bit k), found if it is there. */
enum err_status prove_match_table(struct prove_match *match, unsigned n, const uint32_t *literals,
                                  const uint64_t *words, uint16_t rank, uint32_t *out,
                                  enum prove_method *method, struct err *err);

/* Two literals, by the same means. */
enum err_status prove_match_check(struct prove_match *match, uint32_t a, uint32_t b,
                                  enum prove_verdict *verdict, struct err *err);
const struct prove_equal *prove_match_equal(const struct prove_match *match);

#endif
