/* The kernels of dense.c, included once for each instruction set (base/simd.h). */
#include "base/lanes_kernel.h"

/* Outputs o .. o + many: one load of an input serves all of them. */
SIMD_INLINE void KERNEL(multiply)(const struct dense *shape, const float *weights,
                                  const float *bias, const float *const *in, float *const *out,
                                  size_t count, size_t o, size_t many)
{
    const float *row = weights + o * shape->out_stride;

    for (size_t s = 0; s < count; s += LANES) {
        VEC sum[8];

        UNROLL
        for (size_t k = 0; k < many; k++) {
            if (bias != NULL)
                sum[k] = (VEC){0} + bias[o + k];
            else
                sum[k] = *(const VEC *)(out[o + k] + s);
        }
        for (size_t i = 0; i < shape->inputs; i++) {
            VEC x = *(const VEC *)(in[i] + s);

            UNROLL
            for (size_t k = 0; k < many; k++)
                sum[k] += row[k * shape->out_stride + i * shape->in_stride] * x;
        }
        UNROLL
        for (size_t k = 0; k < many; k++)
            *(VEC *)(out[o + k] + s) = sum[k];
    }
}

SIMD_KERNEL void KERNEL(dense_multiply)(const struct dense *shape, const float *weights,
                                        const float *bias, const float *const *in,
                                        float *const *out, size_t count)
{
    size_t o = 0;

    for (; o + 8 <= shape->outputs; o += 8)
        KERNEL(multiply)(shape, weights, bias, in, out, count, o, 8);
    for (; o + 2 <= shape->outputs; o += 2)
        KERNEL(multiply)(shape, weights, bias, in, out, count, o, 2);
    for (; o < shape->outputs; o++)
        KERNEL(multiply)(shape, weights, bias, in, out, count, o, 1);
}

/* Lane k * ins + i: the sum over the samples of grad[k] x[i], for LANES pairs. */
SIMD_INLINE void KERNEL(correlate)(const float *const *grad, const float *const *x, size_t ins,
                                   size_t count, float *sums)
{
    VEC sum[LANES];

    UNROLL
    for (size_t e = 0; e < LANES; e++)
        sum[e] = *(const VEC *)grad[e / ins] * *(const VEC *)x[e % ins];
    for (size_t s = LANES; s < count; s += LANES) {
        UNROLL
        for (size_t e = 0; e < LANES; e++)
            sum[e] += *(const VEC *)(grad[e / ins] + s) * *(const VEC *)(x[e % ins] + s);
    }
    *(VEC *)sums = KERNEL(lane_sums)(sum);
}

/* Outputs o .. o + outs, `ins` inputs at a time; the bias is the weight of one more input that is 1. */
SIMD_INLINE void KERNEL(correlate_outputs)(const struct dense *shape, const float *const *in,
                                           const float *const *grad_out, float *grad_weights,
                                           float *grad_bias, size_t count, size_t o, size_t outs)
{
    size_t ins = LANES / outs;

    for (size_t first = 0; first <= shape->inputs; first += ins) {
        float sums[LANES] __attribute__((aligned(64)));
        const float *x[LANES];

        for (size_t i = 0; i < LANES; i++)
            x[i] = first + i < shape->inputs ? in[first + i] : ones;
        KERNEL(correlate)(grad_out + o, x, ins, count, sums);
        for (size_t k = 0; k < outs; k++) {
            float *weight = grad_weights + (o + k) * shape->out_stride;

            for (size_t i = first; i < first + ins && i < shape->inputs; i++)
                weight[i * shape->in_stride] += sums[k * ins + i - first];
            if (shape->inputs - first < ins)
                grad_bias[o + k] += sums[k * ins + shape->inputs - first];
        }
    }
}

SIMD_KERNEL void KERNEL(dense_correlate)(const struct dense *shape, const float *const *in,
                                         const float *const *grad_out, float *grad_weights,
                                         float *grad_bias, size_t count)
{
    size_t o = 0;

    for (; o + 4 <= shape->outputs; o += 4)
        KERNEL(correlate_outputs)
    (shape, in, grad_out, grad_weights, grad_bias, count, o, 4);
    for (; o < shape->outputs; o++)
        KERNEL(correlate_outputs)
    (shape, in, grad_out, grad_weights, grad_bias, count, o, 1);
}
