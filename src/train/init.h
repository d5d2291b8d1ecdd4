/* Initialisers: runtime.init_fn applied to every trained tensor of every node. SPEC section 5. */
#ifndef DIFFLUT_TRAIN_INIT_H
#define DIFFLUT_TRAIN_INIT_H

#include "model/model.h"

#include <stddef.h>

/* Draws rows x columns values (columns 0: a vector). fan_in = columns, fan_out = rows; a vector has
 * both = its length. */
struct init_rule {
    const char *names[4]; /* the name and its aliases, NULL-terminated when fewer than four */
    const char *meaning;
    void (*draw)(float *values, size_t rows, size_t columns, struct rng *rng);
};
const struct init_rule *init_rules(size_t *count);
const struct init_rule *init_find(const char *name); /* any case; NULL when unknown */

/* Re-initialises the model's nodes as runtime.init_fn says; empty: leaves the nodes' own start.
 * "residual" passes input 0 of every node through. ERR_ARG for an unknown name. */
enum err_status init_apply(struct model *model, struct err *err);

#endif
