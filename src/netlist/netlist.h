/* The netlist: the one description of the hardware (DESIGN.md section 7, STYLE.md).
 *
 * The contract, enforced by netlist_check() after every producer:
 *  1. Signals are numbered step bits first (0 .. num_steps-1), then LUTs (num_steps ..); each fan-in
 *     is smaller than its reader's number.
 *  2. Bit a of a table is the output for address a; fan-in k is address bit k. A table with bits
 *     beyond 2^K is an error, never truncated. K = 0 is a constant (table 0 or 1).
 *  3. A step bit is initial XOR (number of toggle codes <= code) odd, on the same integer codes in C
 *     and Verilog; a thermometer bit `code > T` is the single toggle T + 1.
 *  4. Class c sums the signals group[group_start[c] .. group_start[c+1]) plus bias[c]; a signal may
 *     be listed more than once and then counts so often. Argmax keeps the lowest class on a tie.
 *  5. Registers are cuts through a part (the encoder, a layer, the class sums, the argmax), after so
 *     many LUTs of its depth or after the part: all that is ready before a cut and read behind it is
 *     registered, so what leaves a part belongs to one sample. A LUT reads step bits, LUTs of earlier
 *     layers and, in the tree of a wide node, LUTs of its own layer. Latency is the number of cuts.
 *  6. It carries the model's name, hash and one config line. Nothing downstream asks the weights.
 *  7. Behind the encoder's step bits there may be step bits that are the codes' own bits, all of them:
 *     bit k of feature f's code is signal num_encoder_bits + f * code_bits + k (pass "code-bits").
 *  8. Its text form is canonical: write, read, write is identity. */
#ifndef DIFFLUT_NETLIST_NETLIST_H
#define DIFFLUT_NETLIST_NETLIST_H

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NETLIST_MAX_FAN_IN = 6,
    NETLIST_MAX_CODE_BITS = 16,
    NETLIST_MAX_FEATURES = 1 << 22,
    NETLIST_MAX_CLASSES = 65535,
    NETLIST_MAX_LAYERS = 4096,
    NETLIST_MAX_STAGES = 64,       /* of each part */
    NETLIST_MAX_CUTS = 4096,       /* in all */
    NETLIST_END = UINT16_MAX,      /* level of a cut after the whole part */
    NETLIST_MAX_SCORE = INT32_MAX, /* of a class: group size plus bias */
};

/* Where a LUT came from, for names in Verilog and reports: layer l, LUT i, and part p of the tree of a
 * node wider than 6 inputs (0 for plain nodes). Passes keep origins. (layer, lut, part) ascends
 * strictly from LUT to LUT, so that it names one. */
struct netlist_origin {
    uint32_t lut;
    uint16_t layer, part;
};

/* What config hardware.pipeline asks for: so many register stages in each part (`layers`: in each
 * layer), the last one after it and the others balanced by depth within it; or, when `depth` is not 0,
 * as few as keep every path between registers within `depth` LUTs. */
struct netlist_pipeline {
    unsigned encoder, layers, popcount, argmax;
    unsigned depth;
};

/* A register through part `part` after `level` LUTs, 1.., from the part's inputs, or NETLIST_END. Parts
 * are numbered: 0 the encoder, 1 + l layer l, then class sums and argmax. */
struct netlist_cut {
    uint16_t part, level;
};

struct netlist {
    char name[64];         /* [A-Za-z_][A-Za-z0-9_]* */
    char model_hash[65];   /* 64 lower-case hex digits; "" for a model that was never saved */
    char config_line[512]; /* printable ASCII, one line */

    /* Inputs: num_features codes of code_bits each. */
    uint32_t num_features;
    uint32_t code_bits; /* 1..16 */

