#include "group_sum.h"

#include "base/simd.h"
#include "layer/layer.h"

#include <string.h>

SIMD_CLONES static void add_rows(float *sum, const float *rows, size_t num_rows, float scale,
                                 size_t count)
{
    memset(sum, 0, count * sizeof *sum);
    for (size_t r = 0; r < num_rows; r++) {
        for (size_t s = 0; s < count; s++)
            sum[s] += rows[r * LAYER_TILE + s];
    }
    for (size_t s = 0; s < count; s++)
        sum[s] *= scale;
}

void group_sum_forward(const float *in, size_t width, size_t num_classes, double tau, float *logits,
                       size_t count)
{
    size_t group = (width + num_classes - 1) / num_classes;

    for (size_t c = 0; c < num_classes; c++) {
        size_t first = c * group < width ? c * group : width;
        size_t rows = width - first < group ? width - first : group;

        add_rows(logits + c * LAYER_TILE, in + first * LAYER_TILE, rows, (float)(1.0 / tau), count);
    }
}
