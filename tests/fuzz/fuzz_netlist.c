/* Netlists as text: what is read must satisfy the contract, print again and be evaluated. */
#include "netlist/netlist.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct netlist *net = NULL;
    struct text text = {0};
    struct err err;

    if (netlist_parse(&net, (const char *)data, size, "fuzz.txt", &err) != ERR_OK) return 0;
    if (netlist_check(net, &err) != ERR_OK) abort();
    netlist_write(net, &text);
    text_free(&text);
    if (netlist_optimize(net, NULL, &err) == ERR_OK && netlist_check(net, &err) != ERR_OK) abort();
    netlist_free(net);
    return 0;
}
