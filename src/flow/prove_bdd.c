#include "prove_bdd.h"

#include <stdlib.h>

/* Both tables are a power of two in size. An entry belongs to the functions at hand when it carries
 * their stamp, so that forgetting everything costs nothing. */
enum { TERMINAL = INT32_MAX };

/* The cache forgets, so the number of steps has a limit too: so many for each node there may be. */
enum { STEPS_PER_NODE = 64 };

struct node {
    uint32_t variable, low, high;
};

struct slot {
    uint32_t stamp, node;
};

struct memo {
    uint32_t stamp, f, g, h, result;
};

struct prove_bdd {
    struct node *nodes;
    uint32_t count, capacity, limit, stamp;
    uint64_t steps;
    bool full; /* then nothing is worked out any more */
    struct slot *slots;
    uint32_t num_slots;
    struct memo *cache; /* [num_slots], of which the first `cached` are used */
    uint32_t cached;
};

enum err_status prove_bdd_create(struct prove_bdd **out, uint32_t limit, struct err *err)
{
    struct prove_bdd *bdd = calloc(1, sizeof *bdd);
    uint32_t slots = 2;

    if (bdd == NULL) return err_nomem(err, "decision diagrams");
    while (slots < limit + limit / 2)
        slots *= 2;
    bdd->capacity = limit;
    bdd->num_slots = slots;
    bdd->nodes = malloc(limit * sizeof *bdd->nodes);
    bdd->slots = calloc(slots, sizeof *bdd->slots);
    bdd->cache = calloc(slots, sizeof *bdd->cache);
    if (bdd->nodes == NULL || bdd->slots == NULL || bdd->cache == NULL) {
        prove_bdd_free(bdd);
        return err_nomem(err, "decision diagrams");
    }
    bdd->nodes[PROVE_BDD_ZERO] = (struct node){TERMINAL, 0, 0};
    bdd->nodes[PROVE_BDD_ONE] = (struct node){TERMINAL, 1, 1};
    prove_bdd_clear(bdd, limit);
    *out = bdd;
    return ERR_OK;
}

void prove_bdd_free(struct prove_bdd *bdd)
{
    if (bdd == NULL) return;
    free(bdd->nodes);
    free(bdd->slots);
    free(bdd->cache);
    free(bdd);
}

void prove_bdd_clear(struct prove_bdd *bdd, uint32_t limit)
{
    bdd->limit = limit < bdd->capacity ? limit : bdd->capacity;
    bdd->count = 2;
    bdd->steps = 0;
    bdd->full = false;
    bdd->cached = 1;
    while (bdd->cached < bdd->limit)
        bdd->cached *= 2;
    if (++bdd->stamp != 0) return;
    for (uint32_t i = 0; i < bdd->num_slots; i++) /* the stamps have gone round */
        bdd->slots[i].stamp = bdd->cache[i].stamp = 0;
    bdd->stamp = 1;
}

static uint32_t hash(uint32_t a, uint32_t b, uint32_t c)
{
    uint64_t mixed = (a * UINT64_C(0x9e3779b97f4a7c15)) ^ (b * UINT64_C(0xbf58476d1ce4e5b9)) ^
                     (c * UINT64_C(0x94d049bb133111eb));

    mixed = (mixed ^ mixed >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mixed >> 32);
}

static uint32_t find_or_add(struct prove_bdd *bdd, uint32_t variable, uint32_t low, uint32_t high)
{
    uint32_t i = hash(variable, low, high) & (bdd->num_slots - 1);

    if (low == PROVE_BDD_FULL || high == PROVE_BDD_FULL) return PROVE_BDD_FULL;
    if (low == high) return low;
    for (; bdd->slots[i].stamp == bdd->stamp; i = (i + 1) & (bdd->num_slots - 1)) {
        const struct node *node = &bdd->nodes[bdd->slots[i].node];

        if (node->variable == variable && node->low == low && node->high == high)
            return bdd->slots[i].node;
    }
    if (bdd->count == bdd->limit) bdd->full = true;
    if (bdd->full) return PROVE_BDD_FULL;
    bdd->nodes[bdd->count] = (struct node){variable, low, high};
    bdd->slots[i] = (struct slot){bdd->stamp, bdd->count};
    return bdd->count++;
}

uint32_t prove_bdd_variable(struct prove_bdd *bdd, uint32_t variable)
{
    return find_or_add(bdd, variable, PROVE_BDD_ZERO, PROVE_BDD_ONE);
}

/* f with the variable held at `value`, which is at most f's own. */
static uint32_t hold(const struct prove_bdd *bdd, uint32_t f, uint32_t variable, bool value)
{
    const struct node *node = &bdd->nodes[f];

    if (node->variable != variable) return f;
    return value ? node->high : node->low;
}

/* Recursion is as deep as there are variables. */
uint32_t prove_bdd_ite(struct prove_bdd *bdd, uint32_t f, uint32_t g, uint32_t h)
{
    struct memo *memo;
    uint32_t variable, low, high, result;

    if (bdd->full) return PROVE_BDD_FULL;
    if (f == PROVE_BDD_ONE || g == h) return g;
    if (f == PROVE_BDD_ZERO) return h;
    if (g == PROVE_BDD_ONE && h == PROVE_BDD_ZERO) return f;
    memo = &bdd->cache[hash(f, g, h) & (bdd->cached - 1)];
    if (memo->stamp == bdd->stamp && memo->f == f && memo->g == g && memo->h == h)
        return memo->result;
    if (++bdd->steps > (uint64_t)STEPS_PER_NODE * bdd->limit) bdd->full = true;
    variable = bdd->nodes[f].variable;
    if (bdd->nodes[g].variable < variable) variable = bdd->nodes[g].variable;
    if (bdd->nodes[h].variable < variable) variable = bdd->nodes[h].variable;
    low = prove_bdd_ite(bdd, hold(bdd, f, variable, false), hold(bdd, g, variable, false),
                        hold(bdd, h, variable, false));
    high = prove_bdd_ite(bdd, hold(bdd, f, variable, true), hold(bdd, g, variable, true),
                         hold(bdd, h, variable, true));
    result = find_or_add(bdd, variable, low, high);
    if (result != PROVE_BDD_FULL) *memo = (struct memo){bdd->stamp, f, g, h, result};
    return result;
}

uint32_t prove_bdd_table(struct prove_bdd *bdd, unsigned count, const uint32_t *in, uint64_t table)
{
    uint64_t half;
    unsigned shift;

    if (count == 0) return table & 1 ? PROVE_BDD_ONE : PROVE_BDD_ZERO;
    shift = 1U << (count - 1);
    half = (UINT64_C(1) << shift) - 1;
    if ((table & half) == (table >> shift & half))
        return prove_bdd_table(bdd, count - 1, in, table & half);
    return prove_bdd_ite(bdd, in[count - 1],
                         prove_bdd_table(bdd, count - 1, in, table >> shift & half),
                         prove_bdd_table(bdd, count - 1, in, table & half));
}

void prove_bdd_point(const struct prove_bdd *bdd, uint32_t f, uint8_t *values)
{
    while (f > PROVE_BDD_ONE) {
        const struct node *node = &bdd->nodes[f];

        values[node->variable] = node->high != PROVE_BDD_ZERO;
        f = node->high != PROVE_BDD_ZERO ? node->high : node->low;
    }
}
