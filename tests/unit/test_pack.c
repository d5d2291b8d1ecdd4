/* Pairs of LUTs in one of two outputs: the packed netlist must compute what it was made from, by the rule
 * of the primitive, and netlists that are none must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "flow/matching.h"
#include "flow/pack.h"

static const uint64_t SEED = 6262;

enum { INPUTS = 9, MAX_LUTS = 40 };

/* --- cells --- */

static void add_lut(json_t *cells, unsigned inputs, const unsigned *signal, uint64_t table,
                    unsigned output)
{
    char name[16], type[8], digits[65] = "";
    json_t *connections = json_pack("{s:[i]}", "O", (int)output);

    for (unsigned k = 0; k < inputs; k++) {
        char pin[3] = {'I', (char)('0' + k), '\0'};

        json_object_set_new(connections, pin, json_pack("[i]", (int)signal[k]));
    }
    for (unsigned a = 0; a < 1u << inputs; a++)
        digits[(1u << inputs) - 1 - a] = table >> a & 1 ? '1' : '0';
    snprintf(name, sizeof name, "lut%u", output);
    snprintf(type, sizeof type, "LUT%u", inputs);
    json_object_set_new(cells, name,
                        json_pack("{s:s, s:{s:s}, s:o}", "type", type, "parameters", "INIT", digits,
                                  "connections", connections));
}

static unsigned pin_value(const json_t *connections, const char *pin, const uint8_t *value)
{
    const json_t *bit = json_array_get(json_object_get(connections, pin), 0);

    if (json_is_string(bit)) return json_string_value(bit)[0] == '1';
    return value[json_integer_value(bit)];
}

/* Sets the outputs of a LUT cell: O, or O6 and O5 as the primitive has them. */
static void run_cell(const json_t *cell, uint8_t *value)
{
    const json_t *connections = json_object_get(cell, "connections");
    const char *type = json_string_value(json_object_get(cell, "type"));
    const char *digits =
        json_string_value(json_object_get(json_object_get(cell, "parameters"), "INIT"));
    unsigned inputs = (unsigned)(type[3] - '0'), at = 0;
    size_t size = strlen(digits);
    const char *out = strcmp(type, "LUT6_2") == 0 ? "O6" : "O";

    for (unsigned k = 0; k < inputs; k++) {
        char pin[3] = {'I', (char)('0' + k), '\0'};

        at |= pin_value(connections, pin, value) << k;
    }
    assert_int_equal(size, 1u << inputs);
    value[json_integer_value(json_array_get(json_object_get(connections, out), 0))] =
        digits[size - 1 - at] == '1';
    if (out[1] == '6')
        value[json_integer_value(json_array_get(json_object_get(connections, "O5"), 0))] =
            digits[size - 1 - (at & 31)] == '1';
}

static void run_cells(json_t *cells, unsigned inputs, uint8_t *value)
{
    const char *name;
    json_t *cell;

    for (unsigned k = 0; k < INPUTS; k++)
        value[k] = inputs >> k & 1;
    json_object_foreach(cells, name, cell) run_cell(cell, value);
}

static void assert_same(json_t *before, json_t *after, uint64_t number)
{
    for (unsigned a = 0; a < 1u << INPUTS; a++) {
        uint8_t value[2][INPUTS + MAX_LUTS] = {{0}};

        run_cells(before, a, value[0]);
        run_cells(after, a, value[1]);
        if (memcmp(value[0], value[1], sizeof value[0]) != 0)
            fail_msg("seed %llu net %llu inputs %u", (unsigned long long)SEED,
                     (unsigned long long)number, a);
    }
}

static json_t *netlist_of(json_t *cells)
{
    return json_pack("{s:{s:{s:O}}}", "modules", "net", "cells", cells);
}

/* Random LUTs of different signals each; now and then one that is half of the one before. */
static json_t *random_cells(struct rng *rng, unsigned luts)
{
    json_t *cells = json_object();
    unsigned signal[INPUTS];
    uint64_t table = 0;

    for (unsigned l = 0; l < luts; l++) {
        unsigned inputs = 1 + (unsigned)rng_below(rng, 6);

        if (l > 0 && rng_below(rng, 4) == 0 && table != 0) {
            add_lut(cells, 5, signal, table & UINT32_MAX, INPUTS + l);
            table = 0;
            continue;
        }
        for (unsigned k = 0; k < INPUTS; k++)
            signal[k] = k;
        for (unsigned k = 0; k < inputs; k++) {
            unsigned other = k + (unsigned)rng_below(rng, INPUTS - k), kept = signal[k];

            signal[k] = signal[other];
            signal[other] = kept;
        }
        table = rng_below(rng, UINT64_C(1) << 32) << 32 | rng_below(rng, UINT64_C(1) << 32);
        add_lut(cells, inputs, signal, table, INPUTS + l);
        if (inputs != 6) table = 0;
    }
    return cells;
}

