#include "decompose.h"

#include "table.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { PART_SIGNAL = 6, NO_SIGNAL = 255, MAX_CODES = 2, MAX_CLASSES = 1 << MAX_CODES };

const struct decompose_device *decompose_device(const char *target)
{
    static const struct decompose_device lut4 = {{0, 1, 1, 1, 1, 0, 0}};
    static const struct decompose_device lut4_mux = {{0, 1, 1, 1, 1, 2, 4}};

    if (strcmp(target, "ice40") == 0) return &lut4;
    return strcmp(target, "ecp5") == 0 ? &lut4_mux : NULL;
}

/* A function under way: its table, and the signal on each of its inputs. */
struct function {
    uint64_t table;
    unsigned inputs;
    uint8_t from[8];
};

/* A search: what is taken apart, the plan it is added to, the best plan so far. */
struct search {
    const struct decompose_device *device;
    const struct function *whole;
    struct decompose_plan base, best;
    uint8_t signal; /* what carries the whole in the best plan */
};

/* Keeps a plan that turned out cheaper than the best so far. */
static void keep(struct search *s, const struct decompose_plan *plan, uint8_t signal)
{
    if (signal == NO_SIGNAL) return;
    s->best = *plan;
    s->signal = signal;
}

/* A choice of inputs: the order lists the rest, then those bound to the codes alone, then shared ones. */
struct choice {
    unsigned rest, bound, shared;
    uint8_t order[6];
};

/* What is left of the function, of its rest inputs, at each value of the others. At each value of the
 * shared inputs these columns fall into classes, numbered by the codes. */
struct columns {
    uint8_t class[64];              /* [value of the shared inputs and the bound ones] */
    uint64_t value[8][MAX_CLASSES]; /* [value of the shared inputs][class] */
};

static uint8_t take_apart(const struct function *f, const struct decompose_device *device,
                          unsigned limit, struct decompose_plan *plan);

/* --- parts of a plan --- */

static struct function without_ignored(struct function f)
{
    for (unsigned k = f.inputs; k-- > 0;) {
        if (!table_ignores(f.table, f.inputs, k)) continue;
        f.table = table_cofactor(f.table, f.inputs, k, 0);
        memmove(f.from + k, f.from + k + 1, f.inputs - k - 1);
        f.inputs--;
    }
    return f;
}

static uint8_t append(struct decompose_plan *plan, const struct function *f, unsigned cost)
{
    struct decompose_part *part = plan->part;

    for (unsigned p = 0; p < plan->count; p++, part++) {
        if (part->table == f->table && part->inputs == f->inputs &&
            memcmp(part->from, f->from, f->inputs) == 0)
            return (uint8_t)(PART_SIGNAL + p);
    }
    assert(plan->count < DECOMPOSE_MAX_PARTS);
    part->table = f->table;
    part->inputs = (uint8_t)f->inputs;
    memcpy(part->from, f->from, sizeof part->from);
    plan->cost += cost;
    return (uint8_t)(PART_SIGNAL + plan->count++);
}

/* Adds what makes `whole` to the plan. The signal that carries it, or NO_SIGNAL when the plan would cost
 * `limit` or more. */
static uint8_t make(const struct function *whole, const struct decompose_device *device,
                    unsigned limit, struct decompose_plan *plan)
{
    struct function f = without_ignored(*whole);

    if (f.inputs == 1 && f.table == 2) return f.from[0];
    if (plan->cost + (f.inputs <= 4 ? 1 : 2) >= limit) return NO_SIGNAL;
    if (f.inputs <= 4) return append(plan, &f, 1);
    return take_apart(&f, device, limit, plan);
}

/* --- columns --- */

static uint64_t permute(uint64_t table, unsigned inputs, const uint8_t *order)
{
    uint8_t at[6] = {0, 1, 2, 3, 4, 5};

    for (unsigned p = 0; p < inputs; p++) {
        unsigned q = p;

        while (at[q] != order[p])
            q++;
        if (q == p) continue;
        table = table_swap(table, p, q);
        at[q] = at[p];
        at[p] = order[p];
    }
    return table;
}

/* False when there are more than `limit` classes at some value of the shared inputs. */
static bool find_columns(const struct function *f, const struct choice *c, unsigned limit,
                         struct columns *columns)
{
    uint64_t table = permute(f->table, f->inputs, c->order);
    unsigned width = 1u << c->rest;

