/* The parts of `prove`: the network, diagrams, equality, sums, and cells as Yosys writes them. */
#include "base/rng.h"
#include "flow/prove_equal.h"
#include "flow/prove_graph.h"
#include "flow/prove_load.h"
#include "flow/prove_match.h"
#include "flow/prove_netlist.h"
#include "flow/prove_sum.h"
#include "netlist/popcount.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { INPUTS = 10, PATTERNS = 1 << INPUTS, WORDS = PATTERNS / 64 };

/* A graph of ten inputs, simulated on all 1024 values: values are then the functions themselves. */
static struct prove_graph *all_values(uint32_t *literals)
{
    struct prove_graph *graph = NULL;
    struct err err;

    assert_int_equal(prove_graph_create(&graph, WORDS, &err), ERR_OK);
    for (unsigned k = 0; k < INPUTS; k++) {
        uint64_t row[WORDS] = {0};

        for (unsigned p = 0; p < PATTERNS; p++)
            row[p / 64] |= (uint64_t)(p >> k & 1) << p % 64;
        literals[k] = prove_graph_input(graph, row);
    }
    return graph;
}

static void expect_lut(const struct prove_graph *graph, uint32_t out, unsigned count,
                       const uint32_t *in, uint64_t table)
{
    for (unsigned p = 0; p < PATTERNS; p++) {
        unsigned address = 0;

        for (unsigned k = 0; k < count; k++)
            address |= (unsigned)prove_graph_value(graph, in[k], p) << k;
        assert_int_equal(prove_graph_value(graph, out, p), table >> address & 1);
    }
}

static bool same_function(const struct prove_graph *graph, uint32_t a, uint32_t b)
{
    for (size_t w = 0; w < WORDS; w++) {
        if (prove_graph_word(graph, a, w) != prove_graph_word(graph, b, w)) return false;
    }
    return true;
}

/* Random tables of random literals, constants, repeated and inverted ones among them. */
static void grow(struct prove_graph *graph, struct rng *rng, uint32_t *literals, size_t *count,
                 size_t wanted)
{
    while (*count < wanted) {
        unsigned inputs = (unsigned)rng_below(rng, 7);
        uint32_t in[6];
        uint64_t table = rng_next(rng);

        if (rng_below(rng, 3) == 0) table &= rng_next(rng);
        for (unsigned k = 0; k < inputs; k++)
            in[k] = rng_below(rng, 12) == 0
                        ? (uint32_t)rng_below(rng, 2)
                        : literals[rng_below(rng, *count)] ^ (uint32_t)rng_below(rng, 2);
        literals[*count] = prove_graph_lut(graph, inputs, in, table);
        expect_lut(graph, literals[(*count)++], inputs, in, table);
    }
}

static void test_graph(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint32_t literals[120];
        size_t count = INPUTS;
        struct prove_graph *graph = all_values(literals);
        struct rng rng;

        print_message("seed %llu\n", (unsigned long long)seed);
        rng_seed(&rng, seed, 0);
        grow(graph, &rng, literals, &count, 120);
        for (uint32_t n = 1; n < graph->num_nodes; n++) {
            const struct prove_node *node = &graph->nodes[n];

            assert_int_equal(node->table & 1, 0);
            for (unsigned k = 0; k < node->fan_ins; k++) {
                assert_true(node->in[k] < n && (k == 0 || node->in[k - 1] < node->in[k]));
                assert_true(prove_table_reads(node->table, k) || node->fan_ins < 6);
            }
        }
        prove_graph_free(graph);
    }
}

/* The same wires in another order, some inverted: the same node. */
static void test_same_node(void **state)
{
    uint32_t in[INPUTS];
    struct prove_graph *graph = all_values(in);
    uint32_t a = prove_graph_lut(graph, 3, (uint32_t[]){in[0], in[1], in[2]}, 0xca);
    uint32_t b = prove_graph_lut(graph, 3, (uint32_t[]){in[1], in[0], in[2] ^ 1}, 0xca);
    uint32_t c = prove_graph_lut(graph, 3, (uint32_t[]){in[0] ^ 1, in[1] ^ 1, in[2]}, 0xca);

    (void)state;
    assert_int_equal(a, b);
    assert_int_equal(a, c ^ 1);
    assert_int_equal(prove_graph_lut(graph, 2, (uint32_t[]){in[3], in[3] ^ 1}, 0x8), PROVE_FALSE);
    assert_int_equal(prove_graph_lut(graph, 2, (uint32_t[]){in[3], PROVE_TRUE}, 0x8), in[3]);
    assert_int_equal(prove_graph_lut(graph, 1, &in[3], 0x1), in[3] ^ 1);
    prove_graph_free(graph);
}

