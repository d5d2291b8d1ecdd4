/* Whether two literals of a network are the same function.
 *
 * Nodes whose function is known already (marked with a rank) are first taken for free variables: what is
 * equal for all values of these is equal. Where that is not so, the variables of the highest rank are
 * looked into, and so on, down to the network's inputs: then the answer is exact, and a difference
 * comes with an input that shows it. So a look-up table that was simplified because some of its
 * addresses cannot occur is found equal, by nothing but the functions themselves. */
#ifndef DIFFLUT_FLOW_PROVE_EQUAL_H
#define DIFFLUT_FLOW_PROVE_EQUAL_H

#include "flow/prove_graph.h"

enum prove_verdict {
    PROVE_EQUAL,
    PROVE_DIFFERENT,
    PROVE_DIFFERENT_IF_FREE, /* if the variables that may not be looked into were free */
    PROVE_UNDECIDED          /* the diagrams became too large */
};

enum { PROVE_MAX_DIAGRAM = 1 << 22 };

struct prove_equal;

/* The graph is borrowed. */
enum err_status prove_equal_create(struct prove_equal **out, const struct prove_graph *graph,
                                   struct err *err);
void prove_equal_free(struct prove_equal *equal);

/* Marks the literal's node as known, of a rank from 1. The first mark stays, unless `again`. */
enum err_status prove_equal_mark(struct prove_equal *equal, uint32_t literal, uint16_t rank,
                                 bool again, struct err *err);

/* The order in which diagrams down to `floor` take their first variables; copied. */
enum err_status prove_equal_order(struct prove_equal *equal, const uint32_t *literals, size_t count,
                                  struct err *err);

/* The rank at which to stop on the way down from higher ones: nodes of it are a good set of variables. */
void prove_equal_waypoint(struct prove_equal *equal, uint16_t rank);

/* How far b is from being a function of what a is one of: known nodes and inputs that only b reads,
 * looking through unknown ones; PROVE_TOO_FAR when there is much to look through. */
#define PROVE_TOO_FAR UINT32_MAX
enum err_status prove_equal_distance(struct prove_equal *equal, uint32_t a, uint32_t b,
                                     uint32_t *distance, struct err *err);

/* Diagrams have at most `limit` nodes; PROVE_MAX_DIAGRAM is the most there can be.
 * Variables of rank `floor` or less are not looked into (0: down to the inputs). */
enum err_status prove_equal_check(struct prove_equal *equal, uint32_t a, uint32_t b, uint16_t floor,
                                  uint32_t limit, enum prove_verdict *verdict, struct err *err);

/* Where the last two literals found different differ: *nodes are inputs, or nodes taken for free, and
 * *values their bits; what is not listed does not matter. Borrowed until the next check. */
size_t prove_equal_point(const struct prove_equal *equal, const uint32_t **nodes,
                         const uint8_t **values);

#endif
