#include "prove_netlist.h"

#include "base/json.h"
#include "flow/prove_cells.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void prove_netlist_free(struct prove_netlist *netlist)
{
    if (netlist == NULL) return;
    for (uint32_t i = 0; i < netlist->num_origins; i++)
        free(netlist->origins[i]);
    for (uint32_t i = 0; i < netlist->num_wires; i++) {
        free(netlist->wires[i].name);
        free(netlist->wires[i].nets);
    }
    free(netlist->origins);
    free(netlist->wires);
    free(netlist->cells);
    free(netlist->driver);
    free(netlist->net_wire);
    free(netlist->net_position);
    free(netlist);
}

const struct prove_wire *prove_netlist_port(const struct prove_netlist *netlist, const char *name)
{
    for (uint32_t i = 0; i < netlist->num_ports; i++) {
        if (strcmp(netlist->wires[i].name, name) == 0) return &netlist->wires[i];
    }
    return NULL;
}

void prove_netlist_net_name(const struct prove_netlist *netlist, uint32_t net, char *name,
                            size_t size)
{
    if (net == PROVE_NET_UNKNOWN) {
        snprintf(name, size, "an unknown value (x)");
    } else if (net <= PROVE_NET_ONE) {
        snprintf(name, size, "the constant %u", net);
    } else if (netlist->net_wire[net] == UINT32_MAX) {
        snprintf(name, size, "an unnamed net");
    } else {
        const struct prove_wire *wire = &netlist->wires[netlist->net_wire[net]];

        if (wire->width == 1)
            snprintf(name, size, "%s", wire->name);
        else
            snprintf(name, size, "%s[%u]", wire->name, netlist->net_position[net]);
    }
}

/* ---- wires ---- */

enum err_status prove_netlist_bits(json_t *bits, uint32_t limit, uint32_t **out, uint32_t *width,
                                   struct err *err)
{
    size_t count = json_array_size(bits);
    uint32_t *nets;

    if (!json_is_array(bits) || count >= limit)
        return err_set(err, ERR_FORMAT, "netlist of Yosys: a list of bits was expected");
    nets = malloc((count + 1) * sizeof *nets);
    if (nets == NULL) return err_nomem(err, "a netlist");
    for (size_t i = 0; i < count; i++) {
        json_t *bit = json_array_get(bits, i);
        const char *text = json_string_value(bit);
        json_int_t number = json_integer_value(bit);

        if (text != NULL && strcmp(text, "0") == 0) {
            nets[i] = PROVE_NET_ZERO;
        } else if (text != NULL && strcmp(text, "1") == 0) {
            nets[i] = PROVE_NET_ONE;
        } else if (text != NULL && (strcmp(text, "x") == 0 || strcmp(text, "z") == 0)) {
            nets[i] = PROVE_NET_UNKNOWN;
        } else if (json_is_integer(bit) && number > PROVE_NET_ONE && number < limit) {
            nets[i] = (uint32_t)number;
        } else {
            free(nets);
            return err_set(err, ERR_FORMAT, "netlist of Yosys: a bit that is none");
        }
    }
    *out = nets;
    *width = (uint32_t)count;
    return ERR_OK;
}

static enum err_status add_wire(struct prove_netlist *netlist, const char *name, json_t *bits,
                                const char *direction, struct err *err)
{
    struct prove_wire *wire = &netlist->wires[netlist->num_wires];
    enum err_status status =
        prove_netlist_bits(bits, netlist->num_nets, &wire->nets, &wire->width, err);

    if (status != ERR_OK) return status;
    netlist->num_wires++;
    wire->name = strdup(name);
    if (wire->name == NULL) return err_nomem(err, "a netlist");
    wire->input = direction != NULL && strcmp(direction, "input") == 0;
    wire->output = direction != NULL && strcmp(direction, "output") == 0;
    if (direction != NULL && !wire->input && !wire->output)
        return err_set(err, ERR_FORMAT, "netlist of Yosys: port %s is neither input nor output",
                       name);
    for (uint32_t i = 0; i < wire->width; i++) {
        uint32_t net = wire->nets[i];

        if (net <= PROVE_NET_ONE || net == PROVE_NET_UNKNOWN) continue;
        if (wire->input) netlist->driver[net] = PROVE_INPUT_PORT;
        if (netlist->net_wire[net] != UINT32_MAX) continue;
        netlist->net_wire[net] = netlist->num_wires - 1;
        netlist->net_position[net] = i;
    }
    return ERR_OK;
}

static enum err_status add_wires(struct prove_netlist *netlist, json_t *module, struct err *err)
{
    json_t *ports = json_object_get(module, "ports"), *names = json_object_get(module, "netnames");
    enum err_status status = ERR_OK;
    const char *name;
    json_t *item;

