/* Comparisons that fit into the LUTs that read them. */
#include "pass.h"
#include "table.h"

#include <stdlib.h>

enum { MAX_INPUTS = 2 * NETLIST_MAX_FAN_IN };

/* What a LUT reads, each once: signals, and bits of codes whether or not they are signals yet. */
struct inputs {
    uint64_t item[MAX_INPUTS];
    unsigned count;
};
#define CODE_BIT ((uint64_t)1 << 32) /* plus feature * code_bits + k: a bit of a code */

static unsigned find(const struct inputs *inputs, uint64_t item)
{
    unsigned at = 0;

    while (at < inputs->count && inputs->item[at] != item)
        at++;
    return at;
}

static void add(struct inputs *inputs, uint64_t item)
{
    if (find(inputs, item) == inputs->count) inputs->item[inputs->count++] = item;
}

static uint64_t code_bit(const struct netlist *net, uint32_t step, unsigned k)
{
    return CODE_BIT + (uint64_t)net->step_feature[step] * net->code_bits + k;
}

static uint64_t item_of(const struct netlist *net, uint32_t signal)
{
    unsigned k;

    return signal < net->num_steps && netlist_is_code_bit(net, signal, &k)
               ? code_bit(net, signal, k)
               : signal;
}

/* A step bit as a table over its code. */
static uint64_t step_table(const struct netlist *net, uint32_t step)
{
    uint64_t ones = table_ones(net->code_bits), table = net->step_initial[step] ? ones : 0;

    for (uint32_t t = net->toggle_start[step]; t < net->toggle_start[step + 1]; t++)
        table ^= ones & UINT64_MAX << net->toggles[t];
    return table;
}

/* What `reader` reads with the bits of its code in the place of `step`. */
static void collect(const struct netlist *net, uint32_t reader, uint32_t step, uint64_t table,
                    struct inputs *inputs)
{
    const uint32_t *fan_in = net->fan_in + (size_t)reader * NETLIST_MAX_FAN_IN;

    inputs->count = 0;
    for (unsigned i = 0; i < net->fan_in_count[reader]; i++) {
        if (fan_in[i] != step) add(inputs, item_of(net, fan_in[i]));
    }
    for (unsigned k = 0; k < net->code_bits; k++) {
        if (!table_ignores(table, net->code_bits, k)) add(inputs, code_bit(net, step, k));
    }
}

/* The code that bit i of `values` gives as the value of input i; bits that are not read are 0. */
static unsigned code_of(const struct netlist *net, uint32_t step, const struct inputs *inputs,
                        unsigned values)
{
    unsigned code = 0;

    for (unsigned k = 0; k < net->code_bits; k++) {
        unsigned at = find(inputs, code_bit(net, step, k));

        if (at < inputs->count) code |= (values >> at & 1) << k;
    }
    return code;
}

static void absorb(struct netlist *net, uint32_t reader, uint32_t step, uint64_t table)
{
    uint32_t *fan_in = net->fan_in + (size_t)reader * NETLIST_MAX_FAN_IN;
    uint64_t composed = 0;
    struct inputs inputs;

    collect(net, reader, step, table, &inputs);
    for (unsigned values = 0; values < 1u << inputs.count; values++) {
        unsigned own = table >> code_of(net, step, &inputs, values) & 1, address = 0;

        for (unsigned i = 0; i < net->fan_in_count[reader]; i++) {
            unsigned value =
                fan_in[i] == step ? own : values >> find(&inputs, item_of(net, fan_in[i])) & 1;

            address |= value << i;
        }
        composed |= (net->table[reader] >> address & 1) << values;
    }
    for (unsigned i = 0; i < NETLIST_MAX_FAN_IN; i++) {
        uint64_t item = i < inputs.count ? inputs.item[i] : 0;

        fan_in[i] = (uint32_t)(item >= CODE_BIT ? item - CODE_BIT + net->num_encoder_bits : item);
    }
    net->fan_in_count[reader] = (uint8_t)inputs.count;
    net->table[reader] = composed;
}

/* Whether all readers can do without this step bit, and it is worth while: a wire is not. */
static bool is_absorbable(const struct netlist *net, const struct pass_readers *r, uint32_t step,
                          uint64_t table)
{
    struct inputs inputs;
    unsigned k;

    if (r->start[step] == r->start[step + 1]) return false;
    if (net->toggle_start[step] == net->toggle_start[step + 1]) return false;
    if (netlist_is_code_bit(net, step, &k)) return false;
    for (uint32_t i = r->start[step]; i < r->start[step + 1]; i++) {
        collect(net, r->readers[i], step, table, &inputs);
        if (inputs.count > NETLIST_MAX_FAN_IN) return false;
    }
    return true;
}

/* One round over the step bits that are not `done`; with `change` false it only looks for one. The
 * readers of the others stay the same: code bits alone come in. */
static uint64_t absorb_round(struct netlist *net, const struct pass_readers *r, uint8_t *done,
                             bool change)
{
    uint64_t count = 0;

    for (uint32_t step = 0; step < net->num_encoder_bits && (change || count == 0); step++) {
        uint64_t table = step_table(net, step);

        if (done[step] || !is_absorbable(net, r, step, table)) continue;
        count++;
        if (!change) continue;
        for (uint32_t i = r->start[step]; i < r->start[step + 1]; i++)
            absorb(net, r->readers[i], step, table);
        done[step] = 1;
    }
    return count;
}

static enum err_status absorb_all(struct netlist *net, const struct pass_readers *r, uint8_t *done,
                                  uint64_t *removed, struct err *err)
{
    uint64_t round = absorb_round(net, r, done, false);
    enum err_status status = round > 0 ? netlist_add_code_bits(net, err) : ERR_OK;

    /* Code bits that one brought in may be those that another needs. */
    while (status == ERR_OK && round > 0) {
        round = absorb_round(net, r, done, true);
        *removed += round;
    }
    return status;
}

enum err_status pass_code_bits(struct netlist *net, uint64_t *removed, struct err *err)
{
    struct pass_readers r = {NULL, NULL};
    uint8_t *done =
        calloc((size_t)net->num_encoder_bits + 1, 1); /* absorbed, or summed by a class */
    enum err_status status = done != NULL ? ERR_OK : err_nomem(err, "absorbing comparisons");

    *removed = 0;
    /* The numbers of LUTs and of the encoder's bits are the same when code bits are added. */
    if (status == ERR_OK && net->code_bits <= NETLIST_MAX_FAN_IN)
        status = pass_readers_create(&r, net, err);
    if (status == ERR_OK && r.start != NULL) {
        for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++) {
            if (net->group[i] < net->num_encoder_bits) done[net->group[i]] = 1;
        }
        status = absorb_all(net, &r, done, removed, err);
    }
    free(done);
    pass_readers_free(&r);
    return status;
}
