/* The multilinear extension: every version of each kernel against the definition in double, for every
 * fan-in and number of samples. The source is part of this program, so that versions can be called
 * which the machine would not choose. */
#include "base/rng.h"
#include "node/multilinear.c"
#include "versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>
#include <math.h>

enum { SEED = 29 };

struct version {
    const char *name;
    bool works;
    void (*forward)(unsigned, const float *, const float *const *, float *, size_t);
    void (*backward_inputs)(unsigned, const float *, const float *const *, const float *,
                            float *const *, size_t);
    void (*backward_table)(unsigned, const float *const *, const float *, float *, size_t);
};

#define VERSION(name, works)                                                                       \
    {                                                                                              \
#name, works, multilinear_forward_##name, multilinear_backward_inputs_##name,              \
            multilinear_backward_table_##name                                                      \
    }

static struct {
    float table[1 << NODE_MAX_INPUTS], grad_table[1 << NODE_MAX_INPUTS];
    float in[NODE_MAX_INPUTS][NODE_MAX_SAMPLES], grad_in[NODE_MAX_INPUTS][NODE_MAX_SAMPLES];
    float out[NODE_MAX_SAMPLES], grad_out[NODE_MAX_SAMPLES];
} d __attribute__((aligned(SIMD_ALIGN)));

static void fill(struct rng *rng, unsigned n)
{
    for (size_t a = 0; a < (size_t)1 << n; a++)
        d.table[a] = rng_float(rng) - 0.3F;
    for (size_t s = 0; s < NODE_MAX_SAMPLES; s++) {
        d.grad_out[s] = rng_float(rng) - 0.5F;
        for (unsigned j = 0; j < n; j++)
            d.in[j][s] = rng_below(rng, 5) == 0 ? (float)rng_below(rng, 2) : rng_float(rng);
    }
}

/* The product that address a has, but for input `without`. */
static double product(unsigned n, size_t a, size_t s, unsigned without)
{
    double p = 1;

    for (unsigned j = 0; j < n; j++) {
        double x = (double)d.in[j][s];

        if (j != without) p *= a >> j & 1 ? x : 1 - x;
    }
    return p;
}

static void expect_near(const char *what, const struct version *version, unsigned n, size_t count,
                        float found, double expected)
{
    if (fabs((double)found - expected) > 4e-6 * (1 + fabs(expected)))
        fail_msg("%s of %s, n %u, %zu samples: %.9g, expected %.9g", what, version->name, n, count,
                 (double)found, expected);
}

static void check_forward(const struct version *v, unsigned n, const float *const *in, size_t count)
{
    v->forward(n, d.table, in, d.out, count);
    for (size_t s = 0; s < count; s++) {
        double y = 0;

        for (size_t a = 0; a < (size_t)1 << n; a++)
            y += (double)d.table[a] * product(n, a, s, n);
        expect_near("forward", v, n, count, d.out[s], y);
    }
}

static void check_inputs(const struct version *v, unsigned n, const float *const *in, size_t count)
{
    float *rows[NODE_MAX_INPUTS] = {NULL};

    for (unsigned j = 0; j < n; j++) {
        rows[j] = d.grad_in[j];
        for (size_t s = 0; s < NODE_MAX_SAMPLES; s++)
            rows[j][s] = 0.25F;
    }
    v->backward_inputs(n, d.table, in, d.grad_out, rows, count);
    for (unsigned j = 0; j < n; j++) {
        for (size_t s = 0; s < NODE_MAX_SAMPLES; s++) {
            double slope = 0;

            for (size_t a = 0; a < (size_t)1 << n && s < count; a++)
                slope += (a >> j & 1 ? 1 : -1) * (double)d.table[a] * product(n, a, s, j);
            expect_near("backward_inputs", v, n, count, rows[j][s],
                        0.25 + (double)d.grad_out[s] * slope);
        }
    }
}

static void check_table(const struct version *v, unsigned n, const float *const *in, size_t count)
{
    for (size_t a = 0; a < (size_t)1 << NODE_MAX_INPUTS; a++)
        d.grad_table[a] = 0.25F;
    v->backward_table(n, in, d.grad_out, d.grad_table, count);
    for (size_t a = 0; a < (size_t)1 << NODE_MAX_INPUTS; a++) {
        double sum = 0.25;

        for (size_t s = 0; s < count && a < (size_t)1 << n; s++)
            sum += (double)d.grad_out[s] * product(n, a, s, n);
        expect_near("backward_table", v, n, count, d.grad_table[a], sum);
    }
}

static void each_version(void (*check)(const struct version *, unsigned, const float *const *,
                                       size_t))
{
    const struct version versions[] = {
        VERSIONS_OF(VERSION),
    };

    for (size_t v = 0; v < sizeof versions / sizeof versions[0]; v++) {
        const float *in[NODE_MAX_INPUTS];
        struct rng rng;

        if (!versions[v].works) continue;
        rng_seed(&rng, SEED, 0);
        print_message("# multilinear: %s, seed %d\n", versions[v].name, SEED);
        for (unsigned j = 0; j < NODE_MAX_INPUTS; j++)
            in[j] = d.in[j];
        for (unsigned n = 1; n <= NODE_MAX_INPUTS; n++) {
            for (size_t count = 16; count <= NODE_MAX_SAMPLES; count += n < 9 ? 16 : 48) {
                fill(&rng, n);
                check(&versions[v], n, in, count);
            }
        }
    }
}

static void test_forward(void **state)
{
    (void)state;
    each_version(check_forward);
}

static void test_backward_inputs(void **state)
{
    (void)state;
    each_version(check_inputs);
}

static void test_backward_table(void **state)
{
    (void)state;
    each_version(check_table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_backward_inputs),
        cmocka_unit_test(test_backward_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
