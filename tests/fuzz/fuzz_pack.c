/* Mapped netlists as Yosys writes them, in which pairs of LUTs become one: two LUTs less for each, and
 * one of the new kind. */
#include "fuzz.h"

#include "base/json.h"
#include "flow/pack.h"

#include <stdlib.h>

static size_t count_cells(const json_t *netlist)
{
    json_t *modules = json_object_get(netlist, "modules"), *module;
    const char *name;
    size_t count = 0;

    json_object_foreach(modules, name, module) count +=
        json_object_size(json_object_get(module, "cells"));
    return count;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    json_t *netlist = NULL;
    json_error_t where;
    uint64_t pairs = 0;
    size_t before;
    struct err err;

    if (json_parse(&netlist, (const char *)data, size, JSON_REJECT_DUPLICATES, &where, &err) !=
        ERR_OK)
        return;
    before = count_cells(netlist);
    if (pack_netlist(netlist, &pairs, &err) == ERR_OK && count_cells(netlist) + pairs != before)
        abort();
    json_decref(netlist);
}
