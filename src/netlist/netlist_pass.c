#include "pass.h"

static const struct netlist_pass PASSES[] = {
    {"unused-inputs", "drop inputs that a table ignores, merge repeated ones", pass_unused_inputs},
    {"constants", "fold constant LUTs and step bits into readers and biases", pass_constants},
    {"wires", "forward copies and inverters to their readers", pass_wires},
    {"duplicates", "merge equal functions of equal signals", pass_duplicates},
    {"dead", "remove LUTs that reach no class sum", pass_dead},
};
enum { NUM_PASSES = sizeof PASSES / sizeof PASSES[0] };

const struct netlist_pass *netlist_passes(size_t *count)
{
    *count = NUM_PASSES;
    return PASSES;
}

enum err_status netlist_optimize(struct netlist *net, uint64_t *removed, struct err *err)
{
    enum err_status status = ERR_OK;
    uint64_t changes = 1;

    for (size_t i = 0; removed != NULL && i < NUM_PASSES; i++)
        removed[i] = 0;
    while (changes > 0 && status == ERR_OK) {
        changes = 0;
        for (size_t i = 0; i < NUM_PASSES && status == ERR_OK; i++) {
            uint64_t count = 0;

            status = PASSES[i].run(net, &count, err);
            if (status == ERR_OK) status = netlist_check(net, err);
            if (removed != NULL) removed[i] += count;
            changes += count;
        }
    }
    return status;
}
