#include "flow/cosim_plan.h"

#include "base/rng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RESET_CYCLES = 2,
    GAP_VECTORS = 256, /* vectors driven again with gaps */
    MAX_GAP = 3,
    MAX_RESETS = 16,
    PLAN_SEED = 1 /* gaps and choices are the same in every run */
};

/* ---- the plan ---- */

static void add(struct cosim_plan *plan, size_t vector, bool valid, bool rst)
{
    struct cosim_cycle *cycle = &plan->cycles[plan->count];
    const struct cosim_cycle *before = cycle - 1;

    cycle->vector = (uint32_t)vector;
    cycle->valid = valid;
    cycle->rst = rst;
    cycle->since_rst = UINT32_MAX;
    if (plan->count > 0 && before->rst) {
        cycle->since_rst = 1;
    } else if (plan->count > 0 && before->since_rst < UINT32_MAX - 1) {
        cycle->since_rst = before->since_rst + 1;
    }
    plan->count++;
}

/* Lets the pipeline run empty. */
static void add_idle(struct cosim_plan *plan, size_t cycles, size_t vector)
{
    for (size_t i = 0; i < cycles; i++)
        add(plan, vector, false, false);
}

static void add_gaps(struct cosim_plan *plan, size_t count, struct rng *rng)
{
    size_t num = count < GAP_VECTORS ? count : GAP_VECTORS;

    for (size_t i = 0; i < num; i++) {
        add_idle(plan, (size_t)rng_below(rng, MAX_GAP + 1), (size_t)rng_below(rng, count));
        add(plan, i * (count / num), true, false);
    }
}

/* The r-th time the reset comes r cycles after the first vector, so over every filling. */
static void add_resets(struct cosim_plan *plan, size_t count, uint32_t latency, struct rng *rng)
{
    size_t resets = latency < MAX_RESETS ? (size_t)latency + 1 : MAX_RESETS;

    for (size_t r = 0; r < resets; r++) {
        for (size_t i = 0; i <= r; i++)
            add(plan, (size_t)rng_below(rng, count), true, false);
        add(plan, (size_t)rng_below(rng, count), true, true);
        for (size_t i = 0; i <= latency; i++)
            add(plan, (size_t)rng_below(rng, count), true, false);
    }
}

/* Room for the longest plan of these sizes; 0 when it cannot be counted. */
static size_t most_cycles(size_t count, uint32_t latency)
{
    size_t idle = 4 * ((size_t)latency + 2);
    size_t resets = MAX_RESETS * ((size_t)latency + MAX_RESETS + 4);
    size_t rest = RESET_CYCLES + GAP_VECTORS * (MAX_GAP + 1) + idle + resets;
    size_t sum;

    return count < UINT32_MAX && !__builtin_add_overflow(count, rest, &sum) ? sum : 0;
}

static struct cosim_plan *create(size_t most)
{
    struct cosim_plan *plan = most > 0 ? calloc(1, sizeof *plan) : NULL;

    if (plan == NULL) return NULL;
    plan->cycles = calloc(most, sizeof *plan->cycles);
    plan->core = true;
    if (plan->cycles != NULL) return plan;
    free(plan);
    return NULL;
}

static void begin(struct cosim_plan *plan)
{
    for (size_t i = 0; i < RESET_CYCLES; i++)
        add(plan, 0, true, true);
    plan->first = plan->count;
}

enum err_status cosim_plan_create(struct cosim_plan **out, size_t count, uint32_t latency,
                                  struct err *err)
{
    size_t most = most_cycles(count, latency);
    struct cosim_plan *plan = create(most);
    struct rng rng;

    if (plan == NULL) return err_nomem(err, "the plan of a co-simulation");
    rng_seed(&rng, PLAN_SEED, 0);
    begin(plan);
    for (size_t v = 0; v < count; v++)
        add(plan, v, true, false);
    add_idle(plan, (size_t)latency + 1, 0);
    add_gaps(plan, count, &rng);
    add_idle(plan, (size_t)latency + 1, 0);
    add_resets(plan, count, latency, &rng);
    add_idle(plan, (size_t)latency + 1, count - 1);
    *out = plan;
    return ERR_OK;
}

enum err_status cosim_plan_create_held(struct cosim_plan **out, size_t count, uint32_t latency,
                                       struct err *err)
{
    size_t hold = 2 * (size_t)latency + 4;
    size_t most;
    struct cosim_plan *plan = NULL;

