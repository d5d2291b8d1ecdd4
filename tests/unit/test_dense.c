/* Small dense matrices: every version of each kernel against sums in double, swept over shapes, strides
 * and numbers of samples. The source is part of this program, so that versions can be called which the
 * machine would not choose. */
#include "base/rng.h"
#include "node/dense.c"
#include "versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>
#include <math.h>

enum { SEED = 43, MOST = 20 };

struct version {
    const char *name;
    bool works;
    void (*multiply)(const struct dense *, const float *, const float *, const float *const *,
                     float *const *, size_t);
    void (*correlate)(const struct dense *, const float *const *, const float *const *, float *,
                      float *, size_t);
};

#define VERSION(name, works)                                                                       \
    {                                                                                              \
#name, works, dense_multiply_##name, dense_correlate_##name                                \
    }

static struct {
    struct dense shape;
    size_t count;
    float weights[MOST * MOST], bias[MOST];
    float values[3][MOST][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float *in[MOST], *out[MOST];
} d;

static void fill(struct rng *rng)
{
    for (size_t i = 0; i < (size_t)MOST * MOST; i++)
        d.weights[i] = rng_float(rng) - 0.5F;
    for (size_t i = 0; i < MOST; i++) {
        d.bias[i] = rng_float(rng) - 0.5F;
        d.in[i] = d.values[0][i];
        d.out[i] = d.values[1][i];
        for (size_t s = 0; s < NODE_MAX_SAMPLES; s++) {
            d.in[i][s] = rng_float(rng) - 0.5F;
            d.out[i][s] = d.values[2][i][s] = rng_float(rng) - 0.5F;
        }
    }
}

static size_t weight_of(size_t o, size_t i)
{
    return o * d.shape.out_stride + i * d.shape.in_stride;
}

static void expect_near(const char *what, const struct version *v, float found, double expected)
{
    if (fabs((double)found - expected) > 5e-6 * (1 + fabs(expected)))
        fail_msg("%s of %s, %zu outputs, %zu inputs, %zu samples: %.9g, expected %.9g", what,
                 v->name, d.shape.outputs, d.shape.inputs, d.count, (double)found, expected);
}

static void check_multiply(const struct version *v, const float *bias)
{
    v->multiply(&d.shape, d.weights, bias, (const float *const *)d.in, d.out, d.count);
    for (size_t o = 0; o < MOST; o++) {
        for (size_t s = 0; s < NODE_MAX_SAMPLES; s++) {
            bool written = o < d.shape.outputs && s < d.count;
            double sum = (double)(bias != NULL && written ? bias[o] : d.values[2][o][s]);

            for (size_t i = 0; i < d.shape.inputs && written; i++)
                sum += (double)d.weights[weight_of(o, i)] * (double)d.in[i][s];
            expect_near("multiply", v, d.out[o][s], sum);
        }
    }
}

static void check_correlate(const struct version *v)
{
    float weights[MOST * MOST] = {0}, bias[MOST] = {0};

    v->correlate(&d.shape, (const float *const *)d.in, (const float *const *)d.out, weights, bias,
                 d.count);
    for (size_t o = 0; o < d.shape.outputs; o++) {
        double sum = 0;

        for (size_t s = 0; s < d.count; s++)
            sum += (double)d.out[o][s];
        expect_near("bias", v, bias[o], sum);
        for (size_t i = 0; i < d.shape.inputs; i++) {
            sum = 0;
            for (size_t s = 0; s < d.count; s++)
                sum += (double)d.out[o][s] * (double)d.in[i][s];
            expect_near("correlate", v, weights[weight_of(o, i)], sum);
        }
    }
}

static void sweep(const struct version *v)
{
    struct rng rng;

    rng_seed(&rng, SEED, 0);
    print_message("# dense: %s, seed %d\n", v->name, SEED);
    for (size_t outputs = 1; outputs <= MOST; outputs++) {
        for (size_t inputs = 1; inputs <= MOST; inputs++) {
            bool turned = (outputs + inputs) % 2 == 0;

            d.shape = (struct dense){outputs, inputs, turned ? 1 : inputs, turned ? outputs : 1};
            d.count = 16 * (1 + (outputs / 2 + inputs) % 4);
            fill(&rng);
            check_multiply(v, d.bias);
            fill(&rng);
            check_multiply(v, NULL);
            check_correlate(v);
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
