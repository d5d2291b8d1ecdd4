#include "expression.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Functions are tables of six inputs; those of fewer ignore some. Of a function and its complement the
 * one with bit 0 clear is kept. */
static const uint64_t INPUT[6] = {0xaaaaaaaaaaaaaaaau, 0xccccccccccccccccu, 0xf0f0f0f0f0f0f0f0u,
                                  0xff00ff00ff00ff00u, 0xffff0000ffff0000u, 0xffffffff00000000u};

enum way { WAY_NONE, WAY_AND, WAY_OR, WAY_XOR, WAY_IMPLIES, WAY_MUX, WAY_DAVIO };

/* The splitters: an input or one of these gates of two inputs i < j, each maybe inverted. */
enum gate { GATE_INPUT, GATE_AND, GATE_AND_NOT, GATE_NOT_AND, GATE_NOR, GATE_XOR, NUM_GATES };

struct plan {
    uint64_t high, low; /* what is chosen where the splitter is 1 and 0 */
    uint64_t splitter;
    uint16_t cost;
    uint8_t way;
};

struct entry {
    uint64_t key;
    uint32_t generation;
    int32_t temporary; /* -1: not computed yet */
    struct plan plan;
};

/* A table has at most 3^6 cofactors, and there are 20 * 128 functions of three inputs up to complement:
 * half of the entries stay empty. */
enum { ENTRIES = 1 << 13, DAVIO_INPUTS = 3 };

struct expression {
    uint32_t generation;
    struct text *out;
    const char *indent;
    unsigned temporaries, operations;
    struct entry entries[ENTRIES];
};

enum err_status expression_create(struct expression **out, struct err *err)
{
    struct expression *expression = calloc(1, sizeof *expression);

    if (expression == NULL) return err_nomem(err, "expressions");
    *out = expression;
    return ERR_OK;
}

void expression_free(struct expression *expression)
{
    free(expression);
}

/* --- functions --- */

static uint64_t cofactor(uint64_t f, unsigned k, bool value)
{
    unsigned shift = 1U << k;
    uint64_t half = f & (value ? INPUT[k] : ~INPUT[k]);

    return half | (value ? half >> shift : half << shift);
}

static bool depends(uint64_t f, unsigned k)
{
    return cofactor(f, k, false) != cofactor(f, k, true);
}

static unsigned num_inputs(uint64_t f)
{
    unsigned count = 0;

    for (unsigned k = 0; k < 6; k++)
        count += depends(f, k);
    return count;
}

static uint64_t positive(uint64_t f)
{
    return f & 1 ? ~f : f;
}

static bool is_constant(uint64_t f)
{
    return f == 0 || f == UINT64_MAX;
}

/* The number of the input that f or its complement is, or 6. */
static unsigned literal(uint64_t f)
{
    unsigned k = 0;

    while (k < 6 && positive(f) != INPUT[k])
        k++;
    return k;
}

static struct entry *find(struct expression *x, uint64_t f)
{
    uint64_t key = positive(f);
    uint32_t at = (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 48) % ENTRIES;

    while (x->entries[at].generation == x->generation && x->entries[at].key != key)
        at = (at + 1) % ENTRIES;
    return &x->entries[at];
}

/* --- search --- */

static unsigned cost_of(struct expression *x, uint64_t f);

/* Costs in halves of a gate: an inversion is often free (AND-NOT, ternary logic). */
enum { COST_GATE = 2, COST_NOT = 1 };

