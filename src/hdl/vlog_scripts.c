/* scripts/: how to synthesise the folder with Yosys, one script for each target. */
#include "vlog.h"

#include "template.h"
#include "vlog_stream.h"

#include <stdio.h>
#include <string.h>

/* The general scripts of Yosys take minutes for thousands of tables, because they turn each into 63
 * gates first. These keep lut_node as a black box until everything else is mapped: a table stays one
 * LUT, and only the comparisons of the encoder are left to ABC. For LUTs of four inputs ABC gets the
 * tables of class sums and argmax; those of the encoder (comparators.h) and the layers
 * (netlist_decompose) were made for them. What is left of five or six inputs on ecp5 is two or four LUTs and the
 * multiplexers between them. Parts keep their hierarchy, so `stat` counts them one by one. */
static const char BEGIN[] = "proc\n"
                            "flatten\n"
                            "opt_expr\n"
                            "opt_clean\n"
                            "techmap -map scripts/compare_map.v\n"
                            "techmap\n"
                            "opt -fast\n";

#define TABLES "read_verilog -overwrite -icells rtl/lut_node.v\nhierarchy\nflatten\n"
#define XILINX                                                                                     \
    "abc -lut 6\n"                                                                                 \
    "opt_clean\n"                                                                                  \
    "dfflegalize -cell $_DFFE_?P?P_ 01 -cell $_SDFFE_?P?P_ 01\n"                                   \
    "techmap -map +/xilinx/ff_map.v -map +/xilinx/lut_map.v -D LUT_WIDTH=6\n"                      \
    "read_verilog -lib +/xilinx/cells_sim.v\n"                                                     \
    "read_verilog -overwrite scripts/lut_node_xilinx.v\n"                                          \
    "hierarchy -check\n"                                                                           \
    "flatten\n"                                                                                    \
    "opt_lut_ins -tech xilinx\n"                                                                   \
    "opt_clean\n"

/* ABC on 4-input LUTs. Of `abc -lut 4:7`, which also fills wide multiplexers, mnist_large took 19,877
 * LUTs on ecp5 instead of 17,779, since it counts a LUT of 7 inputs like one of 4. The steps of
 * synth_ecp5 and synth_ice40 know where their Yosys keeps its maps. */
#define ECP5                                                                                       \
    "read_verilog -lib -specify +/ecp5/cells_sim.v +/ecp5/cells_bb.v\n"                            \
    "synth_ecp5 -run map_ffs:map_luts\n"                                                           \
    "abc -lut 4\n"                                                                                 \
    "opt_clean\n"                                                                                  \
    "read_verilog -overwrite scripts/lut_node_ecp5.v\n"                                            \
    "hierarchy -check\n"                                                                           \
    "flatten\n"                                                                                    \
    "synth_ecp5 -run map_cells:check\n"

/* Emitted for ice40, a table has at most four inputs and stays one LUT; wider ones go to ABC. */
#define ICE40                                                                                      \
    "read_verilog -D ICE40_HX -lib -specify +/ice40/cells_sim.v\n"                                 \
    "synth_ice40 -run map_ffs:map_luts\n" TABLES "simplemap t:$lut r:WIDTH>4 %i\n"                 \
    "abc -lut 4\n"                                                                                 \
    "synth_ice40 -run map_cells:check\n"

static const struct {
    const char *target;
    bool small; /* LUTs of four inputs */
    const char *map;
} TARGETS[] = {
    {"generic", false, "abc -lut 6\nopt_clean\n" TABLES "opt_clean\n"},
    {"xc7", false, XILINX},
    {"xcup", false, XILINX},
    {"ecp5", true, ECP5},
    {"ice40", true, ICE40},
};
enum { NUM_TARGETS = sizeof TARGETS / sizeof TARGETS[0] };

bool vlog_target_known(const char *target)
{
    for (size_t i = 0; i < NUM_TARGETS; i++) {
        if (strcmp(TARGETS[i].target, target) == 0) return true;
    }
    return false;
}

unsigned vlog_target_lut_inputs(const char *target)
{
    for (size_t i = 0; i < NUM_TARGETS; i++) {
        if (strcmp(TARGETS[i].target, target) == 0 && TARGETS[i].small) return 4;
    }
    return 6;
}

/* "read_verilog" of every file of files.f, lut_node.v only as a black box. */
static void write_reads(struct vlog *v)
{
    for (const char *line = v->files.data; line != NULL && *line != '\0';) {
        size_t size = strcspn(line, "\n");
        bool table = size == strlen("lut_node.v") && memcmp(line, "lut_node.v", size) == 0;

        vlog_add(v, "read_verilog %srtl/%.*s\n", table ? "-lib -icells " : "", (int)size, line);
        line += size + (line[size] == '\n');
    }
}

static void write_script(struct vlog *v, size_t i, const uint32_t *widths)
{
    const char *name = v->net->name, *top = v->manifest->top_module;
    bool full = strcmp(v->options->top, "core") != 0;
    char path[VLOG_MODULE_SIZE + 16];

    v->text.size = 0;
    snprintf(v->module, sizeof v->module, "synth_%s", TARGETS[i].target);
    vlog_add(v, "# %s for %s, build %s. Run in the emitted folder: yosys -s scripts/%s.ys\n", top,
             TARGETS[i].target, v->manifest->build_id, v->module);
    write_reads(v);
    vlog_add(v, "hierarchy -check -top %s\n", top);
    if (full) vlog_add(v, "setattr -mod -set keep_hierarchy 1 %s_encoder\n", name);
    for (uint32_t k = 0; k < v->num_slices; k++) {
        char slice[VLOG_SLICE_SIZE];

        vlog_slice_name(&v->slices[k], slice);
        if (widths[k + 1] > 0)
            vlog_add(v, "setattr -mod -set keep_hierarchy 1 %s_%s\n", name, slice);
    }
    vlog_add(v, "setattr -mod -set keep_hierarchy 1 %s_group_sum %s_argmax\n", name, name);
    if (vlog_has_stream(v->options->top)) vlog_add(v, "proc\nmemory\n");
    text_add(&v->text, "%s", BEGIN);
    if (TARGETS[i].small)
        vlog_add(v,
                 "techmap -map rtl/lut_node.v %s_group_sum %s_argmax\n"
                 "simplemap t:$lut\nopt -fast\n",
                 name, name);
    text_add(&v->text, "%s", TARGETS[i].map);
    vlog_add(v, "stat\n");
    if (v->status == ERR_OK) v->status = text_status(&v->text, "a script", v->err);
    snprintf(path, sizeof path, "scripts/%s.ys", v->module);
    if (v->status == ERR_OK) vlog_file(v, path, v->text.data, v->text.size, "script");
}

void vlog_scripts(struct vlog *v, const uint32_t *widths)
{
    static const char *const MAPS[] = {"compare_map.v", "lut_node_xilinx.v", "lut_node_ecp5.v"};

    for (size_t i = 0; i < sizeof MAPS / sizeof MAPS[0]; i++) {
        const struct embedded *map = template_find(MAPS[i]);
        char path[64];

        snprintf(path, sizeof path, "scripts/%s", MAPS[i]);
        if (v->status == ERR_OK && map == NULL)
            v->status = err_set(v->err, ERR_ARG, "%s is not in this program", MAPS[i]);
        if (v->status == ERR_OK) vlog_file(v, path, map->text, map->size, "script");
    }
    for (size_t i = 0; i < NUM_TARGETS; i++)
        write_script(v, i, widths);
}
