#include "prove_graph.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1 << 12 };

/* ---- tables ---- */

uint64_t prove_table_input(unsigned k)
{
    static const uint64_t INPUTS[PROVE_MAX_FAN_IN] = {
        UINT64_C(0xaaaaaaaaaaaaaaaa), UINT64_C(0xcccccccccccccccc), UINT64_C(0xf0f0f0f0f0f0f0f0),
        UINT64_C(0xff00ff00ff00ff00), UINT64_C(0xffff0000ffff0000), UINT64_C(0xffffffff00000000)};

    return INPUTS[k];
}

uint64_t prove_table_hold(uint64_t table, unsigned k, bool value)
{
    uint64_t ones = prove_table_input(k);
    unsigned shift = 1U << k;

    if (value) return (table & ones) | (table & ones) >> shift;
    return (table & ~ones) | (table & ~ones) << shift;
}

bool prove_table_reads(uint64_t table, unsigned k)
{
    uint64_t ones = prove_table_input(k);

    return (table & ones) >> (1U << k) != (table & ~ones);
}

/* Removes input k, which the table does not read. */
static uint64_t table_drop(uint64_t table, unsigned k)
{
    uint64_t dropped = 0;
    unsigned low = (1U << k) - 1;

    for (unsigned a = 0; a < 32; a++) {
        unsigned from = (a & low) | (a & ~low) << 1;

        dropped |= (table >> from & 1) << a;
    }
    return dropped | dropped << 32;
}

/* Exchanges inputs k and k + 1. */
static uint64_t table_exchange(uint64_t table, unsigned k)
{
    uint64_t low = prove_table_input(k), high = prove_table_input(k + 1);
    unsigned shift = 1U << k;

    return (table & ~(low ^ high)) | (table & low & ~high) << shift |
           (table & high & ~low) >> shift;
}

/* Inverts input k. */
static uint64_t table_invert(uint64_t table, unsigned k)
{
    uint64_t ones = prove_table_input(k);
    unsigned shift = 1U << k;

    return (table & ones) >> shift | (table & ~ones) << shift;
}

/* The table repeated until all 64 bits are used, so that inputs beyond `count` are unread. */
static uint64_t table_spread(uint64_t table, unsigned count)
{
    table &= prove_table_mask(count);
    for (unsigned k = count; k < PROVE_MAX_FAN_IN; k++)
        table |= table << (1U << k);
    return table;
}

/* Multiplexers from the table's constants down to one word, for every word. */
void prove_table_simulate(uint64_t table, unsigned count,
                          const uint64_t *const in[PROVE_MAX_FAN_IN], uint64_t *out, size_t words)
{
    unsigned half = 1U << (count - 1);

    for (size_t w = 0; w < words; w++) {
        uint64_t row[32];

        for (unsigned i = 0; i < half; i++) {
            uint64_t x = in[0][w];
            uint64_t off = 0 - (table >> (2 * i) & 1), on = 0 - (table >> (2 * i + 1) & 1);

            row[i] = (off & ~x) | (on & x);
        }
        for (unsigned k = 1, rows = half / 2; k < count; k++, rows /= 2) {
            uint64_t x = in[k][w];

            for (unsigned i = 0; i < rows; i++)
                row[i] = (row[2 * i] & ~x) | (row[2 * i + 1] & x);
        }
        out[w] = row[0];
    }
}

/* ---- memory ---- */

static bool grow_nodes(struct prove_graph *graph)
{
    uint32_t capacity = graph->capacity > 0 ? 2 * graph->capacity : FIRST_CAPACITY;
    struct prove_node *nodes;
    uint64_t *values;

    if (graph->num_nodes < graph->capacity) return true;
    if (capacity > PROVE_MAX_NODES) return false;
    nodes = realloc(graph->nodes, capacity * sizeof *nodes);
    if (nodes == NULL) return false;
    graph->nodes = nodes;
    values = realloc(graph->values, capacity * graph->words * sizeof *values);
    if (values == NULL) return false;
    graph->values = values;
    graph->capacity = capacity;
    return true;
}

static uint32_t hash_node(const struct prove_node *node)
{
    uint64_t hash = node->table * UINT64_C(0x9e3779b97f4a7c15);

    for (unsigned k = 0; k < node->fan_ins; k++)
        hash = (hash ^ hash >> 29 ^ node->in[k]) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(hash >> 32);
}

static bool grow_hash(struct prove_graph *graph)
{
    uint32_t size = graph->hash_size > 0 ? 2 * graph->hash_size : FIRST_CAPACITY;
    uint32_t *heads;

    if (graph->num_nodes < graph->hash_size) return true;
    heads = calloc(size, sizeof *heads);
    if (heads == NULL) return false;
    free(graph->heads);
    graph->heads = heads;
    graph->hash_size = size;
    for (uint32_t i = 0; i < graph->num_nodes; i++) {
        struct prove_node *node = &graph->nodes[i];
        uint32_t slot = hash_node(node) & (size - 1);

        if (node->fan_ins == 0) continue;
        node->next = heads[slot];
        heads[slot] = i;
    }
    return true;
}

static bool reserve(struct prove_graph *graph)
{
    if (graph->status == ERR_OK && (!grow_nodes(graph) || !grow_hash(graph)))
        graph->status = ERR_NOMEM;
    return graph->status == ERR_OK;
}

