/* Learned wires: every slot of every node chooses among candidates. SPEC 3.2, 10 and 12.
 *
 * Slot i = node * n + l has weights over C candidate signals: all inputs of the layer, or C of them
 * drawn per slot. Its shares are softmax(weights / tau). The hard choice is the largest weight (the
 * first on a tie) and becomes the layer's wire, which is what the hard pass and hardware read.
 *
 *   soft: training mixes, mapped = sum_c share[c] x[c]; d share[c] = sum_s g x[c], then the softmax
 *         Jacobian; dx[c] = share[c] g.
 *   hard: training reads the chosen wire; d weight[c] = sum_s g (2 x[c] - 1), dx[c] = share[c] g
 *         (torch-dwn's LearnableMapping). */
#ifndef DIFFLUT_LAYER_SELECTION_H
#define DIFFLUT_LAYER_SELECTION_H

#include "base/err.h"
#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct selection {
    bool hard;
    size_t slots;      /* of the layer: width * n */
    size_t candidates; /* C */
    uint32_t *wires;   /* [slots][C], ascending; NULL: candidate c is signal c */
    float *weights;    /* [slots][C] trained */
    float *shares;     /* [slots][C] softmax(weights / tau): selection_prepare() */
    double tau;        /* of the shares */
    double next_tau;   /* of the shares that selection_prepare() will make */
};

/* Draws candidates (0: all of num_inputs) and initial weights: Xavier uniform for soft, U[0, 1) for
 * hard. ERR_NOMEM. */
enum err_status selection_create(struct selection **out, size_t slots, size_t num_inputs,
                                 size_t candidates, bool hard, struct rng *rng, struct err *err);
void selection_free(struct selection *selection);

/* Signal of candidate c of a slot. */
static inline uint32_t selection_wire(const struct selection *selection, size_t slot, size_t c)
{
    return selection->wires != NULL ? selection->wires[slot * selection->candidates + c]
                                    : (uint32_t)c;
}

/* Recomputes a slot's shares; returns the chosen signal. */
uint32_t selection_prepare(const struct selection *selection, size_t slot);

/* The slot reads nothing from now on: all its shares are 0, until selection_prepare() is called. */
void selection_drop(const struct selection *selection, size_t slot);

/* The inputs of the passes below: words [num_inputs], one a signal with sample s as bit s, or where
 * that is NULL real numbers in [num_inputs][LAYER_TILE]. */

/* mapped [LAYER_TILE] of a slot. */
void selection_forward(const struct selection *selection, size_t slot, const uint64_t *words,
                       const float *in, float *mapped);

/* grad_in[wire] += share * grad_mapped for every candidate. */
void selection_backward_inputs(const struct selection *selection, size_t slot,
                               const float *grad_mapped, float *grad_in);

/* Adds one tile's part of the gradient to grad [C]: for soft with respect to the shares
 * (selection_finish() turns the sum of all tiles into the gradient of the weights). */
void selection_backward_weights(const struct selection *selection, size_t slot,
                                const uint64_t *words, const float *in, const float *grad_mapped,
                                float *grad);
void selection_finish(const struct selection *selection, size_t slot, float *grad);

#endif
