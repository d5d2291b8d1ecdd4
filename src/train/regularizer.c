#include "regularizer.h"

#include "base/simd.h"
#include "base/vmath.h"
#include "node/walsh.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_TABLE = 1 << NODE_MAX_INPUTS, CHUNK = 64 };

/* --- entropy and clarity --- */

/* Gradients of the entropy are infinite at 0 and 1: entries are taken to be inside by this much. */
static const float EDGE = 1e-6F;

static float clamped(float p)
{
    return p < EDGE ? EDGE : p > 1.0F - EDGE ? 1.0F - EDGE : p;
}

static size_t entries_of(const struct node_desc *desc)
{
    return desc->num_outputs * desc->table_size;
}

static double entropy_value(const struct regularizer_use *use, const struct node_desc *desc,
                            const float *params, const float *table)
{
    double sum = 0;

    (void)use, (void)params;
    for (size_t i = 0; i < entries_of(desc); i++) {
        double p = (double)clamped(table[i]);

        sum -= p * log2(p) + (1 - p) * log2(1 - p);
    }
    return sum / (double)desc->table_size;
}

/* d entropy / d p = log2((1 - p) / p); none outside (0, 1), where the clamp holds. */
static void entropy_slopes(const float *table, float factor, float *grad, size_t count)
{
    float with[CHUNK] = {0}, without[CHUNK] = {0};

    for (size_t i = 0; i < count; i++) {
        with[i] = clamped(table[i]);
        without[i] = 1.0F - with[i];
    }
    vmath_log(with, with, count);
    vmath_log(without, without, count);
    for (size_t i = 0; i < count; i++) {
        bool inside = table[i] > EDGE && table[i] < 1.0F - EDGE;

        grad[i] += inside ? factor * (without[i] - with[i]) : 0.0F;
    }
}

static void entropy_gradient(const struct regularizer_use *use, const struct node_desc *desc,
                             const float *params, const float *table, float scale,
                             float *grad_table, float *grad_params)
{
    float factor = scale / (float)desc->table_size / 0.693147180559945F;

    (void)use, (void)params, (void)grad_params;
    for (size_t i = 0; i < entries_of(desc); i += CHUNK) {
        size_t left = entries_of(desc) - i;

        entropy_slopes(table + i, factor, grad_table + i, left < CHUNK ? left : CHUNK);
    }
}

static double clarity_value(const struct regularizer_use *use, const struct node_desc *desc,
                            const float *params, const float *table)
{
    double sum = 0;

    (void)use, (void)params;
    for (size_t i = 0; i < entries_of(desc); i++) {
        double p = (double)clamped(table[i]);

        sum += 4 * p * (1 - p);
    }
    return sum / (double)desc->table_size;
}

static void clarity_gradient(const struct regularizer_use *use, const struct node_desc *desc,
                             const float *params, const float *table, float scale,
                             float *grad_table, float *grad_params)
{
    float factor = scale / (float)desc->table_size;

    (void)use, (void)params, (void)grad_params;
    for (size_t i = 0; i < entries_of(desc); i++) {
        if (table[i] > 0.0F && table[i] < 1.0F)
            grad_table[i] += factor * 4.0F * (1.0F - 2.0F * table[i]);
    }
}

/* --- functional --- */

/* |difference|^power */
static double raised(double difference, double power)
{
    double size = fabs(difference);

    return power == 1 ? size : power == 2 ? size * size : pow(size, power);
}

/* Rows of one output at all samples, the training pass without noise. */
static void evaluate(const struct node_desc *desc, const float *params, const float *table,
                     const float *const *in, size_t samples, float (*out)[NODE_MAX_SAMPLES])
{
    float *rows[NODE_MAX_OUTPUTS];
    size_t count = (samples + 15) / 16 * 16;

    for (unsigned o = 0; o < desc->num_outputs; o++)
        rows[o] = out[o];
    if (!desc->type->lookup) {
        desc->type->forward(desc, params, table, in, rows, NULL, count);
        return;
    }
    for (size_t s = 0; s < samples; s++) {
        size_t address = 0;

        for (unsigned j = 0; j < desc->num_inputs; j++)
            address |= (size_t)(in[j][s] >= 0.5F) << j;
        for (unsigned o = 0; o < desc->num_outputs; o++)
            out[o][s] = table[o * desc->table_size + address];
    }
}

