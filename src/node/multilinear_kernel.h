/* The kernels of multilinear.c, included once for each instruction set (base/simd.h). */

SIMD_INLINE v8 KERNEL(load)(const float *p)
{
    return *(const v8_unaligned *)p;
}

SIMD_INLINE void KERNEL(store)(float *p, v8 value)
{
    *(v8_unaligned *)p = value;
}

/* Products over `inputs` rows at sample s: product[a] for a < 2^inputs. */
SIMD_INLINE void KERNEL(products)(unsigned inputs, const float *const *in, size_t s, v8 *product)
{
    product[0] = (v8){0} + 1.0F;
    UNROLL
    for (unsigned j = 0; j < inputs; j++) {
        v8 x = KERNEL(load)(in[j] + s);

        UNROLL
        for (size_t a = 0; a < (size_t)1 << j; a++) {
            v8 one = product[a] * x;

            product[a + ((size_t)1 << j)] = one;
            product[a] = product[a] - one;
        }
    }
}

/* sum over the cube of value[a] * product[a], by folding one input at a time; destroys value. */
SIMD_INLINE v8 KERNEL(fold)(unsigned inputs, const float *const *in, size_t s, v8 *value)
{
    UNROLL
    for (unsigned j = 0; j < inputs; j++) {
        v8 x = KERNEL(load)(in[j] + s);

        UNROLL
        for (size_t a = 0; a < (size_t)1 << (inputs - 1 - j); a++)
            value[a] = value[2 * a] + x * (value[2 * a + 1] - value[2 * a]);
    }
    return value[0];
}

/* slope[j] of the form whose corner values are value[]; destroys value. */
SIMD_INLINE void KERNEL(slopes)(unsigned inputs, const float *const *in, size_t s, v8 *value,
                                v8 *slope)
{
    v8 difference[1 << (MAX_HIGH - 1)];

    UNROLL
    for (unsigned j = 0; j < inputs; j++) {
        size_t half = (size_t)1 << (inputs - 1 - j);
        v8 x = KERNEL(load)(in[j] + s);

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
    for (size_t s = 0; s < count; s += 8) {
        v8 a[1 << MAX_LOW], inner[1 << MAX_HIGH];

        KERNEL(products)(low, in, s, a);
        UNROLL
        for (size_t h = 0; h < (size_t)1 << high; h++)
            inner[h] = table[h << low] * a[0];
        UNROLL
        for (size_t l = 1; l < (size_t)1 << low; l++) {
            UNROLL
            for (size_t h = 0; h < (size_t)1 << high; h++)
                inner[h] += table[(h << low) + l] * a[l];
        }
        KERNEL(store)(out + s, KERNEL(fold)(high, in + low, s, inner));
    }
}

SIMD_INLINE void KERNEL(backward_inputs)(unsigned low, unsigned high, const float *table,
                                         const float *const *in, const float *grad_out,
                                         float *const *grad_in, size_t count)
{
    for (size_t s = 0; s < count; s += 8) {
        v8 a[1 << MAX_LOW], b[1 << MAX_HIGH], inner[1 << MAX_HIGH], outer[1 << MAX_LOW];
        v8 slope[MAX_LOW + MAX_HIGH], g = KERNEL(load)(grad_out + s);

        KERNEL(products)(low, in, s, a);
        KERNEL(products)(high, in + low, s, b);
        UNROLL
        for (size_t l = 0; l < (size_t)1 << low; l++)
            outer[l] = (v8){0};
        UNROLL
        for (size_t h = 0; h < (size_t)1 << high; h++) {
            v8 sum = {0};

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
            KERNEL(store)(grad_in[j] + s, KERNEL(load)(grad_in[j] + s) + g * slope[j]);
    }
}

/* The eight low products of one sample, one a lane; missing inputs count as 0. */
SIMD_INLINE v8 KERNEL(lane_products)(unsigned low, const float *const *in, size_t s)
{
    v8 product = (v8){0} + 1.0F;

    UNROLL
    for (unsigned j = 0; j < MAX_LOW; j++) {
        float x = j < low ? in[j][s] : 0.0F;

        product *= (1.0F - lane_bit[j]) + x * (2.0F * lane_bit[j] - 1.0F);
    }
    return product;
}

/* Lanes are table entries here, so the sums over the samples stay in registers and need no final
 * reduction across lanes. */
SIMD_INLINE void KERNEL(backward_table)(unsigned low, unsigned high, const float *const *in,
                                        const float *grad_out, float *grad_table, size_t count)
{
    v8 sum[1 << MAX_HIGH];
    float weight[8 << MAX_HIGH] __attribute__((aligned(32)));

    UNROLL
    for (size_t h = 0; h < (size_t)1 << high; h++)
        sum[h] = (v8){0};
    for (size_t s = 0; s < count; s += 8) {
        v8 b[1 << MAX_HIGH], g = KERNEL(load)(grad_out + s);

        KERNEL(products)(high, in + low, s, b);
        UNROLL
        for (size_t h = 0; h < (size_t)1 << high; h++)
            KERNEL(store)(weight + 8 * h, g * b[h]);
        UNROLL
        for (size_t i = 0; i < 8; i++) {
            v8 a = KERNEL(lane_products)(low, in, s + i);

            UNROLL
            for (size_t h = 0; h < (size_t)1 << high; h++)
                sum[h] += weight[8 * h + i] * a;
        }
    }
    UNROLL
    for (size_t h = 0; h < (size_t)1 << high; h++) {
        UNROLL
        for (size_t l = 0; l < (size_t)1 << low; l++)
            grad_table[(h << low) + l] += sum[h][l];
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
