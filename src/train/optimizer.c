#include "optimizer.h"

#include "base/simd.h"

#include <math.h>
#include <string.h>

/* Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1. */
SIMD_CLONES static void adam(const struct optimizer_step *step, const float *grad, float *params,
                             float *const *state, size_t count)
{
    float *mean = state[0], *square = state[1];
    float rate = step->learning_rate / step->correction1;
    float root = 1.0F / sqrtf(step->correction2);
    float beta1 = step->beta1, beta2 = step->beta2, epsilon = step->epsilon;

    for (size_t i = 0; i < count; i++) {
        float g = grad[i];

        mean[i] = beta1 * mean[i] + (1.0F - beta1) * g;
        square[i] = beta2 * square[i] + (1.0F - beta2) * g * g;
        params[i] -= rate * mean[i] / (sqrtf(square[i]) * root + epsilon);
    }
}

static const struct optimizer optimizers[] = {
    {"adam", "adaptive moments", 2, adam},
};

const struct optimizer *optimizer_find(const char *name)
{
    for (size_t i = 0; i < sizeof optimizers / sizeof optimizers[0]; i++) {
        if (strcmp(optimizers[i].name, name) == 0) return &optimizers[i];
    }
    return NULL;
}

void optimizer_step_at(struct optimizer_step *step, const struct config *config,
                       double learning_rate, uint64_t t)
{
    *step = (struct optimizer_step){
        .learning_rate = (float)learning_rate,
        .beta1 = (float)config->training.beta1,
        .beta2 = (float)config->training.beta2,
        .epsilon = (float)config->training.epsilon,
        .correction1 = (float)(1.0 - pow(config->training.beta1, (double)t)),
        .correction2 = (float)(1.0 - pow(config->training.beta2, (double)t)),
    };
}
