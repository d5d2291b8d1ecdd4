/* The printer of netlists: Icarus must compute what the tables say, for all their addresses and, up to three
 * inputs, for unknown ones; and a fault in the text must show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "flow/process.h"
#include "flow/prove_print.h"
#include "scratch.h"
#include "tool.h"

#include <string.h>

enum {
    TABLES = 12,
    MAX_INPUTS = 6,
    IN = 3, /* net of the first input; clk is 2 */
    OUT = IN + MAX_INPUTS,
    NETS = OUT + 2 * TABLES
};

/* A port of `width` nets from `first` on. */
static struct prove_wire make_port(char *name, uint32_t *nets, uint32_t first, uint32_t width,
                                   bool input)
{
    for (uint32_t i = 0; i < width; i++)
        nets[i] = first + i;
    return (struct prove_wire){
        .name = name, .nets = nets, .width = width, .input = input, .output = !input};
}

/* TABLES tables of n inputs, every third with constants among them, and a register behind each. */
struct example {
    struct prove_netlist netlist;
    struct prove_cell cells[2 * TABLES];
    struct prove_wire wires[4];
    uint32_t driver[NETS], nets[4][TABLES];
};

static void example_create(struct example *e, unsigned n, uint64_t seed)
{
    static char names[4][8] = {"clk", "in", "y", "q"};
    struct rng rng;

    memset(e, 0, sizeof *e);
    rng_seed(&rng, seed, n);
    e->wires[0] = make_port(names[0], e->nets[0], 2, 1, true);
    e->wires[1] = make_port(names[1], e->nets[1], IN, MAX_INPUTS, true);
    e->wires[2] = make_port(names[2], e->nets[2], OUT, TABLES, false);
    e->wires[3] = make_port(names[3], e->nets[3], OUT + TABLES, TABLES, false);
    memset(e->driver, 0xff, sizeof e->driver);
    for (uint32_t t = 0; t < TABLES; t++) {
        struct prove_cell *table = &e->cells[t], *flop = &e->cells[TABLES + t];

        *table = (struct prove_cell){
            .kind = PROVE_LUT, .count = n, .table = rng_next(&rng), .out = OUT + t};
        for (unsigned k = 0; k < n; k++)
            table->in[k] = t % 3 < 2 || rng_below(&rng, 3) > 0 ? IN + (k + t) % MAX_INPUTS
                                                               : (uint32_t)rng_below(&rng, 2);
        *flop = (struct prove_cell){
            .kind = PROVE_REGISTER, .in = {OUT + t, 2}, .out = OUT + TABLES + t};
        e->driver[OUT + t] = t;
        e->driver[OUT + TABLES + t] = TABLES + t;
    }
    e->netlist = (struct prove_netlist){.cells = e->cells,
                                        .num_cells = 2 * TABLES,
                                        .num_nets = NETS,
                                        .driver = e->driver,
                                        .wires = e->wires,
                                        .num_wires = 4,
                                        .num_ports = 4};
}

/* '0', '1', or 'x' when the inputs of `unknown` decide. */
static char value_at(const struct prove_cell *table, unsigned inputs, unsigned unknown)
{
    bool can[2] = {false, false};

    for (unsigned way = 0; way < 1U << MAX_INPUTS; way++) {
        unsigned all = (inputs & ~unknown) | (way & unknown), address = 0;

        for (unsigned k = 0; k < table->count; k++)
            address |=
                (table->in[k] <= PROVE_NET_ONE ? table->in[k] : all >> (table->in[k] - IN) & 1)
                << k;
        can[table->table >> address & 1] = true;
    }
    return can[0] && can[1] ? 'x' : can[1] ? '1' : '0';
}

/* What the bench must print: the registers before any edge, then for each step the tables and, an edge later,
 * the registers. Unknown inputs come only where tables are small enough. */
static void add_expected(struct text *text, const struct example *e, bool unknowns)
{
    text_add(text, "%.*s\n", TABLES, "xxxxxxxxxxxxxxxxxxxxxxxx");
    for (unsigned unknown = 0; unknown < (unknowns ? 1U << MAX_INPUTS : 1U); unknown++) {
        for (unsigned inputs = 0; inputs < 1U << MAX_INPUTS; inputs++) {
            char line[TABLES + 1] = "";

            for (unsigned t = 0; t < TABLES; t++)
                line[TABLES - 1 - t] = value_at(&e->cells[t], inputs, unknown);
            text_add(text, "%s\n%s\n", line, line);
        }
    }
}

