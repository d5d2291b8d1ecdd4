/* The room's own: what the opaque types of difflut.h are.
 *
 * This room only translates: it checks what comes from outside, calls the rooms below and turns their
 * structs into public ones. */
#ifndef DIFFLUT_API_API_H
#define DIFFLUT_API_API_H

#include "base/err.h"
#include "data/dataset.h"
#include "difflut.h"
#include "model/model.h"
#include "node/node.h"

struct own_node;

struct difflut {
    struct own_node **own; /* [registry.count] owned */
    const struct node_type **types;
    struct node_registry registry;
};

struct difflut_model {
    struct model *model;
    unsigned threads; /* 0: all cores */
    bool started;     /* its parameters are worth keeping: loaded, trained or transferred */
};

struct difflut_data {
    struct dataset *dataset;
};

/* difflut_status and err_status are the same numbers, difflut_error and err the same bytes (checked in
 * difflut.c). */
static inline struct err *api_err(struct difflut_error *err)
{
    return (struct err *)err;
}
static inline enum difflut_status api_status(enum err_status status)
{
    return (enum difflut_status)status;
}

/* ERR_ARG naming the first code of [count][features] over `max`. */
enum err_status api_check_codes(const uint16_t *codes, size_t count, size_t features, uint32_t max,
                                struct err *err);

/* ERR_ARG for a model without an encoder, or codes that it does not know. */
enum err_status api_check_input(const struct difflut_model *wrapped, const uint16_t *codes,
                                size_t count, struct err *err);

#endif
