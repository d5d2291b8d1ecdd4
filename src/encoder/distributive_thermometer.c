/* Thermometer whose thresholds are quantiles of the data: threshold i of B is the value at place
 * floor(N i / (B + 1)) of the sorted column, so it is always a value that occurs. */
#include "encoder_kinds.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    float left = *(const float *)a, right = *(const float *)b;

    return (left > right) - (left < right);
}

/* Columns of codes are long runs of few values: when all are whole and small, counting beats sorting
 * a hundredfold. Returns false, with x untouched, when they are not. */
static bool sort_whole(float *x, size_t count)
{
    enum { LIMIT = 1 << 12 };
    size_t tally[LIMIT] = {0};
    size_t place = 0;

    for (size_t i = 0; i < count; i++) {
        if (!(x[i] >= 0.0F && x[i] < (float)LIMIT) || x[i] != (float)(size_t)x[i]) return false;
        tally[(size_t)x[i]]++;
    }
    for (size_t value = 0; value < LIMIT; value++) {
        for (size_t i = 0; i < tally[value]; i++)
            x[place++] = (float)value;
    }
    return true;
}

static void distributive_thermometer_fit(float *x, size_t count, size_t bits, float *const *state)
{
    if (!sort_whole(x, count)) qsort(x, count, sizeof *x, compare);
    for (size_t i = 0; i < bits; i++) {
        /* count * (i + 1) / (bits + 1), without overflow. */
        size_t place = count / (bits + 1) * (i + 1) + count % (bits + 1) * (i + 1) / (bits + 1);

        state[0][i] = x[place];
    }
}

const struct encoder_kind distributive_thermometer_kind = {
    .name = "distributive_thermometer",
    .meaning = "thresholds at the quantiles of the training data",
    .min_bits = 1,
    .max_bits = ENCODER_KINDS_MAX_BITS,
    .states = {{"thresholds", 1, 0}},
    .fit = distributive_thermometer_fit,
    .encode = encoder_kinds_compare,
};
