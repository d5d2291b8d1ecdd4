#include "class_sum.h"

#include <stdlib.h>
#include <string.h>

struct builder {
    struct class_sum *sum;
    uint32_t base; /* of the blocks being made */
    bool full_adders;
    size_t term_capacity, block_capacity;
    enum err_status status;
    struct err *err;
};

/* Room for one more item of `size` bytes in items[count). */
static void *grow(struct builder *b, void *items, size_t count, size_t *capacity, size_t size)
{
    size_t larger = *capacity > 0 ? 2 * *capacity : 64;
    void *moved;

    if (b->status != ERR_OK || count < *capacity) return items;
    moved = realloc(items, larger * size);
    if (moved == NULL) {
        b->status = err_nomem(b->err, "a class sum");
        return items;
    }
    *capacity = larger;
    return moved;
}

static void add_term(struct builder *b, struct class_term term)
{
    struct class_sum *sum = b->sum;

    sum->terms = grow(b, sum->terms, sum->num_terms, &b->term_capacity, sizeof *sum->terms);
    if (b->status == ERR_OK) sum->terms[sum->num_terms++] = term;
}

static int compare_terms(const void *a, const void *b)
{
    const struct class_term *x = a, *y = b;

    if (x->weight != y->weight) return x->weight < y->weight ? -1 : 1;
    if (x->block != y->block) return x->block < y->block ? -1 : 1;
    return x->bit < y->bit ? -1 : x->bit > y->bit;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Each signal once, with the weights that its number of mentions has. */
static void list_signals(struct builder *b, const struct netlist *net, uint32_t class)
{
    uint32_t size = net->group_start[class + 1] - net->group_start[class];
    uint32_t *sorted = malloc(((size_t)size + 1) * sizeof *sorted);

    if (sorted == NULL) {
        b->status = err_nomem(b->err, "a class sum");
        return;
    }
    if (size > 0) memcpy(sorted, net->group + net->group_start[class], size * sizeof *sorted);
    if (size > 1) qsort(sorted, size, sizeof *sorted, compare_u32);
    for (uint32_t i = 0; i < size;) {
        uint32_t first = i;

        while (i < size && sorted[i] == sorted[first])
            i++;
        for (uint32_t w = 0; (i - first) >> w != 0; w++) {
            if ((i - first) >> w & 1)
                add_term(b, (struct class_term){CLASS_SUM_SIGNAL, sorted[first], w});
        }
    }
    free(sorted);
    if (b->sum->num_terms > 1)
        qsort(b->sum->terms, b->sum->num_terms, sizeof *b->sum->terms, compare_terms);
}

/* A block over the terms [first, first + count), whose sum counts from weight `low` and has at most
 * `most` bits. */
static struct class_block *add_block(struct builder *b, uint32_t first, uint32_t count,
                                     uint32_t low, uint32_t bias, uint32_t most)
{
    struct class_sum *sum = b->sum;
    struct popcount_shape shape = {.bias = bias, .full_adders = b->full_adders};
    struct class_block *block;

    sum->blocks = grow(b, sum->blocks, sum->num_blocks, &b->block_capacity, sizeof *sum->blocks);
    if (b->status != ERR_OK) return NULL;
    block = &sum->blocks[sum->num_blocks];
    *block = (struct class_block){
        .first_term = first, .num_terms = count, .base = b->base, .taken = UINT32_MAX};
    for (uint32_t i = first; i < first + count; i++)
        shape.inputs[sum->terms[i].weight - low]++;
    if (most < popcount_bits(&shape)) shape.bits = most;
    b->status = popcount_create(&block->plan, &shape, b->err);
    if (b->status != ERR_OK) return NULL;
    sum->num_blocks++;
    sum->luts += block->plan->luts;
    if (class_block_level(block) > sum->depth) sum->depth = class_block_level(block);
    return block;
}

/* One level: the terms [first, end) become blocks, whose sums are new terms. */
static void add_level(struct builder *b, uint32_t first, uint32_t end)
{
    struct class_sum *sum = b->sum;
    uint32_t first_block = sum->num_blocks;

    for (uint32_t start = first; start < end && b->status == ERR_OK; start += CLASS_SUM_BLOCK) {
        uint32_t size = end - start < CLASS_SUM_BLOCK ? end - start : CLASS_SUM_BLOCK;
        uint32_t low = sum->terms[start].weight, number = sum->num_blocks;
        const struct class_block *block =
            add_block(b, start, size, low, 0, POPCOUNT_MAX_WEIGHTS - 1);

        for (uint32_t bit = 0; block != NULL && bit < block->plan->num_bits; bit++)
            add_term(b, (struct class_term){number, bit, low + bit});
    }
    if (b->status != ERR_OK) return;
    qsort(sum->terms + end, sum->num_terms - end, sizeof *sum->terms, compare_terms);
    b->base = sum->depth;
    for (uint32_t i = first_block; i < sum->num_blocks; i++)
        sum->blocks[i].taken = b->base;
}

static void build(struct builder *b, const struct netlist *net, uint32_t class)
{
    uint32_t size = net->group_start[class + 1] - net->group_start[class], first = 0, end;

    list_signals(b, net, class);
    for (;;) {
        end = b->sum->num_terms;
        if (b->status != ERR_OK || end - first <= CLASS_SUM_BLOCK) break;
        add_level(b, first, end);
        first = end;
    }
    if (b->status == ERR_OK && end > first)
        add_block(b, first, end - first, 0, net->bias[class],
                  netlist_bits_for(size + net->bias[class]));
}

enum err_status class_sum_create(struct class_sum **out, const struct netlist *net, uint32_t class,
                                 struct err *err)
{
    struct builder b = {.sum = calloc(1, sizeof *b.sum),
                        .full_adders = net->full_adders,
                        .status = ERR_OK,
                        .err = err};

    if (b.sum == NULL) return err_nomem(err, "a class sum");
    b.sum->bias = net->bias[class];
    build(&b, net, class);
    if (b.status == ERR_OK) {
        *out = b.sum;
    } else {
        class_sum_free(b.sum);
    }
    return b.status;
}

void class_sum_free(struct class_sum *sum)
{
    if (sum == NULL) return;
    for (uint32_t i = 0; i < sum->num_blocks; i++)
        popcount_free(sum->blocks[i].plan);
    free(sum->blocks);
    free(sum->terms);
    free(sum);
}

uint64_t class_sum_width(const struct class_sum *sum, uint32_t level)
{
    uint64_t width = 0;

    for (uint32_t i = 0; i < sum->num_blocks; i++) {
        const struct class_block *block = &sum->blocks[i];
        uint32_t top = class_block_level(block);

        if (level >= block->base && level < top) {
            width += popcount_width(block->plan, level - block->base);
        } else if (level >= top && level < block->taken) {
            width += block->plan->num_bits;
        }
    }
    return width;
}
