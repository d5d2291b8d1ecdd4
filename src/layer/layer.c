#include "layer.h"

#include "base/simd.h"
#include "base/slab.h"
#include "base/vmath.h"
#include "layer_kinds.h"
#include "lookup.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct layer_kind *const kinds[] = {
    &layer_random,
    &layer_learnable,
    &layer_convolutional,
};

enum { NUM_KINDS = sizeof kinds / sizeof kinds[0] };

const struct layer_kind *const *layer_kinds(size_t *count)
{
    *count = NUM_KINDS;
    return kinds;
}

static void *slab(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    return slab_create(bytes);
}

static const struct layer_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < NUM_KINDS; i++) {
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    }
    return NULL;
}

static enum err_status allocate(struct layer *layer, struct err *err)
{
    const struct node_desc *desc = &layer->desc;
    size_t tables = layer->width * desc->num_outputs;

    layer->wiring = slab(layer->instances * desc->num_inputs, sizeof *layer->wiring);
    layer->params = slab(layer->width * desc->num_params, sizeof *layer->params);
    layer->table = slab(tables * desc->table_size, sizeof *layer->table);
    if (desc->type->smooth != NULL)
        layer->smooth = slab(tables * desc->table_size, sizeof *layer->smooth);
    if (layer->wiring == NULL || layer->params == NULL || layer->table == NULL ||
        (desc->type->smooth != NULL && layer->smooth == NULL))
        return err_nomem(err, "a LUT layer");
    return ERR_OK;
}

enum err_status layer_create(struct layer **out, const struct node_desc *desc, size_t num_inputs,
                             size_t width, size_t positions, struct err *err)
{
    struct layer *layer = calloc(1, sizeof *layer);
    enum err_status status;

    if (layer == NULL) {
        free(desc->options);
        return err_nomem(err, "a layer");
    }
    layer->desc = *desc;
    layer->num_inputs = num_inputs;
    layer->width = width;
    layer->positions = positions;
    layer->instances = width * positions;
    layer->num_outputs = layer->instances * desc->num_outputs;
    status = allocate(layer, err);
    if (status == ERR_OK)
        *out = layer;
    else
        layer_free(layer);
    return status;
}

enum err_status layer_dense(struct layer **out, const struct config *config, size_t index,
                            size_t num_inputs, struct err *err)
{
    struct node_desc desc;
    enum err_status status = node_describe(&desc, config, index, err);

    if (status != ERR_OK) return status;
    return layer_create(out, &desc, num_inputs, (size_t)config->layer_widths[index], 1, err);
}

enum err_status layer_list_add(struct layer_list *list, struct layer_shape *shape,
                               struct layer *layer, enum err_status status, struct err *err)
{
    struct layer **grown = NULL;

    if (status == ERR_OK) {
        grown = realloc(list->items, (list->count + 1) * sizeof(struct layer *));
        if (grown == NULL) status = err_nomem(err, "the list of layers");
    }
    if (status != ERR_OK) {
        layer_free(layer);
        return status;
    }
    list->items = grown;
    list->items[list->count++] = layer;
    *shape = (struct layer_shape){layer->num_outputs, 1, 1, 1};
    return ERR_OK;
}

void layer_list_free(struct layer_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        layer_free(list->items[i]);
    free(list->items);
    *list = (struct layer_list){0};
}

/* The pairs of layer_config that this kind knows; one that no kind of the model knows is refused. */
static enum err_status pairs_of_kind(const struct config *config, const struct layer_kind *kind,
                                     struct config_pairs *own, struct err *err)
{
    const struct config_option *tables[CONFIG_MAX_LAYERS];
    size_t counts[CONFIG_MAX_LAYERS], num_tables = 0;

    for (size_t l = 0; l < config->num_layers; l++) {
        const struct layer_kind *other = find_kind(config->layer_type[l]);

        if (other == NULL) continue;
        tables[num_tables] = other->options;
        counts[num_tables++] = other->num_options;
    }
    return config_pairs_select(config, "layer_config", &config->layer_config, kind->options,
                               kind->num_options, tables, counts, num_tables, own, err);
}

