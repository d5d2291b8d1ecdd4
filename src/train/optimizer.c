#include "optimizer.h"

#include "base/simd.h"

#include <math.h>
#include <string.h>

/* Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1; with weight
 * decay added to the gradient. */
SIMD_CLONES static void adam(const struct optimizer_step *step, const float *grad, float *params,
                             float *const *state, size_t count)
{
    float *mean = state[0], *square = state[1];
    float rate = step->learning_rate / step->correction1;
    float root = 1.0F / sqrtf(step->correction2), decay = step->weight_decay;
    float beta1 = step->beta1, beta2 = step->beta2, epsilon = step->epsilon;

    for (size_t i = 0; i < count; i++) {
        float g = grad[i] + decay * params[i];

        mean[i] = beta1 * mean[i] + (1.0F - beta1) * g;
        square[i] = beta2 * square[i] + (1.0F - beta2) * g * g;
        params[i] -= rate * mean[i] / (sqrtf(square[i]) * root + epsilon);
    }
}

/* Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019. */
static void adamw(const struct optimizer_step *step, const float *grad, float *params,
                  float *const *state, size_t count)
{
    struct optimizer_step rest = *step;

    rest.weight_decay = 0.0F;
    optimizer_scale(params, count, 1.0F - step->learning_rate * step->weight_decay);
    adam(&rest, grad, params, state, count);
}

/* Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
 * learning", ICML 2013, in PyTorch's form (the step size is not part of the velocity). */
SIMD_CLONES static void sgd(const struct optimizer_step *step, const float *grad, float *params,
                            float *const *state, size_t count)
{
    float *velocity = state[0];
    float rate = step->learning_rate, momentum = step->momentum, decay = step->weight_decay;
    float ahead = step->nesterov ? momentum : 1.0F, direct = step->nesterov ? 1.0F : 0.0F;

    for (size_t i = 0; i < count; i++) {
        float g = grad[i] + decay * params[i];

        velocity[i] = momentum * velocity[i] + g;
        params[i] -= rate * (direct * g + ahead * velocity[i]);
    }
}

/* Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
 * optimization", JMLR 12, 2011. */
SIMD_CLONES static void adagrad(const struct optimizer_step *step, const float *grad, float *params,
                                float *const *state, size_t count)
{
    float *square = state[0];
    float rate = step->learning_rate, epsilon = step->epsilon, decay = step->weight_decay;

    for (size_t i = 0; i < count; i++) {
        float g = grad[i] + decay * params[i];

        square[i] += g * g;
        params[i] -= rate * g / (sqrtf(square[i]) + epsilon);
    }
}

static const struct optimizer optimizers[] = {
    {"adam", "adaptive moments", 2, adam},
    {"adamw", "adam with decoupled weight decay", 2, adamw},
    {"sgd", "gradient descent with momentum", 1, sgd},
    {"adagrad", "steps shrink with all gradients so far", 1, adagrad},
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
        .weight_decay = (float)config->training.weight_decay,
        .momentum = (float)config->training.momentum,
        .nesterov = config->training.nesterov,
        .beta1 = (float)config->training.beta1,
        .beta2 = (float)config->training.beta2,
        .epsilon = (float)config->training.epsilon,
        .correction1 = (float)(1.0 - pow(config->training.beta1, (double)t)),
        .correction2 = (float)(1.0 - pow(config->training.beta2, (double)t)),
    };
}

/* --- clipping --- */

/* Comparisons that leave a NaN alone: it must be seen, not become a number. */
SIMD_CLONES void optimizer_clip_value(float *grad, size_t count, float limit)
{
    for (size_t i = 0; i < count; i++) {
        float g = grad[i];

        g = g > limit ? limit : g;
        grad[i] = g < -limit ? -limit : g;
    }
}

/* Sixteen partial sums, so that it vectorises the same way for every instruction set. */
SIMD_CLONES double optimizer_square_norm(const float *grad, size_t count)
{
    double part[16] = {0}, sum = 0;
    size_t i = 0;

    for (; i + 16 <= count; i += 16) {
        for (size_t k = 0; k < 16; k++)
            part[k] += (double)grad[i + k] * (double)grad[i + k];
    }
    for (; i < count; i++)
        part[i % 16] += (double)grad[i] * (double)grad[i];
    for (size_t k = 0; k < 16; k++)
        sum += part[k];
    return sum;
}

float optimizer_clip_factor(double norm, double limit)
{
    double factor = limit / (norm + 1e-6);

    return factor < 1 ? (float)factor : 1.0F;
}

SIMD_CLONES void optimizer_scale(float *grad, size_t count, float factor)
{
    for (size_t i = 0; i < count; i++)
        grad[i] *= factor;
}
