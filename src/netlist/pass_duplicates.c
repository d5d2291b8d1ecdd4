#include "pass.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

/* A hash table of signals with linear probing: slots hold a signal number, plus one. */
struct seen {
    uint32_t *slots;
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
    size_t at = step_hash(net, step) & seen->mask;

    for (; seen->slots[at] != 0; at = (at + 1) & seen->mask) {
        if (step_equal(net, seen->slots[at] - 1, step)) return seen->slots[at] - 1;
    }
    seen->slots[at] = step + 1;
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
    const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    uint8_t from[NETLIST_MAX_FAN_IN];
    bool sorted = true;

    memset(out, 0, sizeof *out);
    out->count = net->fan_in_count[lut];
    for (uint8_t i = 0; i < out->count; i++) {
        uint8_t at = i;

        for (; at > 0 && fan_in[from[at - 1]] > fan_in[i]; at--)
            from[at] = from[at - 1];
        from[at] = i;
        sorted = sorted && at == i;
    }
    for (unsigned i = 0; i < out->count; i++)
        out->fan_in[i] = fan_in[from[i]];
    out->table = sorted ? net->table[lut] : table_permute(net->table[lut], out->count, from);
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
    size_t at;

    canonicalise(net, lut, &own);
    at = canonical_hash(&own) & seen->mask;
    for (; seen->slots[at] != 0; at = (at + 1) & seen->mask) {
        canonicalise(net, seen->slots[at] - 1, &other);
        if (canonical_equal(&own, &other)) return netlist_lut_signal(net, seen->slots[at] - 1);
    }
    seen->slots[at] = lut + 1;
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