static enum err_status build(struct layer_list *list, struct layer_shape *shape,
                             const struct config *config, size_t index,
                             const struct layer_kind *kind, struct err *err)
{
    void *options = calloc(1, kind->options_size > 0 ? kind->options_size : 1);
    struct config_pairs *own = calloc(1, sizeof *own);
    enum err_status status =
        options == NULL || own == NULL ? err_nomem(err, "layer options") : ERR_OK;
    struct rng rng;

    rng_seed(&rng, (uint64_t)config->wiring_seed, index);
    if (status == ERR_OK) status = pairs_of_kind(config, kind, own, err);
    if (status == ERR_OK)
        status = config_options_read(config, "layer_config", own, kind->options, kind->num_options,
                                     options, err);
    if (status == ERR_OK) status = kind->build(list, shape, config, index, options, &rng, err);
    free(own);
    free(options);
    return status;
}

enum err_status layer_append(struct layer_list *list, struct layer_shape *shape,
                             const struct config *config, size_t index, struct err *err)
{
    const struct layer_kind *kind = find_kind(config->layer_type[index]);
    const char *names[NUM_KINDS];

    if (kind != NULL) return build(list, shape, config, index, kind, err);
    for (size_t i = 0; i < NUM_KINDS; i++)
        names[i] = kinds[i]->name;
    return config_complain_name(config, "layer_type", config->layer_type[index], names, NUM_KINDS,
                                err);
}

void layer_document(struct text *out)
{
    for (size_t i = 0; i < NUM_KINDS; i++) {
        text_add(out, "\n### %s\n\n%c%s.\n", kinds[i]->name,
                 toupper((unsigned char)kinds[i]->meaning[0]), kinds[i]->meaning + 1);
        config_options_document(kinds[i]->options, kinds[i]->num_options, out);
    }
}

void layer_free(struct layer *layer)
{
    if (layer == NULL) return;
    node_desc_free(&layer->desc);
    free(layer->wiring);
    selection_free(layer->selection);
    free(layer->params);
    free(layer->edited);
    free(layer->table);
    free(layer->smooth);
    free(layer);
}

void layer_drop_smooth(struct layer *layer)
{
    free(layer->smooth);
    layer->smooth = NULL;
}

void layer_prepare_node(const struct layer *layer, size_t node)
{
    const struct node_desc *desc = &layer->desc;
    const float *params = layer_params(layer, node);
    float *table = layer_table(layer, node);

    for (unsigned j = 0; layer->selection != NULL && j < desc->num_inputs; j++) {
        size_t slot = node * desc->num_inputs + j;

        if (layer_is_cut(layer, slot))
            selection_drop(layer->selection, slot);
        else
            layer->wiring[slot] = selection_prepare(layer->selection, slot);
    }
    desc->type->tabulate(desc, params, table);
    if (layer->smooth != NULL)
        desc->type->smooth(desc, params, table,
                           layer->smooth + node * desc->num_outputs * desc->table_size);
}

void layer_prepare(const struct layer *layer)
{
    for (size_t node = 0; node < layer->width; node++)
        layer_prepare_node(layer, node);
}

/* --- pruning --- */

void layer_cut(const struct layer *layer, size_t slot)
{
    layer->wiring[slot] = (uint32_t)layer->num_inputs;
    if (layer->selection != NULL) selection_drop(layer->selection, slot);
}

bool layer_is_removed(const struct layer *layer, size_t instance)
{
    size_t n = layer->desc.num_inputs, cut = 0;

    while (cut < n && layer_is_cut(layer, instance * n + cut))
        cut++;
    return cut == n;
}

bool layer_node_is_removed(const struct layer *layer, size_t node)
{
    for (size_t p = 0; p < layer->positions; p++) {
        if (!layer_is_removed(layer, node * layer->positions + p)) return false;
    }
    return true;
}

bool layer_mixes(const struct layer *layer)
{
    return layer->selection != NULL && !layer->selection->hard;
}

