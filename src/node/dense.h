/* Small dense matrices times activation rows: what linear nodes and the networks inside nodes are made
 * of. Rows as in node.h: count a multiple of 16, 64-byte aligned. */
#ifndef DIFFLUT_NODE_DENSE_H
#define DIFFLUT_NODE_DENSE_H

#include <stddef.h>

/* Where the element of output o and input i is: weights[o * out_stride + i * in_stride]. */
struct dense {
    size_t outputs, inputs, out_stride, in_stride;
};

/* out[o][s] = bias[o] + sum_i w(o, i) in[i][s]; without bias, added to out[o][s]. */
void dense_forward(const struct dense *shape, const float *weights, const float *bias,
                   const float *const *in, float *const *out, size_t count);

/* grad_in[i][s] += sum_o w(o, i) grad_out[o][s] */
void dense_backward_inputs(const struct dense *shape, const float *weights,
                           const float *const *grad_out, float *const *grad_in, size_t count);

/* grad_weights(o, i) += sum_s grad_out[o][s] in[i][s]; grad_bias[o] += sum_s grad_out[o][s]. */
void dense_backward_params(const struct dense *shape, const float *const *in,
                           const float *const *grad_out, float *grad_weights, float *grad_bias,
                           size_t count);

#endif