/* 60 literals on all values of the inputs, each `every`th node marked with a rank of at most `ranks`. */
struct marked {
    uint32_t literals[60];
    size_t count;
    struct prove_graph *graph;
    struct prove_equal *equal;
    struct rng rng;
};

static void marked_create(struct marked *m, uint64_t seed, size_t every, uint64_t ranks)
{
    struct err err;

    m->count = INPUTS;
    m->graph = all_values(m->literals);
    rng_seed(&m->rng, seed, 1);
    grow(m->graph, &m->rng, m->literals, &m->count, 60);
    assert_int_equal(prove_equal_create(&m->equal, m->graph, &err), ERR_OK);
    for (size_t i = INPUTS; i < m->count; i += every)
        prove_equal_mark(m->equal, m->literals[i], (uint16_t)(1 + rng_below(&m->rng, ranks)), false,
                         &err);
}

static void marked_free(struct marked *m)
{
    prove_equal_free(m->equal);
    prove_graph_free(m->graph);
}

/* All pairs: the verdict is that of all 1024 values, whatever nodes are marked, and a point shows it. */
static void test_equal(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct marked m;
        struct err err;

        marked_create(&m, seed, 3, 9);
        for (size_t i = 0; i < m.count; i++) {
            for (size_t k = 0; k < i; k++) {
                bool same = same_function(m.graph, m.literals[i], m.literals[k]);
                enum prove_verdict verdict;
                const uint32_t *nodes;
                const uint8_t *values;
                unsigned pattern = 0;

                assert_int_equal(prove_equal_check(m.equal, m.literals[i], m.literals[k], 0,
                                                   PROVE_MAX_DIAGRAM, &verdict, &err),
                                 ERR_OK);
                assert_int_equal(verdict, same ? PROVE_EQUAL : PROVE_DIFFERENT);
                if (same) continue;
                for (size_t n = prove_equal_point(m.equal, &nodes, &values); n-- > 0;)
                    pattern |= (unsigned)values[n] << (nodes[n] - 1);
                assert_int_not_equal(prove_graph_value(m.graph, m.literals[i], pattern),
                                     prove_graph_value(m.graph, m.literals[k], pattern));
            }
        }
        marked_free(&m);
    }
}

/* Whatever the waypoint and however small the diagrams: the verdict is right or there is none, and there is
 * more often one with more room. */
static void test_equal_limits(void **state)
{
    static const uint32_t limits[] = {8, 24, 96, PROVE_MAX_DIAGRAM};
    enum { LIMITS = sizeof limits / sizeof limits[0] };
    unsigned decided[LIMITS] = {0}, pairs = 0;

    (void)state;
    for (uint64_t seed = 11; seed <= 14; seed++) {
        struct marked m;
        struct err err;

        marked_create(&m, seed, 2, 30);
        for (size_t i = 1; i < m.count; i++, pairs++) {
            size_t k = (size_t)rng_below(&m.rng, i);
            bool same = same_function(m.graph, m.literals[i], m.literals[k]);

            prove_equal_waypoint(m.equal, (uint16_t)rng_below(&m.rng, 31));
            for (size_t l = 0; l < LIMITS; l++) {
                enum prove_verdict verdict;

                prove_equal_check(m.equal, m.literals[i], m.literals[k], 0, limits[l], &verdict,
                                  &err);
                if (verdict != PROVE_UNDECIDED)
                    assert_int_equal(verdict, same ? PROVE_EQUAL : PROVE_DIFFERENT);
                decided[l] += verdict != PROVE_UNDECIDED;
            }
        }
        marked_free(&m);
    }
    print_message("        %u pairs, seeds 11 to 14: %u, %u, %u and %u decided\n", pairs,
                  decided[0], decided[1], decided[2], decided[3]);
    assert_true(decided[0] < decided[2] && decided[LIMITS - 1] == pairs);
}

