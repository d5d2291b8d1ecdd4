#include "flow/locate.h"

#include "netlist/pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_NET SIZE_MAX

/* A bus between two parts. */
struct bus {
    size_t net;     /* of the waveform, or NO_NET */
    uint32_t stage; /* of a layer that is cut in stages: the last is the one that counts */
    uint32_t delay; /* registers from the codes to here */
};

struct search {
    const struct netlist *net; /* without dead LUTs, as it was printed */
    const struct cosim_plan *plan;
    const struct vectors *held;
    struct vcd *vcd;
    struct bus *buses;    /* [num_layers + 3]: encoder, layers, class sums, argmax */
    size_t *address;      /* [num_luts] nets of the LUTs' ports, or NO_NET */
    size_t *output;       /* [num_luts] */
    size_t out_valid;     /* net */
    char *values;         /* [signals] '0', '1', 'x', 'z' at the end of a hold; ' ' unknown to us */
    uint8_t *read, *eval; /* [signals] */
    uint32_t *scores;     /* [num_classes] scratch */
    struct cosim_located *out;
};

/* A number on a net. */
struct reading {
    uint64_t value;
    bool unknown;
};

static struct reading read_bits(const struct search *s, size_t net, size_t at, uint32_t width)
{
    struct reading reading = {0};

    for (uint32_t bit = width; bit-- > 0;) {
        char c = vcd_bit(s->vcd, net, at + bit);

        reading.unknown = reading.unknown || c == 'x' || c == 'z';
        reading.value = reading.value << 1 | (uint64_t)(c == '1');
    }
    if (reading.unknown) reading.value = 0;
    return reading;
}

/* ---- which net is which ---- */

static uint32_t find_lut(const struct netlist *net, struct netlist_origin wanted)
{
    uint32_t low = 0, high = net->num_luts;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct netlist_origin o = net->origin[middle];
        bool less = o.layer != wanted.layer ? o.layer < wanted.layer
                    : o.lut != wanted.lut   ? o.lut < wanted.lut
                                            : o.part < wanted.part;

        if (less)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < net->num_luts && net->origin[low].layer == wanted.layer &&
        net->origin[low].lut == wanted.lut && net->origin[low].part == wanted.part)
        return low;
    return UINT32_MAX;
}

/* "u_layer0_stage1.u_part3.u_lut5_2.addr": a port of a LUT. */
static void note_lut(struct search *s, const char *path, size_t net)
{
    struct netlist_origin origin = {0};
    const char *at = strstr(path, ".u_lut");
    char *end;
    uint32_t lut;

    if (at == NULL) return;
    origin.layer = (uint16_t)strtoul(path + strlen("u_layer"), NULL, 10);
    origin.lut = (uint32_t)strtoul(at + strlen(".u_lut"), &end, 10);
    if (*end == '_') origin.part = (uint16_t)strtoul(end + 1, &end, 10);
    lut = find_lut(s->net, origin);
    if (lut == UINT32_MAX) return;
    if (strcmp(end, ".addr") == 0 && vcd_width(s->vcd, net) == s->net->fan_in_count[lut])
        s->address[lut] = net;
    if (strcmp(end, ".out") == 0 && vcd_width(s->vcd, net) == 1) s->output[lut] = net;
}

/* "layer2_bits", "layer2_stage1_bits". */
static void note_layer(struct search *s, const char *name, size_t net)
{
    char *end;
    unsigned long layer = strtoul(name + strlen("layer"), &end, 10);
    unsigned long stage = 0;

    if (strncmp(end, "_stage", 6) == 0) stage = strtoul(end + 6, &end, 10);
    if (strcmp(end, "_bits") != 0 || layer >= s->net->num_layers) return;
    if (vcd_width(s->vcd, net) > (size_t)s->net->num_steps + s->net->num_luts) return;
    if (s->buses[1 + layer].net != NO_NET && s->buses[1 + layer].stage > stage) return;
    s->buses[1 + layer].net = net;
    s->buses[1 + layer].stage = (uint32_t)stage;
}

