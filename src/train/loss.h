/* Cross-entropy of softmax(logits) on one tile, with label smoothing and class weights.
 *
 * With w_c the class weights (1 without), e the smoothing, K classes and label y, the target is
 * q_c = (1 - e) [c = y] + e / K and the loss of a sample -sum_c w_c q_c ln p_c; the loss of a batch is
 * the sum over its samples / the sum of their w_y (PyTorch's CrossEntropyLoss). */
#ifndef DIFFLUT_TRAIN_LOSS_H
#define DIFFLUT_TRAIN_LOSS_H

#include <stddef.h>
#include <stdint.h>

struct loss {
    size_t num_classes;
    double smoothing;     /* e */
    const float *weights; /* [num_classes], or NULL: all 1 */
};

/*   logits  [num_classes][LAYER_TILE]
 *   labels  [samples]
 *   grad    [num_classes][LAYER_TILE] gradient of the summed losses * scale; columns past `samples`
 *           are 0
 *   losses  [samples] natural-log cross-entropy of each sample */
void loss_cross_entropy(const struct loss *loss, const float *logits, const uint16_t *labels,
                        size_t samples, float scale, float *grad, float *losses);

/* w_y of a sample. */
static inline double loss_weight(const struct loss *loss, uint16_t label)
{
    return loss->weights == NULL ? 1.0 : (double)loss->weights[label];
}

/* Balanced weights: samples / (classes that occur * samples of the class); 0 for one that does not
 * occur. labels[order[0..count)] are counted; weights [num_classes]. */
void loss_balance(const uint16_t *labels, const uint32_t *order, size_t count, size_t num_classes,
                  float *weights);

#endif
