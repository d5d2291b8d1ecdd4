/* After synthesis against before: every wire of the netlist before is looked for in the one after, from
 * the inputs on, so that each step is a small one. */
#include "prove_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ranks: what the LUTs of the last layer read is below RANK_LUTS, they have this one, the counters that
 * read them are above; the class sums have RANK_SCORES, nodes of the argmax higher ones. */
/* The diagram of a maximum, highest bits first, has a node for each set of classes that may still be it:
 * of so many classes it is small, and nothing in between need be found. */
enum { MAX_TIED = 12 };

enum { RANK_LUTS = 10000, RANK_SCORES = 30000 };

/* The netlist before, being placed beside the one after. */
struct guide {
    struct prove_check *check; /* after */
    const struct prove_check *other;
    struct prove_load *load;
    bool scored;      /* the sums are done */
    uint16_t *rank;   /* [nodes of other->graph] below the sums */
    uint32_t *net_of; /* [nodes of other->graph] a net of that function, or PROVE_NET_UNKNOWN */
};

/* LUTs and what reads them are told from their readers by the netlist before, where nothing is rebuilt. */
static enum err_status rank_nodes(struct guide *guide, struct err *err)
{
    const struct prove_graph *graph = guide->other->graph;
    const struct prove_signals *top =
        &guide->other->model->levels[guide->other->model->num_levels - 1];
    uint16_t *rank = calloc(graph->num_nodes, sizeof *rank);

    if (rank == NULL) return err_nomem(err, "a proof");
    guide->rank = rank;
    for (uint32_t i = 0; i < top->count; i++)
        rank[top->literal[i] >> 1] = RANK_LUTS;
    for (uint32_t i = 0; i < graph->num_nodes; i++) {
        const struct prove_node *node = &graph->nodes[i];
        uint32_t level = node->level + 1 < RANK_LUTS ? node->level + 1 : RANK_LUTS - 1;
        bool above = false;

        for (unsigned k = 0; k < node->fan_ins; k++)
            above |= rank[node->in[k]] >= RANK_LUTS;
        if (above)
            rank[i] = (uint16_t)(RANK_LUTS + level);
        else if (rank[i] == 0)
            rank[i] = (uint16_t)level;
    }
    return ERR_OK;
}

static enum err_status known(void *user, uint32_t net, uint32_t *literal, struct err *err)
{
    struct guide *guide = user;
    uint32_t level = guide->check->graph->nodes[*literal >> 1].level;
    uint16_t rank = guide->rank[guide->other->load->literal[net] >> 1];

    if (guide->scored && guide->check->manifest->num_classes <= MAX_TIED) return ERR_OK;
    if (guide->scored) rank = (uint16_t)(RANK_SCORES + 1 + (level < RANK_LUTS ? level : RANK_LUTS));
    return prove_match_find(guide->check->match, literal, rank, NULL, err);
}

/* From now on what read `before` reads `after`. */
static void replace(const struct prove_load *load, uint32_t before, uint32_t after)
{
    for (uint32_t net = 0; net < load->netlist->num_nets; net++) {
        if (before > PROVE_TRUE && load->literal[net] >> 1 == before >> 1)
            load->literal[net] = after ^ ((load->literal[net] ^ before) & 1);
    }
}

/* One output bit of both. Before reads from now on what it is after: the class is a function of the
 * sums, whatever these are. */
static enum err_status check_bit(struct guide *guide, const char *port, uint32_t bit,
                                 uint32_t literal, size_t different, enum prove_verdict *verdict,
                                 struct err *err)
{
    const struct prove_wire *wire = prove_netlist_port(guide->other->netlist, port);
    struct prove_match *match = guide->check->match;
    enum err_status status = prove_load_net(guide->load, wire->nets[bit], err);
    uint32_t before;

    if (status != ERR_OK) return status;
    before = guide->load->literal[wire->nets[bit]];
    status = prove_match_check(match, before, literal, verdict, err);
    /* Without registers in between, the class may read parts of the counters instead of the sums. */
    if (status == ERR_OK && guide->scored && *verdict != PROVE_EQUAL && !guide->check->brief &&
        different == guide->check->patterns->count) {
        prove_match_floor(match, 0);
        status = prove_match_check(match, before, literal, verdict, err);
        prove_match_floor(match, RANK_SCORES);
    }
    replace(guide->load, before, literal);
    return status;
}

