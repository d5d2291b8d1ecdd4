/* Weights: one safetensors file is the whole truth of a model.
 *
 *   code_map.offset, code_map.step   f64 (F)          real value of a code
 *   encoder.<state>                  f32 (rows, cols) what the encoder fitted
 *   encoder.initial                  u8  (NB)         frozen step functions (encoder.h)
 *   encoder.toggle_start             u32 (NB + 1)
 *   encoder.toggles                  u32 (toggles)
 *   layers.L.mapping_indices         u32 (W * P, n)   wiring, slot l = address bit l;
 *                                                     the number of inputs: the constant 0
 *   layers.L.mapping.W               f32 (W * n, C)   learned wires: weights of the candidates
 *   layers.L.mapping.tau             f64 ()           and their softmax temperature
 *   layers.L.mapping.candidates      u32 (W * n, C)   and the candidates, unless all inputs are
 *   layers.L.<parameter>             f32 (W, ...)     as the original library names them
 *   layers.L.table_bits              u64 (W * m, words) hard tables; must equal what the
 *                                                     parameters give
 *   layers.L.edited_table_bits       u64 (W * m, words) those in their place, if any
 *                                                     (model_drop_unseen())
 *   output_layer.tau                 f64 ()           GroupSum divisor
 *
 * Metadata: format version, rules (address order, comparison, tie, rounding), structural text and
 * hash, the hash of all tensors, and whatever the caller adds (provenance, measured accuracies). */
#include "base/file.h"
#include "model.h"
#include "safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char FORMAT[] = "difflut-hdl", FORMAT_VERSION[] = "1";

enum { NAME_SIZE = 96 };

static void layer_tensor_name(char name[NAME_SIZE], size_t layer, const char *what)
{
    snprintf(name, NAME_SIZE, "layers.%zu.%s", layer, what);
}

/* A layer keeps a node's tensors side by side, the file keeps a tensor's nodes together. `to_file`
 * says which way to copy. */
static void copy_tensor(const struct layer *layer, const struct node_tensor *tensor, float *stacked,
                        bool to_file)
{
    for (size_t node = 0; node < layer->width; node++) {
        float *own = layer_params(layer, node) + tensor->offset;
        float *row = stacked + node * tensor->count;

        memcpy(to_file ? row : own, to_file ? own : row, tensor->count * sizeof *row);
    }
}

static size_t tensor_shape(const struct layer *layer, const struct node_tensor *tensor,
                           size_t shape[3])
{
    shape[0] = layer->width;
    shape[1] = tensor->shape[0];
    shape[2] = tensor->shape[1];
    return tensor->rank + 1;
}

/* --- writing --- */

static enum err_status add_encoder(struct safetensors *file, const struct model *model,
                                   struct err *err)
{
    const struct encoder *encoder = model->encoder;
    size_t features = encoder->num_features, bits = encoder->num_bits, starts = bits + 1;
    size_t toggles = encoder->toggle_start[bits];
    enum err_status status;

    status = safetensors_add(file, "code_map.offset", SAFETENSORS_F64, 1, &features,
                             model->map->offset, err);
    if (status == ERR_OK)
        status = safetensors_add(file, "code_map.step", SAFETENSORS_F64, 1, &features,
                                 model->map->step, err);
    for (size_t s = 0; status == ERR_OK && s < encoder->num_states; s++) {
        const struct encoder_state *state = &encoder->state[s];
        size_t shape[2] = {state->rows, state->columns};
        char name[NAME_SIZE];

        if (state->values == NULL) continue;
        snprintf(name, sizeof name, "encoder.%s", state->name);
        status = safetensors_add(file, name, SAFETENSORS_F32, 2, shape, state->values, err);
    }
    if (status == ERR_OK)
        status = safetensors_add(file, "encoder.initial", SAFETENSORS_U8, 1, &bits,
                                 encoder->initial, err);
    if (status == ERR_OK)
        status = safetensors_add(file, "encoder.toggle_start", SAFETENSORS_U32, 1, &starts,
                                 encoder->toggle_start, err);
    if (status == ERR_OK)
        status = safetensors_add(file, "encoder.toggles", SAFETENSORS_U32, 1, &toggles,
                                 encoder->toggles, err);
    return status;
}