double regularizer_sensitivity(const struct node_desc *desc, const float *params,
                               const float *table, const float *const *in, size_t samples,
                               double power)
{
    float here[NODE_MAX_OUTPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float there[NODE_MAX_OUTPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float flipped[NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    const float *rows[NODE_MAX_INPUTS];
    double n = desc->num_inputs, sum = 0;

    memcpy(rows, in, desc->num_inputs * sizeof *rows);
    evaluate(desc, params, table, in, samples, here);
    for (unsigned i = 0; i < desc->num_inputs; i++) {
        for (size_t s = 0; s < NODE_MAX_SAMPLES; s++)
            flipped[s] = s < (samples + 15) / 16 * 16 ? 1.0F - in[i][s] : 0.0F;
        rows[i] = flipped;
        evaluate(desc, params, table, rows, samples, there);
        rows[i] = in[i];
        for (unsigned o = 0; o < desc->num_outputs; o++) {
            for (size_t s = 0; s < samples; s++)
                sum += raised((double)here[o][s] - (double)there[o][s], power);
        }
    }
    return sum / ((double)samples * n * n);
}

/* The same random bits for every node. */
static double sampled_sensitivity(const struct regularizer_use *use, const struct node_desc *desc,
                                  const float *params, const float *table)
{
    float bits[NODE_MAX_INPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    const float *rows[NODE_MAX_INPUTS];
    size_t wanted = (size_t)use->num_samples;
    struct rng rng;
    double sum = 0;

    rng_seed(&rng, use->seed, 0);
    for (unsigned j = 0; j < desc->num_inputs; j++)
        rows[j] = bits[j];
    for (size_t first = 0; first < wanted; first += NODE_MAX_SAMPLES) {
        size_t left = wanted - first, samples = left < NODE_MAX_SAMPLES ? left : NODE_MAX_SAMPLES;

        for (size_t i = 0; i < desc->num_inputs * (size_t)NODE_MAX_SAMPLES; i++)
            bits[i / NODE_MAX_SAMPLES][i % NODE_MAX_SAMPLES] = (float)(rng_next(&rng) >> 63);
        sum += (double)samples *
               regularizer_sensitivity(desc, params, table, rows, samples, use->power);
    }
    return sum / (double)wanted;
}

static double functional_value(const struct regularizer_use *use, const struct node_desc *desc,
                               const float *params, const float *table)
{
    double sum = 0;

    if (use->upstream) return sampled_sensitivity(use, desc, params, table);
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        const float *t = table + o * desc->table_size;

        for (size_t a = 0; a < desc->table_size; a++) {
            for (unsigned i = 0; i < desc->num_inputs; i++)
                sum += raised((double)t[a] - (double)t[a ^ ((size_t)1 << i)], use->power);
        }
    }
    return sum / ((double)desc->table_size * desc->num_inputs);
}

/* grad[a] += factor * d |d|^p / d d, d = t[a] - t[a ^ bit]. */
static void add_slopes(const float *t, size_t size, size_t bit, double power, float factor,
                       float *grad)
{
    float fall = (float)power;

    for (size_t a = 0; a < size; a++) {
        float d = t[a] - t[a ^ bit];
        float sign = (float)((d > 0.0F) - (d < 0.0F));

        grad[a] += factor * (power == 2   ? 2.0F * d
                             : power == 1 ? sign
                                          : sign * fall * powf(fabsf(d), fall - 1.0F));
    }
}

/* Every pair is met from both ends, so that its slope counts twice. */
static void functional_gradient(const struct regularizer_use *use, const struct node_desc *desc,
                                const float *params, const float *table, float scale,
                                float *grad_table, float *grad_params)
{
    float factor = 2.0F * scale / (float)(desc->table_size * desc->num_inputs);

    (void)params, (void)grad_params;
    if (use->upstream) return;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        size_t first = o * desc->table_size;

        for (unsigned i = 0; i < desc->num_inputs; i++)
            add_slopes(table + first, desc->table_size, (size_t)1 << i, use->power, factor,
                       grad_table + first);
    }
}

/* --- inputs --- */

/* Keeps the root smooth where an input has no influence. */
static const double SMOOTH = 1e-2;

/* Changes [size / 2] of the output when the input flips, from 0 to 1; the root of their mean square. */
static double input_changes(const float *t, size_t size, size_t bit, float *change)
{
    float square[4] = {0}; /* four partial sums, so that none waits for the last */
    size_t pairs = 0;

    for (size_t first = 0; first < size; first += 2 * bit) {
        for (size_t a = first; a < first + bit; a++)
            change[pairs++] = t[a + bit] - t[a];
    }
    for (size_t p = 0; p < pairs; p++)
        square[p % 4] += change[p] * change[p];
    return sqrt((double)(square[0] + square[1] + square[2] + square[3]) / (double)pairs +
                SMOOTH * SMOOTH);
}

static double inputs_value(const struct regularizer_use *use, const struct node_desc *desc,
                           const float *params, const float *table)
{
    float change[MAX_TABLE / 2];
    double sum = 0;

    (void)use, (void)params;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        const float *t = table + o * desc->table_size;

        for (unsigned i = 0; i < desc->num_inputs; i++)
            sum += input_changes(t, desc->table_size, (size_t)1 << i, change) - SMOOTH;
    }
    return sum / desc->num_inputs;
}

/* d root / d t(a) = the change / (root * pairs), up at 1 and down at 0. */
static void inputs_gradient(const struct regularizer_use *use, const struct node_desc *desc,
                            const float *params, const float *table, float scale, float *grad_table,
                            float *grad_params)
{
    float change[MAX_TABLE / 2];
    size_t size = desc->table_size;
    double each = 2 * (double)scale / (double)(size * desc->num_inputs);

    (void)use, (void)params, (void)grad_params;
    for (size_t k = 0; k < (size_t)desc->num_outputs * desc->num_inputs; k++) {
        size_t first = k / desc->num_inputs * size, bit = (size_t)1 << k % desc->num_inputs;
        float factor = (float)(each / input_changes(table + first, size, bit, change));
        float *grad = grad_table + first;
        const float *d = change;

        for (size_t low = 0; low < size; low += 2 * bit) {
            for (size_t a = low; a < low + bit; a++, d++) {
                grad[a] -= factor * *d;
                grad[a + bit] += factor * *d;
            }
        }
    }
}

/* --- spectral --- */

/* values becomes the spectrum c, times |S|^power (power < 0: as it is). */
static double spectrum(const struct node_desc *desc, double power, float *values)
{
    double sum = 0;

    walsh_transform(desc->num_inputs, values);
    for (size_t s = 0; s < desc->table_size; s++) {
        double degree = (double)__builtin_popcountll(s);
        double weight = power == 1 ? degree : pow(degree, power);
        double c = (double)values[s] / (double)desc->table_size;

        sum += weight * c * c;
        values[s] = (float)(weight * c);
    }
    return sum;
}

/* Upstream: parameters named like a table, (rows, 2^n). */
static bool is_table(const struct node_desc *desc, const struct node_tensor *tensor)
{
    return tensor->trainable && strstr(tensor->name, "lut") != NULL && tensor->rank == 2 &&
           tensor->shape[1] == desc->table_size;
}

static double square_of_tables(const struct node_desc *desc, const float *params)
{
    double sum = 0;

    for (size_t i = 0; i < desc->num_tensors; i++) {
        const struct node_tensor *tensor = &desc->tensors[i];

        for (size_t k = 0; is_table(desc, tensor) && k < tensor->count; k++)
            sum += (double)params[tensor->offset + k] * (double)params[tensor->offset + k];
    }
    return sum / (double)desc->table_size;
}

static double spectral_value(const struct regularizer_use *use, const struct node_desc *desc,
                             const float *params, const float *table)
{
    float values[MAX_TABLE] __attribute__((aligned(SIMD_ALIGN)));
    double sum = 0;

    if (use->upstream) return square_of_tables(desc, params);
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        memcpy(values, table + o * desc->table_size, desc->table_size * sizeof *values);
        sum += spectrum(desc, use->power, values);
    }
    return sum;
}

