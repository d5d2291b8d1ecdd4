/* Which addresses a LUT can meet, and the pass that uses it: against every code there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netlist/pass.h"
#include "netlist/reachable.h"
#include "random_net.h"

static const uint64_t SEED = 4711;

/* Small enough for all codes, with many bits a feature. */
static const struct random_net_limits TINY = {3, 4, 24, 16, 3, 4, 8};

/* Every code vector, [count][num_features]. */
static uint16_t *all_codes(const struct netlist *net, size_t *count)
{
    uint16_t *codes;

    *count = (size_t)1 << (net->num_features * net->code_bits);
    codes = malloc(*count * net->num_features * sizeof *codes);
    assert_non_null(codes);
    for (size_t i = 0; i < *count; i++) {
        for (uint32_t f = 0; f < net->num_features; f++)
            codes[i * net->num_features + f] =
                (uint16_t)(i >> (f * net->code_bits) & ((1u << net->code_bits) - 1));
    }
    return codes;
}

/* All scores on all codes. */
static uint32_t *all_scores(const struct netlist *net, size_t *size)
{
    size_t count;
    uint16_t *codes = all_codes(net, &count);
    uint32_t *classes = malloc(count * sizeof *classes);
    uint32_t *scores = malloc(count * net->num_classes * sizeof *scores);

    assert_non_null(classes);
    assert_non_null(scores);
    assert_int_equal(netlist_eval(net, codes, count, NULL, scores, classes, NULL), ERR_OK);
    free(codes);
    free(classes);
    *size = count * net->num_classes * sizeof *scores;
    return scores;
}

static bool same_function(const struct netlist *a, const struct netlist *b)
{
    size_t size_a, size_b;
    uint32_t *of_a = all_scores(a, &size_a), *of_b = all_scores(b, &size_b);
    bool same = size_a == size_b && memcmp(of_a, of_b, size_a) == 0;

    free(of_a);
    free(of_b);
    return same;
}

static struct netlist *tiny_net(uint64_t number)
{
    struct rng rng;

    rng_seed(&rng, SEED, number);
    return random_net(&rng, &TINY);
}

/* reachable_addresses() of one LUT. */
static uint64_t said_addresses(const struct netlist *net, uint32_t lut)
{
    uint8_t small[64];

    assert_true(lut < sizeof small);
    for (uint32_t i = 0; i < lut; i++)
        small[i] = reachable_is_small(net, small, i);
    return reachable_addresses(net, small, lut);
}

/* The addresses that the LUT meets on all codes. */
static uint64_t met_addresses(const struct netlist *net, uint32_t lut)
{
    size_t count, signals = (size_t)net->num_steps + net->num_luts;
    uint16_t *codes = all_codes(net, &count);
    uint8_t *values = malloc(count * signals);
    uint32_t *classes = malloc(count * sizeof *classes);
    uint32_t *scores = malloc(count * net->num_classes * sizeof *scores);
    uint64_t met = 0;

    assert_int_equal(netlist_eval(net, codes, count, values, scores, classes, NULL), ERR_OK);
    for (size_t i = 0; i < count; i++) {
        unsigned address = 0;

        for (unsigned k = 0; k < net->fan_in_count[lut]; k++)
            address |=
                (unsigned)values[i * signals + net->fan_in[(size_t)lut * NETLIST_MAX_FAN_IN + k]]
                << k;
        met |= (uint64_t)1 << address;
    }
    free(codes);
    free(values);
    free(classes);
    free(scores);
    return met;
}

/* Never too few; and the very ones where a LUT reads step bits only. */
static void test_addresses(void **state)
{
    unsigned fewer = 0, exact = 0;

    (void)state;
    for (uint64_t i = 0; i < 150; i++) {
        struct netlist *net = tiny_net(i);

        for (uint32_t lut = 0; lut < net->num_luts; lut++) {
            uint64_t met = met_addresses(net, lut), found = said_addresses(net, lut);
            bool steps_only = true;

            for (unsigned k = 0; k < net->fan_in_count[lut]; k++)
                steps_only =
                    steps_only && net->fan_in[lut * NETLIST_MAX_FAN_IN + k] < net->num_steps;
            if ((met & ~found) != 0 || found >> 1 >> ((1u << net->fan_in_count[lut]) - 1) != 0)
                fail_msg("seed %llu net %llu LUT %u: met %llx, said %llx", (unsigned long long)SEED,
                         (unsigned long long)i, lut, (unsigned long long)met,
                         (unsigned long long)found);
            fewer += found != table_ones(net->fan_in_count[lut]);
            exact += steps_only && met == found;
        }
        netlist_free(net);
    }
    assert_true(fewer > 100);
    assert_true(exact > 100);
}

