#include "prove_match.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_LOOKED = 256, /* hardware nodes with the right values that are looked at for one function */
    MAX_TRIES = 8,    /* of these, tried in each of two rounds */
    TRIED_DIAGRAM = 1 << 15 /* nodes of the diagrams of one that is only tried */
};

#define NOT_TRIED UINT32_MAX

struct prove_match {
    struct prove_graph *graph;
    struct prove_equal *equal;
    uint32_t num_hardware;
    uint32_t *heads, *next; /* of equal simulation: [num_heads], [num_hardware] */
    uint32_t num_heads;
    uint32_t *found; /* [size] of a model node: its literal, or NOT_TRIED */
    uint8_t *method; /* [size] */
    uint32_t size;
    uint16_t floor;
};

/* Nodes with values inverted to each other are alike. */
static uint64_t phase(const struct prove_graph *graph, uint32_t number)
{
    return 0 - (graph->values[(size_t)number * graph->words] & 1);
}

static uint32_t hash_values(const struct prove_match *match, uint32_t number)
{
    const struct prove_graph *graph = match->graph;
    const uint64_t *row = graph->values + (size_t)number * graph->words;
    uint64_t inverted = phase(graph, number), hash = 0;

    for (size_t w = 0; w < graph->words; w++)
        hash = (hash ^ hash >> 31 ^ row[w] ^ inverted) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32) & (match->num_heads - 1);
}

static bool same_values(const struct prove_graph *graph, uint32_t a, uint32_t b)
{
    const uint64_t *x = graph->values + (size_t)a * graph->words;
    const uint64_t *y = graph->values + (size_t)b * graph->words;
    uint64_t inverted = phase(graph, a) ^ phase(graph, b);

    for (size_t w = 0; w < graph->words; w++) {
        if (x[w] != (y[w] ^ inverted)) return false;
    }
    return true;
}

enum err_status prove_match_create(struct prove_match **out, struct prove_graph *graph,
                                   struct err *err)
{
    struct prove_match *match = calloc(1, sizeof *match);
    enum err_status status;

    if (match == NULL) return err_nomem(err, "a proof");
    match->graph = graph;
    match->num_hardware = graph->num_nodes;
    match->num_heads = 1;
    while (match->num_heads < graph->num_nodes)
        match->num_heads *= 2;
    match->heads = malloc(match->num_heads * sizeof *match->heads);
    match->next = malloc(match->num_hardware * sizeof *match->next);
    status = match->heads == NULL || match->next == NULL
                 ? err_nomem(err, "a proof")
                 : prove_equal_create(&match->equal, graph, err);
    if (status != ERR_OK) {
        prove_match_free(match);
        return status;
    }
    memset(match->heads, 0xff, match->num_heads * sizeof *match->heads);
    for (uint32_t i = match->num_hardware; i-- > 0;) {
        uint32_t slot = hash_values(match, i);

        match->next[i] = match->heads[slot];
        match->heads[slot] = i;
    }
    *out = match;
    return ERR_OK;
}

void prove_match_free(struct prove_match *match)
{
    if (match == NULL) return;
    prove_equal_free(match->equal);
    free(match->heads);
    free(match->next);
    free(match->found);
    free(match->method);
    free(match);
}

static enum err_status follow(struct prove_match *match, struct err *err)
{
    uint32_t size = match->graph->capacity;
    uint32_t *found;
    uint8_t *method;

    if (size <= match->size) return ERR_OK;
    found = realloc(match->found, size * sizeof *found);
    if (found != NULL) match->found = found;
    method = realloc(match->method, size);
    if (method != NULL) match->method = method;
    if (found == NULL || method == NULL) return err_nomem(err, "a proof");
    memset(found + match->size, 0xff, (size - match->size) * sizeof *found);
    memset(method + match->size, 0, size - match->size);
    match->size = size;
    return ERR_OK;
}

enum err_status prove_match_check(struct prove_match *match, uint32_t a, uint32_t b,
                                  enum prove_verdict *verdict, struct err *err)
{
    if (a == b) {
        *verdict = PROVE_EQUAL;
        return ERR_OK;
    }
    return prove_equal_check(match->equal, a, b, match->floor, PROVE_MAX_DIAGRAM, verdict, err);
}

const struct prove_equal *prove_match_equal(const struct prove_match *match)
{
    return match->equal;
}

