/* The kernels of polynomial.c, included once for each instruction set (base/simd.h). `many` vectors of
 * samples go together: they share the reads of a term's weight and wires, and the sums of one need not
 * wait for those of another. */
#include "base/lanes_kernel.h"

typedef VEC KERNEL(samples)[MANY];

SIMD_INLINE void KERNEL(load_inputs)(const struct polynomial *p, const float *const *in, size_t s,
                                     size_t many, KERNEL(samples) * x)
{
    for (unsigned j = 0; j < p->inputs; j++) {
        UNROLL
        for (size_t k = 0; k < many; k++)
            x[j][k] = ((const VEC *)(in[j] + s))[k];
    }
}

/* rest[i] = w_i + sum of input times rest over the terms made from term i: what the polynomial has of
 * term i and all that descends from it, divided by it. rest[0] is the polynomial. */
SIMD_INLINE void KERNEL(nest)(const struct polynomial *p, const float *weights, unsigned m,
                              KERNEL(samples) * x, size_t many, KERNEL(samples) * rest)
{
    for (size_t i = p->inner; i-- > 0;) {
        const VEC *last = x[p->inputs - 1];
        size_t c = p->child[i], end = p->child[i + 1];
        KERNEL(samples) sum;

        UNROLL
        for (size_t k = 0; k < many; k++)
            sum[k] = (VEC){0} + weights[i * m];
        for (; c < end && c < p->inner; c++, last -= MANY) {
            UNROLL
            for (size_t k = 0; k < many; k++)
                sum[k] += last[k] * rest[c][k];
        }
        for (; c < end; c++, last -= MANY) {
            UNROLL
            for (size_t k = 0; k < many; k++)
                sum[k] += last[k] * weights[c * m];
        }
        UNROLL
        for (size_t k = 0; k < many; k++)
            rest[i][k] = sum[k];
    }
}

/* value[i] of every inner term: term i times value[0]. */
SIMD_INLINE void KERNEL(values)(const struct polynomial *p, KERNEL(samples) * x, size_t many,
                                KERNEL(samples) * value)
{
    for (size_t i = 1; i < p->inner; i++) {
        UNROLL
        for (size_t k = 0; k < many; k++)
            value[i][k] = value[p->parent[i]][k] * x[p->input[i]][k];
    }
}

SIMD_INLINE void KERNEL(load_grad)(const float *grad, size_t many, KERNEL(samples) * value)
{
    UNROLL
    for (size_t k = 0; k < many; k++)
        value[0][k] = ((const VEC *)grad)[k];
}

/* Adds to the gradient of input j: over the terms made by it, what they are made from times what the
 * polynomial has of them. */
SIMD_INLINE void KERNEL(add_slope)(const struct polynomial *p, const float *weights, unsigned m,
                                   unsigned j, KERNEL(samples) * value, KERNEL(samples) * rest,
                                   size_t many, float *grad)
{
    size_t i = p->first[j], end = p->first[j + 1];
    KERNEL(samples) sum;

    UNROLL
    for (size_t k = 0; k < many; k++)
        sum[k] = ((const VEC *)grad)[k];
    for (; i < end && p->made[i] < p->inner; i++) {
        UNROLL
        for (size_t k = 0; k < many; k++)
            sum[k] += value[p->parent[p->made[i]]][k] * rest[p->made[i]][k];
    }
    for (; i < end; i++) {
        UNROLL
        for (size_t k = 0; k < many; k++)
            sum[k] += value[p->parent[p->made[i]]][k] * weights[p->made[i] * m];
    }
    UNROLL
    for (size_t k = 0; k < many; k++)
        ((VEC *)grad)[k] = sum[k];
}

/* Sums over the samples of all terms times value[0], added to grad[i * m]; so many terms at a time as
 * there are lanes. Term 0 is made from nothing. */
SIMD_INLINE void KERNEL(add_sums)(const struct polynomial *p, KERNEL(samples) * x, size_t many,
                                  KERNEL(samples) * value, unsigned m, float *grad)
{
    for (size_t first = 0; first < p->terms; first += LANES) {
        VEC sum[LANES];

        for (size_t e = 0; e < LANES; e++) {
            size_t i = first + e < p->terms ? first + e : 0;
            const VEC *of = value[p->parent[i]], *by = x[p->input[i]];

            sum[e] = of[0] * by[0];
            UNROLL
            for (size_t k = 1; k < many; k++)
                sum[e] += of[k] * by[k];
        }
        if (first == 0) {
            sum[0] = value[0][0];
            for (size_t k = 1; k < many; k++)
                sum[0] += value[0][k];
        }
        sum[0] = KERNEL(lane_sums)(sum);
        for (size_t e = 0; e < LANES && first + e < p->terms; e++)
            grad[(first + e) * m] += sum[0][e];
    }
}