/* Whether a bit of a sum may be another one than in the netlist that was proved. */
static bool may_differ(const struct guide *guide, uint32_t class)
{
    const struct prove_check *check = guide->check;
    const struct prove_wire *wire = prove_netlist_port(check->netlist, "out_scores");

    for (uint32_t k = 0; check->changed != NULL && k < check->manifest->score_bits; k++) {
        uint32_t net = wire->nets[class * check->manifest->score_bits + k];

        if (net != PROVE_NET_UNKNOWN && check->changed[net]) return true;
    }
    return check->changed == NULL;
}

/* Before is what it is after, without a comparison. */
static void take_score(struct guide *guide, uint32_t class)
{
    const struct prove_check *other = guide->other;
    uint32_t bits = guide->check->manifest->score_bits;

    for (uint32_t k = class * bits; k < (class + 1) * bits; k++) {
        uint32_t before = other->scores[k];

        for (uint32_t net = 0; net < other->netlist->num_nets && before > PROVE_TRUE; net++) {
            if (other->load->stage[net] != PROVE_STAGE_NONE &&
                other->load->literal[net] >> 1 == before >> 1)
                prove_load_input(guide->load, net,
                                 guide->check->scores[k] ^
                                     ((other->load->literal[net] ^ before) & 1),
                                 other->load->stage[net]);
        }
    }
}

/* `count` bits of a port from `first` on, as one obligation. */
static enum err_status check_bits(struct guide *guide, const char *port, uint32_t first,
                                  uint32_t count, const uint32_t *literals,
                                  struct prove_obligation *o, size_t different, bool *all,
                                  struct err *err)
{
    double start = prove_check_now();
    enum err_status status = ERR_OK;
    char detail[120] = "";

    snprintf(o->part, sizeof o->part, "%soutputs", guide->check->prefix);
    o->method = "wire by wire";
    o->outcome = PROVE_PROVED;
    for (uint32_t i = first; i < first + count && status == ERR_OK && detail[0] == '\0'; i++) {
        enum prove_verdict verdict = PROVE_EQUAL;

        status = check_bit(guide, port, i, literals[i], different, &verdict, err);
        if (status != ERR_OK || verdict == PROVE_EQUAL) continue;
        o->outcome = verdict == PROVE_DIFFERENT || different < guide->check->patterns->count
                         ? PROVE_FAILED
                         : PROVE_OPEN;
        snprintf(detail, sizeof detail, "%s[%u] is not what it was before synthesis", port, i);
        if (different < guide->check->patterns->count)
            status = prove_check_keep_pattern(guide->check, different, err);
        else if (verdict == PROVE_DIFFERENT)
            status = prove_check_keep_point(guide->check, err);
    }
    *all = *all && o->outcome == PROVE_PROVED;
    o->seconds = prove_check_now() - start;
    return status == ERR_OK ? prove_result_add(guide->check->result, o, detail, err) : status;
}

static bool goes_on(const struct guide *guide, bool all)
{
    return all || !guide->check->brief;
}

static enum err_status check_outputs(struct guide *guide, size_t different, bool *all,
                                     struct err *err)
{
    const struct manifest *m = guide->check->manifest;
    enum err_status status = ERR_OK;

    for (uint32_t c = 0;
         m->scores && c < m->num_classes && status == ERR_OK && goes_on(guide, *all); c++) {
        struct prove_obligation o = {.method = NULL};

        if (!may_differ(guide, c)) {
            take_score(guide, c);
            continue;
        }
        snprintf(o.name, sizeof o.name, "score of class %u", c);
        status = check_bits(guide, "out_scores", c * m->score_bits, m->score_bits,
                            guide->check->scores, &o, different, all, err);
    }
    if (m->scores && status == ERR_OK && goes_on(guide, *all)) {
        guide->scored = true;
        status = prove_match_scores(guide->check->match, guide->check->scores, m->num_classes,
                                    m->score_bits, RANK_SCORES, err);
    }
    for (uint32_t k = 0; k < m->class_bits && status == ERR_OK && goes_on(guide, *all); k++) {
        struct prove_obligation o = {.method = NULL};

        snprintf(o.name, sizeof o.name, "class bit %u", k);
        status =
            check_bits(guide, "out_class", k, 1, guide->check->classes, &o, different, all, err);
    }
    return status;
}

