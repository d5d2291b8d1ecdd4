/* The plans that the emitter prints: popcount trees and shared comparators, evaluated as they stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netlist/comparators.h"
#include "netlist/popcount.h"
#include "random_net.h"

static const uint64_t SEED = 77;

/* --- popcount --- */

/* The sum by the plan's counters; items[] has room for every item. */
static uint64_t run_popcount(const struct popcount_plan *plan, uint8_t *items)
{
    uint64_t sum = 0;

    items[plan->num_inputs] = 1;
    for (uint32_t i = 0; i < plan->num_counters; i++) {
        const struct popcount_counter *c = &plan->counters[i];
        unsigned ones = 0;

        for (unsigned k = 0; k < (unsigned)c->low + c->high; k++) {
            assert_true(c->in[k] < c->first_item); /* topological */
            ones += items[c->in[k]] * (k < c->low ? 1u : 2u);
        }
        assert_true(c->low + c->high <= POPCOUNT_COUNTER_INPUTS);
        assert_true(ones >> c->bits == 0); /* no bit that was left out is ever set */
        for (unsigned b = 0; b < c->bits; b++)
            items[c->first_item + b] = ones >> b & 1;
    }
    for (uint32_t b = 0; b < plan->num_bits; b++) {
        if (plan->out[b] != POPCOUNT_ZERO) sum += (uint64_t)items[plan->out[b]] << b;
    }
    return sum;
}

static void check_shape(const struct popcount_shape *shape, struct rng *rng)
{
    struct popcount_plan *plan = NULL;
    struct err err = {""};
    uint8_t *items;

    assert_int_equal(popcount_create(&plan, shape, &err), ERR_OK);
    assert_int_equal(plan->luts, popcount_luts(shape));
    for (uint32_t i = 0; shape->full_adders && i < plan->num_counters; i++)
        assert_true(plan->counters[i].low <= 3 && plan->counters[i].high == 0);
    items = malloc(plan->num_inputs + 1 + 3 * (size_t)plan->num_counters);
    assert_non_null(items);
    for (unsigned round = 0; round < 20; round++) {
        uint64_t expected = shape->bias;
        uint32_t at = 0;

        for (unsigned w = 0; w < POPCOUNT_MAX_WEIGHTS; w++) {
            for (uint32_t i = 0; i < shape->inputs[w]; i++, at++) {
                items[at] = round == 0 ? 0 : round == 1 ? 1 : (uint8_t)(rng_next(rng) & 1);
                expected += (uint64_t)items[at] << w;
            }
        }
        assert_int_equal(at, plan->num_inputs);
        assert_int_equal(run_popcount(plan, items), expected);
    }
    free(items);
    popcount_free(plan);
}

static void test_popcount_sizes(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, SEED, 0);
    for (uint32_t n = 0; n <= 300; n++) {
        check_shape(&(struct popcount_shape){.inputs = {n}}, &rng);
        check_shape(&(struct popcount_shape){.inputs = {n}, .full_adders = 1}, &rng);
    }
    check_shape(&(struct popcount_shape){.inputs = {5000}}, &rng);
}

static void test_popcount_shapes(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, SEED, 1);
    for (unsigned round = 0; round < 300; round++) {
        struct popcount_shape shape = {.bias = random_up_to(&rng, 300)};

        for (uint64_t w = rng_below(&rng, 7); w-- > 0;)
            shape.inputs[rng_below(&rng, 10)] = random_up_to(&rng, 20);
        check_shape(&shape, &rng);
        shape.full_adders = 1;
        check_shape(&shape, &rng);
    }
}

/* What the area figures rest on. */
static void test_popcount_size(void **state)
{
    (void)state;
    assert_int_equal(popcount_luts(&(struct popcount_shape){.inputs = {100}}), 98);
    assert_int_equal(popcount_luts(&(struct popcount_shape){.inputs = {100}, .full_adders = 1}),
                     194);
    for (uint32_t n = 30; n <= 1000; n++)
        assert_true(popcount_luts(&(struct popcount_shape){.inputs = {n}}) <= n);
}

static void test_popcount_refuses(void **state)
{
    struct popcount_shape shape = {.inputs = {[30] = 2}};
    struct popcount_plan *plan = NULL;
    struct err err = {""};

    (void)state;
    assert_int_equal(popcount_create(&plan, &shape, &err), ERR_ARG);
    assert_string_equal(err.message, "popcount: a sum can reach 2^31");
    shape = (struct popcount_shape){.inputs = {[31] = 1}};
    assert_int_equal(popcount_create(&plan, &shape, &err), ERR_ARG);
    assert_null(plan);
    popcount_free(NULL);
}

