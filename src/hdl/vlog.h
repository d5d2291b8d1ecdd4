/* What the files of the emitter share: the folder being written, the module being written, and the
 * pieces of Verilog text that recur. Internal to this room; vlog_emit.h is the way in.
 *
 * Errors are sticky: the first failure is kept in `status`, after it nothing is written any more. */
#ifndef DIFFLUT_HDL_VLOG_H
#define DIFFLUT_HDL_VLOG_H

#include "base/text.h"
#include "hdl/manifest.h"
#include "hdl/vlog_emit.h"
#include "netlist/netlist.h"

enum { VLOG_MODULE_SIZE = 128, VLOG_SLICE_SIZE = 48 };

/* LUTs [first, last), which become one module: a layer, or one stage of a layer with registers inside. */
struct vlog_slice {
    uint32_t layer, stage, stages; /* stage of so many */
    uint32_t first, last;
    uint32_t registers; /* in a row, behind the LUTs */
};

/* A bus between two parts: bit i carries signal signals[i]. */
struct vlog_bus {
    uint32_t *signals;
    uint32_t count;
};

struct vlog {
    const struct netlist *net; /* without dead LUTs, in the order of the slices */
    const struct vlog_options *options;
    const char *folder; /* being filled */
    struct manifest *manifest;
    struct text text;              /* the module being written */
    char module[VLOG_MODULE_SIZE]; /* its name */
    struct text files;             /* lines of rtl/files.f */
    struct vlog_slice *slices;     /* [num_slices] of the layers, in order */
    uint32_t num_slices;
    uint8_t *read;      /* [signals] 1 when a LUT or a class sum reads the signal */
    uint32_t *last_use; /* [signals] slice of the last reader; num_slices: a class sum */
    uint32_t *position; /* [signals] bit on the bus at hand; set by vlog_use_bus() */
    enum err_status status;
    struct err *err;
};

/* --- files --- */

/* Writes one file of the folder and lists it in the manifest; a path comes once only. */
void vlog_file(struct vlog *v, const char *path, const char *data, size_t size, const char *kind);
/* Copies the named template into rtl/ once. */
void vlog_template(struct vlog *v, const char *name);

/* Starts rtl/<name>_<suffix>.v with the header every emitted file has. `ports` explains the ports. */
void vlog_begin(struct vlog *v, const char *suffix, const char *what, const char *ports);
/* A number of register stages for such a header: "no registers", "1 register stage". */
const char *vlog_stages(char text[32], uint32_t count);
/* "endmodule" and out with it. */
void vlog_end(struct vlog *v);

/* --- pieces of text --- */

void vlog_add(struct vlog *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One item of a list, with a comma unless it is the last; starts a new line where it would not fit. */
void vlog_item(struct vlog *v, const char *item, bool last, int indent);

/* An expression of the given bits of `bus`, bits[0] lowest: "bus[7:4]" for a run, otherwise a
 * concatenation that lists the last bit first, wrapped with `indent` blanks. */
void vlog_pick(struct vlog *v, const char *bus, const uint32_t *bits, uint32_t count, int indent);

/* "assign to[..] = from[..];" lines: bit to_bits[i] takes from bit i; runs become slices. */
void vlog_spread(struct vlog *v, const char *to, const uint32_t *to_bits, const char *from,
                 uint32_t count);

/* The first line of a LUT instance: "lut_node #(.K(4), .TABLE(16'h8ce1)) u_<name> (". */
void vlog_lut(struct vlog *v, unsigned inputs, uint64_t table, const char *name);

/* Gathers the bits i of `bus` with used[i] == 0 in a wire unused_ok that is always 0; nothing when there
 * are none. */
void vlog_unused(struct vlog *v, const char *bus, const uint8_t *used, uint32_t count);

/* Registers `from` into `to` by `depth` stages, or assigns it. */
void vlog_stage(struct vlog *v, uint32_t width, uint32_t depth, const char *from, const char *to);
/* The same beside other registers, under a name of its own. */
void vlog_delay(struct vlog *v, uint32_t width, uint32_t depth, const char *from, const char *to);

/* All registers of a part. */
uint32_t vlog_part_stages(const struct vlog *v, uint32_t part);

/* --- plan --- */

/* position[] of the signals on this bus. */
void vlog_use_bus(struct vlog *v, const struct vlog_bus *bus);

/* Cuts the layers into slices and puts the LUTs of `net` in their order. */
enum err_status vlog_slices(struct netlist *net, struct vlog_slice **out, uint32_t *count,
                            struct err *err);
/* "layer0", "layer0_stage1". */
void vlog_slice_name(const struct vlog_slice *slice, char name[VLOG_SLICE_SIZE]);

/* --- of the tops, with one copy of each part or three --- */

/* Cycles from encoder bits to class; bits of all scores; the clock of an instance with registers. */
uint32_t vlog_core_latency(const struct vlog *v);
uint32_t vlog_scores_width(const struct vlog *v);
const char *vlog_clock(uint32_t stages);
/* The ports of a top whose input `input` has `width` bits, with the end of the list. */
void vlog_top_ports(struct vlog *v, const char *input, uint32_t width);

/* --- parts, each in its own file --- */

void vlog_encoder(struct vlog *v);
/* Writes the module of a slice and turns `bus` (what enters it) into what leaves it. */
void vlog_layer(struct vlog *v, uint32_t slice, struct vlog_bus *bus);
void vlog_group_sum(struct vlog *v, const struct vlog_bus *bus);
void vlog_argmax(struct vlog *v);
/* widths[i] is the bus before slice i, widths[num_slices] the one into the class sums; 0: no bus. */
void vlog_core(struct vlog *v, const uint32_t *widths);
void vlog_full(struct vlog *v);
/* Both tops with three copies of every part, and <name>_tmr that they share, instead of the two above. */
void vlog_tmr(struct vlog *v, const uint32_t *widths);
/* <name>_stream and its templates; manifest->stream says how. */
void vlog_stream(struct vlog *v);
/* The board's top, its templates and its pins. */
void vlog_board(struct vlog *v);
/* Whether there is a script for a target of that name. */
bool vlog_target_known(const char *target);
unsigned vlog_target_lut_inputs(const char *target);
/* scripts/: Yosys, one for each target; after all modules. */
void vlog_scripts(struct vlog *v, const uint32_t *widths);
/* constraints/clock.*, scripts/vivado.tcl and quartus.tcl, <name>.core; after all modules. */
void vlog_projects(struct vlog *v);

#endif
