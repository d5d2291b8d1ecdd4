/* The kernels of polynomial.c, included once for each instruction set (base/simd.h). */
#include "lanes_kernel.h"

/* power[input * degree + exponent - 1] at sample s */
SIMD_INLINE void KERNEL(powers)(const struct polynomial *p, const float *const *in, size_t s,
                                v16 *power)
{
    for (unsigned j = 0; j < p->inputs; j++) {
        v16 x = *(const v16_row *)(in[j] + s);

        power[j * p->degree] = x;
        for (unsigned e = 1; e < p->degree; e++)
            power[j * p->degree + e] = power[j * p->degree + e - 1] * x;
    }
}

SIMD_INLINE v16 KERNEL(monomial)(const struct polynomial *p, size_t term, const v16 *power)
{
    v16 product = (v16){0} + 1.0F;

    for (size_t f = p->start[term]; f < p->start[term + 1]; f++)
        product *= power[p->factor[f]];
    return product;
}

SIMD_KERNEL void KERNEL(polynomial_forward)(const struct polynomial *p, const float *weights,
                                            unsigned m, const float *const *in, float *const *out,
                                            size_t count)
{
    for (size_t s = 0; s < count; s += 16) {
        v16 power[MAX_POWERS], sum[NODE_MAX_OUTPUTS];

        KERNEL(powers)(p, in, s, power);
        for (unsigned o = 0; o < m; o++)
            sum[o] = (v16){0};
        for (size_t i = 0; i < p->terms; i++) {
            v16 value = KERNEL(monomial)(p, i, power);

            for (unsigned o = 0; o < m; o++)
                sum[o] += weights[i * m + o] * value;
        }
        for (unsigned o = 0; o < m; o++)
            *(v16_row *)(out[o] + s) = sum[o];
    }
}

/* Gradient of one monomial: that of every factor is the product of the others times its own
 * derivative e x^(e - 1). */
SIMD_INLINE void KERNEL(monomial_backward)(const struct polynomial *p, size_t term, v16 gradient,
                                           const v16 *power, v16 *grad_in)
{
    const uint8_t *factor = p->factor + p->start[term];
    size_t factors = (size_t)(p->start[term + 1] - p->start[term]);
    v16 before[NODE_MAX_INPUTS + 1];

    before[0] = gradient; /* times the factors before this one, and the weights */
    for (size_t f = 0; f < factors; f++)
        before[f + 1] = before[f] * power[factor[f]];
    gradient = (v16){0} + 1.0F; /* the factors after this one */
    for (size_t f = factors; f-- > 0;) {
        unsigned input = factor[f] / p->degree, exponent = factor[f] % p->degree + 1;
        v16 others = before[f] * gradient;

        if (exponent > 1) others *= (float)exponent * power[factor[f] - 1];
        grad_in[input] += others;
        gradient *= power[factor[f]];
    }
}

SIMD_KERNEL void KERNEL(polynomial_backward_inputs)(const struct polynomial *p,
                                                    const float *weights, unsigned m,
                                                    const float *const *in,
                                                    const float *const *grad_out,
                                                    float *const *grad_in, size_t count)
{
    for (size_t s = 0; s < count; s += 16) {
        v16 power[MAX_POWERS], sum[NODE_MAX_INPUTS];

        KERNEL(powers)(p, in, s, power);
        for (unsigned j = 0; j < p->inputs; j++)
            sum[j] = *(v16_row *)(grad_in[j] + s);
        for (size_t i = 0; i < p->terms; i++) {
            v16 gradient = {0};

            for (unsigned o = 0; o < m; o++)
                gradient += weights[i * m + o] * *(const v16_row *)(grad_out[o] + s);
            KERNEL(monomial_backward)(p, i, gradient, power, sum);
        }
        for (unsigned j = 0; j < p->inputs; j++)
            *(v16_row *)(grad_in[j] + s) = sum[j];
    }
}

SIMD_KERNEL void KERNEL(polynomial_backward_weights)(const struct polynomial *p, unsigned m,
                                                     const float *const *in,
                                                     const float *const *grad_out,
                                                     float *grad_weights, size_t count)
{
    v16 power[NODE_MAX_SAMPLES / 16][MAX_POWERS];
    size_t blocks = count / 16;

    for (size_t b = 0; b < blocks; b++)
        KERNEL(powers)(p, in, 16 * b, power[b]);
    for (size_t i = 0; i < p->terms; i++) {
        v16 value[NODE_MAX_SAMPLES / 16];

        for (size_t b = 0; b < blocks; b++)
            value[b] = KERNEL(monomial)(p, i, power[b]);
        for (unsigned o = 0; o < m; o++) {
            v16 sum = {0};

            for (size_t b = 0; b < blocks; b++)
                sum += value[b] * *(const v16_row *)(grad_out[o] + 16 * b);
            grad_weights[i * m + o] += KERNEL(lanes_sum)(sum);
        }
    }
}
