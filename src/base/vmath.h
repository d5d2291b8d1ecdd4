/* Vectorised elementary functions on float arrays: straight polynomial loops without branches or
 * libm calls, so a value does not depend on its place in the array or on the thread. */
#ifndef DIFFLUT_BASE_VMATH_H
#define DIFFLUT_BASE_VMATH_H

#include <stddef.h>

/* out[i] = 1 / (1 + exp(-scale * in[i])), relative error below 3e-7; exact 0.5 at 0. in == out is
 * allowed. */
void vmath_sigmoid(const float *in, float scale, float *out, size_t count);

/* The gradient through a sigmoid of value y: out[i] = scale * grad[i] * y[i] * (1 - y[i]). out may be y
 * or grad. */
void vmath_sigmoid_gradient(const float *y, const float *grad, float scale, float *out,
                            size_t count);

/* Sine and cosine of in[i] in radians, |in[i]| below 1e4; absolute error below 2e-7. */
void vmath_sin_cos(const float *in, float *sine, float *cosine, size_t count);

/* out[i] = ln(in[i]), in[i] a positive normal number; relative error below 3e-7, absolute near 1. */
void vmath_log(const float *in, float *out, size_t count);

/* out[i] = exp(in[i]), clamped to the float range; relative error below 2e-7. */
void vmath_exp(const float *in, float *out, size_t count);

#endif