enum err_status prove_graph_create(struct prove_graph **out, size_t words, struct err *err)
{
    struct prove_graph *graph = calloc(1, sizeof *graph);

    if (graph == NULL) return err_nomem(err, "a proof");
    graph->words = words;
    if (!reserve(graph)) {
        prove_graph_free(graph);
        return err_nomem(err, "a proof");
    }
    memset(&graph->nodes[0], 0, sizeof graph->nodes[0]);
    memset(graph->values, 0, words * sizeof *graph->values);
    graph->num_nodes = 1;
    *out = graph;
    return ERR_OK;
}

void prove_graph_free(struct prove_graph *graph)
{
    if (graph == NULL) return;
    free(graph->nodes);
    free(graph->values);
    free(graph->heads);
    free(graph);
}

enum err_status prove_graph_status(const struct prove_graph *graph, struct err *err)
{
    return graph->status == ERR_OK ? ERR_OK : err_nomem(err, "the network of a proof");
}

/* ---- nodes ---- */

uint32_t prove_graph_input(struct prove_graph *graph, const uint64_t *values)
{
    uint32_t node = graph->num_nodes;

    if (!reserve(graph)) return PROVE_FALSE;
    graph->nodes[node] = (struct prove_node){0};
    memcpy(graph->values + (size_t)node * graph->words, values, graph->words * sizeof *values);
    graph->num_nodes++;
    return 2 * node;
}

static void simulate(struct prove_graph *graph, uint32_t number)
{
    const struct prove_node *node = &graph->nodes[number];
    const uint64_t *in[PROVE_MAX_FAN_IN];

    for (unsigned k = 0; k < PROVE_MAX_FAN_IN; k++) /* unused ones are node 0 */
        in[k] = graph->values + (size_t)node->in[k] * graph->words;
    prove_table_simulate(node->table, node->fan_ins, in,
                         graph->values + (size_t)number * graph->words, graph->words);
}

static uint32_t find_or_add(struct prove_graph *graph, const struct prove_node *node)
{
    uint32_t hash = hash_node(node), number;
    struct prove_node *added;

    for (uint32_t i = graph->heads[hash & (graph->hash_size - 1)]; i != 0;
         i = graph->nodes[i].next) {
        const struct prove_node *other = &graph->nodes[i];

        if (other->table == node->table && other->fan_ins == node->fan_ins &&
            memcmp(other->in, node->in, sizeof node->in) == 0)
            return 2 * i;
    }
    if (!reserve(graph)) return PROVE_FALSE;
    number = graph->num_nodes++;
    added = &graph->nodes[number];
    *added = *node;
    for (unsigned k = 0; k < node->fan_ins; k++) {
        uint32_t level = graph->nodes[node->in[k]].level + 1;

        if (level > added->level) added->level = level;
    }
    added->next = graph->heads[hash & (graph->hash_size - 1)];
    graph->heads[hash & (graph->hash_size - 1)] = number;
    simulate(graph, number);
    return 2 * number;
}

/* Inputs as plain nodes in ascending order; equal neighbours become one. */
static uint64_t sort_inputs(struct prove_node *node, uint64_t table)
{
    for (unsigned done = 1; done < node->fan_ins; done++) {
        for (unsigned k = done; k > 0 && node->in[k - 1] > node->in[k]; k--) {
            uint32_t other = node->in[k];

            node->in[k] = node->in[k - 1];
            node->in[k - 1] = other;
            table = table_exchange(table, k - 1);
        }
    }
    for (unsigned k = 0; k + 1 < node->fan_ins; k++) {
        if (node->in[k] != node->in[k + 1]) continue;
        /* Input k follows input k + 1: it is then unread, and dropped below. */
        table = (prove_table_hold(table, k, true) & prove_table_input(k + 1)) |
                (prove_table_hold(table, k, false) & ~prove_table_input(k + 1));
    }
    return table;
}

uint32_t prove_graph_lut(struct prove_graph *graph, unsigned count, const uint32_t *literals,
                         uint64_t table)
{
    struct prove_node node = {.fan_ins = count};
    bool inverted;

    table = table_spread(table, count);
    for (unsigned k = 0; k < count; k++) {
        node.in[k] = literals[k] >> 1;
        if (literals[k] & 1) table = table_invert(table, k);
        if (node.in[k] == 0) table = prove_table_hold(table, k, false);
    }
    table = sort_inputs(&node, table);
    for (unsigned k = node.fan_ins; k-- > 0;) {
        if (prove_table_reads(table, k)) continue;
        table = table_drop(table, k);
        node.fan_ins--;
        memmove(node.in + k, node.in + k + 1, (node.fan_ins - k) * sizeof *node.in);
    }
    memset(node.in + node.fan_ins, 0, (PROVE_MAX_FAN_IN - node.fan_ins) * sizeof *node.in);
    inverted = table & 1;
    if (inverted) table = ~table;
    if (node.fan_ins == 0) return inverted ? PROVE_TRUE : PROVE_FALSE;
    if (node.fan_ins == 1) return 2 * node.in[0] + inverted; /* the only table with bit 0 clear */
    node.table = table & prove_table_mask(node.fan_ins);
    return find_or_add(graph, &node) ^ inverted;
}
