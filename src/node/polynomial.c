#include "polynomial.h"

#include "base/simd.h"

#include <string.h>

#pragma GCC diagnostic ignored "-Wpsabi"

/* Sixteen samples. */
typedef float v16 __attribute__((vector_size(64)));
typedef float v16_row __attribute__((vector_size(64), may_alias));

enum { MAX_POWERS = NODE_MAX_INPUTS * POLYNOMIAL_MAX_DEGREE };

#define KERNEL(name) name##_baseline
#include "polynomial_kernel.h"
#undef KERNEL

#if SIMD_X86
SIMD_BEGIN_AVX2
#define KERNEL(name) name##_avx2
#include "polynomial_kernel.h"
#undef KERNEL
SIMD_END

SIMD_BEGIN_AVX512
#define KERNEL(name) name##_avx512
#include "polynomial_kernel.h"
#undef KERNEL
SIMD_END
#endif

size_t polynomial_terms(unsigned inputs, unsigned degree)
{
    size_t terms = 1;

    for (unsigned k = 1; k <= degree; k++)
        terms = terms * (inputs + k) / k;
    return terms;
}

/* The next tuple of the same sum in ascending order of the first exponent, then of the second, ...:
 * one unit of the last positive exponent moves one place up, what remains of it to the end. */
static bool next_tuple(unsigned inputs, float *tuple)
{
    unsigned last = inputs - 1;
    float rest;

    while (last > 0 && tuple[last] == 0)
        last--;
    if (last == 0) return false;
    rest = tuple[last] - 1;
    tuple[last] = 0;
    tuple[last - 1] += 1;
    tuple[inputs - 1] = rest;
    return true;
}

void polynomial_exponents(unsigned inputs, unsigned degree, float *exponents)
{
    float tuple[NODE_MAX_INPUTS];

    for (unsigned d = 0; d <= degree; d++) {
        memset(tuple, 0, sizeof tuple);
        tuple[inputs - 1] = (float)d;
        do {
            memcpy(exponents, tuple, inputs * sizeof *tuple);
            exponents += inputs;
        } while (next_tuple(inputs, tuple));
    }
}

SIMD_CLONES void polynomial_sum_subsets(unsigned inputs, float *values)
{
    size_t size = (size_t)1 << inputs;

    for (size_t bit = 1; bit < size; bit *= 2) {
        for (size_t first = 0; first < size; first += 2 * bit) {
            for (size_t a = first; a < first + bit; a++)
                values[a + bit] += values[a];
        }
    }
}

SIMD_CLONES void polynomial_sum_supersets(unsigned inputs, float *values)
{
    size_t size = (size_t)1 << inputs;

    for (size_t bit = 1; bit < size; bit *= 2) {
        for (size_t first = 0; first < size; first += 2 * bit) {
            for (size_t a = first; a < first + bit; a++)
                values[a] += values[a + bit];
        }
    }
}

void polynomial_compile(struct polynomial *p, unsigned inputs, unsigned degree, size_t terms,
                        const float *exponents)
{
    uint16_t used = 0;

    p->inputs = inputs;
    p->degree = degree;
    p->terms = terms;
    for (size_t i = 0; i < terms; i++) {
        p->start[i] = used;
        for (unsigned j = 0; j < inputs; j++) {
            unsigned exponent = (unsigned)exponents[i * inputs + j];

            if (exponent > 0) p->factor[used++] = (uint8_t)(j * degree + exponent - 1);
        }
    }
    p->start[terms] = used;
}

void polynomial_forward(const struct polynomial *p, const float *weights, unsigned m,
                        const float *const *in, float *const *out, size_t count)
{
    SIMD_CALL(polynomial_forward, (p, weights, m, in, out, count));
}

void polynomial_backward_inputs(const struct polynomial *p, const float *weights, unsigned m,
                                const float *const *in, const float *const *grad_out,
                                float *const *grad_in, size_t count)
{
    SIMD_CALL(polynomial_backward_inputs, (p, weights, m, in, grad_out, grad_in, count));
}

void polynomial_backward_weights(const struct polynomial *p, unsigned m, const float *const *in,
                                 const float *const *grad_out, float *grad_weights, size_t count)
{
    SIMD_CALL(polynomial_backward_weights, (p, m, in, grad_out, grad_weights, count));
}