bool layer_keeps_mixtures(const struct layer *layer)
{
    const struct node_type *type = layer->desc.type;

    return layer_mixes(layer) &&
           (!type->lookup || layer->smooth == NULL || type->backward_params != NULL);
}

bool layer_uses_reals(const struct layer *layer)
{
    return layer->selection != NULL && layer->selection->hard && layer->smooth == NULL;
}

bool layer_uses_half(const struct layer *layer)
{
    return layer->desc.type->lookup && !layer_mixes(layer);
}

/* The forward pass looks tables up. */
static bool looks_up(const struct layer *layer, const struct layer_tile *tile)
{
    return layer->desc.type->lookup || (tile->in_words != NULL && !layer_mixes(layer));
}

/* --- addresses --- */

static void wired_words(const struct layer *layer, size_t instance, const uint64_t *in,
                        uint64_t *slots)
{
    const uint32_t *wires = layer->wiring + instance * layer->desc.num_inputs;

    for (unsigned j = 0; j < layer->desc.num_inputs; j++)
        slots[j] = in[wires[j]];
}

/* One row for each slot of an instance. */
struct slot_rows {
    float values[NODE_MAX_INPUTS][LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
};

/* What the slots of an instance read: mixtures, or the wired signals. */
static void real_rows(const struct layer *layer, size_t instance, const struct layer_tile *tile,
                      const float **rows)
{
    size_t first = instance * layer->desc.num_inputs;

    for (unsigned j = 0; j < layer->desc.num_inputs; j++)
        rows[j] = layer_mixes(layer) ? tile->mapped + (first + j) * LAYER_TILE
                                     : tile->in + (size_t)layer->wiring[first + j] * LAYER_TILE;
}

/* The bits that the slots of an instance read. */
static void slot_words(const struct layer *layer, const struct layer_tile *tile, size_t instance,
                       uint64_t *slots)
{
    size_t n = layer->desc.num_inputs;

    if (layer_mixes(layer))
        memcpy(slots, tile->mapped_half + instance * n, n * sizeof *slots);
    else
        wired_words(layer, instance, tile->in_words != NULL ? tile->in_words : tile->in_half,
                    slots);
}

void layer_address_instance(const struct layer *layer, size_t instance, const uint64_t *in_words,
                            uint16_t *address)
{
    uint64_t slots[NODE_MAX_INPUTS];

    wired_words(layer, instance, in_words, slots);
    lookup_address(layer->desc.num_inputs, slots, address);
}

/* --- noise --- */

struct noise_rows {
    struct node_noise noise;
    const float *row[NODE_MAX_OUTPUTS];
    float values[NODE_MAX_OUTPUTS][LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
};

/* u in (0, 1), never an end of it, and 1 - u, from 23 bits of a draw. */
SIMD_CLONES static void uniform_row(const uint32_t *draws, float *u, float *rest, size_t count)
{
    for (size_t s = 0; s < count; s++) {
        u[s] = ((float)(int32_t)(draws[s] >> 9) + 0.5F) * 0x1p-23F;
        rest[s] = 1.0F - u[s];
    }
}

SIMD_CLONES static void subtract_row(float *row, const float *other, size_t count)
{
    for (size_t s = 0; s < count; s++)
        row[s] -= other[s];
}

/* The noise of an instance, the same whenever it is asked for; NULL when there is none. */
static const struct node_noise *draw_noise(const struct layer *layer, const struct layer_tile *tile,
                                           size_t instance, struct noise_rows *rows, size_t count)
{
    const struct layer_noise *from = tile->noise;

    if (from == NULL || !from->on) return NULL;
    for (unsigned o = 0; o < layer->desc.num_outputs; o++) {
        uint32_t draws[LAYER_TILE];
        float rest[LAYER_TILE];

        rng_fill(rng_mix(from->key, instance, o), from->first, draws, count);
        uniform_row(draws, rows->values[o], rest, count);
        vmath_log(rows->values[o], rows->values[o], count);
        vmath_log(rest, rest, count);
        subtract_row(rows->values[o], rest, count);
        rows->row[o] = rows->values[o];
    }
    rows->noise = (struct node_noise){.step = from->step, .logistic = rows->row};
    return &rows->noise;
}

/* --- forward --- */

static void forward_real(const struct layer *layer, const struct layer_tile *tile, size_t count)
{
    const struct node_desc *desc = &layer->desc;

    for (size_t i = 0; i < layer->instances; i++) {
        size_t node = i / layer->positions;
        const float *in[NODE_MAX_INPUTS];
        float *out[NODE_MAX_OUTPUTS];
        struct noise_rows noise;

        real_rows(layer, i, tile, in);
        for (unsigned o = 0; o < desc->num_outputs; o++)
            out[o] = tile->out + (i * desc->num_outputs + o) * LAYER_TILE;
        desc->type->forward(desc, layer_params(layer, node), layer_table(layer, node), in, out,
                            draw_noise(layer, tile, i, &noise, count), count);
    }
}

static void forward_look_up(const struct layer *layer, const struct layer_tile *tile, size_t count)
{
    const struct node_desc *desc = &layer->desc;
    size_t m = desc->num_outputs;

    for (size_t i = 0; i < layer->instances; i++) {
        uint64_t slots[NODE_MAX_INPUTS];

        slot_words(layer, tile, i, slots);
        for (size_t output = i * m; output < (i + 1) * m; output++)
            lookup_forward(desc->num_inputs,
                           layer->table + layer_table_of(layer, output) * desc->table_size, slots,
                           tile->out + output * LAYER_TILE, count);
    }
}

/* LUTs that pruning has removed. */
static void forward_removed(const struct layer *layer, const struct layer_tile *tile, size_t count)
{
    const struct node_desc *desc = &layer->desc;

    for (size_t i = 0; layer->positions == 1 && i < layer->instances; i++) {
        if (!layer_is_removed(layer, i)) continue;
        for (unsigned o = 0; o < desc->num_outputs; o++) {
            float *out = tile->out + (i * desc->num_outputs + o) * LAYER_TILE;
            bool bit = desc->type->hard_bit(desc, layer_params(layer, i), o, 0, NULL);

            for (size_t s = 0; s < count; s++)
                out[s] = bit ? 1.0F : 0.0F;
        }
    }
}

/* What the slots of an instance read, as mixtures. */
static void mix(const struct layer *layer, const struct layer_tile *tile, size_t instance,
                struct slot_rows *scratch)
{
    size_t n = layer->desc.num_inputs, first = instance * n;
    float *mapped = scratch->values[0];

