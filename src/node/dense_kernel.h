/* The kernels of dense.c, included once for each instruction set (base/simd.h). */
#include "lanes_kernel.h"

/* Outputs o .. o + many: one load of an input serves all of them. */
SIMD_INLINE void KERNEL(multiply)(const struct dense *shape, const float *weights,
                                  const float *bias, const float *const *in, float *const *out,
                                  size_t count, size_t o, size_t many)
{
    const float *row = weights + o * shape->out_stride;

    for (size_t s = 0; s < count; s += 8) {
        v8 sum[4];

        SIMD_UNROLL(4)
        for (size_t k = 0; k < many; k++) {
            if (bias != NULL)
                sum[k] = (v8){0} + bias[o + k];
            else
                sum[k] = *(const v8_row *)(out[o + k] + s);
        }
        for (size_t i = 0; i < shape->inputs; i++) {
            v8 x = *(const v8_row *)(in[i] + s);

            SIMD_UNROLL(4)
            for (size_t k = 0; k < many; k++)
                sum[k] += row[k * shape->out_stride + i * shape->in_stride] * x;
        }
        SIMD_UNROLL(4)
        for (size_t k = 0; k < many; k++)
            *(v8_row *)(out[o + k] + s) = sum[k];
    }
}

SIMD_KERNEL void KERNEL(dense_multiply)(const struct dense *shape, const float *weights,
                                        const float *bias, const float *const *in,
                                        float *const *out, size_t count)
{
    size_t o = 0;

    for (; o + 4 <= shape->outputs; o += 4)
        KERNEL(multiply)(shape, weights, bias, in, out, count, o, 4);
    for (; o < shape->outputs; o++)
        KERNEL(multiply)(shape, weights, bias, in, out, count, o, 1);
}

SIMD_INLINE void KERNEL(correlate)(const struct dense *shape, const float *const *in,
                                   const float *const *grad_out, float *grad_weights, size_t count,
                                   size_t o, size_t many)
{
    for (size_t i = 0; i < shape->inputs; i++) {
        v8 sum[4] = {0};

        for (size_t s = 0; s < count; s += 8) {
            v8 x = *(const v8_row *)(in[i] + s);

            SIMD_UNROLL(4)
            for (size_t k = 0; k < many; k++)
                sum[k] += *(const v8_row *)(grad_out[o + k] + s) * x;
        }
        SIMD_UNROLL(4)
        for (size_t k = 0; k < many; k++)
            grad_weights[(o + k) * shape->out_stride + i * shape->in_stride] +=
                KERNEL(lanes_sum)(sum[k]);
    }
}

SIMD_KERNEL void KERNEL(dense_correlate)(const struct dense *shape, const float *const *in,
                                         const float *const *grad_out, float *grad_weights,
                                         float *grad_bias, size_t count)
{
    size_t o = 0;

    for (; o + 4 <= shape->outputs; o += 4)
        KERNEL(correlate)(shape, in, grad_out, grad_weights, count, o, 4);
    for (; o < shape->outputs; o++)
        KERNEL(correlate)(shape, in, grad_out, grad_weights, count, o, 1);
    for (o = 0; o < shape->outputs; o++) {
        v8 sum = {0};

        for (size_t s = 0; s < count; s += 8)
            sum += *(const v8_row *)(grad_out[o] + s);
        grad_bias[o] += KERNEL(lanes_sum)(sum);
    }
}
