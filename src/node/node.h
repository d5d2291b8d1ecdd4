/* Node types: what one LUT is while it is trained, and the table it becomes. SPEC section 1.
 *
 * A node has n inputs, m outputs and a block of parameters. Its soft values at the 2^n corners of the
 * input cube are its soft table; its hard table is one bit per corner and is what the hardware gets.
 * Address a has input j as bit j (input 0 is the least significant).
 *
 * Rows: an activation row is `count` floats, one a sample. in[j] is the row of input j, out[o] the row
 * of output o. Rows are 64-byte aligned, count is a multiple of 16 and at most NODE_MAX_SAMPLES, so
 * that a kernel may keep rows of its own on the stack. Every function works on one node, is thread-safe and cannot fail; describe() has
 * checked the shape before. One file per type, one line in node.c. */
#ifndef DIFFLUT_NODE_NODE_H
#define DIFFLUT_NODE_NODE_H

#include "base/err.h"
#include "base/rng.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NODE_MAX_INPUTS = 12, NODE_MAX_OUTPUTS = 16, NODE_MAX_TENSORS = 32 };
enum { NODE_MAX_SAMPLES = 64 };

/* A named slice of a node's parameter block, as the original library names it. */
struct node_tensor {
    char name[32];
    size_t rank, shape[2], offset, count;
    bool trainable; /* trainable slices come before the others */
};

struct node_desc {
    const struct node_type *type;
    unsigned num_inputs;  /* n, 1..NODE_MAX_INPUTS */
    unsigned num_outputs; /* m, 1..NODE_MAX_OUTPUTS */
    size_t table_size;    /* 2^n */
    size_t num_params;    /* floats of one node, buffers included */
    size_t num_trainable; /* the first so many are trained */
    struct node_tensor tensors[NODE_MAX_TENSORS];
    size_t num_tensors;
    double temperature; /* runtime.temperature */
    bool upstream;      /* compat: upstream (SPEC 15) */
    /* The training pass adds noise, to bit inputs too: it then runs forward() and backward_params()
     * on their real values in place of look-ups. */
    bool noisy;
    void *options; /* the type's own options struct, or NULL; owned */
};

/* What the training pass of a noisy node draws. Evaluation passes NULL, and so does everybody to the
 * other nodes. */
struct node_noise {
    uint64_t step;                /* training steps done before this one */
    const float *const *logistic; /* [m] rows of ln(u / (1 - u)), u uniform in (0, 1) */
};

struct node_type {
    const char *name, *meaning;

    /* The training forward pass thresholds its inputs at 0.5 (x >= 0.5 is 1) and looks the soft table
     * up: forward() is then not needed. */
    bool lookup;
    const struct config_option *options;
    size_t num_options, options_size;

    /* Fills tensors, num_params and num_trainable; refuses shapes the type cannot have, in words that
     * follow "FILE:LINE: node_input_dim: ". */
    enum err_status (*describe)(struct node_desc *desc, struct err *err);

    /* Default initialisation of one node, buffers included. */
    void (*init)(const struct node_desc *desc, float *params, struct rng *rng);
    /* Passes input 0 through: clarity c, noise standard deviation s (SPEC 5, residual). NULL: the type
     * has no such start. */
    void (*init_residual)(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise);

    /* Soft table [m][2^n], and the gradient through it: grad_params[i] += sum_a grad_table[a] * d
     * table[a] / d params[i]. */
    void (*tabulate)(const struct node_desc *desc, const float *params, float *table);
    void (*tabulate_backward)(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params);

    /* lookup types only: smooth[m][2^n]. The factor of the gradient of input j at address a is
     * smooth[a with bit j] - smooth[a without it]. NULL: the input gradient needs the real inputs
     * (backward_inputs). */
    void (*smooth)(const struct node_desc *desc, const float *params, const float *table,
                   float *smooth);

    /* Soft forward on real inputs. NULL for lookup types. */
    void (*forward)(const struct node_desc *desc, const float *params, const float *table,
                    const float *const *in, float *const *out, const struct node_noise *noise,
                    size_t count);
    /* grad_in[j] += gradient of input j. NULL where smooth() serves. */
    void (*backward_inputs)(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out,
                            float *const *grad_in, const struct node_noise *noise, size_t count);
    /* Adds either to grad_table (then tabulate_backward() is called once all samples are in) or to
     * grad_params. NULL where the look-up's own gradient serves. */
    void (*backward_params)(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count);

    /* The type's own penalty: returns its value and, where grad_params is not NULL, adds its gradient.
     * NULL: none. */
    double (*penalty)(const struct node_desc *desc, const float *params, float *grad_params);

    /* Refuses a parameter block whose buffers (indices, exponents, ...) are not what the kernels may
     * rely on; for blocks that come from a file. NULL: any finite numbers will do. */
    enum err_status (*check)(const struct node_desc *desc, const float *params, struct err *err);

    /* The hardware's bit: output o at address a, from the parameters alone, in double. *margin (may
     * be NULL) is the signed distance from the decision threshold. */
    bool (*hard_bit)(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin);
};

/* A program's own node types, beside the library's. */
struct node_registry {
    const struct node_type *const *types;
    size_t count;
};

/* The library's own. */
const struct node_type *const *node_types(size_t *count);
/* Among the library's and those of `own` (may be NULL). NULL when unknown. */
const struct node_type *node_find(const struct node_registry *own, const char *name);

/* Fills *desc for a layer of the configuration (layer index for the type's name and n). */
enum err_status node_describe(struct node_desc *desc, const struct config *config, size_t layer,
                              struct err *err);
/* The fixed OR of n inputs, which no configuration names (node_or, for pooling). */
void node_describe_or(struct node_desc *desc, unsigned num_inputs);
void node_desc_free(struct node_desc *desc); /* frees the options */

/* ERR_FORMAT when a parameter is not finite, or as the type's own check() says. */
enum err_status node_check_params(const struct node_desc *desc, const float *params,
                                  struct err *err);

/* The library's types and their node_config options, as Markdown (docs/nodes.md). */
void node_document(struct text *out);

/* Used by describe(): appends a tensor slice. Trainable ones first. */
void node_add_tensor(struct node_desc *desc, const char *name, size_t rows, size_t columns,
                     bool trainable);

/* Hard table of one output, 2^n bits in words of 64, bit a of word a / 64. */
void node_hard_table(const struct node_desc *desc, const float *params, unsigned output,
                     uint64_t *words);

#endif
