#include "phasor.h"

#include "base/lanes.h"
#include "base/vmath.h"

#pragma GCC diagnostic ignored "-Wpsabi"

#define UNROLL SIMD_UNROLL(4)

static const float pi = 3.14159265358979F;

#define SIMD_FILE "node/phasor_kernel.h"
#include "base/simd_versions.h"

SIMD_CLONES static void scale_row(const float *in, float *out, size_t count)
{
    for (size_t s = 0; s < count; s++)
        out[s] = pi * in[s];
}

void phasor_start(struct phasor *phasor, unsigned inputs, const float *const *in, size_t count)
{
    float angle[NODE_MAX_SAMPLES];

    phasor->inputs = inputs;
    for (unsigned j = 0; j < inputs; j++) {
        scale_row(in[j], angle, count);
        vmath_sin_cos(angle, phasor->imaginary[j], phasor->real[j], count);
    }
}

void phasor_sum(const struct phasor *phasor, const uint16_t *sets, const float *real,
                const float *imaginary, size_t num_sets, float bias, float *out, size_t count)
{
    SIMD_CALL(phasor_sum, (phasor, sets, real, imaginary, num_sets, bias, out, count));
}

void phasor_backward_inputs(const struct phasor *phasor, const uint16_t *sets, const float *real,
                            const float *imaginary, size_t num_sets, const float *grad,
                            float *const *grad_in, size_t count)
{
    SIMD_CALL(phasor_backward_inputs,
              (phasor, sets, real, imaginary, num_sets, grad, grad_in, count));
}

void phasor_correlate(const struct phasor *phasor, const uint16_t *sets, size_t num_sets,
                      const float *grad, float *u, float *v, size_t count)
{
    SIMD_CALL(phasor_correlate, (phasor, sets, num_sets, grad, u, v, count));
}
