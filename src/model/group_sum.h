/* GroupSum: class sums of the last layer. SPEC section 4.
 *
 * `width` rows are cut into num_classes contiguous groups of G = ceil(width / num_classes) rows; logit
 * c is the sum of group c divided by tau. Where num_classes does not divide the width the last groups
 * are short (the original appends zeros at the end); hardware refuses such widths (model_create). */
#ifndef DIFFLUT_MODEL_GROUP_SUM_H
#define DIFFLUT_MODEL_GROUP_SUM_H

#include <stddef.h>

/* in [width][LAYER_TILE], logits [num_classes][LAYER_TILE]; the first `count` columns. */
void group_sum_forward(const float *in, size_t width, size_t num_classes, double tau, float *logits,
                       size_t count);

#endif