/* Offers f = g ? high : low to the plan. */
static void try_split(struct expression *x, struct plan *best, uint64_t g, uint64_t high,
                      uint64_t low, bool davio)
{
    static const unsigned gates[] = {[WAY_AND] = 1,     [WAY_OR] = 1,  [WAY_XOR] = 1,
                                     [WAY_IMPLIES] = 2, [WAY_MUX] = 3, [WAY_DAVIO] = 2};
    struct plan plan = {.high = high, .low = low, .splitter = g, .way = WAY_MUX};
    unsigned cost = literal(g) < 6 ? 0 : COST_GATE;

    if (is_constant(high) && is_constant(low)) return; /* the gate itself: found by its inputs */
    if (low == 0 || high == 0)
        plan.way = WAY_AND;
    else if (is_constant(low) || is_constant(high))
        plan.way = WAY_OR;
    else if (high == ~low)
        plan.way = WAY_XOR;
    else if ((low & ~high) == 0 || (high & ~low) == 0)
        plan.way = WAY_IMPLIES;
    else if (davio)
        plan.way = WAY_DAVIO;
    cost += gates[plan.way] * COST_GATE;
    if (cost >= best->cost) return;
    if (!is_constant(low)) cost += cost_of(x, low);
    if (cost >= best->cost) return;
    if (plan.way == WAY_DAVIO)
        cost += cost_of(x, high ^ low);
    else if (plan.way != WAY_XOR && !is_constant(high))
        cost += cost_of(x, high);
    if (cost >= best->cost) return;
    plan.cost = (uint16_t)cost;
    *best = plan;
}

/* Gates of inputs i and j under which f takes only two values. */
static void try_gates(struct expression *x, struct plan *best, uint64_t f, unsigned i, unsigned j)
{
    uint64_t a = INPUT[i], b = INPUT[j], part[4];
    const uint64_t gate[NUM_GATES] = {[GATE_AND] = a & b,
                                      [GATE_AND_NOT] = a & ~b,
                                      [GATE_NOT_AND] = ~a & b,
                                      [GATE_NOR] = ~(a | b),
                                      [GATE_XOR] = a ^ b};
    static const unsigned ones[NUM_GATES] = {0, 8, 2, 4, 1, 6}; /* addresses (j, i) where it is 1 */

    for (unsigned p = 0; p < 4; p++)
        part[p] = cofactor(cofactor(f, i, p & 1), j, p >> 1);
    for (unsigned g = GATE_AND; g < NUM_GATES; g++) {
        uint64_t high = 0, low = 0;
        bool fits = true, first_high = true, first_low = true;

        for (unsigned p = 0; p < 4; p++) {
            uint64_t *half = ones[g] >> p & 1 ? &high : &low;
            bool *first = ones[g] >> p & 1 ? &first_high : &first_low;

            if (!*first && *half != part[p]) fits = false;
            *half = part[p];
            *first = false;
        }
        if (fits) try_split(x, best, gate[g], high, low, false);
    }
}

/* Of f, not constant, or its complement. */
static unsigned cost_of(struct expression *x, uint64_t f)
{
    struct entry *entry = find(x, f);
    struct plan best = {.cost = UINT16_MAX};
    bool davio = num_inputs(f) <= DAVIO_INPUTS;

    if (literal(f) < 6) return f & 1 ? COST_NOT : 0;
    if (entry->generation == x->generation) return entry->plan.cost + (f & 1 ? COST_NOT : 0U);
    for (unsigned k = 0; k < 6; k++) {
        uint64_t low = cofactor(positive(f), k, false), high = cofactor(positive(f), k, true);

        if (high == low) continue;
        try_split(x, &best, INPUT[k], high, low, false);
        if (davio) try_split(x, &best, INPUT[k], high, low, true);
        for (unsigned j = k + 1; j < 6; j++)
            if (depends(f, j)) try_gates(x, &best, positive(f), k, j);
    }
    entry = find(x, f); /* the searches below may have taken its place */
    *entry = (struct entry){positive(f), x->generation, -1, best};
    return best.cost + (f & 1 ? COST_NOT : 0U);
}

/* --- printing --- */

enum { OPERAND = 48 };

/* What stands for f in C: a variable, maybe inverted; computes it first where that is needed. */
static void operand(struct expression *x, uint64_t f, char to[OPERAND]);