static bool is_net(const struct search *s, const char *path, const char *name, size_t net,
                   uint64_t width)
{
    return strcmp(path, name) == 0 && vcd_width(s->vcd, net) == width;
}

static void find_nets(struct search *s)
{
    const struct netlist *net = s->net;
    uint64_t scores = (uint64_t)net->num_classes * netlist_score_bits(net);
    static const char top[] = "bench_top.u_full.", bench[] = "u_bench.u_full.", core[] = "u_core.";

    for (size_t i = 0; i < vcd_count(s->vcd); i++) {
        const char *path = vcd_path(s->vcd, i);
        const char *at = strstr(path, top);

        if (at != NULL) {
            at += sizeof top - 1;
        } else {
            at = strstr(path, bench);
            if (at == NULL) continue;
            at += sizeof bench - 1;
        }
        if (is_net(s, at, "bits", i, net->num_steps)) s->buses[0].net = i;
        if (is_net(s, at, "out_valid", i, 1)) s->out_valid = i;
        if (is_net(s, at, "out_class", i, netlist_class_bits(net)))
            s->buses[netlist_part_argmax(net)].net = i;
        if (strncmp(at, core, sizeof core - 1) != 0) continue;
        at += sizeof core - 1;
        if (is_net(s, at, "scores", i, scores)) s->buses[netlist_part_popcount(net)].net = i;
        if (strncmp(at, "layer", 5) == 0) note_layer(s, at, i);
        if (strncmp(at, "u_layer", 7) == 0) note_lut(s, at, i);
    }
}

/* ---- values at the end of a hold ---- */

static size_t hold_cycle(const struct search *s, size_t vector, size_t cycle)
{
    return s->plan->first + vector * s->plan->hold + cycle;
}

static enum err_status seek(const struct search *s, size_t cycle, struct err *err)
{
    return vcd_seek(s->vcd, 2 * (uint64_t)cycle, err);
}

/* All signals as the hardware has them; a constant LUT is no instance and has its value. */
static void read_values(const struct search *s)
{
    const struct netlist *net = s->net;

    for (uint32_t i = 0; i < net->num_steps; i++)
        s->values[i] = s->buses[0].net != NO_NET ? vcd_bit(s->vcd, s->buses[0].net, i) : ' ';
    for (uint32_t i = 0; i < net->num_luts; i++) {
        char value = ' ';

        if (net->fan_in_count[i] == 0)
            value = (char)('0' + (int)net->table[i]);
        else if (s->output[i] != NO_NET)
            value = vcd_bit(s->vcd, s->output[i], 0);
        s->values[netlist_lut_signal(net, i)] = value;
    }
}

/* Keeps the first fault, counts the others. Returns the place to describe it in, or NULL. */
static struct cosim_located *found(const struct search *s, enum cosim_fault fault, const char *part,
                                   uint64_t expected, struct reading got)
{
    struct cosim_located *out = s->out;

    if (out->fault != COSIM_FAULT_UNSEEN) {
        out->others++;
        return NULL;
    }
    out->fault = fault;
    snprintf(out->part, sizeof out->part, "%s", part);
    out->expected = expected;
    out->got = got.value;
    out->unknown = got.unknown;
    return out;
}

static struct reading bit_reading(char value)
{
    return (struct reading){.value = value == '1', .unknown = value == 'x' || value == 'z'};
}

static void judge_encoder(const struct search *s, const uint16_t *codes)
{
    const struct netlist *net = s->net;

    for (uint32_t i = 0; i < net->num_steps && s->buses[0].net != NO_NET; i++) {
        struct cosim_located *out;

        if (!s->read[i] || s->values[i] == '0' + s->eval[i]) continue;
        out = found(s, COSIM_FAULT_ENCODER, "encoder", s->eval[i], bit_reading(s->values[i]));
        if (out == NULL) continue;
        out->index = i;
        out->feature = net->step_feature[i];
        out->code = codes[out->feature];
    }
}

