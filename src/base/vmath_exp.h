/* exp() of one number, for loops that have more to do with it: without branches or calls, it vectorises
 * with the loop around it. */
#ifndef DIFFLUT_BASE_VMATH_EXP_H
#define DIFFLUT_BASE_VMATH_EXP_H

#include "simd.h"

#include <stdint.h>
#include <string.h>

/* exp(x) = 2^k * exp(r), |r| <= ln(2)/2, by the Cephes expf polynomial (Moshier). */
SIMD_INLINE float vmath_exp_one(float x)
{
    x = x < -87.0F ? -87.0F : x;
    x = x > 88.0F ? 88.0F : x;

    float shifted = x * 1.44269504088896341F + 12582912.0F; /* 1.5 * 2^23: rounds to nearest */
    float k = shifted - 12582912.0F;
    float r = (x - k * 0.693359375F) + k * 2.12194440e-4F;
    float p = 1.9875691500e-4F;
    uint32_t bits;
    float power;

    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * (r * r) + r + 1.0F;
    memcpy(&bits, &shifted, sizeof bits); /* k stands in its low bits, also when x is NaN */
    bits = (bits + 127U) << 23;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

#endif
