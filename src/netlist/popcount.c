#include "popcount.h"

#include <stdlib.h>

struct item {
    uint32_t number, level; /* level: LUTs before it */
};

/* Items of one weight that nobody has taken yet: [head, sorted) by level, then [fresh, count) in the
 * order in which this weight's own counters made them, which is by level too. */
struct column {
    struct item *items;
    size_t head, sorted, fresh, count, capacity;
};

struct builder {
    struct popcount_plan *plan;
    struct column columns[POPCOUNT_MAX_WEIGHTS + 3];
    uint32_t next_item;
    size_t counter_capacity;
    bool failed; /* out of memory */
};

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    if (x->level != y->level) return x->level < y->level ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static void column_push(struct builder *b, unsigned weight, uint32_t number, uint32_t level)
{
    struct column *c = &b->columns[weight];

    if (c->count == c->capacity) {
        size_t capacity = c->capacity > 0 ? 2 * c->capacity : 16;
        struct item *items = realloc(c->items, capacity * sizeof *items);

        if (items == NULL) {
            b->failed = true;
            return;
        }
        c->items = items;
        c->capacity = capacity;
    }
    c->items[c->count++] = (struct item){number, level};
}

static size_t column_size(const struct column *c)
{
    return (c->sorted - c->head) + (c->count - c->fresh);
}

/* Puts what is left into one list by level. */
static void column_sort(struct column *c)
{
    size_t kept = 0;

    for (size_t i = c->head; i < c->sorted; i++)
        c->items[kept++] = c->items[i];
    for (size_t i = c->fresh; i < c->count; i++)
        c->items[kept++] = c->items[i];
    if (kept > 1) qsort(c->items, kept, sizeof *c->items, compare_items);
    c->head = 0;
    c->sorted = c->fresh = c->count = kept;
}

/* Takes the item that is ready first; there is one. */
static struct item column_pop(struct column *c)
{
    bool fresh = c->head == c->sorted ||
                 (c->fresh < c->count && c->items[c->fresh].level < c->items[c->head].level);

    return fresh ? c->items[c->fresh++] : c->items[c->head++];
}

static struct popcount_counter *add_counter(struct builder *b)
{
    struct popcount_plan *plan = b->plan;

    if (plan->num_counters == b->counter_capacity) {
        size_t capacity = b->counter_capacity > 0 ? 2 * b->counter_capacity : 16;
        struct popcount_counter *counters =
            realloc(plan->counters, capacity * sizeof *plan->counters);

        if (counters == NULL) {
            b->failed = true;
            return NULL;
        }
        plan->counters = counters;
        b->counter_capacity = capacity;
    }
    plan->counters[plan->num_counters] = (struct popcount_counter){0};
    return &plan->counters[plan->num_counters++];
}

static uint32_t take(struct builder *b, unsigned weight, uint32_t *level)
{
    struct item item = column_pop(&b->columns[weight]);

    if (item.level > *level) *level = item.level;
    return item.number;
}

static void count(struct builder *b, unsigned weight, unsigned low, unsigned high)
{
    struct popcount_counter *counter = add_counter(b);
    struct popcount_plan *plan = b->plan;
    uint32_t level = 0;

    if (counter == NULL) return;
    counter->weight = (uint8_t)weight;
    counter->low = (uint8_t)low;
    counter->high = (uint8_t)high;
    counter->first_item = b->next_item;
    for (unsigned k = 0; k < low; k++)
        counter->in[k] = take(b, weight, &level);
    for (unsigned k = 0; k < high; k++)
        counter->in[low + k] = take(b, weight + 1, &level);
    level++;
    while ((low + 2 * high) >> counter->bits != 0 && weight + counter->bits < plan->num_bits) {
        column_push(b, weight + counter->bits, b->next_item++, level);
        counter->bits++;
    }
    plan->luts += counter->bits;
    if (level > plan->depth) plan->depth = level;
}

/* A counter of up to 6 bits for a weight that has `size` left, `above` being ready at the next. Every
 * counter of 6 takes 5 bits off. The last one or two take the rest and, with their free inputs, bits of
 * the next weight: (5 bits, 1 bit), (4, 1), (3, 2) or (2, 2). */
static void choose_wide(uint64_t size, uint64_t above, unsigned *low, unsigned *high)
{
    *low = size > 6 ? 6 : (unsigned)size;
    *high = 0;
    if (size == 7 && above > 0) *low = 5;
    if (*low < 6) *high = *low < 4 ? 2 : 1;
    if (*high > above) *high = (unsigned)above;
}

/* `low` bits of a weight that has `size` left, and `high` of the next, which has `above`. */
static void choose(const struct popcount_shape *shape, uint64_t size, uint64_t above, unsigned *low,
                   unsigned *high)
{
    *low = size > 3 ? 3 : (unsigned)size;
    *high = 0;
    if (!shape->full_adders) choose_wide(size, above, low, high);
}

static void work_off(struct builder *b, unsigned weight)
{
    struct column *own = &b->columns[weight], *next = &b->columns[weight + 1];

    column_sort(own);
    column_sort(next);
    while (!b->failed && column_size(own) > 1) {
        unsigned low, high;

        choose(&b->plan->shape, column_size(own), column_size(next), &low, &high);
        count(b, weight, low, high);
    }
}

