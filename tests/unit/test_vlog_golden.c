/* Emitted text against tests/golden/verilog, file by file: a change of the emitter shows as a change of
 * these files. `make golden` (DIFFLUT_GOLDEN=write) rewrites them; review the difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hdl/vlog_emit.h"
#include "netlist/netlist.h"
#include "scratch.h"

#include <string.h>

static const char FOLDER[] = "tests/golden/verilog";

static char *read_text(const char *path, size_t *size)
{
    uint8_t *text = NULL;
    struct err err = {""};

    if (file_read(path, 1 << 24, &text, size, &err) != ERR_OK) fail_msg("%s", err.message);
    return (char *)text;
}

/* Files that depend on the netlist: not the templates. */
static bool is_golden(const char *path, const char *name)
{
    size_t length = strlen(name);

    if (strcmp(path, "rtl/files.f") == 0 || strcmp(path, "scripts/synth_xcup.ys") == 0) return true;
    return strncmp(path, "rtl/", 4) == 0 && strncmp(path + 4, name, length) == 0 &&
           path[4 + length] == '_';
}

static void check_file(struct scratch *scratch, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    char golden[256], emitted_path[512];
    char *expected, *emitted;
    size_t expected_size, size;
    const char *mode = getenv("DIFFLUT_GOLDEN");

    snprintf(emitted_path, sizeof emitted_path, "%s/out/%s", scratch->folder, path);
    snprintf(golden, sizeof golden, "%s/%s%s%s", FOLDER,
             strncmp(slash + 1, name, strlen(name)) == 0 ? "" : name,
             strncmp(slash + 1, name, strlen(name)) == 0 ? "" : "_", slash + 1);
    emitted = read_text(emitted_path, &size);
    if (mode != NULL && strcmp(mode, "write") == 0) {
        assert_int_equal(file_write(golden, emitted, size, NULL), ERR_OK);
    } else {
        expected = read_text(golden, &expected_size);
        if (size != expected_size || memcmp(emitted, expected, size) != 0)
            fail_msg("%s differs from %s; if that is meant: make golden", path, golden);
        free(expected);
    }
    free(emitted);
}

static void check_net(const char *name, const struct vlog_options *options)
{
    struct scratch scratch;
    struct netlist *net = NULL;
    struct manifest *manifest = NULL;
    struct err err = {""};
    char path[256];
    char *text;
    size_t size;

    snprintf(path, sizeof path, "%s/%s.netlist", FOLDER, name);
    text = read_text(path, &size);
    if (netlist_parse(&net, text, size, path, &err) != ERR_OK) fail_msg("%s", err.message);
    free(text);
    scratch_create(&scratch);
    if (vlog_emit(net, scratch_path(&scratch, "out"), options, &manifest, &err) != ERR_OK)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < manifest->num_files; i++) {
        if (is_golden(manifest->files[i].path, name))
            check_file(&scratch, manifest->files[i].path, name);
    }
    manifest_free(manifest);
    netlist_free(net);
    scratch_remove(&scratch);
}

/* Thermometer bits, two layers, a register after every part. */
static void test_toy(void **state)
{
    (void)state;
    check_net("toy", &(struct vlog_options){
                         .top = "full", .target = "generic", .scores = true, .chunk = 256});
}

/* Modules of two LUTs, a tree across them, a layer without LUTs, passed bits, biases, unread bits. */
static void test_pieces(void **state)
{
    (void)state;
    check_net("pieces",
              &(struct vlog_options){.top = "core", .target = "xcup", .scores = false, .chunk = 2});
}

/* Codes that fit a LUT, no registers, between AXI4-Streams. */
static void test_narrow(void **state)
{
    (void)state;
    check_net(
        "narrow",
        &(struct vlog_options){
            .top = "stream", .target = "ice40", .scores = true, .chunk = 256, .stream_width = 16});
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_toy),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_narrow),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
