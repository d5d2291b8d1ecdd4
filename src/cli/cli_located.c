#include "cli/cli_located.h"

#include "base/json.h"
#include <stdio.h>
#include <string.h>

enum { SENTENCE_SIZE = 256 };

static const char *const KINDS[COSIM_FAULTS] = {
    [COSIM_FAULT_NOT_LOOKED_FOR] = "", [COSIM_FAULT_UNSEEN] = "unseen",
    [COSIM_FAULT_ENCODER] = "encoder", [COSIM_FAULT_WIRE] = "wire",
    [COSIM_FAULT_TABLE] = "table",     [COSIM_FAULT_GROUP_SUM] = "group_sum",
    [COSIM_FAULT_ARGMAX] = "argmax",   [COSIM_FAULT_REGISTER] = "register",
    [COSIM_FAULT_VALID] = "valid",     [COSIM_FAULT_NETLIST] = "netlist"};

static bool is_lut(const struct cosim_located *at)
{
    return at->fault == COSIM_FAULT_WIRE || at->fault == COSIM_FAULT_TABLE;
}

static void put_number(json_t **json, const char *key, uint64_t value)
{
    json_put(json, key, json_integer((json_int_t)value));
}

static json_t *difference_json(const struct cosim_located *at, uint32_t num_features)
{
    json_t *codes = json_array();

    for (uint32_t f = 0; f < num_features; f++)
        json_push(&codes, json_integer(at->codes[f]));
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "feature", (json_int_t)at->shrunk_feature,
                     "code_right", (json_int_t)at->code_right, "code_wrong",
                     (json_int_t)at->code_wrong, "near_vector", (json_int_t)at->near,
                     "features_before", (json_int_t)at->differing, "codes", codes);
}

json_t *cli_located_json(const struct cosim_result *result, uint32_t num_features)
{
    const struct cosim_located *at = &result->located;
    json_t *json;

    if (at->fault == COSIM_FAULT_NOT_LOOKED_FOR) return json_null();
    json = json_pack("{s:s, s:s}", "kind", KINDS[at->fault], "part", at->part);
    if (is_lut(at)) {
        put_number(&json, "layer", at->layer);
        put_number(&json, "lut", at->lut);
        put_number(&json, "tree", at->tree);
    }
    if (at->fault == COSIM_FAULT_TABLE) put_number(&json, "address", at->address);
    if (at->fault == COSIM_FAULT_WIRE) put_number(&json, "fan_in", at->index);
    if (at->fault == COSIM_FAULT_WIRE) put_number(&json, "signal", at->signal);
    if (at->fault == COSIM_FAULT_ENCODER) {
        put_number(&json, "bit", at->index);
        put_number(&json, "feature", at->feature);
        put_number(&json, "code", at->code);
    }
    if (at->fault == COSIM_FAULT_GROUP_SUM || at->fault == COSIM_FAULT_NETLIST)
        put_number(&json, "class", at->index);
    if (at->fault == COSIM_FAULT_REGISTER && strcmp(at->part, "layer") == 0)
        put_number(&json, "layer", at->layer);
    if (at->fault != COSIM_FAULT_UNSEEN) {
        put_number(&json, "expected", at->expected);
        json_put(&json, "got", at->unknown ? json_null() : json_integer((json_int_t)at->got));
        put_number(&json, "others", at->others);
    }
    json_put(&json, "difference", at->shrunk ? difference_json(at, num_features) : json_null());
    return json;
}

/* "layer 0, LUT 17", with the part of a wide node's tree. */
static void lut_name(const struct cosim_located *at, char name[64])
{
    int used = snprintf(name, 64, "layer %u, LUT %u", at->layer, at->lut);

    if (at->tree > 0) snprintf(name + used, 64 - (size_t)used, "_%u", at->tree);
}

static void register_sentence(const struct cosim_located *at, char text[SENTENCE_SIZE])
{
    char part[32];

    snprintf(part, sizeof part, "%s", at->part);
    if (strcmp(at->part, "layer") == 0) snprintf(part, sizeof part, "layer %u", at->layer);
    snprintf(text, SENTENCE_SIZE,
             "registers of %s: values are right, but leave it %llu cycles after the codes came, "
             "not %llu",
             part, (unsigned long long)at->got, (unsigned long long)at->expected);
}

static void value_sentence(const struct cosim_located *at, char text[SENTENCE_SIZE])
{
    char place[160], lut[64], got[32];

    lut_name(at, lut);
    switch (at->fault) {
    case COSIM_FAULT_ENCODER:
        snprintf(place, sizeof place, "encoder bit %u (feature %u, code %u)", at->index,
                 at->feature, at->code);
        break;
    case COSIM_FAULT_WIRE:
        snprintf(place, sizeof place, "%s: address bit %u is not signal %u of netlist.txt", lut,
                 at->index, at->signal);
        break;
    case COSIM_FAULT_TABLE:
        snprintf(place, sizeof place, "%s: table at address %u", lut, at->address);
        break;
    case COSIM_FAULT_GROUP_SUM:
        snprintf(place, sizeof place, "class sum %u, of right bits", at->index);
        break;
    case COSIM_FAULT_ARGMAX:
        snprintf(place, sizeof place, "argmax, of right scores");
        break;
    case COSIM_FAULT_VALID:
        snprintf(place, sizeof place, "the valid bit");
        break;
    default:
        snprintf(place, sizeof place,
                 "the netlist: the Verilog does what netlist.txt says; score of class %u",
                 at->index);
        break;
    }
    snprintf(got, sizeof got, "%llu", (unsigned long long)at->got);
    snprintf(text, SENTENCE_SIZE, "%s: expected %llu, got %s", place,
             (unsigned long long)at->expected, at->unknown ? "x" : got);
}

void cli_located_say(const struct cli *cli, const struct cosim_result *result,
                     const struct cli_vectors *set)
{
    const struct cosim_located *at = &result->located;
    char text[SENTENCE_SIZE], name[64];

    if (at->fault == COSIM_FAULT_NOT_LOOKED_FOR) return;
    if (at->fault == COSIM_FAULT_UNSEEN)
        snprintf(text, sizeof text, "not seen in the nets of held vectors");
    else if (at->fault == COSIM_FAULT_REGISTER)
        register_sentence(at, text);
    else
        value_sentence(at, text);
    cli_say(cli, "  starts at     %s\n", text);
    if (at->others > 0)
        cli_say(cli, "                (and %zu more places in the same vector)\n", at->others);
    if (!at->shrunk) return;
    cli_vectors_name(set, at->near, name);
    cli_say(cli,
            "  difference    code of feature %u: right with %u, wrong with %u (%zu codes differed "
            "from vector %zu, %s)\n",
            at->shrunk_feature, at->code_right, at->code_wrong, at->differing, at->near, name);
}
