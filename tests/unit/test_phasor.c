/* Cosine series: every version of each kernel against the definition in double, swept over inputs, sets
 * and numbers of samples. The source is part of this program, so that versions can be called which the
 * machine would not choose. */
#include "base/rng.h"
#include "node/phasor.c"
#include "versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

enum { SEED = 47, MOST = 37 };

struct version {
    const char *name;
    bool works;
    void (*sum)(const struct phasor *, const uint16_t *, const float *, const float *, size_t,
                float, float *, size_t);
    void (*backward_inputs)(const struct phasor *, const uint16_t *, const float *, const float *,
                            size_t, const float *, float *const *, size_t);
    void (*correlate)(const struct phasor *, const uint16_t *, size_t, const float *, float *,
                      float *, size_t);
};

#define VERSION(name, works)                                                                       \
    {                                                                                              \
#name, works, phasor_sum_##name, phasor_backward_inputs_##name, phasor_correlate_##name    \
    }

static struct {
    struct phasor phasor;
    size_t num_sets, count;
    uint16_t sets[MOST];
    float real[MOST], imaginary[MOST];
    float in[NODE_MAX_INPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float slopes[NODE_MAX_INPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float grad[NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float out[NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
} d;

static void fill(struct rng *rng, unsigned n)
{
    const float *rows[NODE_MAX_INPUTS];

    for (size_t q = 0; q < d.num_sets; q++) {
        d.sets[q] = (uint16_t)rng_below(rng, (uint64_t)1 << n);
        d.real[q] = (rng_float(rng) - 0.5F) / 8;
        d.imaginary[q] = (rng_float(rng) - 0.5F) / 8;
    }
    for (unsigned j = 0; j < NODE_MAX_INPUTS; j++) {
        rows[j] = d.in[j];
        for (size_t s = 0; s < NODE_MAX_SAMPLES; s++) {
            d.in[j][s] = rng_float(rng);
            d.slopes[j][s] = 0.25F;
        }
    }
    for (size_t s = 0; s < NODE_MAX_SAMPLES; s++)
        d.grad[s] = rng_float(rng) - 0.5F;
    phasor_start(&d.phasor, n, rows, d.count);
}

/* The product of set q is e^(i angle). */
static double angle(size_t q, size_t s)
{
    double sum = 0;

    for (unsigned j = 0; j < d.phasor.inputs; j++)
        sum += d.sets[q] >> j & 1 ? (double)d.in[j][s] : 0;
    return 3.14159265358979323846 * sum;
}

static void expect_near(const char *what, const struct version *v, float found, double expected)
{
    if (fabs((double)found - expected) > 1e-5 * (1 + fabs(expected)))
        fail_msg("%s of %s, %u inputs, %zu sets, %zu samples: %.9g, expected %.9g", what, v->name,
                 d.phasor.inputs, d.num_sets, d.count, (double)found, expected);
}

static void check_samples(const struct version *v)
{
    float *rows[NODE_MAX_INPUTS] = {NULL};

    for (unsigned j = 0; j < d.phasor.inputs; j++)
        rows[j] = d.slopes[j];
    v->sum(&d.phasor, d.sets, d.real, d.imaginary, d.num_sets, 0.5F, d.out, d.count);
    v->backward_inputs(&d.phasor, d.sets, d.real, d.imaginary, d.num_sets, d.grad, rows, d.count);
    for (size_t s = 0; s < d.count; s += 3) {
        double y = 0.5, slope[NODE_MAX_INPUTS] = {0};

        for (size_t q = 0; q < d.num_sets; q++) {
            double c = cos(angle(q, s)), i = sin(angle(q, s));

            y += (double)d.real[q] * c - (double)d.imaginary[q] * i;
            for (unsigned j = 0; j < d.phasor.inputs; j++)
                if (d.sets[q] >> j & 1)
                    slope[j] -= (double)pi * ((double)d.real[q] * i + (double)d.imaginary[q] * c);
        }
        expect_near("sum", v, d.out[s], y);
        for (unsigned j = 0; j < d.phasor.inputs; j++)
            expect_near("backward_inputs", v, d.slopes[j][s], 0.25 + (double)d.grad[s] * slope[j]);
    }
}

static void check_sets(const struct version *v)
{
    float real[MOST], imaginary[MOST];

    v->correlate(&d.phasor, d.sets, d.num_sets, d.grad, real, imaginary, d.count);
    for (size_t q = 0; q < d.num_sets; q++) {
        double c = 0, i = 0;

        for (size_t s = 0; s < d.count; s++) {
            c += (double)d.grad[s] * cos(angle(q, s));
            i -= (double)d.grad[s] * sin(angle(q, s));
        }
        expect_near("correlate, real", v, real[q], c);
        expect_near("correlate, imaginary", v, imaginary[q], i);
    }
}

static void sweep(const struct version *v)
{
    struct rng rng;

    rng_seed(&rng, SEED, 0);
    print_message("# phasor: %s, seed %d\n", v->name, SEED);
    for (unsigned n = 1; n <= NODE_MAX_INPUTS; n++) {
        for (d.num_sets = 1; d.num_sets <= MOST; d.num_sets += 3) {
            d.count = 16 * (1 + (n + d.num_sets) % 4);
            fill(&rng, n);
            check_samples(v);
            check_sets(v);
        }
    }
}

static void test_versions(void **state)
{
    const struct version versions[] = {
        VERSIONS_OF(VERSION),
    };

    (void)state;
    for (size_t v = 0; v < sizeof versions / sizeof versions[0]; v++) {
        if (versions[v].works) sweep(&versions[v]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