/* Tries one hardware node for model node `number`. */
static enum err_status try_node(struct prove_match *match, uint32_t number, uint32_t candidate,
                                struct err *err)
{
    uint32_t literal =
        2 * candidate + (phase(match->graph, number) != phase(match->graph, candidate));
    enum prove_verdict verdict;
    enum err_status status = prove_equal_check(match->equal, 2 * number, literal, match->floor,
                                               TRIED_DIAGRAM, &verdict, err);

    if (status != ERR_OK || verdict != PROVE_EQUAL) return status;
    match->found[number] = literal;
    match->method[number] = PROVE_BY_DIAGRAM;
    return ERR_OK;
}

/* Tries the hardware nodes that simulate like model node `number`: first those that read nothing that it
 * does not, then a few others. */
static enum err_status search(struct prove_match *match, uint32_t number, struct err *err)
{
    uint32_t first = match->heads[hash_values(match, number)];
    enum err_status status = ERR_OK;

    match->found[number] = 2 * number;
    for (int others = 0; others < 2; others++) {
        uint32_t candidate = first;

        for (unsigned looked = 0, tries = 0;
             candidate != UINT32_MAX && looked < MAX_LOOKED && tries < MAX_TRIES;
             candidate = match->next[candidate]) {
            uint32_t distance;

            if (!same_values(match->graph, number, candidate)) continue;
            looked++;
            status = prove_equal_distance(match->equal, 2 * number, 2 * candidate, &distance, err);
            if (status != ERR_OK) return status;
            if (distance == PROVE_TOO_FAR || (distance > 0) != (others != 0)) continue;
            tries++;
            status = try_node(match, number, candidate, err);
            if (status != ERR_OK || match->method[number] != PROVE_NOT_FOUND) return status;
        }
    }
    return status;
}

void prove_match_waypoint(struct prove_match *match, uint16_t rank)
{
    prove_equal_waypoint(match->equal, rank);
}

void prove_match_floor(struct prove_match *match, uint16_t floor)
{
    match->floor = floor;
}

enum err_status prove_match_scores(struct prove_match *match, const uint32_t *literals,
                                   size_t num_scores, unsigned bits, uint16_t floor,
                                   struct err *err)
{
    size_t count = num_scores * bits;
    uint32_t *order = malloc(count * sizeof *order);
    enum err_status status = order == NULL ? err_nomem(err, "a proof") : ERR_OK;

    for (size_t i = 0; i < count && status == ERR_OK; i++) {
        order[i] = literals[i % num_scores * bits + bits - 1 - i / num_scores];
        if (order[i] > PROVE_TRUE)
            status = prove_equal_mark(match->equal, order[i], floor, true, err);
    }
    if (status == ERR_OK) status = prove_equal_order(match->equal, order, count, err);
    if (status == ERR_OK) match->floor = floor;
    free(order);
    return status;
}

enum err_status prove_match_find(struct prove_match *match, uint32_t *literal, uint16_t rank,
                                 enum prove_method *method, struct err *err)
{
    uint32_t number = *literal >> 1;
    enum err_status status = prove_graph_status(match->graph, err);
    enum prove_method how = PROVE_SAME_NODE;

    if (status == ERR_OK) status = follow(match, err);
    if (status == ERR_OK && number >= match->num_hardware) {
        if (match->found[number] == NOT_TRIED) status = search(match, number, err);
        if (status == ERR_OK) *literal = match->found[number] ^ (*literal & 1);
        how = (enum prove_method)match->method[number];
    }
    if (status == ERR_OK && how != PROVE_NOT_FOUND && *literal > PROVE_TRUE)
        status = prove_equal_mark(match->equal, *literal, rank, false, err);
    if (method != NULL) *method = how;
    return status;
}

enum err_status prove_match_table(struct prove_match *match, unsigned n, const uint32_t *literals,
                                  const uint64_t *words, uint16_t rank, uint32_t *out,
                                  enum prove_method *method, struct err *err)
{
    static const uint64_t MUX = 0xca; /* when 0, when 1, select */
    enum err_status status;
    uint32_t halves[3];

    if (n <= PROVE_MAX_FAN_IN) {
        *out = prove_graph_lut(match->graph, n, literals, words[0]);
        return prove_match_find(match, out, rank, method, err);
    }
    status = prove_match_table(match, n - 1, literals, words, rank, &halves[0], NULL, err);
    if (status == ERR_OK)
        status = prove_match_table(match, n - 1, literals, words + (1U << (n - 7)), rank,
                                   &halves[1], NULL, err);
    halves[2] = literals[n - 1];
    if (status == ERR_OK) {
        *out = prove_graph_lut(match->graph, 3, halves, MUX);
        status = prove_match_find(match, out, rank, method, err);
    }
    return status;
}
