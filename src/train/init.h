/* Initialisers: runtime.init_fn, with its options runtime.init_kwargs, applied to every trained tensor
 * of every node. SPEC section 5. */
#ifndef DIFFLUT_TRAIN_INIT_H
#define DIFFLUT_TRAIN_INIT_H

#include "model/model.h"

#include <stddef.h>

/* What init_kwargs may say; each rule reads the options that it names. */
struct init_options {
    double mean, std;                   /* normal */
    double low, high;                   /* uniform: a, b */
    double gain;                        /* xavier */
    double slope;                       /* kaiming: a, of leaky_relu */
    config_name mode, nonlinearity;     /* kaiming */
    double v_target;                    /* variance_stabilized */
    long fan_in, fan_out;               /* variance_stabilized; 0: from the shape */
    double noise_factor, logit_clarity; /* residual */
};

/* Draws rows x columns values (columns 0: a vector). fan_in = columns, fan_out = rows; a vector has
 * both = its length. */
struct init_rule {
    const char *names[4]; /* the name and its aliases, NULL-terminated when fewer than four */
    const char *meaning;
    const struct config_option *options; /* read into struct init_options */
    size_t num_options;
    /* NULL: the node type's own init_residual(). */
    void (*draw)(const struct init_options *options, float *values, size_t rows, size_t columns,
                 struct rng *rng);
};
const struct init_rule *init_rules(size_t *count);
const struct init_rule *init_find(const char *name); /* any case; NULL when unknown */

/* The options of `rule` in a configuration; a complaint for an unknown one. */
enum err_status init_read(struct init_options *options, const struct init_rule *rule,
                          const struct config *config, struct err *err);

/* Re-initialises the model's nodes as runtime.init_fn says; empty: leaves the nodes' own start.
 * "residual" passes input 0 of every node through. ERR_ARG for an unknown name or option. */
enum err_status init_apply(struct model *model, struct err *err);

#endif
