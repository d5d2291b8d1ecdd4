/* Where a fault is: names in the netlist say which wire should have been an encoder bit or LUT. */
#include "prove_check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether `name` has `word` followed by the number and no further digit. */
static bool names_number(const char *name, const char *word, size_t number)
{
    char text[48];
    size_t length = (size_t)snprintf(text, sizeof text, "%s%zu", word, number);

    for (const char *at = strstr(name, text); at != NULL; at = strstr(at + 1, text)) {
        if (!isdigit((unsigned char)at[length]) && at[length] != '_') return true;
    }
    return false;
}

static uint32_t find_lut_net(const struct prove_netlist *netlist, size_t layer, uint32_t lut)
{
    for (uint32_t i = 0; i < netlist->num_cells; i++) {
        const struct prove_cell *cell = &netlist->cells[i];
        const char *name = netlist->origins[cell->origin];

        if (cell->source == PROVE_FROM_LUT && strstr(name, "layer") != NULL &&
            (names_number(name, "layer", layer)) && names_number(name, "u_lut", lut))
            return cell->out;
    }
    return PROVE_NET_UNKNOWN;
}

static uint32_t find_bit_net(const struct prove_netlist *netlist, uint32_t num_bits, uint32_t bit)
{
    for (uint32_t i = netlist->num_ports; i < netlist->num_wires; i++) {
        const struct prove_wire *wire = &netlist->wires[i];

        if (wire->width == num_bits && strstr(wire->name, "encoder") != NULL)
            return wire->nets[bit];
    }
    return PROVE_NET_UNKNOWN;
}

/* Values of all nodes where the last difference is. */
static uint8_t *evaluate_point(const struct prove_check *check)
{
    const struct prove_graph *graph = check->graph;
    uint8_t *values = calloc(graph->num_nodes, 1);
    const uint32_t *nodes;
    const uint8_t *bits;
    size_t count = prove_equal_point(prove_match_equal(check->match), &nodes, &bits);

    if (values == NULL) return NULL;
    for (size_t i = 0; i < count; i++)
        values[nodes[i]] = bits[i];
    for (uint32_t n = 1; n < graph->num_nodes; n++) {
        const struct prove_node *node = &graph->nodes[n];
        unsigned address = 0;

        for (unsigned k = 0; k < node->fan_ins; k++)
            address |= (unsigned)values[node->in[k]] << k;
        if (node->fan_ins > 0) values[n] = node->table >> address & 1;
    }
    return values;
}

/* A difference: at a pattern, or (values not NULL) at the last point. */
struct place {
    size_t pattern;
    const uint8_t *values;
};

static unsigned value_at(const struct prove_check *check, const struct place *place,
                         uint32_t literal)
{
    if (place->values != NULL) return (place->values[literal >> 1] ^ literal) & 1U;
    return prove_graph_value(check->graph, literal, place->pattern);
}

static void describe(const struct prove_check *check, const struct place *place, size_t level,
                     uint32_t signal, uint32_t net, char *detail, size_t size)
{
    uint32_t own = check->model->levels[level].literal[signal];
    unsigned expected = value_at(check, place, own), address = 0;
    char name[120];

    prove_netlist_net_name(check->netlist, net, name, sizeof name);
    if (level == 0) {
        const struct prove_reference *reference = check->reference;
        uint32_t feature = reference->step_feature[signal];

        for (unsigned k = 0; k < reference->code_bits; k++)
            address |= value_at(check, place, check->code_bits[feature * reference->code_bits + k])
                       << k;
        snprintf(detail, size, "feature %u, code %u: expected %u, got %u at %s", feature, address,
                 expected, !expected, name);
    } else {
        const struct prove_layer *layer = &check->reference->layers[level - 1];
        const struct prove_signals *below = &check->model->levels[level - 1];

        for (unsigned k = 0; k < layer->inputs; k++) {
            uint32_t wire = layer->wires[(size_t)signal * layer->inputs + k];

            if (wire < below->count) address |= value_at(check, place, below->literal[wire]) << k;
        }
        snprintf(detail, size, "address %u: expected %u, got %u at %s", address, expected,
                 !expected, name);
    }
}

enum err_status prove_check_locate(struct prove_check *check, size_t level, uint32_t signal,
                                   char *detail, size_t size, bool *different, struct err *err)
{
    uint32_t net = level == 0 ? find_bit_net(check->netlist, check->manifest->num_bits, signal)
                              : find_lut_net(check->netlist, level - 1, signal);
    uint32_t own = check->model->levels[level].literal[signal], literal;
    struct place place = {0};
    enum prove_verdict verdict = PROVE_UNDECIDED;
    enum err_status status = ERR_OK;
    uint8_t *values = NULL;

    *different = false;
    if (net == PROVE_NET_UNKNOWN || check->load->stage[net] == PROVE_STAGE_NONE) return ERR_OK;
    literal = check->load->literal[net];
    while (place.pattern < check->patterns->count &&
           prove_graph_value(check->graph, own, place.pattern) ==
               prove_graph_value(check->graph, literal, place.pattern))
        place.pattern++;
    *different = place.pattern < check->patterns->count;
    if (*different) {
        status = prove_check_keep_pattern(check, place.pattern, err);
    } else {
        status = prove_match_check(check->match, own, literal, &verdict, err);
        *different = status == ERR_OK && verdict == PROVE_DIFFERENT;
        if (*different) status = prove_check_keep_point(check, err);
        if (*different) values = evaluate_point(check);
        place.values = values;
    }
    if (status == ERR_OK && *different && (values != NULL || place.values == NULL))
        describe(check, &place, level, signal, net, detail, size);
    free(values);
    return status;
}
