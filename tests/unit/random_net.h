/* Random netlists for tests: any fan-in, trees inside a layer, reads past layers, repeated fan-ins,
 * constants, copies, duplicates, unread bits, biases, signals summed twice, step bits in class sums. */
#ifndef DIFFLUT_TESTS_RANDOM_NET_H
#define DIFFLUT_TESTS_RANDOM_NET_H

#include "base/rng.h"
#include "netlist/netlist.h"
#include "netlist/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct random_net_limits {
    uint32_t features, code_bits, steps, luts, layers, classes, group; /* upper bounds */
};

/* Where the choices come from. A fuzz target defines its own three before this, so that bytes of its
 * input take the place of random numbers. */
#ifndef RANDOM_NET_SOURCE
#define RANDOM_NET_SOURCE      struct rng
#define random_net_below(r, n) rng_below(r, n)
#define random_net_word(r)     rng_next(r)
#endif

static const struct random_net_limits RANDOM_NET_SMALL = {6, 10, 40, 60, 4, 12, 12};

static inline uint32_t random_up_to(RANDOM_NET_SOURCE *rng, uint32_t most)
{
    return (uint32_t)random_net_below(rng, (uint64_t)most + 1);
}

static inline void random_step(struct netlist *net, uint32_t s, RANDOM_NET_SOURCE *rng)
{
    uint32_t codes = 1u << net->code_bits, at = net->toggle_start[s];
    uint32_t toggles =
        random_net_below(rng, 4) > 0 ? 1 : random_up_to(rng, 3); /* mostly thermometer */
    uint32_t last = 0;

    net->step_feature[s] = (uint32_t)random_net_below(rng, net->num_features);
    net->step_initial[s] = random_net_below(rng, 8) == 0;
    for (uint32_t t = 0; t < toggles && last + 1 < codes; t++) {
        last += 1 + (uint32_t)random_net_below(rng, codes - last - 1);
        net->toggles[at++] = last;
    }
    if (s > 0 && random_net_below(rng, 6) == 0) { /* a duplicate */
        uint32_t from = (uint32_t)random_net_below(rng, s);
        uint32_t size = net->toggle_start[from + 1] - net->toggle_start[from];

        net->step_feature[s] = net->step_feature[from];
        net->step_initial[s] = net->step_initial[from];
        at = net->toggle_start[s];
        memcpy(net->toggles + at, net->toggles + net->toggle_start[from],
               size * sizeof *net->toggles);
        at += size;
    }
    net->toggle_start[s + 1] = at;
}

static inline uint64_t random_table(unsigned count, RANDOM_NET_SOURCE *rng)
{
    uint64_t ones = table_ones(count);

    switch (random_net_below(rng, 10)) {
    case 0:
        return 0;
    case 1:
        return ones;
    case 2: /* a copy of input 0 */
        return count > 0 ? 0xaaaaaaaaaaaaaaaau & ones : 1;
    case 3: /* an inverter of input 0 */
        return count > 0 ? 0x5555555555555555u & ones : 1;
    default:
        return random_net_word(rng) & ones;
    }
}

/* Signals that LUT `lut` may read: all before it, mostly of the layer just below. */
static inline void random_lut(struct netlist *net, uint32_t lut, RANDOM_NET_SOURCE *rng)
{
    uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    uint32_t before = net->num_steps + lut;
    unsigned count = before > 0 ? (unsigned)random_net_below(rng, NETLIST_MAX_FAN_IN + 1) : 0;

    if (lut > 0 && random_net_below(rng, 8) == 0) { /* the LUT before it, inputs in another order */
        count = net->fan_in_count[lut - 1];
        memcpy(fan_in, fan_in - NETLIST_MAX_FAN_IN, NETLIST_MAX_FAN_IN * sizeof *fan_in);
        net->fan_in_count[lut] = (uint8_t)count;
        net->table[lut] = net->table[lut - 1];
        for (unsigned k = 0; k + 2 < count; k++) {
            uint32_t signal = fan_in[k];

            fan_in[k] = fan_in[k + 2];
            fan_in[k + 2] = signal;
            net->table[lut] = table_swap(net->table[lut], k, k + 2);
        }
        return;
    }
    net->fan_in_count[lut] = (uint8_t)count;
    for (unsigned k = 0; k < count; k++)
        fan_in[k] = (uint32_t)random_net_below(rng, before);
    net->table[lut] = random_table(count, rng);
}

