#include "prove_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double prove_check_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void prove_check_free(struct prove_check *check)
{
    prove_model_free(check->model);
    prove_match_free(check->match);
    prove_load_free(check->load);
    prove_graph_free(check->graph);
    free(check->code_bits);
    free(check->scores);
    free(check->classes);
    free(check->class_proved);
}

/* ---- obligations ---- */

enum err_status prove_result_add(struct prove_result *result, const struct prove_obligation *add,
                                 const char *detail, struct err *err)
{
    struct prove_obligation *last;

    if (result->count == result->capacity) {
        size_t capacity = result->capacity > 0 ? 2 * result->capacity : 1024;
        struct prove_obligation *list =
            realloc(result->obligations, capacity * sizeof *result->obligations);

        if (list == NULL) return err_nomem(err, "a proof");
        result->obligations = list;
        result->capacity = capacity;
    }
    last = &result->obligations[result->count];
    *last = *add;
    last->detail = NULL;
    if (detail != NULL && detail[0] != '\0' && add->outcome != PROVE_PROVED) {
        last->detail = strdup(detail);
        if (last->detail == NULL) return err_nomem(err, "a proof");
    }
    result->count++;
    result->proved += add->outcome == PROVE_PROVED;
    result->failed += add->outcome == PROVE_FAILED;
    result->undecided += add->outcome == PROVE_OPEN;
    return ERR_OK;
}

static enum err_status add(struct prove_check *check, const char *part, const char *name,
                           const char *method, enum prove_outcome outcome, double start,
                           const char *detail, struct err *err)
{
    struct prove_obligation o = {.method = method, .outcome = outcome};

    snprintf(o.part, sizeof o.part, "%s%s", check->prefix, part);
    snprintf(o.name, sizeof o.name, "%s", name);
    o.seconds = prove_check_now() - start;
    return prove_result_add(check->result, &o, detail, err);
}

enum err_status prove_check_keep_pattern(struct prove_check *check, size_t pattern, struct err *err)
{
    size_t features = check->reference->num_features;

    if (check->result->codes != NULL) return ERR_OK;
    check->result->codes = malloc(features * sizeof *check->result->codes);
    if (check->result->codes == NULL) return err_nomem(err, "a proof");
    memcpy(check->result->codes, check->patterns->codes + pattern * features,
           features * sizeof *check->result->codes);
    return ERR_OK;
}

enum err_status prove_check_keep_point(struct prove_check *check, struct err *err)
{
    const struct prove_reference *reference = check->reference;
    uint32_t first = check->code_bits[0] >> 1,
             bits = reference->num_features * reference->code_bits;
    const uint32_t *nodes;
    const uint8_t *values;
    size_t count;

    if (check->result->codes != NULL) return ERR_OK;
    count = prove_equal_point(prove_match_equal(check->match), &nodes, &values);
    check->result->codes = calloc(reference->num_features, sizeof *check->result->codes);
    if (check->result->codes == NULL) return err_nomem(err, "a proof");
    for (size_t i = 0; i < count; i++) {
        uint32_t bit = nodes[i] - first;

        if (nodes[i] >= first && bit < bits && values[i])
            check->result->codes[bit / reference->code_bits] |=
                (uint16_t)(1U << bit % reference->code_bits);
    }
    return ERR_OK;
}

/* ---- ports ---- */

static enum err_status port(const struct prove_netlist *netlist, const char *name, bool input,
                            uint32_t width, const struct prove_wire **out, struct err *err)
{
    const struct prove_wire *wire = prove_netlist_port(netlist, name);

    if (wire == NULL || (input ? !wire->input : !wire->output) || wire->width != width)
        return err_set(err, ERR_DIFF, "the top has no %s %s of %u bits, as the manifest says",
                       input ? "input" : "output", name, width);
    *out = wire;
    return ERR_OK;
}

static enum err_status make_code_bits(struct prove_check *check, struct err *err)
{
    size_t count = (size_t)check->reference->num_features * check->reference->code_bits;

