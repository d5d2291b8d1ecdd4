/* The kernels of multilinear.c, included once for each instruction set (base/simd.h). */
#include "base/lanes_kernel.h"

/* Products over `inputs` rows at sample s, times `start`: product[a] for a < 2^inputs. */
SIMD_INLINE void KERNEL(products)(unsigned inputs, const float *const *in, size_t s, VEC start,
                                  VEC *product)
{
    product[0] = start;
    UNROLL
    for (unsigned j = 0; j < inputs; j++) {
        VEC x = LOAD(in[j] + s);

        UNROLL
        for (size_t a = 0; a < (size_t)1 << j; a++) {
            VEC one = product[a] * x;

            product[a + ((size_t)1 << j)] = one;
            product[a] = product[a] - one;
        }
    }
}

/* sum over the cube of value[a] * product[a], by folding one input at a time; destroys value. */
SIMD_INLINE VEC KERNEL(fold)(unsigned inputs, const float *const *in, size_t s, VEC *value)
{
    UNROLL
    for (unsigned j = 0; j < inputs; j++) {
        VEC x = LOAD(in[j] + s);

        UNROLL
        for (size_t a = 0; a < (size_t)1 << (inputs - 1 - j); a++)
            value[a] = value[2 * a] + x * (value[2 * a + 1] - value[2 * a]);
    }
    return value[0];
}

/* slope[j] of the form whose corner values are value[]; destroys value. */
SIMD_INLINE void KERNEL(slopes)(unsigned inputs, const float *const *in, size_t s, VEC *value,
                                VEC *slope)
{
    VEC difference[1 << (MAX_HIGH - 1)];

    UNROLL
    for (unsigned j = 0; j < inputs; j++) {
        size_t half = (size_t)1 << (inputs - 1 - j);
        VEC x = LOAD(in[j] + s);

        UNROLL
        for (size_t a = 0; a < half; a++) {
            difference[a] = value[2 * a + 1] - value[2 * a];
            value[a] = value[2 * a] + x * difference[a];
        }
        slope[j] = KERNEL(fold)(inputs - 1 - j, in + j + 1, s, difference);
    }
}

SIMD_INLINE void KERNEL(forward)(unsigned low, unsigned high, const float *table,
                                 const float *const *in, float *out, size_t count)
{
    for (size_t s = 0; s < count; s += LANES) {
        VEC a[1 << MAX_LOW], inner[1 << MAX_HIGH], ones = (VEC){0} + 1.0F;

        KERNEL(products)(low, in, s, ones, a);
        UNROLL
        for (size_t h = 0; h < (size_t)1 << high; h++)
            inner[h] = table[h << low] * a[0];
        UNROLL
        for (size_t l = 1; l < (size_t)1 << low; l++) {
            UNROLL
            for (size_t h = 0; h < (size_t)1 << high; h++)
                inner[h] += table[(h << low) + l] * a[l];
        }
        STORE(out + s, KERNEL(fold)(high, in + low, s, inner));
    }
}

SIMD_INLINE void KERNEL(backward_inputs)(unsigned low, unsigned high, const float *table,
                                         const float *const *in, const float *grad_out,
                                         float *const *grad_in, size_t count)
{
    for (size_t s = 0; s < count; s += LANES) {
        VEC a[1 << MAX_LOW], b[1 << MAX_HIGH], inner[1 << MAX_HIGH], outer[1 << MAX_LOW];
        VEC slope[MAX_LOW + MAX_HIGH], g = LOAD(grad_out + s), ones = (VEC){0} + 1.0F;

        KERNEL(products)(low, in, s, ones, a);
        KERNEL(products)(high, in + low, s, ones, b);
        UNROLL
        for (size_t l = 0; l < (size_t)1 << low; l++)
            outer[l] = (VEC){0};
        UNROLL
        for (size_t h = 0; h < (size_t)1 << high; h++) {
            VEC sum = {0};

            UNROLL
            for (size_t l = 0; l < (size_t)1 << low; l++) {
                float w = table[(h << low) + l];

                sum += w * a[l];
                outer[l] += w * b[h];
            }
            inner[h] = sum;
        }
        KERNEL(slopes)(low, in, s, outer, slope);
        KERNEL(slopes)(high, in + low, s, inner, slope + low);
        UNROLL
        for (unsigned j = 0; j < low + high; j++)
            STORE(grad_in[j] + s, LOAD(grad_in[j] + s) + g * slope[j]);
    }
}

