#include "regularizer.h"

#include <math.h>
#include <string.h>

/* Gradients of the entropy are infinite at 0 and 1: entries are taken to be inside by this much. */
static const float EDGE = 1e-6F;

static float clamped(float p)
{
    return p < EDGE ? EDGE : p > 1.0F - EDGE ? 1.0F - EDGE : p;
}

static double entropy_value(const float *table, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        double p = (double)clamped(table[i]);

        sum -= p * log2(p) + (1 - p) * log2(1 - p);
    }
    return sum;
}

/* No gradient outside (0, 1), where the clamp holds. */
static void entropy_gradient(const float *table, float scale, float *grad, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float p = table[i];

        if (p > EDGE && p < 1.0F - EDGE) grad[i] += scale * log2f((1.0F - p) / p);
    }
}

static double clarity_value(const float *table, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        double p = (double)clamped(table[i]);

        sum += 4 * p * (1 - p);
    }
    return sum;
}

static void clarity_gradient(const float *table, float scale, float *grad, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i] > 0.0F && table[i] < 1.0F) grad[i] += scale * 4.0F * (1.0F - 2.0F * table[i]);
    }
}

static const struct regularizer regularizers[] = {
    {"entropy", "mean binary entropy of the table entries, in bits", entropy_value,
     entropy_gradient},
    {"clarity", "mean of 4 p (1 - p) over the table entries", clarity_value, clarity_gradient},
};

enum { NUM_REGULARIZERS = sizeof regularizers / sizeof regularizers[0] };

const struct regularizer *regularizer_find(const char *name)
{
    for (size_t i = 0; i < NUM_REGULARIZERS; i++) {
        if (strcmp(regularizers[i].name, name) == 0) return &regularizers[i];
    }
    return NULL;
}

enum err_status regularizer_check(const struct config *config, struct err *err)
{
    const char *names[NUM_REGULARIZERS];

    for (size_t i = 0; i < NUM_REGULARIZERS; i++)
        names[i] = regularizers[i].name;
    for (size_t i = 0; i < config->runtime.num_regularizers; i++) {
        const char *name = config->runtime.regularizers[i].name;

        if (regularizer_find(name) == NULL)
            return config_complain_name(config, "runtime.regularizers", name, names,
                                        NUM_REGULARIZERS, err);
    }
    return ERR_OK;
}