/* --- comparators --- */

static unsigned pick_bits(uint32_t code, unsigned first, unsigned count)
{
    return code >> first & ((1u << count) - 1);
}

/* The verdict of a chain on a code. */
static unsigned run_chain(const struct comparators_chain *chain, uint32_t code, unsigned lut_inputs)
{
    unsigned verdict = 0, select = 0;

    for (unsigned k = 0; k < chain->num_select; k++)
        select |= (code >> chain->select_bits[k] & 1) << k;
    for (unsigned i = 0; i < chain->num_steps; i++) {
        const struct comparators_step *s = &chain->steps[i];
        unsigned address = pick_bits(code, s->first_bit, s->num_bits) | select << s->num_bits;
        unsigned inputs = (unsigned)chain->num_select + s->num_bits;

        if (i > 0) {
            address = address << 1 | verdict;
            inputs++;
        }
        assert_true(inputs <= lut_inputs);
        verdict = s->table >> address & 1;
    }
    return verdict;
}

static void check_comparators(const uint32_t *toggles, size_t count, unsigned code_bits,
                              unsigned lut_inputs)
{
    struct comparators *plan = NULL;
    uint64_t plain = 0;

    assert_int_equal(comparators_create(&plan, toggles, count, code_bits, lut_inputs, NULL),
                     ERR_OK);
    for (size_t i = 0; i < count; i++) {
        const struct comparator *item = &plan->items[i];

        plain += comparators_plain_luts(toggles[i], code_bits, lut_inputs);
        assert_int_equal(item->toggle, toggles[i]);
        for (uint32_t code = 0; code < 1u << code_bits && item->chain != COMPARATORS_PLAIN;
             code++) {
            unsigned low = code_bits - plan->chains[item->chain].top_bits;
            unsigned both =
                (code >> low) << 1 | run_chain(&plan->chains[item->chain], code, lut_inputs);

            if ((both > toggles[i] >> low << 1) != (code >= toggles[i]))
                fail_msg("%u bits, toggle %u, code %u", code_bits, toggles[i], code);
        }
    }
    for (size_t c = 0; c < plan->num_chains; c++)
        assert_true(plan->chains[c].top_bits < lut_inputs);
    assert_true(plan->luts <= plain); /* sharing is only done where it saves */
    comparators_free(plan);
}

static void test_comparators(void **state)
{
    struct rng rng;

    (void)state;
    for (unsigned round = 0; round < 600; round++) {
        unsigned code_bits = 1 + round % 16;
        uint32_t toggles[200], codes = 1u << code_bits, last = 0;
        size_t count = 0;
        uint64_t most;

        rng_seed(&rng, SEED + 1, round);
        most = 1 + rng_below(&rng, round % 8 == 0 ? 200 : 20);
        while (count < most && last + 1 < codes) {
            last += 1 + (uint32_t)rng_below(&rng, (codes - last - 1) / (most - count) + 1);
            if (last < codes) toggles[count++] = last;
        }
        check_comparators(toggles, count, code_bits, round / 16 % 2 == 0 ? 6 : 4);
    }
    check_comparators((uint32_t[]){1, 300, 20000, 20001, 65535}, 5, 16, 6);
}

static void test_comparators_size(void **state)
{
    struct comparators *plan = NULL;

    (void)state;
    assert_int_equal(comparators_create(&plan, (uint32_t[]){52, 103, 154, 205}, 4, 8, 6, NULL),
                     ERR_OK);
    assert_int_equal(plan->luts, 5);
    for (size_t i = 0; i < 4; i++) /* 52 = 4 * 13 would be one LUT by itself, but of 6 inputs */
        assert_int_equal(plan->items[i].chain, 0);
    assert_int_equal(plan->chains[0].num_steps, 1);
    assert_int_equal(plan->chains[0].top_bits, 4); /* so that bits are LUTs of 5 inputs */
    comparators_free(plan);
    assert_int_equal(comparators_create(&plan, NULL, 0, 8, 6, NULL), ERR_OK);
    assert_int_equal(plan->luts, 0);
    comparators_free(plan);
    comparators_free(NULL);
    assert_int_equal(comparators_plain_luts(128, 8, 6), 0); /* the top bit itself */
    assert_int_equal(comparators_plain_luts(64, 8, 6), 1);
    assert_int_equal(comparators_plain_luts(127, 8, 6), 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_popcount_sizes), cmocka_unit_test(test_popcount_shapes),
        cmocka_unit_test(test_popcount_size),  cmocka_unit_test(test_popcount_refuses),
        cmocka_unit_test(test_comparators),    cmocka_unit_test(test_comparators_size),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