/* Largest sum that the weights can give; capped where it is far too large anyway. */
static uint64_t largest(const struct popcount_shape *shape)
{
    uint64_t max = shape->bias;

    for (unsigned w = 0; w < POPCOUNT_MAX_WEIGHTS && max < (uint64_t)1 << 62; w++)
        max += (uint64_t)shape->inputs[w] << (w < 31 ? w : 31);
    return max;
}

unsigned popcount_bits(const struct popcount_shape *shape)
{
    uint64_t max = largest(shape);
    unsigned bits = 1;

    if (shape->bits > 0) return shape->bits;
    while (max >> bits != 0)
        bits++;
    return bits;
}

uint64_t popcount_luts(const struct popcount_shape *shape)
{
    uint64_t sizes[POPCOUNT_MAX_WEIGHTS + 3] = {0}, luts = 0;
    unsigned num_bits = popcount_bits(shape);

    for (unsigned w = 0; w < POPCOUNT_MAX_WEIGHTS; w++)
        sizes[w] = shape->inputs[w] + (uint64_t)(shape->bias >> w & 1);
    for (unsigned w = 0; w < POPCOUNT_MAX_WEIGHTS; w++) {
        while (sizes[w] > 1) {
            unsigned low, high;

            choose(shape, sizes[w], sizes[w + 1], &low, &high);
            sizes[w] -= low;
            sizes[w + 1] -= high;
            for (unsigned b = 0; (low + 2 * high) >> b != 0 && w + b < num_bits; b++) {
                sizes[w + b]++;
                luts++;
            }
        }
    }
    return luts;
}

static void build(struct builder *b)
{
    struct popcount_plan *plan = b->plan;

    for (unsigned w = 0; w < POPCOUNT_MAX_WEIGHTS; w++) {
        for (uint32_t i = 0; i < plan->shape.inputs[w]; i++)
            column_push(b, w, plan->num_inputs++, 0);
    }
    for (unsigned w = 0; w < 31; w++) {
        if (plan->shape.bias >> w & 1) column_push(b, w, plan->num_inputs, 0);
    }
    b->next_item = plan->num_inputs + 1;
    for (unsigned w = 0; w < plan->num_bits; w++) {
        struct column *c = &b->columns[w];

        work_off(b, w);
        if (b->failed) return;
        plan->out[w] = column_size(c) > 0 ? column_pop(c).number : POPCOUNT_ZERO;
    }
}

/* Counters come in an order in which their inputs are made before them. The constant needs no register:
 * its `last` stays 0. */
static bool time_items(struct builder *b)
{
    struct popcount_plan *plan = b->plan;

    plan->num_items = b->next_item;
    plan->items = calloc(plan->num_items, sizeof *plan->items);
    if (plan->items == NULL) return false;
    for (uint32_t i = 0; i < plan->num_counters; i++) {
        const struct popcount_counter *c = &plan->counters[i];
        uint32_t inputs = (uint32_t)c->low + c->high, level = 0;

        for (uint32_t k = 0; k < inputs; k++) {
            if (plan->items[c->in[k]].level > level) level = plan->items[c->in[k]].level;
        }
        level++;
        for (uint32_t k = 0; k < inputs; k++) {
            struct popcount_item *item = &plan->items[c->in[k]];

            if (level > item->last && c->in[k] != plan->num_inputs) item->last = level;
        }
        for (uint32_t k = 0; k < c->bits; k++)
            plan->items[c->first_item + k].level = level;
    }
    for (uint32_t w = 0; w < plan->num_bits; w++) {
        if (plan->out[w] != POPCOUNT_ZERO && plan->out[w] != plan->num_inputs)
            plan->items[plan->out[w]].last = plan->depth;
    }
    return true;
}

uint32_t popcount_width(const struct popcount_plan *plan, uint32_t level)
{
    uint32_t width = 0;

    for (uint32_t i = 0; i < plan->num_items; i++)
        width += popcount_crosses(plan, i, level);
    return width;
}

enum err_status popcount_create(struct popcount_plan **out, const struct popcount_shape *shape,
                                struct err *err)
{
    struct builder builder = {0};

    if (popcount_bits(shape) > 31) return err_set(err, ERR_ARG, "popcount: a sum can reach 2^31");
    builder.plan = calloc(1, sizeof *builder.plan);
    if (builder.plan == NULL) return err_nomem(err, "a popcount");
    builder.plan->shape = *shape;
    builder.plan->num_bits = popcount_bits(shape);
    build(&builder);
    if (!builder.failed) builder.failed = !time_items(&builder);
    for (size_t w = 0; w < sizeof builder.columns / sizeof builder.columns[0]; w++)
        free(builder.columns[w].items);
    if (builder.failed) {
        popcount_free(builder.plan);
        return err_nomem(err, "a popcount");
    }
    *out = builder.plan;
    return ERR_OK;
}

void popcount_free(struct popcount_plan *plan)
{
    if (plan == NULL) return;
    free(plan->counters);
    free(plan->items);
    free(plan);
}
