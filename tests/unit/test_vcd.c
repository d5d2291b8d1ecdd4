#include "flow/vcd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char SAMPLE[] = "$date today $end\n$timescale 1ns $end\n"
                             "$scope module top $end\n$var wire 4 ! bus [3:0] $end\n"
                             "$scope module inner $end\n$var wire 4 ! in[3:0] $end\n"
                             "$var reg 1 \" q $end\n$var real 64 # r $end\n$upscope $end\n"
                             "$var wire 1 $ clk $end\n$upscope $end\n$enddefinitions $end\n"
                             "#0\n$dumpvars\nb10 !\nx\"\nr1.5 #\n0$\n$end\n#5\nbx1 !\n1\"\n1$\n"
                             "#9\nb1111 !\nz\"\n";

static size_t find(const struct vcd *vcd, const char *path)
{
    size_t net = 0;

    while (net < vcd_count(vcd) && strcmp(vcd_path(vcd, net), path) != 0)
        net++;
    assert_true(net < vcd_count(vcd));
    return net;
}

static void expect_bits(const struct vcd *vcd, const char *path, const char *bits)
{
    size_t net = find(vcd, path);

    assert_int_equal(vcd_width(vcd, net), strlen(bits));
    for (size_t i = 0; bits[i] != '\0'; i++)
        assert_int_equal(vcd_bit(vcd, net, strlen(bits) - 1 - i), bits[i]);
}

static void test_values_at_times(void **state)
{
    struct vcd *vcd = NULL;
    struct err err;

    (void)state;
    assert_int_equal(vcd_parse(&vcd, SAMPLE, sizeof SAMPLE - 1, &err), ERR_OK);
    assert_int_equal(vcd_count(vcd), 4);
    expect_bits(vcd, "top.bus", "xxxx");
    assert_int_equal(vcd_seek(vcd, 4, &err), ERR_OK);
    expect_bits(vcd, "top.bus", "0010");
    expect_bits(vcd, "top.inner.in", "0010");
    expect_bits(vcd, "top.inner.q", "x");
    assert_int_equal(vcd_seek(vcd, 5, &err), ERR_OK);
    expect_bits(vcd, "top.bus", "xxx1");
    expect_bits(vcd, "top.inner.q", "1");
    assert_int_equal(vcd_seek(vcd, 100, &err), ERR_OK);
    expect_bits(vcd, "top.inner.in", "1111");
    expect_bits(vcd, "top.inner.q", "z");
    assert_int_equal(vcd_seek(vcd, 0, &err), ERR_OK);
    expect_bits(vcd, "top.bus", "0010");
    expect_bits(vcd, "top.clk", "0");
    vcd_free(vcd);
}

/* Every prefix, and every byte replaced by a few others, ends with a status and no fault. */
static void test_hostile_text(void **state)
{
    static const char bytes[] = {'$', '#', 'b', ' ', '9', '\0', '!', '['};

    (void)state;
    for (size_t size = 0; size < sizeof SAMPLE; size++) {
        for (size_t b = 0; b <= sizeof bytes; b++) {
            size_t length = b == 0 ? size : sizeof SAMPLE - 1;
            char *text = malloc(sizeof SAMPLE);
            struct vcd *vcd = NULL;
            struct err err;

            memcpy(text, SAMPLE, sizeof SAMPLE);
            if (b > 0) text[size] = bytes[b - 1];
            if (vcd_parse(&vcd, text, length, &err) == ERR_OK) vcd_seek(vcd, 50, &err);
            vcd_free(vcd);
            free(text);
        }
    }
}

static void expect_refused(const char *text, const char *message)
{
    struct vcd *vcd = NULL;
    struct err err = {.message = ""};
    enum err_status status = vcd_parse(&vcd, text, strlen(text), &err);

    if (status == ERR_OK) status = vcd_seek(vcd, 10, &err);
    assert_int_equal(status, ERR_TOOL);
    assert_non_null(strstr(err.message, message));
    vcd_free(vcd);
}

static void test_refused(void **state)
{
    (void)state;
    expect_refused("", "no $enddefinitions");
    expect_refused("$upscope $end", "$upscope without");
    expect_refused("$scope module a $end $enddefinitions $end", "without $upscope");
    expect_refused("$var wire 0 ! a $end $enddefinitions $end", "width");
    expect_refused("$var wire 99999999999 ! a $end $enddefinitions $end", "width");
    expect_refused("$var wire 1 ! a $end $var wire 2 ! b $end $enddefinitions $end", "two widths");
    expect_refused("$var wire 1 ! a $end $enddefinitions $end #0 b11 !", "wider");
    expect_refused("$var wire 2 ! a $end $enddefinitions $end #0 b12 !", "binary");
    expect_refused("$enddefinitions $end #x", "time");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_at_times),
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_refused),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
