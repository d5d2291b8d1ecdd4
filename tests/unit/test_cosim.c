#include "flow/cosim.h"

#include "hdl/vlog_emit.h"
#include "netlist/netlist.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char NET[] = "difflut-netlist 2\nname two\nhash \nconfig one LUT\n"
                          "features 1 code_bits 4\n"
                          "pipeline encoder 0 layers 1 popcount 0 argmax 0 depth 0\n"
                          "counts steps 2 toggles 2 luts 1 layers 1 classes 2 group 2 registers 1\n"
                          "register layer 0 end\n"
                          "step 0 feature 0 initial 0 toggles 3\n"
                          "step 1 feature 0 initial 0 toggles 9\n"
                          "lut 2 layer 0 index 0 part 0 in 0 1 table 6\n"
                          "class 0 bias 0 sum 2\nclass 1 bias 0 sum 1\nend\n";

/* Verilog of one build beside vectors of another is refused before any tool starts. */
static void test_vectors_of_another_build(void **state)
{
    static const struct vlog_options options = {
        .top = "full", .target = "generic", .scores = true, .chunk = 512};
    struct cosim_options cosim = {.simulator = "icarus", .icarus = "/no/such/program"};
    struct cosim_result result;
    struct scratch scratch;
    struct netlist *net = NULL;
    struct manifest *manifest = NULL;
    struct vectors *vectors = NULL;
    struct err err = {.message = ""};

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(netlist_parse(&net, NET, sizeof NET - 1, "NET", &err), ERR_OK);
    assert_int_equal(vlog_emit(net, scratch_path(&scratch, "out"), &options, &manifest, &err),
                     ERR_OK);
    assert_int_equal(vectors_create(&vectors, 1, 1, 4, 2, 2, &err), ERR_OK);
    strcpy(vectors->build_id, "0123456789abcdef");
    assert_int_equal(
        cosim_run(scratch_path(&scratch, "out"), manifest, vectors, &cosim, &result, &err),
        ERR_FORMAT);
    assert_non_null(strstr(err.message, "the vectors were made for build 0123456789abcdef"));
    assert_non_null(strstr(err.message, manifest->build_id));
    strcpy(vectors->build_id, manifest->build_id);
    assert_int_equal(
        cosim_run(scratch_path(&scratch, "out"), manifest, vectors, &cosim, &result, &err),
        ERR_TOOL);
    vectors_free(vectors);
    manifest_free(manifest);
    netlist_free(net);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_of_another_build),
    };

    return cmocka_run_group_tests_name("cosim", tests, NULL, NULL);
}