static enum err_status add_params(struct safetensors *file, const struct layer *layer, size_t index,
                                  struct err *err)
{
    float *stacked = malloc(layer->width * layer->desc.num_params * sizeof *stacked);
    enum err_status status = stacked == NULL ? err_nomem(err, "weights") : ERR_OK;

    for (size_t i = 0; status == ERR_OK && i < layer->desc.num_tensors; i++) {
        const struct node_tensor *tensor = &layer->desc.tensors[i];
        size_t shape[3], rank = tensor_shape(layer, tensor, shape);
        char name[NAME_SIZE];

        layer_tensor_name(name, index, tensor->name);
        copy_tensor(layer, tensor, stacked, true);
        status = safetensors_add(file, name, SAFETENSORS_F32, rank, shape, stacked, err);
    }
    free(stacked);
    return status;
}

static enum err_status add_selection(struct safetensors *file, const struct selection *selection,
                                     size_t index, struct err *err)
{
    size_t shape[2] = {selection->slots, selection->candidates};
    char name[NAME_SIZE];
    enum err_status status;

    layer_tensor_name(name, index, "mapping.W");
    status = safetensors_add(file, name, SAFETENSORS_F32, 2, shape, selection->weights, err);
    layer_tensor_name(name, index, "mapping.tau");
    if (status == ERR_OK)
        status = safetensors_add(file, name, SAFETENSORS_F64, 0, NULL, &selection->next_tau, err);
    if (status != ERR_OK || selection->wires == NULL) return status;
    layer_tensor_name(name, index, "mapping.candidates");
    return safetensors_add(file, name, SAFETENSORS_U32, 2, shape, selection->wires, err);
}

static enum err_status add_layer(struct safetensors *file, const struct layer *layer, size_t index,
                                 struct err *err)
{
    size_t wires[2] = {layer->instances, layer->desc.num_inputs};
    size_t tables[2] = {layer->width * layer->desc.num_outputs, layer_table_words(layer)};
    uint64_t *bits = calloc(tables[0] * tables[1], sizeof *bits);
    char name[NAME_SIZE];
    enum err_status status;

    if (bits == NULL) return err_nomem(err, "hard tables");
    layer_trained_tables(layer, bits);
    layer_tensor_name(name, index, "mapping_indices");
    status = safetensors_add(file, name, SAFETENSORS_U32, 2, wires, layer->wiring, err);
    if (status == ERR_OK && layer->selection != NULL)
        status = add_selection(file, layer->selection, index, err);
    if (status == ERR_OK) status = add_params(file, layer, index, err);
    layer_tensor_name(name, index, "table_bits");
    if (status == ERR_OK)
        status = safetensors_add(file, name, SAFETENSORS_U64, 2, tables, bits, err);
    layer_tensor_name(name, index, "edited_table_bits");
    if (status == ERR_OK && layer->edited != NULL)
        status = safetensors_add(file, name, SAFETENSORS_U64, 2, tables, layer->edited, err);
    free(bits);
    return status;
}

static enum err_status add_metadata(struct safetensors *file, struct model *model,
                                    const char *const *extra, struct err *err)
{
    struct text structural = {0};
    enum err_status status;

    config_structural_text(model->config, &structural);
    status = text_status(&structural, "the structural text", err);
    if (status == ERR_OK) status = safetensors_hash(file, model->model_hash, err);

    const char *const rules[][2] = {
        {"format", FORMAT},
        {"format_version", FORMAT_VERSION},
        {"name", model->config->name},
        {"structural", structural.data},
        {"structural_hash", model->structural_hash},
        {"tensor_hash", model->model_hash},
        {"rule_address_order", "lsb_first: node input j is address bit j"},
        {"rule_comparison", "a thermometer bit is code > threshold, strictly"},
        {"rule_tie", "argmax keeps the lowest class"},
        {"rule_rounding", "code = clamp(floor((x - offset) / step + 0.5), 0, 2^bits - 1)"},
    };

    for (size_t i = 0; status == ERR_OK && i < sizeof rules / sizeof rules[0]; i++)
        status = safetensors_set_metadata(file, rules[i][0], rules[i][1], err);
    for (; status == ERR_OK && extra != NULL && extra[0] != NULL; extra += 2)
        status = safetensors_set_metadata(file, extra[0], extra[1], err);
    text_free(&structural);
    return status;
}

