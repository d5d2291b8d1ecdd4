#include "base/json.h"
#include "flow/pnr.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

/* Digits after `word`, where that is followed by some. */
static bool number_after(const char *text, const char *word, unsigned *number)
{
    size_t size = strlen(word);

    for (const char *at = text; (at = strstr(at, word)) != NULL; at += size) {
        char *end;
        unsigned long value;

        if (at[size] < '0' || at[size] > '9') continue;
        value = strtoul(at + size, &end, 10);
        *number = (unsigned)(value > 99999999 ? 99999999 : value);
        return true;
    }
    return false;
}

/* What a stream or board top has around the model; cells bear names of nets, and so of ports. */
static const char *part_around(const char *cell)
{
    static const char *const PARTS[][2] = {{"u_board.", "serial line"},
                                           {"u_in.", "stream in"},
                                           {"s_axis_t", "stream in"},
                                           {"u_out.", "stream out"},
                                           {"m_axis_t", "stream out"}};

    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        if (strstr(cell, PARTS[i][0]) != NULL) return PARTS[i][1];
    }
    return "";
}

void pnr_report_part(const char *cell, char part[64])
{
    unsigned layer, number;

    snprintf(part, 64, "%s", part_around(cell));
    if (number_after(cell, "u_layer", &layer)) {
        if (number_after(cell, "lut", &number))
            snprintf(part, 64, "layer %u, LUT %u", layer, number);
        else
            snprintf(part, 64, "layer %u", layer);
    } else if (strstr(cell, "u_group_sum") != NULL) {
        if (number_after(cell, "class", &number))
            snprintf(part, 64, "sum of class %u", number);
        else
            snprintf(part, 64, "class sums");
    } else if (strstr(cell, "u_argmax") != NULL) {
        snprintf(part, 64, "argmax");
    } else if (strstr(cell, "u_encoder") != NULL) {
        snprintf(part, 64, "encoder");
    }
}

/* ---- the report ---- */

static bool read_delay(const json_t *value, double *delay)
{
    *delay = json_number_value(value);
    return json_is_number(value) && isfinite(*delay) && fabs(*delay) < 1e9;
}

static enum err_status read_use(const json_t *utilization, const char *const *names, uint64_t *used,
                                uint64_t *available)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        const json_t *row = json_object_get(utilization, names[i]);
        json_int_t have = json_integer_value(json_object_get(row, "available"));
        json_int_t take = json_integer_value(json_object_get(row, "used"));

        if (row == NULL) continue;
        if (have < 0 || take < 0 || !json_is_integer(json_object_get(row, "used"))) return ERR_TOOL;
        *used = (uint64_t)take;
        *available = (uint64_t)have;
        return ERR_OK;
    }
    return ERR_TOOL;
}

/* The slowest clock. */
static bool read_fmax(json_t *clocks, double *fmax)
{
    const char *name;
    json_t *clock;

    *fmax = 0.0;
    if (!json_is_object(clocks)) return false;
    json_object_foreach(clocks, name, clock)
    {
        double achieved;

        if (!read_delay(json_object_get(clock, "achieved"), &achieved) || achieved <= 0.0)
            return false;
        if (*fmax <= 0.0 || achieved < *fmax) *fmax = achieved;
    }
    return true;
}

static bool read_step(const json_t *from, struct pnr_step *step)
{
    const char *cell = json_string_value(json_object_get(json_object_get(from, "from"), "cell"));
    const char *type = json_string_value(json_object_get(from, "type"));

    if (cell == NULL || type == NULL) return false;
    snprintf(step->cell, sizeof step->cell, "%.150s", cell);
    snprintf(step->type, sizeof step->type, "%.15s", type);
    pnr_report_part(cell, step->part);
    return read_delay(json_object_get(from, "delay"), &step->delay_ns);
}

static bool from_register(const json_t *path)
{
    const char *from = json_string_value(json_object_get(path, "from"));
    const char *to = json_string_value(json_object_get(path, "to"));

    return from != NULL && to != NULL && strncmp(from, "<async>", 7) != 0 &&
           strncmp(to, "<async>", 7) != 0;
}

/* Of the paths between registers the one with the greatest delay. */
static bool read_path(json_t *paths, struct pnr_result *result)
{
    size_t p, s;
    json_t *path, *step;

    if (paths != NULL && !json_is_array(paths)) return false;
    json_array_foreach(paths, p, path)
    {
        json_t *steps = json_object_get(path, "path");
        struct pnr_step read[PNR_MAX_STEPS];
        double total = 0.0;
        size_t count = 0;

        if (!json_is_array(steps)) return false;
        memset(read, 0, sizeof read);
        json_array_foreach(steps, s, step)
        {
            struct pnr_step one = {.part = ""};

            if (!read_step(step, &one)) return false;
            total += one.delay_ns;
            if (count < PNR_MAX_STEPS) read[count++] = one;
        }
        if (!from_register(path) || total <= result->path_ns) continue;
        result->path_ns = total;
        result->num_steps = count;
        memcpy(result->step, read, sizeof read);
    }
    return true;
}

enum err_status pnr_report_read(const char *text, size_t size, struct pnr_result *result,
                                struct err *err)
{
    static const char *const CELLS[] = {"ICESTORM_LC", "TRELLIS_COMB", "TRELLIS_SLICE", NULL};
    static const char *const PINS[] = {"SB_IO", "TRELLIS_IO", NULL};
    json_error_t problem;
    json_t *report = NULL, *utilization;
    const char *wrong = NULL;
    enum err_status status = json_parse(&report, text, size, JSON_REJECT_DUPLICATES, &problem, err);

    if (status == ERR_FORMAT)
        return err_set(err, ERR_TOOL, "nextpnr report, line %d: %.150s", problem.line,
                       problem.text);
    if (status != ERR_OK) return status;
    utilization = json_object_get(report, "utilization");
    if (read_use(utilization, CELLS, &result->cells, &result->cells_available) != ERR_OK ||
        read_use(utilization, PINS, &result->pins, &result->pins_available) != ERR_OK)
        wrong = "utilization";
    if (!read_fmax(json_object_get(report, "fmax"), &result->fmax_mhz)) wrong = "fmax";
    if (!read_path(json_object_get(report, "critical_paths"), result)) wrong = "critical_paths";
    json_decref(report);
    if (wrong != NULL) return err_set(err, ERR_TOOL, "nextpnr report: %s cannot be read", wrong);
    return ERR_OK;
}

static json_t *steps_json(const struct pnr_result *r)
{
    json_t *steps = json_array();

    for (size_t i = 0; i < r->num_steps; i++) {
        const struct pnr_step *s = &r->step[i];

        json_push(&steps, json_pack("{s:s, s:s, s:s, s:f}", "part", s->part, "cell", s->cell,
                                    "type", s->type, "delay_ns", s->delay_ns));
    }
    return steps;
}

json_t *pnr_json(const struct pnr_result *r)
{
    json_t *json =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:f, s:o, s:s, s:s, s:f, s:s}", "device",
                  r->device, "package", r->package, "cells", (json_int_t)r->cells,
                  "cells_available", (json_int_t)r->cells_available, "pins", (json_int_t)r->pins,
                  "pins_available", (json_int_t)r->pins_available, "critical_path_ns", r->path_ns,
                  "critical_path", steps_json(r), "bitstream", r->bitstream, "note", r->note,
                  "seconds", r->seconds, "tool_version", r->tool_version);
    json_t *fmax = r->fmax_mhz > 0.0 ? json_real(r->fmax_mhz) : json_null();

    json_put(&json, "fmax_mhz", fmax);
    return json;
}
