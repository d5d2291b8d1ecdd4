/* The model's functions, placed beside the hardware in one network and looked for in it. */
#ifndef DIFFLUT_FLOW_PROVE_MODEL_H
#define DIFFLUT_FLOW_PROVE_MODEL_H

#include "flow/prove.h"
#include "flow/prove_match.h"

/* Level 0 are the encoder's bits, level l + 1 the nodes of layer l. */
struct prove_signals {
    uint32_t count;
    uint32_t *literal;
    uint8_t *needed;  /* something that matters reads it */
    uint8_t *method;  /* enum prove_method */
    uint8_t *covered; /* not found, but all that read it were proved */
    float *seconds;
};

struct prove_model {
    const struct prove_reference *reference;
    size_t num_levels;
    struct prove_signals *levels;
    struct prove_graph *graph; /* borrowed */
    const uint32_t *code_bits; /* [num_features * code_bits] literals, borrowed */
};

/* Ranks (prove_equal_mark) of what is found. */
static inline uint16_t prove_rank_level(size_t level)
{
    return (uint16_t)(level + 1);
}

enum err_status prove_model_create(struct prove_model **out,
                                   const struct prove_reference *reference,
                                   struct prove_graph *graph, const uint32_t *code_bits,
                                   struct err *err);
void prove_model_free(struct prove_model *model);

/* One encoder bit as a function of code bits. `match` NULL: only made, not looked for. */
enum err_status prove_model_step(struct prove_model *model, uint32_t bit, struct prove_match *match,
                                 struct err *err);
/* Everything that is needed, encoder first. */
enum err_status prove_model_find(struct prove_model *model, struct prove_match *match,
                                 struct err *err);
/* Once class_proved [num_classes] is known: fills in `covered`. */
void prove_model_cover(struct prove_model *model, const bool *class_proved);

static inline bool prove_model_is_sure(const struct prove_signals *level, uint32_t i)
{
    return level->method[i] != PROVE_NOT_FOUND || level->covered[i];
}

#endif
