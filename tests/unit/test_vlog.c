/* The emitter as a whole: what folder it leaves, what it refuses, that it repeats itself exactly. What
 * the Verilog computes is tested in test_vlog_tools.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hdl/vlog_emit.h"
#include "random_net.h"
#include "scratch.h"

#include <unistd.h>

static const struct vlog_options OPTIONS = {
    .top = "full", .target = "generic", .scores = true, .chunk = 16};

struct fixture {
    struct scratch scratch;
    struct netlist *net;
    struct manifest *manifest;
    struct err err;
};

static void fixture_create(struct fixture *f, uint64_t number)
{
    struct rng rng;

    memset(f, 0, sizeof *f);
    scratch_create(&f->scratch);
    rng_seed(&rng, 31337, number);
    do {
        netlist_free(f->net);
        f->net = random_net(&rng, &RANDOM_NET_SMALL);
    } while (f->net->num_steps < 8 || f->net->num_luts < 30);
}

static void fixture_free(struct fixture *f)
{
    netlist_free(f->net);
    manifest_free(f->manifest);
    scratch_remove(&f->scratch);
}

static enum err_status emit(struct fixture *f, const char *folder,
                            const struct vlog_options *options)
{
    manifest_free(f->manifest);
    f->manifest = NULL;
    return vlog_emit(f->net, scratch_path(&f->scratch, folder), options, &f->manifest, &f->err);
}

static void assert_emits(struct fixture *f, const char *folder, const struct vlog_options *options)
{
    if (emit(f, folder, options) != ERR_OK) fail_msg("%s", f->err.message);
}

static char *read_text(struct fixture *f, const char *path, size_t *size)
{
    uint8_t *text = NULL;

    if (file_read(scratch_path(&f->scratch, path), 1 << 24, &text, size, &f->err) != ERR_OK)
        fail_msg("%s", f->err.message);
    return (char *)text;
}

static void test_folder(void **state)
{
    struct fixture f;
    const struct manifest *m;
    struct netlist *again = NULL;
    char *text;
    size_t size;

    (void)state;
    fixture_create(&f, 0);
    assert_emits(&f, "out", &OPTIONS);
    m = f.manifest;
    assert_string_equal(m->name, f.net->name);
    assert_string_equal(m->model_hash, f.net->model_hash);
    assert_int_equal(m->num_features, f.net->num_features);
    assert_int_equal(m->num_bits, f.net->num_steps);
    assert_int_equal(m->latency_cycles, netlist_latency(f.net));
    assert_int_equal(m->latency_cycles_core, netlist_latency(f.net) - f.net->pipeline.encoder);
    assert_int_equal(m->score_bits, netlist_score_bits(f.net));
    assert_int_equal(manifest_verify(m, scratch_path(&f.scratch, "out"), &f.err), ERR_OK);
    text = read_text(&f, "out/netlist.txt", &size);
    assert_int_equal(netlist_parse(&again, text, size, "netlist.txt", &f.err), ERR_OK);
    free(text);
    netlist_free(again);
    text = read_text(&f, "out/rtl/files.f", &size);
    assert_non_null(strstr(text, "lut_node.v\n"));
    assert_non_null(strstr(text, "_full.v\n"));
    free(text);
    fixture_free(&f);
}

/* The same input gives the same bytes, wherever it is written. */
static void test_deterministic(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 10; n++) {
        struct fixture f;
        char *first, *second;
        size_t first_size, second_size;

        fixture_create(&f, n);
        assert_emits(&f, "one", &OPTIONS);
        assert_emits(&f, "two/deeper", &OPTIONS);
        first = read_text(&f, "one/manifest.json", &first_size); /* has the hash of every file */
        second = read_text(&f, "two/deeper/manifest.json", &second_size);
        assert_int_equal(first_size, second_size);
        assert_memory_equal(first, second, first_size);
        free(first);
        free(second);
        fixture_free(&f);
    }
}

/* Whatever changes a file changes the build id. */
static void test_build_id(void **state)
{
    static const struct vlog_options OTHERS[] = {
        {.top = "core", .target = "generic", .scores = true, .chunk = 16},
        {.top = "full", .target = "xcup", .scores = true, .chunk = 16},
        {.top = "full", .target = "generic", .scores = false, .chunk = 16},
        {.top = "full", .target = "generic", .scores = true, .chunk = 17},
    };
    struct fixture f;
    char id[17];

    (void)state;
    fixture_create(&f, 1);
    assert_emits(&f, "out", &OPTIONS);
    memcpy(id, f.manifest->build_id, sizeof id);
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        assert_emits(&f, "out", &OTHERS[i]);
        assert_string_not_equal(f.manifest->build_id, id);
    }
    f.net->table[f.net->num_luts - 1] ^= 1;
    f.net->bias[0]++;
    assert_emits(&f, "out", &OPTIONS);
    assert_string_not_equal(f.manifest->build_id, id);
    fixture_free(&f);
}

