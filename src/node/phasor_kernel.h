/* The kernels of phasor.c, included once for each instruction set (base/simd.h). */
#include "base/lanes_kernel.h"

/* A complex number of each sample. */
struct KERNEL(complex) {
    VEC real, imaginary;
};

SIMD_INLINE struct KERNEL(complex) KERNEL(times)(struct KERNEL(complex) a, struct KERNEL(complex) b)
{
    return (struct KERNEL(complex)){a.real * b.real - a.imaginary * b.imaginary,
                                    a.real * b.imaginary + a.imaginary * b.real};
}

/* product[g][a]: over the inputs 3 g + j, j a bit of a. Missing inputs count as 1. */
SIMD_INLINE void KERNEL(groups)(const struct phasor *phasor, size_t s,
                                struct KERNEL(complex) product[][8])
{
    for (unsigned j = 0; j < (phasor->inputs + 2) / 3 * 3; j++) {
        struct KERNEL(complex) *own = product[j / 3], z = {(VEC){0} + 1.0F, (VEC){0}};
        size_t bit = (size_t)1 << j % 3;

        if (bit == 1) own[0] = z;
        if (j < phasor->inputs) {
            z.real = *(const VEC *)(phasor->real[j] + s);
            z.imaginary = *(const VEC *)(phasor->imaginary[j] + s);
        }
        for (size_t a = 0; a < bit; a++)
            own[a + bit] = KERNEL(times)(own[a], z);
    }
}

SIMD_INLINE struct KERNEL(complex)
    KERNEL(product)(unsigned groups, struct KERNEL(complex) product[][8], size_t set)
{
    struct KERNEL(complex) all = product[0][set & 7];

    UNROLL
    for (unsigned g = 1; g < groups; g++)
        all = KERNEL(times)(all, product[g][set >> 3 * g & 7]);
    return all;
}

SIMD_INLINE void KERNEL(sum)(unsigned groups, const struct phasor *phasor, const uint16_t *sets,
                             const float *real, const float *imaginary, size_t num_sets, float bias,
                             float *out, size_t count)
{
    for (size_t s = 0; s < count; s += LANES) {
        struct KERNEL(complex) product[PHASOR_GROUPS][8];
        VEC sum = (VEC){0} + bias;

        KERNEL(groups)(phasor, s, product);
        for (size_t q = 0; q < num_sets; q++) {
            struct KERNEL(complex) p = KERNEL(product)(groups, product, sets[q]);

            sum += real[q] * p.real - imaginary[q] * p.imaginary;
        }
        *(VEC *)(out + s) = sum;
    }
}

/* d Re(c P) / d x_j = -pi Im(c P) for the inputs j of the set: the imaginary parts are gathered by
 * the part of the set in each group, then shared out to the inputs. */
SIMD_INLINE void KERNEL(backward_inputs)(unsigned groups, const struct phasor *phasor,
                                         const uint16_t *sets, const float *real,
                                         const float *imaginary, size_t num_sets, const float *grad,
                                         float *const *grad_in, size_t count)
{
    for (size_t s = 0; s < count; s += LANES) {
        struct KERNEL(complex) product[PHASOR_GROUPS][8];
        VEC sum[PHASOR_GROUPS][8] = {0}, g = -pi * *(const VEC *)(grad + s);

        KERNEL(groups)(phasor, s, product);
        for (size_t q = 0; q < num_sets; q++) {
            struct KERNEL(complex) p = KERNEL(product)(groups, product, sets[q]);
            VEC part = real[q] * p.imaginary + imaginary[q] * p.real;

            UNROLL
            for (unsigned k = 0; k < groups; k++)
                sum[k][sets[q] >> 3 * k & 7] += part;
        }
        for (unsigned j = 0; j < phasor->inputs; j++) {
            VEC slope = {0};

            for (size_t a = 0; a < 8; a++) {
                if (a >> j % 3 & 1) slope += sum[j / 3][a];
            }
            *(VEC *)(grad_in[j] + s) += g * slope;
        }
    }
}

/* Half as many sets at a time as there are lanes: real and imaginary sums of all are formed together. */
SIMD_INLINE void KERNEL(correlate)(unsigned groups, const struct phasor *phasor,
                                   const uint16_t *sets, size_t num_sets, const float *grad,
                                   float *u, float *v, size_t count)
{
    struct KERNEL(complex) product[NODE_MAX_SAMPLES / LANES][PHASOR_GROUPS][8];

    for (size_t b = 0; b < count / LANES; b++)
        KERNEL(groups)(phasor, b * LANES, product[b]);
    for (size_t first = 0; first < num_sets; first += LANES / 2) {
        size_t many = num_sets - first < LANES / 2 ? num_sets - first : LANES / 2;
        VEC sum[LANES] = {{0}};

        for (size_t q = 0; q < many; q++) {
            for (size_t b = 0; b < count / LANES; b++) {
                struct KERNEL(complex) p = KERNEL(product)(groups, product[b], sets[first + q]);
                VEC g = *(const VEC *)(grad + b * LANES);

                sum[2 * q] += g * p.real;
                sum[2 * q + 1] -= g * p.imaginary;
            }
        }
        sum[0] = KERNEL(lane_sums)(sum);
        for (size_t q = 0; q < many; q++) {
            u[first + q] = sum[0][2 * q];
            v[first + q] = sum[0][2 * q + 1];
        }
    }
}

/* The usual sizes, up to six inputs, with a constant number of groups. */
#define DISPATCH(function, ...)                                                                    \
    switch (phasor->inputs > 6 ? 0 : phasor->inputs > 3 ? 2 : 1) {                                 \
    case 1:                                                                                        \
        KERNEL(function)(1, __VA_ARGS__);                                                          \
        break;                                                                                     \
    case 2:                                                                                        \
        KERNEL(function)(2, __VA_ARGS__);                                                          \
        break;                                                                                     \
    default:                                                                                       \
        KERNEL(function)((phasor->inputs + 2) / 3, __VA_ARGS__);                                   \
        break;                                                                                     \
    }

SIMD_KERNEL void KERNEL(phasor_sum)(const struct phasor *phasor, const uint16_t *sets,
                                    const float *real, const float *imaginary, size_t num_sets,
                                    float bias, float *out, size_t count){
    DISPATCH(sum, phasor, sets, real, imaginary, num_sets, bias, out, count)}

SIMD_KERNEL
    void KERNEL(phasor_backward_inputs)(const struct phasor *phasor, const uint16_t *sets,
                                        const float *real, const float *imaginary, size_t num_sets,
                                        const float *grad, float *const *grad_in, size_t count){
        DISPATCH(backward_inputs, phasor, sets, real, imaginary, num_sets, grad, grad_in, count)}

SIMD_KERNEL void KERNEL(phasor_correlate)(const struct phasor *phasor, const uint16_t *sets,
                                          size_t num_sets, const float *grad, float *u, float *v,
                                          size_t count)
{
    DISPATCH(correlate, phasor, sets, num_sets, grad, u, v, count)
}

#undef DISPATCH
