/* Random valid netlists: the text form, the evaluators and the engine's kernels say the same of them. */
#include "nets.h"

#include "engine/engine.h"

/* Write, read, write is identity. */
static struct netlist *through_text(const struct netlist *net)
{
    struct netlist *again = NULL;
    struct text first = {0}, second = {0};
    struct err err = {""};

    netlist_write(net, &first);
    nets_must(netlist_parse(&again, first.data, first.size, "fuzz", &err), &err);
    netlist_write(again, &second);
    if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0) abort();
    text_free(&first);
    text_free(&second);
    return again;
}

/* From the step bits, as the `core` top. */
static void check_bits(const struct netlist *net, const uint16_t *codes,
                       const struct nets_results *expected)
{
    size_t signals = (size_t)net->num_steps + net->num_luts;
    uint8_t *all = malloc(NETS_VECTORS * signals + 1);
    uint8_t *bits = malloc((size_t)NETS_VECTORS * net->num_steps + 1);
    struct nets_results found = *expected;
    struct err err = {""};

    if (all == NULL || bits == NULL) abort();
    nets_must(netlist_eval(net, codes, NETS_VECTORS, all, found.scores, found.classes, &err), &err);
    for (size_t v = 0; v < NETS_VECTORS; v++)
        memcpy(bits + v * net->num_steps, all + v * signals, net->num_steps);
    nets_must(netlist_eval_bits(net, bits, NETS_VECTORS, found.scores, found.classes, &err), &err);
    nets_compare(net, expected, &found, "step bits");
    free(all);
    free(bits);
}

static void check_engine(const struct netlist *net, const uint16_t *codes,
                         const struct nets_results *expected, enum engine_simd simd)
{
    struct engine *engine = NULL;
    struct nets_results found = {{0}, {0}};
    struct err err = {""};

    nets_must(engine_create(&engine, net, &err), &err);
    engine_select_simd(engine, simd);
    nets_must(engine_run(engine, codes, NETS_VECTORS, found.scores, found.classes, 1, &err), &err);
    nets_compare(net, expected, &found, "engine");
    memset(found.classes, 0, sizeof found.classes);
    nets_must(engine_run(engine, codes, NETS_VECTORS, NULL, found.classes, 1, &err), &err);
    nets_compare(net, expected, &found, "engine, classes only");
    engine_free(engine);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, data + size};
    enum engine_simd simd = (enum engine_simd)fuzz_below(&bytes, ENGINE_NUM_SIMD);
    struct netlist *net = random_net(&bytes, &NETS_LIMITS), *again;
    uint16_t *codes = random_codes(net, NETS_VECTORS, &bytes);
    struct nets_results expected, found;
    struct netlist_cost cost;
    struct netlist_timing timing;
    struct err err = {""};

    nets_eval(net, codes, &expected);
    again = through_text(net);
    nets_eval(again, codes, &found);
    nets_compare(net, &expected, &found, "text");
    check_bits(net, codes, &expected);
    check_engine(again, codes, &expected, simd);
    nets_must(netlist_cost(net, &cost, &err), &err);
    nets_must(netlist_timing(net, &timing, &err), &err);
    free(codes);
    netlist_free(again);
    netlist_free(net);
}
