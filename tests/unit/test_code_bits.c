/* The pass "code-bits": comparisons in the LUTs that read them. Every netlist is compared with itself before
 * the pass on random codes, and on all codes where those are few. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netlist/pass.h"
#include "netlist/step_plan.h"
#include "random_net.h"

enum { NETS = 150, VECTORS = 200, MOST_CODES = 1 << 12 };
static const uint64_t SEED = 20261126;

/* All codes when their bits are 12 or less, else random ones; how many. */
static size_t some_codes(const struct netlist *net, struct rng *rng, uint16_t **codes)
{
    unsigned bits = net->num_features * net->code_bits;
    size_t count;

    if (bits > 12) {
        *codes = random_codes(net, VECTORS, rng);
        return VECTORS;
    }
    count = (size_t)1 << bits;
    *codes = malloc(count * net->num_features * sizeof **codes);
    for (size_t v = 0; v < count; v++) {
        for (uint32_t f = 0; f < net->num_features; f++)
            (*codes)[v * net->num_features + f] =
                (uint16_t)(v >> f * net->code_bits & ((1u << net->code_bits) - 1));
    }
    return count;
}

static bool same_function(const struct netlist *a, const struct netlist *b, uint64_t i)
{
    size_t size = (size_t)MOST_CODES * a->num_classes;
    uint32_t *scores = calloc(2 * size, sizeof *scores), *classes = malloc(2 * MOST_CODES * 4);
    uint16_t *codes;
    struct rng rng;
    size_t count;
    bool same;

    rng_seed(&rng, SEED + 1, i);
    count = some_codes(a, &rng, &codes);
    assert_int_equal(netlist_eval(a, codes, count, NULL, scores, classes, NULL), ERR_OK);
    assert_int_equal(netlist_eval(b, codes, count, NULL, scores + size, classes, NULL), ERR_OK);
    same = memcmp(scores, scores + size, size * sizeof *scores) == 0;
    free(codes);
    free(scores);
    free(classes);
    return same;
}

static struct netlist *draw(unsigned code_bits, uint64_t i)
{
    const struct random_net_limits most = {4, code_bits, 20, 30, 3, 5, 8};
    struct netlist *net;
    struct rng rng;

    rng_seed(&rng, SEED, i);
    do {
        net = random_net(&rng, &most);
        if (net->code_bits == code_bits) return net;
        netlist_free(net);
    } while (true);
}

/* Numbers of step bits that something reads and that are no wire. */
static uint64_t comparisons(const struct netlist *net)
{
    uint8_t *read = malloc((size_t)net->num_steps + net->num_luts + 1);
    uint64_t count = 0;
    unsigned k;

    pass_mark_read(net, read);
    for (uint32_t s = 0; s < net->num_steps; s++)
        count += read[s] && !netlist_is_code_bit(net, s, &k);
    free(read);
    return count;
}

static void assert_text_round_trip(const struct netlist *net)
{
    struct text first = {0}, second = {0}, third = {0};
    struct netlist *again = NULL, *copy = NULL;
    struct err err = {""};

    netlist_write(net, &first);
    if (netlist_parse(&again, first.data, first.size, "x", &err) != ERR_OK)
        fail_msg("%s", err.message);
    netlist_write(again, &second);
    assert_string_equal(first.data, second.data);
    assert_int_equal(again->num_encoder_bits, net->num_encoder_bits);
    assert_int_equal(netlist_copy(&copy, net, NULL), ERR_OK);
    netlist_write(copy, &third);
    assert_string_equal(first.data, third.data);
    text_free(&first);
    text_free(&second);
    text_free(&third);
    netlist_free(again);
    netlist_free(copy);
}

static uint64_t check_net(struct netlist *net, unsigned code_bits, uint64_t i)
{
    struct netlist *changed = NULL;
    uint64_t removed = 0, before = comparisons(net);
    uint32_t luts = net->num_luts;
    struct err err = {""};

    assert_int_equal(netlist_copy(&changed, net, NULL), ERR_OK);
    assert_int_equal(pass_code_bits(changed, &removed, &err), ERR_OK);
    if (netlist_check(changed, &err) != ERR_OK || !same_function(net, changed, i))
        fail_msg("seed %llu, %u code bits, net %llu: another function, or %s",
                 (unsigned long long)SEED, code_bits, (unsigned long long)i, err.message);
    assert_int_equal(comparisons(changed), before - removed);
    assert_int_equal(changed->num_luts, luts);
    assert_int_equal(changed->num_steps - changed->num_encoder_bits,
                     removed > 0 ? net->num_features * net->code_bits : 0);
    assert_text_round_trip(changed);
    netlist_free(changed);
    return removed;
}

