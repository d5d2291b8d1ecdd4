#include "dense.h"

#include "base/lanes.h"
#include "base/simd.h"
#include "node.h"

#pragma GCC diagnostic ignored "-Wpsabi"

#define UNROLL SIMD_UNROLL(16)

/* The input of a bias. */
static const float ones[NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN))) = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
_Static_assert(NODE_MAX_SAMPLES == 64, "all of them are 1");

#define SIMD_FILE "node/dense_kernel.h"
#include "base/simd_versions.h"

void dense_forward(const struct dense *shape, const float *weights, const float *bias,
                   const float *const *in, float *const *out, size_t count)
{
    SIMD_CALL(dense_multiply, (shape, weights, bias, in, out, count));
}

void dense_backward_inputs(const struct dense *shape, const float *weights,
                           const float *const *grad_out, float *const *grad_in, size_t count)
{
    struct dense transposed = {shape->inputs, shape->outputs, shape->in_stride, shape->out_stride};

    SIMD_CALL(dense_multiply, (&transposed, weights, NULL, grad_out, grad_in, count));
}

void dense_backward_params(const struct dense *shape, const float *const *in,
                           const float *const *grad_out, float *grad_weights, float *grad_bias,
                           size_t count)
{
    SIMD_CALL(dense_correlate, (shape, in, grad_out, grad_weights, grad_bias, count));
}
