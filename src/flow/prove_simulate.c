#include "prove_simulate.h"

#include "flow/prove_print.h"

#include <stdio.h>

enum err_status prove_simulate(const char *folder, const struct manifest *manifest,
                               const struct prove_netlist *netlist, const struct vectors *vectors,
                               const struct cosim_options *options, bool *seen, struct err *err)
{
    struct cosim_options with_text = *options;
    struct cosim_result result = {0};
    struct text text = {0};
    char module[96];
    enum err_status status;

    snprintf(module, sizeof module, "%s_full", manifest->name);
    prove_print_module(&text, netlist, module);
    status = text_status(&text, "the Verilog of a netlist", err);
    with_text.full = &text;
    if (status == ERR_OK) status = cosim_run(folder, manifest, vectors, &with_text, &result, err);
    if (status == ERR_OK) *seen = result.mismatches > 0;
    cosim_result_free(&result);
    text_free(&text);
    return status;
}
