#include "loss.h"

#include "base/simd.h"
#include "base/vmath.h"
#include "layer/layer.h"

#include <math.h>
#include <string.h>

SIMD_CLONES static void row_max(const float *logits, size_t num_classes, float *best)
{
    memcpy(best, logits, LAYER_TILE * sizeof *best);
    for (size_t c = 1; c < num_classes; c++) {
        for (size_t s = 0; s < LAYER_TILE; s++) {
            float x = logits[c * LAYER_TILE + s];

            best[s] = x > best[s] ? x : best[s];
        }
    }
}

SIMD_CLONES static void exponentials(const float *logits, const float *best, size_t num_classes,
                                     float *grad, float *sum)
{
    memset(sum, 0, LAYER_TILE * sizeof *sum);
    for (size_t c = 0; c < num_classes; c++) {
        float *row = grad + c * LAYER_TILE;

        for (size_t s = 0; s < LAYER_TILE; s++)
            row[s] = logits[c * LAYER_TILE + s] - best[s];
        vmath_exp(row, row, LAYER_TILE);
        for (size_t s = 0; s < LAYER_TILE; s++)
            sum[s] += row[s];
    }
}

void loss_cross_entropy(const float *logits, const uint16_t *labels, size_t num_classes,
                        size_t samples, float scale, float *grad, float *losses)
{
    float best[LAYER_TILE], sum[LAYER_TILE];

    row_max(logits, num_classes, best);
    exponentials(logits, best, num_classes, grad, sum);
    for (size_t c = 0; c < num_classes; c++) {
        float *row = grad + c * LAYER_TILE;

        for (size_t s = 0; s < samples; s++)
            row[s] *= scale / sum[s];
        for (size_t s = samples; s < LAYER_TILE; s++)
            row[s] = 0.0F;
    }
    for (size_t s = 0; s < samples; s++) {
        grad[labels[s] * (size_t)LAYER_TILE + s] -= scale;
        losses[s] = best[s] + logf(sum[s]) - logits[labels[s] * (size_t)LAYER_TILE + s];
    }
}