SIMD_INLINE void KERNEL(forward)(const struct polynomial *p, const float *weights, unsigned m,
                                 const float *const *in, float *const *out, size_t s, size_t many,
                                 KERNEL(samples) * rest)
{
    KERNEL(samples) x[NODE_MAX_INPUTS];

    KERNEL(load_inputs)(p, in, s, many, x);
    for (unsigned o = 0; o < m; o++) {
        KERNEL(nest)(p, weights + o, m, x, many, rest);
        UNROLL
        for (size_t k = 0; k < many; k++)
            ((VEC *)(out[o] + s))[k] = rest[0][k];
    }
}

SIMD_INLINE void KERNEL(backward_inputs)(const struct polynomial *p, const float *weights,
                                         unsigned m, const float *const *in,
                                         const float *const *grad_out, float *const *grad_in,
                                         size_t s, size_t many, KERNEL(samples) * rest,
                                         KERNEL(samples) * value)
{
    KERNEL(samples) x[NODE_MAX_INPUTS];

    KERNEL(load_inputs)(p, in, s, many, x);
    for (unsigned o = 0; o < m; o++) {
        KERNEL(load_grad)(grad_out[o] + s, many, value);
        KERNEL(values)(p, x, many, value);
        KERNEL(nest)(p, weights + o, m, x, many, rest);
        for (unsigned j = 0; j < p->inputs; j++)
            KERNEL(add_slope)(p, weights + o, m, j, value, rest, many, grad_in[j] + s);
    }
}

SIMD_INLINE void KERNEL(backward_weights)(const struct polynomial *p, unsigned m,
                                          const float *const *in, const float *const *grad_out,
                                          float *grad_weights, size_t s, size_t many,
                                          KERNEL(samples) * value)
{
    KERNEL(samples) x[NODE_MAX_INPUTS];

    KERNEL(load_inputs)(p, in, s, many, x);
    for (unsigned o = 0; o < m; o++) {
        KERNEL(load_grad)(grad_out[o] + s, many, value);
        KERNEL(values)(p, x, many, value);
        KERNEL(add_sums)(p, x, many, value, m, grad_weights + o);
    }
}

/* The samples in blocks of MANY vectors, the rest one by one. */
#define BLOCKS(call, ...)                                                                          \
    do {                                                                                           \
        size_t s = 0;                                                                              \
        for (; s + MANY * LANES <= count; s += MANY * LANES)                                       \
            call(__VA_ARGS__, s, MANY, SCRATCH);                                                   \
        for (; s < count; s += LANES)                                                              \
            call(__VA_ARGS__, s, 1, SCRATCH);                                                      \
    } while (0)

SIMD_KERNEL void KERNEL(polynomial_forward)(const struct polynomial *p, const float *weights,
                                            unsigned m, const float *const *in, float *const *out,
                                            size_t count)
{
    KERNEL(samples) rest[POLYNOMIAL_MAX_INNER];

#define SCRATCH rest
    BLOCKS(KERNEL(forward), p, weights, m, in, out);
#undef SCRATCH
}

SIMD_KERNEL void KERNEL(polynomial_backward_inputs)(const struct polynomial *p,
                                                    const float *weights, unsigned m,
                                                    const float *const *in,
                                                    const float *const *grad_out,
                                                    float *const *grad_in, size_t count)
{
    KERNEL(samples) rest[POLYNOMIAL_MAX_INNER], value[POLYNOMIAL_MAX_INNER];

#define SCRATCH rest, value
    BLOCKS(KERNEL(backward_inputs), p, weights, m, in, grad_out, grad_in);
#undef SCRATCH
}

SIMD_KERNEL void KERNEL(polynomial_backward_weights)(const struct polynomial *p, unsigned m,
                                                     const float *const *in,
                                                     const float *const *grad_out,
                                                     float *grad_weights, size_t count)
{
    KERNEL(samples) value[POLYNOMIAL_MAX_INNER];

#define SCRATCH value
    BLOCKS(KERNEL(backward_weights), p, m, in, grad_out, grad_weights);
#undef SCRATCH
}

#undef BLOCKS
