/* Faults that change nothing: shown so where all values of the wires below decide, and only there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/prove_silent.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BITS = 24, MAX_CELLS = 1000, FIRST_NET = 2 };

static const uint64_t AND = 0x8, XOR = 0x6;

/* Counts `bits` inputs, one after the other, behind a register each; the table `both` reads the two highest bits
 * of the count. */
struct counter {
    struct prove_netlist netlist;
    struct prove_cell cells[MAX_CELLS], sound[MAX_CELLS];
    uint32_t driver[2 * MAX_CELLS], net_wire[2 * MAX_CELLS], nets[MAX_BITS], both, changed[1];
    uint32_t feature[MAX_BITS], toggle_start[MAX_BITS + 1], toggles[MAX_BITS];
    char *origins[1];
    struct prove_wire wires[2];
    struct prove_reference reference;
    struct prove_bench bench;
};

static uint32_t add_cell(struct counter *c, enum prove_cell_kind kind, uint64_t table, uint32_t a,
                         uint32_t b)
{
    struct prove_netlist *n = &c->netlist;
    uint32_t out = n->num_nets++;

    assert_true(n->num_cells < MAX_CELLS);
    c->driver[out] = n->num_cells;
    c->cells[n->num_cells++] =
        (struct prove_cell){.kind = kind, .count = 2, .table = table, .in = {a, b}, .out = out};
    return out;
}

/* The net of a table that reads bits `width - 1` and `width - 2` of the count. */
static void counter_create(struct counter *c, unsigned bits, unsigned width)
{
    static char codes[] = "in_codes", result[] = "result", counter[] = "counter";
    uint32_t count[8] = {0};

    memset(c, 0, sizeof *c);
    memset(c->driver, 0xff, sizeof c->driver);
    memset(c->net_wire, 0xff, sizeof c->net_wire);
    c->origins[0] = counter;
    c->netlist = (struct prove_netlist){.cells = c->cells,
                                        .num_nets = FIRST_NET + bits,
                                        .driver = c->driver,
                                        .net_wire = c->net_wire,
                                        .origins = c->origins,
                                        .wires = c->wires,
                                        .num_wires = 2,
                                        .num_ports = 2};
    for (unsigned i = 0; i < bits; i++) {
        c->nets[i] = FIRST_NET + i;
        c->driver[FIRST_NET + i] = PROVE_INPUT_PORT;
        c->feature[i] = c->toggle_start[i] = i;
        c->toggles[i] = 1;
    }
    for (unsigned i = 0; i < bits; i++) {
        uint32_t carry = add_cell(c, PROVE_REGISTER, 0, c->nets[i], PROVE_NET_ZERO);

        for (unsigned k = 0; k < width; k++) {
            uint32_t before = count[k];

            count[k] = add_cell(c, PROVE_LUT, XOR, before, carry);
            carry = add_cell(c, PROVE_LUT, AND, before, carry);
        }
    }
    c->both = add_cell(c, PROVE_LUT, XOR, count[width - 2], count[width - 1]);
    c->wires[0] = (struct prove_wire){.name = codes, .nets = c->nets, .width = bits, .input = true};
    c->wires[1] = (struct prove_wire){.name = result, .nets = &c->both, .width = 1, .output = true};
    c->toggle_start[bits] = bits;
    c->reference = (struct prove_reference){.num_features = bits,
                                            .num_bits = bits,
                                            .code_bits = 1,
                                            .step_feature = c->feature,
                                            .toggle_start = c->toggle_start,
                                            .toggles = c->toggles};
    memcpy(c->sound, c->cells, sizeof c->cells);
    c->changed[0] = c->both;
    c->bench = (struct prove_bench){.reference = &c->reference,
                                    .netlist = &c->netlist,
                                    .sound = c->sound,
                                    .changed = c->changed,
                                    .num_changed = 1};
}

static bool is_silent(unsigned bits, unsigned width, unsigned address)
{
    struct counter *c = malloc(sizeof *c);
    bool silent = false;
    struct err err = {""};

    assert_non_null(c);
    counter_create(c, bits, width);
    c->cells[c->driver[c->both]].table ^= UINT64_C(1) << address;
    if (prove_silent_check(&c->bench, false, &silent, &err) != ERR_OK) fail_msg("%s", err.message);
    free(c);
    return silent;
}

/* The two highest bits are both 1 from three quarters of the range on: below, that address cannot occur, which is
 * to be seen in no cut but that of all inputs. */
static void test_counter(void **state)
{
    (void)state;
    for (unsigned bits = 2; bits <= PROVE_MAX_CUT; bits++) {
        unsigned width = 2;

        while (bits >> width != 0)
            width++;
        for (unsigned address = 0; address < 4; address++) {
            bool occurs = address << (width - 2) <= bits;

            if (is_silent(bits, width, address) != !occurs)
                fail_msg("%u bits, address %u: %s", bits, address,
                         occurs ? "shown to change nothing" : "not shown to change nothing");
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_counter)};

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
