#include "selection.h"

#include "base/simd.h"
#include "base/vmath.h"
#include "layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* C distinct signals in ascending order, so that a slot's reads go forward through memory (Floyd's
 * sampling, kept sorted by insertion). */
static void draw_candidates(uint32_t *wires, size_t count, size_t num_inputs, struct rng *rng)
{
    size_t used = 0;

    for (size_t j = num_inputs - count; j < num_inputs; j++) {
        uint32_t wire = (uint32_t)rng_below(rng, j + 1);
        size_t at = used;

        for (size_t i = 0; i < used; i++) {
            if (wires[i] == wire) wire = (uint32_t)j;
        }
        while (at > 0 && wires[at - 1] > wire) {
            wires[at] = wires[at - 1];
            at--;
        }
        wires[at] = wire;
        used++;
    }
}

static void init_weights(struct selection *selection, size_t num_inputs, struct rng *rng)
{
    double bound = sqrt(6.0 / (double)(selection->slots + num_inputs)); /* Xavier */

    for (size_t i = 0; i < selection->slots * selection->candidates; i++) {
        double u = rng_double(rng);

        selection->weights[i] = (float)(selection->hard ? u : bound * (2 * u - 1));
    }
}

static float *floats(size_t count)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, sizeof(float), &bytes)) return NULL;
    return calloc(bytes > 0 ? bytes : 1, 1);
}

enum err_status selection_create(struct selection **out, size_t slots, size_t num_inputs,
                                 size_t candidates, bool hard, struct rng *rng, struct err *err)
{
    bool all = candidates == 0 || candidates >= num_inputs;
    struct selection *selection = calloc(1, sizeof *selection);
    size_t total;

    if (selection == NULL) return err_nomem(err, "learned wires");
    *selection = (struct selection){.hard = hard,
                                    .slots = slots,
                                    .candidates = all ? num_inputs : candidates,
                                    .tau = 1.0,
                                    .next_tau = 1.0};
    if (__builtin_mul_overflow(slots, selection->candidates, &total)) total = SIZE_MAX;
    selection->weights = floats(total);
    selection->shares = floats(total);
    if (!all) selection->wires = (uint32_t *)(void *)floats(total);
    if (selection->weights == NULL || selection->shares == NULL ||
        (!all && selection->wires == NULL)) {
        selection_free(selection);
        return err_nomem(err, "learned wires (candidates: C needs less)");
    }
    for (size_t slot = 0; !all && slot < slots; slot++)
        draw_candidates(selection->wires + slot * candidates, candidates, num_inputs, rng);
    init_weights(selection, num_inputs, rng);
    *out = selection;
    return ERR_OK;
}

void selection_free(struct selection *selection)
{
    if (selection == NULL) return;
    free(selection->wires);
    free(selection->weights);
    free(selection->shares);
    free(selection);
}

uint32_t selection_prepare(const struct selection *selection, size_t slot)
{
    size_t count = selection->candidates, best = 0;
    const float *weights = selection->weights + slot * count;
    float *shares = selection->shares + slot * count;
    float scale = (float)(1.0 / selection->next_tau), sum = 0;

    for (size_t c = 1; c < count; c++) {
        if (weights[c] > weights[best]) best = c;
    }
    for (size_t c = 0; c < count; c++)
        shares[c] = (weights[c] - weights[best]) * scale;
    vmath_exp(shares, shares, count);
    for (size_t c = 0; c < count; c++)
        sum += shares[c];
    for (size_t c = 0; c < count; c++)
        shares[c] /= sum;
    return selection_wire(selection, slot, best);
}

void selection_drop(const struct selection *selection, size_t slot)
{
    memset(selection->shares + slot * selection->candidates, 0,
           selection->candidates * sizeof *selection->shares);
}

SIMD_CLONES static void add_scaled(float *restrict sum, const float *restrict row, float scale)
{
    for (size_t s = 0; s < LAYER_TILE; s++)
        sum[s] += scale * row[s];
}

void selection_forward(const struct selection *selection, size_t slot, const float *in,
                       float *mapped)
{
    const float *shares = selection->shares + slot * selection->candidates;

    memset(mapped, 0, LAYER_TILE * sizeof *mapped);
    for (size_t c = 0; c < selection->candidates; c++)
        add_scaled(mapped, in + (size_t)selection_wire(selection, slot, c) * LAYER_TILE, shares[c]);
}

/* Shares that the softmax has driven to zero pass nothing on. */
void selection_backward_inputs(const struct selection *selection, size_t slot,
                               const float *grad_mapped, float *grad_in)
{
    const float *shares = selection->shares + slot * selection->candidates;

    for (size_t c = 0; c < selection->candidates; c++) {
        if (shares[c] > 1e-30F)
            add_scaled(grad_in + (size_t)selection_wire(selection, slot, c) * LAYER_TILE,
                       grad_mapped, shares[c]);
    }
}

/* sum_s a[s] b[s] in sixteen partial sums of fixed order, so that it vectorises and never depends on
 * the instruction set's width. */
SIMD_CLONES static float dot(const float *restrict a, const float *restrict b)
{
    float part[16] = {0}, sum = 0;

    for (size_t s = 0; s < LAYER_TILE; s += 16) {
        for (size_t i = 0; i < 16; i++)
            part[i] += a[s + i] * b[s + i];
    }
    for (size_t i = 0; i < 16; i++)
        sum += part[i];
    return sum;
}

void selection_backward_weights(const struct selection *selection, size_t slot, const float *in,
                                const float *grad_mapped, float *grad)
{
    float ones[LAYER_TILE], total;

    for (size_t s = 0; s < LAYER_TILE; s++)
        ones[s] = 1.0F;
    total = selection->hard ? dot(grad_mapped, ones) : 0.0F;
    for (size_t c = 0; c < selection->candidates; c++) {
        size_t wire = selection_wire(selection, slot, c);
        float sum = dot(grad_mapped, in + wire * LAYER_TILE);

        grad[c] += selection->hard ? 2.0F * sum - total : sum;
    }
}

void selection_finish(const struct selection *selection, size_t slot, float *grad)
{
    const float *shares = selection->shares + slot * selection->candidates;
    float scale = (float)(1.0 / selection->tau), mean = 0;

    if (selection->hard) return;
    for (size_t c = 0; c < selection->candidates; c++)
        mean += shares[c] * grad[c];
    for (size_t c = 0; c < selection->candidates; c++)
        grad[c] = shares[c] * (grad[c] - mean) * scale;
}