static inline void random_origins(struct netlist *net, RANDOM_NET_SOURCE *rng)
{
    struct netlist_origin o = {0, 0, 0};

    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        net->origin[lut] = o;
        if (random_net_below(rng, 4) == 0) {
            o.part++;
        } else if (o.layer + 1u < net->num_layers &&
                   random_net_below(rng, net->num_luts / net->num_layers + 1) == 0) {
            o = (struct netlist_origin){0, (uint16_t)(o.layer + 1), 0};
        } else {
            o.lut += 1 + (uint32_t)random_net_below(rng, 3);
            o.part = 0;
        }
    }
}

static inline struct netlist *random_net(RANDOM_NET_SOURCE *rng,
                                         const struct random_net_limits *most)
{
    struct netlist_sizes sizes = {
        .num_features = 1 + random_up_to(rng, most->features - 1),
        .code_bits = 1 + random_up_to(rng, most->code_bits - 1),
        .num_steps = random_up_to(rng, most->steps),
        .num_luts = random_up_to(rng, most->luts),
        .num_classes = 2 + random_up_to(rng, most->classes - 2),
    };
    uint32_t *group_size = calloc(sizes.num_classes, sizeof *group_size);
    struct netlist *net = NULL;

    sizes.num_toggles = 3 * sizes.num_steps;
    if (group_size == NULL) abort();
    for (uint32_t c = 0; c < sizes.num_classes && sizes.num_steps + sizes.num_luts > 0; c++) {
        group_size[c] = random_up_to(rng, most->group);
        sizes.num_group += group_size[c];
    }
    if (netlist_create(&net, &sizes, NULL) != ERR_OK) abort();
    snprintf(net->name, sizeof net->name, "net%u", (unsigned)random_net_below(rng, 1000));
    memset(net->model_hash, 'a' + (int)random_net_below(rng, 6), 64);
    snprintf(net->config_line, sizeof net->config_line, "steps=%u luts=%u", sizes.num_steps,
             sizes.num_luts);
    net->num_layers = 1 + random_up_to(rng, most->layers - 1);
    net->pipeline = (struct netlist_pipeline){random_up_to(rng, 2), random_up_to(rng, 3),
                                              random_up_to(rng, 4), random_up_to(rng, 4), 0};
    net->full_adders = net->pipeline.argmax % 2 == 1;
    for (uint32_t s = 0; s < net->num_steps; s++)
        random_step(net, s, rng);
    random_origins(net, rng);
    for (uint32_t lut = 0; lut < net->num_luts; lut++)
        random_lut(net, lut, rng);
    for (uint32_t c = 0, at = 0; c < net->num_classes; c++) {
        for (uint32_t i = 0; i < group_size[c]; i++)
            net->group[at++] = (uint32_t)random_net_below(rng, sizes.num_steps + sizes.num_luts);
        net->group_start[c + 1] = at;
        net->bias[c] = random_net_below(rng, 4) == 0 ? random_up_to(rng, 9) : 0;
    }
    free(group_size);
    if (netlist_place_registers(net, NULL) != ERR_OK) abort();
    return net;
}

/* Codes [count][features]: mostly random, some all 0 and all ones. */
static inline uint16_t *random_codes(const struct netlist *net, size_t count,
                                     RANDOM_NET_SOURCE *rng)
{
    uint16_t *codes = malloc((count * net->num_features + 1) * sizeof *codes);
    uint32_t top = (1u << net->code_bits) - 1;

    if (codes == NULL) abort();
    for (size_t i = 0; i < count; i++) {
        for (uint32_t f = 0; f < net->num_features; f++) {
            uint32_t code = random_up_to(rng, top);

            if (i == 0) code = 0;
            if (i == 1) code = top;
            codes[i * net->num_features + f] = (uint16_t)code;
        }
    }
    return codes;
}

#endif
