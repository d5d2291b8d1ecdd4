#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "hdl/manifest.h"
#include "scratch.h"

#include <string.h>
#include <unistd.h>

/* A folder with two files and their manifest. */
static struct manifest *make_folder(struct scratch *scratch)
{
    struct manifest *m = calloc(1, sizeof *m);
    struct err err = {""};

    assert_non_null(m);
    scratch_create(scratch);
    assert_int_equal(file_make_dirs(scratch_path(scratch, "rtl"), &err), ERR_OK);
    assert_int_equal(file_write(scratch_path(scratch, "rtl/a.v"), "module a;", 9, &err), ERR_OK);
    assert_int_equal(file_write(scratch_path(scratch, "netlist.txt"), "net", 3, &err), ERR_OK);
    strcpy(m->name, "toy");
    memset(m->model_hash, 'a', 64);
    strcpy(m->build_id, "0123456789abcdef");
    strcpy(m->version, "0.1.0");
    strcpy(m->top, "full");
    strcpy(m->target, "xcup");
    strcpy(m->dont_care, "none");
    strcpy(m->top_module, "toy_full");
    m->scores = true;
    m->num_features = 3;
    m->code_bits = 8;
    m->num_bits = 12;
    m->num_classes = 300;
    m->class_bits = 9;
    m->score_bits = 7;
    m->pipeline_encoder = 2;
    m->pipeline_layers = 3;
    m->pipeline_argmax = 1;
    m->depth = 5;
    m->latency_cycles = 6;
    m->latency_cycles_core = 4;
    m->luts_layers = 123456789012;
    m->num_passes = 2;
    m->passes[0] = (struct manifest_pass){"constants", 0};
    m->passes[1] = (struct manifest_pass){"dead", 3000000000};
    assert_int_equal(manifest_add_file(m, scratch->folder, "rtl/a.v", "rtl", &err), ERR_OK);
    assert_int_equal(manifest_add_file(m, scratch->folder, "netlist.txt", "netlist", &err), ERR_OK);
    assert_int_equal(manifest_write(m, scratch->folder, &err), ERR_OK);
    return m;
}

static void finish(struct scratch *scratch, struct manifest *m)
{
    manifest_free(m);
    scratch_remove(scratch);
}

static void test_round_trip(void **state)
{
    struct scratch scratch;
    struct manifest *m = make_folder(&scratch), *again = NULL;
    struct err err = {""};

    (void)state;
    assert_int_equal(manifest_read(&again, scratch.folder, &err), ERR_OK);
    assert_memory_equal(m, again, offsetof(struct manifest, files));
    assert_int_equal(again->num_files, 2);
    assert_string_equal(again->files[0].path, "netlist.txt"); /* sorted */
    assert_string_equal(again->files[1].path, "rtl/a.v");
    assert_string_equal(again->files[1].kind, "rtl");
    assert_int_equal(manifest_verify(again, scratch.folder, &err), ERR_OK);
    /* an entry of the same path is replaced */
    assert_int_equal(file_write(scratch_path(&scratch, "rtl/a.v"), "x", 1, &err), ERR_OK);
    assert_int_equal(manifest_verify(again, scratch.folder, &err), ERR_FORMAT);
    assert_int_equal(manifest_add_file(again, scratch.folder, "rtl/a.v", "rtl", &err), ERR_OK);
    assert_int_equal(again->num_files, 2);
    assert_int_equal(manifest_verify(again, scratch.folder, &err), ERR_OK);
    manifest_free(again);
    finish(&scratch, m);
}

static void assert_verify_fails(struct scratch *scratch, const struct manifest *m, const char *what)
{
    struct err err = {""};

    assert_int_equal(manifest_verify(m, scratch->folder, &err), ERR_FORMAT);
    if (strstr(err.message, what) == NULL) fail_msg("\"%s\" lacks \"%s\"", err.message, what);
}