static void spectral_gradient(const struct regularizer_use *use, const struct node_desc *desc,
                              const float *params, const float *table, float scale,
                              float *grad_table, float *grad_params)
{
    float values[MAX_TABLE] __attribute__((aligned(SIMD_ALIGN)));
    float factor = 2.0F * scale / (float)desc->table_size;

    for (size_t i = 0; use->upstream && i < desc->num_tensors; i++) {
        const struct node_tensor *tensor = &desc->tensors[i];

        for (size_t k = 0; is_table(desc, tensor) && k < tensor->count; k++)
            grad_params[tensor->offset + k] += factor * params[tensor->offset + k];
    }
    for (unsigned o = 0; !use->upstream && o < desc->num_outputs; o++) {
        memcpy(values, table + o * desc->table_size, desc->table_size * sizeof *values);
        spectrum(desc, use->power, values);
        walsh_transform(desc->num_inputs, values);
        for (size_t a = 0; a < desc->table_size; a++)
            grad_table[o * desc->table_size + a] += factor * values[a];
    }
}

/* --- the registry --- */

#define NUM_SAMPLES                                                                                \
    {                                                                                              \
        .name = "num_samples", .type = CONFIG_LONG,                                                \
        .offset = offsetof(struct regularizer_use, num_samples), .low = 1, .high = 1e6,            \
        .default_text = "100", .meaning = "compat upstream: random inputs of the figure"           \
    }

