/* Update rules. State is `slots` floats a parameter, kept by the trainer beside the parameters. The
 * rules are those of PyTorch's documentation; golden values in tests/unit/test_optimizer.c. */
#ifndef DIFFLUT_TRAIN_OPTIMIZER_H
#define DIFFLUT_TRAIN_OPTIMIZER_H

#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTIMIZER_MAX_SLOTS = 2 };

/* Everything about one step that is the same for all parameters. */
struct optimizer_step {
    float learning_rate, weight_decay;
    float momentum;
    bool nesterov;
    float beta1, beta2, epsilon;
    float correction1, correction2; /* 1 - beta^t */
};

struct optimizer {
    const char *name, *meaning;
    unsigned slots;
    /* params -= step(grad); state[k] is slot k of these `count` parameters. */
    void (*update)(const struct optimizer_step *step, const float *grad, float *params,
                   float *const *state, size_t count);
};

const struct optimizer *optimizer_find(const char *name); /* NULL when unknown */

/* Step t = 1, 2, ... of the configuration's optimizer at the given learning rate. */
void optimizer_step_at(struct optimizer_step *step, const struct config *config,
                       double learning_rate, uint64_t t);

/* Every entry to -limit..limit. */
void optimizer_clip_value(float *grad, size_t count, float limit);

/* Sum of squares, in a fixed order of additions. */
double optimizer_square_norm(const float *grad, size_t count);

/* Factor that brings a gradient of length `norm` down to `limit`: limit / (norm + 1e-6), at most 1
 * (PyTorch's clip_grad_norm_). */
float optimizer_clip_factor(double norm, double limit);
void optimizer_scale(float *grad, size_t count, float factor);

#endif
