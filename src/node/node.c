#include "node.h"

#include "config/config_value.h"
#include "node_types.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line each. */
/* clang-format off */
static const struct node_type *const types[] = {
    &node_linear_lut,
    &node_polylut,
    &node_neurallut,
    &node_dwn,
    &node_dwn_stable,
    &node_probabilistic,
    &node_hybrid,
    &node_fourier,
    &node_difflogic,
    &node_warp,
};
/* clang-format on */

enum { NUM_TYPES = sizeof types / sizeof types[0], MAX_LISTED = 64 };

const struct node_type *const *node_types(size_t *count)
{
    *count = NUM_TYPES;
    return types;
}

static const struct node_type *find_in(const struct node_type *const *list, size_t count,
                                       const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i]->name, name) == 0) return list[i];
    }
    return NULL;
}

const struct node_type *node_find(const struct node_registry *own, const char *name)
{
    const struct node_type *type = find_in(types, NUM_TYPES, name);

    if (type == NULL && own != NULL) type = find_in(own->types, own->count, name);
    return type;
}

void node_add_tensor(struct node_desc *desc, const char *name, size_t rows, size_t columns,
                     bool trainable)
{
    struct node_tensor *tensor = &desc->tensors[desc->num_tensors++];

    snprintf(tensor->name, sizeof tensor->name, "%s", name);
    tensor->rank = columns > 0 ? 2 : 1;
    tensor->shape[0] = rows;
    tensor->shape[1] = columns;
    tensor->count = columns > 0 ? rows * columns : rows;
    tensor->offset = desc->num_params;
    tensor->trainable = trainable;
    desc->num_params += tensor->count;
    if (trainable) desc->num_trainable = desc->num_params;
}

/* An option is read by whichever node type of the model knows it; one that none knows is refused. */
static enum err_status pairs_of_type(const struct config *config, const struct node_type *type,
                                     struct config_pairs *own, struct err *err)
{
    for (size_t i = 0; i < config->node_config.count; i++) {
        const struct config_pair *pair = &config->node_config.items[i];
        bool known_here = false, known = strcmp(pair->key, "output_dim") == 0;

        for (size_t t = 0; t < type->num_options; t++)
            known_here |= strcmp(type->options[t].name, pair->key) == 0;
        for (size_t l = 0; l < config->num_layers; l++) {
            const struct node_type *other = node_find(config->own_nodes, config->node_type[l]);

            for (size_t t = 0; other != NULL && t < other->num_options; t++)
                known |= strcmp(other->options[t].name, pair->key) == 0;
        }
        if (known_here) own->items[own->count++] = *pair;
        if (!known_here && !known) {
            const char *names[64];
            size_t count = 0;

            for (; count < type->num_options && count < 63; count++)
                names[count] = type->options[count].name;
            names[count++] = "output_dim";
            return config_complain_name(config, "node_config", pair->key, names, count, err);
        }
    }
    return ERR_OK;
}

static enum err_status read_options(struct node_desc *desc, const struct config *config,
                                    struct err *err)
{
    const struct node_type *type = desc->type;
    struct config_pairs *own = calloc(1, sizeof *own);
    enum err_status status = own == NULL ? err_nomem(err, "node options") : ERR_OK;

    if (status == ERR_OK) status = pairs_of_type(config, type, own, err);
    if (status == ERR_OK && type->num_options > 0) {
        desc->options = calloc(1, type->options_size);
        if (desc->options == NULL)
            status = err_nomem(err, "node options");
        else
            status = config_options_read(config, "node_config", own, type->options,
                                         type->num_options, desc->options, err);
    }
    free(own);
    return status;
}

/* node_config.output_dim: m outputs a node, for every type. */
static enum err_status read_outputs(struct node_desc *desc, const struct config *config,
                                    struct err *err)
{
    struct outputs {
        long count;
    } outputs;
    static const struct config_option option = {.name = "output_dim",
                                                .type = CONFIG_LONG,
                                                .offset = offsetof(struct outputs, count),
                                                .low = 1,
                                                .high = NODE_MAX_OUTPUTS,
                                                .default_text = "1",
                                                .meaning = "outputs of one node"};
    struct config_pairs *own = calloc(1, sizeof *own);
    enum err_status status;