static void test_verify(void **state)
{
    struct scratch scratch;
    struct manifest *m = make_folder(&scratch);

    (void)state;
    assert_int_equal(file_write(scratch_path(&scratch, "rtl/a.v"), "module b;", 9, NULL), ERR_OK);
    assert_verify_fails(&scratch, m, "rtl/a.v: is not the file of build 0123456789abcdef");
    assert_int_equal(file_write(scratch_path(&scratch, "rtl/a.v"), "module a;", 9, NULL), ERR_OK);
    assert_int_equal(file_write(scratch_path(&scratch, "rtl/mine.v"), "", 0, NULL), ERR_OK);
    assert_verify_fails(&scratch, m, "rtl/mine.v: not listed in manifest.json");
    assert_int_equal(unlink(scratch_path(&scratch, "rtl/mine.v")), 0);
    assert_int_equal(unlink(scratch_path(&scratch, "netlist.txt")), 0);
    assert_verify_fails(&scratch, m, "netlist.txt: listed in manifest.json, but No such file");
    /* a link to the right content is not the file */
    assert_int_equal(file_write(scratch_path(&scratch, "other"), "net", 3, NULL), ERR_OK);
    assert_int_equal(symlink("other", scratch_path(&scratch, "netlist.txt")), 0);
    assert_verify_fails(&scratch, m, "netlist.txt: not a regular file");
    finish(&scratch, m);
}

static void test_add_refuses(void **state)
{
    static const char *const PATHS[] = {"",    "/etc/passwd", "../x",    "a/../b", "a//b",
                                        "a/",  ".hidden",     "a/./b",   "a\\b",   "c:d",
                                        "a b", "a\nb",        "\303\244"};
    struct scratch scratch;
    struct manifest *m = make_folder(&scratch);
    struct err err = {""};

    (void)state;
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++)
        assert_int_equal(manifest_add_file(m, scratch.folder, PATHS[i], "rtl", &err), ERR_ARG);
    assert_int_equal(manifest_add_file(m, scratch.folder, "rtl/a.v", "magic", &err), ERR_ARG);
    assert_int_equal(manifest_add_file(m, scratch.folder, "missing", "rtl", &err), ERR_IO);
    assert_int_equal(m->num_files, 2);
    finish(&scratch, m);
}

/* A stream top's numbers: kept, checked against each other, and needed by a top that has one. */
static void test_stream(void **state)
{
    struct scratch scratch;
    struct manifest *m = make_folder(&scratch), *again = NULL;
    struct err err = {""};

    (void)state;
    strcpy(m->top, "stream");
    strcpy(m->top_module, "toy_stream");
    assert_int_equal(manifest_write(m, scratch.folder, &err), ERR_FORMAT);
    assert_non_null(strstr(err.message, "stream: missing"));
    m->stream = (struct manifest_stream){.width = 16,
                                         .code_slot = 8,
                                         .beats_in = 2, /* 3 codes */
                                         .result_slot = 16,
                                         .result_words = 301,
                                         .beats_out = 301};
    assert_int_equal(manifest_write(m, scratch.folder, &err), ERR_OK);
    assert_int_equal(manifest_read(&again, scratch.folder, &err), ERR_OK);
    assert_memory_equal(&m->stream, &again->stream, sizeof m->stream);
    for (size_t i = 0; i < sizeof m->stream / sizeof(uint32_t); i++) {
        uint32_t *number = (uint32_t *)&m->stream + i;

        *number += 8;
        assert_int_equal(manifest_write(m, scratch.folder, &err), ERR_FORMAT);
        *number -= 8;
    }
    manifest_free(again);
    finish(&scratch, m);
}

/* What cannot be read back is not written. */
static void test_write_refuses(void **state)
{
    struct scratch scratch;
    struct manifest *m = make_folder(&scratch);
    struct err err = {""};

    (void)state;
    strcpy(m->target, "asic");
    assert_int_equal(manifest_write(m, scratch.folder, &err), ERR_FORMAT);
    assert_non_null(strstr(err.message, "target: not a known one"));
    finish(&scratch, m);
}

static void read_text(struct scratch *scratch, uint8_t **text, size_t *size)
{
    assert_int_equal(file_read(scratch_path(scratch, "manifest.json"), 1 << 20, text, size, NULL),
                     ERR_OK);
}

