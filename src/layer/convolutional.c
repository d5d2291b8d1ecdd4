/* Convolution by trees of LUTs over patches, with optional OR-pooling. SPEC 3.4.
 *
 * Entry l of layer_widths is the number of kernels. A kernel is one tree of depth D: n^D LUTs read taps
 * of a receptive field (all its planes), n LUT outputs feed one LUT of the next level, down to a
 * single LUT. All places of the image share the tree's tables. Each level becomes one layer whose
 * nodes stand at every position; pooling is a layer of fixed OR nodes over pool x pool windows.
 * Hardware unrolls all positions.
 *
 * Differences to the original, on purpose: every level and kernel has wires of its own, and the image
 * keeps its layout between layers. Taps outside the image read the constant 0. */
#include "layer_kinds.h"
#include "wiring.h"

#include <stdlib.h>
#include <string.h>

struct options {
    long channels, height, width;
    long receptive_field, stride, padding, tree_depth, pool;
    config_name taps;
};

#define NUMBER(field, lowest, highest, standard, about)                                            \
    {                                                                                              \
        .name = #field, .type = CONFIG_LONG, .offset = offsetof(struct options, field),            \
        .low = lowest, .high = highest, .default_text = standard, .meaning = about                 \
    }

static const struct config_option option_table[] = {
    NUMBER(channels, 1, 4096, "1", "input image: channels"),
    NUMBER(height, 0, 65535, "0", "input image: rows; 0: square images"),
    NUMBER(width, 0, 65535, "0", "input image: columns; 0: square images"),
    NUMBER(receptive_field, 1, 64, "5", "side of a patch, in pixels"),
    NUMBER(stride, 1, 64, "1", "pixels between two patches"),
    NUMBER(padding, 0, 63, "0", "zero pixels around the image"),
    NUMBER(tree_depth, 0, 4, "2", "levels of a kernel's tree below its last LUT"),
    NUMBER(pool, 1, 3, "1", "OR over windows of so many pixels a side; 1: none"),
    {.name = "taps",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct options, taps),
     .choices = "coverage|independent|grouped",
     .default_text = "coverage",
     .meaning = "how a tree's first LUTs choose taps of the patch; grouped: one plane a LUT"},
};

/* The image that entry `index` reads: stated for the first, handed on after that. */
static enum err_status input_image(struct layer_shape *shape, const struct config *config,
                                   size_t index, const struct options *o, struct err *err)
{
    size_t pixels = (size_t)config->input_size / (size_t)o->channels;
    size_t side = 0;

    if (strcmp(config->model_type, "convnet") != 0)
        return config_complain(config, "layer_type", err,
                               "convolutional layers need model_type: convnet");
    if (index > 0 && strcmp(config->layer_type[index - 1], "convolutional") != 0)
        return config_complain(config, "layer_type", err,
                               "convolutional layers come before dense ones: entry %zu follows %s",
                               index, config->layer_type[index - 1]);
    if (index > 0) return ERR_OK;
    while (side * side < pixels)
        side++;
    shape->channels = (size_t)o->channels;
    shape->height = o->height > 0 ? (size_t)o->height : side;
    shape->width = o->width > 0 ? (size_t)o->width : side;
    shape->depth = (size_t)config->encoder_config.num_bits;
    if (shape->channels * shape->height * shape->width != (size_t)config->input_size)
        return config_complain(config,
                               config->layer_config.count > 0 ? "layer_config" : "layer_type", err,
                               "the image %zu x %zu x %zu (channels, height, width) has not "
                               "input_size %ld pixels: convolution needs image data",
                               shape->channels, shape->height, shape->width, config->input_size);
    return ERR_OK;
}

/* Steps of a window of `field` over `size` pixels with padding; 0 when it does not fit. */
static size_t steps(size_t size, size_t field, size_t stride, size_t padding)
{
    return size + 2 * padding < field ? 0 : (size + 2 * padding - field) / stride + 1;
}

/* Signal under tap (plane, dy, dx) of the patch at output place (y, x), or the constant. */
static uint32_t tap_signal(const struct layer_shape *in, const struct options *o, size_t tap,
                           size_t y, size_t x)
{
    size_t field = (size_t)o->receptive_field, area = field * field, plane = tap / area;
    size_t row = y * (size_t)o->stride + tap % area / field;
    size_t column = x * (size_t)o->stride + tap % field;
    size_t padding = (size_t)o->padding;

    if (row < padding || column < padding || row - padding >= in->height ||
        column - padding >= in->width)
        return (uint32_t)layer_signals(in);
    row -= padding;
    column -= padding;
    return (uint32_t)((((plane / in->depth) * in->height + row) * in->width + column) * in->depth +
                      plane % in->depth);
}

/* Taps of all kernels' first level, [kernels * leaves][n], each kernel drawn by itself. */
static enum err_status draw_taps(uint32_t *taps, const struct layer_shape *in,
                                 const struct options *o, size_t kernels, size_t leaves, size_t n,
                                 bool repeats, struct rng *rng, struct err *err)
{
    size_t planes = in->channels * in->depth;
    size_t inputs = planes * (size_t)o->receptive_field * (size_t)o->receptive_field;
    enum err_status status = ERR_OK;

    for (size_t k = 0; status == ERR_OK && k < kernels; k++) {
        uint32_t *own = taps + k * leaves * n;

        if (strcmp(o->taps, "coverage") == 0)
            status = wiring_coverage(own, leaves, n, inputs, repeats, rng, err);
        else if (strcmp(o->taps, "grouped") == 0)
            status = wiring_grouped(own, leaves, n, inputs, planes, rng, err);
        else
            wiring_independent(own, leaves, n, inputs, rng);
    }
    return status;
}

