#include "own_node.h"

#include "base/simd.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTIONS = 32, MAX_PARAMS = 1 << 20 };

/* The wrapped type comes first: a node_desc's type is then the whole. */
struct own_node {
    struct node_type type;
    const struct difflut_node_type *user;
    struct config_option options[MAX_OPTIONS];
    char standard[MAX_OPTIONS][32]; /* defaults as text */
};

/* A pass over some corners of the input cube, or what a pass is not asked for. */
struct block {
    float rows[NODE_MAX_INPUTS > NODE_MAX_OUTPUTS ? NODE_MAX_INPUTS : NODE_MAX_OUTPUTS]
              [NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
};

static const struct difflut_node_type *user_of(const struct node_desc *desc)
{
    return ((const struct own_node *)desc->type)->user;
}

static struct difflut_node node_of(const struct node_desc *desc)
{
    return (struct difflut_node){.num_inputs = desc->num_inputs,
                                 .num_outputs = desc->num_outputs,
                                 .num_params = desc->num_params,
                                 .temperature = desc->temperature,
                                 .options = desc->options};
}

static void rows_of(struct block *block, float **rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        // cppcheck-suppress uninitvar ; an address is taken, nothing is read
        rows[i] = block->rows[i];
}

/* --- random numbers --- */

double difflut_random_uniform(struct difflut_random *random)
{
    return rng_double((struct rng *)random);
}

double difflut_random_normal(struct difflut_random *random)
{
    return rng_normal((struct rng *)random);
}

/* --- the functions of struct node_type --- */

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    struct difflut_node node = node_of(desc);
    size_t count = user_of(desc)->num_params(&node);

    if (count == 0 || count > MAX_PARAMS)
        return err_set(err, ERR_ARG,
                       "node_type: %s nodes cannot have %u inputs and %u outputs (%zu parameters)",
                       desc->type->name, desc->num_inputs, desc->num_outputs, count);
    node_add_tensor(desc, "params", count, 0, true);
    return ERR_OK;
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    struct difflut_node node = node_of(desc);

    user_of(desc)->init(&node, params, (struct difflut_random *)rng);
}

static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    struct difflut_node node = node_of(desc);

    user_of(desc)->init_residual(&node, params, clarity, noise, (struct difflut_random *)rng);
}

/* Input rows of the corners first .. first + count. */
static void corners(const struct node_desc *desc, size_t first, size_t count, struct block *in)
{
    for (unsigned j = 0; j < desc->num_inputs; j++) {
        for (size_t s = 0; s < count; s++)
            in->rows[j][s] = (first + s) >> j & 1 ? 1.0F : 0.0F;
    }
}

/* Corners of one pass: a multiple of 16; past 2^n they repeat. */
static size_t corners_at_once(const struct node_desc *desc)
{
    return desc->table_size < 16                 ? 16
           : desc->table_size < NODE_MAX_SAMPLES ? desc->table_size
                                                 : NODE_MAX_SAMPLES;
}

/* Forward pass at `count` corners from `first`, into the block's rows. */
static void forward_corners(const struct node_desc *desc, const float *params, size_t first,
                            size_t count, struct block *result)
{
    struct difflut_node node = node_of(desc);
    float *in[NODE_MAX_INPUTS], *out[NODE_MAX_OUTPUTS];
    struct block at;

    rows_of(&at, in, desc->num_inputs);
    rows_of(result, out, desc->num_outputs);
    corners(desc, first, count, &at);
    user_of(desc)->forward(&node, params, (const float *const *)in, out, count);
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    size_t count = corners_at_once(desc);
    size_t kept = count < desc->table_size ? count : desc->table_size;

    for (size_t first = 0; first < desc->table_size; first += count) {
        struct block out;

        forward_corners(desc, params, first, count, &out);
        for (unsigned o = 0; o < desc->num_outputs; o++)
            memcpy(table + o * desc->table_size + first, out.rows[o], kept * sizeof *table);
    }
}

/* The gradients of `kept` corners, and zeros up to `count`. False when all are 0. */
static bool corner_gradients(const struct node_desc *desc, const float *grad_table, size_t first,
                             size_t kept, size_t count, struct block *grad)
{
    bool any = false;

    for (unsigned o = 0; o < desc->num_outputs; o++) {
        const float *from = grad_table + o * desc->table_size + first;

        for (size_t s = 0; s < count; s++)
            grad->rows[o][s] = s < kept ? from[s] : 0.0F;
        for (size_t s = 0; s < kept; s++)
            any |= from[s] > 0.0F || from[s] < 0.0F;
    }
    return any;
}

static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    struct difflut_node node = node_of(desc);
    size_t count = corners_at_once(desc);
    size_t kept = count < desc->table_size ? count : desc->table_size;
    float *in[NODE_MAX_INPUTS], *grad_out[NODE_MAX_OUTPUTS];
    struct block at, grad;

    (void)table;
    rows_of(&at, in, desc->num_inputs);
    rows_of(&grad, grad_out, desc->num_outputs);
    for (size_t first = 0; first < desc->table_size; first += count) {
        if (!corner_gradients(desc, grad_table, first, kept, count, &grad)) continue;
        corners(desc, first, count, &at);
        user_of(desc)->backward(&node, params, (const float *const *)in,
                                (const float *const *)grad_out, NULL, grad_params, count);
    }
}