/* "<folder>/<name><ending>", malloc'ed. */
static char *path_of(const struct model *model, const char *folder, const char *ending)
{
    char leaf[CONFIG_NAME_SIZE + 16];

    snprintf(leaf, sizeof leaf, "%s%s", model->config->name, ending);
    return file_join(folder, leaf);
}

static enum err_status write_config(const struct model *model, const char *path, struct err *err)
{
    struct text yaml = {0};
    enum err_status status;

    config_write(model->config, &yaml);
    status = text_status(&yaml, "the configuration", err);
    if (status == ERR_OK) status = file_write(path, yaml.data, yaml.size, err);
    text_free(&yaml);
    return status;
}

enum err_status model_save(struct model *model, const char *folder, const char *const *metadata,
                           struct err *err)
{
    struct safetensors *file = NULL;
    char *weights, *yaml;
    enum err_status status;

    if (model->encoder == NULL || model->map == NULL)
        return err_set(err, ERR_ARG, "model %s has no fitted encoder yet: nothing to save",
                       model->config->name);
    weights = path_of(model, folder, ".safetensors");
    yaml = path_of(model, folder, ".yaml");
    status = weights == NULL || yaml == NULL ? err_nomem(err, "a path") : ERR_OK;
    if (status == ERR_OK) status = file_make_dirs(folder, err);
    if (status == ERR_OK) status = safetensors_create(&file, err);
    if (status == ERR_OK) status = add_encoder(file, model, err);
    for (size_t l = 0; status == ERR_OK && l < model->num_layers; l++)
        status = add_layer(file, model->layers[l], l, err);
    if (status == ERR_OK)
        status =
            safetensors_add(file, "output_layer.tau", SAFETENSORS_F64, 0, NULL, &model->tau, err);
    if (status == ERR_OK) status = add_metadata(file, model, metadata, err);
    if (status == ERR_OK) status = safetensors_write(file, weights, err);
    if (status == ERR_OK) status = write_config(model, yaml, err);
    safetensors_free(file);
    free(weights);
    free(yaml);
    return status;
}

/* --- reading --- */

static enum err_status check_metadata(const struct safetensors *file, const struct model *model,
                                      const char *path, struct err *err)
{
    const char *format = safetensors_metadata(file, "format");
    const char *version = safetensors_metadata(file, "format_version");
    const char *found = safetensors_metadata(file, "structural");
    const char *hash = safetensors_metadata(file, "tensor_hash");
    char actual[HASH_TEXT_SIZE];
    struct text expected = {0};
    enum err_status status;

    if (format == NULL || strcmp(format, FORMAT) != 0)
        return err_set(err, ERR_FORMAT,
                       "%s: not a difflut-hdl model (its metadata has no format = %s)", path,
                       FORMAT);
    if (version == NULL || strcmp(version, FORMAT_VERSION) != 0)
        return err_set(err, ERR_FORMAT, "%s: format version %s, this program reads version %s",
                       path, version != NULL ? version : "(none)", FORMAT_VERSION);
    if (found == NULL || hash == NULL)
        return err_set(err, ERR_FORMAT, "%s: structural text or tensor hash is missing", path);
    config_structural_text(model->config, &expected);
    status = text_status(&expected, "the structural text", err);
    if (status == ERR_OK) status = config_structural_compare(found, expected.data, path, err);
    text_free(&expected);
    if (status == ERR_OK) status = safetensors_hash(file, actual, err);
    if (status == ERR_OK && strcmp(actual, hash) != 0)
        status = err_set(err, ERR_FORMAT,
                         "%s: the tensors do not match their hash: the file was "
                         "changed or damaged",
                         path);
    return status;
}