static void name_lut(const struct search *s, struct cosim_located *out, uint32_t lut)
{
    out->layer = s->net->origin[lut].layer;
    out->lut = s->net->origin[lut].lut;
    out->tree = s->net->origin[lut].part;
}

static void judge_wires(const struct search *s, uint32_t lut)
{
    const uint32_t *fan_in = s->net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;

    for (unsigned k = 0; k < s->net->fan_in_count[lut]; k++) {
        char should = s->values[fan_in[k]];
        char is = vcd_bit(s->vcd, s->address[lut], k);
        struct cosim_located *out;

        if (should != '0' && should != '1') continue; /* the fault is where that comes from */
        if (is == should) continue;
        out = found(s, COSIM_FAULT_WIRE, "layer", should == '1', bit_reading(is));
        if (out == NULL) continue;
        name_lut(s, out, lut);
        out->index = k;
        out->signal = fan_in[k];
    }
}

static void judge_table(const struct search *s, uint32_t lut)
{
    struct reading address = read_bits(s, s->address[lut], 0, s->net->fan_in_count[lut]);
    struct reading got = bit_reading(vcd_bit(s->vcd, s->output[lut], 0));
    uint64_t expected = address.unknown ? 0 : s->net->table[lut] >> address.value & 1;
    struct cosim_located *out;

    if (address.unknown || (!got.unknown && got.value == expected)) return;
    out = found(s, COSIM_FAULT_TABLE, "layer", expected, got);
    if (out == NULL) return;
    name_lut(s, out, lut);
    out->address = (uint32_t)address.value;
}

static void judge_luts(const struct search *s)
{
    for (uint32_t lut = 0; lut < s->net->num_luts; lut++) {
        if (s->address[lut] == NO_NET) continue;
        judge_wires(s, lut);
        if (s->output[lut] != NO_NET) judge_table(s, lut);
    }
}

/* Scores from the signals and the class from the scores, as the hardware has them. */
static void judge_sums(const struct search *s)
{
    const struct netlist *net = s->net;
    size_t scores = s->buses[netlist_part_popcount(net)].net;
    size_t class_net = s->buses[netlist_part_argmax(net)].net;
    uint32_t bits = netlist_score_bits(net), best = 0;
    bool known = true;

    if (scores == NO_NET) return;
    for (uint32_t c = 0; c < net->num_classes; c++) {
        struct reading got = read_bits(s, scores, (size_t)c * bits, bits);
        uint32_t sum = net->bias[c];
        bool sum_known = true;

        for (uint32_t i = net->group_start[c]; i < net->group_start[c + 1]; i++) {
            char value = s->values[net->group[i]];

            sum += value == '1';
            sum_known = sum_known && (value == '0' || value == '1');
        }
        if (sum_known && (got.unknown || got.value != sum)) {
            struct cosim_located *out = found(s, COSIM_FAULT_GROUP_SUM, "group_sum", sum, got);

            if (out != NULL) out->index = c;
        }
        known = known && !got.unknown;
        s->scores[c] = (uint32_t)got.value;
        if (s->scores[c] > s->scores[best]) best = c;
    }
    if (known && class_net != NO_NET) {
        struct reading got = read_bits(s, class_net, 0, netlist_class_bits(net));

        if (got.unknown || got.value != best) found(s, COSIM_FAULT_ARGMAX, "argmax", best, got);
    }
}

/* All pieces do what the netlist says: then is that what the reference says? */
static void judge_netlist(const struct search *s, size_t vector)
{
    const struct netlist *net = s->net;
    size_t scores = s->buses[netlist_part_popcount(net)].net;
    uint32_t bits = netlist_score_bits(net);

    for (uint32_t c = 0; c < net->num_classes && scores != NO_NET; c++) {
        struct reading got = read_bits(s, scores, (size_t)c * bits, bits);
        uint32_t expected = s->held->scores[vector * net->num_classes + c];
        struct cosim_located *out;

        if (!got.unknown && got.value == expected) continue;
        out = found(s, COSIM_FAULT_NETLIST, "netlist", expected, got);
        if (out != NULL) out->index = c;
    }
}