    check->code_bits = malloc(count * sizeof *check->code_bits);
    if (check->code_bits == NULL) return err_nomem(err, "a proof");
    for (size_t i = 0; i < count; i++)
        check->code_bits[i] =
            prove_graph_input(check->graph, check->patterns->inputs + i * check->patterns->words);
    return prove_graph_status(check->graph, err);
}

/* The core's inputs are what the encoder gives for some codes: nothing else can come in. */
static enum err_status set_data_inputs(struct prove_check *check, struct prove_load *load,
                                       struct err *err)
{
    const struct prove_reference *reference = check->reference;
    uint32_t width =
        check->core ? check->manifest->num_bits : reference->num_features * reference->code_bits;
    const struct prove_wire *in = NULL;
    enum err_status status =
        port(load->netlist, check->core ? "in_bits" : "in_codes", true, width, &in, err);

    for (uint32_t i = 0; i < width && status == ERR_OK; i++) {
        bool is_bit = check->core && i < reference->num_bits; /* otherwise it is a code's */
        uint32_t code = check->core ? i - reference->num_bits : i;

        if (is_bit) status = prove_model_step(check->model, i, NULL, err);
        if (status == ERR_OK)
            prove_load_input(load, in->nets[i],
                             is_bit ? check->model->levels[0].literal[i] : check->code_bits[code],
                             0);
    }
    return status;
}

enum err_status prove_check_inputs(struct prove_check *check, struct prove_load *load,
                                   struct err *err)
{
    static const char *const CONTROL[] = {"clk", "rst", "in_valid"};
    enum err_status status = set_data_inputs(check, load, err);

    for (size_t i = 0; i < 3 && status == ERR_OK; i++) {
        const struct prove_wire *wire = NULL;

        status = port(load->netlist, CONTROL[i], true, 1, &wire, err);
        if (status != ERR_OK) break;
        prove_load_input(load, wire->nets[0], PROVE_FALSE, PROVE_STAGE_CONTROL);
        if (i == 0) load->clock = wire->nets[0];
    }
    return status;
}

/* Literals of an output port; its bits must come after `latency` registers. */
static enum err_status load_output(struct prove_check *check, const char *name, uint32_t width,
                                   uint32_t *literals, struct err *err)
{
    const struct prove_wire *wire = NULL;
    double start = prove_check_now();
    char detail[200] = "";
    enum err_status status = port(check->netlist, name, false, width, &wire, err);

    for (uint32_t i = 0; i < width && status == ERR_OK; i++) {
        uint32_t net = wire->nets[i];
        int32_t stage;

        if (net == PROVE_NET_UNKNOWN) {
            snprintf(detail, sizeof detail, "%s[%u] is unknown (x)", name, i);
            literals[i] = PROVE_FALSE;
            continue;
        }
        status = prove_load_net(check->load, net, err);
        stage = check->load->stage[net];
        literals[i] = check->load->literal[net];
        if (status == ERR_OK && stage != PROVE_STAGE_ANY && stage != (int32_t)check->latency &&
            detail[0] == '\0')
            snprintf(detail, sizeof detail, "%s[%u] comes after %d registers, expected %u", name, i,
                     stage, check->latency);
    }
    if (status != ERR_OK) return status;
    return add(check, "registers", name, "stages counted on every path",
               detail[0] == '\0' ? PROVE_PROVED : PROVE_FAILED, start, detail, err);
}

/* ---- valid ---- */

/* One step back along the chain of valid bits: `net` must be a register that takes the next one, or 0
 * under reset. */