    if (count < UINT32_MAX && !__builtin_mul_overflow(count, hold, &most))
        plan = create(most + RESET_CYCLES);
    if (plan == NULL) return err_nomem(err, "the plan of a co-simulation");
    begin(plan);
    plan->hold = hold;
    for (size_t v = 0; v < count; v++) {
        for (size_t c = 0; c < hold; c++)
            add(plan, v, c == (size_t)latency + 1, false);
    }
    *out = plan;
    return ERR_OK;
}

void cosim_plan_free(struct cosim_plan *plan)
{
    if (plan == NULL) return;
    free(plan->cycles);
    free(plan);
}

int cosim_plan_due(const struct cosim_plan *plan, size_t c, uint32_t latency)
{
    /* Without registers there is nothing to reset: valid is a wire. */
    if (latency == 0) return plan->cycles[c].valid;
    if (plan->cycles[c].since_rst == UINT32_MAX) return -1;
    /* A reset at the edge of cycle x clears what was driven in cycle x or before. */
    return c >= latency && plan->cycles[c].since_rst > latency && plan->cycles[c - latency].valid;
}

/* ---- the stimulus file ---- */

static size_t code_bytes(const struct vectors *vectors)
{
    return ((size_t)vectors->num_features * vectors->code_bits + 7) / 8;
}

static size_t bit_bytes(const struct cosim_plan *plan)
{
    return ((size_t)plan->core_bits + 7) / 8;
}

size_t cosim_plan_row_size(const struct cosim_plan *plan, const struct vectors *vectors)
{
    return 1 + code_bytes(vectors) + bit_bytes(plan);
}

/* Code of feature f at bits [code_bits * f +: code_bits] of a little-endian number. */
static void pack_codes(uint8_t *at, const struct vectors *vectors, size_t vector)
{
    const uint16_t *codes = vectors->codes + vector * vectors->num_features;
    uint32_t pending = 0;
    uint32_t fill = 0;

    for (uint32_t f = 0; f < vectors->num_features; f++) {
        pending |= (uint32_t)codes[f] << fill;
        for (fill += vectors->code_bits; fill >= 8; fill -= 8) {
            *at++ = (uint8_t)pending;
            pending >>= 8;
        }
    }
    if (fill > 0) *at = (uint8_t)pending;
}

/* The encoder's bits, then the codes' where the core has them. */
static void pack_bits(uint8_t *at, const struct cosim_plan *plan, const struct vectors *vectors,
                      size_t vector)
{
    const uint8_t *bits = vectors->bits + vector * vectors->num_bits;
    const uint16_t *codes = vectors->codes + vector * vectors->num_features;

    memset(at, 0, bit_bytes(plan));
    for (uint32_t b = 0; b < plan->core_bits; b++) {
        uint32_t i = b - vectors->num_bits; /* which bit of the codes, when it is one */
        unsigned bit = b < vectors->num_bits
                           ? bits[b]
                           : (unsigned)codes[i / vectors->code_bits] >> i % vectors->code_bits & 1u;

        at[b / 8] = (uint8_t)(at[b / 8] | bit << b % 8);
    }
}

static void reverse(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t swap = bytes[i];

        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = swap;
    }
}

static bool write_rows(const struct cosim_plan *plan, const struct vectors *vectors, uint8_t *row,
                       FILE *file)
{
    size_t size = cosim_plan_row_size(plan, vectors);

    for (size_t c = 0; c < plan->count; c++) {
        const struct cosim_cycle *cycle = &plan->cycles[c];

        pack_bits(row, plan, vectors, cycle->vector);
        pack_codes(row + bit_bytes(plan), vectors, cycle->vector);
        row[size - 1] = (uint8_t)((cycle->rst ? 1 : 0) | (cycle->valid ? 2 : 0));
        reverse(row, size);
        if (fwrite(row, size, 1, file) != 1) return false;
    }
    return true;
}

enum err_status cosim_plan_write(const struct cosim_plan *plan, const struct vectors *vectors,
                                 const char *path, struct err *err)
{
    uint8_t *row = malloc(cosim_plan_row_size(plan, vectors));
    FILE *file = fopen(path, "wbe");
    bool good = row != NULL && file != NULL && write_rows(plan, vectors, row, file);
    int error = errno;

    if (file != NULL && fclose(file) != 0 && good) {
        good = false;
        error = errno;
    }
    free(row);
    if (good) return ERR_OK;
    if (row == NULL) return err_nomem(err, "a row of stimulus");
    return err_set(err, ERR_IO, "%s: %s", path, strerror(error));
}