static void test_parse_rejects(void **state)
{
    static const struct {
        const char *from, *to, *message;
    } CASES[] = {
        {"\"format\": 1", "\"format\": 2", "format: number out of range"},
        {"\"format\": 1", "\"format\": 1, \"format\": 1", "duplicate object key"},
        {"\"name\": \"toy\"", "\"name\": \"to y\"", "name: must match"},
        {"\"name\": \"toy\"", "\"name\": 7", "name: a text is missing"},
        {"0123456789abcdef", "0123456789abcdeX", "build_id: must be 16 hex digits"},
        {"0123456789abcdef", "0123456789abcdef0", "build_id: text too long"},
        {"\"top\": \"full\"", "\"top\": \"half\"", "top: must be full, core, stream"},
        {"\"top\": \"full\"", "\"top\": \"stream\"", "top_module: must be"},
        {"\"xcup\"", "\"x|c\"", "target: not a known one"},
        {"\"none\"", "\"some\"", "dont_care: must be none or data"},
        {"\"toy_full\"", "\"toy_core\"", "top_module: must be the name"},
        {"\"code_bits\": 8", "\"code_bits\": 17", "code_bits: number out of range"},
        {"\"code_bits\": 8", "\"code_bits\": -8", "code_bits: number out of range"},
        {"\"code_bits\": 8", "\"code_bits\": 8.0", "code_bits: a whole number is missing"},
        {"\"class_bits\": 9", "\"class_bits\": 8", "class_bits: too few"},
        {"\"latency_cycles\": 6", "\"latency_cycles\": 7", "latency_cycles: must be"},
        {"\"pipeline\": {", "\"pipelines\": {", "encoder: a whole number is missing"},
        {"\"scores\": true", "\"scores\": 1", "scores: true or false is missing"},
        {"\"rtl/a.v\"", "\"../a.v\"", "a path is missing or leaves the folder"},
        {"\"rtl/a.v\"", "\"netlist.txt\"", "files must be sorted by path"},
        {"\"kind\": \"rtl\"", "\"kind\": \"rtl2\"", "unknown kind of file"},
        {"\"files\": [", "\"files\": 3, \"f\": [", "files: a list is missing"},
        {"}\n", "", "manifest.json:"},
    };
    struct scratch scratch;
    struct manifest *m = make_folder(&scratch), *parsed = NULL;
    uint8_t *bytes = NULL;
    const char *text;
    size_t size;

    (void)state;
    read_text(&scratch, &bytes, &size);
    text = (const char *)bytes;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char broken[8192];
        struct err err = {""};
        const char *at = strstr(text, CASES[i].from);
        int used;

        if (at == NULL) fail_msg("case %zu: \"%s\" is not in the manifest", i, CASES[i].from);
        used = snprintf(broken, sizeof broken, "%.*s%s%s", (int)(at - text), text, CASES[i].to,
                        at + strlen(CASES[i].from));
        assert_int_equal(manifest_parse(&parsed, broken, (size_t)used, "manifest.json", &err),
                         ERR_FORMAT);
        if (strstr(err.message, CASES[i].message) == NULL)
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, err.message, CASES[i].message);
    }
    assert_null(parsed);
    free(bytes);
    finish(&scratch, m);
}

static void test_parse_hostile(void **state)
{
    struct scratch scratch;
    struct manifest *m = make_folder(&scratch);
    uint8_t *text = NULL;
    char *broken;
    size_t size;

    (void)state;
    read_text(&scratch, &text, &size);
    broken = malloc(size);
    assert_non_null(broken);
    for (uint64_t i = 0; i < 5000; i++) {
        struct manifest *parsed = NULL;
        struct rng rng;
        size_t length = size;

        rng_seed(&rng, 99, i);
        memcpy(broken, text, size);
        if (i % 4 == 0) length = rng_below(&rng, size);
        for (uint64_t k = 1 + rng_below(&rng, 3); k > 0 && length > 0; k--)
            broken[rng_below(&rng, length)] = (char)rng_below(&rng, 256);
        if (manifest_parse(&parsed, broken, length, "x", NULL) == ERR_OK) manifest_free(parsed);
    }
    free(broken);
    free(text);
    finish(&scratch, m);
}

static void test_missing(void **state)
{
    struct scratch scratch;
    struct manifest *m = NULL;
    struct err err = {""};

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(manifest_read(&m, scratch.folder, &err), ERR_IO);
    assert_non_null(strstr(err.message, "manifest.json"));
    assert_null(m);
    manifest_free(NULL);
    scratch_remove(&scratch);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_verify),
        cmocka_unit_test(test_add_refuses),   cmocka_unit_test(test_write_refuses),
        cmocka_unit_test(test_parse_rejects), cmocka_unit_test(test_parse_hostile),
        cmocka_unit_test(test_missing),       cmocka_unit_test(test_stream),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
