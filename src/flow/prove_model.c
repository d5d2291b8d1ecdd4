#include "prove_model.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void prove_model_free(struct prove_model *model)
{
    if (model == NULL) return;
    for (size_t l = 0; model->levels != NULL && l < model->num_levels; l++) {
        free(model->levels[l].literal);
        free(model->levels[l].needed);
        free(model->levels[l].method);
        free(model->levels[l].covered);
        free(model->levels[l].seconds);
    }
    free(model->levels);
    free(model);
}

static bool create_level(struct prove_signals *level, uint32_t count)
{
    level->count = count;
    level->literal = calloc(count, sizeof *level->literal);
    level->needed = calloc(count, 1);
    level->method = calloc(count, 1);
    level->covered = calloc(count, 1);
    level->seconds = calloc(count, sizeof *level->seconds);
    return level->literal != NULL && level->needed != NULL && level->method != NULL &&
           level->covered != NULL && level->seconds != NULL;
}

/* A node needs only the wires that its table reads. */
static bool reads(const struct prove_layer *layer, uint32_t node, unsigned k)
{
    const uint64_t *table = layer->tables + (size_t)node * layer->words;

    for (uint32_t a = 0; a < 1U << layer->inputs; a++) {
        uint32_t b = a ^ (1U << k);

        if ((table[a / 64] >> a % 64 & 1) != (table[b / 64] >> b % 64 & 1)) return true;
    }
    return false;
}

static void mark_needed(struct prove_model *model)
{
    memset(model->levels[model->num_levels - 1].needed, 1,
           model->levels[model->num_levels - 1].count);
    for (size_t l = model->num_levels - 1; l > 0; l--) {
        const struct prove_layer *layer = &model->reference->layers[l - 1];
        struct prove_signals *below = &model->levels[l - 1];

        for (uint32_t i = 0; i < layer->count; i++) {
            for (unsigned k = 0; k < layer->inputs && model->levels[l].needed[i]; k++) {
                uint32_t wire = layer->wires[(size_t)i * layer->inputs + k];

                if (wire < below->count && !below->needed[wire] && reads(layer, i, k))
                    below->needed[wire] = 1;
            }
        }
    }
}

enum err_status prove_model_create(struct prove_model **out,
                                   const struct prove_reference *reference,
                                   struct prove_graph *graph, const uint32_t *code_bits,
                                   struct err *err)
{
    struct prove_model *model = calloc(1, sizeof *model);
    bool made;

    if (model == NULL) return err_nomem(err, "a proof");
    model->reference = reference;
    model->graph = graph;
    model->code_bits = code_bits;
    model->num_levels = reference->num_layers + 1;
    model->levels = calloc(model->num_levels, sizeof *model->levels);
    made = model->levels != NULL && create_level(&model->levels[0], reference->num_bits);
    for (size_t l = 0; made && l < reference->num_layers; l++)
        made = create_level(&model->levels[l + 1], reference->layers[l].count);
    if (!made) {
        prove_model_free(model);
        return err_nomem(err, "a proof");
    }
    mark_needed(model);
    *out = model;
    return ERR_OK;
}

/* ---- encoder ---- */

/* The bit at all codes, as a table of the code's bits. */
static void tabulate_step(const struct prove_reference *reference, uint32_t bit, uint64_t *words,
                          size_t num_words)
{
    uint32_t next = reference->toggle_start[bit], end = reference->toggle_start[bit + 1];
    bool value = reference->step_initial[bit];

    memset(words, 0, num_words * sizeof *words);
    for (uint32_t code = 0; code < 1U << reference->code_bits; code++) {
        if (next < end && reference->toggles[next] == code) {
            value = !value;
            next++;
        }
        if (value) words[code / 64] |= UINT64_C(1) << code % 64;
    }
}

