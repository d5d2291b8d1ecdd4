/* Emitted folders in the hands of other people's tools: Verilator's lint must be silent, Icarus must
 * compute what netlist_eval() computes, cycle by cycle, and Yosys must map every cell. A missing tool
 * skips its test at home and fails it in CI. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/process.h"
#include "hdl/vlog_emit.h"
#include "random_net.h"
#include "scratch.h"
#include "tool.h"

enum { SIMULATED = 12, SYNTHESISED = 2, CYCLES = 60 };

static const uint64_t SEED = 4711;

/* Limits of the nets, in turn: small; many classes; wide codes; trees in small pieces. */
static const struct random_net_limits LIMITS[] = {
    {6, 10, 40, 60, 4, 12, 12},
    {3, 4, 10, 20, 2, 60, 3},
    {4, 16, 60, 30, 1, 4, 30},
    {8, 8, 100, 300, 5, 6, 150},
};

struct bench {
    struct netlist *net;
    struct manifest *manifest;
    struct scratch scratch;
    struct err err;
};

static void bench_create(struct bench *b, uint64_t number)
{
    static const uint32_t CHUNKS[] = {256, 1, 7, 40};
    struct vlog_options options = {.top = "full", .target = "generic"};
    struct random_net_limits limits = LIMITS[number % 4];
    struct rng rng;

    memset(b, 0, sizeof *b);
    rng_seed(&rng, SEED, number);
    if (number == 1) limits.classes = 300;
    do {
        netlist_free(b->net);
        b->net = random_net(&rng, &limits);
    } while (b->net->num_steps == 0);
    if (number % 3 == 0) assert_int_equal(netlist_optimize(b->net, NULL, &b->err), ERR_OK);
    if (number % 5 == 0) b->net->pipeline = (struct netlist_pipeline){0};
    if (number % 5 == 1) b->net->pipeline.depth = 16 >> number % 4;
    assert_int_equal(netlist_place_registers(b->net, &b->err), ERR_OK);
    options.scores = number % 4 != 3;
    options.chunk = CHUNKS[rng_below(&rng, 4)];
    scratch_create(&b->scratch);
    if (vlog_emit(b->net, scratch_path(&b->scratch, "out"), &options, &b->manifest, &b->err) !=
        ERR_OK)
        fail_msg("net %llu: %s", (unsigned long long)number, b->err.message);
}

static void bench_free(struct bench *b)
{
    scratch_remove(&b->scratch);
    manifest_free(b->manifest);
    netlist_free(b->net);
}

/* Runs a tool in the emitted folder; its output (malloc'ed) when it succeeds. */
static char *run(struct bench *b, const char *tool, const char *const *argv)
{
    struct process_options options = {.argv = argv, .tool = tool, .time_limit = 300};
    struct process_result result;
    char folder[512];

    snprintf(folder, sizeof folder, "%s/out", b->scratch.folder);
    options.folder = folder;
    if (process_run(&options, &result, &b->err) != ERR_OK) fail_msg("%s", b->err.message);
    if (result.exit_code != 0)
        fail_msg("%s on %s ended with %d:\n%.3000s", tool, b->net->name, result.exit_code,
                 result.output);
    return result.output;
}

/* argv of a tool: its own words, then every Verilog file of the folder. */
static const char **with_rtl(struct bench *b, const char *const *words, size_t num_words)
{
    const char **argv = calloc(num_words + b->manifest->num_files + 1, sizeof *argv);
    size_t count = num_words;

    assert_non_null(argv);
    memcpy(argv, words, num_words * sizeof *argv);
    for (size_t i = 0; i < b->manifest->num_files; i++) {
        const char *path = b->manifest->files[i].path;

        if (strncmp(path, "rtl/", 4) == 0 && strstr(path, ".v") != NULL) argv[count++] = path;
    }
    return argv;
}

/* --- Verilator --- */

static void test_lint(void **state)
{
    static const char *const TOPS[] = {"full", "core"};

    (void)state;
    need_tool("verilator", "--version");
    for (uint64_t n = 0; n < SIMULATED; n++) {
        struct bench b;

        bench_create(&b, n);
        for (size_t t = 0; t < (n % 4 == 0 ? 2 : 1); t++) { /* full contains core */
            char top[96];
            const char *words[] = {"verilator", "--lint-only", "-Wall", "--top-module", top};
            const char **argv = with_rtl(&b, words, 5);
            char *output;

            snprintf(top, sizeof top, "%s_%s", b.net->name, TOPS[t]);
            output = run(&b, "verilator", argv);
            if (output[0] != '\0')
                fail_msg("seed %llu net %llu: verilator says:\n%.2000s", (unsigned long long)SEED,
                         (unsigned long long)n, output);
            free(output);
            free(argv);
        }
        bench_free(&b);
    }
}

/* --- Icarus --- */

/* What goes in at each cycle. */
struct stimulus {
    uint16_t *codes; /* [CYCLES][features] */
    bool valid[CYCLES], rst[CYCLES];
};

static void add_bits(struct text *text, uint64_t value, unsigned bits)
{
    for (unsigned k = bits; k-- > 0;)
        text_add(text, "%u", (unsigned)(value >> k & 1));
}