/* The gradient at sample s times the product that more inputs have at address `top`. */
SIMD_INLINE VEC KERNEL(weight)(unsigned inputs, const float *const *in, size_t top,
                               const float *grad_out, size_t s)
{
    VEC weight = LOAD(grad_out + s);

    for (unsigned j = 0; j < inputs; j++) {
        if (top >> j & 1)
            weight *= LOAD(in[j] + s);
        else
            weight -= weight * LOAD(in[j] + s);
    }
    return weight;
}

/* Column k of rows of products. */
SIMD_INLINE void KERNEL(product_column)(unsigned inputs, const float *const *in, size_t k,
                                        VEC start, VEC (*row)[ROW])
{
    VEC product[8];

    KERNEL(products)(inputs, in, k * LANES, start, product);
    UNROLL
    for (size_t a = 0; a < (size_t)1 << inputs; a++)
        row[a][k] = product[a];
}

/* Lane 8 h + l: the sum over the samples of a[l] b[h]. */
SIMD_INLINE VEC KERNEL(correlate)(VEC (*a)[ROW], VEC (*b)[ROW], size_t count)
{
    VEC sum[LANES];

    UNROLL_LANES
    for (size_t e = 0; e < LANES; e++)
        sum[e] = a[e % 8][0] * b[e / 8][0];
    for (size_t k = 1; k < count / LANES; k++) {
        UNROLL_LANES
        for (size_t e = 0; e < LANES; e++)
            sum[e] += a[e % 8][k] * b[e / 8][k];
    }
    return KERNEL(lane_sums)(sum);
}

/* Sums over samples of products of two rows, so many at once that all stay in registers and the sums
 * over the lanes are formed together. Lanes are samples first, then table entries. */
SIMD_INLINE void KERNEL(backward_table)(unsigned low, unsigned high, const float *const *in,
                                        const float *grad_out, float *grad_table, size_t count)
{
    unsigned middle = high < 3 ? high : 3, top = high - middle;
    VEC a[8][ROW], b[8][ROW];

    if (low < 3) memset(a, 0, sizeof a); /* missing inputs count as 0 */
    if (middle == 0) memset(b, 0, sizeof b);

    for (size_t k = 0; k < count / LANES; k++)
        KERNEL(product_column)(low, in, k, (VEC){0} + 1.0F, a);
    for (size_t t = 0; t < (size_t)1 << top; t++) {
        for (size_t k = 0; k < count / LANES; k++) {
            VEC weight = KERNEL(weight)(top, in + low + middle, t, grad_out, k * LANES);

            KERNEL(product_column)(middle, in + low, k, weight, b);
        }
        for (size_t h = 0; h < (size_t)1 << middle; h += LANES / 8) {
            float *entry = grad_table + ((t << middle) + h) * 8;
            size_t left = ((size_t)1 << low << middle) - 8 * h;
            VEC sum = KERNEL(correlate)(a, b + h, count);

            if (left >= LANES)
                STORE(entry, LOAD(entry) + sum);
            else
                for (size_t e = 0; e < left; e++)
                    entry[e] += sum[e];
        }
    }
}

SIMD_KERNEL void KERNEL(multilinear_forward)(unsigned n, const float *table, const float *const *in,
                                             float *out, size_t count){
#define CALL(low, high) KERNEL(forward)(low, high, table, in, out, count)
    DISPATCH(CALL)
#undef CALL
}

SIMD_KERNEL void KERNEL(multilinear_backward_inputs)(unsigned n, const float *table,
                                                     const float *const *in, const float *grad_out,
                                                     float *const *grad_in, size_t count){
#define CALL(low, high) KERNEL(backward_inputs)(low, high, table, in, grad_out, grad_in, count)
    DISPATCH(CALL)
#undef CALL
}

SIMD_KERNEL
    void KERNEL(multilinear_backward_table)(unsigned n, const float *const *in,
                                            const float *grad_out, float *grad_table, size_t count)
{
#define CALL(low, high) KERNEL(backward_table)(low, high, in, grad_out, grad_table, count)
    DISPATCH(CALL)
#undef CALL
}