    if (own == NULL) return err_nomem(err, "node options");
    for (size_t i = 0; i < config->node_config.count; i++) {
        if (strcmp(config->node_config.items[i].key, option.name) == 0)
            own->items[own->count++] = config->node_config.items[i];
    }
    status = config_options_read(config, "node_config", own, &option, 1, &outputs, err);
    if (status == ERR_OK) desc->num_outputs = (unsigned)outputs.count;
    free(own);
    return status;
}

static enum err_status unknown_type(const struct config *config, const char *name, struct err *err)
{
    const struct node_registry *own = config->own_nodes;
    const char *names[NUM_TYPES + MAX_LISTED];
    size_t count = 0;

    for (; count < NUM_TYPES; count++)
        names[count] = types[count]->name;
    for (size_t i = 0; own != NULL && i < own->count && i < MAX_LISTED; i++)
        names[count++] = own->types[i]->name;
    return config_complain_name(config, "node_type", name, names, count, err);
}

static enum err_status describe(struct node_desc *desc, const struct config *config, size_t layer,
                                struct err *err)
{
    struct err why = {""};
    enum err_status status = desc->type->describe(desc, &why);

    if (status == ERR_OK) return ERR_OK;
    return config_complain(config, "node_input_dim", err, "layer %zu has %u: %s", layer,
                           desc->num_inputs, why.message);
}

enum err_status node_describe(struct node_desc *desc, const struct config *config, size_t layer,
                              struct err *err)
{
    enum err_status status;

    memset(desc, 0, sizeof *desc);
    desc->type = node_find(config->own_nodes, config->node_type[layer]);
    if (desc->type == NULL) return unknown_type(config, config->node_type[layer], err);
    desc->num_inputs = (unsigned)config->node_input_dim[layer];
    desc->table_size = (size_t)1 << desc->num_inputs;
    desc->temperature = config->runtime.temperature;
    desc->upstream = strcmp(config->compat, "upstream") == 0;
    status = read_outputs(desc, config, err);
    if (status == ERR_OK) status = read_options(desc, config, err);
    if (status == ERR_OK) status = describe(desc, config, layer, err);
    if (status != ERR_OK) node_desc_free(desc);
    return status;
}

void node_describe_or(struct node_desc *desc, unsigned num_inputs)
{
    *desc = (struct node_desc){
        .type = &node_or,
        .num_inputs = num_inputs,
        .num_outputs = 1,
        .table_size = (size_t)1 << num_inputs,
    };
}

void node_desc_free(struct node_desc *desc)
{
    free(desc->options);
    desc->options = NULL;
}

enum err_status node_check_params(const struct node_desc *desc, const float *params,
                                  struct err *err)
{
    for (size_t t = 0; t < desc->num_tensors; t++) {
        const struct node_tensor *tensor = &desc->tensors[t];

        for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
            if (!isfinite(params[i]))
                return err_set(err, ERR_FORMAT, "%s node: %s[%zu] is not a finite number",
                               desc->type->name, tensor->name, i - tensor->offset);
        }
    }
    return desc->type->check == NULL ? ERR_OK : desc->type->check(desc, params, err);
}

void node_hard_table(const struct node_desc *desc, const float *params, unsigned output,
                     uint64_t *words)
{
    memset(words, 0, (desc->table_size + 63) / 64 * sizeof *words);
    for (size_t a = 0; a < desc->table_size; a++) {
        if (desc->type->hard_bit(desc, params, output, (uint32_t)a, NULL))
            words[a / 64] |= UINT64_C(1) << (a % 64);
    }
}

void node_document(struct text *out)
{
    for (size_t i = 0; i < NUM_TYPES; i++) {
        const char *meaning = types[i]->meaning;

        text_add(out, "\n### %s\n\n%c%s.\n", types[i]->name, toupper((unsigned char)meaning[0]),
                 meaning + 1);
        config_options_document(types[i]->options, types[i]->num_options, out);
    }
}
