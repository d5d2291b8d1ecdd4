/* Netlists as text: what is read must satisfy the contract, print the same again and be evaluated. */
#include "fuzz.h"

#include "netlist/netlist.h"

#include <stdlib.h>
#include <string.h>

static void check_text(const struct netlist *net)
{
    struct netlist *again = NULL;
    struct text first = {0}, second = {0};
    struct err err;

    netlist_write(net, &first);
    if (netlist_parse(&again, first.data, first.size, "again.txt", &err) != ERR_OK) abort();
    netlist_write(again, &second);
    if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0) abort();
    netlist_free(again);
    text_free(&first);
    text_free(&second);
}

/* Two vectors, one before and one after the passes: codes 0, and the greatest. A depth between registers
 * that cannot be kept is refused. */
static void check_passes(struct netlist *net)
{
    size_t scores = 2 * (size_t)net->num_classes;
    uint16_t *codes = calloc(2 * (size_t)net->num_features, sizeof *codes);
    uint32_t *results = calloc(2 * (scores + 2), sizeof *results), *after = results + scores + 2;
    struct err err;
    enum err_status status;

    if (codes == NULL || results == NULL) abort();
    for (size_t f = 0; f < net->num_features; f++)
        codes[net->num_features + f] = (uint16_t)((1U << net->code_bits) - 1);
    if (netlist_eval(net, codes, 2, NULL, results, results + scores, &err) != ERR_OK) abort();
    status = netlist_optimize(net, NULL, &err);
    if (status != ERR_OK && (status != ERR_ARG || net->pipeline.depth == 0)) abort();
    if (status == ERR_OK &&
        (netlist_check(net, &err) != ERR_OK ||
         netlist_eval(net, codes, 2, NULL, after, after + scores, &err) != ERR_OK ||
         memcmp(results, after, (scores + 2) * sizeof *results) != 0))
        abort();
    free(codes);
    free(results);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct netlist *net = NULL;
    struct err err;

    if (netlist_parse(&net, (const char *)data, size, "fuzz.txt", &err) != ERR_OK) return;
    if (netlist_check(net, &err) != ERR_OK) abort();
    check_text(net);
    check_passes(net);
    netlist_free(net);
}