static void test_same_function(void **state)
{
    uint64_t total = 0;

    (void)state;
    for (uint64_t n = 0; n < 60; n++) {
        struct err err = {""};
        struct rng rng;
        json_t *cells, *before, *netlist;
        size_t luts;
        uint64_t pairs;

        rng_seed(&rng, SEED, n);
        cells = random_cells(&rng, 1 + (unsigned)rng_below(&rng, MAX_LUTS));
        luts = json_object_size(cells);
        before = json_deep_copy(cells);
        netlist = netlist_of(cells);
        if (pack_netlist(netlist, &pairs, &err) != ERR_OK) fail_msg("%s", err.message);
        assert_int_equal(json_object_size(cells), luts - pairs);
        assert_same(before, cells, n);
        total += pairs;
        json_decref(netlist);
        json_decref(cells);
        json_decref(before);
    }
    assert_true(total > 300);
}

/* Each case: LUTs by their signals as digits; how many pairs there are. */
static void test_known_pairs(void **state)
{
    static const struct {
        const char *luts[4];
        uint64_t pairs;
    } cases[] = {
        {{"01234", "01234"}, 1},
        {{"01234", "01235"}, 0},
        {{"012", "34"}, 1},
        {{"012", "345"}, 0},
        {{"012345", "01234"}, 1}, /* the lower half: all tables are ones */
        {{"012345", "012345"}, 0},
        {{"0123", "0124", "0134", "0234"}, 2},
        {{"01", "23", "4", "5678"}, 2},
        {{"01234"}, 0},
        {{"01", "1234", "0567", "67"}, 2}, /* only one of the pairings that fit leaves no one out */
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        json_t *cells = json_object(), *netlist;
        struct err err = {""};
        uint64_t pairs;

        for (unsigned l = 0; l < 4 && cases[c].luts[l] != NULL; l++) {
            unsigned signal[6], inputs = (unsigned)strlen(cases[c].luts[l]);

            for (unsigned k = 0; k < inputs; k++)
                signal[k] = (unsigned)(cases[c].luts[l][k] - '0');
            add_lut(cells, inputs, signal, UINT64_MAX, INPUTS + l);
        }
        netlist = netlist_of(cells);
        assert_int_equal(pack_netlist(netlist, &pairs, &err), ERR_OK);
        if (pairs != cases[c].pairs)
            fail_msg("case %zu: %llu pairs, expected %llu", c, (unsigned long long)pairs,
                     (unsigned long long)cases[c].pairs);
        json_decref(netlist);
        json_decref(cells);
    }
}

static void test_refused(void **state)
{
    static const char *const cells[] = {
        "{\"a\": {}}",
        "{\"a\": {\"type\": 3}}",
        "{\"a\": {\"type\": \"LUT2\"}}",
        "{\"a\": {\"type\": \"LUT1\", \"parameters\": {\"INIT\": \"011\"}, \"connections\": "
        "{\"I0\": [2], \"O\": [3]}}}",
        "{\"a\": {\"type\": \"LUT1\", \"parameters\": {\"INIT\": \"0z\"}, \"connections\": "
        "{\"I0\": [2], \"O\": [3]}}}",
        "{\"a\": {\"type\": \"LUT1\", \"parameters\": {\"INIT\": \"01\"}, \"connections\": "
        "{\"I0\": [2, 4], \"O\": [3]}}}",
        "{\"a\": {\"type\": \"LUT1\", \"parameters\": {\"INIT\": \"01\"}, \"connections\": "
        "{\"I0\": [-2], \"O\": [3]}}}",
        "{\"a\": {\"type\": \"INV\", \"connections\": {\"O\": [3]}}}",
    };
    json_t *nothing = json_object();
    struct err err = {""};
    uint64_t pairs;

    (void)state;
    for (size_t c = 0; c < sizeof cells / sizeof cells[0]; c++) {
        json_t *parsed = json_loads(cells[c], 0, NULL), *netlist;

        assert_non_null(parsed);
        netlist = netlist_of(parsed);
        if (pack_netlist(netlist, &pairs, &err) != ERR_TOOL) fail_msg("accepted: %s", cells[c]);
        json_decref(netlist);
        json_decref(parsed);
    }
    assert_int_equal(pack_netlist(nothing, &pairs, &err), ERR_TOOL);
    json_decref(nothing);
}

/* A path of n vertices has n / 2 pairs; found whatever the numbers of its vertices are. */
static void test_matching_paths(void **state)
{
    (void)state;
    for (uint32_t n = 2; n <= 60; n++) {
        uint32_t number[60], start[61] = {0}, to[120], partner[60], pairs = 0;
        struct err err = {""};
        struct rng rng;

        rng_seed(&rng, SEED, n);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t other = (uint32_t)rng_below(&rng, i + 1);

            number[i] = number[other];
            number[other] = i;
        }
        for (uint32_t v = 0, e = 0; v < n; v++) {
            for (uint32_t i = 0; i < n; i++) {
                if (number[i] != v) continue;
                if (i > 0) to[e++] = number[i - 1];
                if (i + 1 < n) to[e++] = number[i + 1];
            }
            start[v + 1] = e;
        }
        assert_int_equal(matching_find(n, start, to, partner, &err), ERR_OK);
        for (uint32_t v = 0; v < n; v++) {
            if (partner[v] == MATCHING_NONE) continue;
            assert_int_equal(partner[partner[v]], v);
            pairs += partner[v] > v;
        }
        assert_int_equal(pairs, n / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_function),
        cmocka_unit_test(test_known_pairs),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_matching_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
