#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "random_net.h"

static const uint64_t SEED = 20250911;

/* Codes of one byte, when they fit. */
static uint8_t *narrow(const uint16_t *codes, size_t count)
{
    uint8_t *bytes = malloc(count + 1);

    assert_non_null(bytes);
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)codes[i];
    return bytes;
}

struct outputs {
    uint32_t *scores, *classes;
};

static struct outputs outputs_create(const struct netlist *net, size_t count)
{
    struct outputs out = {malloc((count + 1) * net->num_classes * sizeof(uint32_t)),
                          malloc((count + 1) * sizeof(uint32_t))};

    assert_non_null(out.scores);
    assert_non_null(out.classes);
    return out;
}

static void outputs_free(struct outputs *out)
{
    free(out->scores);
    free(out->classes);
}

static void assert_same(const struct netlist *net, size_t count, const struct outputs *want,
                        const struct outputs *got, bool scores)
{
    assert_memory_equal(got->classes, want->classes, count * sizeof *want->classes);
    if (scores)
        assert_memory_equal(got->scores, want->scores,
                            count * net->num_classes * sizeof *want->scores);
}

/* Every version of the kernel, both widths of codes, with and without scores, one and three threads. */
static void compare(const struct netlist *net, size_t count, struct rng *rng)
{
    uint16_t *codes = random_codes(net, count, rng);
    uint8_t *bytes = narrow(codes, count * net->num_features);
    struct outputs want = outputs_create(net, count), got = outputs_create(net, count);
    struct engine *engine = NULL;
    struct err err = {{0}};

    assert_int_equal(netlist_eval(net, codes, count, NULL, want.scores, want.classes, &err),
                     ERR_OK);
    assert_int_equal(engine_create(&engine, net, &err), ERR_OK);
    for (int simd = 0; simd < ENGINE_NUM_SIMD; simd++) {
        if (!engine_select_simd(engine, (enum engine_simd)simd)) continue;
        assert_int_equal(engine_run(engine, codes, count, got.scores, got.classes, 1, &err),
                         ERR_OK);
        assert_same(net, count, &want, &got, true);
        memset(got.classes, 0xff, count * sizeof *got.classes);
        assert_int_equal(engine_run(engine, codes, count, NULL, got.classes, 3, &err), ERR_OK);
        assert_same(net, count, &want, &got, false);
        if (net->code_bits > 8) continue;
        memset(got.scores, 0xff, count * net->num_classes * sizeof *got.scores);
        assert_int_equal(engine_run_bytes(engine, bytes, count, got.scores, got.classes, 3, &err),
                         ERR_OK);
        assert_same(net, count, &want, &got, true);
    }
    engine_free(engine);
    outputs_free(&want);
    outputs_free(&got);
    free(bytes);
    free(codes);
}

static void sweep(const struct random_net_limits *limits, unsigned nets, uint64_t seed)
{
    static const size_t counts[] = {1, 63, 64, 65, 200, 511, 512, 513, 700, 1100};
    struct rng rng;

    print_message("seed %llu\n", (unsigned long long)seed);
    rng_seed(&rng, seed, 0);
    for (unsigned i = 0; i < nets; i++) {
        struct netlist *net = random_net(&rng, limits);

        compare(net, counts[i % (sizeof counts / sizeof counts[0])], &rng);
        netlist_free(net);
    }
}

static void test_small_nets(void **state)
{
    (void)state;
    sweep(&RANDOM_NET_SMALL, 120, SEED);
}

/* Codes of 1 to 16 bits, rows shorter and longer than the 64 columns taken at a time. */
static void test_many_features(void **state)
{
    static const struct random_net_limits limits = {200, 16, 400, 100, 3, 8, 40};

    (void)state;
    sweep(&limits, 60, SEED + 1);
}

/* Up to 300 classes; sums of up to 400 bits. */
static void test_many_classes(void **state)
{
    static const struct random_net_limits many = {5, 8, 60, 200, 3, 300, 12};
    static const struct random_net_limits large = {5, 8, 60, 300, 5, 4, 400};

    (void)state;
    sweep(&many, 15, SEED + 2);
    sweep(&large, 30, SEED + 3);
}

/* A net that is one LUT, of every fan-in, with random tables and all addresses. */
static void test_every_fan_in(void **state)
{
    struct netlist_sizes sizes = {.num_features = 6,
                                  .code_bits = 1,
                                  .num_steps = 6,
                                  .num_toggles = 6,
                                  .num_luts = 1,
                                  .num_classes = 2,
                                  .num_group = 1};
    struct rng rng;

    (void)state;
    rng_seed(&rng, SEED + 4, 0);
    for (unsigned i = 0; i < 7 * 40; i++) {
        struct netlist *net = NULL;

        assert_int_equal(netlist_create(&net, &sizes, NULL), ERR_OK);
        for (uint32_t s = 0; s < 6; s++) {
            net->step_feature[s] = s;
            net->toggles[s] = 1;
            net->toggle_start[s + 1] = s + 1;
            net->fan_in[s] = s < i % 7 ? s : 0;
        }
        net->fan_in_count[0] = (uint8_t)(i % 7);
        net->table[0] = rng_next(&rng) & table_ones(i % 7);
        net->num_layers = 1;
        net->group[0] = 6;
        net->group_start[1] = 0;
        net->group_start[2] = 1;
        compare(net, 520, &rng);
        netlist_free(net);
    }
}

static void test_misfits(void **state)
{
    static const struct random_net_limits limits = {70, 7, 40, 30, 2, 4, 6};
    struct rng rng;

    (void)state;
    rng_seed(&rng, SEED + 5, 0);
    for (unsigned i = 0; i < 20; i++) {
        struct netlist *net = random_net(&rng, &limits);
        size_t count = 1500, at = (size_t)rng_below(&rng, count * net->num_features);
        uint16_t *codes = random_codes(net, count, &rng);
        struct outputs out = outputs_create(net, count);
        struct engine *engine = NULL;
        struct err err = {{0}};
        char text[100];

        codes[at] = (uint16_t)(1U << net->code_bits);
        snprintf(text, sizeof text, "engine: sample %zu: code %u of feature %zu exceeds %u bits",
                 at / net->num_features, codes[at], at % net->num_features, net->code_bits);
        assert_int_equal(engine_create(&engine, net, &err), ERR_OK);
        assert_int_equal(engine_run(engine, codes, count, NULL, out.classes, 2, &err), ERR_ARG);
        assert_string_equal(err.message, text);
        engine_free(engine);
        outputs_free(&out);
        free(codes);
        netlist_free(net);
    }
}

static void test_wide_codes_in_bytes(void **state)
{
    struct netlist_sizes sizes = {.num_features = 1, .code_bits = 9, .num_classes = 2};
    struct netlist *net = NULL;
    struct engine *engine = NULL;
    struct err err = {{0}};
    uint32_t class;

    (void)state;
    assert_int_equal(netlist_create(&net, &sizes, NULL), ERR_OK);
    assert_int_equal(engine_create(&engine, net, &err), ERR_OK);
    assert_int_equal(engine_run_bytes(engine, (const uint8_t *)"", 1, NULL, &class, 1, &err),
                     ERR_ARG);
    assert_string_equal(err.message, "engine: codes of 9 bits do not fit into bytes");
    engine_free(engine);
    netlist_free(net);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_nets),   cmocka_unit_test(test_many_features),
        cmocka_unit_test(test_many_classes), cmocka_unit_test(test_every_fan_in),
        cmocka_unit_test(test_misfits),      cmocka_unit_test(test_wide_codes_in_bytes),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
