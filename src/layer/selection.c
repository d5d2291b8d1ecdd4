#include "selection.h"

#include "base/simd.h"
#include "base/slab.h"
#include "base/vmath_exp.h"
#include "layer.h"
#include "mixture.h"

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
    return slab_create(bytes);
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

/* Numbers in the order of the floats; both zeros are one. */
SIMD_INLINE int32_t rank(float x)
{
    int32_t bits;

    x += 0.0F;
    memcpy(&bits, &x, sizeof bits);
    return bits < 0 ? bits ^ INT32_MAX : bits;
}

/* The first of the largest weights. Comparisons of whole numbers, so that both loops vectorise. */
SIMD_CLONES static size_t choose(const float *weights, size_t count)
{
    int32_t most = INT32_MIN;
    uint32_t first = UINT32_MAX;

    for (size_t c = 0; c < count; c++) {
        int32_t own = rank(weights[c]);

        most = own > most ? own : most;
    }
    for (uint32_t c = 0; c < (uint32_t)count; c++) {
        uint32_t found = c | -(uint32_t)(rank(weights[c]) != most); /* or none */

        first = found < first ? found : first;
    }
    return first;
}

/* Sixteen partial sums, so that loops over candidates vectorise, added up in halves. */
enum { PARTS = 16 };

SIMD_INLINE float sum_of_parts(float *part)
{
    SIMD_UNROLL(8)
    for (size_t half = PARTS / 2; half > 0; half /= 2) {
        SIMD_UNROLL(8)
        for (size_t i = 0; i < half; i++)
            part[i] += part[i + half];
    }
    return part[0];
}

SIMD_CLONES static float sum_of(const float *values, size_t count)
{
    float part[PARTS] = {0};
    size_t c = 0;

    for (; c + PARTS <= count; c += PARTS) {
        for (size_t i = 0; i < PARTS; i++)
            part[i] += values[c + i];
    }
    for (size_t i = 0; c + i < count; i++)
        part[i] += values[c + i];
    return sum_of_parts(part);
}

SIMD_CLONES static float dot(const float *a, const float *b, size_t count)
{
    float part[PARTS] = {0};
    size_t c = 0;

    for (; c + PARTS <= count; c += PARTS) {
        for (size_t i = 0; i < PARTS; i++)
            part[i] += a[c + i] * b[c + i];
    }
    for (size_t i = 0; c + i < count; i++)
        part[i] += a[c + i] * b[c + i];
    return sum_of_parts(part);
}

SIMD_CLONES static void exponentials(const float *restrict weights, float most, float scale,
                                     float *restrict shares, size_t count)
{
    for (size_t c = 0; c < count; c++)
        shares[c] = vmath_exp_one((weights[c] - most) * scale);
}

/* What the softmax has driven to zero becomes zero: the numbers beyond are slow. */
SIMD_CLONES static void share_out(float *shares, float factor, size_t count)
{
    for (size_t c = 0; c < count; c++)
        shares[c] = shares[c] < 1e-30F ? 0.0F : shares[c] * factor;
}

uint32_t selection_prepare(const struct selection *selection, size_t slot)
{
    size_t count = selection->candidates, best;
    const float *weights = selection->weights + slot * count;
    float *shares = selection->shares + slot * count;

    best = choose(weights, count);
    exponentials(weights, weights[best], (float)(1.0 / selection->next_tau), shares, count);
    share_out(shares, 1.0F / sum_of(shares, count), count);
    return selection_wire(selection, slot, best);
}

void selection_drop(const struct selection *selection, size_t slot)
{
    memset(selection->shares + slot * selection->candidates, 0,
           selection->candidates * sizeof *selection->shares);
}

static const uint32_t *wires_of(const struct selection *selection, size_t slot)
{
    return selection->wires != NULL ? selection->wires + slot * selection->candidates : NULL;
}

void selection_forward(const struct selection *selection, size_t slot, const uint64_t *words,
                       const float *in, float *mapped)
{
    const struct mixture_kernels *kernels = mixture_kernels(0);
    const uint32_t *wires = wires_of(selection, slot);
    size_t count = selection->candidates;
    const float *shares = selection->shares + slot * count;

    if (words != NULL)
        kernels->mix_bits(shares, wires, count, words, mapped);
    else
        kernels->mix(shares, wires, count, in, mapped);
}

void selection_backward_inputs(const struct selection *selection, size_t slot,
                               const float *grad_mapped, float *grad_in)
{
    size_t count = selection->candidates;

    mixture_kernels(0)->spread(selection->shares + slot * count, wires_of(selection, slot), count,
                               grad_mapped, grad_in);
}

/* The hard rule is sum_s g (2 x - 1): the sums of 2 g x, less the sum of all g. */
static void twice(const float *grad_mapped, float *row)
{
    for (size_t s = 0; s < LAYER_TILE; s++)
        row[s] = 2.0F * grad_mapped[s];
}

SIMD_CLONES static void subtract(float *values, float what, size_t count)
{
    for (size_t c = 0; c < count; c++)
        values[c] -= what;
}

void selection_backward_weights(const struct selection *selection, size_t slot,
                                const uint64_t *words, const float *in, const float *grad_mapped,
                                float *grad)
{
    const struct mixture_kernels *kernels = mixture_kernels(0);
    const uint32_t *wires = wires_of(selection, slot);
    float doubled[LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
    const float *g = grad_mapped;
    size_t count = selection->candidates;

    if (selection->hard) {
        twice(grad_mapped, doubled);
        g = doubled;
    }
    if (words != NULL)
        kernels->correlate_bits(wires, count, words, g, grad);
    else
        kernels->correlate(wires, count, in, g, grad);
    if (selection->hard) subtract(grad, sum_of(grad_mapped, LAYER_TILE), count);
}

SIMD_CLONES static void through_softmax(const float *shares, float mean, float scale, float *grad,
                                        size_t count)
{
    for (size_t c = 0; c < count; c++)
        grad[c] = shares[c] * (grad[c] - mean) * scale;
}

void selection_finish(const struct selection *selection, size_t slot, float *grad)
{
    size_t count = selection->candidates;
    const float *shares = selection->shares + slot * count;

    if (selection->hard) return;
    through_softmax(shares, dot(shares, grad, count), (float)(1.0 / selection->tau), grad, count);
}
