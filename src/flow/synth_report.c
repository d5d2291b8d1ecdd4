#include "synth_report.h"

#include "base/json.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum cell_kind { CELL_LUT, CELL_FF, CELL_CARRY, CELL_MUX, CELL_FREE, CELL_UNMAPPED };

/* A name ending in '*' stands for everything that begins so. FREE are constant drivers, and the
 * notes that a newer Yosys leaves where it flattened. */
static const struct cell_rule {
    const char *targets, *cell;
    enum cell_kind kind;
} RULES[] = {
    {"generic", "$lut", CELL_LUT},
    {"generic", "$_DFF*", CELL_FF},
    {"generic", "$_SDFF*", CELL_FF},
    {"xc7 xcup", "LUT1", CELL_LUT},
    {"xc7 xcup", "LUT2", CELL_LUT},
    {"xc7 xcup", "LUT3", CELL_LUT},
    {"xc7 xcup", "LUT4", CELL_LUT},
    {"xc7 xcup", "LUT5", CELL_LUT},
    {"xc7 xcup", "LUT6", CELL_LUT},
    {"xc7 xcup", "LUT6_2", CELL_LUT},
    {"xc7 xcup", "INV", CELL_LUT},
    {"xc7 xcup", "SRL16E", CELL_LUT},
    {"xc7 xcup", "SRLC32E", CELL_LUT},
    {"xc7 xcup", "FDRE", CELL_FF},
    {"xc7 xcup", "FDSE", CELL_FF},
    {"xc7 xcup", "FDCE", CELL_FF},
    {"xc7 xcup", "FDPE", CELL_FF},
    {"xc7 xcup", "CARRY4", CELL_CARRY},
    {"xcup", "CARRY8", CELL_CARRY},
    {"xc7 xcup", "MUXF7", CELL_MUX},
    {"xc7 xcup", "MUXF8", CELL_MUX},
    {"xcup", "MUXF9", CELL_MUX},
    {"xc7 xcup", "GND", CELL_FREE},
    {"xc7 xcup", "VCC", CELL_FREE},
    {"ecp5", "LUT4", CELL_LUT},
    {"ecp5", "TRELLIS_FF", CELL_FF},
    {"ecp5", "CCU2C", CELL_CARRY},
    {"ecp5", "PFUMX", CELL_MUX},
    {"ecp5", "L6MUX21", CELL_MUX},
    {"ice40", "SB_LUT4", CELL_LUT},
    {"ice40", "SB_DFF*", CELL_FF},
    {"ice40", "SB_CARRY", CELL_CARRY},
    {"generic xc7 xcup ecp5 ice40", "$scopeinfo", CELL_FREE},
};

static bool lists(const char *targets, const char *target)
{
    size_t size = strlen(target);

    for (const char *at = targets; (at = strstr(at, target)) != NULL; at += size) {
        if ((at == targets || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0')) return true;
    }
    return false;
}

bool synth_report_target_known(const char *target)
{
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        if (target[0] != '\0' && lists(RULES[i].targets, target)) return true;
    }
    return false;
}

static enum cell_kind kind_of(const char *target, const char *cell)
{
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        size_t size = strlen(RULES[i].cell);
        bool open = RULES[i].cell[size - 1] == '*';

        if (!lists(RULES[i].targets, target)) continue;
        if (open ? strncmp(cell, RULES[i].cell, size - 1) == 0 : strcmp(cell, RULES[i].cell) == 0)
            return RULES[i].kind;
    }
    return CELL_UNMAPPED;
}

/* --- walking the hierarchy --- */

struct walk {
    json_t *modules;
    const char *name, *target;
    struct synth_result *result;
    size_t
        steps_left; /* a hostile report must not keep us walking: 32 levels of two are 2^32 visits */
};

/* "_layer0" or "_layer0_stage1", but not a part within: that counts where it is. */
static bool is_layer(const char *rest)
{
    static const char DIGITS[] = "0123456789";

    if (strncmp(rest, "_layer", 6) != 0 || !isdigit((unsigned char)rest[6])) return false;
    rest += 6 + strspn(rest + 6, DIGITS);
    if (strncmp(rest, "_stage", 6) == 0 && isdigit((unsigned char)rest[6]))
        rest += 6 + strspn(rest + 6, DIGITS);
    return *rest == '\0';
}

/* The LUT counter of the part that a module is, or `above`. */
static uint64_t *part_of(const struct walk *walk, const char *module, uint64_t *above)
{
    size_t size = strlen(walk->name);
    const char *rest = module + size;

    if (strncmp(module, walk->name, size) != 0) return above;
    if (strcmp(rest, "_encoder") == 0) return &walk->result->luts_encoder;
    if (strcmp(rest, "_group_sum") == 0) return &walk->result->luts_group_sum;
    if (strcmp(rest, "_argmax") == 0) return &walk->result->luts_argmax;
    if (is_layer(rest)) return &walk->result->luts_layers;
    return above;
}