static void test_function_is_kept(void **state)
{
    (void)state;
    printf("# seed %llu\n", (unsigned long long)SEED);
    for (unsigned code_bits = 1; code_bits <= 8; code_bits++) {
        uint64_t removed = 0;

        for (uint64_t i = 0; i < NETS; i++) {
            struct netlist *net = draw(code_bits, i);

            removed += check_net(net, code_bits, i);
            netlist_free(net);
        }
        printf("# %u code bits: %llu comparisons absorbed\n", code_bits,
               (unsigned long long)removed);
        assert_int_equal(removed > 0, code_bits <= 6); /* wider codes are left alone */
    }
}

/* Exchanges the first two code bits that a LUT reads; whether any LUT reads two. */
static bool exchange_code_bits(struct netlist *net)
{
    bool any = false;

    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN, *first = NULL;

        for (unsigned k = 0; k < net->fan_in_count[lut]; k++) {
            uint32_t signal = fan_in[k];

            if (signal < net->num_encoder_bits || signal >= net->num_steps) continue;
            if (first == NULL) {
                first = fan_in + k;
                continue;
            }
            fan_in[k] = *first;
            *first = signal;
            any = true;
            break;
        }
    }
    return any;
}

/* Code bits in the wrong order pass every check but that of the function. */
static void test_planted_fault(void **state)
{
    unsigned planted = 0, caught = 0;

    (void)state;
    for (uint64_t i = 0; i < NETS; i++) {
        struct netlist *net = draw(3, i), *changed = NULL;
        uint64_t removed = 0;

        assert_int_equal(netlist_copy(&changed, net, NULL), ERR_OK);
        assert_int_equal(pass_code_bits(changed, &removed, NULL), ERR_OK);
        if (exchange_code_bits(changed)) {
            assert_int_equal(netlist_check(changed, NULL), ERR_OK);
            planted++;
            caught += !same_function(net, changed, i);
        }
        netlist_free(changed);
        netlist_free(net);
    }
    printf("# %u of %u unsound netlists seen\n", caught, planted);
    assert_true(caught >= 20); /* the others reach no class, or do not mind the order */
}

/* One LUT of two comparisons of one 3-bit code: code > 2 and code > 4 are any function of its bits. */
static void test_by_hand(void **state)
{
    const struct netlist_sizes sizes = {1, 3, 3, 3, 2, 2, 3};
    struct netlist *net = NULL;
    uint64_t removed = 0;
    unsigned k = 9;

    (void)state;
    assert_int_equal(netlist_create(&net, &sizes, NULL), ERR_OK);
    strcpy(net->name, "hand");
    net->num_layers = 1;
    memcpy(net->toggles, ((uint32_t[]){3, 5, 4}), 12);
    memcpy(net->toggle_start, ((uint32_t[]){0, 1, 2, 3}), 16);
    net->fan_in_count[0] = net->fan_in_count[1] = 2;
    memcpy(net->fan_in, ((uint32_t[]){0, 1}), 8);
    memcpy(net->fan_in + 6, ((uint32_t[]){0, 2}), 8);
    net->table[0] = 0x6;
    net->table[1] = 0x8;
    net->origin[1].lut = 1;
    memcpy(net->group_start, ((uint32_t[]){0, 2, 3}), 12);
    memcpy(net->group, ((uint32_t[]){3, 4, 1}), 12);
    assert_int_equal(netlist_check(net, NULL), ERR_OK);
    assert_true(netlist_is_code_bit(net, 2, &k));
    assert_int_equal(k, 2);
    assert_int_equal(pass_code_bits(net, &removed, NULL), ERR_OK);
    assert_int_equal(removed, 1); /* class 1 sums bit 1, and bit 2 is a wire */
    assert_int_equal(netlist_check(net, NULL), ERR_OK);
    assert_int_equal(net->num_encoder_bits, 3);
    assert_int_equal(net->num_steps, 6);
    assert_memory_equal(net->fan_in, ((uint32_t[]){1, 3, 4, 5, 0, 0}), 24);
    assert_memory_equal(net->fan_in + 6, ((uint32_t[]){5, 3, 4, 0, 0, 0}), 24);
    assert_memory_equal(net->group, ((uint32_t[]){6, 7, 1}), 12);
    assert_true(step_plan_is_wire(net, 3, &k) && k == 0);
    assert_true(step_plan_is_wire(net, 5, &k) && k == 2);
    assert_false(step_plan_is_wire(net, 2, &k));
    net->step_feature[4] = 0;
    net->toggles[net->toggle_start[4]] = 1;
    assert_int_equal(netlist_check(net, NULL), ERR_FORMAT);
    netlist_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_function_is_kept),
        cmocka_unit_test(test_planted_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
