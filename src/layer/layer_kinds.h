/* The layer kinds of this library, one file each; listed in layer.c. */
#ifndef DIFFLUT_LAYER_LAYER_KINDS_H
#define DIFFLUT_LAYER_LAYER_KINDS_H

#include "layer.h"

extern const struct layer_kind layer_random;        /* SPEC 3.1 */
extern const struct layer_kind layer_learnable;     /* SPEC 3.2, 10, 12 */
extern const struct layer_kind layer_convolutional; /* SPEC 3.4 */

#endif
