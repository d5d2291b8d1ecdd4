#include "init.h"

#include <math.h>
#include <stdio.h>
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

/* --- rules --- */

static void zeros(const struct init_options *options, float *values, size_t rows, size_t columns,
                  struct rng *rng)
{
    (void)options, (void)rng;
    fill(values, count_of(rows, columns), 0.0F);
}

static void ones(const struct init_options *options, float *values, size_t rows, size_t columns,
                 struct rng *rng)
{
    (void)options, (void)rng;
    fill(values, count_of(rows, columns), 1.0F);
}

static void normal(const struct init_options *options, float *values, size_t rows, size_t columns,
                   struct rng *rng)
{
    for (size_t i = 0; i < count_of(rows, columns); i++)
        values[i] = (float)(options->mean + options->std * rng_normal(rng));
}

static void uniform(const struct init_options *options, float *values, size_t rows, size_t columns,
                    struct rng *rng)
{
    for (size_t i = 0; i < count_of(rows, columns); i++)
        values[i] = (float)(options->low + (options->high - options->low) * rng_double(rng));
}

/* Glorot and Bengio, AISTATS 2010. */
static void xavier_uniform(const struct init_options *options, float *values, size_t rows,
                           size_t columns, struct rng *rng)
{
    double fans = fan_in_of(rows, columns) + (double)rows;

    draw_uniform(values, count_of(rows, columns), options->gain * sqrt(6.0 / fans), rng);
}

static void xavier_normal(const struct init_options *options, float *values, size_t rows,
                          size_t columns, struct rng *rng)
{
    double fans = fan_in_of(rows, columns) + (double)rows;

    draw_normal(values, count_of(rows, columns), options->gain * sqrt(2.0 / fans), rng);
}

/* torch.nn.init.calculate_gain. */
static double gain_of(const struct init_options *options)
{
    if (strcmp(options->nonlinearity, "tanh") == 0) return 5.0 / 3.0;
    if (strcmp(options->nonlinearity, "relu") == 0) return sqrt(2.0);
    if (strcmp(options->nonlinearity, "selu") == 0) return 0.75;
    if (strcmp(options->nonlinearity, "leaky_relu") == 0)
        return sqrt(2.0 / (1.0 + options->slope * options->slope));
    return 1.0; /* linear, sigmoid */
}

/* He et al., ICCV 2015. */
static double kaiming_deviation(const struct init_options *options, size_t rows, size_t columns)
{
    bool out = strcmp(options->mode, "fan_out") == 0;

    return gain_of(options) / sqrt(out ? (double)rows : fan_in_of(rows, columns));
}

static void kaiming_uniform(const struct init_options *options, float *values, size_t rows,
                            size_t columns, struct rng *rng)
{
    draw_uniform(values, count_of(rows, columns),
                 sqrt(3.0) * kaiming_deviation(options, rows, columns), rng);
}

static void kaiming_normal(const struct init_options *options, float *values, size_t rows,
                           size_t columns, struct rng *rng)
{
    draw_normal(values, count_of(rows, columns), kaiming_deviation(options, rows, columns), rng);
}

/* N(0, 4 v / (fan_in + fan_out)), fan_in = log2(rows) where that is whole (SPEC 5). */
static void variance_stabilized(const struct init_options *options, float *values, size_t rows,
                                size_t columns, struct rng *rng)
{
    bool table = columns > 0 && (rows & (rows - 1)) == 0;
    double in = table ? log2((double)rows) : (double)rows;
    double out = (double)(columns > 0 ? columns : rows);

    if (options->fan_in > 0) in = (double)options->fan_in;
    if (options->fan_out > 0) out = (double)options->fan_out;
    draw_normal(values, count_of(rows, columns), sqrt(4.0 * options->v_target / (in + out)), rng);
}

/* --- options --- */

#define NUMBER(option, field, least, most, standard, text)                                         \
    {                                                                                              \
        .name = option, .type = CONFIG_DOUBLE, .offset = offsetof(struct init_options, field),     \
        .low = least, .high = most, .default_text = standard, .meaning = text                      \
    }

static const struct config_option normal_options[] = {
    NUMBER("mean", mean, -1e6, 1e6, "0", "mean"),
    NUMBER("std", std, 0, 1e6, "1", "standard deviation"),
};
static const struct config_option uniform_options[] = {
    NUMBER("a", low, -1e6, 1e6, "-1", "lower bound"),
    NUMBER("b", high, -1e6, 1e6, "1", "upper bound"),
};
static const struct config_option xavier_options[] = {
    NUMBER("gain", gain, 0, 1e6, "1", "factor"),
};
static const struct config_option kaiming_options[] = {
    NUMBER("a", slope, 0, 1e6, "0", "slope of leaky_relu below 0"),
    {.name = "mode",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct init_options, mode),
     .choices = "fan_in|fan_out",
     .default_text = "fan_in",
     .meaning = "which side keeps its variance"},
    {.name = "nonlinearity",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct init_options, nonlinearity),
     .choices = "linear|sigmoid|tanh|relu|leaky_relu|selu",
     .default_text = "leaky_relu",
     .meaning = "what the gain is for"},
};
static const struct config_option variance_options[] = {
    NUMBER("v_target", v_target, 1e-9, 1e6, "1", "variance aimed at"),
    {.name = "fan_in",
     .type = CONFIG_LONG,
     .offset = offsetof(struct init_options, fan_in),
     .low = 0,
     .high = 1 << 20,
     .default_text = "0",
     .meaning = "inputs of a node; 0: from the shape"},
    {.name = "fan_out",
     .type = CONFIG_LONG,
     .offset = offsetof(struct init_options, fan_out),
     .low = 0,
     .high = 1 << 20,
     .default_text = "0",
     .meaning = "outputs of a node; 0: from the shape"},
};
static const struct config_option residual_options[] = {
    NUMBER("noise_factor", noise_factor, 0, 1e6, "0",
           "deviation of the noise on the other entries"),
    NUMBER("logit_clarity", logit_clarity, 0, 1e6, "5", "how clearly input 0 is passed through"),
};

