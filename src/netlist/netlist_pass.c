#include "decompose.h"
#include "pass.h"

#include <string.h>

static const struct netlist_pass PASSES[] = {
    {"unused-inputs", "drop inputs that a table ignores, merge repeated ones", pass_unused_inputs},
    {"dont-cares", "drop inputs and table entries that no code can tell apart", pass_dont_cares},
    {"constants", "fold constant LUTs and step bits into readers and biases", pass_constants},
    {"wires", "forward copies and inverters to their readers", pass_wires},
    {"duplicates", "merge equal functions of equal signals", pass_duplicates},
    {"absorb", "put LUTs into their readers where those keep at most 6 inputs", pass_absorb},
    {"code-bits", "put comparisons into LUTs that then read at most 6 signals, the code's bits",
     pass_code_bits},
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
    return netlist_optimize_with(net, NETLIST_ALL_PASSES, removed, err);
}

enum err_status netlist_optimize_with(struct netlist *net, uint32_t selected, uint64_t *removed,
                                      struct err *err)
{
    enum err_status status = ERR_OK;
    uint64_t changes = 1;

    for (size_t i = 0; removed != NULL && i < NUM_PASSES; i++)
        removed[i] = 0;
    while (changes > 0 && status == ERR_OK) {
        changes = 0;
        for (size_t i = 0; i < NUM_PASSES && status == ERR_OK; i++) {
            uint64_t count = 0;

            if (!(selected >> i & 1)) continue;
            status = PASSES[i].run(net, &count, err);
            if (status == ERR_OK) status = netlist_check(net, err);
            if (removed != NULL) removed[i] += count;
            changes += count;
        }
    }
    if (status == ERR_OK) status = netlist_place_registers(net, err);
    return status;
}

/* The bit of the pass with that name, or 0. */
static uint32_t find_pass(const char *name, size_t length)
{
    for (size_t i = 0; i < NUM_PASSES; i++) {
        if (strlen(PASSES[i].name) == length && memcmp(PASSES[i].name, name, length) == 0)
            return (uint32_t)1 << i;
    }
    return 0;
}

uint32_t netlist_passes_for(const char *target)
{
    uint32_t absorb = find_pass("absorb", strlen("absorb"));
    uint32_t code_bits = find_pass("code-bits", strlen("code-bits"));

    if (target == NULL) return ~code_bits;
    return decompose_device(target) == NULL ? NETLIST_ALL_PASSES : ~(absorb | code_bits);
}

static enum err_status unknown_pass(const char *name, size_t length, struct err *err)
{
    struct text known = {0};
    enum err_status status;

    for (size_t i = 0; i < NUM_PASSES; i++)
        text_add(&known, "%s%s", i > 0 ? ", " : "", PASSES[i].name);
    status = err_set(err, ERR_ARG, "no pass is called '%.*s'; there are all, none, %s",
                     length < 40 ? (int)length : 40, name, known.data != NULL ? known.data : "");
    text_free(&known);
    return status;
}

enum err_status netlist_passes_read(const char *list, uint32_t *selected, struct err *err)
{
    uint32_t found = 0;

    if (strcmp(list, "all") == 0) {
        *selected = NETLIST_ALL_PASSES;
        return ERR_OK;
    }
    for (const char *at = list; strcmp(list, "none") != 0;) {
        size_t length = strcspn(at, ",");
        uint32_t pass = find_pass(at, length);

        if (pass == 0) return unknown_pass(at, length, err);
        found |= pass;
        if (at[length] == '\0') break;
        at += length + 1;
    }
    *selected = found;
    return ERR_OK;
}