/* A diagram that may not grow says so. */
static void test_undecided(void **state)
{
    uint32_t in[INPUTS], all;
    struct prove_graph *graph = all_values(in);
    struct prove_equal *equal = NULL;
    enum prove_verdict verdict;
    struct err err;

    (void)state;
    all = prove_graph_lut(graph, 6, in, UINT64_C(0x6996966996696996));
    assert_int_equal(prove_equal_create(&equal, graph, &err), ERR_OK);
    prove_equal_check(equal, all, PROVE_FALSE, 0, 4, &verdict, &err);
    assert_int_equal(verdict, PROVE_UNDECIDED);
    prove_equal_check(equal, all, PROVE_FALSE, 0, PROVE_MAX_DIAGRAM, &verdict, &err);
    assert_int_equal(verdict, PROVE_DIFFERENT);
    prove_equal_free(equal);
    prove_graph_free(graph);
}

/* ---- sums ---- */

static uint32_t item(const uint32_t *items, const struct popcount_plan *plan, uint32_t number)
{
    if (number == POPCOUNT_ZERO) return PROVE_FALSE;
    return number == plan->num_inputs ? PROVE_TRUE : items[number];
}

/* The counters of a plan, of which number `wrong` has one table bit flipped. */
static void count(struct prove_graph *graph, const struct popcount_plan *plan, uint32_t *items,
                  uint32_t wrong, unsigned address)
{
    for (uint32_t i = 0; i < plan->num_counters; i++) {
        const struct popcount_counter *c = &plan->counters[i];
        unsigned inputs = (unsigned)c->low + c->high;
        uint32_t in[6];

        for (unsigned k = 0; k < inputs; k++)
            in[k] = item(items, plan, c->in[k]);
        for (unsigned b = 0; b < c->bits; b++) {
            uint64_t table = 0;

            for (unsigned a = 0; a < 1U << inputs; a++) {
                unsigned sum = 0;

                for (unsigned k = 0; k < inputs; k++)
                    sum += (a >> k & 1) << (k >= c->low);
                table |= (uint64_t)(sum >> b & 1) << a;
            }
            if (i == wrong && b == 0) table ^= UINT64_C(1) << (address & ((1U << inputs) - 1));
            items[c->first_item + b] = prove_graph_lut(graph, inputs, in, table);
        }
    }
}

static void check_sum(uint32_t size, bool plant, struct rng *rng)
{
    struct popcount_shape shape = {.inputs = {size}};
    struct popcount_plan *plan = NULL;
    struct prove_graph *graph = NULL;
    uint32_t *items, bits[32];
    struct err err;
    bool proved;

    assert_int_equal(popcount_create(&plan, &shape, &err), ERR_OK);
    assert_int_equal(prove_graph_create(&graph, 1, &err), ERR_OK);
    items = calloc(size + 1 + 3 * (size_t)plan->num_counters, sizeof *items);
    assert_non_null(items);
    for (uint32_t i = 0; i < size; i++) {
        uint64_t row = rng_next(rng);

        items[i] = prove_graph_input(graph, &row) ^ (uint32_t)rng_below(rng, 2);
    }
    count(graph, plan, items, plant ? (uint32_t)rng_below(rng, plan->num_counters) : UINT32_MAX,
          (unsigned)rng_below(rng, 64));
    for (uint32_t b = 0; b < plan->num_bits; b++)
        bits[b] = item(items, plan, plan->out[b]);
    assert_int_equal(prove_sum_check(graph, bits, plan->num_bits, items, size, &proved, &err),
                     ERR_OK);
    assert_int_equal(proved, !plant);
    /* One member more or less is another sum. */
    prove_sum_check(graph, bits, plan->num_bits, items, size - 1, &proved, &err);
    assert_false(proved);
    free(items);
    prove_graph_free(graph);
    popcount_free(plan);
}

static void test_sum(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 5, 0);
    for (uint32_t size = 3; size < 150; size += 1 + size / 8) {
        check_sum(size, false, &rng);
        for (int i = 0; i < 5; i++)
            check_sum(size, true, &rng);
    }
    for (uint32_t size = 255; size < 1100; size += 1 + size) {
        check_sum(size, false, &rng);
        check_sum(size + 1, false, &rng);
        check_sum(size + 2, true, &rng);
    }
}

