/* The test vectors of `cosim`, with the results that the C reference expects of them. */
#ifndef DIFFLUT_CLI_CLI_VECTORS_H
#define DIFFLUT_CLI_CLI_VECTORS_H

#include "data/dataset.h"
#include "flow/vectors.h"
#include "model/model.h"

#include <stdint.h>

/* Where vectors come from, in the order they stand in. */
enum cli_vectors_source {
    CLI_VECTORS_DATASET, /* test split, in order */
    CLI_VECTORS_DIGITS,  /* drawn digits, for 784 features without the data set */
    CLI_VECTORS_RANDOM,  /* uniform codes */
    CLI_VECTORS_EDGE,    /* all 0, all max, each toggle code and its neighbours */
    CLI_VECTORS_TIED,    /* found by search: the two best classes tie */
    CLI_VECTORS_SOURCES
};

struct cli_vectors {
    struct vectors *vectors;
    size_t count[CLI_VECTORS_SOURCES];
    size_t ties;         /* vectors, of any source, whose two best classes tie */
    size_t edges_wanted; /* edge vectors there would be; count[] is less only past the limit */
};

struct cli_vectors_request {
    const struct dataset_split *split; /* the test split, or NULL */
    size_t limit;                      /* of each source but edges; SIZE_MAX: all */
    size_t random;                     /* random vectors wanted */
    uint64_t seed;
    unsigned threads;
    const char *build_id;
};

enum err_status cli_vectors_make(struct cli_vectors *out, const struct model *model,
                                 const struct cli_vectors_request *request, struct err *err);
/* Fills in the reference's encoder bits, scores and classes for the codes of `vectors`. */
enum err_status cli_vectors_expect(struct vectors *vectors, const struct model *model,
                                   unsigned threads, struct err *err);
void cli_vectors_free(struct cli_vectors *set);

/* "test split 17", "random 3": which vector that is. */
void cli_vectors_name(const struct cli_vectors *set, size_t vector, char text[64]);

/* Fraction of the data set vectors whose class in `classes` [count] is the label. */
double cli_vectors_accuracy(const struct cli_vectors *set, const struct dataset_split *split,
                            const uint32_t *classes);

#endif
