#include "api.h"
#include "encoder/encoder.h"
#include "hdl/vlog_emit.h"
#include "layer/layer.h"
#include "own_node.h"
#include "train/init.h"
#include "train/regularizer.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct difflut_error) == sizeof(struct err), "messages are as long");
_Static_assert((int)DIFFLUT_OK == (int)ERR_OK && (int)DIFFLUT_DIFF == (int)ERR_DIFF &&
                   (int)DIFFLUT_ARG == (int)ERR_ARG && (int)DIFFLUT_TOOL == (int)ERR_TOOL &&
                   (int)DIFFLUT_IO == (int)ERR_IO && (int)DIFFLUT_FORMAT == (int)ERR_FORMAT &&
                   (int)DIFFLUT_NOMEM == (int)ERR_NOMEM,
               "statuses are the same numbers");

const char *difflut_version(void)
{
    return DIFFLUT_VERSION;
}

enum difflut_status difflut_create(struct difflut **out, struct difflut_error *err)
{
    struct difflut *lut = calloc(1, sizeof *lut);

    if (lut == NULL) return api_status(err_nomem(api_err(err), "a context"));
    *out = lut;
    return DIFFLUT_OK;
}

void difflut_free(struct difflut *lut)
{
    if (lut == NULL) return;
    for (size_t i = 0; i < lut->registry.count; i++)
        own_node_free(lut->own[i]);
    free(lut->own);
    free(lut->types);
    free(lut);
}

/* Room for one more node type. */
static enum err_status grow(struct difflut *lut, struct err *err)
{
    size_t count = lut->registry.count + 1;
    struct own_node **own = realloc(lut->own, count * sizeof(struct own_node *));
    const struct node_type **types;

    if (own == NULL) return err_nomem(err, "node types");
    lut->own = own;
    types = realloc(lut->types, count * sizeof(const struct node_type *));
    if (types == NULL) return err_nomem(err, "node types");
    lut->types = types;
    lut->registry.types = types;
    return ERR_OK;
}

enum difflut_status difflut_register_node(struct difflut *lut, const struct difflut_node_type *type,
                                          struct difflut_error *err)
{
    struct own_node *own = NULL;
    enum err_status status = own_node_create(&own, type, api_err(err));

    if (status == ERR_OK && node_find(&lut->registry, type->name) != NULL)
        status = err_set(api_err(err), ERR_ARG, "there is a node type %s already", type->name);
    if (status == ERR_OK) status = grow(lut, api_err(err));
    if (status != ERR_OK) {
        own_node_free(own);
        return api_status(status);
    }
    lut->own[lut->registry.count] = own;
    lut->types[lut->registry.count++] = own_node_type(own);
    return DIFFLUT_OK;
}

/* --- names of components --- */

static const char *node_name(const struct difflut *lut, size_t index, const char **meaning)
{
    size_t count;
    const struct node_type *const *types = node_types(&count);
    const struct node_type *type = NULL;

    if (index < count)
        type = types[index];
    else if (index - count < lut->registry.count)
        type = lut->types[index - count];
    if (type != NULL) *meaning = type->meaning;
    return type != NULL ? type->name : NULL;
}

static const char *encoder_name(size_t index, const char **meaning)
{
    size_t count;
    const struct encoder_kind *const *kinds = encoder_kinds(&count);

    if (index < count) *meaning = kinds[index]->meaning;
    return index < count ? kinds[index]->name : NULL;
}

static const char *layer_name(size_t index, const char **meaning)
{
    size_t count;
    const struct layer_kind *const *kinds = layer_kinds(&count);

    if (index < count) *meaning = kinds[index]->meaning;
    return index < count ? kinds[index]->name : NULL;
}

static const char *init_name(size_t index, const char **meaning)
{
    size_t count;
    const struct init_rule *rules = init_rules(&count);

    if (index < count) *meaning = rules[index].meaning;
    return index < count ? rules[index].names[0] : NULL;
}

static const char *regularizer_name(size_t index, const char **meaning)
{
    size_t count;
    const struct regularizer *const *list = regularizer_list(&count);

    if (index < count) *meaning = list[index]->meaning;
    return index < count ? list[index]->names[0] : NULL;
}

const char *difflut_component(const struct difflut *lut, enum difflut_kind kind, size_t index,
                              const char **meaning)
{
    const char *unread = NULL;
    const char **to = meaning != NULL ? meaning : &unread;

    switch (kind) {
    case DIFFLUT_NODES:
        return node_name(lut, index, to);
    case DIFFLUT_ENCODERS:
        return encoder_name(index, to);
    case DIFFLUT_LAYERS:
        return layer_name(index, to);
    case DIFFLUT_INITIALISERS:
        return init_name(index, to);
    case DIFFLUT_REGULARIZERS:
        return regularizer_name(index, to);
    }
    return NULL;
}