static enum err_status read_map(const struct safetensors *file, struct model *model,
                                const char *path, struct err *err)
{
    size_t features = (size_t)model->config->input_size;
    const struct safetensors_tensor *offset, *step;
    enum err_status status =
        safetensors_require(file, "code_map.offset", SAFETENSORS_F64, 1, &features, &offset, err);

    if (status == ERR_OK)
        status =
            safetensors_require(file, "code_map.step", SAFETENSORS_F64, 1, &features, &step, err);
    if (status == ERR_OK)
        status = code_map_create(&model->map, (unsigned)model->config->input_bits, features, err);
    if (status != ERR_OK) return status;
    memcpy(model->map->offset, offset->data, features * sizeof *model->map->offset);
    memcpy(model->map->step, step->data, features * sizeof *model->map->step);
    for (size_t f = 0; f < features; f++) {
        if (!isfinite(model->map->offset[f]) || !(model->map->step[f] > 0) ||
            !isfinite(model->map->step[f]))
            return err_set(err, ERR_FORMAT, "%s: code_map of feature %zu is not a finite scale",
                           path, f);
    }
    return ERR_OK;
}

static enum err_status read_states(const struct safetensors *file, struct model *model,
                                   struct err *err)
{
    struct encoder *encoder = model->encoder;
    enum err_status status = ERR_OK;

    for (size_t s = 0; status == ERR_OK && s < encoder->num_states; s++) {
        const struct safetensors_tensor *tensor;
        char name[NAME_SIZE];

        snprintf(name, sizeof name, "encoder.%s", encoder->state[s].name);
        tensor = safetensors_find(file, name);
        if (tensor == NULL) continue;
        if (tensor->type != SAFETENSORS_F32 || tensor->rank != 2)
            return err_set(err, ERR_FORMAT, "%s: expected a float32 matrix", name);
        status = encoder_set_state(encoder, encoder->state[s].name, tensor->shape[0],
                                   tensor->shape[1], tensor->data, err);
    }
    return status;
}

static enum err_status read_encoder(const struct safetensors *file, struct model *model,
                                    const char *path, struct err *err)
{
    const struct config *config = model->config;
    size_t bits = (size_t)config->input_size * (size_t)config->encoder_config.num_bits;
    size_t starts = bits + 1;
    const struct safetensors_tensor *initial, *start, *toggles;
    enum err_status status = read_map(file, model, path, err);

    if (status == ERR_OK)
        status =
            safetensors_require(file, "encoder.initial", SAFETENSORS_U8, 1, &bits, &initial, err);
    if (status == ERR_OK)
        status = safetensors_require(file, "encoder.toggle_start", SAFETENSORS_U32, 1, &starts,
                                     &start, err);
    if (status != ERR_OK) return status;
    toggles = safetensors_find(file, "encoder.toggles");
    if (toggles == NULL || toggles->type != SAFETENSORS_U32 || toggles->rank != 1)
        return err_set(err, ERR_FORMAT, "%s: encoder.toggles: expected a uint32 vector", path);
    status =
        encoder_from_steps(&model->encoder, config->encoder_config.name, (size_t)config->input_size,
                           (size_t)config->encoder_config.num_bits, (unsigned)config->input_bits,
                           initial->data, start->data, toggles->data, toggles->count, err);
    return status == ERR_OK ? read_states(file, model, err) : status;
}

static enum err_status read_wiring(const struct safetensors *file, struct layer *layer,
                                   size_t index, const char *path, struct err *err)
{
    size_t shape[2] = {layer->instances, layer->desc.num_inputs};
    const struct safetensors_tensor *wires;
    char name[NAME_SIZE];
    enum err_status status;

    layer_tensor_name(name, index, "mapping_indices");
    status = safetensors_require(file, name, SAFETENSORS_U32, 2, shape, &wires, err);
    if (status != ERR_OK) return status;
    memcpy(layer->wiring, wires->data, wires->count * sizeof *layer->wiring);
    for (size_t i = 0; i < wires->count; i++) {
        if (layer->wiring[i] > layer->num_inputs) /* num_inputs is the constant 0 */
            return err_set(err, ERR_FORMAT, "%s: %s: node %zu slot %zu reads signal %u of %zu",
                           path, name, i / shape[1], i % shape[1], layer->wiring[i],
                           layer->num_inputs);
    }
    return ERR_OK;
}

