/* Extended finite differences of a table (SPEC 1.4, 1.5):
 *
 *   slope[j][a] = sum_k sgn_j(k) table[k] c(H(a, k, j))
 *
 * with sgn_j(k) = +1 where bit j of k is 1, else -1, and H the Hamming distance of a and k over all
 * bits but j. The sum is a convolution over the other n - 1 bits, so in the Walsh spectrum it is a
 * product with eigenvalues that depend on the number of bits of the frequency only,
 *
 *   eigenvalue[i] = sum_h c(h) [z^h] (1 - z)^i (1 + z)^(n - 1 - i),
 *
 * and one pair of transforms serves all inputs: with G the inverse transform of the spectrum times
 * eigenvalue[bits - 1] (nothing at frequency 0), slope[j][a] = G[a with bit j] - G[a without it]. That
 * is 3 n 2^n additions a table instead of n 4^n products. Source of the definition: Bacellar et al.,
 * "Differentiable Weightless Neural Networks", ICML 2024, section 3.2. */
#ifndef DIFFLUT_NODE_EXTENDED_DIFFERENCE_H
#define DIFFLUT_NODE_EXTENDED_DIFFERENCE_H

/* c(h) = scale * beta^h: eigenvalue[i] = scale (1 - beta)^i (1 + beta)^(n - 1 - i), i < n. */
void extended_difference_geometric(unsigned n, double scale, double beta, double *eigenvalue);

/* c(h) = scale / (h + 1). */
void extended_difference_harmonic(unsigned n, double scale, double *eigenvalue);

/* G: table [2^n], eigenvalue [n], smooth [2^n], n = 1..12. */
void extended_difference(unsigned n, const float *table, const double *eigenvalue, float *smooth);

#endif