static void forward(const struct node_desc *desc, const float *params, const float *table,
                    const float *const *in, float *const *out, const struct node_noise *noise,
                    size_t count)
{
    struct difflut_node node = node_of(desc);

    (void)table, (void)noise;
    user_of(desc)->forward(&node, params, in, out, count);
}

static void backward_inputs(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out,
                            float *const *grad_in, const struct node_noise *noise, size_t count)
{
    struct difflut_node node = node_of(desc);

    (void)table, (void)noise;
    user_of(desc)->backward(&node, params, in, grad_out, grad_in, NULL, count);
}

static void backward_params(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count)
{
    struct difflut_node node = node_of(desc);

    (void)table, (void)grad_table, (void)noise;
    user_of(desc)->backward(&node, params, in, grad_out, NULL, grad_params, count);
}

static double penalty(const struct node_desc *desc, const float *params, float *grad_params)
{
    struct difflut_node node = node_of(desc);

    return user_of(desc)->penalty(&node, params, grad_params);
}

/* Without a rule of the type's own: the soft table's entry, from the forward pass itself. */
static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    struct difflut_node node = node_of(desc);
    struct block out;
    double unread, entry;

    if (user_of(desc)->hard_bit != NULL)
        return user_of(desc)->hard_bit(&node, params, output, address,
                                       margin != NULL ? margin : &unread);
    forward_corners(desc, params, address, 16, &out);
    entry = (double)out.rows[output][0];
    if (margin != NULL) *margin = entry - 0.5;
    return entry >= 0.5;
}

/* --- checks --- */

static bool is_name(const char *name)
{
    size_t length = name == NULL ? 0 : strlen(name);

    if (length == 0 || length >= CONFIG_NAME_SIZE || !isalpha((unsigned char)name[0])) return false;
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)name[i]) && name[i] != '_') return false;
    }
    return true;
}

static enum err_status check_type(const struct difflut_node_type *type, struct err *err)
{
    const char *missing = type->num_params == NULL ? "num_params"
                          : type->init == NULL     ? "init"
                          : type->forward == NULL  ? "forward"
                          : type->backward == NULL ? "backward"
                                                   : NULL;

    if (!is_name(type->name))
        return err_set(err, ERR_ARG,
                       "a node type needs a name of 1 to %d letters, digits and '_', the first a "
                       "letter (found '%s')",
                       CONFIG_NAME_SIZE - 1, type->name != NULL ? type->name : "");
    if (missing != NULL)
        return err_set(err, ERR_ARG, "node type %s has no function %s", type->name, missing);
    if (type->num_options > MAX_OPTIONS || (type->num_options > 0 && type->options == NULL))
        return err_set(err, ERR_ARG, "node type %s: expected at most %d options, found %zu",
                       type->name, MAX_OPTIONS, type->num_options);
    return ERR_OK;
}

static enum err_status wrap_option(struct own_node *own, size_t i, struct err *err)
{
    const struct difflut_node_option *option = &own->user->options[i];

    if (!is_name(option->name) || strcmp(option->name, "output_dim") == 0)
        return err_set(err, ERR_ARG, "node type %s: option %zu needs a name of its own",
                       own->user->name, i);
    for (size_t k = 0; k < i; k++) {
        if (strcmp(own->user->options[k].name, option->name) == 0)
            return err_set(err, ERR_ARG, "node type %s: two options are named %s", own->user->name,
                           option->name);
    }
    if (!isfinite(option->low) || !isfinite(option->high) || !(option->low <= option->standard) ||
        !(option->standard <= option->high))
        return err_set(err, ERR_ARG, "node type %s: option %s: %g is not in its range %g to %g",
                       own->user->name, option->name, option->standard, option->low, option->high);
    snprintf(own->standard[i], sizeof own->standard[i], "%.17g", option->standard);
    own->options[i] =
        (struct config_option){.name = option->name,
                               .type = CONFIG_DOUBLE,
                               .offset = i * sizeof(double),
                               .low = option->low,
                               .high = option->high,
                               .default_text = own->standard[i],
                               .meaning = option->meaning != NULL ? option->meaning : ""};
    return ERR_OK;
}

enum err_status own_node_create(struct own_node **out, const struct difflut_node_type *type,
                                struct err *err)
{
    enum err_status status = check_type(type, err);
    struct own_node *own;

    if (status != ERR_OK) return status;
    own = calloc(1, sizeof *own);
    if (own == NULL) return err_nomem(err, "a node type");
    own->user = type;
    own->type = (struct node_type){
        .name = type->name,
        .meaning = type->meaning != NULL ? type->meaning : "",
        .options = own->options,
        .num_options = type->num_options,
        .options_size = type->num_options * sizeof(double),
        .describe = describe,
        .init = init,
        .init_residual = type->init_residual != NULL ? init_residual : NULL,
        .tabulate = tabulate,
        .tabulate_backward = tabulate_backward,
        .forward = forward,
        .backward_inputs = backward_inputs,
        .backward_params = backward_params,
        .penalty = type->penalty != NULL ? penalty : NULL,
        .hard_bit = hard_bit,
    };
    for (size_t i = 0; status == ERR_OK && i < type->num_options; i++)
        status = wrap_option(own, i, err);
    if (status == ERR_OK)
        *out = own;
    else
        own_node_free(own);
    return status;
}

void own_node_free(struct own_node *own)
{
    free(own);
}

const struct node_type *own_node_type(const struct own_node *own)
{
    return &own->type;
}