static enum err_status wire_leaves(struct layer *layer, const struct layer_shape *in,
                                   const struct layer_shape *out, const struct options *o,
                                   size_t leaves, struct rng *rng, struct err *err)
{
    size_t n = layer->desc.num_inputs;
    uint32_t *taps = malloc(layer->width * n * sizeof *taps);
    enum err_status status = taps == NULL ? err_nomem(err, "taps") : ERR_OK;

    if (status == ERR_OK)
        status = draw_taps(taps, in, o, layer->width / leaves, leaves, n, layer->desc.upstream, rng,
                           err);
    for (size_t i = 0; status == ERR_OK && i < layer->instances * n; i++) {
        size_t node = i / n / layer->positions, place = i / n % layer->positions;

        layer->wiring[i] =
            tap_signal(in, o, taps[node * n + i % n], place / out->width, place % out->width);
    }
    free(taps);
    return status;
}

/* Node t of a kernel reads nodes t * n .. of the level below, at the same place. */
static void wire_level(struct layer *layer)
{
    size_t n = layer->desc.num_inputs, positions = layer->positions;

    for (size_t i = 0; i < layer->instances * n; i++) {
        size_t node = i / n / positions, place = i / n % positions;

        layer->wiring[i] = (uint32_t)((node * n + i % n) * positions + place);
    }
}

static enum err_status build_tree(struct layer_list *list, struct layer_shape *shape,
                                  const struct config *config, size_t index,
                                  const struct options *o, const struct layer_shape *out,
                                  struct rng *rng, struct err *err)
{
    struct layer_shape in = *shape;
    size_t n = (size_t)config->node_input_dim[index], leaves = 1;
    enum err_status status = ERR_OK;

    for (long d = 0; d < o->tree_depth; d++)
        leaves *= n;
    for (size_t level = leaves; status == ERR_OK && level > 0; level /= n) {
        struct layer *layer = NULL;
        struct node_desc desc;

        status = node_describe(&desc, config, index, err);
        if (status == ERR_OK && desc.num_outputs != 1) {
            node_desc_free(&desc);
            status = config_complain(config, "node_config", err,
                                     "output_dim: nodes of a convolution have one output");
        }
        if (status == ERR_OK)
            status = layer_create(&layer, &desc,
                                  level == leaves ? layer_signals(&in) : layer_signals(shape),
                                  out->channels * level, out->height * out->width, err);
        if (status == ERR_OK && level == leaves)
            status = wire_leaves(layer, &in, out, o, leaves, rng, err);
        else if (status == ERR_OK)
            wire_level(layer);
        status = layer_list_add(list, shape, layer, status, err);
        if (n == 1 && level == 1) break;
    }
    *shape = *out;
    return status;
}

static enum err_status build_pool(struct layer_list *list, struct layer_shape *shape, size_t pool,
                                  struct err *err)
{
    struct layer_shape in = *shape, out = {in.channels, in.height / pool, in.width / pool, 1};
    struct layer *layer = NULL;
    struct node_desc desc;
    enum err_status status;

    node_describe_or(&desc, (unsigned)(pool * pool));
    status =
        layer_create(&layer, &desc, layer_signals(&in), out.channels, out.height * out.width, err);
    for (size_t i = 0; status == ERR_OK && i < layer->instances * pool * pool; i++) {
        size_t instance = i / (pool * pool), tap = i % (pool * pool);
        size_t channel = instance / layer->positions, place = instance % layer->positions;
        size_t row = place / out.width * pool + tap / pool;
        size_t column = place % out.width * pool + tap % pool;

        layer->wiring[i] = (uint32_t)((channel * in.height + row) * in.width + column);
    }
    status = layer_list_add(list, shape, layer, status, err);
    *shape = out;
    return status;
}

static enum err_status build(struct layer_list *list, struct layer_shape *shape,
                             const struct config *config, size_t index, const void *options,
                             struct rng *rng, struct err *err)
{
    const struct options *o = options;
    size_t field = (size_t)o->receptive_field, stride = (size_t)o->stride, pool = (size_t)o->pool;
    enum err_status status = input_image(shape, config, index, o, err);
    struct layer_shape out;

    if (status != ERR_OK) return status;
    out = (struct layer_shape){(size_t)config->layer_widths[index],
                               steps(shape->height, field, stride, (size_t)o->padding),
                               steps(shape->width, field, stride, (size_t)o->padding), 1};
    if (out.height < pool || out.width < pool)
        return config_complain(config, "layer_config", err,
                               "entry %zu: a %zu x %zu image is too small for receptive_field %zu "
                               "(padding %ld) and pool %zu",
                               index, shape->height, shape->width, field, o->padding, pool);
    status = build_tree(list, shape, config, index, o, &out, rng, err);
    return status == ERR_OK && pool > 1 ? build_pool(list, shape, pool, err) : status;
}

const struct layer_kind layer_convolutional = {
    .name = "convolutional",
    .meaning = "trees of LUTs over patches of an image, tables shared by all places",
    .options = option_table,
    .num_options = sizeof option_table / sizeof option_table[0],
    .options_size = sizeof(struct options),
    .build = build,
};
