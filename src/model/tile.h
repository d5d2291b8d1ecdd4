/* One tile of samples on its way through a model: the blocks that forward leaves for backward.
 *
 * The trainer keeps one per LAYER_TILE samples of a batch; the soft evaluation one per thread. */
#ifndef DIFFLUT_MODEL_TILE_H
#define DIFFLUT_MODEL_TILE_H

#include "model.h"

struct tile {
    size_t samples;  /* used columns */
    size_t count;    /* samples rounded up to a multiple of 16: what kernels run over */
    uint64_t id;     /* number of the first sample, for noise that does not depend on tiling */
    uint64_t *words; /* [encoder->num_bits + 1] the bits, bit s of a word for sample s; then a 0 */
    float *reals; /* [encoder->num_bits + 1][LAYER_TILE] the same as numbers, or NULL: for a noisy
                        layer 0, and for layer_uses_reals() */
    struct layer_tile *layers; /* [num_layers] */
    uint64_t **half; /* [num_layers] where the outputs of layer l are at least 0.5, and a 0: for a
                        look-up layer above; else NULL */
    float *logits;   /* [num_classes][LAYER_TILE] */
    float *grad_logits;        /* the same shape: gradient of the class sums (already / tau) */
    struct layer_noise *noise; /* [num_layers] what noisy nodes draw from, with TILE_BACKWARD */
    void *slab;                /* all of the above */
};

/* Noise on the way (SPEC 3.3): every draw is a hash of (seed, layer, signal, sample). */
struct tile_noise {
    bool
        sample; /* outputs of hidden layers become bits, drawn with their soft value as probability;
                       the gradient passes as if they had not been (straight through) */
    double flip; /* probability that an input of a layer becomes 1 - x; no effect on gradients */
    double
        dropout; /* probability that an output of a hidden layer is replaced by a fair coin, which
                       passes no gradient */
    uint64_t seed, step; /* steps done; for the schedules of noisy nodes */
};

enum { TILE_FORWARD = 0, TILE_BACKWARD = 1 };

/* `backward` also makes room for gradients. */
enum err_status tile_create(struct tile *tile, const struct model *model, int backward,
                            struct err *err);
void tile_free(struct tile *tile);

/* Gathers samples order[0..samples) (or first, first + 1, ... when order is NULL) of row-major codes,
 * and encodes them. */
void tile_load(struct tile *tile, const struct model *model, const uint16_t *codes,
               const uint32_t *order, size_t first, size_t samples);

/* Soft forward through all layers and GroupSum. */
void tile_forward(struct tile *tile, const struct model *model, const struct tile_noise *noise);

/* Bernoulli forward: every node's soft value at bit inputs is the probability of its output bit.
 * scratch is 2 * (widest layer + 1) words. */
void tile_sample(struct tile *tile, const struct model *model, const struct tile_noise *noise,
                 uint64_t *scratch);

/* Input gradient of a layer above the first into the one below it, dropout respected. */
void tile_backward_layer(struct tile *tile, const struct model *model, size_t layer,
                         const struct tile_noise *noise);

/* Flips bits [signals] as layer `layer` would see them. */
void tile_flip_bits(const struct tile *tile, const struct tile_noise *noise, size_t layer,
                    uint64_t *words, size_t signals);

#endif