static const struct config_option functional_options[] = {
    NUM_SAMPLES,
    {.name = "p",
     .type = CONFIG_DOUBLE,
     .offset = offsetof(struct regularizer_use, power),
     .low = 1,
     .high = 16,
     .default_text = "2",
     .meaning = "power of a difference"},
};

static const struct config_option spectral_options[] = {
    {.name = "degree_power",
     .type = CONFIG_DOUBLE,
     .offset = offsetof(struct regularizer_use, power),
     .low = 0,
     .high = 16,
     .default_text = "1",
     .meaning = "a set S of inputs costs |S| to this power"},
};

static const struct regularizer entropy = {
    .names = {"entropy"},
    .meaning = "mean binary entropy of the table entries, in bits",
    .value = entropy_value,
    .gradient = entropy_gradient,
};
static const struct regularizer clarity = {
    .names = {"clarity"},
    .meaning = "mean of 4 p (1 - p) over the table entries",
    .value = clarity_value,
    .gradient = clarity_gradient,
};
static const struct regularizer functional = {
    .names = {"l", "functional"},
    .meaning = "change of the output when one input flips, to the power p",
    .options = functional_options,
    .num_options = 2,
    .value = functional_value,
    .gradient = functional_gradient,
};
static const struct regularizer functional_l1 = {
    .names = {"l1", "l1_functional"},
    .meaning = "l with p = 1",
    .power = 1,
    .options = functional_options,
    .num_options = 1,
    .value = functional_value,
    .gradient = functional_gradient,
};
static const struct regularizer functional_l2 = {
    .names = {"l2", "l2_functional"},
    .meaning = "l with p = 2",
    .power = 2,
    .options = functional_options,
    .num_options = 1,
    .value = functional_value,
    .gradient = functional_gradient,
};
static const struct regularizer inputs = {
    .names = {"inputs", "group_lasso"},
    .meaning = "root mean square change of the output when one input flips",
    .value = inputs_value,
    .gradient = inputs_gradient,
};
static const struct regularizer spectral = {
    .names = {"spectral", "walsh", "fourier"},
    .meaning = "Walsh spectrum of the tables, weighted by degree",
    .options = spectral_options,
    .num_options = 1,
    .value = spectral_value,
    .gradient = spectral_gradient,
};

static const struct regularizer *const regularizers[] = {
    &entropy, &clarity, &functional, &functional_l1, &functional_l2, &inputs, &spectral,
};

enum { NUM_REGULARIZERS = sizeof regularizers / sizeof regularizers[0], MAX_NAMES = 3 };

const struct regularizer *const *regularizer_list(size_t *count)
{
    *count = NUM_REGULARIZERS;
    return regularizers;
}

const struct regularizer *regularizer_find(const char *name)
{
    for (size_t i = 0; i < NUM_REGULARIZERS; i++) {
        for (size_t a = 0; a < MAX_NAMES && regularizers[i]->names[a] != NULL; a++) {
            if (strcmp(regularizers[i]->names[a], name) == 0) return regularizers[i];
        }
    }
    return NULL;
}

static enum err_status unknown(const struct config *config, const char *name, struct err *err)
{
    const char *names[NUM_REGULARIZERS * MAX_NAMES];
    size_t count = 0;

    for (size_t i = 0; i < NUM_REGULARIZERS; i++) {
        for (size_t a = 0; a < MAX_NAMES && regularizers[i]->names[a] != NULL; a++)
            names[count++] = regularizers[i]->names[a];
    }
    return config_complain_name(config, "runtime.regularizers", name, names, count, err);
}

enum err_status regularizer_read(struct regularizer_use *use, const struct config *config,
                                 size_t index, struct err *err)
{
    const struct config_regularizer *wanted = &config->runtime.regularizers[index];
    const struct regularizer *rule = regularizer_find(wanted->name);
    char section[CONFIG_NAME_SIZE + 32];

    if (rule == NULL) return unknown(config, wanted->name, err);
    *use = (struct regularizer_use){.rule = rule,
                                    .name = wanted->name,
                                    .weight = wanted->weight,
                                    .power = rule->power,
                                    .upstream = strcmp(config->compat, "upstream") == 0};
    snprintf(section, sizeof section, "runtime.regularizers.%s", wanted->name);
    return config_options_read(config, section, &wanted->kwargs, rule->options, rule->num_options,
                               use, err);
}
