#include "netlist.h"

#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(const char *name, size_t size)
{
    if (memchr(name, '\0', size) == NULL || !is_letter(name[0])) return false;
    for (const char *c = name; *c != '\0'; c++) {
        if (!is_letter(*c) && !(*c >= '0' && *c <= '9')) return false;
    }
    return true;
}

static bool is_hash(const char *hash, size_t size)
{
    size_t length = strnlen(hash, size);

    return length == 0 || (length == 64 && strspn(hash, "0123456789abcdef") == 64);
}

static bool is_plain_line(const char *line, size_t size)
{
    if (memchr(line, '\0', size) == NULL) return false;
    for (const char *c = line; *c != '\0'; c++) {
        if (*c < 0x20 || *c > 0x7e) return false;
    }
    return true;
}

static enum err_status check_range(const char *what, uint64_t value, uint64_t low, uint64_t high,
                                   struct err *err)
{
    if (value >= low && value <= high) return ERR_OK;
    return err_set(err, ERR_FORMAT, "netlist: %s must be %llu..%llu, not %llu", what,
                   (unsigned long long)low, (unsigned long long)high, (unsigned long long)value);
}

static enum err_status check_head(const struct netlist *net, struct err *err)
{
    const struct netlist_pipeline *p = &net->pipeline;
    enum err_status status = ERR_OK;

    if (!is_name(net->name, sizeof net->name)) {
        return err_set(err, ERR_FORMAT, "netlist: name must match [A-Za-z_][A-Za-z0-9_]*");
    }
    if (!is_hash(net->model_hash, sizeof net->model_hash)) {
        return err_set(err, ERR_FORMAT, "netlist: model hash must be 64 lower-case hex digits");
    }
    if (!is_plain_line(net->config_line, sizeof net->config_line)) {
        return err_set(err, ERR_FORMAT, "netlist: config line must be one printable ASCII line");
    }
    status = check_range("number of features", net->num_features, 1, NETLIST_MAX_FEATURES, err);
    if (status == ERR_OK)
        status = check_range("code bits", net->code_bits, 1, NETLIST_MAX_CODE_BITS, err);
    if (status == ERR_OK)
        status = check_range("number of classes", net->num_classes, 2, NETLIST_MAX_CLASSES, err);
    if (status == ERR_OK)
        status = check_range("number of layers", net->num_layers, 0, NETLIST_MAX_LAYERS, err);
    if (status == ERR_OK)
        status = check_range("number of signals", (uint64_t)net->num_steps + net->num_luts, 0,
                             UINT32_MAX, err);
    if (status == ERR_OK)
        status = check_range("encoder stages", p->encoder, 0, NETLIST_MAX_STAGES, err);
    if (status == ERR_OK)
        status = check_range("layer stages", p->layers, 0, NETLIST_MAX_STAGES, err);
    if (status == ERR_OK)
        status = check_range("popcount stages", p->popcount, 0, NETLIST_MAX_STAGES, err);
    if (status == ERR_OK)
        status = check_range("argmax stages", p->argmax, 0, NETLIST_MAX_STAGES, err);
    if (status == ERR_OK)
        status = check_range("depth of a stage", p->depth, 0, NETLIST_MAX_STAGES, err);
    if (status == ERR_OK)
        status = check_range("number of registers", net->num_cuts, 0, NETLIST_MAX_CUTS, err);
    return status;
}

/* Stages that the pipeline asks of a part by count. */
static unsigned stages_asked(const struct netlist *net, uint32_t part)
{
    if (part == 0) return net->pipeline.encoder;
    if (part == netlist_part_popcount(net)) return net->pipeline.popcount;
    if (part == netlist_part_argmax(net)) return net->pipeline.argmax;
    return net->pipeline.layers;
}

static enum err_status check_cuts(const struct netlist *net, struct err *err)
{
    uint32_t next = 0;

    for (uint32_t part = 0; part <= netlist_part_argmax(net); part++) {
        uint32_t first = next, last_level = 1, asked = stages_asked(net, part);

        for (; next < net->num_cuts && net->cuts[next].part == part; next++) {
            if (net->cuts[next].level < last_level)
                return err_set(err, ERR_FORMAT, "netlist: register %u: level %u must be %u or more",
                               next, net->cuts[next].level, last_level);
            last_level = net->cuts[next].level;
        }
        if (next - first > NETLIST_MAX_STAGES)
            return err_set(err, ERR_FORMAT, "netlist: part %u has more than %d registers", part,
                           NETLIST_MAX_STAGES);
        if (net->pipeline.depth == 0 && next - first != asked)
            return err_set(err, ERR_FORMAT,
                           "netlist: part %u has %u registers, but the pipeline asks for %u", part,
                           next - first, asked);
    }
    if (next == net->num_cuts) return ERR_OK;
    return err_set(err, ERR_FORMAT, "netlist: register %u: part %u must be %u or more, below %u",
                   next, net->cuts[next].part, next > 0 ? net->cuts[next - 1].part : 0,
                   netlist_part_argmax(net) + 1);
}

/* A list of slice starts: from 0, never descending. */
static enum err_status check_starts(const char *what, const uint32_t *start, uint32_t count,
                                    struct err *err)
{
    if (start[0] != 0) return err_set(err, ERR_FORMAT, "netlist: %s slices must start at 0", what);
    for (uint32_t i = 0; i < count; i++) {
        if (start[i + 1] < start[i]) {
            return err_set(err, ERR_FORMAT, "netlist: %s slice %u ends before it starts", what, i);
        }
    }
    return ERR_OK;
}

static enum err_status check_step(const struct netlist *net, uint32_t step, struct err *err)
{
    uint32_t last = 0, codes = (uint32_t)1 << net->code_bits;

