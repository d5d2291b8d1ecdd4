#include "reachable.h"

#include "table.h"

#include <string.h>

enum {
    MAX_STEPS = 16,     /* step bits that a group of fan-ins depends on */
    MAX_CONE = 8,       /* LUTs between them and the fan-ins */
    MAX_POINTS = 512,   /* combinations of patterns of the features */
    MAX_TOGGLES = 4096, /* of the bits of one feature */
};

/* Everything that some fan-ins depend on. */
struct cone {
    uint32_t steps[MAX_STEPS]; /* by feature, then ascending */
    uint32_t luts[MAX_CONE];   /* ascending, so topological */
    unsigned num_steps, num_luts;
    bool whole; /* it fitted */
};

/* A group of fan-ins that is judged together: bit k is fan-in k. */
struct group {
    unsigned members;
    struct cone cone;
};

/* --- cones --- */

static bool insert(uint32_t *list, unsigned *count, unsigned most, uint32_t item,
                   const uint32_t *order)
{
    unsigned at = 0;

    for (; at < *count; at++) {
        if (list[at] == item) return true;
        if (order != NULL ? order[list[at]] > order[item] ||
                                (order[list[at]] == order[item] && list[at] > item)
                          : list[at] > item)
            break;
    }
    if (*count == most) return false;
    memmove(list + at + 1, list + at, (*count - at) * sizeof *list);
    list[at] = item;
    ++*count;
    return true;
}

static void add_signal(const struct netlist *net, uint32_t signal, struct cone *cone)
{
    if (!cone->whole) return;
    if (signal < net->num_steps) {
        cone->whole = insert(cone->steps, &cone->num_steps, MAX_STEPS, signal, net->step_feature);
    } else {
        uint32_t lut = signal - net->num_steps;
        unsigned before = cone->num_luts;

        cone->whole = insert(cone->luts, &cone->num_luts, MAX_CONE, lut, NULL);
        if (cone->num_luts == before) return; /* known, or no room */
        for (unsigned k = 0; k < net->fan_in_count[lut]; k++)
            add_signal(net, net->fan_in[(size_t)lut * NETLIST_MAX_FAN_IN + k], cone);
    }
}

bool reachable_is_small(const struct netlist *net, const uint8_t *small, uint32_t lut)
{
    const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    struct cone cone = {.whole = true};

    for (unsigned k = 0; k < net->fan_in_count[lut]; k++) {
        if (fan_in[k] >= net->num_steps && !small[fan_in[k] - net->num_steps]) return false;
    }
    add_signal(net, netlist_lut_signal(net, lut), &cone);
    return cone.whole;
}

static bool share_feature(const struct netlist *net, const struct cone *a, const struct cone *b)
{
    for (unsigned i = 0; i < a->num_steps; i++) {
        for (unsigned j = 0; j < b->num_steps; j++) {
            if (net->step_feature[a->steps[i]] == net->step_feature[b->steps[j]]) return true;
        }
    }
    return false;
}

static void join(const struct netlist *net, struct group *into, const struct group *from)
{
    into->members |= from->members;
    into->cone.whole = into->cone.whole && from->cone.whole;
    for (unsigned i = 0; i < from->cone.num_steps; i++)
        add_signal(net, from->cone.steps[i], &into->cone);
    for (unsigned i = 0; i < from->cone.num_luts; i++)
        add_signal(net, net->num_steps + from->cone.luts[i], &into->cone);
}

/* Fan-ins in groups without a common feature. A fan-in that depends on too much is left out: free. */
static unsigned find_groups(const struct netlist *net, const uint8_t *small, uint32_t lut,
                            bool through_luts, struct group *groups)
{
    const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    unsigned count = 0;

    for (unsigned k = 0; k < net->fan_in_count[lut]; k++) {
        struct group own = {.members = 1u << k, .cone = {.whole = true}};
        bool is_lut = fan_in[k] >= net->num_steps;

        if (is_lut && (!through_luts || !small[fan_in[k] - net->num_steps])) continue;
        add_signal(net, fan_in[k], &own.cone);
        for (unsigned g = 0; g < count;) {
            if (!share_feature(net, &groups[g].cone, &own.cone)) {
                g++;
                continue;
            }
            join(net, &own, &groups[g]);
            groups[g] = groups[--count];
        }
        groups[count++] = own;
    }
    return count;
}

/* --- running through the codes --- */

/* The combinations that the steps of one feature take; bit i of a pattern is step first + i. */
struct patterns {
    unsigned first, num_steps, count;
    uint16_t values[MAX_POINTS];
};

static void add_pattern(struct patterns *p, uint16_t value)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->values[i] == value) return;
    }
    if (p->count < MAX_POINTS) p->values[p->count] = value;
    p->count++; /* MAX_POINTS + 1: too many */
}

/* All steps of the feature that begin at cone->steps[first]; false when that is too much work. The
 * bits change only at toggles, which are met in ascending order. */
