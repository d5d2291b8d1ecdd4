/* Fast Walsh-Hadamard transform: the spectrum of a table.
 *
 *   spectrum[w] = sum_a values[a] (-1)^(number of bits set in both w and a)
 *
 * It is its own inverse but for a factor 2^n. n 2^n additions. */
#ifndef DIFFLUT_NODE_WALSH_H
#define DIFFLUT_NODE_WALSH_H

/* In place on values [2^n], 64-byte aligned; n = 1..12. */
void walsh_transform(unsigned n, float *values);

#endif
