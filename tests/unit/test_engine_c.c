/* Generated C against netlist_eval(): compiled here, loaded, and run on random netlists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/engine_c.h"
#include "engine/expression.h"
#include "flow/process.h"
#include "random_net.h"
#include "scratch.h"

static const uint64_t SEED = 20250912;

struct loaded {
    void *library;
    void (*classify)(const void *codes, uint32_t count, uint32_t *classes);
    uint32_t (*classify_one)(const void *codes, uint32_t *scores);
};

static void *look_up(void *library, const char *name, const char *function)
{
    char symbol[100];
    void *address;

    snprintf(symbol, sizeof symbol, "%s_%s", name, function);
    address = dlsym(library, symbol);
    assert_non_null(address);
    return address;
}

static void compile(const char *source, const char *library, unsigned bits, bool native)
{
    char width[40];
    const char *argv[] = {"cc",      native ? "-march=native" : "-O1",
                          "-O1",     "-std=gnu99",
                          "-Wall",   "-Wextra",
                          "-Werror", "-Wno-psabi",
                          "-fPIC",   "-shared",
                          width,     "-o",
                          library,   source,
                          NULL};
    struct process_options options = {.argv = argv, .time_limit = 120};
    struct err err = {{0}};

    snprintf(width, sizeof width, "-DDIFFLUT_WORD_BITS=%u", bits);
    if (process_call(&options, &err) != ERR_OK) fail_msg("%s", err.message);
}

/* The net as C with words of so many bits. */
static struct loaded load(const struct netlist *net, struct scratch *scratch, unsigned bits,
                          bool native)
{
    struct engine_c_options options = {.program = "test"};
    struct text text = {0};
    struct loaded loaded;
    char source[300], library[300];
    struct err err = {{0}};

    snprintf(source, sizeof source, "%s/net.c", scratch->folder);
    snprintf(library, sizeof library, "%s/net_%u_%d.so", scratch->folder, bits, native);
    assert_int_equal(engine_c_write(net, &options, &text, &err), ERR_OK);
    assert_int_equal(file_write(source, text.data, text.size, &err), ERR_OK);
    text_free(&text);
    compile(source, library, bits, native);
    loaded.library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(loaded.library);
    *(void **)(void *)&loaded.classify = look_up(loaded.library, net->name, "classify");
    *(void **)(void *)&loaded.classify_one = look_up(loaded.library, net->name, "classify_one");
    assert_int_equal(unlink(library), 0);
    return loaded;
}

/* The codes in the width that the file reads: bytes up to eight bits. */
static void *native_codes(const struct netlist *net, const uint16_t *codes, size_t count)
{
    uint8_t *to = malloc(2 * count + 1);

    assert_non_null(to);
    if (net->code_bits > 8) return memcpy(to, codes, 2 * count);
    for (size_t i = 0; i < count; i++)
        to[i] = (uint8_t)codes[i];
    return to;
}

static void compare(const struct netlist *net, size_t count, unsigned bits, bool native,
                    struct scratch *scratch, struct rng *rng)
{
    struct loaded loaded = load(net, scratch, bits, native);
    size_t features = net->num_features, bytes = net->code_bits > 8 ? 2 : 1;
    uint16_t *codes = random_codes(net, count, rng);
    uint8_t *in = native_codes(net, codes, count * features);
    uint32_t *scores = calloc(count * net->num_classes, sizeof *scores);
    uint32_t *one = calloc(net->num_classes, sizeof *one);
    uint32_t *want = calloc(count, sizeof *want), *got = calloc(count, sizeof *got);

    assert_non_null(scores);
    assert_non_null(one);
    assert_non_null(want);
    assert_non_null(got);
    assert_int_equal(netlist_eval(net, codes, count, NULL, scores, want, NULL), ERR_OK);
    loaded.classify(in, (uint32_t)count, got);
    assert_memory_equal(got, want, count * sizeof *want);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(loaded.classify_one(in + i * features * bytes, one), want[i]);
        assert_memory_equal(one, scores + i * net->num_classes, net->num_classes * sizeof *one);
    }
    free(codes);
    free(in);
    free(scores);
    free(one);
    free(want);
    free(got);
    dlclose(loaded.library);
}

/* Words of every width, codes of one and two bytes, rows above and below 64 features, many classes. */
static void test_random_nets(void **state)
{
    static const struct random_net_limits limits[] = {
        {6, 10, 40, 60, 4, 12, 12}, {200, 8, 300, 150, 3, 8, 40}, {120, 16, 200, 80, 3, 300, 4}};
    static const unsigned widths[] = {8, 32, 64, 128, 256, 512};
    struct scratch scratch;
    struct rng rng;

    (void)state;
    scratch_create(&scratch);
    print_message("seed %llu\n", (unsigned long long)SEED);
    rng_seed(&rng, SEED, 0);
    for (unsigned i = 0; i < 12; i++) {
        struct netlist *net = random_net(&rng, &limits[i % 3]);

        compare(net, 1 + (size_t)rng_below(&rng, 1300), widths[i % 6], i / 6 % 2 == 0, &scratch,
                &rng);
        netlist_free(net);
    }
    scratch_remove(&scratch);
}

/* Known functions take no more than the shortest way; random ones fewer than 60 (45 in multiplexers alone
 * are 20 of three operations). */
static void test_expressions_are_short(void **state)
{
    static const struct {
        uint64_t table;
        unsigned inputs, operations;
    } known[] = {
        {0x8, 2, 1},                 /* AND */
        {0x6996, 4, 3},              /* parity of four */
        {0x6996966996696996u, 6, 5}, /* parity of six */
        {0x8000000000000000u, 6, 5}, /* AND of six */
        {0xe8, 3, 4},                /* majority */
        {0xca, 3, 3},                /* multiplexer */
        {0xaaaaaaaaaaaaaaaau, 6, 0}, /* an input */
        {0, 6, 0},
    };
    struct expression *expression = NULL;
    struct rng rng;

    (void)state;
    assert_int_equal(expression_create(&expression, NULL), ERR_OK);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct text text = {0};

        assert_true(expression_print(expression, &text, known[i].table, known[i].inputs, "y", "") <=
                    known[i].operations);
        text_free(&text);
    }
    rng_seed(&rng, SEED, 1);
    for (unsigned i = 0; i < 50; i++) {
        struct text text = {0};

        assert_true(expression_print(expression, &text, rng_next(&rng), 6, "y", "") < 60);
        text_free(&text);
    }
    expression_free(expression);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_nets),
        cmocka_unit_test(test_expressions_are_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
