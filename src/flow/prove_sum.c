#include "prove_sum.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BITS = 32 };

/* A linear form over nodes, modulo a power of two. */
struct form {
    const struct prove_graph *graph;
    uint64_t *weight;  /* [num_nodes] */
    uint8_t *listed;   /* [num_nodes] */
    uint8_t *terminal; /* [num_nodes] counted bits: never looked into */
    uint32_t *terms;   /* nodes that are listed */
    size_t num_terms;
    uint64_t constant, mask;
};

static void form_free(struct form *form)
{
    free(form->weight);
    free(form->listed);
    free(form->terminal);
    free(form->terms);
}

static bool form_create(struct form *form, const struct prove_graph *graph, unsigned bits)
{
    *form = (struct form){.graph = graph, .mask = (UINT64_C(1) << bits) - 1};
    form->weight = calloc(graph->num_nodes, sizeof *form->weight);
    form->listed = calloc(graph->num_nodes, 1);
    form->terminal = calloc(graph->num_nodes, 1);
    form->terms = malloc(graph->num_nodes * sizeof *form->terms);
    return form->weight != NULL && form->listed != NULL && form->terminal != NULL &&
           form->terms != NULL;
}

static void add_node(struct form *form, uint32_t number, uint64_t weight)
{
    if (!form->listed[number]) {
        form->listed[number] = 1;
        form->terms[form->num_terms++] = number;
    }
    form->weight[number] = (form->weight[number] + weight) & form->mask;
}

/* An inverted bit is 1 minus the bit; node 0 is 0. */
static void add_literal(struct form *form, uint32_t literal, uint64_t weight)
{
    if (literal & 1) {
        form->constant = (form->constant + weight) & form->mask;
        weight = 0 - weight;
    }
    if (literal > PROVE_TRUE) add_node(form, literal >> 1, weight);
}

/* Drops terms of weight 0, and sorts the others by level, highest first. */
static void tidy(struct form *form)
{
    const struct prove_node *nodes = form->graph->nodes;
    size_t kept = 0;

    for (size_t i = 0; i < form->num_terms; i++) {
        uint32_t number = form->terms[i];

        if (form->weight[number] == 0)
            form->listed[number] = 0;
        else
            form->terms[kept++] = number;
    }
    form->num_terms = kept;
    /* Insertion: all but the terms added last are in order. */
    for (size_t i = 1; i < kept; i++) {
        uint32_t number = form->terms[i];
        size_t k = i;

        for (; k > 0 && nodes[form->terms[k - 1]].level < nodes[number].level; k--)
            form->terms[k] = form->terms[k - 1];
        form->terms[k] = number;
    }
}

/* ---- counters ---- */

static bool can_give_way(const struct form *form, uint32_t number)
{
    return !form->terminal[number] && form->graph->nodes[number].fan_ins > 0;
}

/* Places of `node`'s inputs among those of `of`, or false when one is not there. */
static bool places(const struct prove_node *node, const struct prove_node *of, unsigned *place)
{
    unsigned at = 0;

    for (unsigned k = 0; k < node->fan_ins; k++) {
        while (at < of->fan_ins && of->in[at] < node->in[k])
            at++;
        if (at == of->fan_ins || of->in[at] != node->in[k]) return false;
        place[k] = at;
    }
    return true;
}

/* Adds weight * node to the sums at all addresses of the group's inputs. */
static void tabulate(const struct prove_node *node, const unsigned *place, uint64_t weight,
                     uint64_t *sums, unsigned size)
{
    for (unsigned a = 0; a < size; a++) {
        unsigned address = 0;

        for (unsigned k = 0; k < node->fan_ins; k++)
            address |= (a >> place[k] & 1U) << k;
        if (node->table >> address & 1) sums[a] += weight;
    }
}

/* The weighted sum of all terms that read no more than `top` does; `exact`: just what it reads. When
 * it is linear in these inputs, they take the terms' place. */
static bool replace_group(struct form *form, const struct prove_node *top, bool exact)
{
    unsigned size = 1U << top->fan_ins, place[PROVE_MAX_FAN_IN];
    uint64_t sums[1 << PROVE_MAX_FAN_IN] = {0}, weights[PROVE_MAX_FAN_IN];
    size_t count = form->num_terms;

    for (size_t i = 0; i < count; i++) {
        const struct prove_node *node = &form->graph->nodes[form->terms[i]];

        if (can_give_way(form, form->terms[i]) && (!exact || node->fan_ins == top->fan_ins) &&
            places(node, top, place))
            tabulate(node, place, form->weight[form->terms[i]], sums, size);
    }
    for (unsigned k = 0; k < top->fan_ins; k++)
        weights[k] = sums[1U << k]; /* sums[0] is 0: so are all tables at address 0 */
    for (unsigned a = 0; a < size; a++) {
        uint64_t linear = 0;

        for (unsigned k = 0; k < top->fan_ins; k++)
            linear += (a >> k & 1U) * weights[k];
        if (((linear - sums[a]) & form->mask) != 0) return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct prove_node *node = &form->graph->nodes[form->terms[i]];

        if (can_give_way(form, form->terms[i]) && (!exact || node->fan_ins == top->fan_ins) &&
            places(node, top, place))
            form->weight[form->terms[i]] = 0;
    }
    for (unsigned k = 0; k < top->fan_ins; k++)
        add_node(form, top->in[k], weights[k]);
    return true;
}

static bool reduce_once(struct form *form)
{
    for (size_t i = 0; i < form->num_terms; i++) {
        const struct prove_node *top = &form->graph->nodes[form->terms[i]];

        if (!can_give_way(form, form->terms[i])) continue;
        if (replace_group(form, top, false) || replace_group(form, top, true)) return true;
    }
    return false;
}

enum err_status prove_sum_check(const struct prove_graph *graph, const uint32_t *bits,
                                unsigned num_bits, const uint32_t *members, size_t num_members,
                                bool *proved, struct err *err)
{
    struct form form;
    size_t most = 0;

    *proved = false;
    for (size_t i = 0; i < num_members; i++)
        most += members[i] != PROVE_FALSE;
    if (num_bits > MAX_BITS || most >= UINT64_C(1) << num_bits) return ERR_OK;
    if (!form_create(&form, graph, num_bits)) {
        form_free(&form);
        return err_nomem(err, "a proof");
    }
    for (unsigned k = 0; k < num_bits; k++)
        add_literal(&form, bits[k], UINT64_C(1) << k);
    for (size_t i = 0; i < num_members; i++) {
        add_literal(&form, members[i], UINT64_MAX);
        form.terminal[members[i] >> 1] = 1;
    }
    do {
        tidy(&form);
    } while (form.num_terms > 0 && reduce_once(&form));
    *proved = form.num_terms == 0 && form.constant == 0;
    form_free(&form);
    return ERR_OK;
}