/* The hard choice is stored beside the weights; the weights must still make it, unless the slot was
 * cut. */
static enum err_status check_choice(const struct layer *layer, size_t index, const char *path,
                                    struct err *err)
{
    for (size_t slot = 0; slot < layer->selection->slots; slot++) {
        if (!layer_is_cut(layer, slot) &&
            selection_prepare(layer->selection, slot) != layer->wiring[slot])
            return err_set(err, ERR_FORMAT,
                           "%s: layers.%zu.mapping_indices: slot %zu is not the choice of its "
                           "weights",
                           path, index, slot);
    }
    return ERR_OK;
}

static enum err_status read_selection(const struct safetensors *file, struct layer *layer,
                                      size_t index, const char *path, struct err *err)
{
    struct selection *selection = layer->selection;
    size_t shape[2] = {selection->slots, selection->candidates};
    const struct safetensors_tensor *weights, *tau, *wires = NULL;
    char name[NAME_SIZE];
    enum err_status status;

    layer_tensor_name(name, index, "mapping.W");
    status = safetensors_require(file, name, SAFETENSORS_F32, 2, shape, &weights, err);
    layer_tensor_name(name, index, "mapping.tau");
    if (status == ERR_OK)
        status = safetensors_require(file, name, SAFETENSORS_F64, 0, NULL, &tau, err);
    layer_tensor_name(name, index, "mapping.candidates");
    if (status == ERR_OK && selection->wires != NULL)
        status = safetensors_require(file, name, SAFETENSORS_U32, 2, shape, &wires, err);
    if (status != ERR_OK) return status;
    memcpy(&selection->next_tau, tau->data, sizeof selection->next_tau);
    if (!isfinite(selection->next_tau) || selection->next_tau <= 0)
        return err_set(err, ERR_FORMAT, "%s: layers.%zu.mapping.tau is not a positive number", path,
                       index);
    selection->tau = selection->next_tau;
    memcpy(selection->weights, weights->data, weights->count * sizeof *selection->weights);
    if (wires != NULL)
        memcpy(selection->wires, wires->data, wires->count * sizeof *selection->wires);
    for (size_t i = 0; i < weights->count; i++) {
        if (!isfinite(selection->weights[i]) ||
            (wires != NULL && selection->wires[i] >= layer->num_inputs))
            return err_set(err, ERR_FORMAT,
                           "%s: layers.%zu.mapping: slot %zu has a weight or a "
                           "candidate out of range",
                           path, index, i / shape[1]);
    }
    return check_choice(layer, index, path, err);
}

static enum err_status read_params(const struct safetensors *file, struct layer *layer,
                                   size_t index, const char *path, struct err *err)
{
    float *stacked = malloc(layer->width * layer->desc.num_params * sizeof *stacked);
    enum err_status status = stacked == NULL ? err_nomem(err, "weights") : ERR_OK;

    for (size_t i = 0; status == ERR_OK && i < layer->desc.num_tensors; i++) {
        const struct node_tensor *tensor = &layer->desc.tensors[i];
        const struct safetensors_tensor *stored;
        size_t shape[3], rank = tensor_shape(layer, tensor, shape);
        char name[NAME_SIZE];

        layer_tensor_name(name, index, tensor->name);
        status = safetensors_require(file, name, SAFETENSORS_F32, rank, shape, &stored, err);
        if (status != ERR_OK) break;
        memcpy(stacked, stored->data, stored->count * sizeof *stacked);
        for (size_t k = 0; status == ERR_OK && k < stored->count; k++) {
            if (!isfinite(stacked[k]))
                status =
                    err_set(err, ERR_FORMAT, "%s: %s: element %zu is not finite", path, name, k);
        }
        copy_tensor(layer, tensor, stacked, false);
    }
    free(stacked);
    for (size_t node = 0; status == ERR_OK && node < layer->width; node++)
        status = node_check_params(&layer->desc, layer_params(layer, node), err);
    return status;
}

/* The stored hard tables must be what the parameters give: a file whose two halves disagree is not
 * believed. */
