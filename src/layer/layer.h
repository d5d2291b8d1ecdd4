/* Layers of LUT nodes: wiring, soft forward and backward on tiles, hard forward on bits.
 *
 * Samples are worked on in tiles of LAYER_TILE columns. An activation block is [signal][LAYER_TILE],
 * one row a signal, rows 64-byte aligned, so every node kernel is a straight loop over samples and
 * a tile's blocks stay in the cache of the core that works on it. Bits are [signal] words, bit s of a
 * word being column s; what is past the columns in use means nothing. Forward and input gradients run
 * tile by tile (each tile on one thread, nothing shared); parameter gradients run node by node over
 * all tiles (each node on one thread). No sum depends on the number of threads.
 *
 * A node may stand at several places with the same parameters (a convolution's kernel): a layer of
 * `width` nodes has width * positions instances, and instance j * positions + p is node j at place p.
 * Dense layers have one position. Output o of instance i is signal i * m + o of the layer (SPEC 3).
 * Slot l of a node is address bit l. */
#ifndef DIFFLUT_LAYER_LAYER_H
#define DIFFLUT_LAYER_LAYER_H

#include "base/err.h"
#include "base/rng.h"
#include "base/words.h"
#include "config/config.h"
#include "node/node.h"
#include "selection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAYER_TILE = WORDS_LANES };
_Static_assert((int)LAYER_TILE <= (int)NODE_MAX_SAMPLES, "node kernels must take a whole tile");

struct layer;

/* Signals seen as an image: signal ((channel * height + y) * width + x) * depth + d. Convolutions keep
 * it, dense layers make it flat (their outputs are channels of one pixel). */
struct layer_shape {
    size_t channels, height, width, depth;
};
static inline size_t layer_signals(const struct layer_shape *shape)
{
    return shape->channels * shape->height * shape->width * shape->depth;
}

/* The layers of a model, in order; starts as {0}. */
struct layer_list {
    struct layer **items;
    size_t count;
};

/* One entry of the registry: what one `layer_type` of a configuration becomes. */
struct layer_kind {
    const char *name, *meaning;
    const struct config_option *options; /* read from layer_config */
    size_t num_options, options_size;
    /* Appends one or more wired layers that read `shape`, and leaves in it what they give. */
    enum err_status (*build)(struct layer_list *list, struct layer_shape *shape,
                             const struct config *config, size_t index, const void *options,
                             struct rng *rng, struct err *err);
};

const struct layer_kind *const *layer_kinds(size_t *count);
/* The kinds and their layer_config options, as Markdown (docs/layers.md). */
void layer_document(struct text *out);

struct layer {
    struct node_desc desc;
    size_t num_inputs;           /* signals it may read; number num_inputs itself is a constant 0 */
    size_t width;                /* nodes */
    size_t positions;            /* places of each node; 1 for dense layers */
    size_t instances;            /* width * positions */
    size_t num_outputs;          /* instances * m */
    uint32_t *wiring;            /* [instances][n] signal read by slot l of instance i */
    struct selection *selection; /* learned wires, or NULL; wiring then holds the hard choice */
    float *params;               /* [width][desc.num_params] */
    uint64_t *edited;            /* hard tables instead of the parameters', or NULL: layer_edit() */
    float *table;                /* [width][m][2^n] soft tables: layer_prepare() */
    float *smooth;               /* [width][m][2^n], NULL when the node has none: layer_prepare() */
};

/* Appends what entry `index` of the configuration's layer_type becomes. Wires are drawn from stream
 * `index` of wiring_seed. ERR_ARG naming the key, ERR_NOMEM. */
enum err_status layer_append(struct layer_list *list, struct layer_shape *shape,
                             const struct config *config, size_t index, struct err *err);
void layer_list_free(struct layer_list *list);

/* --- for layer kinds --- */

/* An unwired, zeroed layer; takes over desc's options, also on failure. */
enum err_status layer_create(struct layer **out, const struct node_desc *desc, size_t num_inputs,
                             size_t width, size_t positions, struct err *err);
/* The same for entry `index` of the configuration, with one position. */
enum err_status layer_dense(struct layer **out, const struct config *config, size_t index,
                            size_t num_inputs, struct err *err);
/* Appends `layer` when `status` is ERR_OK, else frees it; returns the status. The shape becomes the
 * layer's outputs, flat. */
enum err_status layer_list_add(struct layer_list *list, struct layer_shape *shape,
                               struct layer *layer, enum err_status status, struct err *err);
void layer_free(struct layer *layer);

static inline float *layer_params(const struct layer *layer, size_t node)
{
    return layer->params + node * layer->desc.num_params;
}
/* Place in tables [width * m] of a layer output. */
static inline size_t layer_table_of(const struct layer *layer, size_t output)
{
    size_t m = layer->desc.num_outputs;

    return output / m / layer->positions * m + output % m;
}
static inline float *layer_table(const struct layer *layer, size_t node)
{
    return layer->table + node * layer->desc.num_outputs * layer->desc.table_size;
}

/* --- pruning: a slot that reads the constant 0 is cut; that is all there is to say of it --- */