static enum err_status valid_step(struct prove_check *check, struct prove_load *cut, uint32_t rst,
                                  uint32_t *net, char *detail, size_t size, struct err *err)
{
    const struct prove_netlist *netlist = check->netlist;
    uint32_t driver = netlist->driver[*net], data, expected;
    const struct prove_cell *cell = &netlist->cells[driver < netlist->num_cells ? driver : 0];
    enum err_status status;
    char name[120];

    prove_netlist_net_name(netlist, *net, name, sizeof name);
    if (driver >= netlist->num_cells || cell->kind != PROVE_REGISTER ||
        cell->in[1] != check->load->clock || cell->in[0] == PROVE_NET_UNKNOWN) {
        snprintf(detail, size, "%.100s should be a register of the valid bit, and is not", name);
        return ERR_OK;
    }
    status = prove_load_net(cut, cell->in[0], err);
    if (status != ERR_OK) return status;
    data = cut->literal[cell->in[0]];
    for (uint32_t i = 0; i < netlist->num_nets; i++) {
        uint32_t in[2] = {cut->literal[i], cut->literal[rst]};

        if (cut->stage[i] != 0 || i == rst || cut->graph->nodes[in[0] >> 1].fan_ins > 0) continue;
        expected = prove_graph_lut(cut->graph, 2, in, 0x2);
        if (expected != data) continue;
        *net = i;
        return ERR_OK;
    }
    snprintf(detail, size, "%.100s does not take the valid bit before it, or 0 under reset", name);
    return ERR_OK;
}

/* The cell that gives what two of three copies say, or NULL. */
static const struct prove_cell *valid_voter(const struct prove_check *check, uint32_t net)
{
    const struct prove_netlist *n = check->netlist;
    const struct prove_cell *cell;

    if (!check->manifest->tmr || net == PROVE_NET_UNKNOWN || n->driver[net] >= n->num_cells)
        return NULL;
    cell = &n->cells[n->driver[net]];
    return cell->kind == PROVE_LUT && cell->count == 3 && (cell->table & 0xff) == 0xe8 ? cell
                                                                                       : NULL;
}

/* From `net` back through `left` registers to in_valid; behind a voter from each copy, which are voted on once
 * only. */
static enum err_status valid_from(struct prove_check *check, struct prove_load *cut, uint32_t rst,
                                  uint32_t in, uint32_t net, bool voted, char *detail, size_t size,
                                  struct err *err)
{
    const struct prove_cell *voter = voted ? NULL : valid_voter(check, net);
    enum err_status status = ERR_OK;

    for (unsigned k = 0; voter != NULL && k < 3; k++) {
        status = valid_from(check, cut, rst, in, voter->in[k], true, detail, size, err);
        if (status != ERR_OK || detail[0] != '\0' || k == 2) return status;
    }
    for (uint32_t i = 0; i < check->latency && status == ERR_OK && detail[0] == '\0'; i++) {
        if (net == PROVE_NET_UNKNOWN)
            snprintf(detail, size, "out_valid is unknown (x)");
        else
            status = valid_step(check, cut, rst, &net, detail, size, err);
    }
    if (status == ERR_OK && detail[0] == '\0' && net != PROVE_NET_UNKNOWN)
        status = prove_load_net(cut, net, err);
    if (status == ERR_OK && detail[0] == '\0' &&
        (net == PROVE_NET_UNKNOWN || cut->literal[net] != cut->literal[in]))
        snprintf(detail, size, "out_valid is not in_valid after %u registers", check->latency);
    return status;
}

static enum err_status valid_chain(struct prove_check *check, struct prove_load *cut, char *detail,
                                   size_t size, struct err *err)
{
    const struct prove_wire *rst = NULL, *in = NULL, *out = NULL;
    enum err_status status = port(check->netlist, "rst", true, 1, &rst, err);
    const uint64_t zero = 0;

    if (status == ERR_OK) status = port(check->netlist, "in_valid", true, 1, &in, err);
    if (status == ERR_OK) status = port(check->netlist, "out_valid", false, 1, &out, err);
    if (status != ERR_OK) return status;
    prove_load_input(cut, rst->nets[0], prove_graph_input(cut->graph, &zero), 0);
    prove_load_input(cut, in->nets[0], prove_graph_input(cut->graph, &zero), 0);
    return valid_from(check, cut, rst->nets[0], in->nets[0], out->nets[0], false, detail, size,
                      err);
}

