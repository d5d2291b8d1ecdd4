#include "netlist/upset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random_net.h"

enum { SEED = 20, NETS = 200 };

/* Bits in which the tables of two netlists differ. */
static uint64_t distance(const struct netlist *a, const struct netlist *b)
{
    uint64_t bits = 0;

    for (uint32_t lut = 0; lut < a->num_luts; lut++)
        bits += (uint64_t)__builtin_popcountll(a->table[lut] ^ b->table[lut]);
    return bits;
}

/* Each place changes what it says, and twice is not at all. */
static void test_every_place(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, SEED, 0);
    for (int i = 0; i < NETS; i++) {
        struct netlist *net = random_net(&rng, &RANDOM_NET_SMALL), *other = NULL;
        uint64_t places = 0;

        assert_int_equal(netlist_copy(&other, net, NULL), ERR_OK);
        for (uint32_t lut = 0; lut < net->num_luts; lut++) {
            unsigned inputs = net->fan_in_count[lut], bits = 1u << inputs;

            places += bits + inputs;
            for (unsigned place = 0; place < bits + inputs; place++) {
                uint64_t before = net->table[lut];

                upset_lut(other, lut, place);
                for (unsigned a = 0; a < bits; a++) {
                    unsigned from = place < bits ? a : a ^ 1u << (place - bits);
                    uint64_t flip = place == a && place < bits;

                    assert_int_equal(other->table[lut] >> a & 1, (before >> from & 1) ^ flip);
                }
                assert_int_equal(netlist_check(other, NULL), ERR_OK);
                upset_lut(other, lut, place);
                assert_int_equal(distance(net, other), 0);
            }
        }
        assert_int_equal(upset_places(net), places);
        netlist_free(other);
        netlist_free(net);
    }
}

/* A count is kept, the same seed draws the same places, and all places is a fixed change. */
static void test_counts(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, SEED, 1);
    for (uint64_t i = 0; i < NETS; i++) {
        struct netlist *net = random_net(&rng, &RANDOM_NET_SMALL), *a = NULL, *b = NULL;
        uint64_t places = upset_places(net), count = rng_below(&rng, places + 1), drawn;
        struct rng first, second;

        rng_seed(&first, SEED, i);
        rng_seed(&second, SEED, i);
        assert_int_equal(netlist_copy(&a, net, NULL), ERR_OK);
        assert_int_equal(netlist_copy(&b, net, NULL), ERR_OK);
        assert_int_equal(upset_count(a, 0, &first, NULL), ERR_OK);
        assert_int_equal(distance(a, net), 0);
        first = second;
        assert_int_equal(upset_count(a, count, &first, NULL), ERR_OK);
        assert_int_equal(upset_count(b, count, &second, NULL), ERR_OK);
        assert_int_equal(distance(a, b), 0);
        assert_int_equal(netlist_check(a, NULL), ERR_OK);
        assert_int_equal(upset_count(a, places + 1, &first, NULL), ERR_ARG);
        assert_int_equal(upset_rate(b, 1.0, &second, &drawn, NULL), ERR_OK);
        assert_int_equal(drawn, places);
        assert_int_equal(upset_rate(b, 0.0, &second, &drawn, NULL), ERR_OK);
        assert_int_equal(drawn, 0);
        assert_int_equal(upset_rate(b, 1.5, &second, &drawn, NULL), ERR_ARG);
        netlist_free(a);
        netlist_free(b);
        netlist_free(net);
    }
}

/* One upset in a net without inputs' wires to confuse it: each place is drawn about as often. */
static void test_uniform(void **state)
{
    enum { DRAWS = 40000, PLACES = 6 };
    struct netlist_sizes sizes = {1, 4, 2, 2, 1, 2, 2};
    struct netlist *net = NULL;
    uint64_t drawn = 0, seen[16] = {0}, many = 0;
    struct rng rng;

    (void)state;
    assert_int_equal(netlist_create(&net, &sizes, NULL), ERR_OK);
    net->fan_in_count[0] = 2;
    assert_int_equal(upset_places(net), PLACES);
    rng_seed(&rng, SEED, 2);
    for (int i = 0; i < DRAWS; i++) {
        net->table[0] = 1; /* turned-over bits give 0, 3, 5, 9; inverted inputs 2 and 4 */
        assert_int_equal(upset_count(net, 1, &rng, NULL), ERR_OK);
        seen[net->table[0]]++;
        assert_int_equal(upset_rate(net, 0.25, &rng, &drawn, NULL), ERR_OK);
        many += drawn;
    }
    for (unsigned t = 0; t < 16; t++) {
        int place = t == 0 || t == 2 || t == 3 || t == 4 || t == 5 || t == 9;

        if (place) assert_in_range(seen[t], DRAWS / PLACES * 9 / 10, DRAWS / PLACES * 11 / 10);
        if (!place) assert_int_equal(seen[t], 0);
    }
    assert_in_range(many, DRAWS * PLACES / 4 * 97 / 100, DRAWS * PLACES / 4 * 103 / 100);
    netlist_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_place),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_uniform),
    };

    return cmocka_run_group_tests_name("upset", tests, NULL, NULL);
}
