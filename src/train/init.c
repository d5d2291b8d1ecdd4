#include "init.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static size_t count_of(size_t rows, size_t columns)
{
    return columns > 0 ? rows * columns : rows;
}

static double fan_in_of(size_t rows, size_t columns)
{
    return (double)(columns > 0 ? columns : rows);
}

static void fill(float *values, size_t count, float value)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

static void draw_normal(float *values, size_t count, double deviation, struct rng *rng)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(deviation * rng_normal(rng));
}

static void draw_uniform(float *values, size_t count, double bound, struct rng *rng)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(bound * (2 * rng_double(rng) - 1));
}

static void zeros(float *values, size_t rows, size_t columns, struct rng *rng)
{
    (void)rng;
    fill(values, count_of(rows, columns), 0.0F);
}

static void ones(float *values, size_t rows, size_t columns, struct rng *rng)
{
    (void)rng;
    fill(values, count_of(rows, columns), 1.0F);
}

static void normal(float *values, size_t rows, size_t columns, struct rng *rng)
{
    draw_normal(values, count_of(rows, columns), 1.0, rng);
}

static void uniform(float *values, size_t rows, size_t columns, struct rng *rng)
{
    draw_uniform(values, count_of(rows, columns), 1.0, rng);
}

/* Glorot and Bengio, AISTATS 2010. */
static void xavier_uniform(float *values, size_t rows, size_t columns, struct rng *rng)
{
    double fans = fan_in_of(rows, columns) + (double)rows;

    draw_uniform(values, count_of(rows, columns), sqrt(6.0 / fans), rng);
}

static void xavier_normal(float *values, size_t rows, size_t columns, struct rng *rng)
{
    double fans = fan_in_of(rows, columns) + (double)rows;

    draw_normal(values, count_of(rows, columns), sqrt(2.0 / fans), rng);
}

/* He et al., ICCV 2015; gain sqrt(2). */
static void kaiming_uniform(float *values, size_t rows, size_t columns, struct rng *rng)
{
    draw_uniform(values, count_of(rows, columns), sqrt(6.0 / fan_in_of(rows, columns)), rng);
}

static void kaiming_normal(float *values, size_t rows, size_t columns, struct rng *rng)
{
    draw_normal(values, count_of(rows, columns), sqrt(2.0 / fan_in_of(rows, columns)), rng);
}

/* N(0, 4 v / (fan_in + fan_out)), v = 1, fan_in = log2(rows) where that is whole (SPEC 5). */
static void variance_stabilized(float *values, size_t rows, size_t columns, struct rng *rng)
{
    double in = (rows & (rows - 1)) == 0 ? log2((double)rows) : (double)rows;
    double out = (double)(columns > 0 ? columns : rows);

    draw_normal(values, count_of(rows, columns), sqrt(4.0 / (in + out)), rng);
}

static const struct init_rule rules[] = {
    {{"zeros"}, "0", zeros},
    {{"ones"}, "1", ones},
    {{"normal"}, "N(0, 1)", normal},
    {{"uniform"}, "U[-1, 1)", uniform},
    {{"xavier_uniform", "glorot_uniform", "xavier"}, "U(+-sqrt(6 / (in + out)))", xavier_uniform},
    {{"xavier_normal", "glorot_normal", "glorot"}, "N(0, 2 / (in + out))", xavier_normal},
    {{"kaiming_uniform", "he_uniform"}, "U(+-sqrt(6 / in))", kaiming_uniform},
    {{"kaiming_normal", "he_normal", "kaiming", "he"}, "N(0, 2 / in)", kaiming_normal},
    {{"variance_stabilized", "probabilistic", "probabilistic_init"},
     "N(0, 4 / (n + m))",
     variance_stabilized},
};

enum { NUM_RULES = sizeof rules / sizeof rules[0] };

const struct init_rule *init_rules(size_t *count)
{
    *count = NUM_RULES;
    return rules;
}

const struct init_rule *init_find(const char *name)
{
    for (size_t r = 0; r < NUM_RULES; r++) {
        for (size_t a = 0; a < 4 && rules[r].names[a] != NULL; a++) {
            if (strcasecmp(rules[r].names[a], name) == 0) return &rules[r];
        }
    }
    return NULL;
}

static void init_node(const struct layer *layer, size_t node, const struct init_rule *rule,
                      struct rng *rng)
{
    const struct node_desc *desc = &layer->desc;
    float *params = layer_params(layer, node);

    if (rule == NULL) {
        desc->type->init_residual(desc, params, rng, 5.0, 0.0);
        return;
    }
    for (size_t i = 0; i < desc->num_tensors; i++) {
        const struct node_tensor *tensor = &desc->tensors[i];

        if (tensor->trainable)
            rule->draw(params + tensor->offset, tensor->shape[0],
                       tensor->rank > 1 ? tensor->shape[1] : 0, rng);
    }
}

static enum err_status unknown(const struct config *config, struct err *err)
{
    const char *names[4 * NUM_RULES + 1];
    size_t count = 0;

    for (size_t r = 0; r < NUM_RULES; r++) {
        for (size_t a = 0; a < 4 && rules[r].names[a] != NULL; a++)
            names[count++] = rules[r].names[a];
    }
    names[count++] = "residual";
    return config_complain_name(config, "runtime.init_fn", config->runtime.init_fn, names, count,
                                err);
}

enum err_status init_apply(struct model *model, struct err *err)
{
    const char *name = model->config->runtime.init_fn;
    const struct init_rule *rule = init_find(name);

    if (name[0] == '\0') return ERR_OK;
    if (rule == NULL && strcasecmp(name, "residual") != 0) return unknown(model->config, err);
    for (size_t l = 0; l < model->num_layers; l++) {
        struct layer *layer = model->layers[l];

        for (size_t node = 0; node < layer->width; node++) {
            struct rng rng;

            rng_seed(&rng, rng_mix((uint64_t)model->config->training.seed, l, node), 1);
            init_node(layer, node, rule, &rng);
        }
        layer_prepare(layer);
    }
    return ERR_OK;
}