static bool find_patterns(const struct netlist *net, const struct cone *cone, unsigned first,
                          struct patterns *p)
{
    uint32_t feature = net->step_feature[cone->steps[first]], at[MAX_STEPS], toggles = 0;
    uint16_t value = 0;

    *p = (struct patterns){.first = first};
    for (unsigned s = first; s < cone->num_steps && net->step_feature[cone->steps[s]] == feature;
         s++) {
        uint32_t step = cone->steps[s];

        value = (uint16_t)(value | net->step_initial[step] << p->num_steps);
        at[p->num_steps++] = net->toggle_start[step];
        toggles += net->toggle_start[step + 1] - net->toggle_start[step];
    }
    if (toggles > MAX_TOGGLES) return false;
    for (;;) {
        uint32_t code = UINT32_MAX;

        add_pattern(p, value);
        for (unsigned i = 0; i < p->num_steps; i++) {
            if (at[i] < net->toggle_start[cone->steps[first + i] + 1] && net->toggles[at[i]] < code)
                code = net->toggles[at[i]];
        }
        if (code == UINT32_MAX || p->count > MAX_POINTS) return p->count <= MAX_POINTS;
        for (unsigned i = 0; i < p->num_steps; i++) {
            if (at[i] == net->toggle_start[cone->steps[first + i] + 1] ||
                net->toggles[at[i]] != code)
                continue;
            value ^= (uint16_t)(1u << i);
            at[i]++;
        }
    }
}

/* Value of a signal of the cone when bit i of `steps` is the value of its step i and bit i of `luts`
 * that of its LUT i. */
static unsigned cone_value(const struct netlist *net, const struct cone *cone, uint32_t signal,
                           unsigned steps, unsigned luts)
{
    for (unsigned i = 0; signal < net->num_steps && i < cone->num_steps; i++) {
        if (cone->steps[i] == signal) return steps >> i & 1;
    }
    for (unsigned i = 0; i < cone->num_luts; i++) {
        if (cone->luts[i] + net->num_steps == signal) return luts >> i & 1;
    }
    return 0; /* not reached: a cone holds all that it reads */
}

static unsigned address_of(const struct netlist *net, const struct cone *cone, uint32_t lut,
                           unsigned members, unsigned steps, unsigned luts)
{
    const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    unsigned address = 0;

    for (unsigned k = 0; k < net->fan_in_count[lut]; k++) {
        if (members >> k & 1) address |= cone_value(net, cone, fan_in[k], steps, luts) << k;
    }
    return address;
}

/* The addresses, other fan-ins 0, that the group's fan-ins take. All when there is too much to do. */
static uint64_t group_addresses(const struct netlist *net, uint32_t lut, const struct group *group,
                                bool *known)
{
    const struct cone *cone = &group->cone;
    struct patterns features[MAX_STEPS];
    unsigned num_features = 0, points = 1;
    uint64_t seen = 0;

    *known = false;
    for (unsigned s = 0; s < cone->num_steps; s += features[num_features++].num_steps) {
        if (!find_patterns(net, cone, s, &features[num_features])) return 0;
        points *= features[num_features].count;
        if (points > MAX_POINTS) return 0;
    }
    for (unsigned point = 0; point < points; point++) {
        unsigned steps = 0, luts = 0, rest = point;

        for (unsigned f = 0; f < num_features; f++) {
            steps |= (unsigned)features[f].values[rest % features[f].count] << features[f].first;
            rest /= features[f].count;
        }
        for (unsigned i = 0; i < cone->num_luts; i++) {
            unsigned address = address_of(net, cone, cone->luts[i], ~0u, steps, luts);

            luts |= (unsigned)(net->table[cone->luts[i]] >> address & 1) << i;
        }
        seen |= (uint64_t)1 << address_of(net, cone, lut, group->members, steps, luts);
    }
    *known = true;
    return seen;
}

static uint64_t restrict_to(uint64_t reachable, unsigned members, uint64_t addresses)
{
    for (unsigned a = 0; a < 64; a++) {
        if (!(addresses >> (a & members) & 1)) reachable &= ~((uint64_t)1 << a);
    }
    return reachable;
}

uint64_t reachable_addresses(const struct netlist *net, const uint8_t *small, uint32_t lut)
{
    uint64_t reachable = table_ones(net->fan_in_count[lut]);

    /* Through LUTs first; where that is too much, the step bits among the fan-ins still count. */
    for (int through_luts = 1; through_luts >= 0; through_luts--) {
        struct group groups[NETLIST_MAX_FAN_IN];
        unsigned count = find_groups(net, small, lut, through_luts != 0, groups);

        for (unsigned g = 0; g < count; g++) {
            bool known = groups[g].cone.whole && (groups[g].members & (groups[g].members - 1)) != 0;
            uint64_t addresses = 0;

            if (known) addresses = group_addresses(net, lut, &groups[g], &known);
            if (known) reachable = restrict_to(reachable, groups[g].members, addresses);
        }
    }
    return reachable;
}
