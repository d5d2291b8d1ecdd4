/* A network of look-up tables without registers, in which equal structure is one node: what `prove`
 * compares hardware and model in.
 *
 * A literal is 2 * node + (1 when inverted). Node 0 is the constant false. prove_graph_lut() brings
 * every table into one form (constant, repeated, inverted and unread inputs gone, inputs ascending,
 * output 0 at address 0), so that the same function of the same wires gives the same literal: finding
 * it is a proof by itself. Each node is simulated when it is made, on the input values that the caller
 * gives, 64 patterns a word. */
#ifndef DIFFLUT_FLOW_PROVE_GRAPH_H
#define DIFFLUT_FLOW_PROVE_GRAPH_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROVE_MAX_FAN_IN = 6, PROVE_MAX_NODES = 1 << 28 };
enum { PROVE_FALSE = 0, PROVE_TRUE = 1 };

struct prove_node {
    uint64_t table;                /* bit a: output at address a; bit 0 is 0 */
    uint32_t in[PROVE_MAX_FAN_IN]; /* nodes, strictly ascending, below this one */
    uint32_t level;                /* 0: input or constant; else 1 + greatest level of `in` */
    uint32_t next;                 /* of the same hash */
    uint32_t fan_ins;              /* 0: input or constant */
};

struct prove_graph {
    struct prove_node *nodes;
    uint64_t *values; /* [num_nodes][words] */
    uint32_t num_nodes, capacity;
    size_t words;
    uint32_t *heads; /* hash table: [hash_size] */
    uint32_t hash_size;
    enum err_status status; /* ERR_NOMEM once memory ran out; literals are then PROVE_FALSE */
};

/* `words` words of 64 patterns, at least 1. */
enum err_status prove_graph_create(struct prove_graph **out, size_t words, struct err *err);
void prove_graph_free(struct prove_graph *graph);
/* The sticky status, with its message. */
enum err_status prove_graph_status(const struct prove_graph *graph, struct err *err);

/* A new input with these values [words]. */
uint32_t prove_graph_input(struct prove_graph *graph, const uint64_t *values);

/* A table of `count` <= 6 literals, literal k being address bit k. Bits beyond 2^count do not matter. */
uint32_t prove_graph_lut(struct prove_graph *graph, unsigned count, const uint32_t *literals,
                         uint64_t table);

/* The pattern's value of a literal. */
static inline bool prove_graph_value(const struct prove_graph *graph, uint32_t literal,
                                     size_t pattern)
{
    const uint64_t *row = graph->values + (size_t)(literal >> 1) * graph->words;

    return ((row[pattern / 64] >> pattern % 64) ^ literal) & 1;
}
/* The same of 64 patterns. */
static inline uint64_t prove_graph_word(const struct prove_graph *graph, uint32_t literal,
                                        size_t word)
{
    return graph->values[(size_t)(literal >> 1) * graph->words + word] ^
           (literal & 1 ? UINT64_MAX : 0);
}

/* --- tables of up to 6 inputs, bit a for address a --- */

/* Input k as a table. */
uint64_t prove_table_input(unsigned k);
/* Bits of a table of `count` inputs. */
static inline uint64_t prove_table_mask(unsigned count)
{
    return count >= 6 ? UINT64_MAX : (UINT64_C(1) << (1U << count)) - 1;
}
/* The table with input k held at `value`; input k is then unread. */
uint64_t prove_table_hold(uint64_t table, unsigned k, bool value);
/* Whether the table reads input k. */
bool prove_table_reads(uint64_t table, unsigned k);
/* Its output for `words` words of 64 patterns; `count` from 1. Rows in[k] are as long; those from `count` on
 * are not read. */
void prove_table_simulate(uint64_t table, unsigned count,
                          const uint64_t *const in[PROVE_MAX_FAN_IN], uint64_t *out, size_t words);

#endif
