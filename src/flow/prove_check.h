/* The proof itself: one flat netlist against the model, obligation by obligation. */
#ifndef DIFFLUT_FLOW_PROVE_CHECK_H
#define DIFFLUT_FLOW_PROVE_CHECK_H

#include "flow/prove.h"
#include "flow/prove_load.h"
#include "flow/prove_match.h"
#include "flow/prove_model.h"
#include "flow/prove_netlist.h"
#include "flow/prove_patterns.h"

/* Adds one; `detail` (may be NULL) is copied. */
enum err_status prove_result_add(struct prove_result *result, const struct prove_obligation *add,
                                 const char *detail, struct err *err);

/* The hardware's ports, and the network that one netlist became. */
struct prove_check {
    const struct prove_netlist *netlist;
    const struct manifest *manifest;
    const struct prove_reference *reference;
    const struct prove_patterns *patterns;
    const char *prefix; /* of the parts' names: "" or "mapped " */
    bool core;
    /* [num_nets] or NULL: nets that may be others than in a netlist that was proved, with all that depends on
     * them. prove_check_same() then takes the sums that are not among them for proved. */
    const uint8_t *changed;
    bool brief; /* prove_check_same() ends at the first output that is not proved with free sums */
    struct prove_result *result;

    uint32_t latency;
    struct prove_graph *graph;
    struct prove_load *load;
    struct prove_match *match;
    struct prove_model *model;
    uint32_t *code_bits; /* [num_features * code_bits] literals */
    uint32_t *scores;    /* [num_classes * score_bits] literals; the model's own without a port */
    uint32_t *classes;   /* [class_bits] literals */
    bool *class_proved;  /* [num_classes] */
};

/* Everything but verdicts: the network up to the outputs, with the obligations on registers. Patterns are
 * simulated; *different is a pattern whose outputs are wrong, or patterns->count. */
enum err_status prove_check_load(struct prove_check *check, size_t *different, struct err *err);
/* All other obligations. */
enum err_status prove_check_functions(struct prove_check *check, struct err *err);
/* Every output against those of `other`, whose proof is done: after synthesis against before. What the
 * model's signals became before is looked for after. */
enum err_status prove_check_same(struct prove_check *check, const struct prove_check *other,
                                 size_t different, struct err *err);
void prove_check_free(struct prove_check *check);

/* Where an encoder bit or LUT that was not found begins to differ, by the names in the netlist. */
enum err_status prove_check_locate(struct prove_check *check, size_t level, uint32_t signal,
                                   char *detail, size_t size, bool *different, struct err *err);

/* Gives the inputs of another netlist of the same ports their literals. */
enum err_status prove_check_inputs(struct prove_check *check, struct prove_load *load,
                                   struct err *err);
/* Keeps the codes of a pattern, or of the last difference that the matcher found, as an input that shows
 * a fault, unless there is one already. */
enum err_status prove_check_keep_pattern(struct prove_check *check, size_t pattern,
                                         struct err *err);
enum err_status prove_check_keep_point(struct prove_check *check, struct err *err);
double prove_check_now(void);

#endif