static enum err_status judge_vector(const struct search *s, size_t vector, struct err *err)
{
    const uint16_t *codes = s->held->codes + vector * s->held->num_features;
    uint32_t class;
    enum err_status status = netlist_eval(s->net, codes, 1, s->eval, s->scores, &class, err);

    if (status == ERR_OK) status = seek(s, hold_cycle(s, vector, s->plan->hold - 1), err);
    if (status != ERR_OK) return status;
    read_values(s);
    judge_encoder(s, codes);
    judge_luts(s);
    judge_sums(s);
    if (s->out->fault == COSIM_FAULT_UNSEEN) judge_netlist(s, vector);
    return ERR_OK;
}

/* ---- registers ---- */

static void part_name(const struct search *s, uint32_t part, struct cosim_located *out)
{
    const char *name = part == 0                               ? "encoder"
                       : part == netlist_part_popcount(s->net) ? "group_sum"
                       : part == netlist_part_argmax(s->net)   ? "argmax"
                                                               : "layer";

    snprintf(out->part, sizeof out->part, "%s", name);
    if (part > 0 && part <= s->net->num_layers) out->layer = part - 1;
}

static void copy_bus(const struct search *s, size_t net, char *to)
{
    for (size_t bit = 0; bit < vcd_width(s->vcd, net); bit++)
        to[bit] = vcd_bit(s->vcd, net, bit);
}

static bool bus_is(const struct search *s, size_t net, const char *value)
{
    size_t bit = 0;

    while (bit < vcd_width(s->vcd, net) && vcd_bit(s->vcd, net, bit) == value[bit])
        bit++;
    return bit == vcd_width(s->vcd, net);
}

/* `before` and `after`: the bus at the end of the hold before, and of this one. When it changes too early,
 * *delay is the cycle it first does; when too late, the cycle from which it is right. */
static enum err_status measure_delay(const struct search *s, const struct bus *bus, size_t vector,
                                     const char *before, const char *after, size_t *delay,
                                     struct err *err)
{
    enum err_status status = ERR_OK;

    *delay = bus->delay;
    for (size_t c = 0; c < s->plan->hold && status == ERR_OK; c++) {
        status = seek(s, hold_cycle(s, vector, c), err);
        if (status != ERR_OK || bus_is(s, bus->net, c < bus->delay ? before : after)) continue;
        *delay = c < bus->delay ? c : c + 1;
        if (c < bus->delay) break;
    }
    return status;
}

static enum err_status judge_bus(const struct search *s, uint32_t part, size_t vector,
                                 struct err *err)
{
    const struct bus *bus = &s->buses[part];
    size_t width = vcd_width(s->vcd, bus->net);
    char *before = malloc(width), *after = malloc(width);
    size_t delay = bus->delay;
    enum err_status status =
        before == NULL || after == NULL ? err_nomem(err, "the values of a bus") : ERR_OK;

    if (status == ERR_OK) status = seek(s, hold_cycle(s, vector, 0) - 1, err);
    if (status == ERR_OK) copy_bus(s, bus->net, before);
    if (status == ERR_OK) status = seek(s, hold_cycle(s, vector, s->plan->hold - 1), err);
    if (status == ERR_OK) copy_bus(s, bus->net, after);
    if (status == ERR_OK && memcmp(before, after, width) != 0)
        status = measure_delay(s, bus, vector, before, after, &delay, err);
    if (status == ERR_OK && delay != bus->delay) {
        struct reading got = {.value = delay};
        struct cosim_located *out = found(s, COSIM_FAULT_REGISTER, "", bus->delay, got);

        if (out != NULL) part_name(s, part, out);
    }
    free(before);
    free(after);
    return status;
}

/* The first bus that any of the vectors reaches in a wrong cycle. */
static enum err_status judge_registers(const struct search *s, struct err *err)
{
    enum err_status status = ERR_OK;

