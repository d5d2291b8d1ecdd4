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

enum { VLOG_MODULE_SIZE = 128 };

/* A bus between two parts: bit i carries signal signals[i]. */
struct vlog_bus {
    uint32_t *signals;
    uint32_t count;
};

struct vlog {
    const struct netlist *net; /* without dead LUTs */
    const struct vlog_options *options;
    const char *folder; /* being filled */
    struct manifest *manifest;
    struct text text;              /* the module being written */
    char module[VLOG_MODULE_SIZE]; /* its name */
    struct text files;             /* lines of rtl/files.f */
    uint32_t *layer_start;         /* [num_layers + 1] slices of the LUTs */
    uint8_t *read;                 /* [signals] 1 when a LUT or a class sum reads the signal */
    uint32_t *last_use;            /* [signals] layer of the last reader; num_layers: a class sum */
    uint32_t *position;            /* [signals] bit on the bus at hand; set by vlog_use_bus() */
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
const char *vlog_stages(char text[32], unsigned depth);
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
void vlog_stage(struct vlog *v, uint32_t width, unsigned depth, const char *from, const char *to);

/* --- plan --- */

/* position[] of the signals on this bus. */
void vlog_use_bus(struct vlog *v, const struct vlog_bus *bus);

/* --- parts, each in its own file --- */

void vlog_encoder(struct vlog *v);
/* Writes the module of layer l and turns `bus` (what enters it) into what leaves it. */
void vlog_layer(struct vlog *v, uint32_t layer, struct vlog_bus *bus);
void vlog_group_sum(struct vlog *v, const struct vlog_bus *bus);
void vlog_argmax(struct vlog *v);
/* widths[l] is the bus before layer l, widths[num_layers] the one into the class sums; 0: no bus. */
void vlog_core(struct vlog *v, const uint32_t *widths);
void vlog_full(struct vlog *v);
/* <name>_stream and its templates; manifest->stream says how. */
void vlog_stream(struct vlog *v);
/* Whether there is a script for a target of that name. */
bool vlog_target_known(const char *target);
unsigned vlog_target_lut_inputs(const char *target);
/* scripts/: Yosys, one for each target; after all modules. */
void vlog_scripts(struct vlog *v, const uint32_t *widths);

#endif
