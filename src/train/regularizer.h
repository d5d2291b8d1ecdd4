/* Regularisers: a value of every node, weighted into the loss.
 *
 * With t an entry of a soft table, n the node's inputs, a an address and a^i the address with bit i
 * flipped, each is the mean over all tables of the model of:
 *
 *   entropy                    mean binary entropy of the entries (clamped to [0, 1]), in bits
 *   clarity                    mean of 4 t (1 - t)
 *   l, functional              mean over a and i of |t(a) - t(a^i)|^p, p = 2: how much one flipped
 *                              input changes the output
 *   l1, l1_functional; l2, ... the same with p = 1; p = 2
 *   inputs, group_lasso        mean over i of the root of the mean over a of (t(a) - t(a^i))^2: a group lasso,
 *                              which drives whole inputs out of a table (Yuan and Lin, 2006)
 *   spectral, walsh, fourier   sum over sets S of inputs of |S|^degree_power c_S^2, c the Walsh
 *                              spectrum of the table (its squares add up to the mean square of the
 *                              entries): high degrees cost more. degree_power 0 is plain L2
 *
 * entropy and clarity push entries towards 0 or 1, which closes the gap between soft and hard accuracy.
 * With `compat: upstream` (SPEC 6 and 15) l, l1 and l2 are a figure without a gradient, from
 * num_samples random inputs and divided by n once more, and spectral is the mean square of parameters
 * whose name holds "lut", without degrees. */
#ifndef DIFFLUT_TRAIN_REGULARIZER_H
#define DIFFLUT_TRAIN_REGULARIZER_H

#include "config/config.h"
#include "node/node.h"

#include <stddef.h>
#include <stdint.h>

struct regularizer_use;

/* One entry of the registry. Both work on one node: */
struct regularizer {
    const char *names[3]; /* the name and its aliases, NULL-terminated when fewer than three */
    const char *meaning;
    double power;                        /* p, or the degree's power; 0: none */
    const struct config_option *options; /* read into struct regularizer_use */
    size_t num_options;
    /* Sum over the node's tables. */
    double (*value)(const struct regularizer_use *use, const struct node_desc *desc,
                    const float *params, const float *table);
    /* Adds scale * the gradient of that sum, to either. */
    void (*gradient)(const struct regularizer_use *use, const struct node_desc *desc,
                     const float *params, const float *table, float scale, float *grad_table,
                     float *grad_params);
};

const struct regularizer *const *regularizer_list(size_t *count);
const struct regularizer *regularizer_find(const char *name); /* by any of its names, or NULL */

/* A regulariser as a configuration asks for it. */
struct regularizer_use {
    const struct regularizer *rule;
    const char *name; /* as written in the configuration, which must outlive this */
    double weight;
    double power;
    bool upstream;
    long num_samples; /* upstream */
    uint64_t seed;    /* of those samples */
};

/* Number `index` of runtime.regularizers; a complaint for an unknown name or option. */
enum err_status regularizer_read(struct regularizer_use *use, const struct config *config,
                                 size_t index, struct err *err);

/* Upstream's estimate: mean over samples, inputs and once more 1 / n of sum over outputs |g(x) -
 * g(x^i)|^p, g the training pass, in[j] rows of `samples` <= NODE_MAX_SAMPLES inputs, 64-byte aligned
 * and a multiple of 16 long. */
double regularizer_sensitivity(const struct node_desc *desc, const float *params,
                               const float *table, const float *const *in, size_t samples,
                               double power);

#endif