/* ---- the model's signals, for the list ---- */

static enum err_status list_signal(struct guide *guide, size_t level, uint32_t i, bool all,
                                   uint32_t num_hardware, struct err *err)
{
    const struct prove_signals *signals = &guide->other->model->levels[level];
    uint32_t node = signals->literal[i] >> 1;
    uint32_t net = PROVE_NET_UNKNOWN;
    struct prove_obligation o = {.outcome = all ? PROVE_PROVED : PROVE_OPEN,
                                 .method = "within what reads it"};

    if (signals->method[i] != PROVE_NOT_FOUND) net = guide->net_of[node];
    if (net != PROVE_NET_UNKNOWN && guide->load->stage[net] != PROVE_STAGE_NONE &&
        guide->load->literal[net] >> 1 < num_hardware) {
        o.outcome = PROVE_PROVED;
        o.method = "wire by wire";
    }
    if (level == 0) {
        snprintf(o.part, sizeof o.part, "%sencoder", guide->check->prefix);
        snprintf(o.name, sizeof o.name, "bit %u", i);
    } else {
        snprintf(o.part, sizeof o.part, "%slayer%u", guide->check->prefix, (unsigned)level - 1);
        snprintf(o.name, sizeof o.name, "LUT %u", i);
    }
    return prove_result_add(guide->check->result, &o,
                            "nothing after synthesis was found equal to it", err);
}

static enum err_status list_signals(struct guide *guide, bool all, uint32_t num_hardware,
                                    struct err *err)
{
    const struct prove_model *model = guide->other->model;
    const struct prove_load *before = guide->other->load;
    enum err_status status = ERR_OK;

    memset(guide->net_of, 0xff, guide->other->graph->num_nodes * sizeof *guide->net_of);
    for (uint32_t net = before->netlist->num_nets; net-- > 0;) {
        if (before->stage[net] != PROVE_STAGE_NONE) guide->net_of[before->literal[net] >> 1] = net;
    }
    for (size_t l = guide->check->core ? 1 : 0; l < model->num_levels; l++) {
        for (uint32_t i = 0; i < model->levels[l].count && status == ERR_OK; i++) {
            if (model->levels[l].needed[i])
                status = list_signal(guide, l, i, all, num_hardware, err);
        }
    }
    return status;
}

enum err_status prove_check_same(struct prove_check *check, const struct prove_check *other,
                                 size_t different, struct err *err)
{
    struct guide guide = {.check = check, .other = other};
    uint32_t num_hardware = check->graph->num_nodes;
    bool all = true;
    enum err_status status = prove_match_create(&check->match, check->graph, err);

    if (status == ERR_OK)
        status = prove_load_create(&guide.load, other->netlist, check->graph, err);
    guide.net_of = malloc(other->graph->num_nodes * sizeof *guide.net_of);
    if (status == ERR_OK && guide.net_of == NULL) status = err_nomem(err, "a proof");
    if (status == ERR_OK) status = rank_nodes(&guide, err);
    if (status == ERR_OK) {
        prove_match_waypoint(check->match, RANK_LUTS);
        guide.load->known = known;
        guide.load->user = &guide;
        status = prove_check_inputs(check, guide.load, err);
    }
    if (status == ERR_OK) status = check_outputs(&guide, different, &all, err);
    if (status == ERR_OK && goes_on(&guide, all))
        status = list_signals(&guide, all, num_hardware, err);
    if (status == ERR_OK) status = prove_graph_status(check->graph, err);
    prove_load_free(guide.load);
    free(guide.net_of);
    free(guide.rank);
    return status;
}
