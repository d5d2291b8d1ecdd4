/* Extended finite differences of a table (SPEC 1.4):
 *
 *   slope[j][a] = alpha * sum_k sgn_j(k) table[k] beta^H(a, k, j)
 *
 * with sgn_j(k) = +1 where bit j of k is 1, else -1, and H the Hamming distance of a and k over all
 * bits but j. The sum over k separates: on every bit but j it is the map (u, v) -> (u + beta v,
 * v + beta u), on bit j the difference. So all 2^n addresses cost n 2^n multiply-adds an input
 * instead of 4^n. Source: Bacellar et al., ICML 2024, section 3.2. */
#ifndef DIFFLUT_NODE_EXTENDED_DIFFERENCE_H
#define DIFFLUT_NODE_EXTENDED_DIFFERENCE_H

/* table [2^n], slope [n][2^n]; slope[j][a] does not depend on bit j of a. */
void extended_difference(unsigned n, const float *table, float alpha, float beta, float *slope);

#endif
