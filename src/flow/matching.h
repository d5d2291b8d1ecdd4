/* Pairs in a graph: as many edges as can be found without a common vertex.
 *
 * Vertices of degree one are matched first, since nothing is lost by it, then those of few edges; then
 * pairs whose two vertices each have a free neighbour are exchanged for two pairs, until there are none.
 * Source: R. M. Karp and M. Sipser, Maximum matching in sparse random graphs, 1981. */
#ifndef DIFFLUT_FLOW_MATCHING_H
#define DIFFLUT_FLOW_MATCHING_H

#include "base/err.h"

#include <stdint.h>

#define MATCHING_NONE UINT32_MAX

/* Edges of vertex v: to[start[v] .. start[v+1]); each edge is listed at both ends. partner[v] becomes the
 * vertex that v is paired with, or MATCHING_NONE. Deterministic. */
enum err_status matching_find(uint32_t count, const uint32_t *start, const uint32_t *to,
                              uint32_t *partner, struct err *err);

#endif
