/* Random valid netlists through a choice of the passes, and through decomposition for a target: what they
 * compute stays, and each pass that runs alone says 0 only when nothing changed. */
#include "nets.h"

#include "netlist/pass.h"

static const char *const TARGETS[] = {"ice40", "ecp5", "xcup"};

static struct netlist *copy_of(const struct netlist *net)
{
    struct netlist *copy = NULL;
    struct err err = {""};

    nets_must(netlist_copy(&copy, net, &err), &err);
    return copy;
}

static void check_choice(const struct netlist *net, uint32_t selected, const uint16_t *codes,
                         const struct nets_results *expected)
{
    struct netlist *copy = copy_of(net);
    struct nets_results found;
    struct err err = {""};

    nets_must(netlist_optimize_with(copy, selected, NULL, &err), &err);
    nets_eval(copy, codes, &found);
    nets_compare(net, expected, &found, "passes");
    netlist_free(copy);
}

static void check_pass(const struct netlist *net, const struct netlist_pass *pass,
                       const uint16_t *codes, const struct nets_results *expected)
{
    struct netlist *copy = copy_of(net);
    struct nets_results found;
    uint64_t removed = 0;
    struct text before = {0}, after = {0};
    struct err err = {""};

    nets_must(pass->run(copy, &removed, &err), &err);
    nets_eval(copy, codes, &found);
    nets_compare(net, expected, &found, pass->name);
    if (removed == 0 && pass->run != pass_dont_cares) {
        netlist_write(net, &before);
        netlist_write(copy, &after);
        if (strcmp(before.data, after.data) != 0) abort();
        text_free(&before);
        text_free(&after);
    }
    netlist_free(copy);
}

static void check_target(const struct netlist *net, const char *target, const uint16_t *codes,
                         const struct nets_results *expected)
{
    struct netlist *copy = copy_of(net);
    struct nets_results found;
    struct err err = {""};

    nets_must(netlist_decompose(&copy, target, &err), &err);
    nets_eval(copy, codes, &found);
    nets_compare(net, expected, &found, target);
    netlist_free(copy);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, data + size};
    size_t num_passes, choice = (size_t)fuzz_below(&bytes, 256);
    const struct netlist_pass *passes = netlist_passes(&num_passes);
    uint32_t selected = (uint32_t)fuzz_below(&bytes, (uint64_t)1 << num_passes);
    struct netlist *net = random_net(&bytes, &NETS_LIMITS);
    uint16_t *codes = random_codes(net, NETS_VECTORS, &bytes);
    struct nets_results expected;

    nets_eval(net, codes, &expected);
    check_choice(net, choice % 4 == 0 ? NETLIST_ALL_PASSES : selected, codes, &expected);
    check_pass(net, &passes[choice % num_passes], codes, &expected);
    check_target(net, TARGETS[choice % 3], codes, &expected);
    free(codes);
    netlist_free(net);
}
