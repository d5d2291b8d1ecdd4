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

/* grad becomes softmax * total * scale; columns past `samples` become 0. */
static void normalise(const float *sum, const float *total, size_t num_classes, size_t samples,
                      float scale, float *grad)
{
    float factor[LAYER_TILE];

    for (size_t s = 0; s < samples; s++)
        factor[s] = total[s] * scale / sum[s];
    for (size_t c = 0; c < num_classes; c++) {
        float *row = grad + c * LAYER_TILE;

        for (size_t s = 0; s < samples; s++)
            row[s] *= factor[s];
        for (size_t s = samples; s < LAYER_TILE; s++)
            row[s] = 0.0F;
    }
}

/* The target is one class of weight 1. */
static void plain(const float *logits, const uint16_t *labels, size_t samples, float scale,
                  const float *best, const float *sum, float *grad, float *losses)
{
    for (size_t s = 0; s < samples; s++) {
        size_t at = labels[s] * (size_t)LAYER_TILE + s;

        grad[at] -= scale;
        losses[s] = best[s] + logf(sum[s]) - logits[at];
    }
}

/* The target is spread: t_c = w_c q_c, its sum over the classes is total[s]. */
static void spread(const struct loss *loss, const float *logits, const uint16_t *labels,
                   size_t samples, float scale, const float *best, const float *sum,
                   const float *total, float *grad, float *losses)
{
    float share = (float)(loss->smoothing / (double)loss->num_classes);
    float rest = (float)(1 - loss->smoothing), mixed[LAYER_TILE] = {0};

    for (size_t c = 0; c < loss->num_classes; c++) {
        float target = share * (float)loss_weight(loss, (uint16_t)c);

        for (size_t s = 0; s < samples; s++) {
            grad[c * LAYER_TILE + s] -= scale * target;
            mixed[s] += target * logits[c * LAYER_TILE + s];
        }
    }
    for (size_t s = 0; s < samples; s++) {
        size_t at = labels[s] * (size_t)LAYER_TILE + s;
        float target = rest * (float)loss_weight(loss, labels[s]);

        grad[at] -= scale * target;
        losses[s] = total[s] * (best[s] + logf(sum[s])) - mixed[s] - target * logits[at];
    }
}

void loss_cross_entropy(const struct loss *loss, const float *logits, const uint16_t *labels,
                        size_t samples, float scale, float *grad, float *losses)
{
    float best[LAYER_TILE], sum[LAYER_TILE], total[LAYER_TILE];
    double all = 0;

    row_max(logits, loss->num_classes, best);
    exponentials(logits, best, loss->num_classes, grad, sum);
    for (size_t c = 0; c < loss->num_classes; c++)
        all += loss_weight(loss, (uint16_t)c);
    for (size_t s = 0; s < samples; s++)
        total[s] = (float)((1 - loss->smoothing) * loss_weight(loss, labels[s]) +
                           loss->smoothing * all / (double)loss->num_classes);
    normalise(sum, total, loss->num_classes, samples, scale, grad);
    if (loss->weights == NULL && loss->smoothing <= 0)
        plain(logits, labels, samples, scale, best, sum, grad, losses);
    else
        spread(loss, logits, labels, samples, scale, best, sum, total, grad, losses);
}

void loss_balance(const uint16_t *labels, const uint32_t *order, size_t count, size_t num_classes,
                  float *weights)
{
    size_t present = 0;

    for (size_t c = 0; c < num_classes; c++)
        weights[c] = 0.0F;
    for (size_t i = 0; i < count; i++) /* counts up to 2^24 are exact */
        weights[labels[order[i]]] += 1.0F;
    for (size_t c = 0; c < num_classes; c++)
        present += weights[c] > 0.0F;
    for (size_t c = 0; c < num_classes; c++) {
        if (weights[c] > 0.0F)
            weights[c] = (float)((double)count / ((double)present * (double)weights[c]));
    }
}