/* Sums of more than 256 bits by diagrams alone, counted from either end, with and without a wrong counter: the
 * low bits are decided, the high ones may be too large, but no verdict is wrong. */
static void test_wide_sum_by_diagrams(void **state)
{
    enum { SIZE = 300 };
    struct popcount_shape shape = {.inputs = {SIZE}};
    struct popcount_plan *plan = NULL;
    struct prove_graph *graph = NULL;
    struct prove_equal *equal = NULL;
    uint32_t *items[3];
    const uint64_t zero = 0;
    struct err err;

    (void)state;
    assert_int_equal(popcount_create(&plan, &shape, &err), ERR_OK);
    assert_int_equal(prove_graph_create(&graph, 1, &err), ERR_OK);
    for (int way = 0; way < 3; way++) {
        items[way] = calloc(SIZE + 1 + 3 * (size_t)plan->num_counters, sizeof **items);
        assert_non_null(items[way]);
        for (uint32_t i = 0; i < SIZE; i++)
            items[way][i] = way == 0 ? prove_graph_input(graph, &zero) : items[0][SIZE - 1 - i];
    }
    for (int way = 0; way < 3; way++)
        count(graph, plan, items[way], way == 2 ? 0 : UINT32_MAX, 1);
    assert_int_equal(prove_equal_create(&equal, graph, &err), ERR_OK);
    for (uint32_t b = 0; b < plan->num_bits; b++) {
        uint32_t bits[3];
        enum prove_verdict verdict;

        for (int way = 0; way < 3; way++)
            bits[way] = item(items[way], plan, plan->out[b]);
        assert_int_equal(
            prove_equal_check(equal, bits[0], bits[1], 0, PROVE_MAX_DIAGRAM, &verdict, &err),
            ERR_OK);
        assert_true(b < 3 ? verdict == PROVE_EQUAL : verdict != PROVE_DIFFERENT);
        assert_int_equal(
            prove_equal_check(equal, bits[0], bits[2], 0, PROVE_MAX_DIAGRAM, &verdict, &err),
            ERR_OK);
        if (b == 0) assert_int_equal(verdict, PROVE_DIFFERENT);
    }
    for (int way = 0; way < 3; way++)
        free(items[way]);
    prove_equal_free(equal);
    prove_graph_free(graph);
    popcount_free(plan);
}

/* ---- cells ---- */

/* One cell with operands a and b of four bits (nets 2.. and 6..) and an output of `width` bits. */
static const char MODULE[] =
    "{\"modules\": {\"top\": {\"ports\": {\"a\": {\"direction\": \"input\", \"bits\": [2,3,4,5]},"
    "\"b\": {\"direction\": \"input\", \"bits\": [6,7,8,9]},"
    "\"y\": {\"direction\": \"output\", \"bits\": [10,11,12,13]}},"
    "\"cells\": {\"cell\": {\"type\": \"%s\", \"parameters\": {%s},"
    "\"connections\": {\"A\": [2,3,4,5], \"B\": [%s], \"S\": [6], \"Y\": [10,11,12,13]}}},"
    "\"netnames\": {\"a\": {\"bits\": [2,3,4,5]}, \"b\": {\"bits\": [6,7,8,9]},"
    "\"y\": {\"bits\": [10,11,12,13]}}}}}";

static unsigned ones(unsigned x)
{
    return (unsigned)__builtin_popcount(x);
}

static unsigned result_of(const char *type, unsigned a, unsigned b)
{
    if (strcmp(type, "$and") == 0) return a & b;
    if (strcmp(type, "$or") == 0) return a | b;
    if (strcmp(type, "$xor") == 0) return a ^ b;
    if (strcmp(type, "$xnor") == 0) return ~(a ^ b) & 15;
    if (strcmp(type, "$not") == 0) return ~a & 15;
    if (strcmp(type, "$add") == 0) return (a + b) & 15;
    if (strcmp(type, "$sub") == 0) return (a - b) & 15;
    if (strcmp(type, "$gt") == 0) return a > b;
    if (strcmp(type, "$ge") == 0) return a >= b;
    if (strcmp(type, "$lt") == 0) return a < b;
    if (strcmp(type, "$le") == 0) return a <= b;
    if (strcmp(type, "$eq") == 0) return a == b;
    if (strcmp(type, "$ne") == 0) return a != b;
    if (strcmp(type, "$reduce_and") == 0) return a == 15;
    if (strcmp(type, "$reduce_or") == 0) return a != 0;
    if (strcmp(type, "$reduce_xor") == 0) return ones(a) & 1;
    if (strcmp(type, "$reduce_xnor") == 0) return ~ones(a) & 1;
    if (strcmp(type, "$logic_not") == 0) return a == 0;
    if (strcmp(type, "$logic_and") == 0) return a != 0 && b != 0;
    if (strcmp(type, "$logic_or") == 0) return a != 0 || b != 0;
    if (strcmp(type, "$mux") == 0) return b & 1 ? b : a;
    assert_string_equal(type, "$shr");
    return a >> b;
}