    for (uint32_t part = 0; part <= netlist_part_argmax(s->net); part++) {
        if (s->buses[part].net == NO_NET) continue;
        for (size_t v = 1; v < s->held->count && status == ERR_OK; v++) {
            if (s->out->fault == COSIM_FAULT_UNSEEN) status = judge_bus(s, part, v, err);
        }
    }
    return status;
}

static enum err_status judge_valid(const struct search *s, struct err *err)
{
    uint32_t latency = netlist_latency(s->net);
    enum err_status status = ERR_OK;

    for (size_t c = 0; c < s->plan->count && status == ERR_OK && s->out_valid != NO_NET; c++) {
        int due = cosim_plan_due(s->plan, c, latency);
        struct reading got;

        if (due < 0) continue;
        status = seek(s, c, err);
        got = bit_reading(vcd_bit(s->vcd, s->out_valid, 0));
        if (status == ERR_OK && (got.unknown || got.value != (uint64_t)due))
            found(s, COSIM_FAULT_VALID, "valid", (uint64_t)due, got);
    }
    return status;
}

/* ---- the search ---- */

static void search_free(struct search *s)
{
    free(s->buses);
    free(s->address);
    free(s->output);
    free(s->values);
    free(s->read);
    free(s->eval);
    free(s->scores);
}

static enum err_status search_create(struct search *s, struct err *err)
{
    const struct netlist *net = s->net;
    size_t luts = net->num_luts, signals = net->num_steps + luts;
    uint32_t delay = 0;

    s->buses = calloc((size_t)net->num_layers + 3, sizeof *s->buses);
    s->address = malloc((luts + 1) * sizeof *s->address);
    s->output = malloc((luts + 1) * sizeof *s->output);
    s->values = malloc(signals + 1);
    s->read = calloc(signals + 1, 1);
    s->eval = calloc(signals + 1, 1);
    s->scores = calloc(net->num_classes, sizeof *s->scores);
    if (s->buses == NULL || s->address == NULL || s->output == NULL || s->values == NULL ||
        s->read == NULL || s->eval == NULL || s->scores == NULL)
        return err_nomem(err, "the search for a fault");
    for (uint32_t part = 0; part <= netlist_part_argmax(net); part++) {
        delay += netlist_count_cuts(net, part, 0, NETLIST_END);
        s->buses[part] = (struct bus){.net = NO_NET, .delay = delay};
    }
    for (size_t i = 0; i < luts; i++)
        s->address[i] = s->output[i] = NO_NET;
    s->out_valid = NO_NET;
    pass_mark_read(net, s->read);
    return ERR_OK;
}

/* The last vector is the one that fails, so it is looked at first. */
static enum err_status search_run(const struct search *s, struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t v = s->held->count; v-- > 0 && status == ERR_OK;) {
        if (s->out->fault == COSIM_FAULT_UNSEEN) status = judge_vector(s, v, err);
    }
    if (status == ERR_OK && s->out->fault == COSIM_FAULT_UNSEEN) status = judge_registers(s, err);
    if (status == ERR_OK && s->out->fault == COSIM_FAULT_UNSEEN) status = judge_valid(s, err);
    return status;
}

enum err_status locate_fault(struct cosim_located *out, const struct netlist *net,
                             const struct cosim_plan *plan, const struct vectors *held,
                             struct vcd *vcd, struct err *err)
{
    struct netlist *live = NULL;
    struct search search = {.plan = plan, .held = held, .vcd = vcd, .out = out};
    uint64_t removed;
    enum err_status status = netlist_copy(&live, net, err);

    out->fault = COSIM_FAULT_UNSEEN;
    if (status == ERR_OK) status = pass_dead(live, &removed, err);
    search.net = live;
    if (status == ERR_OK) status = search_create(&search, err);
    if (status == ERR_OK) find_nets(&search);
    if (status == ERR_OK) status = search_run(&search, err);
    search_free(&search);
    netlist_free(live);
    return status;
}