static void add_bench(struct text *text, bool unknowns)
{
    text_add(text,
             "module bench;\n"
             "    reg clk;\n"
             "    reg [%d:0] in;\n"
             "    wire [%d:0] y, q;\n"
             "    integer inputs, unknown, k;\n"
             "    printed dut (.clk(clk), .in(in), .y(y), .q(q));\n"
             "    initial begin\n"
             "        clk = 1'b0; in = 0;\n"
             "        #1 $display(\"%%b\", q);\n"
             "        for (unknown = 0; unknown < %d; unknown = unknown + 1)\n"
             "            for (inputs = 0; inputs < %d; inputs = inputs + 1) begin\n"
             "                for (k = 0; k < %d; k = k + 1)\n"
             "                    in[k] = unknown[k] ? 1'bx : inputs[k];\n"
             "                #1 $display(\"%%b\", y);\n"
             "                clk = 1'b1;\n"
             "                #1 $display(\"%%b\", q);\n"
             "                clk = 1'b0;\n"
             "            end\n"
             "    end\n"
             "endmodule\n",
             MAX_INPUTS - 1, TABLES - 1, unknowns ? 1 << MAX_INPUTS : 1, 1 << MAX_INPUTS,
             MAX_INPUTS);
}

/* Runs a tool in the scratch folder; its output, malloc'ed. */
static char *run(const struct scratch *scratch, const char *const *argv)
{
    struct process_options options = {.argv = argv, .folder = scratch->folder, .time_limit = 300};
    struct process_result result;
    struct err err = {""};

    if (process_run(&options, &result, &err) != ERR_OK) fail_msg("%s", err.message);
    if (result.exit_code != 0) fail_msg("%s: %.2000s", argv[0], result.output);
    return result.output;
}

static bool is_right(const struct text *module, const struct text *expected, bool unknowns)
{
    static const char *const BUILD[] = {"iverilog", "-g2005", "-o", "bench.vvp", "bench.v", NULL};
    static const char *const RUN[] = {"vvp", "-n", "bench.vvp", NULL};
    struct scratch scratch;
    struct text text = {0};
    struct err err;
    char *found;
    bool right;

    scratch_create(&scratch);
    text_add_bytes(&text, module->data, module->size);
    add_bench(&text, unknowns);
    assert_int_equal(text_status(&text, "a bench", &err), ERR_OK);
    assert_int_equal(file_write(scratch_path(&scratch, "bench.v"), text.data, text.size, &err),
                     ERR_OK);
    free(run(&scratch, BUILD));
    found = run(&scratch, RUN);
    right = strcmp(found, expected->data) == 0;
    free(found);
    text_free(&text);
    scratch_remove(&scratch);
    return right;
}

/* Another digit in the first constant of a table that depends on its inputs. */
static void plant(struct text *module, unsigned n)
{
    char *at = strstr(module->data, n > 3 ? "'h" : n > 0 ? "? 1'b" : "= 1'b");

    assert_non_null(at);
    at += n > 3 ? 2 : 5;
    *at = *at == '0' ? '1' : '0';
}

static void test_print(void **state)
{
    (void)state;
    need_tool("iverilog", "-V");
    for (unsigned n = 0; n <= MAX_INPUTS; n++) {
        struct example example;
        struct text module = {0}, expected = {0};
        bool unknowns = n <= 3;

        example_create(&example, n, 1);
        prove_print_module(&module, &example.netlist, "printed");
        add_expected(&expected, &example, unknowns);
        if (!is_right(&module, &expected, unknowns))
            fail_msg("tables of %u inputs, seed 1:\n%s", n, module.data);
        plant(&module, n);
        if (is_right(&module, &expected, unknowns))
            fail_msg("tables of %u inputs: a planted fault does not show", n);
        text_free(&module);
        text_free(&expected);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_print)};

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
