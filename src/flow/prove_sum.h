/* Whether a number in the hardware is the count of given bits, by adding up what every counter does.
 *
 * The claim is one equation: sum of 2^k * bit k, minus the sum of the counted bits, is 0 modulo
 * 2^bits. Nodes with the same inputs whose weighted sum is, at all addresses, a weighted sum of those
 * inputs, give way to these inputs, the highest nodes first; when nothing is left the equation
 * holds. No name and no plan is believed, each counter is tried exhaustively, and the cost grows with
 * the number of counters only. */
#ifndef DIFFLUT_FLOW_PROVE_SUM_H
#define DIFFLUT_FLOW_PROVE_SUM_H

#include "flow/prove_graph.h"

/* bits: literals, lowest first. members: literals, each as often as it counts. *proved is false when
 * it does not come out: that alone is no disproof. */
enum err_status prove_sum_check(const struct prove_graph *graph, const uint32_t *bits,
                                unsigned num_bits, const uint32_t *members, size_t num_members,
                                bool *proved, struct err *err);

#endif