#define OPTIONS(table) table, sizeof table / sizeof *table

static const struct init_rule rules[] = {
    {{"zeros"}, "0", NULL, 0, zeros},
    {{"ones"}, "1", NULL, 0, ones},
    {{"normal"}, "N(mean, std^2)", OPTIONS(normal_options), normal},
    {{"uniform"}, "U[a, b)", OPTIONS(uniform_options), uniform},
    {{"xavier_uniform", "glorot_uniform", "xavier"},
     "U(+-gain sqrt(6 / (in + out)))",
     OPTIONS(xavier_options),
     xavier_uniform},
    {{"xavier_normal", "glorot_normal", "glorot"},
     "N(0, gain^2 2 / (in + out))",
     OPTIONS(xavier_options),
     xavier_normal},
    {{"kaiming_uniform", "he_uniform"},
     "U(+-sqrt(3) gain / sqrt(fan))",
     OPTIONS(kaiming_options),
     kaiming_uniform},
    {{"kaiming_normal", "he_normal", "kaiming", "he"},
     "N(0, gain^2 / fan)",
     OPTIONS(kaiming_options),
     kaiming_normal},
    {{"variance_stabilized", "probabilistic", "probabilistic_init"},
     "N(0, 4 v_target / (n + m))",
     OPTIONS(variance_options),
     variance_stabilized},
    {{"residual"}, "passes input 0 of every node through", OPTIONS(residual_options), NULL},
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

enum err_status init_read(struct init_options *options, const struct init_rule *rule,
                          const struct config *config, struct err *err)
{
    memset(options, 0, sizeof *options);
    return config_options_read(config, "runtime.init_kwargs", &config->runtime.init_kwargs,
                               rule->options, rule->num_options, options, err);
}

static void init_node(const struct layer *layer, size_t node, const struct init_rule *rule,
                      const struct init_options *options, struct rng *rng)
{
    const struct node_desc *desc = &layer->desc;
    float *params = layer_params(layer, node);

    if (rule->draw == NULL) {
        desc->type->init_residual(desc, params, rng, options->logit_clarity, options->noise_factor);
        return;
    }
    for (size_t i = 0; i < desc->num_tensors; i++) {
        const struct node_tensor *tensor = &desc->tensors[i];

        if (tensor->trainable)
            rule->draw(options, params + tensor->offset, tensor->shape[0],
                       tensor->rank > 1 ? tensor->shape[1] : 0, rng);
    }
}

static enum err_status check_rule(const struct init_rule *rule, const struct config *config,
                                  const struct layer *layer, struct err *err)
{
    if (rule->draw != NULL || layer->desc.type->init_residual != NULL) return ERR_OK;
    return config_complain(config, "runtime.init_fn", err, "%s nodes have no start named '%s'",
                           layer->desc.type->name, config->runtime.init_fn);
}

static enum err_status unknown(const struct config *config, struct err *err)
{
    const char *names[4 * NUM_RULES];
    size_t count = 0;

    for (size_t r = 0; r < NUM_RULES; r++) {
        for (size_t a = 0; a < 4 && rules[r].names[a] != NULL; a++)
            names[count++] = rules[r].names[a];
    }
    return config_complain_name(config, "runtime.init_fn", config->runtime.init_fn, names, count,
                                err);
}

enum err_status init_apply(struct model *model, struct err *err)
{
    const struct config *config = model->config;
    const struct init_rule *rule = init_find(config->runtime.init_fn);
    struct init_options options;
    enum err_status status;

    if (config->runtime.init_fn[0] == '\0' && config->runtime.init_kwargs.count > 0)
        return config_complain(config, "runtime.init_kwargs", err,
                               "there is no runtime.init_fn that could read them");
    if (config->runtime.init_fn[0] == '\0') return ERR_OK;
    if (rule == NULL) return unknown(config, err);
    status = init_read(&options, rule, config, err);
    for (size_t l = 0; status == ERR_OK && l < model->num_layers; l++)
        status = check_rule(rule, config, model->layers[l], err);
    for (size_t l = 0; status == ERR_OK && l < model->num_layers; l++) {
        struct layer *layer = model->layers[l];

        for (size_t node = 0; node < layer->width; node++) {
            struct rng rng;

            rng_seed(&rng, rng_mix((uint64_t)config->training.seed, l, node), 1);
            init_node(layer, node, rule, &options, &rng);
        }
        layer_prepare(layer);
    }
    return status;
}
