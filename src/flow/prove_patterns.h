/* Codes to simulate, with what the model says to them, worked out from its tables one by one. They
 * guide the proof, and a difference they show is a fault for sure. */
#ifndef DIFFLUT_FLOW_PROVE_PATTERNS_H
#define DIFFLUT_FLOW_PROVE_PATTERNS_H

#include "flow/prove.h"

struct prove_patterns {
    size_t count, words; /* 64 patterns a word */
    uint16_t *codes;     /* [count][num_features] */
    uint64_t *inputs;    /* [num_features * code_bits][words] */
    uint32_t *scores;    /* [count][num_classes] */
    uint32_t *classes;   /* [count] */
};

/* `first_count` rows of codes come first, where there are any; then random ones: half the codes uniform,
 * half next to a code at which some bit of the feature changes. */
enum err_status prove_patterns_create(struct prove_patterns **out,
                                      const struct prove_reference *reference,
                                      const uint16_t *first, size_t first_count, uint64_t seed,
                                      struct err *err);
void prove_patterns_free(struct prove_patterns *patterns);

#endif