    if (net->step_feature[step] >= net->num_features) {
        return err_set(err, ERR_FORMAT, "netlist: step bit %u: feature %u, but there are only %u",
                       step, net->step_feature[step], net->num_features);
    }
    if (net->step_initial[step] > 1) {
        return err_set(err, ERR_FORMAT,
                       "netlist: step bit %u: initial value must be 0 or 1, not %u", step,
                       net->step_initial[step]);
    }
    for (uint32_t t = net->toggle_start[step]; t < net->toggle_start[step + 1]; t++) {
        uint32_t toggle = net->toggles[t];

        if (toggle <= last || toggle >= codes) {
            return err_set(err, ERR_FORMAT,
                           "netlist: step bit %u: toggle %u must be in %u..%u (ascending)", step,
                           toggle, last + 1, codes - 1);
        }
        last = toggle;
    }
    return ERR_OK;
}

static enum err_status fail_lut(const struct netlist *net, uint32_t lut, struct err *err,
                                const char *what, uint64_t value)
{
    const struct netlist_origin *o = &net->origin[lut];

    return err_set(err, ERR_FORMAT, "netlist: LUT %u (layer %u, LUT %u, part %u): %s (%llu)", lut,
                   o->layer, o->lut, o->part, what, (unsigned long long)value);
}

static bool origin_ascends(const struct netlist_origin *a, const struct netlist_origin *b)
{
    if (a->layer != b->layer) return a->layer < b->layer;
    if (a->lut != b->lut) return a->lut < b->lut;
    return a->part < b->part;
}

static enum err_status check_lut(const struct netlist *net, uint32_t lut, struct err *err)
{
    const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    uint32_t count = net->fan_in_count[lut];

    if (count > NETLIST_MAX_FAN_IN) {
        return fail_lut(net, lut, err, "more than 6 fan-ins", count);
    }
    for (uint32_t k = 0; k < NETLIST_MAX_FAN_IN; k++) {
        if (k >= count && fan_in[k] != 0) {
            return fail_lut(net, lut, err, "an unused fan-in entry is not 0", fan_in[k]);
        }
        if (k < count && fan_in[k] >= netlist_lut_signal(net, lut)) {
            return fail_lut(net, lut, err, "a fan-in is not smaller than its reader's number",
                            fan_in[k]);
        }
    }
    if (count < NETLIST_MAX_FAN_IN && net->table[lut] >> (1u << count) != 0) {
        return fail_lut(net, lut, err, "the table has bits beyond its fan-in", net->table[lut]);
    }
    if (net->origin[lut].layer >= net->num_layers) {
        return fail_lut(net, lut, err, "layer beyond the number of layers", net->num_layers);
    }
    if (lut > 0 && !origin_ascends(&net->origin[lut - 1], &net->origin[lut])) {
        return fail_lut(net, lut, err, "layer, LUT, part must ascend; not above those of LUT",
                        lut - 1);
    }
    return ERR_OK;
}

static enum err_status check_group(const struct netlist *net, uint32_t class, struct err *err)
{
    uint64_t signals = (uint64_t)net->num_steps + net->num_luts;
    uint64_t size = net->group_start[class + 1] - net->group_start[class];

    for (uint32_t i = net->group_start[class]; i < net->group_start[class + 1]; i++) {
        if (net->group[i] >= signals) {
            return err_set(err, ERR_FORMAT, "netlist: class %u: sums signal %u, but there are %llu",
                           class, net->group[i], (unsigned long long)signals);
        }
    }
    if (size + net->bias[class] > NETLIST_MAX_SCORE) {
        return err_set(err, ERR_FORMAT, "netlist: class %u: score may exceed %d", class,
                       NETLIST_MAX_SCORE);
    }
    return ERR_OK;
}

/* Behind the encoder's bits there are all code bits, in order, or nothing. */
static enum err_status check_code_bits(const struct netlist *net, struct err *err)
{
    uint64_t count = (uint64_t)net->num_features * net->code_bits;

    if (net->num_encoder_bits == net->num_steps) return ERR_OK;
    if (net->num_encoder_bits + count != net->num_steps) {
        return err_set(err, ERR_FORMAT,
                       "netlist: %u steps with %u encoder bits, but the codes have %llu bits",
                       net->num_steps, net->num_encoder_bits, (unsigned long long)count);
    }
    for (uint32_t s = net->num_encoder_bits; s < net->num_steps; s++) {
        uint32_t i = s - net->num_encoder_bits;
        unsigned k;

        if (net->step_feature[s] != i / net->code_bits || !netlist_is_code_bit(net, s, &k) ||
            k != i % net->code_bits) {
            return err_set(err, ERR_FORMAT, "netlist: step %u: not bit %u of feature %u's code", s,
                           i % net->code_bits, i / net->code_bits);
        }
    }
    return ERR_OK;
}

enum err_status netlist_check(const struct netlist *net, struct err *err)
{
    enum err_status status = check_head(net, err);

    if (status == ERR_OK) status = check_cuts(net, err);
    if (status == ERR_OK) status = check_starts("toggle", net->toggle_start, net->num_steps, err);
    for (uint32_t s = 0; s < net->num_steps && status == ERR_OK; s++)
        status = check_step(net, s, err);
    if (status == ERR_OK) status = check_code_bits(net, err);
    for (uint32_t l = 0; l < net->num_luts && status == ERR_OK; l++)
        status = check_lut(net, l, err);
    if (status == ERR_OK) status = check_starts("group", net->group_start, net->num_classes, err);
    for (uint32_t c = 0; c < net->num_classes && status == ERR_OK; c++)
        status = check_group(net, c, err);
    return status;
}