/* Slot `slot` (instance * n + l) reads the constant 0 from now on, learned wires too. */
void layer_cut(const struct layer *layer, size_t slot);
static inline bool layer_is_cut(const struct layer *layer, size_t slot)
{
    return layer->wiring[slot] == layer->num_inputs;
}
/* Every slot of the instance is cut. In a dense layer such a LUT is done with: it gives its hard bit
 * at address 0 in the soft passes too, so that soft and hard class sums are offset alike. */
bool layer_is_removed(const struct layer *layer, size_t instance);
/* All instances of the node are: nothing is left to train. */
bool layer_node_is_removed(const struct layer *layer, size_t node);

/* Selection weights of one node: n * candidates floats from layer_weights(); 0 for fixed wires. */
static inline size_t layer_num_weights(const struct layer *layer)
{
    return layer->selection == NULL ? 0 : layer->desc.num_inputs * layer->selection->candidates;
}
static inline float *layer_weights(const struct layer *layer, size_t node)
{
    return layer->selection->weights + node * layer_num_weights(layer);
}

/* For a layer that is never asked for the gradient of its inputs. */
void layer_drop_smooth(struct layer *layer);

/* Recomputes the soft tables of one node from its parameters; of all nodes. */
void layer_prepare_node(const struct layer *layer, size_t node);
void layer_prepare(const struct layer *layer);

/* What the training pass of noisy nodes (node.h) draws from; key is that of the step and the layer. */
struct layer_noise {
    bool on;
    uint64_t key, step;
    uint32_t first; /* number of the sample in column 0 */
};

/* What one layer keeps of one tile between forward and backward. */
struct layer_tile {
    const uint64_t *in_words; /* [num_inputs + 1] bit inputs, or NULL: */
    const float *in;          /* [num_inputs + 1][LAYER_TILE] real inputs: layer_uses_reals() */
    const uint64_t *in_half;  /* [num_inputs + 1] where real inputs are at least 0.5 (SPEC 0.2):
                                 layer_uses_half() */
    float *mapped;            /* [width * n][LAYER_TILE] mixtures that slots read:
                                 layer_keeps_mixtures() */
    uint64_t *mapped_half;    /* [width * n] where they are at least 0.5, for look-ups */
    float *out;               /* [num_outputs][LAYER_TILE] */
    float *grad_out;          /* [num_outputs / grad_group][LAYER_TILE] */
    const struct layer_noise *noise; /* training with noisy nodes; else NULL */
    size_t grad_group; /* outputs that share one gradient row (1; GroupSum's size on top) */
};

bool layer_mixes(const struct layer *layer); /* soft selection */
/* Backward passes read the mixtures; most look-ups only their bits. */
bool layer_keeps_mixtures(const struct layer *layer);
/* Real inputs in training, although they are bits: hard selection asks the node for the gradient. */
bool layer_uses_reals(const struct layer *layer);
/* The real inputs as bits too: a look-up layer with fixed or hard wires. */
bool layer_uses_half(const struct layer *layer);

/* Soft forward of the first `count` columns (a multiple of 16). */
void layer_forward(const struct layer *layer, const struct layer_tile *tile, size_t count);

/* Adds the gradients of the real inputs to grad_in [num_inputs][LAYER_TILE]. */
void layer_backward_inputs(const struct layer *layer, const struct layer_tile *tile, float *grad_in,
                           size_t count);

/* Adds one node's parameter gradient over all tiles to grad_params [desc.num_params]; counts[t]
 * columns of tile t. grad_table is scratch of m * 2^n floats whose content on entry is a gradient
 * with respect to the soft table to start from (zero, or a regulariser's). */
void layer_backward_params(const struct layer *layer, size_t node, const struct layer_tile *tiles,
                           size_t num_tiles, const size_t *counts, float *grad_table,
                           float *grad_params);

/* Learned wires: adds the gradient of the node's weights over all tiles to grad
 * [layer_num_weights()]. The gradient of what the slots read is computed once more for it: kept for all
 * nodes since the pass above, it would leave the cache. */
void layer_backward_selection(const struct layer *layer, size_t node,
                              const struct layer_tile *tiles, size_t num_tiles,
                              const size_t *counts, float *grad);

/* Table addresses [LAYER_TILE] of one instance from bit inputs. */
void layer_address_instance(const struct layer *layer, size_t instance, const uint64_t *in_words,
                            uint16_t *address);

/* Words of a hard table, ceil(2^n / 64). */
static inline size_t layer_table_words(const struct layer *layer)
{
    return (layer->desc.table_size + 63) / 64;
}
/* Hard tables [width * m][words], or the one at a place among them: those that the parameters give,
 * unless others were put in their place. All that is hard (reference, lowering, statistics) takes them
 * from here; the soft passes know only the parameters. */
void layer_hard_tables(const struct layer *layer, uint64_t *tables);
void layer_hard_table(const struct layer *layer, size_t place, uint64_t *words);
/* Those that the parameters give, in any case. */
void layer_trained_tables(const struct layer *layer, uint64_t *tables);
/* Puts tables (copied) in the place of what the parameters give. ERR_NOMEM. */
enum err_status layer_edit(struct layer *layer, const uint64_t *tables, struct err *err);

/* Hard forward: bits in [num_inputs + 1], bits out [num_outputs], from hard tables. */
void layer_hard_forward(const struct layer *layer, const uint64_t *tables, const uint64_t *in_words,
                        uint64_t *out_words);

#endif