    for (unsigned s = 0; s < 1u << c->shared; s++) {
        uint64_t *value = columns->value[s];
        unsigned classes = 0;

        for (unsigned b = 0; b < 1u << c->bound; b++) {
            unsigned row = s << c->bound | b, k = 0;
            uint64_t column = table >> (row * width) & table_ones(c->rest);

            while (k < classes && value[k] != column)
                k++;
            if (k == limit) return false;
            if (k == classes) value[classes++] = column;
            columns->class[row] = (uint8_t)k;
        }
        for (unsigned k = classes; k < limit; k++)
            value[k] = value[0]; /* never seen */
    }
    return true;
}

/* Other numbers for the classes at one value of the shared inputs: the same function, by other codes. */
static void renumber(struct columns *columns, const struct choice *c, unsigned shared,
                     const uint8_t number[MAX_CLASSES])
{
    uint64_t value[MAX_CLASSES];

    memcpy(value, columns->value[shared], sizeof value);
    for (unsigned k = 0; k < MAX_CLASSES; k++)
        columns->value[shared][number[k]] = value[k];
    for (unsigned b = 0; b < 1u << c->bound; b++) {
        uint8_t *class = &columns->class[shared << c->bound | b];

        *class = number[*class];
    }
}

/* Bit `bit` of the class number, a function of the bound inputs and the shared ones. */
static struct function code_function(const struct function *f, const struct choice *c,
                                     const struct columns *columns, unsigned bit)
{
    struct function code = {.inputs = c->bound + c->shared};

    for (unsigned row = 0; row < 1u << code.inputs; row++)
        code.table |= (uint64_t)(columns->class[row] >> bit & 1) << row;
    for (unsigned k = 0; k < code.inputs; k++)
        code.from[k] = f->from[c->order[c->rest + k]];
    return code;
}

/* The function of the rest inputs, the shared ones and the codes. */
static struct function top_function(const struct function *f, const struct choice *c,
                                    const struct columns *columns, const uint8_t *code,
                                    unsigned codes)
{
    struct function top = {.inputs = c->rest + c->shared + codes};

    for (unsigned k = 0; k < 1u << codes; k++) {
        for (unsigned s = 0; s < 1u << c->shared; s++)
            top.table |= columns->value[s][k] << ((k << c->shared | s) << c->rest);
    }
    for (unsigned i = 0; i < c->rest; i++)
        top.from[i] = f->from[c->order[i]];
    for (unsigned i = 0; i < c->shared; i++)
        top.from[c->rest + i] = f->from[c->order[c->rest + c->bound + i]];
    for (unsigned i = 0; i < codes; i++)
        top.from[c->rest + c->shared + i] = code[i];
    return top;
}

/* --- F(codes(bound, shared), rest, shared) --- */

static void try_codes(struct search *s, const struct choice *c, const struct columns *columns,
                      unsigned codes)
{
    struct decompose_plan plan = s->base;
    uint8_t code[MAX_CODES];
    struct function part;

    for (unsigned i = 0; i < codes; i++) {
        part = code_function(s->whole, c, columns, i);
        code[i] = make(&part, s->device, s->best.cost, &plan);
        if (code[i] == NO_SIGNAL) return;
    }
    part = top_function(s->whole, c, columns, code, codes);
    keep(s, &plan, make(&part, s->device, s->best.cost, &plan));
}

/* A top function of five inputs may be two LUTs under one numbering of four classes and three under
 * another. Of the 24 only three differ by more than inverted or exchanged codes; a second value of the
 * shared inputs may take any. */
static void try_numberings(struct search *s, const struct choice *c, const struct columns *columns)
{
    static const uint8_t FIRST[3][MAX_CLASSES] = {{0, 1, 2, 3}, {0, 2, 1, 3}, {0, 3, 2, 1}};
    unsigned seconds = c->shared == 1 ? 24 : 1;

    for (unsigned n = 0; n < 3 * seconds && s->base.cost + 4 < s->best.cost; n++) {
        struct columns numbered = *columns;
        unsigned m = n / 3;
        uint8_t number[MAX_CLASSES] = {0, 1, 2, 3};

        for (unsigned left = MAX_CLASSES; left > 1; m /= left--) { /* permutation m of 24 */
            uint8_t kept = number[left - 1];

            number[left - 1] = number[m % left];
            number[m % left] = kept;
        }
        renumber(&numbered, c, 0, FIRST[n % 3]);
        if (c->shared == 1) renumber(&numbered, c, 1, number);
        try_codes(s, c, &numbered, 2);
    }
}

static void try_choice(struct search *s, const struct choice *c, unsigned codes)
{
    struct columns columns;

    if (s->base.cost + codes + 1 >= s->best.cost) return;
    if (!find_columns(s->whole, c, 1u << codes, &columns)) return;
    try_codes(s, c, &columns, codes);
    if (codes == 2 && c->shared <= 1 && c->rest + c->shared + codes == 5)
        try_numberings(s, c, &columns);
}

