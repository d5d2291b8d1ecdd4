/* The kernels of phasor.c, included once for each instruction set (base/simd.h). */
#include "lanes_kernel.h"

SIMD_INLINE struct complex16 KERNEL(times)(struct complex16 a, struct complex16 b)
{
    return (struct complex16){a.real * b.real - a.imaginary * b.imaginary,
                              a.real * b.imaginary + a.imaginary * b.real};
}

/* product[g][a]: over the inputs 3 g + j, j a bit of a. Missing inputs count as 1. */
SIMD_INLINE void KERNEL(groups)(const struct phasor *phasor, size_t s,
                                struct complex16 product[][8])
{
    for (unsigned j = 0; j < (phasor->inputs + 2) / 3 * 3; j++) {
        struct complex16 *own = product[j / 3], z = {(v16){0} + 1.0F, (v16){0}};
        size_t bit = (size_t)1 << j % 3;

        if (bit == 1) own[0] = z;
        if (j < phasor->inputs) {
            z.real = *(const v16_row *)(phasor->real[j] + s);
            z.imaginary = *(const v16_row *)(phasor->imaginary[j] + s);
        }
        for (size_t a = 0; a < bit; a++)
            own[a + bit] = KERNEL(times)(own[a], z);
    }
}

SIMD_INLINE struct complex16 KERNEL(product)(unsigned groups, struct complex16 product[][8],
                                             size_t set)
{
    struct complex16 all = product[0][set & 7];

    for (unsigned g = 1; g < groups; g++)
        all = KERNEL(times)(all, product[g][set >> 3 * g & 7]);
    return all;
}

SIMD_KERNEL void KERNEL(phasor_sum)(const struct phasor *phasor, const uint16_t *sets,
                                    const float *real, const float *imaginary, size_t num_sets,
                                    float bias, float *out, size_t count)
{
    unsigned groups = (phasor->inputs + 2) / 3;

    for (size_t s = 0; s < count; s += 16) {
        struct complex16 product[PHASOR_GROUPS][8];
        v16 sum = (v16){0} + bias;

        KERNEL(groups)(phasor, s, product);
        for (size_t q = 0; q < num_sets; q++) {
            struct complex16 p = KERNEL(product)(groups, product, sets[q]);

            sum += real[q] * p.real - imaginary[q] * p.imaginary;
        }
        *(v16_row *)(out + s) = sum;
    }
}

/* d Re(c P) / d x_j = -pi Im(c P) for the inputs j of the set: the imaginary parts are gathered by
 * the part of the set in each group, then shared out to the inputs. */
SIMD_KERNEL void KERNEL(phasor_backward_inputs)(const struct phasor *phasor, const uint16_t *sets,
                                                const float *real, const float *imaginary,
                                                size_t num_sets, const float *grad,
                                                float *const *grad_in, size_t count)
{
    unsigned groups = (phasor->inputs + 2) / 3;

    for (size_t s = 0; s < count; s += 16) {
        struct complex16 product[PHASOR_GROUPS][8];
        v16 sum[PHASOR_GROUPS][8] = {0}, g = -pi * *(const v16_row *)(grad + s);

        KERNEL(groups)(phasor, s, product);
        for (size_t q = 0; q < num_sets; q++) {
            struct complex16 p = KERNEL(product)(groups, product, sets[q]);
            v16 part = real[q] * p.imaginary + imaginary[q] * p.real;

            for (unsigned k = 0; k < groups; k++)
                sum[k][sets[q] >> 3 * k & 7] += part;
        }
        for (unsigned j = 0; j < phasor->inputs; j++) {
            v16 slope = {0};

            for (size_t a = 0; a < 8; a++) {
                if (a >> j % 3 & 1) slope += sum[j / 3][a];
            }
            *(v16_row *)(grad_in[j] + s) += g * slope;
        }
    }
}

SIMD_KERNEL void KERNEL(phasor_correlate)(const struct phasor *phasor, const uint16_t *sets,
                                          size_t num_sets, const float *grad, float *u, float *v,
                                          size_t count)
{
    struct complex16 product[NODE_MAX_SAMPLES / 16][PHASOR_GROUPS][8];
    unsigned groups = (phasor->inputs + 2) / 3;
    size_t blocks = count / 16;

    for (size_t b = 0; b < blocks; b++)
        KERNEL(groups)(phasor, 16 * b, product[b]);
    for (size_t q = 0; q < num_sets; q++) {
        v16 real = {0}, imaginary = {0};

        for (size_t b = 0; b < blocks; b++) {
            struct complex16 p = KERNEL(product)(groups, product[b], sets[q]);
            v16 g = *(const v16_row *)(grad + 16 * b);

            real += g * p.real;
            imaginary += g * p.imaginary;
        }
        u[q] = KERNEL(lanes_sum)(real);
        v[q] = -KERNEL(lanes_sum)(imaginary);
    }
}