    /* Step bits, ordered as the encoder's: bit b of the encoder is signal b, also when unread. */
    uint32_t num_steps;
    uint32_t
        num_encoder_bits; /* num_steps, or less by num_features * code_bits: rule 7 of the contract */
    uint32_t *step_feature; /* [num_steps] */
    uint8_t *step_initial;  /* [num_steps] */
    uint32_t *toggle_start; /* [num_steps + 1] */
    uint32_t *toggles;      /* strictly ascending in a slice, 1 .. 2^code_bits - 1 */

    /* LUTs, in topological order; layers ascending. */
    uint32_t num_luts;
    uint8_t *fan_in_count;         /* [num_luts] 0..6 */
    uint32_t *fan_in;              /* [num_luts][NETLIST_MAX_FAN_IN], unused entries 0 */
    uint64_t *table;               /* [num_luts] */
    struct netlist_origin *origin; /* [num_luts] */
    uint32_t num_layers;

    /* Class sums. */
    uint32_t num_classes;  /* 2.. */
    uint32_t *group_start; /* [num_classes + 1] */
    uint32_t *group;       /* signal numbers */
    uint32_t *bias;        /* [num_classes] constant ones folded into a sum */
    bool full_adders; /* sums are made of adders of 3 bits, for LUTs of 4 inputs (popcount.h) */
    void *more_steps; /* of netlist_add_code_bits(): where the step bits are then, or NULL */

    /* Registers: what is asked for, and where they are, ascending by part and level; two of one place
     * are two in a row. netlist_place_registers() derives the one from the other. */
    struct netlist_pipeline pipeline;
    uint32_t num_cuts;
    struct netlist_cut cuts[NETLIST_MAX_CUTS];
};

/* An empty netlist with room for the given sizes: arrays allocated and zeroed, counts set. */
struct netlist_sizes {
    uint32_t num_features, code_bits, num_steps, num_toggles, num_luts, num_classes, num_group;
};
enum err_status netlist_create(struct netlist **out, const struct netlist_sizes *sizes,
                               struct err *err);
enum err_status netlist_copy(struct netlist **out, const struct netlist *from, struct err *err);
void netlist_free(struct netlist *net);
/* Appends the codes' own bits to the step bits, and renumbers LUTs; does nothing where they are there. */
enum err_status netlist_add_code_bits(struct netlist *net, struct err *err);

/* Whether a step bit equals bit *k of its feature's code. */
bool netlist_is_code_bit(const struct netlist *net, uint32_t step, unsigned *k);

/* Signal number of LUT i. */
static inline uint32_t netlist_lut_signal(const struct netlist *net, uint32_t lut)
{
    return net->num_steps + lut;
}

/* Largest possible class sum, and bits needed for it (at least 1): the width of every score. */
uint32_t netlist_max_score(const struct netlist *net);
uint32_t netlist_score_bits(const struct netlist *net);
/* Bits that hold 0 .. max, at least 1. */
uint32_t netlist_bits_for(uint32_t max);
/* Bits of the class number, at least 1. */
uint32_t netlist_class_bits(const struct netlist *net);

/* Numbers of the parts behind the layers. */
static inline uint32_t netlist_part_popcount(const struct netlist *net)
{
    return net->num_layers + 1;
}
static inline uint32_t netlist_part_argmax(const struct netlist *net)
{
    return net->num_layers + 2;
}

/* Registers between input and class output, which is the number of cuts. The emitter, the bench, the
 * manifest and the report all take it from here. */
uint32_t netlist_latency(const struct netlist *net);
/* Cuts of a part at levels first .. last; NETLIST_END may be `last`. */
uint32_t netlist_count_cuts(const struct netlist *net, uint32_t part, uint32_t first,
                            uint32_t last);

/* netlist_registers.c: places the cuts that `pipeline` asks for. With a depth: as few as possible, and
 * of all ways to place so few the one with the fewest flip-flops, the last one after the argmax.
 * netlist_optimize() does so again, because passes change depths. ERR_ARG: too many registers. */
enum err_status netlist_place_registers(struct netlist *net, struct err *err);

