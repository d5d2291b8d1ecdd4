/* Counting a Yosys report: parts, instances, targets, and reports that are not to be believed. */
#include "base/text.h"
#include "flow/synth_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static enum err_status read_report(const char *target, const char *modules,
                                   struct synth_result *result, struct err *err)
{
    char text[4096];

    memset(result, 0, sizeof *result);
    snprintf(text, sizeof text, "{\"creator\": \"Yosys\", \"modules\": {%s}}", modules);
    return synth_report_read(text, strlen(text), "net", "net_full", target, result, err);
}

/* One module with its cells, "name" and "\"LUT6\": 5, ...". */
struct module {
    const char *name, *cells;
};

static enum err_status read_modules(const char *target, const struct module *modules, size_t count,
                                    struct synth_result *result, struct err *err)
{
    struct text text = {0};
    enum err_status status;

    for (size_t i = 0; i < count; i++)
        text_add(&text, "%s\"\\\\%s\": {\"num_cells_by_type\": {%s}}", i > 0 ? ", " : "",
                 modules[i].name, modules[i].cells);
    status = read_report(target, text.data, result, err);
    text_free(&text);
    return status;
}

static void test_parts(void **state)
{
    static const struct module modules[] = {
        {"net_full", "\"net_encoder\": 1, \"net_layer0\": 1, \"net_layer12\": 1, "
                     "\"net_group_sum\": 1, \"net_argmax\": 1, \"FDRE\": 3, \"LUT2\": 1"},
        {"net_encoder", "\"LUT6\": 5, \"FDRE\": 4"},
        {"net_layer0", "\"LUT6\": 7, \"piece\": 2"},
        {"net_layer12", "\"LUT5\": 11, \"MUXF7\": 2"},
        {"piece", "\"LUT4\": 3, \"GND\": 1"},
        {"net_group_sum", "\"LUT3\": 13, \"CARRY8\": 1"},
        {"net_argmax", "\"LUT1\": 17"},
    };
    struct synth_result r;
    struct err err = {""};

    (void)state;
    assert_int_equal(read_modules("xcup", modules, sizeof modules / sizeof modules[0], &r, &err),
                     ERR_OK);
    assert_int_equal(r.luts_encoder, 5);
    assert_int_equal(r.luts_layers, 7 + 2 * 3 + 11); /* a module of a part counts with the part */
    assert_int_equal(r.luts_group_sum, 13);
    assert_int_equal(r.luts_argmax, 17);
    assert_int_equal(r.luts_other, 1);
    assert_int_equal(r.luts, 5 + 24 + 13 + 17 + 1);
    assert_int_equal(r.ffs, 7);
    assert_int_equal(r.carries, 1);
    assert_int_equal(r.muxes, 2);
    assert_int_equal(r.unmapped_cells, 0);
}

/* A module whose name only begins like a part's is no part. */
static void test_names(void **state)
{
    static const struct module modules[] = {
        {"net_full", "\"net_layerx\": 1, \"net_encoder2\": 1"},
        {"net_layerx", "\"SB_LUT4\": 2, \"SB_DFFSR\": 1"},
        {"net_encoder2", "\"SB_LUT4\": 3, \"SB_CARRY\": 4"},
    };
    struct synth_result r;
    struct err err = {""};

    (void)state;
    assert_int_equal(read_modules("ice40", modules, sizeof modules / sizeof modules[0], &r, &err),
                     ERR_OK);
    assert_int_equal(r.luts_other, 5);
    assert_int_equal(r.ffs, 1);
    assert_int_equal(r.carries, 4);
}

/* The planted fault of every target: a cell it does not have. */
static void test_unmapped(void **state)
{
    static const struct {
        const char *target, *good, *bad;
    } cases[] = {
        {"generic", "$lut", "$_AND_"}, {"generic", "$_SDFF_PP0_", "$mux"},
        {"xc7", "LUT6", "$lut"},       {"xc7", "FDRE", "CARRY8"},
        {"xcup", "CARRY8", "$_XOR_"},  {"ecp5", "TRELLIS_FF", "LUT6"},
        {"ice40", "SB_DFFE", "LUT4"},  {"ice40", "SB_LUT4", "$_DFF_P_"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char module[256];
        struct synth_result r;
        struct err err = {""};

        snprintf(module, sizeof module,
                 "\"net_full\": {\"num_cells_by_type\": {\"%s\": 4, \"%s\": 21}}", cases[i].good,
                 cases[i].bad);
        assert_int_equal(read_report(cases[i].target, module, &r, &err), ERR_OK);
        assert_int_equal(r.unmapped_cells, 21);
        assert_string_equal(r.unmapped_example, cases[i].bad);
    }
}

static void test_garbage(void **state)
{
    static const char *const reports[] = {
        "\"net_full\": 3",
        "\"net_full\": {\"num_cells_by_type\": [1]}",
        "\"net_full\": {\"num_cells_by_type\": {\"LUT6\": -1}}",
        "\"net_full\": {\"num_cells_by_type\": {\"LUT6\": 1.5}}",
        "\"net_full\": {\"num_cells_by_type\": {\"LUT6\": \"many\"}}",
        "\"net_full\": {\"num_cells_by_type\": {\"LUT6\": 9223372036854775807}}",
        "\"other\": {\"num_cells_by_type\": {}}",
        "\"net_full\": {\"num_cells_by_type\": {\"net_full\": 1}}", /* contains itself */
        "\"net_full\": {\"num_cells_by_type\": {\"a\": 99999999}}, "
        "\"a\": {\"num_cells_by_type\": {\"b\": 99999999}}, \"b\": {\"num_cells_by_type\": "
        "{\"LUT6\": 5}}",
        "\"net_full\": {}, \"net_full\": {}",
        "",
    };
    struct synth_result r;
    struct err err = {""};

    (void)state;
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        assert_int_equal(read_report("xcup", reports[i], &r, &err), ERR_TOOL);
        assert_non_null(strstr(err.message, "yosys report"));
    }
    assert_int_equal(synth_report_read("not json", 8, "net", "net_full", "xcup", &r, &err),
                     ERR_TOOL);
    assert_int_equal(synth_report_read("[]", 2, "net", "net_full", "xcup", &r, &err), ERR_TOOL);
}

static void test_targets(void **state)
{
    static const char *const known[] = {"generic", "xc7", "xcup", "ecp5", "ice40"};
    static const char *const unknown[] = {"", "xc", "xcu", "7", "ice4", "xc7 xcup", "xc7x"};

    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_true(synth_report_target_known(known[i]));
    for (size_t i = 0; i < 6; i++)
        if (i != 5) assert_false(synth_report_target_known(unknown[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_unmapped), cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_targets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
