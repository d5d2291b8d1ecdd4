#include "flow/matching.h"

#include <stdbool.h>
#include <stdlib.h>

struct graph {
    uint32_t count;
    const uint32_t *start, *to;
    uint32_t *partner;
    uint32_t *degree; /* edges to free vertices */
    uint32_t *queue;  /* vertices that came to degree one */
    uint32_t queued;
    uint32_t *order; /* vertices, those of few edges first */
};

static void pair(struct graph *g, uint32_t a, uint32_t b)
{
    const uint32_t ends[2] = {a, b};

    g->partner[a] = b;
    g->partner[b] = a;
    for (unsigned i = 0; i < 2; i++) {
        for (uint32_t e = g->start[ends[i]]; e < g->start[ends[i] + 1]; e++) {
            uint32_t v = g->to[e];

            if (--g->degree[v] == 1 && g->partner[v] == MATCHING_NONE) g->queue[g->queued++] = v;
        }
    }
}

/* The free neighbour of fewest edges, but not `other`; MATCHING_NONE when there is none. */
static uint32_t free_neighbour(const struct graph *g, uint32_t vertex, uint32_t other)
{
    uint32_t best = MATCHING_NONE;

    for (uint32_t e = g->start[vertex]; e < g->start[vertex + 1]; e++) {
        uint32_t v = g->to[e];

        if (g->partner[v] != MATCHING_NONE || v == other) continue;
        if (best == MATCHING_NONE || g->degree[v] < g->degree[best]) best = v;
    }
    return best;
}

static void try_pair(struct graph *g, uint32_t vertex)
{
    uint32_t other;

    if (g->partner[vertex] != MATCHING_NONE) return;
    other = free_neighbour(g, vertex, vertex);
    if (other != MATCHING_NONE) pair(g, vertex, other);
}

static void match_greedily(struct graph *g)
{
    for (uint32_t i = 0; i < g->count; i++) {
        while (g->queued > 0)
            try_pair(g, g->queue[--g->queued]);
        try_pair(g, g->order[i]);
    }
}

/* x - a = b - y with x and y free becomes x = a, b = y. */
static bool exchange_one(struct graph *g, uint32_t a)
{
    uint32_t b = g->partner[a], x, y;

    if (b == MATCHING_NONE) return false;
    x = free_neighbour(g, a, MATCHING_NONE);
    if (x == MATCHING_NONE) return false;
    y = free_neighbour(g, b, x);
    if (y == MATCHING_NONE) return false;
    g->partner[a] = x;
    g->partner[x] = a;
    g->partner[b] = y;
    g->partner[y] = b;
    return true;
}

/* A counting sort by degree: equal ones keep their order. */
static void sort_by_degree(struct graph *g, uint32_t *at)
{
    for (uint32_t v = 0; v < g->count; v++)
        at[g->degree[v] + 1]++;
    for (uint32_t d = 1; d <= g->count; d++)
        at[d] += at[d - 1];
    for (uint32_t v = 0; v < g->count; v++)
        g->order[at[g->degree[v]]++] = v;
}

enum err_status matching_find(uint32_t count, const uint32_t *start, const uint32_t *to,
                              uint32_t *partner, struct err *err)
{
    uint32_t *slab = calloc(4 * (size_t)count + 2, sizeof *slab);
    struct graph g = {.count = count, .start = start, .to = to, .partner = partner};
    bool changed = true;

    if (slab == NULL) return err_nomem(err, "a matching");
    g.degree = slab;
    g.queue = slab + count;
    g.order = slab + 2 * (size_t)count;
    for (uint32_t v = 0; v < count; v++) {
        partner[v] = MATCHING_NONE;
        g.degree[v] = start[v + 1] - start[v];
    }
    sort_by_degree(&g, slab + 3 * (size_t)count);
    match_greedily(&g);
    while (changed) {
        changed = false;
        for (uint32_t v = 0; v < count; v++)
            changed = exchange_one(&g, v) || changed;
    }
    free(slab);
    return ERR_OK;
}
