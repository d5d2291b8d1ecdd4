/* Netlists as Yosys writes them, for `prove`. */
#include "flow/prove_netlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct prove_netlist *netlist = NULL;
    struct err err;

    if (prove_netlist_parse(&netlist, (const char *)data, size, "top", &err) == ERR_OK)
        prove_netlist_free(netlist);
    return 0;
}