static size_t count_words(const char *text, const char *word)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

/* No module holds more than `chunk` LUTs, and every LUT that is read is somewhere, once. */
static void test_chunks(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 10; n++) {
        struct vlog_options options = OPTIONS;
        struct fixture f;
        size_t luts = 0;

        fixture_create(&f, n);
        options.chunk = 1 + (uint32_t)n;
        assert_int_equal(netlist_optimize(f.net, NULL, &f.err), ERR_OK);
        assert_emits(&f, "out", &options);
        for (size_t i = 0; i < f.manifest->num_files; i++) {
            const char *path = f.manifest->files[i].path;
            char full[256];
            char *text;
            size_t size, here;

            if (strstr(path, "_layer") == NULL) continue;
            snprintf(full, sizeof full, "out/%s", path);
            text = read_text(&f, full, &size);
            here = count_words(text, "lut_node #(");
            assert_true(here <= options.chunk);
            luts += here;
            free(text);
        }
        assert_int_equal(luts, f.net->num_luts);
        fixture_free(&f);
    }
}

static void test_replaces_own_folder(void **state)
{
    struct fixture f;

    (void)state;
    fixture_create(&f, 2);
    assert_emits(&f, "out", &OPTIONS);
    assert_int_equal(file_write(scratch_path(&f.scratch, "out/rtl/old.v"), "", 0, NULL), ERR_OK);
    assert_emits(&f, "out/", &OPTIONS);
    assert_false(file_exists(scratch_path(&f.scratch, "out/rtl/old.v")));
    assert_int_equal(manifest_verify(f.manifest, scratch_path(&f.scratch, "out"), NULL), ERR_OK);
    /* an empty folder is fine as well */
    assert_int_equal(file_make_dirs(scratch_path(&f.scratch, "empty"), NULL), ERR_OK);
    assert_emits(&f, "empty", &OPTIONS);
    fixture_free(&f);
}

/* A user's folder or file is left as it is. */
static void test_refuses_foreign_folder(void **state)
{
    struct fixture f;

    (void)state;
    fixture_create(&f, 3);
    assert_int_equal(file_make_dirs(scratch_path(&f.scratch, "home"), NULL), ERR_OK);
    assert_int_equal(file_write(scratch_path(&f.scratch, "home/thesis"), "x", 1, NULL), ERR_OK);
    assert_int_equal(emit(&f, "home", &OPTIONS), ERR_IO);
    assert_non_null(strstr(f.err.message, "is not an emitted folder"));
    assert_true(file_exists(scratch_path(&f.scratch, "home/thesis")));
    assert_int_equal(emit(&f, "home/thesis", &OPTIONS), ERR_IO);
    assert_non_null(strstr(f.err.message, "exists and is not a folder"));
    fixture_free(&f);
}

/* A failure half-way leaves the old folder whole and nothing beside it. */
static void test_failure_keeps_old(void **state)
{
    static const char *const MISSING[] = {"/nowhere/at/all.yaml", "model/all.yaml", NULL};
    struct vlog_options options = OPTIONS;
    struct manifest *old = NULL;
    struct fixture f;

    (void)state;
    fixture_create(&f, 4);
    assert_emits(&f, "a/out", &OPTIONS);
    options.extra_files = MISSING;
    assert_int_equal(emit(&f, "a/out", &options), ERR_IO);
    assert_non_null(strstr(f.err.message, "/nowhere/at/all.yaml"));
    assert_null(f.manifest);
    assert_int_equal(manifest_read(&old, scratch_path(&f.scratch, "a/out"), &f.err), ERR_OK);
    assert_int_equal(manifest_verify(old, scratch_path(&f.scratch, "a/out"), &f.err), ERR_OK);
    assert_int_equal(file_remove_tree(scratch_path(&f.scratch, "a/out"), NULL), ERR_OK);
    assert_int_equal(rmdir(scratch_path(&f.scratch, "a")), 0); /* nothing else in it */
    manifest_free(old);
    fixture_free(&f);
}

static void test_extra_files(void **state)
{
    struct vlog_options options = OPTIONS;
    struct fixture f;
    char source[512];
    const char *pairs[] = {source, "model/m.yaml", NULL};
    char *text;
    size_t size;

    (void)state;
    fixture_create(&f, 5);
    snprintf(source, sizeof source, "%s", scratch_path(&f.scratch, "m.yaml"));
    assert_int_equal(file_write(source, "a: 1\n", 5, NULL), ERR_OK);
    options.extra_files = pairs;
    assert_emits(&f, "out", &options);
    text = read_text(&f, "out/model/m.yaml", &size);
    assert_string_equal(text, "a: 1\n");
    free(text);
    pairs[1] = "../away/m.yaml";
    assert_int_equal(emit(&f, "out", &options), ERR_ARG);
    assert_string_equal(f.err.message, "emit: ../away/m.yaml leaves the folder");
    assert_false(file_exists(scratch_path(&f.scratch, "away")));
    pairs[1] = "netlist.txt";
    assert_int_equal(emit(&f, "out", &options), ERR_ARG);
    assert_string_equal(f.err.message, "emit: two files are called netlist.txt");
    fixture_free(&f);
}