/* One line a cycle: rst, valid, encoder bits, codes; the last feature first. */
static void write_stimulus(struct bench *b, const struct stimulus *s, const uint8_t *signals)
{
    const struct netlist *net = b->net;
    size_t row = (size_t)net->num_steps + net->num_luts;
    struct text text = {0};

    for (size_t i = 0; i < CYCLES; i++) {
        text_add(&text, "%d%d", s->rst[i], s->valid[i]);
        for (uint32_t k = net->num_steps; k-- > 0;)
            text_add(&text, "%d", signals[i * row + k]);
        for (uint32_t f = net->num_features; f-- > 0;)
            add_bits(&text, s->codes[i * net->num_features + f], net->code_bits);
        text_add(&text, "\n");
    }
    assert_int_equal(
        file_write(scratch_path(&b->scratch, "out/stimulus.txt"), text.data, text.size, &b->err),
        ERR_OK);
    text_free(&text);
}

/* Both tops side by side. Outputs are printed at the end of each cycle, before the clock edge. */
static void write_bench(struct bench *b)
{
    const struct manifest *m = b->manifest;
    struct text text = {0};

    text_add(&text,
             "module bench;\nreg clk = 0, rst, valid;\nreg [%u:0] bits;\nreg [%u:0] codes;\n"
             "reg [%u:0] cycles [0:%d];\nwire v0, v1;\nwire [%u:0] c0, c1;\ninteger i;\n",
             m->num_bits - 1, m->num_features * m->code_bits - 1,
             m->num_bits + m->num_features * m->code_bits + 1, CYCLES - 1, m->class_bits - 1);
    text_add(&text, "wire [%u:0] scores0, scores1;\n", m->num_classes * m->score_bits - 1);
    text_add(&text, "%s_core dut0 (.clk(clk), .rst(rst), .in_valid(valid), .in_bits(bits), ",
             b->net->name);
    if (m->scores) text_add(&text, ".out_scores(scores0), ");
    text_add(&text, ".out_valid(v0), .out_class(c0));\n");
    text_add(&text, "%s_full dut1 (.clk(clk), .rst(rst), .in_valid(valid), .in_codes(codes), ",
             b->net->name);
    if (m->scores) text_add(&text, ".out_scores(scores1), ");
    text_add(&text, ".out_valid(v1), .out_class(c1));\n");
    if (!m->scores) text_add(&text, "assign scores0 = 0, scores1 = 0;\n");
    text_add(&text,
             "initial begin\n$readmemb(\"stimulus.txt\", cycles);\n"
             "for (i = 0; i < %d; i = i + 1) begin\n{rst, valid, bits, codes} = cycles[i];\n"
             "#1 $display(\"%%b %%0d %%b\", v0, c0, scores0);\n"
             "$display(\"%%b %%0d %%b\", v1, c1, scores1);\nclk = 1; #1 clk = 0; #1;\n"
             "end\n$finish(0);\nend\nendmodule\n",
             CYCLES);
    assert_int_equal(
        file_write(scratch_path(&b->scratch, "out/bench.v"), text.data, text.size, &b->err),
        ERR_OK);
    text_free(&text);
}

/* The cycle whose vector comes out at `cycle`, or -1: nothing valid then. */
static int comes_out(const struct stimulus *s, int cycle, int latency)
{
    int from = cycle - latency;

    if (from < 0 || !s->valid[from]) return -1;
    for (int i = from; i < cycle; i++) {
        if (s->rst[i]) return -1;
    }
    return from;
}

static void check_line(const struct bench *b, const char *line, const struct stimulus *s, int cycle,
                       int latency, const uint32_t *scores, const uint32_t *classes)
{
    const struct manifest *m = b->manifest;
    int from = comes_out(s, cycle, latency);
    char valid;
    unsigned class;
    int used = 0;

    if (cycle == 0 && latency > 0) return; /* before the first edge nothing is defined */
    if (from < 0) {
        if (line[0] != '0') fail_msg("%s: cycle %d: valid is %c", b->net->name, cycle, line[0]);
        return;
    }
    if (sscanf(line, "%c %u %n", &valid, &class, &used) != 2 || valid != '1')
        fail_msg("%s: cycle %d: not valid: %.80s", b->net->name, cycle, line);
    if (class != classes[from])
        fail_msg("%s: cycle %d: class %u, expected %u", b->net->name, cycle, class, classes[from]);
    for (uint32_t c = 0; c < m->num_classes && m->scores; c++) {
        const char *bits = line + used + (m->num_classes - 1 - c) * m->score_bits;
        uint32_t score = 0;

        for (uint32_t k = 0; k < m->score_bits; k++)
            score = score << 1 | (bits[k] == '1');
        if (score != scores[(size_t)from * m->num_classes + c])
            fail_msg("%s: cycle %d: score of class %u is %u, expected %u", b->net->name, cycle, c,
                     score, scores[(size_t)from * m->num_classes + c]);
    }
}