static enum err_status check_tables(const struct safetensors *file, const struct layer *layer,
                                    size_t index, const char *path, struct err *err)
{
    size_t shape[2] = {layer->width * layer->desc.num_outputs, layer_table_words(layer)};
    const struct safetensors_tensor *stored;
    uint64_t *bits = calloc(shape[0] * shape[1], sizeof *bits);
    char name[NAME_SIZE];
    enum err_status status = bits == NULL ? err_nomem(err, "hard tables") : ERR_OK;

    layer_tensor_name(name, index, "table_bits");
    if (status == ERR_OK)
        status = safetensors_require(file, name, SAFETENSORS_U64, 2, shape, &stored, err);
    if (status == ERR_OK) {
        layer_trained_tables(layer, bits);
        if (memcmp(bits, stored->data, shape[0] * shape[1] * sizeof *bits) != 0)
            status =
                err_set(err, ERR_FORMAT, "%s: %s are not the tables of its parameters", path, name);
    }
    free(bits);
    return status;
}

static enum err_status read_edits(const struct safetensors *file, struct layer *layer, size_t index,
                                  const char *path, struct err *err)
{
    size_t shape[2] = {layer->width * layer->desc.num_outputs, layer_table_words(layer)};
    size_t entries = layer->desc.table_size;
    const struct safetensors_tensor *stored;
    char name[NAME_SIZE];
    enum err_status status;

    layer_tensor_name(name, index, "edited_table_bits");
    if (safetensors_find(file, name) == NULL) return ERR_OK;
    status = safetensors_require(file, name, SAFETENSORS_U64, 2, shape, &stored, err);
    if (status == ERR_OK) status = layer_edit(layer, stored->data, err);
    for (size_t i = 0; status == ERR_OK && entries < 64 && i < shape[0]; i++) {
        if (layer->edited[i] >> entries != 0)
            status = err_set(err, ERR_FORMAT, "%s: %s: table %zu has bits beyond its %zu entries",
                             path, name, i, entries);
    }
    return status;
}

static enum err_status read_all(const struct safetensors *file, struct model *model,
                                const char *path, struct err *err)
{
    const struct safetensors_tensor *tau;
    enum err_status status = check_metadata(file, model, path, err);

    if (status == ERR_OK) status = read_encoder(file, model, path, err);
    for (size_t l = 0; status == ERR_OK && l < model->num_layers; l++) {
        struct layer *layer = model->layers[l];

        status = read_wiring(file, layer, l, path, err);
        if (status == ERR_OK && layer->selection != NULL)
            status = read_selection(file, layer, l, path, err);
        if (status == ERR_OK) status = read_params(file, layer, l, path, err);
        if (status == ERR_OK) status = check_tables(file, layer, l, path, err);
        if (status == ERR_OK) status = read_edits(file, layer, l, path, err);
        if (status == ERR_OK) layer_prepare(layer);
    }
    if (status == ERR_OK)
        status = safetensors_require(file, "output_layer.tau", SAFETENSORS_F64, 0, NULL, &tau, err);
    if (status != ERR_OK) return status;
    if (model->config->runtime.tau <= 0) memcpy(&model->tau, tau->data, sizeof model->tau);
    if (!isfinite(model->tau) || model->tau <= 0)
        return err_set(err, ERR_FORMAT, "%s: output_layer.tau is not a positive number", path);
    snprintf(model->model_hash, sizeof model->model_hash, "%s",
             safetensors_metadata(file, "tensor_hash"));
    return ERR_OK;
}

enum err_status model_take(struct model **out, const struct config *config,
                           const struct safetensors *weights, const char *path, struct err *err)
{
    struct model *model = NULL;
    enum err_status status = model_create(&model, config, err);

    if (status == ERR_OK) status = read_all(weights, model, path, err);
    if (status == ERR_OK)
        *out = model;
    else
        model_free(model);
    return status;
}

enum err_status model_load(struct model **out, const struct config *config,
                           const char *weights_path, struct err *err)
{
    struct safetensors *file = NULL;
    enum err_status status = safetensors_read(&file, weights_path, err);

    if (status == ERR_OK) status = model_take(out, config, file, weights_path, err);
    safetensors_free(file);
    return status;
}