static void splitter(struct expression *x, uint64_t g, char to[OPERAND])
{
    if (literal(g) == 6) x->operations++;
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned j = i + 1; j < 6; j++) {
            char a = (char)('a' + i), b = (char)('a' + j);
            uint64_t u = INPUT[i], v = INPUT[j];

            if (g == (u & v)) snprintf(to, OPERAND, "(%c & %c)", a, b);
            if (g == (u & ~v)) snprintf(to, OPERAND, "(%c & ~%c)", a, b);
            if (g == (~u & v)) snprintf(to, OPERAND, "(%c & ~%c)", b, a);
            if (g == ~(u | v)) snprintf(to, OPERAND, "~(%c | %c)", a, b);
            if (g == (u ^ v)) snprintf(to, OPERAND, "(%c ^ %c)", a, b);
        }
    }
    if (literal(g) < 6) snprintf(to, OPERAND, "%c", 'a' + literal(g));
}

/* `const word tN = a plan's expression`. */
static void compute(struct expression *x, struct entry *entry)
{
    const struct plan plan = entry->plan;
    char g[OPERAND], high[OPERAND] = "", low[OPERAND] = "", text[5 * OPERAND];
    bool inverted = plan.way == WAY_AND ? plan.high == 0 : plan.low == UINT64_MAX;

    splitter(x, plan.splitter, g);
    if (!is_constant(plan.low)) operand(x, plan.low, low);
    if (!is_constant(plan.high) && plan.way != WAY_XOR)
        operand(x, plan.way == WAY_DAVIO ? plan.high ^ plan.low : plan.high, high);
    switch (plan.way) {
    case WAY_AND:
    case WAY_OR:
        snprintf(text, sizeof text, "%s%s %c %s", inverted ? "~" : "", g,
                 plan.way == WAY_AND ? '&' : '|', high[0] != '\0' ? high : low);
        x->operations += 1;
        break;
    case WAY_XOR:
        snprintf(text, sizeof text, "%s ^ %s", g, low);
        x->operations += 1;
        break;
    case WAY_IMPLIES:
        if ((plan.low & ~plan.high) == 0)
            snprintf(text, sizeof text, "%s | (%s & %s)", low, g, high);
        else
            snprintf(text, sizeof text, "%s | (~%s & %s)", high, g, low);
        x->operations += 2;
        break;
    case WAY_DAVIO:
        snprintf(text, sizeof text, "%s ^ (%s & %s)", low, g, high);
        x->operations += 2;
        break;
    default:
        snprintf(text, sizeof text, "%s ^ (%s & (%s ^ %s))", low, g, low, high);
        x->operations += 3;
    }
    entry->temporary = (int32_t)x->temporaries++;
    text_add(x->out, "%sconst word t%d = %s;\n", x->indent, (int)entry->temporary, text);
}

static void operand(struct expression *x, uint64_t f, char to[OPERAND])
{
    unsigned k = literal(f);
    struct entry *entry;

    if (k < 6) {
        snprintf(to, OPERAND, "%s%c", f & 1 ? "~" : "", 'a' + k);
        return;
    }
    cost_of(x, f);
    entry = find(x, f);
    if (entry->temporary < 0) compute(x, entry);
    snprintf(to, OPERAND, "%st%d", f & 1 ? "~" : "", (int)entry->temporary);
}

unsigned expression_print(struct expression *expression, struct text *out, uint64_t table,
                          unsigned inputs, const char *result, const char *indent)
{
    char to[OPERAND];
    uint64_t f = table;

    for (unsigned k = inputs; k < 6; k++)
        f |= f << (1U << k);
    expression->generation++;
    expression->temporaries = expression->operations = 0;
    expression->out = out;
    expression->indent = indent;
    if (is_constant(f)) {
        text_add(out, "%s%s = %sZERO;\n", indent, result, f == 0 ? "" : "~");
        return f == 0 ? 0 : 1;
    }
    operand(expression, f, to);
    text_add(out, "%s%s = %s;\n", indent, result, to);
    return expression->operations + (to[0] == '~');
}