/* Depths in LUTs and numbers of registers of a netlist with its cuts as they are. */
struct netlist_timing {
    uint32_t depth;   /* of the deepest path between registers, ports included */
    uint32_t through; /* from codes to class without any register */
    uint32_t stages_encoder, stages_layers, stages_popcount, stages_argmax; /* registers of parts */
};
enum err_status netlist_timing(const struct netlist *net, struct netlist_timing *timing,
                               struct err *err);

/* netlist_check.c: the contract above; ERR_FORMAT naming the node. */
enum err_status netlist_check(const struct netlist *net, struct err *err);

/* netlist_text.c: canonical text form; the reader treats the text as hostile. */
void netlist_write(const struct netlist *net, struct text *out);
enum err_status netlist_parse(struct netlist **out, const char *text, size_t size, const char *path,
                              struct err *err);

/* netlist_eval.c: plain evaluation, one sample at a time; the oracle of every faster one.
 *   codes   [count][num_features]
 *   signals NULL or [count][num_steps + num_luts] bytes of 0/1
 *   scores  [count][num_classes]
 *   classes [count] lowest index on a tie */
enum err_status netlist_eval(const struct netlist *net, const uint16_t *codes, size_t count,
                             uint8_t *signals, uint32_t *scores, uint32_t *classes,
                             struct err *err);
/* The same from step bits [count][num_steps] instead of codes (the `core` top). After the pass
 * "dont-cares" only bits that some code gives mean anything. */
enum err_status netlist_eval_bits(const struct netlist *net, const uint8_t *bits, size_t count,
                                  uint32_t *scores, uint32_t *classes, struct err *err);

/* netlist_pass.c: passes change `net` in place, keep its function on every code vector, and say what
 * they did. One file each, one row each in the table. */
struct netlist_pass {
    const char *name;    /* "constants", ... */
    const char *meaning; /* one line */
    enum err_status (*run)(struct netlist *net, uint64_t *removed, struct err *err);
};
const struct netlist_pass *netlist_passes(size_t *count);
/* Runs all passes until nothing changes, netlist_check() after each, and places the registers;
 * removed[i] (may be NULL) counts what pass i removed in all. */
enum err_status netlist_optimize(struct netlist *net, uint64_t *removed, struct err *err);

/* The same with some of the passes: bit i of a selection is pass i of the table. */
enum { NETLIST_MAX_PASSES = 16 };
#define NETLIST_ALL_PASSES UINT32_MAX
enum err_status netlist_optimize_with(struct netlist *net, uint32_t selected, uint64_t *removed,
                                      struct err *err);
/* The passes that are of use for a target: those made for LUT6 are not where a LUT has 4 inputs. NULL:
 * for software, to which a code bit is no wire. */
uint32_t netlist_passes_for(const char *target);
/* Reads "all", "none" or names separated by commas. ERR_ARG for a name that is no pass. */
enum err_status netlist_passes_read(const char *list, uint32_t *selected, struct err *err);
/* netlist_decompose.c: tables that the target has no LUT for, or only at the price of several, become
 * parts (decompose.h), numbered as a tree of their LUT whose last part is the whole. Inputs
 * that do not matter go before, equal parts become one, class sums full adders, and registers are placed
 * again. Nothing changes for targets made of LUT6; else *net is
 * another netlist on success. */
enum err_status netlist_decompose(struct netlist **net, const char *target, struct err *err);

/* netlist_cost.c: what the emitted Verilog takes, without a synthesis tool. LUTs are LUT6: the plan of
 * the encoder (step_plan.h), one per LUT of the netlist, the plans of the class sums (popcount.h), and
 * the pieces of the argmax template. */
struct netlist_cost {
    uint64_t encoder, layers, group_sum, argmax, total; /* LUTs */
    uint64_t steps_read;                                /* step bits that something reads */
    uint64_t registers;                                 /* flip-flops of full, with class scores */
};
enum err_status netlist_cost(const struct netlist *net, struct netlist_cost *cost, struct err *err);

#endif
