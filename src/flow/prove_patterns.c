#include "prove_patterns.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

enum { RANDOM_PATTERNS = 2048 };

void prove_patterns_free(struct prove_patterns *patterns)
{
    if (patterns == NULL) return;
    free(patterns->codes);
    free(patterns->inputs);
    free(patterns->scores);
    free(patterns->classes);
    free(patterns);
}

/* Bits of a feature stand together; their toggles then do too. */
static void draw_codes(const struct prove_reference *reference, struct rng *rng, uint16_t *codes)
{
    uint32_t bit = 0, max = (1U << reference->code_bits) - 1;

    for (uint32_t f = 0; f < reference->num_features; f++) {
        uint64_t draw = rng_next(rng);
        uint32_t first = reference->toggle_start[bit], count;

        while (bit < reference->num_bits && reference->step_feature[bit] == f)
            bit++;
        count = reference->toggle_start[bit] - first;
        codes[f] = (uint16_t)(draw >> 32 & max);
        if (count > 0 && (draw & 1) != 0)
            codes[f] = (uint16_t)(reference->toggles[first + (draw >> 2 & 0xffffff) % count] -
                                  (draw >> 1 & 1));
    }
}

static void spread_codes(const struct prove_reference *reference, struct prove_patterns *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const uint16_t *codes = p->codes + i * reference->num_features;

        for (uint32_t f = 0; f < reference->num_features; f++) {
            uint64_t *rows = p->inputs + (size_t)f * reference->code_bits * p->words;

            for (unsigned k = 0; k < reference->code_bits; k++)
                rows[k * p->words + i / 64] |= (uint64_t)(codes[f] >> k & 1) << i % 64;
        }
    }
}

/* ---- the model, one sample at a time ---- */

static void encode(const struct prove_reference *reference, const uint16_t *codes, uint8_t *bits)
{
    for (uint32_t b = 0; b < reference->num_bits; b++) {
        uint16_t code = codes[reference->step_feature[b]];

        bits[b] = reference->step_initial[b];
        for (uint32_t t = reference->toggle_start[b]; t < reference->toggle_start[b + 1]; t++)
            bits[b] ^= reference->toggles[t] <= code;
    }
}

static void run_layer(const struct prove_layer *layer, const uint8_t *in, uint8_t *out)
{
    for (uint32_t i = 0; i < layer->count; i++) {
        uint32_t address = 0;

        for (unsigned k = 0; k < layer->inputs; k++)
            address |= (uint32_t)in[layer->wires[(size_t)i * layer->inputs + k]] << k;
        out[i] = layer->tables[i * layer->words + address / 64] >> address % 64 & 1;
    }
}

/* `in` and `out` have room for the widest layer and the constant 0 behind its signals. */
static void evaluate(const struct prove_reference *reference, struct prove_patterns *p,
                     size_t pattern, uint8_t *in, uint8_t *out)
{
    uint32_t *scores = p->scores + pattern * reference->num_classes, best = 0;

    encode(reference, p->codes + pattern * reference->num_features, in);
    in[reference->num_bits] = 0;
    for (size_t l = 0; l < reference->num_layers; l++) {
        uint8_t *swap = in;

        run_layer(&reference->layers[l], in, out);
        out[reference->layers[l].count] = 0;
        in = out;
        out = swap;
    }
    for (uint32_t c = 0; c < reference->num_classes; c++) {
        scores[c] = 0;
        for (uint32_t i = 0; i < reference->group; i++)
            scores[c] += in[c * reference->group + i];
        if (scores[c] > scores[best]) best = c;
    }
    p->classes[pattern] = best;
}

static enum err_status evaluate_all(const struct prove_reference *reference,
                                    struct prove_patterns *p, struct err *err)
{
    size_t widest = reference->num_bits;
    uint8_t *in, *out;

    for (size_t l = 0; l < reference->num_layers; l++) {
        if (reference->layers[l].count > widest) widest = reference->layers[l].count;
    }
    in = malloc(widest + 1);
    out = malloc(widest + 1);
    for (size_t i = 0; in != NULL && out != NULL && i < p->count; i++)
        evaluate(reference, p, i, in, out);
    free(in);
    free(out);
    return in != NULL && out != NULL ? ERR_OK : err_nomem(err, "patterns of a proof");
}

enum err_status prove_patterns_create(struct prove_patterns **out,
                                      const struct prove_reference *reference,
                                      const uint16_t *first, size_t first_count, uint64_t seed,
                                      struct err *err)
{
    struct prove_patterns *p = calloc(1, sizeof *p);
    size_t features = reference->num_features;
    enum err_status status;
    struct rng rng;

    if (p == NULL) return err_nomem(err, "patterns of a proof");
    p->count = (first_count + RANDOM_PATTERNS + 63) / 64 * 64;
    p->words = p->count / 64;
    p->codes = malloc(p->count * features * sizeof *p->codes);
    p->inputs = calloc(features * reference->code_bits * p->words, sizeof *p->inputs);
    p->scores = malloc(p->count * reference->num_classes * sizeof *p->scores);
    p->classes = malloc(p->count * sizeof *p->classes);
    if (p->codes == NULL || p->inputs == NULL || p->scores == NULL || p->classes == NULL) {
        prove_patterns_free(p);
        return err_nomem(err, "patterns of a proof");
    }
    rng_seed(&rng, seed, 0);
    if (first_count > 0) memcpy(p->codes, first, first_count * features * sizeof *first);
    for (size_t i = first_count; i < p->count; i++)
        draw_codes(reference, &rng, p->codes + i * features);
    spread_codes(reference, p);
    status = evaluate_all(reference, p, err);
    if (status == ERR_OK)
        *out = p;
    else
        prove_patterns_free(p);
    return status;
}