/* Every choice of so many rest and shared inputs. */
static void try_choices(struct search *s, unsigned rest, unsigned shared, unsigned codes)
{
    unsigned inputs = s->whole->inputs, all = (1u << inputs) - 1;

    for (unsigned r = 0; r <= all; r++) {
        if ((unsigned)__builtin_popcount(r) != rest) continue;
        for (unsigned h = 0; h <= all; h++) {
            struct choice c = {.rest = rest, .bound = inputs - rest - shared, .shared = shared};
            const unsigned sets[3] = {r, all & ~r & ~h, h};
            unsigned count = 0;

            if ((unsigned)__builtin_popcount(h) != shared || (h & r) != 0) continue;
            for (unsigned i = 0; i < 3; i++) {
                for (unsigned k = 0; k < inputs; k++) {
                    if (sets[i] >> k & 1) c.order[count++] = (uint8_t)k;
                }
            }
            try_choice(s, &c, codes);
        }
    }
}

/* --- four quarters --- */

/* f = y ? (x ? q3 : q2) : (x ? q1 : q0) in two LUTs beside the quarters: low = y ? x : (x ? q1 : q0) tells
 * the last LUT also x while y is 1, so that low, q2, q3 and y are all it needs. */
static void try_quarters(struct search *s, unsigned x, unsigned y)
{
    struct function low = {.table = 0xf0ca, .inputs = 4};  /* of q0 q1 x y */
    struct function last = {.table = 0xe4aa, .inputs = 4}; /* of low q2 q3 y */
    struct decompose_plan plan = s->base;
    uint8_t order[6], quarter[4], count = 0;
    uint64_t table;

    for (uint8_t k = 0; k < 6; k++) {
        if (k != x && k != y) order[count++] = k;
    }
    order[4] = (uint8_t)x;
    order[5] = (uint8_t)y;
    table = permute(s->whole->table, 6, order);
    for (unsigned q = 0; q < 4; q++) {
        struct function f = {.table = table >> (16 * q) & 0xffff, .inputs = 4};

        for (unsigned k = 0; k < 4; k++)
            f.from[k] = s->whole->from[order[k]];
        quarter[q] = make(&f, s->device, s->best.cost, &plan);
        if (quarter[q] == NO_SIGNAL) return;
    }
    memcpy(low.from, (uint8_t[]){quarter[0], quarter[1], s->whole->from[x], s->whole->from[y]}, 4);
    last.from[0] = make(&low, s->device, s->best.cost, &plan);
    if (last.from[0] == NO_SIGNAL) return;
    memcpy(last.from + 1, (uint8_t[]){quarter[2], quarter[3], s->whole->from[y]}, 3);
    keep(s, &plan, make(&last, s->device, s->best.cost, &plan));
}

/* --- the search --- */

/* make() for a function that depends on all of its 5 or 6 inputs. */
static uint8_t take_apart(const struct function *f, const struct decompose_device *device,
                          unsigned limit, struct decompose_plan *plan)
{
    static const struct {
        uint8_t rest, shared, codes;
    } FORMS[] = {{2, 1, 1}, {1, 2, 1}, {2, 0, 2}, {1, 1, 2}, {2, 2, 1},
                 {1, 3, 1}, {3, 0, 2}, {2, 1, 2}, {1, 0, 2}};
    struct search s = {device, f, *plan, {.cost = limit}, NO_SIGNAL};

    if (device->cost[f->inputs] > 0 && s.base.cost + device->cost[f->inputs] < limit) {
        s.best = s.base;
        s.signal = append(&s.best, f, device->cost[f->inputs]);
    }
    for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
        if ((unsigned)FORMS[i].rest + FORMS[i].shared + FORMS[i].codes < f->inputs)
            try_choices(&s, FORMS[i].rest, FORMS[i].shared, FORMS[i].codes);
    }
    for (unsigned xy = 0; xy < 36 && f->inputs == 6; xy++) {
        if (xy / 6 != xy % 6) try_quarters(&s, xy / 6, xy % 6);
    }
    *plan = s.best;
    return s.signal;
}

void decompose(uint64_t table, unsigned inputs, const struct decompose_device *device,
               struct decompose_plan *plan)
{
    struct function f = {.table = table, .inputs = inputs, .from = {0, 1, 2, 3, 4, 5}};

    memset(plan, 0, sizeof *plan);
    if (inputs <= 4)
        append(plan, &f, 1);
    else
        take_apart(&f, device, NO_SIGNAL, plan);
}
