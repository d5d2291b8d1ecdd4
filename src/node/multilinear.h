/* The multilinear extension of a table: y(x) = sum_a table[a] prod_j (x_j if bit j of a else 1 - x_j).
 *
 * Its value at a corner is the table entry, and it is affine in every x_j, so dy/dx_j is
 * y(x_j = 1) - y(x_j = 0) and dy/dtable[a] is the product. Split in halves: with A the products over
 * inputs 0..2 and B those over the others, y = sum_h B[h] (sum_l table[8 h + l] A[l]), so one table
 * entry costs one multiply-add a sample. Source: SPEC 1.6 (the probabilistic node).
 *
 * n = 1..12. Rows are 64-byte aligned; count is a multiple of 16. */
#ifndef DIFFLUT_NODE_MULTILINEAR_H
#define DIFFLUT_NODE_MULTILINEAR_H

#include <stddef.h>

/* out[s] = y(in[.][s]) */
void multilinear_forward(unsigned n, const float *table, const float *const *in, float *out,
                         size_t count);

/* grad_in[j][s] += grad_out[s] * dy/dx_j */
void multilinear_backward_inputs(unsigned n, const float *table, const float *const *in,
                                 const float *grad_out, float *const *grad_in, size_t count);

/* grad_table[a] += sum_s grad_out[s] * dy/dtable[a] */
void multilinear_backward_table(unsigned n, const float *const *in, const float *grad_out,
                                float *grad_table, size_t count);

#endif
