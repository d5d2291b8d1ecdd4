#include "wiring.h"

#include <stdlib.h>
#include <string.h>

static bool holds(const uint32_t *row, size_t count, uint32_t value)
{
    for (size_t i = 0; i < count; i++) {
        if (row[i] == value) return true;
    }
    return false;
}

/* Entry i repeats an earlier one of its row: exchange it with an entry of another row such that neither
 * row gets a repeat. Searches forward, around the end; gives up only when no partner exists. */
static void repair(uint32_t *wires, size_t total, size_t n, size_t i)
{
    uint32_t *row = wires + i / n * n;

    for (size_t step = 1; step < total; step++) {
        size_t k = (i + step) % total;
        uint32_t *other = wires + k / n * n;

        if (other == row || holds(row, n, wires[k])) continue;
        if (holds(other, n, wires[i])) continue;

        uint32_t swap = wires[i];

        wires[i] = wires[k];
        wires[k] = swap;
        return;
    }
}

enum err_status wiring_coverage(uint32_t *wires, size_t nodes, size_t n, size_t inputs,
                                bool repeats, struct rng *rng, struct err *err)
{
    size_t total = nodes * n;
    uint32_t *order = malloc(inputs * sizeof *order);

    if (order == NULL) return err_nomem(err, "a wiring permutation");
    for (size_t start = 0; start < total; start += inputs) {
        size_t count = total - start < inputs ? total - start : inputs;

        for (size_t i = 0; i < inputs; i++)
            order[i] = (uint32_t)i;
        rng_shuffle(rng, order, inputs);
        memcpy(wires + start, order, count * sizeof *order);
    }
    free(order);
    if (n > inputs || repeats) return ERR_OK;
    for (size_t i = 0; i < total; i++) {
        if (holds(wires + i / n * n, i % n, wires[i])) repair(wires, total, n, i);
    }
    return ERR_OK;
}

void wiring_independent(uint32_t *wires, size_t nodes, size_t n, size_t inputs, struct rng *rng)
{
    for (size_t i = 0; i < nodes * n; i++) {
        const uint32_t *row = wires + i / n * n;
        uint32_t wire;

        do
            wire = (uint32_t)rng_below(rng, inputs);
        while (n <= inputs && holds(row, i % n, wire));
        wires[i] = wire;
    }
}

enum err_status wiring_grouped(uint32_t *wires, size_t nodes, size_t n, size_t inputs,
                               size_t groups, struct rng *rng, struct err *err)
{
    size_t size = inputs / groups;
    uint32_t *order = malloc(nodes * sizeof *order);
    enum err_status status;

    if (order == NULL) return err_nomem(err, "a group order");
    status = wiring_coverage(order, nodes, 1, groups, true, rng, err);
    if (status == ERR_OK) wiring_independent(wires, nodes, n, size, rng);
    for (size_t i = 0; status == ERR_OK && i < nodes * n; i++)
        wires[i] += order[i / n] * (uint32_t)size;
    free(order);
    return status;
}