/* In a network of its own, in which registers are inputs. */
static enum err_status check_valid(struct prove_check *check, struct err *err)
{
    double start = prove_check_now();
    struct prove_graph *graph = NULL;
    struct prove_load *cut = NULL;
    char detail[200] = "";
    enum err_status status = prove_graph_create(&graph, 1, err);

    if (status == ERR_OK) status = prove_load_create(&cut, check->netlist, graph, err);
    if (status == ERR_OK) {
        cut->cut = true;
        status = valid_chain(check, cut, detail, sizeof detail, err);
    }
    if (status == ERR_OK) status = prove_graph_status(graph, err);
    if (status == ERR_OK)
        status = add(check, "registers", "out_valid", "chain of registers, each reset to 0",
                     detail[0] == '\0' ? PROVE_PROVED : PROVE_FAILED, start, detail, err);
    prove_load_free(cut);
    prove_graph_free(graph);
    return status;
}

/* ---- simulation ---- */

static uint32_t number_at(const struct prove_check *check, const uint32_t *literals, unsigned count,
                          size_t pattern)
{
    uint32_t number = 0;

    for (unsigned k = 0; k < count; k++)
        number |= (uint32_t)prove_graph_value(check->graph, literals[k], pattern) << k;
    return number;
}

static uint32_t score_at(const struct prove_check *check, uint32_t class, size_t pattern)
{
    unsigned bits = check->manifest->score_bits;

    return number_at(check, check->scores + (size_t) class * bits, bits, pattern);
}

static uint32_t class_at(const struct prove_check *check, size_t pattern)
{
    return number_at(check, check->classes, check->manifest->class_bits, pattern);
}

static size_t find_different(const struct prove_check *check)
{
    const struct prove_patterns *p = check->patterns;
    uint32_t classes = check->reference->num_classes;

    for (size_t i = 0; i < p->count; i++) {
        if (class_at(check, i) != p->classes[i]) return i;
        for (uint32_t c = 0; check->manifest->scores && c < classes; c++) {
            if (score_at(check, c, i) != p->scores[i * classes + c]) return i;
        }
    }
    return p->count;
}

static enum err_status load_outputs(struct prove_check *check, struct err *err)
{
    const struct manifest *m = check->manifest;
    uint32_t bits = check->reference->num_classes * m->score_bits;
    double start = prove_check_now();
    enum err_status status = ERR_OK;

    check->scores = calloc(bits, sizeof *check->scores);
    check->classes = calloc(m->class_bits, sizeof *check->classes);
    check->class_proved = calloc(check->reference->num_classes, sizeof *check->class_proved);
    if (check->scores == NULL || check->classes == NULL || check->class_proved == NULL)
        return err_nomem(err, "a proof");
    if (m->scores) status = load_output(check, "out_scores", bits, check->scores, err);
    if (status == ERR_OK)
        status = load_output(check, "out_class", m->class_bits, check->classes, err);
    if (status == ERR_OK)
        status = add(check, "registers", "wires", "walk from the outputs to the inputs",
                     check->load->problem[0] == '\0' ? PROVE_PROVED : PROVE_FAILED, start,
                     check->load->problem, err);
    return status;
}

enum err_status prove_check_load(struct prove_check *check, size_t *different, struct err *err)
{
    enum err_status status = prove_graph_create(&check->graph, check->patterns->words, err);

    check->latency =
        check->core ? check->manifest->latency_cycles_core : check->manifest->latency_cycles;
    if (status == ERR_OK) status = make_code_bits(check, err);
    if (status == ERR_OK)
        status = prove_model_create(&check->model, check->reference, check->graph, check->code_bits,
                                    err);
    if (status == ERR_OK)
        status = prove_load_create(&check->load, check->netlist, check->graph, err);
    if (status == ERR_OK) status = prove_check_inputs(check, check->load, err);
    if (status == ERR_OK) status = load_outputs(check, err);
    if (status == ERR_OK) status = check_valid(check, err);
    if (status == ERR_OK) status = prove_graph_status(check->graph, err);
    if (status == ERR_OK) *different = find_different(check);
    return status;
}
