/* Polynomials: every version of each kernel against the sum of powers in double, swept over inputs,
 * degrees, outputs and numbers of samples. The source is part of this program, so that versions can be
 * called which the machine would not choose. */
#include "base/rng.h"
#include "node/polynomial.c"
#include "versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

enum { SEED = 37, MOST_OUTPUTS = 3 };

struct version {
    const char *name;
    bool works;
    void (*forward)(const struct polynomial *, const float *, unsigned, const float *const *,
                    float *const *, size_t);
    void (*backward_inputs)(const struct polynomial *, const float *, unsigned,
                            const float *const *, const float *const *, float *const *, size_t);
    void (*backward_weights)(const struct polynomial *, unsigned, const float *const *,
                             const float *const *, float *, size_t);
};

#define VERSION(name, works)                                                                       \
    {                                                                                              \
#name, works, polynomial_forward_##name, polynomial_backward_inputs_##name,                \
            polynomial_backward_weights_##name                                                     \
    }

static struct {
    struct polynomial p;
    unsigned m;
    size_t count;
    float weights[POLYNOMIAL_MAX_TERMS * MOST_OUTPUTS], grad[POLYNOMIAL_MAX_TERMS * MOST_OUTPUTS];
    float values[6][NODE_MAX_INPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float *in[NODE_MAX_INPUTS], *grad_in[NODE_MAX_INPUTS];
    float *out[MOST_OUTPUTS], *grad_out[MOST_OUTPUTS];
} d;

static void fill(struct rng *rng, unsigned n, unsigned degree)
{
    polynomial_create(&d.p, n, degree);
    for (size_t i = 0; i < d.p.terms * d.m; i++)
        d.weights[i] = rng_float(rng) - 0.5F;
    for (unsigned j = 0; j < NODE_MAX_INPUTS; j++) {
        d.in[j] = d.values[0][j];
        d.grad_in[j] = d.values[1][j];
        for (size_t s = 0; s < NODE_MAX_SAMPLES; s++) {
            d.in[j][s] = rng_float(rng);
            d.grad_in[j][s] = 0.25F;
        }
    }
    for (unsigned o = 0; o < d.m; o++) {
        d.out[o] = d.values[2][o];
        d.grad_out[o] = d.values[3][o];
        for (size_t s = 0; s < NODE_MAX_SAMPLES; s++)
            d.grad_out[o][s] = rng_float(rng) - 0.5F;
    }
    for (size_t i = 0; i < d.p.terms * d.m; i++)
        d.grad[i] = 0.25F;
}

/* Term i at sample s, or its derivative by input `by` (none: the number of inputs). */
static double term(size_t i, size_t s, unsigned by)
{
    float exponents[NODE_MAX_INPUTS];
    double value = 1;

    polynomial_exponents(&d.p, i, exponents);
    for (unsigned j = 0; j < d.p.inputs; j++) {
        double x = (double)d.in[j][s], e = (double)exponents[j];

        value *= j != by ? pow(x, e) : e == 0 ? 0 : e * pow(x, e - 1);
    }
    return value;
}

static void expect_near(const char *what, const struct version *v, float found, double expected)
{
    if (fabs((double)found - expected) > 1e-5 * (1 + fabs(expected)))
        fail_msg("%s of %s, %u inputs, %zu terms, %zu samples: %.9g, expected %.9g", what, v->name,
                 d.p.inputs, d.p.terms, d.count, (double)found, expected);
}

static void check_forward(const struct version *v)
{
    v->forward(&d.p, d.weights, d.m, (const float *const *)d.in, d.out, d.count);
    for (size_t s = 0; s < d.count; s += 5) {
        for (unsigned o = 0; o < d.m; o++) {
            double y = 0;

            for (size_t i = 0; i < d.p.terms; i++)
                y += (double)d.weights[i * d.m + o] * term(i, s, d.p.inputs);
            expect_near("forward", v, d.out[o][s], y);
        }
    }
}

static void check_inputs(const struct version *v)
{
    v->backward_inputs(&d.p, d.weights, d.m, (const float *const *)d.in,
                       (const float *const *)d.grad_out, d.grad_in, d.count);
    for (size_t s = 0; s < d.count; s += 5) {
        for (unsigned j = 0; j < d.p.inputs; j++) {
            double slope = 0.25;

            for (size_t i = 0; i < d.p.terms * d.m; i++)
                slope +=
                    (double)d.grad_out[i % d.m][s] * (double)d.weights[i] * term(i / d.m, s, j);
            expect_near("backward_inputs", v, d.grad_in[j][s], slope);
        }
    }
    for (size_t s = d.count; s < NODE_MAX_SAMPLES; s++)
        assert_true(d.grad_in[0][s] == 0.25F);
}

static void check_weights(const struct version *v)
{
    v->backward_weights(&d.p, d.m, (const float *const *)d.in, (const float *const *)d.grad_out,
                        d.grad, d.count);
    for (size_t i = 0; i < d.p.terms; i++) {
        double sum[MOST_OUTPUTS] = {0};

        for (size_t s = 0; s < d.count; s++) {
            for (unsigned o = 0; o < d.m; o++)
                sum[o] += (double)d.grad_out[o][s] * term(i, s, d.p.inputs);
        }
        for (unsigned o = 0; o < d.m; o++)
            expect_near("backward_weights", v, d.grad[i * d.m + o], 0.25 + sum[o]);
    }
}

static void sweep(const struct version *v, void (*check)(const struct version *))
{
    struct rng rng;

    rng_seed(&rng, SEED, 0);
    print_message("# polynomial: %s, seed %d\n", v->name, SEED);
    for (unsigned n = 1; n <= NODE_MAX_INPUTS; n++) {
        for (unsigned degree = 1; degree <= (n < 5 ? 6 : n < 8 ? 3 : 2); degree++) {
            d.m = 1 + (n + degree) % MOST_OUTPUTS;
            d.count = 16 * (1 + (n + degree) % 4);
            fill(&rng, n, degree);
            check(v);
        }
    }
}

static void each_version(void (*check)(const struct version *))
{
    const struct version versions[] = {
        VERSIONS_OF(VERSION),
    };

    for (size_t v = 0; v < sizeof versions / sizeof versions[0]; v++) {
        if (versions[v].works) sweep(&versions[v], check);
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

static void test_backward_weights(void **state)
{
    (void)state;
    each_version(check_weights);
}

/* Every shape that is allowed keeps within its arrays: polynomial_create() asserts it. */
static void test_all_shapes(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= NODE_MAX_INPUTS; n++) {
        for (unsigned degree = 1; degree <= POLYNOMIAL_MAX_DEGREE; degree++) {
            if (polynomial_terms(n, degree) > POLYNOMIAL_MAX_TERMS) continue;
            polynomial_create(&d.p, n, degree);
            assert_int_equal(d.p.terms, polynomial_terms(n, degree));
            assert_int_equal(d.p.inner, polynomial_terms(n, degree - 1));
            for (size_t i = 0; i < d.p.inner; i++) {
                for (size_t c = d.p.child[i]; c < d.p.child[i + 1]; c++) {
                    assert_int_equal(d.p.parent[c], i);
                    assert_int_equal(d.p.input[c], n - 1 - (c - d.p.child[i]));
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_backward_inputs),
        cmocka_unit_test(test_backward_weights),
        cmocka_unit_test(test_all_shapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
