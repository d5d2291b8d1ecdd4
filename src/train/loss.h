/* Cross-entropy of softmax(logits) on one tile. */
#ifndef DIFFLUT_TRAIN_LOSS_H
#define DIFFLUT_TRAIN_LOSS_H

#include <stddef.h>
#include <stdint.h>

/*   logits  [num_classes][LAYER_TILE]
 *   labels  [samples]
 *   grad    [num_classes][LAYER_TILE] (softmax - one-hot) * scale; columns past `samples` are 0
 *   losses  [samples] natural-log cross-entropy of each sample */
void loss_cross_entropy(const float *logits, const uint16_t *labels, size_t num_classes,
                        size_t samples, float scale, float *grad, float *losses);

#endif