/* The same as prove_match_table() without looking: multiplexers of tables. */
static uint32_t plain_table(struct prove_graph *graph, unsigned n, const uint32_t *literals,
                            const uint64_t *words)
{
    uint32_t halves[3];

    if (n <= PROVE_MAX_FAN_IN) return prove_graph_lut(graph, n, literals, words[0]);
    halves[0] = plain_table(graph, n - 1, literals, words);
    halves[1] = plain_table(graph, n - 1, literals, words + (1U << (n - 7)));
    halves[2] = literals[n - 1];
    return prove_graph_lut(graph, 3, halves, 0xca);
}

enum err_status prove_model_step(struct prove_model *model, uint32_t bit, struct prove_match *match,
                                 struct err *err)
{
    const struct prove_reference *reference = model->reference;
    struct prove_signals *level = &model->levels[0];
    const uint32_t *code =
        model->code_bits + (size_t)reference->step_feature[bit] * reference->code_bits;
    uint64_t words[(1 << PROVE_MAX_CODE_BITS) / 64];
    size_t num_words = ((size_t)1 << reference->code_bits) / 64 + 1;
    enum prove_method method = PROVE_SAME_NODE;
    enum err_status status = ERR_OK;

    if (num_words > sizeof words / sizeof words[0]) num_words = sizeof words / sizeof words[0];
    tabulate_step(reference, bit, words, num_words);
    level->literal[bit] = plain_table(model->graph, reference->code_bits, code, words);
    if (match != NULL)
        status = prove_match_find(match, &level->literal[bit], prove_rank_level(0), &method, err);
    level->method[bit] = (uint8_t)method;
    return status;
}

/* ---- layers ---- */

static enum err_status find_node(struct prove_model *model, size_t l, uint32_t i,
                                 struct prove_match *match, struct err *err)
{
    const struct prove_layer *layer = &model->reference->layers[l];
    const struct prove_signals *below = &model->levels[l];
    struct prove_signals *level = &model->levels[l + 1];
    uint32_t in[PROVE_MAX_INPUTS];
    enum prove_method method = PROVE_NOT_FOUND;
    enum err_status status;

    for (unsigned k = 0; k < layer->inputs; k++) {
        uint32_t wire = layer->wires[(size_t)i * layer->inputs + k];

        in[k] = wire < below->count ? below->literal[wire] : PROVE_FALSE;
    }
    status = prove_match_table(match, layer->inputs, in, layer->tables + (size_t)i * layer->words,
                               prove_rank_level(l + 1), &level->literal[i], &method, err);
    level->method[i] = (uint8_t)method;
    return status;
}

enum err_status prove_model_find(struct prove_model *model, struct prove_match *match,
                                 struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t l = 0; l < model->num_levels; l++) {
        struct prove_signals *level = &model->levels[l];

        for (uint32_t i = 0; i < level->count && status == ERR_OK; i++) {
            double start = now();

            if (!level->needed[i]) continue;
            status = l == 0 ? prove_model_step(model, i, match, err)
                            : find_node(model, l - 1, i, match, err);
            level->seconds[i] = (float)(now() - start);
        }
    }
    return status;
}

void prove_model_cover(struct prove_model *model, const bool *class_proved)
{
    const struct prove_reference *reference = model->reference;
    size_t top = model->num_levels - 1;

    for (uint32_t i = 0; i < model->levels[top].count; i++)
        model->levels[top].covered[i] = class_proved[i / reference->group];
    for (size_t l = top; l > 0; l--) {
        const struct prove_layer *layer = &reference->layers[l - 1];
        struct prove_signals *below = &model->levels[l - 1];

        memset(below->covered, 1, below->count);
        for (uint32_t i = 0; i < layer->count; i++) {
            if (!model->levels[l].needed[i] || prove_model_is_sure(&model->levels[l], i)) continue;
            for (unsigned k = 0; k < layer->inputs; k++) {
                uint32_t wire = layer->wires[(size_t)i * layer->inputs + k];

                if (wire < below->count) below->covered[wire] = 0;
            }
        }
    }
}