static void test_pass(void **state)
{
    uint64_t total = 0;

    (void)state;
    for (uint64_t i = 0; i < 300; i++) {
        struct netlist *net = tiny_net(1000 + i), *changed = NULL;
        uint64_t removed = 0, again = 0;

        assert_int_equal(netlist_copy(&changed, net, NULL), ERR_OK);
        assert_int_equal(pass_dont_cares(changed, &removed, NULL), ERR_OK);
        assert_int_equal(netlist_check(changed, NULL), ERR_OK);
        if (!same_function(net, changed))
            fail_msg("dont-cares changed the function: seed %llu net %llu",
                     (unsigned long long)SEED, (unsigned long long)(1000 + i));
        assert_int_equal(pass_dont_cares(changed, &again, NULL), ERR_OK);
        assert_int_equal(again, 0);
        assert_int_equal(netlist_optimize(changed, NULL, NULL), ERR_OK);
        assert_true(same_function(net, changed));
        total += removed;
        netlist_free(net);
        netlist_free(changed);
    }
    assert_true(total > 100);
}

/* A pass that took one reachable address for free would be seen by the comparison above. */
static void test_unsound_is_caught(void **state)
{
    unsigned planted = 0, caught = 0;

    (void)state;
    for (uint64_t i = 0; i < 150; i++) {
        struct netlist *net = tiny_net(2000 + i), *wrong = NULL;

        for (uint32_t g = 0; g < net->group_start[net->num_classes]; g++) {
            uint32_t lut = net->group[g] - net->num_steps;
            uint64_t met;

            if (net->group[g] < net->num_steps) continue;
            met = met_addresses(net, lut);
            assert_int_equal(netlist_copy(&wrong, net, NULL), ERR_OK);
            wrong->table[lut] ^= met & -met;
            planted++;
            caught += !same_function(net, wrong);
            wrong->table[lut] = net->table[lut] ^ (table_ones(net->fan_in_count[lut]) & ~met);
            assert_true(same_function(net, wrong)); /* unreachable ones are free */
            netlist_free(wrong);
            break;
        }
        netlist_free(net);
    }
    assert_true(planted > 50);
    assert_int_equal(caught, planted);
}

/* Two thermometer bits of one code: 01, high without low, cannot be; a LUT of both and of the AND of
 * both needs no more than one of them. */
static void test_by_hand(void **state)
{
    struct netlist_sizes sizes = {.num_features = 1,
                                  .code_bits = 8,
                                  .num_steps = 2,
                                  .num_toggles = 2,
                                  .num_luts = 2,
                                  .num_classes = 2,
                                  .num_group = 2};
    struct netlist *net = NULL;
    uint64_t removed = 0;

    (void)state;
    assert_int_equal(netlist_create(&net, &sizes, NULL), ERR_OK);
    strcpy(net->name, "two");
    net->num_layers = 2;
    net->step_feature[1] = 0;
    memcpy(net->toggles, (uint32_t[]){50, 200}, 8);
    memcpy(net->toggle_start, (uint32_t[]){0, 1, 2}, 12);
    memcpy(net->fan_in, (uint32_t[]){0, 1, 0, 0, 0, 0, 0, 2}, 32);
    memcpy(net->fan_in_count, (uint8_t[]){2, 2}, 2);
    net->table[0] = 0x8; /* low AND high: is high */
    net->table[1] = 0x6; /* low XOR that */
    net->origin[1].layer = 1;
    memcpy(net->group, (uint32_t[]){2, 3}, 8);
    memcpy(net->group_start, (uint32_t[]){0, 1, 2}, 12);
    assert_int_equal(netlist_check(net, NULL), ERR_OK);
    assert_int_equal(said_addresses(net, 0), 0xb);
    assert_int_equal(said_addresses(net, 1), 0xb); /* through LUT 0 */
    assert_int_equal(pass_dont_cares(net, &removed, NULL), ERR_OK);
    assert_int_equal(removed, 1);
    assert_int_equal(net->fan_in_count[0], 1);
    assert_int_equal(net->fan_in[0], 1);
    assert_int_equal(net->table[0], 0x2);
    assert_int_equal(net->table[1], 0x2); /* low and not high; the entry 01 is free */
    netlist_free(net);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_pass),
        cmocka_unit_test(test_unsound_is_caught),
        cmocka_unit_test(test_by_hand),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