    if (!json_is_object(ports) || !json_is_object(names))
        return err_set(err, ERR_FORMAT, "netlist of Yosys: no ports or no netnames");
    netlist->wires =
        calloc(json_object_size(ports) + json_object_size(names) + 1, sizeof *netlist->wires);
    if (netlist->wires == NULL) return err_nomem(err, "a netlist");
    json_object_foreach(ports, name, item)
    {
        const char *direction = json_string_value(json_object_get(item, "direction"));

        if (status == ERR_OK)
            status = add_wire(netlist, name, json_object_get(item, "bits"),
                              direction != NULL ? direction : "", err);
    }
    netlist->num_ports = netlist->num_wires;
    json_object_foreach(names, name, item)
    {
        if (status == ERR_OK)
            status = add_wire(netlist, name, json_object_get(item, "bits"), NULL, err);
    }
    return status;
}

/* ---- all of it ---- */

/* Yosys numbers nets from 2 without gaps, and each is on some wire: none is above the number of bits that
 * the wires list. */
static size_t count_bits(json_t *module)
{
    const char *name;
    json_t *item;
    size_t count = 2;

    json_object_foreach(json_object_get(module, "netnames"), name, item) count +=
        json_array_size(json_object_get(item, "bits"));
    return count;
}

static enum err_status add_cells(struct prove_netlist *netlist, json_t *module, struct err *err)
{
    json_t *cells = json_object_get(module, "cells");
    enum err_status status = ERR_OK;
    const char *name;
    json_t *item;

    if (!json_is_object(cells)) return err_set(err, ERR_FORMAT, "netlist of Yosys: no cells");
    netlist->origins = calloc(json_object_size(cells) + 1, sizeof *netlist->origins);
    if (netlist->origins == NULL) return err_nomem(err, "a netlist");
    json_object_foreach(cells, name, item)
    {
        if (status != ERR_OK) break;
        netlist->origins[netlist->num_origins] = strdup(name);
        if (netlist->origins[netlist->num_origins++] == NULL) return err_nomem(err, "a netlist");
        status = prove_cells_add(netlist, item, err);
    }
    return status;
}

static enum err_status set_drivers(struct prove_netlist *netlist, struct err *err)
{
    for (uint32_t i = 0; i < netlist->num_cells; i++) {
        const struct prove_cell *cell = &netlist->cells[i];
        char name[200];

        if (cell->out > PROVE_NET_ONE && cell->out < netlist->num_nets &&
            netlist->driver[cell->out] == PROVE_NO_DRIVER) {
            netlist->driver[cell->out] = i;
            continue;
        }
        prove_netlist_net_name(netlist, cell->out, name, sizeof name);
        return err_set(err, ERR_DIFF, "%s is driven twice, the second time by %s", name,
                       netlist->origins[cell->origin]);
    }
    return ERR_OK;
}

static enum err_status parse_module(struct prove_netlist *netlist, json_t *module, struct err *err)
{
    enum err_status status;

    netlist->driver = malloc(netlist->num_nets * sizeof *netlist->driver);
    netlist->net_wire = malloc(netlist->num_nets * sizeof *netlist->net_wire);
    netlist->net_position = calloc(netlist->num_nets, sizeof *netlist->net_position);
    if (netlist->driver == NULL || netlist->net_wire == NULL || netlist->net_position == NULL)
        return err_nomem(err, "a netlist");
    for (uint32_t i = 0; i < netlist->num_nets; i++)
        netlist->driver[i] = netlist->net_wire[i] = UINT32_MAX;
    status = add_wires(netlist, module, err);
    if (status == ERR_OK) status = add_cells(netlist, module, err);
    if (status == ERR_OK) status = prove_cells_finish(netlist, err);
    if (status == ERR_OK) status = set_drivers(netlist, err);
    return status;
}

enum err_status prove_netlist_parse(struct prove_netlist **out, const char *text, size_t size,
                                    const char *top, struct err *err)
{
    json_error_t where;
    json_t *root = NULL, *module;
    struct prove_netlist *netlist = NULL;
    enum err_status status = json_parse(&root, text, size, 0, &where, err);

    if (status == ERR_FORMAT)
        return err_set(err, ERR_TOOL, "yosys netlist, line %d: %s", where.line, where.text);
    if (status != ERR_OK) return status;
    module = json_object_get(json_object_get(root, "modules"), top);
    netlist = calloc(1, sizeof *netlist);
    if (netlist == NULL) {
        status = err_nomem(err, "a netlist");
    } else if (!json_is_object(module) || count_bits(module) >= UINT32_MAX / 4) {
        status = err_set(err, ERR_FORMAT, "netlist of Yosys: no module %s in it", top);
    } else {
        netlist->num_nets = netlist->text_nets = (uint32_t)count_bits(module);
        status = parse_module(netlist, module, err);
    }
    json_decref(root);
    if (status == ERR_OK)
        *out = netlist;
    else
        prove_netlist_free(netlist);
    return status;
}
