/* scripts/: how to synthesise the folder by hand, one Yosys script for each target. */
#include "vlog.h"

#include <stdio.h>
#include <string.h>

/* The counts come out by part because parts keep their hierarchy. On LUT6 targets the tables are read
 * as $lut cells; `abc -lut 6` in place of the Xilinx script's own call counts every LUT as one, where
 * that call prefers small ones, and leaves MUXF7 and MUXF8 alone. LUT4 targets get tables as logic. */
static const struct {
    const char *target, *read, *synth;
} TARGETS[] = {
    {"generic", "-icells", "synth -flatten -lut 6 -top %s\n"},
    {"xc7", "-icells",
     "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -nowidelut -top %s -run begin:map_luts\n"
     "abc -lut 6\nclean\nxilinx_srl -fixed -minlen 3\n"
     "techmap -map +/xilinx/lut_map.v -map +/xilinx/cells_map.v -D LUT_WIDTH=6\n"
     "xilinx_dffopt\nopt_lut_ins -tech xilinx\nclean\n"},
    {"xcup", "-icells",
     "synth_xilinx -family xcup -flatten -noiopad -noclkbuf -nowidelut -top %s -run "
     "begin:map_luts\n"
     "abc -lut 6\nclean\nxilinx_srl -fixed -minlen 3\n"
     "techmap -map +/xilinx/lut_map.v -map +/xilinx/cells_map.v -D LUT_WIDTH=6\n"
     "xilinx_dffopt\nopt_lut_ins -tech xilinx\nclean\n"},
    {"ecp5", "-D LUT_NODE_PLAIN", "synth_ecp5 -noflatten -nowidelut -top %s\n"},
    {"ice40", "-D LUT_NODE_PLAIN", "synth_ice40 -noflatten -top %s\n"},
};

static void write_script(struct vlog *v, size_t i)
{
    char path[VLOG_MODULE_SIZE + 16];

    v->text.size = 0;
    snprintf(v->module, sizeof v->module, "synth_%s", TARGETS[i].target);
    vlog_add(v, "# %s for %s, build %s. In the emitted folder: yosys -s scripts/%s.ys\n",
             v->manifest->top_module, TARGETS[i].target, v->manifest->build_id, v->module);
    for (const char *line = v->files.data; line != NULL && *line != '\0';) {
        size_t size = strcspn(line, "\n");

        vlog_add(v, "read_verilog %s rtl/%.*s\n", TARGETS[i].read, (int)size, line);
        line += size + (line[size] == '\n');
    }
    vlog_add(v, "hierarchy -check -top %s\n", v->manifest->top_module);
    vlog_add(v, TARGETS[i].synth, v->manifest->top_module);
    vlog_add(v, "stat\n");
    if (v->status == ERR_OK) v->status = text_status(&v->text, "a script", v->err);
    snprintf(path, sizeof path, "scripts/%s.ys", v->module);
    if (v->status == ERR_OK) vlog_file(v, path, v->text.data, v->text.size, "script");
}

void vlog_scripts(struct vlog *v)
{
    for (size_t i = 0; i < sizeof TARGETS / sizeof TARGETS[0]; i++)
        write_script(v, i);
}
