#ifndef DIFFLUT_LAYER_LAYER_H
#define DIFFLUT_LAYER_LAYER_H
struct layer;
#endif
