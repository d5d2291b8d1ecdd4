/* The kernels of polynomial.c, included once for each instruction set (base/simd.h). */
#include "lanes_kernel.h"

SIMD_INLINE void KERNEL(load_inputs)(const struct polynomial *p, const float *const *in, size_t s,
                                     v8 (*x)[PAIR])
{
    for (unsigned j = 0; j < p->inputs; j++) {
        UNROLL
        for (size_t k = 0; k < PAIR; k++)
            x[j][k] = *(const v8_row *)(in[j] + s + 8 * k);
    }
}

/* value[i] of every term at samples s .. s + 16 */
SIMD_INLINE void KERNEL(values)(const struct polynomial *p, const float *const *in, size_t s,
                                v8 (*value)[PAIR])
{
    v8 x[NODE_MAX_INPUTS][PAIR];

    KERNEL(load_inputs)(p, in, s, x);
    UNROLL
    for (size_t k = 0; k < PAIR; k++)
        value[0][k] = (v8){0} + 1.0F;
    for (size_t i = 1; i < p->terms; i++) {
        UNROLL
        for (size_t k = 0; k < PAIR; k++)
            value[i][k] = value[p->parent[i]][k] * x[p->input[i]][k];
    }
}

SIMD_KERNEL void KERNEL(polynomial_forward)(const struct polynomial *p, const float *weights,
                                            unsigned m, const float *const *in, float *const *out,
                                            size_t count)
{
    for (size_t s = 0; s < count; s += 8 * PAIR) {
        v8 value[POLYNOMIAL_MAX_TERMS][PAIR];

        KERNEL(values)(p, in, s, value);
        for (unsigned o = 0; o < m; o++) {
            v8 sum[PAIR] = {{0}};

            for (size_t i = 0; i < p->terms; i++) {
                UNROLL
                for (size_t k = 0; k < PAIR; k++)
                    sum[k] += weights[i * m + o] * value[i][k];
            }
            UNROLL
            for (size_t k = 0; k < PAIR; k++)
                *(v8_row *)(out[o] + s + 8 * k) = sum[k];
        }
    }
}

/* grad[i] starts as the gradient of term i's value by itself; from the last term back, each passes
 * its own on to its parent and its input. */
SIMD_INLINE void KERNEL(chain)(const struct polynomial *p, v8 (*x)[PAIR], v8 (*value)[PAIR],
                               v8 (*grad)[PAIR], v8 (*grad_x)[PAIR])
{
    for (size_t i = p->terms; i-- > 1;) {
        size_t parent = p->parent[i], input = p->input[i];

        UNROLL
        for (size_t k = 0; k < PAIR; k++) {
            grad[parent][k] += grad[i][k] * x[input][k];
            grad_x[input][k] += grad[i][k] * value[parent][k];
        }
    }
}

SIMD_KERNEL void KERNEL(polynomial_backward_inputs)(const struct polynomial *p,
                                                    const float *weights, unsigned m,
                                                    const float *const *in,
                                                    const float *const *grad_out,
                                                    float *const *grad_in, size_t count)
{
    for (size_t s = 0; s < count; s += 8 * PAIR) {
        v8 value[POLYNOMIAL_MAX_TERMS][PAIR], grad[POLYNOMIAL_MAX_TERMS][PAIR];
        v8 x[NODE_MAX_INPUTS][PAIR], grad_x[NODE_MAX_INPUTS][PAIR];

        KERNEL(load_inputs)(p, in, s, x);
        KERNEL(load_inputs)(p, (const float *const *)grad_in, s, grad_x);
        KERNEL(values)(p, in, s, value);
        for (size_t i = 0; i < p->terms; i++) {
            UNROLL
            for (size_t k = 0; k < PAIR; k++) {
                grad[i][k] = (v8){0};
                for (unsigned o = 0; o < m; o++)
                    grad[i][k] += weights[i * m + o] * *(const v8_row *)(grad_out[o] + s + 8 * k);
            }
        }
        KERNEL(chain)(p, x, value, grad, grad_x);
        for (unsigned j = 0; j < p->inputs; j++) {
            UNROLL
            for (size_t k = 0; k < PAIR; k++)
                *(v8_row *)(grad_in[j] + s + 8 * k) = grad_x[j][k];
        }
    }
}

SIMD_KERNEL void KERNEL(polynomial_backward_weights)(const struct polynomial *p, unsigned m,
                                                     const float *const *in,
                                                     const float *const *grad_out,
                                                     float *grad_weights, size_t count)
{
    for (size_t s = 0; s < count; s += 8 * PAIR) {
        v8 value[POLYNOMIAL_MAX_TERMS][PAIR];

        KERNEL(values)(p, in, s, value);
        for (unsigned o = 0; o < m; o++) {
            v8 g[PAIR];

            UNROLL
            for (size_t k = 0; k < PAIR; k++)
                g[k] = *(const v8_row *)(grad_out[o] + s + 8 * k);
            for (size_t i = 0; i < p->terms; i++)
                grad_weights[i * m + o] +=
                    KERNEL(lanes_sum)(g[0] * value[i][0] + g[1] * value[i][1]);
        }
    }
}