static json_t *find_module(const struct walk *walk, const char *name)
{
    char escaped[256];
    json_t *module = json_object_get(walk->modules, name);

    if (module != NULL) return module;
    snprintf(escaped, sizeof escaped, "\\%s", name);
    return json_object_get(walk->modules, escaped);
}

static void count_cells(struct synth_result *r, const char *cell, enum cell_kind kind,
                        uint64_t count, uint64_t *part)
{
    switch (kind) {
    case CELL_LUT:
        r->luts += count;
        *part += count;
        break;
    case CELL_FF:
        r->ffs += count;
        break;
    case CELL_CARRY:
        r->carries += count;
        break;
    case CELL_MUX:
        r->muxes += count;
        break;
    case CELL_FREE:
        break;
    case CELL_UNMAPPED:
        if (r->unmapped_cells == 0)
            snprintf(r->unmapped_example, sizeof r->unmapped_example, "%s", cell);
        r->unmapped_cells += count;
        break;
    }
}

enum { MAX_DEPTH = 32, MAX_STEPS = 1 << 20 };
static const uint64_t MAX_CELLS = UINT64_C(1) << 40;

static enum err_status walk_module(struct walk *walk, const char *name, uint64_t times,
                                   uint64_t *part, int depth, struct err *err)
{
    json_t *module = find_module(walk, name), *cells, *count;
    enum err_status status = ERR_OK;
    const char *cell;

    cells = json_object_get(module, "num_cells_by_type");
    if (!json_is_object(cells))
        return err_set(err, ERR_TOOL, "yosys report: module %s has no cell counts", name);
    if (depth > MAX_DEPTH || walk->steps_left == 0)
        return err_set(err, ERR_TOOL, "yosys report: module %s is nested too deep", name);
    walk->steps_left--;
    part = part_of(walk, name, part);
    json_object_foreach(cells, cell, count)
    {
        json_int_t number = json_integer_value(count);
        const char *plain = cell[0] == '\\' ? cell + 1 : cell;

        if (!json_is_integer(count) || number < 0 || (uint64_t)number > MAX_CELLS / times)
            return err_set(err, ERR_TOOL, "yosys report: %s: %s: not a count of cells", name, cell);
        if (number == 0) continue;
        if (find_module(walk, plain) != NULL)
            status = walk_module(walk, plain, times * (uint64_t)number, part, depth + 1, err);
        else
            count_cells(walk->result, plain, kind_of(walk->target, plain), times * (uint64_t)number,
                        part);
        if (status != ERR_OK) return status;
    }
    return ERR_OK;
}

enum err_status synth_report_read(const char *text, size_t size, const char *name,
                                  const char *top_module, const char *target,
                                  struct synth_result *result, struct err *err)
{
    json_error_t problem;
    json_t *report = NULL;
    struct walk walk = {.name = name, .target = target, .result = result, .steps_left = MAX_STEPS};
    enum err_status status = json_parse(&report, text, size, JSON_REJECT_DUPLICATES, &problem, err);

    if (status == ERR_FORMAT)
        return err_set(err, ERR_TOOL, "yosys report, line %d: %s", problem.line, problem.text);
    if (status != ERR_OK) return status;
    walk.modules = json_object_get(report, "modules");
    if (!json_is_object(walk.modules))
        status = err_set(err, ERR_TOOL, "yosys report: has no modules");
    else
        status = walk_module(&walk, top_module, 1, &result->luts_other, 0, err);
    json_decref(report);
    return status;
}

json_t *synth_report_json(const struct synth_result *r)
{
    json_t *json = json_pack(
        "{s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:I, s:f, s:s}", "luts",
        (json_int_t)r->luts, "ffs", (json_int_t)r->ffs, "carries", (json_int_t)r->carries, "muxes",
        (json_int_t)r->muxes, "luts_by_part", "encoder", (json_int_t)r->luts_encoder, "layers",
        (json_int_t)r->luts_layers, "group_sum", (json_int_t)r->luts_group_sum, "argmax",
        (json_int_t)r->luts_argmax, "other", (json_int_t)r->luts_other, "unmapped_cells",
        (json_int_t)r->unmapped_cells, "seconds", r->seconds, "tool_version", r->tool_version);
    json_t *physical =
        json_pack("{s:I, s:I, s:I, s:I, s:I}", "encoder", (json_int_t)r->physical_encoder, "layers",
                  (json_int_t)r->physical_layers, "group_sum", (json_int_t)r->physical_group_sum,
                  "argmax", (json_int_t)r->physical_argmax, "other", (json_int_t)r->physical_other);

    json_put(&json, "physical_luts", json_integer((json_int_t)r->physical_luts));
    json_put(&json, "physical_luts_by_part", physical);
    return json;
}

void synth_report_physical(struct synth_result *r, const struct synth_result *packed)
{
    r->physical_luts = packed->luts;
    r->physical_encoder = packed->luts_encoder;
    r->physical_layers = packed->luts_layers;
    r->physical_group_sum = packed->luts_group_sum;
    r->physical_argmax = packed->luts_argmax;
    r->physical_other = packed->luts_other;
}
