/* Tables taken apart: every plan must compute its table, and no plan may use what its device lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netlist/decompose.h"
#include "random_net.h"

static const uint64_t SEED = 6464;

static const char *const TARGETS[] = {"ice40", "ecp5"};

static unsigned run_plan(const struct decompose_plan *plan, unsigned address)
{
    unsigned value[NETLIST_MAX_FAN_IN + DECOMPOSE_MAX_PARTS];

    for (unsigned k = 0; k < NETLIST_MAX_FAN_IN; k++)
        value[k] = address >> k & 1;
    for (unsigned p = 0; p < plan->count; p++) {
        unsigned at = 0;

        for (unsigned k = 0; k < plan->part[p].inputs; k++) {
            assert_true(plan->part[p].from[k] < NETLIST_MAX_FAN_IN + p); /* topological */
            at |= value[plan->part[p].from[k]] << k;
        }
        value[NETLIST_MAX_FAN_IN + p] = plan->part[p].table >> at & 1;
    }
    return value[NETLIST_MAX_FAN_IN + plan->count - 1];
}

/* The cost of the plan, after all checks. */
static unsigned check(uint64_t table, unsigned inputs, const char *target)
{
    const struct decompose_device *device = decompose_device(target);
    struct decompose_plan plan;
    unsigned cost = 0;

    decompose(table, inputs, device, &plan);
    assert_in_range(plan.count, 1, DECOMPOSE_MAX_PARTS);
    for (unsigned p = 0; p < plan.count; p++) {
        assert_true(device->cost[plan.part[p].inputs] > 0);
        cost += device->cost[plan.part[p].inputs];
    }
    assert_int_equal(cost, plan.cost);
    for (unsigned a = 0; a < 1u << inputs; a++) {
        if (run_plan(&plan, a) != (table >> a & 1))
            fail_msg("%s: table %016llx of %u inputs, address %u (seed %llu)", target,
                     (unsigned long long)table, inputs, a, (unsigned long long)SEED);
    }
    return plan.cost;
}

/* A table that depends on all of its inputs. */
static uint64_t full_table(unsigned inputs, struct rng *rng)
{
    for (;;) {
        uint64_t table = (rng_below(rng, 1u << 16) << 48 | rng_below(rng, 1u << 16) << 32 |
                          rng_below(rng, UINT64_C(1) << 32)) &
                         table_ones(inputs);
        bool full = true;

        for (unsigned k = 0; k < inputs; k++)
            full = full && !table_ignores(table, inputs, k);
        if (full) return table;
    }
}

static void test_random_tables(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, SEED, 0);
    for (unsigned inputs = 1; inputs <= 6; inputs++) {
        unsigned worst[2] = {0, 0};

        for (unsigned n = 0; n < 200; n++) {
            for (unsigned t = 0; t < 2; t++) {
                unsigned cost = check(full_table(inputs, &rng), inputs, TARGETS[t]);

                if (cost > worst[t]) worst[t] = cost;
            }
        }
        assert_true(worst[0] <= (inputs <= 4 ? 1 : inputs == 5 ? 3 : 6));
        assert_true(worst[1] <= (inputs <= 4 ? 1 : inputs == 5 ? 2 : 4));
    }
}

/* Functions that are known to take so many LUTs of four inputs. */
static void test_known_costs(void **state)
{
    uint64_t and6 = UINT64_C(1) << 63, parity = 0, threshold = 0, pairs = 0;

    (void)state;
    for (unsigned a = 0; a < 64; a++) {
        unsigned ones = (unsigned)__builtin_popcount(a);

        parity |= (uint64_t)(ones & 1) << a;
        threshold |= (uint64_t)(ones >= 3) << a;
        pairs |= (uint64_t)((a & a >> 1 & 1) | (a >> 2 & a >> 3 & 1) | (a >> 4 & a >> 5 & 1)) << a;
    }
    for (unsigned t = 0; t < 2; t++) {
        assert_int_equal(check(and6, 6, TARGETS[t]), 2);
        assert_int_equal(check(parity, 6, TARGETS[t]), 2);
        assert_int_equal(check(pairs, 6, TARGETS[t]), 2);
        assert_int_equal(check(0x96696996, 5, TARGETS[t]), 2);
    }
    assert_true(check(threshold, 6, "ice40") <= 4);
    assert_true(check(UINT64_C(0xff00f0f0ccccaaaa), 6, "ice40") == 2); /* 4-to-1 multiplexer */
    assert_null(decompose_device("xcup"));
    assert_null(decompose_device("generic"));
}

/* --- whole netlists --- */

static struct netlist *copy_of(const struct netlist *net)
{
    struct netlist *copy = NULL;
    struct err err = {""};

    assert_int_equal(netlist_copy(&copy, net, &err), ERR_OK);
    return copy;
}

static void assert_same_function(const struct netlist *a, const struct netlist *b, struct rng *rng)
{
    enum { COUNT = 40 };
    size_t scores = (size_t)COUNT * a->num_classes;
    uint16_t *codes = calloc((size_t)COUNT * a->num_features, sizeof *codes);
    uint32_t *found = calloc(2 * (scores + COUNT), sizeof *found);
    struct err err = {""};

    for (size_t i = 0; i < (size_t)COUNT * a->num_features; i++)
        codes[i] = (uint16_t)rng_below(rng, UINT64_C(1) << a->code_bits);
    assert_int_equal(netlist_eval(a, codes, COUNT, NULL, found, found + scores, &err), ERR_OK);
    assert_int_equal(netlist_eval(b, codes, COUNT, NULL, found + scores + COUNT,
                                  found + 2 * scores + COUNT, &err),
                     ERR_OK);
    assert_memory_equal(found, found + scores + COUNT, (scores + COUNT) * sizeof *found);
    free(found);
    free(codes);
}

/* Half of them with unread, repeated and constant inputs, as they are without the passes. */
static void test_netlists(void **state)
{
    static const struct random_net_limits limits = {8, 8, 60, 120, 4, 8, 60};

    (void)state;
    for (uint64_t n = 0; n < 30; n++) {
        struct err err = {""};
        struct rng rng;
        struct netlist *net;

        rng_seed(&rng, SEED, n + 1);
        net = random_net(&rng, &limits);
        if (n % 2 == 0) assert_int_equal(netlist_optimize(net, NULL, &err), ERR_OK);
        for (unsigned t = 0; t < 2; t++) {
            struct netlist *apart = copy_of(net);

            assert_int_equal(netlist_decompose(&apart, TARGETS[t], &err), ERR_OK);
            for (uint32_t lut = 0; lut < apart->num_luts; lut++)
                assert_true(t == 1 || apart->fan_in_count[lut] <= 4);
            assert_same_function(net, apart, &rng);
            netlist_free(apart);
        }
        netlist_free(net);
    }
}

static void test_other_targets(void **state)
{
    struct err err = {""};
    struct rng rng;
    struct netlist *net, *before;

    (void)state;
    rng_seed(&rng, SEED, 0);
    net = before = random_net(&rng, &RANDOM_NET_SMALL);
    assert_int_equal(netlist_decompose(&net, "xcup", &err), ERR_OK);
    assert_ptr_equal(net, before);
    netlist_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_tables),
        cmocka_unit_test(test_known_costs),
        cmocka_unit_test(test_netlists),
        cmocka_unit_test(test_other_targets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
