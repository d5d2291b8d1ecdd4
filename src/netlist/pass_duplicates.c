#include "pass.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

/* A hash table of step bits or LUTs with linear probing. */
struct slot {
    uint32_t item; /* its number plus one; 0: free */
    uint32_t hash; /* high half, to pass over most others without a look at them */
};
struct seen {
    struct slot *slots;
    size_t mask;
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

/* --- step bits --- */

static uint64_t step_hash(const struct netlist *net, uint32_t step)
{
    uint64_t hash = mix(net->step_feature[step], net->step_initial[step]);

    for (uint32_t t = net->toggle_start[step]; t < net->toggle_start[step + 1]; t++)
        hash = mix(hash, net->toggles[t]);
    return hash;
}

static bool step_equal(const struct netlist *net, uint32_t a, uint32_t b)
{
    uint32_t size = net->toggle_start[a + 1] - net->toggle_start[a];

    return net->step_feature[a] == net->step_feature[b] &&
           net->step_initial[a] == net->step_initial[b] &&
           net->toggle_start[b + 1] - net->toggle_start[b] == size &&
           memcmp(net->toggles + net->toggle_start[a], net->toggles + net->toggle_start[b],
                  size * sizeof *net->toggles) == 0;
}

/* The first step bit equal to this one (itself, when it is the first). */
static uint32_t step_first(const struct netlist *net, uint32_t step, struct seen *seen)
{
    uint64_t hash = step_hash(net, step);
    size_t at = hash & seen->mask;

    for (; seen->slots[at].item != 0; at = (at + 1) & seen->mask) {
        if (step_equal(net, seen->slots[at].item - 1, step)) return seen->slots[at].item - 1;
    }
    seen->slots[at] = (struct slot){step + 1, (uint32_t)(hash >> 32)};
    return step;
}

/* --- LUTs --- */

/* A LUT with its fan-ins in ascending order. */
struct canonical {
    uint32_t fan_in[NETLIST_MAX_FAN_IN];
    uint64_t table;
    uint8_t count;
};

static void canonicalise(const struct netlist *net, uint32_t lut, struct canonical *out)
{
    out->count = net->fan_in_count[lut];
    out->table = net->table[lut];
    memcpy(out->fan_in, net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN, sizeof out->fan_in);
    for (unsigned i = 1; i < out->count; i++) {
        for (unsigned k = i; k > 0 && out->fan_in[k - 1] > out->fan_in[k]; k--) {
            uint32_t signal = out->fan_in[k];

            out->fan_in[k] = out->fan_in[k - 1];
            out->fan_in[k - 1] = signal;
            out->table = table_swap(out->table, k - 1, k);
        }
    }
}

static bool canonical_equal(const struct canonical *a, const struct canonical *b)
{
    return a->table == b->table && a->count == b->count &&
           memcmp(a->fan_in, b->fan_in, sizeof a->fan_in) == 0;
}

static uint64_t canonical_hash(const struct canonical *c)
{
    uint64_t hash = mix(c->table, c->count);

    for (unsigned i = 0; i < c->count; i++)
        hash = mix(hash, c->fan_in[i]);
    return hash;
}

/* The first LUT equal to this one, as a signal (itself, when it is the first). */
static uint32_t lut_first(const struct netlist *net, uint32_t lut, struct seen *seen)
{
    struct canonical own, other;
    uint64_t hash;
    size_t at;

    canonicalise(net, lut, &own);
    hash = canonical_hash(&own);
    at = hash & seen->mask;
    for (; seen->slots[at].item != 0; at = (at + 1) & seen->mask) {
        uint32_t before = seen->slots[at].item - 1;

        if (seen->slots[at].hash != (uint32_t)(hash >> 32)) continue;
        canonicalise(net, before, &other);
        if (canonical_equal(&own, &other)) return netlist_lut_signal(net, before);
    }
    seen->slots[at] = (struct slot){lut + 1, (uint32_t)(hash >> 32)};
    return netlist_lut_signal(net, lut);
}

/* --- the pass --- */

static enum err_status seen_create(struct seen *seen, size_t count, struct err *err)
{
    size_t slots = 16;

    while (slots < 2 * count)
        slots *= 2;
    seen->slots = calloc(slots, sizeof *seen->slots);
    seen->mask = slots - 1;
    return seen->slots != NULL ? ERR_OK : err_nomem(err, "finding duplicates");
}

/* first[signal] is the first of its kind; LUTs read only firsts afterwards. */
static enum err_status merge(struct netlist *net, uint32_t *first, struct err *err)
{
    struct seen seen;
    enum err_status status = seen_create(&seen, net->num_steps, err);

    if (status != ERR_OK) return status;
    for (uint32_t s = 0; s < net->num_steps; s++)
        first[s] = step_first(net, s, &seen);
    free(seen.slots);
    status = seen_create(&seen, net->num_luts, err);
    if (status != ERR_OK) return status;
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;

        for (unsigned k = 0; k < net->fan_in_count[lut]; k++)
            fan_in[k] = first[fan_in[k]];
        first[netlist_lut_signal(net, lut)] = lut_first(net, lut, &seen);
    }
    free(seen.slots);
    for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++)
        net->group[i] = first[net->group[i]];
    return ERR_OK;
}

enum err_status pass_duplicates(struct netlist *net, uint64_t *removed, struct err *err)
{
    size_t signals = (size_t)net->num_steps + net->num_luts;
    uint32_t *first = malloc((signals + 1) * sizeof *first);
    uint8_t *mark = malloc(signals + 1); /* first: what is read; then: LUTs to remove */
    uint64_t steps = 0;
    enum err_status status = ERR_OK;

    if (first == NULL || mark == NULL) {
        status = err_nomem(err, "finding duplicates");
    } else {
        pass_mark_read(net, mark);
        status = merge(net, first, err);
    }
    if (status == ERR_OK) {
        for (uint32_t s = 0; s < net->num_steps; s++)
            steps += mark[s] && first[s] != s;
        for (uint32_t lut = 0; lut < net->num_luts; lut++)
            mark[lut] = first[netlist_lut_signal(net, lut)] != netlist_lut_signal(net, lut);
        status = pass_remove_luts(net, mark, removed, err);
        *removed += steps;
    }
    free(first);
    free(mark);
    return status;
}