/* The netlist of MODULE with that cell, or the status of a refusal. */
static enum err_status parse_cell(struct prove_netlist **out, const char *type,
                                  const char *parameters, const char *b)
{
    char text[2048];
    struct err err;
    int size = snprintf(text, sizeof text, MODULE, type, parameters, b);

    return prove_netlist_parse(out, text, (size_t)size, "top", &err);
}

static void check_cell(const char *type)
{
    struct prove_netlist *netlist = NULL;
    struct prove_graph *graph;
    struct prove_load *load = NULL;
    uint32_t in[INPUTS], out[4];
    struct err err;

    assert_int_equal(parse_cell(&netlist, type, "\"A_SIGNED\": 0", "6,7,8,9"), ERR_OK);
    graph = all_values(in);
    assert_int_equal(prove_load_create(&load, netlist, graph, &err), ERR_OK);
    for (uint32_t k = 0; k < 8; k++)
        prove_load_input(load, 2 + k, in[k], 0);
    for (uint32_t k = 0; k < 4; k++) {
        assert_int_equal(prove_load_net(load, 10 + k, &err), ERR_OK);
        out[k] = load->literal[10 + k];
    }
    assert_string_equal(load->problem, "");
    for (unsigned p = 0; p < 256; p++) {
        unsigned got = 0;

        for (unsigned k = 0; k < 4; k++)
            got |= (unsigned)prove_graph_value(graph, out[k], p) << k;
        if (got != result_of(type, p & 15, p >> 4))
            fail_msg("%s of %u and %u: %u", type, p & 15, p >> 4, got);
    }
    prove_load_free(load);
    prove_graph_free(graph);
    prove_netlist_free(netlist);
}

static void test_cells(void **state)
{
    static const char *const TYPES[] = {
        "$and",       "$or",         "$xor",       "$xnor",       "$not",         "$add",
        "$sub",       "$gt",         "$ge",        "$lt",         "$le",          "$eq",
        "$ne",        "$reduce_and", "$reduce_or", "$reduce_xor", "$reduce_xnor", "$logic_not",
        "$logic_and", "$logic_or",   "$mux",       "$shr"};

    (void)state;
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++)
        check_cell(TYPES[i]);
}

static void test_refusals(void **state)
{
    struct prove_netlist *netlist = NULL;
    struct err err;

    (void)state;
    assert_int_equal(parse_cell(&netlist, "$mul", "", "6,7,8,9"), ERR_FORMAT);
    assert_int_equal(parse_cell(&netlist, "$and", "", "6,7,8,99"), ERR_FORMAT);
    assert_int_equal(parse_cell(&netlist, "$and", "", "6,-1"), ERR_FORMAT);
    assert_int_equal(parse_cell(&netlist, "$and", "", "6,\"y\""), ERR_FORMAT);
    assert_int_equal(parse_cell(&netlist, "$gt", "\"A_SIGNED\": 1, \"B_SIGNED\": 1", "6,7,8,9"),
                     ERR_FORMAT);
    assert_int_equal(prove_netlist_parse(&netlist, "{}", 2, "top", &err), ERR_FORMAT);
    assert_int_equal(prove_netlist_parse(&netlist, "[1", 2, "top", &err), ERR_TOOL);
    assert_null(netlist);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_graph),
        cmocka_unit_test(test_same_node),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_equal_limits),
        cmocka_unit_test(test_undecided),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_wide_sum_by_diagrams),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_refusals),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
