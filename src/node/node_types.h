/* The node types of this library, one file each; listed in node.c. */
#ifndef DIFFLUT_NODE_NODE_TYPES_H
#define DIFFLUT_NODE_NODE_TYPES_H

#include "node.h"

extern const struct node_type node_linear_lut;    /* SPEC 1.1 */
extern const struct node_type node_polylut;       /* SPEC 1.2 */
extern const struct node_type node_neurallut;     /* SPEC 1.3 */
extern const struct node_type node_dwn;           /* SPEC 1.4 */
extern const struct node_type node_dwn_stable;    /* SPEC 1.5 */
extern const struct node_type node_probabilistic; /* SPEC 1.6 */
extern const struct node_type node_hybrid;        /* SPEC 1.7 */
extern const struct node_type node_fourier;       /* SPEC 1.8 */
extern const struct node_type node_difflogic;     /* SPEC 1.9 */
extern const struct node_type node_warp;          /* SPEC 1.10 */

extern const struct node_type node_or; /* SPEC 3.4, pooling; not in the registry */

#endif