static void test_refuses_options(void **state)
{
    static const uint32_t WIDTHS[] = {0, 4, 12, 520};
    struct vlog_options options = OPTIONS;
    struct fixture f;

    (void)state;
    fixture_create(&f, 6);
    options.chunk = 0;
    assert_int_equal(emit(&f, "out", &options), ERR_ARG);
    assert_non_null(strstr(f.err.message, "chunk must be at least 1"));
    options = OPTIONS;
    options.top = "half";
    assert_int_equal(emit(&f, "out", &options), ERR_ARG);
    assert_non_null(
        strstr(f.err.message, "top must be full, core, stream, icebreaker or ulx3s, not \"half\""));
    for (size_t i = 0; i < sizeof WIDTHS / sizeof WIDTHS[0]; i++) {
        options = OPTIONS;
        options.top = "stream";
        options.stream_width = WIDTHS[i];
        assert_int_equal(emit(&f, "out", &options), ERR_ARG);
        assert_non_null(strstr(f.err.message, "the stream width"));
    }
    options = OPTIONS;
    options.target = "asic";
    assert_int_equal(emit(&f, "out", &options), ERR_ARG);
    assert_non_null(strstr(f.err.message, "target must be"));
    f.net->table[0] = 0;
    f.net->fan_in_count[0] = 9;
    assert_int_equal(emit(&f, "out", &OPTIONS), ERR_FORMAT);
    assert_false(file_exists(scratch_path(&f.scratch, "out")));
    fixture_free(&f);
}

/* Free text from a model cannot leave its comment line, nor be taken for a directive. */
static void test_hostile_config_line(void **state)
{
    struct fixture f;
    char name[160];
    char *text;
    size_t size;

    (void)state;
    fixture_create(&f, 7);
    strcpy(f.net->config_line, "/*verilator lint_off*/ `include \"x\" \\");
    assert_emits(&f, "out", &OPTIONS);
    snprintf(name, sizeof name, "out/rtl/%s_full.v", f.net->name);
    text = read_text(&f, name, &size);
    assert_non_null(strstr(text, "// config  ??verilator lint_off?? ?include \"x\" ?\n"));
    free(text);
    strcpy(f.net->config_line, "a\nb");
    assert_int_equal(emit(&f, "out", &OPTIONS), ERR_FORMAT);
    fixture_free(&f);
}

/* The longest name still gives files and modules of one name. */
static void test_long_name(void **state)
{
    struct fixture f;

    (void)state;
    fixture_create(&f, 8);
    memset(f.net->name, 'n', sizeof f.net->name - 1);
    assert_emits(&f, "out", &OPTIONS);
    fixture_free(&f);
}

/* Sums of shapes whose names would be too long, different only in the last weight: still two modules. */
static void test_odd_sums(void **state)
{
    enum { SIGNALS = 12, WEIGHTS = 13, EACH = (1 << WEIGHTS) - 1 };
    struct netlist_sizes sizes = {.num_features = 1,
                                  .code_bits = 16,
                                  .num_steps = SIGNALS,
                                  .num_toggles = SIGNALS,
                                  .num_classes = 2,
                                  .num_group = 2 * SIGNALS * EACH - 1};
    struct fixture f;
    size_t modules = 0;

    (void)state;
    fixture_create(&f, 9);
    netlist_free(f.net);
    f.net = NULL;
    assert_int_equal(netlist_create(&f.net, &sizes, NULL), ERR_OK);
    strcpy(f.net->name, "odd");
    for (uint32_t s = 0; s < SIGNALS; s++) {
        f.net->toggles[s] = 1000 * (s + 1);
        f.net->toggle_start[s + 1] = s + 1;
    }
    for (uint32_t i = 0; i < sizes.num_group; i++)
        f.net->group[i] = i % SIGNALS;
    f.net->group_start[1] = SIGNALS * EACH;
    f.net->group_start[2] = sizes.num_group;
    assert_emits(&f, "out", &OPTIONS);
    for (size_t i = 0; i < f.manifest->num_files; i++)
        modules += strstr(f.manifest->files[i].path, "odd_count") != NULL;
    assert_true(modules >= 2);
    fixture_free(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_deterministic),
        cmocka_unit_test(test_build_id),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_replaces_own_folder),
        cmocka_unit_test(test_refuses_foreign_folder),
        cmocka_unit_test(test_failure_keeps_old),
        cmocka_unit_test(test_extra_files),
        cmocka_unit_test(test_refuses_options),
        cmocka_unit_test(test_hostile_config_line),
        cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_odd_sums),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
