#include "vmath.h"

#include "simd.h"
#include "vmath_exp.h"

#include <stdint.h>
#include <string.h>

SIMD_CLONES void vmath_exp(const float *in, float *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = vmath_exp_one(in[i]);
}

SIMD_CLONES void vmath_sigmoid(const float *in, float scale, float *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = 1.0F / (1.0F + vmath_exp_one(-scale * in[i]));
}

SIMD_CLONES void vmath_sigmoid_gradient(const float *y, const float *grad, float scale, float *out,
                                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = scale * grad[i] * (y[i] * (1.0F - y[i]));
}

/* in = k pi/2 + r, |r| <= pi/4; pi/2 in three parts; the Cephes sinf and cosf polynomials (Moshier).
 * The quadrant k exchanges the two and sets their signs. */
SIMD_CLONES void vmath_sin_cos(const float *in, float *sine, float *cosine, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float shifted = in[i] * 0.636619772367581343F + 12582912.0F; /* rounds to nearest */
        float k = shifted - 12582912.0F;
        float r = ((in[i] - k * 1.5703125F) - k * 4.837512969970703e-4F) - k * 7.54978995489e-8F;
        float z = r * r;
        float s = ((-1.9515295891e-4F * z + 8.3321608736e-3F) * z - 1.6666654611e-1F) * z * r + r;
        float c =
            ((2.443315711809948e-5F * z - 1.388731625493765e-3F) * z + 4.166664568298827e-2F) *
                (z * z) -
            0.5F * z + 1.0F;
        int32_t quadrant = (int32_t)k;
        float first = (quadrant & 1) != 0 ? c : s, second = (quadrant & 1) != 0 ? s : c;

        sine[i] = (quadrant & 2) != 0 ? -first : first;
        cosine[i] = ((quadrant + 1) & 2) != 0 ? -second : second;
    }
}

/* in = 2^e m, sqrt(1/2) <= m < sqrt(2); the Cephes logf polynomial in m - 1. */
SIMD_CLONES void vmath_log(const float *in, float *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t bits, above;
        float m, e, z, p;

        memcpy(&bits, &in[i], sizeof bits);
        above = (bits - 0x3f3504f3) >> 23; /* floor of the exponent counted from sqrt(1/2) */
        bits -= above * (1 << 23);
        memcpy(&m, &bits, sizeof m);
        e = (float)above;
        m -= 1.0F;
        z = m * m;
        p = 7.0376836292e-2F;
        p = p * m - 1.1514610310e-1F;
        p = p * m + 1.1676998740e-1F;
        p = p * m - 1.2420140846e-1F;
        p = p * m + 1.4249322787e-1F;
        p = p * m - 1.6668057665e-1F;
        p = p * m + 2.0000714765e-1F;
        p = p * m - 2.4999993993e-1F;
        p = p * m + 3.3333331174e-1F;
        out[i] = ((p * m * z + e * -2.12194440e-4F) - 0.5F * z) + m + e * 0.693359375F;
    }
}
