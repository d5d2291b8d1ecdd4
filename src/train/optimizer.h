/* Update rules. State is `slots` floats a parameter, kept by the trainer beside the parameters. */
#ifndef DIFFLUT_TRAIN_OPTIMIZER_H
#define DIFFLUT_TRAIN_OPTIMIZER_H

#include "config/config.h"

#include <stddef.h>
#include <stdint.h>

enum { OPTIMIZER_MAX_SLOTS = 2 };

/* Everything about one step that is the same for all parameters. */
struct optimizer_step {
    float learning_rate;
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

#endif
