/* What other tools need to build the folder: a clock in both constraint languages, build scripts for
 * Vivado and Quartus, a FuseSoC core file. */
#include "vlog.h"

#include "template.h"

#include <stdio.h>
#include <string.h>

static void write_text(struct vlog *v, const char *path, const char *kind)
{
    if (v->status == ERR_OK) v->status = text_status(&v->text, path, v->err);
    if (v->status == ERR_OK) vlog_file(v, path, v->text.data, v->text.size, kind);
    v->text.size = 0;
}

static void write_clock(struct vlog *v, const char *path)
{
    v->text.size = 0;
    vlog_add(v, "# 100 MHz; set the period that you want.\n"
                "create_clock -name clk -period 10.000 [get_ports clk]\n");
    write_text(v, path, "constraint");
}

/* "set top <module>" and the script, which reads rtl/files.f itself. */
static void write_script(struct vlog *v, const char *name)
{
    const struct embedded *script = template_find(name);
    char path[64];

    snprintf(path, sizeof path, "scripts/%s", name);
    if (v->status == ERR_OK && script == NULL)
        v->status = err_set(v->err, ERR_ARG, "%s is not in this program", name);
    if (v->status != ERR_OK) return;
    v->text.size = 0;
    vlog_add(v, "# %s, build %s\nset top %s\n\n", v->net->name, v->manifest->build_id,
             v->manifest->top_module);
    text_add_bytes(&v->text, script->text, script->size);
    write_text(v, path, "script");
}

static void write_core(struct vlog *v)
{
    const char *name = v->net->name, *top = v->manifest->top_module;
    char path[VLOG_MODULE_SIZE];

    v->text.size = 0;
    vlog_add(v,
             "CAPI=2:\nname: \"difflut:models:%s:%s\"\n"
             "description: \"LUT network %s, build %s\"\nfilesets:\n  rtl:\n"
             "    file_type: verilogSource\n    files:\n",
             name, DIFFLUT_VERSION, name, v->manifest->build_id);
    for (const char *line = v->files.data; line != NULL && *line != '\0';) {
        size_t size = strcspn(line, "\n");

        vlog_add(v, "      - rtl/%.*s\n", (int)size, line);
        line += size + (line[size] == '\n');
    }
    vlog_add(v,
             "targets:\n  default:\n    filesets: [rtl]\n    toplevel: %s\n"
             "  lint:\n    filesets: [rtl]\n    toplevel: %s\n    flow: lint\n"
             "    flow_options:\n      tool: verilator\n      verilator_options: [-Wall]\n",
             top, top);
    snprintf(path, sizeof path, "%s.core", name);
    write_text(v, path, "script");
}

void vlog_projects(struct vlog *v)
{
    write_clock(v, "constraints/clock.xdc");
    write_clock(v, "constraints/clock.sdc");
    write_script(v, "vivado.tcl");
    write_script(v, "quartus.tcl");
    write_core(v);
}
