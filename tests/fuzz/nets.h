/* Random valid netlists made of an input's bytes, and what they compute. */
#ifndef DIFFLUT_TESTS_FUZZ_NETS_H
#define DIFFLUT_TESTS_FUZZ_NETS_H

#include "fuzz.h"

#define RANDOM_NET_SOURCE      struct fuzz_bytes
#define random_net_below(b, n) fuzz_below(b, n)
#define random_net_word(b)     fuzz_word(b)
#include "../unit/random_net.h"

#include <stdint.h>

enum { NETS_VECTORS = 24, NETS_MAX_CLASSES = 5 };

static const struct random_net_limits NETS_LIMITS = {4, 6, 12, 14, 3, NETS_MAX_CLASSES, 6};

/* What a netlist computes. */
struct nets_results {
    uint32_t scores[NETS_VECTORS * NETS_MAX_CLASSES], classes[NETS_VECTORS];
};

static inline void nets_must(enum err_status status, const struct err *err)
{
    if (status == ERR_OK) return;
    fprintf(stderr, "%s\n", err->message);
    abort();
}

/* `eval` is netlist_eval() of the codes; ends the process with the netlist as text unless both agree. */
static inline void nets_compare(const struct netlist *net, const struct nets_results *expected,
                                const struct nets_results *found, const char *what)
{
    struct text text = {0};
    size_t scores = (size_t)NETS_VECTORS * net->num_classes * sizeof *expected->scores;

    if (memcmp(expected->scores, found->scores, scores) == 0 &&
        memcmp(expected->classes, found->classes, sizeof expected->classes) == 0)
        return;
    netlist_write(net, &text);
    fprintf(stderr, "%s: other scores or classes\n%s", what, text.data);
    abort();
}

static inline void nets_eval(const struct netlist *net, const uint16_t *codes,
                             struct nets_results *results)
{
    struct err err = {""};

    nets_must(netlist_check(net, &err), &err);
    nets_must(netlist_eval(net, codes, NETS_VECTORS, NULL, results->scores, results->classes, &err),
              &err);
}

#endif