static void make_stimulus(struct bench *b, struct stimulus *s, uint64_t number)
{
    struct rng rng;

    rng_seed(&rng, SEED + 1, number);
    s->codes = random_codes(b->net, CYCLES, &rng);
    for (int i = 0; i < CYCLES; i++) {
        s->rst[i] = i == 0 || (i > 20 && rng_below(&rng, 20) == 0);
        s->valid[i] = i > 0 && (i < 20 || rng_below(&rng, 3) > 0);
    }
}

static void simulate(struct bench *b, uint64_t number)
{
    const struct netlist *net = b->net;
    const char *words[] = {"iverilog", "-g2005", "-o", "bench.vvp", "-s", "bench", "bench.v"};
    const char **argv = with_rtl(b, words, 7);
    uint32_t *scores = calloc((size_t)CYCLES * net->num_classes, sizeof *scores), classes[CYCLES];
    uint8_t *signals = malloc((size_t)CYCLES * ((size_t)net->num_steps + net->num_luts));
    struct stimulus s;
    char *output, *rest, *line;
    int latency[2] = {(int)b->manifest->latency_cycles_core, (int)b->manifest->latency_cycles};

    assert_true(scores != NULL && signals != NULL);
    make_stimulus(b, &s, number);
    assert_int_equal(netlist_eval(net, s.codes, CYCLES, signals, scores, classes, &b->err), ERR_OK);
    write_stimulus(b, &s, signals);
    write_bench(b);
    free(run(b, "iverilog", argv));
    output = run(b, "vvp", (const char *const[]){"vvp", "-n", "bench.vvp", NULL});
    line = strtok_r(output, "\n", &rest);
    for (int i = 0; i < 2 * CYCLES; i++, line = strtok_r(NULL, "\n", &rest)) {
        assert_non_null(line);
        check_line(b, line, &s, i / 2, latency[i % 2], scores, classes);
    }
    free(output);
    free(scores);
    free(signals);
    free(s.codes);
    free(argv);
}

static void test_simulation(void **state)
{
    (void)state;
    need_tool("iverilog", "-V");
    for (uint64_t n = 0; n < SIMULATED; n++) {
        struct bench b;

        bench_create(&b, n);
        simulate(&b, n);
        bench_free(&b);
    }
}

/* --- Yosys --- */

/* Every script maps all cells; the generic one leaves $lut and flip-flops only. */
static void test_yosys(void **state)
{
    static const char *const SCRIPTS[] = {"generic", "xcup", "xc7", "ecp5", "ice40"};

    (void)state;
    need_tool("yosys", "-V");
    for (uint64_t n = 0; n < SYNTHESISED; n++) {
        struct bench b;

        bench_create(&b, n * 2);
        for (size_t i = 0; i < sizeof SCRIPTS / sizeof SCRIPTS[0]; i++) {
            char commands[160];
            const char *words[] = {"yosys", "-q", "-p", commands, NULL};

            snprintf(commands, sizeof commands,
                     "script scripts/synth_%s.ys; select -assert-none t:$* t:$lut %%d t:$_DFF_P_ "
                     "%%d t:$_SDFF_PP0_ %%d; check -assert",
                     SCRIPTS[i]);
            free(run(&b, "yosys", words));
        }
        bench_free(&b);
    }
}

/* On a net without anything odd in it the estimate is what Yosys finds, LUT by LUT and register by
 * register. */
static void test_cost(void **state)
{
    static const char NET[] = "tests/golden/verilog/toy.netlist";
    struct vlog_options options = {
        .top = "full", .target = "generic", .scores = true, .chunk = 256};
    struct netlist_cost cost;
    struct bench b = {0};
    uint8_t *text = NULL;
    size_t size;
    char commands[160];

    (void)state;
    need_tool("yosys", "-V");
    assert_int_equal(file_read(NET, 1 << 20, &text, &size, NULL), ERR_OK);
    assert_int_equal(netlist_parse(&b.net, (const char *)text, size, NET, &b.err), ERR_OK);
    free(text);
    assert_int_equal(netlist_cost(b.net, &cost, &b.err), ERR_OK);
    assert_int_equal(cost.encoder, 10);
    assert_int_equal(cost.layers, 8);
    assert_int_equal(cost.group_sum, 4);
    assert_int_equal(cost.argmax, 1);
    assert_int_equal(cost.total, 23);
    assert_int_equal(cost.steps_read, 8);
    assert_int_equal(cost.registers, 30);
    scratch_create(&b.scratch);
    assert_int_equal(
        vlog_emit(b.net, scratch_path(&b.scratch, "out"), &options, &b.manifest, &b.err), ERR_OK);
    snprintf(commands, sizeof commands,
             "script scripts/synth_generic.ys; select -assert-count %u t:$lut; "
             "select -assert-count %u t:$_DFF_P_ t:$_SDFF_PP0_",
             (unsigned)cost.total, (unsigned)cost.registers);
    free(run(&b, "yosys", (const char *const[]){"yosys", "-q", "-p", commands, NULL}));
    bench_free(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lint),
        cmocka_unit_test(test_simulation),
        cmocka_unit_test(test_yosys),
        cmocka_unit_test(test_cost),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