    if (tile->mapped != NULL) mapped = tile->mapped + first * LAYER_TILE;
    for (size_t j = 0; j < n; j++)
        selection_forward(layer->selection, first + j, tile->in_words, tile->in,
                          mapped + j * LAYER_TILE);
    if (layer->desc.type->lookup) words_of_reals(mapped, n, tile->mapped_half + first);
}

static void forward_live(const struct layer *layer, const struct layer_tile *tile, size_t count)
{
    struct slot_rows scratch;

    for (size_t i = 0; layer_mixes(layer) && i < layer->instances; i++)
        mix(layer, tile, i, &scratch);
    if (looks_up(layer, tile))
        forward_look_up(layer, tile, count);
    else
        forward_real(layer, tile, count);
}

void layer_forward(const struct layer *layer, const struct layer_tile *tile, size_t count)
{
    forward_live(layer, tile, count);
    forward_removed(layer, tile, count);
}

/* --- backward --- */

static const float *grad_row(const struct layer_tile *tile, size_t output)
{
    return tile->grad_out + output / tile->grad_group * LAYER_TILE;
}

static void backward_look_up(const struct layer *layer, const struct layer_tile *tile,
                             size_t instance, float *const *grad_in, size_t count)
{
    const struct node_desc *desc = &layer->desc;
    uint64_t slots[NODE_MAX_INPUTS];

    slot_words(layer, tile, instance, slots);
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        size_t output = instance * desc->num_outputs + o;

        lookup_backward_inputs(desc->num_inputs,
                               layer->smooth + layer_table_of(layer, output) * desc->table_size,
                               slots, grad_row(tile, output), grad_in, count);
    }
}

static void backward_instance(const struct layer *layer, const struct layer_tile *tile,
                              size_t instance, float *const *rows, size_t count)
{
    const struct node_desc *desc = &layer->desc;
    const float *in[NODE_MAX_INPUTS], *grad[NODE_MAX_OUTPUTS];
    size_t node = instance / layer->positions;
    struct noise_rows noise;

    if (layer->smooth != NULL) {
        backward_look_up(layer, tile, instance, rows, count);
        return;
    }
    real_rows(layer, instance, tile, in);
    for (unsigned o = 0; o < desc->num_outputs; o++)
        grad[o] = grad_row(tile, instance * desc->num_outputs + o);
    desc->type->backward_inputs(desc, layer_params(layer, node), layer_table(layer, node), in, grad,
                                rows, draw_noise(layer, tile, instance, &noise, count), count);
}

/* The gradient of what the slots of an instance read. */
static void backward_slots(const struct layer *layer, const struct layer_tile *tile,
                           size_t instance, struct slot_rows *grad, size_t count)
{
    float *rows[NODE_MAX_INPUTS] = {NULL};

    memset(grad, 0, layer->desc.num_inputs * sizeof grad->values[0]);
    for (unsigned j = 0; j < layer->desc.num_inputs; j++)
        rows[j] = grad->values[j];
    backward_instance(layer, tile, instance, rows, count);
}

static void backward_learned(const struct layer *layer, const struct layer_tile *tile,
                             size_t instance, float *grad_in, size_t count)
{
    size_t n = layer->desc.num_inputs;
    struct slot_rows grad;

    backward_slots(layer, tile, instance, &grad, count);
    for (size_t j = 0; j < n; j++)
        selection_backward_inputs(layer->selection, instance * n + j, grad.values[j], grad_in);
}

void layer_backward_inputs(const struct layer *layer, const struct layer_tile *tile, float *grad_in,
                           size_t count)
{
    for (size_t i = 0; i < layer->instances; i++) {
        const uint32_t *wires = layer->wiring + i * layer->desc.num_inputs;
        float *rows[NODE_MAX_INPUTS];

        if (layer->selection != NULL) {
            backward_learned(layer, tile, i, grad_in, count);
            continue;
        }
        for (unsigned j = 0; j < layer->desc.num_inputs; j++)
            rows[j] = grad_in + (size_t)wires[j] * LAYER_TILE;
        backward_instance(layer, tile, i, rows, count);
    }
}

void layer_backward_selection(const struct layer *layer, size_t node,
                              const struct layer_tile *tiles, size_t num_tiles,
                              const size_t *counts, float *grad)
{
    const struct selection *selection = layer->selection;
    size_t n = layer->desc.num_inputs;

    for (size_t t = 0; t < num_tiles; t++) {
        struct slot_rows mapped;

        backward_slots(layer, &tiles[t], node, &mapped, counts[t]);
        for (size_t j = 0; j < n; j++)
            selection_backward_weights(selection, node * n + j, tiles[t].in_words, tiles[t].in,
                                       mapped.values[j], grad + j * selection->candidates);
    }
    for (size_t j = 0; j < n; j++)
        selection_finish(selection, node * n + j, grad + j * selection->candidates);
}

static void params_of_instance(const struct layer *layer, size_t instance,
                               const struct layer_tile *tile, size_t count, float *grad_table,
                               float *grad_params)
{
    const struct node_desc *desc = &layer->desc;
    const float *in[NODE_MAX_INPUTS], *grad[NODE_MAX_OUTPUTS];
    size_t node = instance / layer->positions;
    struct noise_rows noise;

    for (unsigned o = 0; o < desc->num_outputs; o++)
        grad[o] = grad_row(tile, instance * desc->num_outputs + o);
    real_rows(layer, instance, tile, in);
    desc->type->backward_params(desc, layer_params(layer, node), layer_table(layer, node), in, grad,
                                grad_table, grad_params,
                                draw_noise(layer, tile, instance, &noise, count), count);
}

/* Where the address decides alone: the gradient of table `output` of the node. */
static void params_by_address(const struct layer *layer, size_t node, size_t output,
                              const struct layer_tile *tiles, size_t num_tiles,
                              const size_t *counts, float *grad_table)
{
    enum { AT_ONCE = 8 };
    const struct node_desc *desc = &layer->desc;
    struct lookup_samples blocks[AT_ONCE];
    size_t total = layer->positions * num_tiles;

    for (size_t first = 0; first < total; first += AT_ONCE) {
        size_t some = total - first < AT_ONCE ? total - first : AT_ONCE;

        for (size_t k = 0; k < some; k++) {
            size_t instance = node * layer->positions + (first + k) / num_tiles;
            size_t t = (first + k) % num_tiles;

            slot_words(layer, &tiles[t], instance, blocks[k].slots);
            blocks[k].grad = grad_row(&tiles[t], instance * desc->num_outputs + output);
            blocks[k].count = counts[t];
        }
        lookup_backward_table(desc->num_inputs, blocks, some, grad_table);
    }
}

void layer_backward_params(const struct layer *layer, size_t node, const struct layer_tile *tiles,
                           size_t num_tiles, const size_t *counts, float *grad_table,
                           float *grad_params)
{
    const struct node_desc *desc = &layer->desc;
    bool real =
        desc->type->backward_params != NULL && (tiles->in_words == NULL || layer_mixes(layer));

    for (size_t i = node * layer->positions; real && i < (node + 1) * layer->positions; i++) {
        for (size_t t = 0; t < num_tiles; t++)
            params_of_instance(layer, i, &tiles[t], counts[t], grad_table, grad_params);
    }
    for (size_t o = 0; !real && o < desc->num_outputs; o++)
        params_by_address(layer, node, o, tiles, num_tiles, counts,
                          grad_table + o * desc->table_size);
    desc->type->tabulate_backward(desc, layer_params(layer, node), layer_table(layer, node),
                                  grad_table, grad_params);
    if (desc->type->penalty != NULL)
        desc->type->penalty(desc, layer_params(layer, node), grad_params);
}

/* --- hard --- */

static void trained_table(const struct layer *layer, size_t place, uint64_t *words)
{
    size_t m = layer->desc.num_outputs;

    node_hard_table(&layer->desc, layer_params(layer, place / m), (unsigned)(place % m), words);
}

void layer_trained_tables(const struct layer *layer, uint64_t *tables)
{
    for (size_t i = 0; i < layer->width * layer->desc.num_outputs; i++)
        trained_table(layer, i, tables + i * layer_table_words(layer));
}

void layer_hard_table(const struct layer *layer, size_t place, uint64_t *words)
{
    size_t count = layer_table_words(layer);

    if (layer->edited != NULL)
        memcpy(words, layer->edited + place * count, count * sizeof *words);
    else
        trained_table(layer, place, words);
}

void layer_hard_tables(const struct layer *layer, uint64_t *tables)
{
    for (size_t i = 0; i < layer->width * layer->desc.num_outputs; i++)
        layer_hard_table(layer, i, tables + i * layer_table_words(layer));
}

enum err_status layer_edit(struct layer *layer, const uint64_t *tables, struct err *err)
{
    size_t bytes =
        layer->width * layer->desc.num_outputs * layer_table_words(layer) * sizeof *layer->edited;
    uint64_t *edited = layer->edited != NULL ? layer->edited : malloc(bytes);

    if (edited == NULL) return err_nomem(err, "hard tables");
    memcpy(edited, tables, bytes);
    layer->edited = edited;
    return ERR_OK;
}

void layer_hard_forward(const struct layer *layer, const uint64_t *tables, const uint64_t *in_words,
                        uint64_t *out_words)
{
    size_t words = layer_table_words(layer), m = layer->desc.num_outputs;

    for (size_t i = 0; i < layer->instances; i++) {
        uint64_t slots[NODE_MAX_INPUTS];

        wired_words(layer, i, in_words, slots);
        for (size_t output = i * m; output < (i + 1) * m; output++)
            out_words[output] = lookup_bit(layer->desc.num_inputs,
                                           tables + layer_table_of(layer, output) * words, slots);
    }
}
