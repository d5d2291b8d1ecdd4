/* Proof that an emitted folder does what the model does, for all inputs (docs/proof.md).
 *
 * The model comes as data: step functions, wires, tables and groups, from the C reference's own
 * parameters. The hardware comes from Yosys, which reads the folder's Verilog. Modules and names of
 * the hardware are not believed; they only help to say where a fault is. */
#ifndef DIFFLUT_FLOW_PROVE_H
#define DIFFLUT_FLOW_PROVE_H

#include "base/err.h"
#include "hdl/manifest.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROVE_MAX_INPUTS = 12, PROVE_MAX_CODE_BITS = 16 };

/* One layer: node i reads signals wires[i * inputs + k] of the layer below (the encoder's bits first);
 * wire number num_below is a constant 0. Bit a of tables[i * words ...] is its output at address a. */
struct prove_layer {
    unsigned inputs;
    uint32_t count;  /* nodes */
    size_t words;    /* of a table: 2^inputs bits, at least 1 word */
    uint32_t *wires; /* [count][inputs] */
    uint64_t *tables;
};

/* The model. Class c counts the nodes [c * group, (c + 1) * group) of the last layer; the class is the
 * lowest one with the greatest count. */
struct prove_reference {
    uint32_t num_features, num_bits;
    unsigned code_bits;
    uint32_t *step_feature;           /* [num_bits] */
    uint8_t *step_initial;            /* [num_bits] value at code 0 */
    uint32_t *toggle_start, *toggles; /* codes at which a bit changes, as in encoder.h */
    struct prove_layer *layers;
    size_t num_layers;
    uint32_t num_classes, group;
};
void prove_reference_free(struct prove_reference *reference);

enum prove_outcome { PROVE_PROVED, PROVE_FAILED, PROVE_OPEN };

/* One thing to be shown. */
struct prove_obligation {
    char part[40];      /* "registers", "encoder", "layer0", ..., "group_sum", "argmax" */
    char name[48];      /* "LUT 17", "class 3" */
    const char *method; /* static text */
    enum prove_outcome outcome;
    double seconds;
    char *detail; /* of one that is not proved: what was found; or NULL */
};

struct prove_options {
    const char *top;         /* "full" or "core" */
    const char *after_synth; /* target whose mapped netlist is proved too; or NULL */
    const char *yosys;       /* program; NULL: on the PATH */
    double time_limit;       /* seconds for Yosys; 0: 3600 */
    uint64_t seed;           /* of the simulated codes that guide the proof */
    const char *kind;        /* of planted faults only those whose name has this in it; NULL: all */
    void (*progress)(const char *line, void *user);
    void *user;
    const volatile sig_atomic_t *stop;
};

struct prove_result {
    struct prove_obligation *obligations;
    size_t count, capacity;
    size_t proved, failed, undecided;
    uint16_t *codes; /* [num_features] an input that shows a fault, or NULL */
    double seconds;
    char tool_version[128];
};

/* ERR_OK also when obligations fail: the caller decides. ERR_TOOL: Yosys missing, crashed or out of time.
 * ERR_FORMAT: the folder is not that model's, or its netlist has a cell that is not known here. */
enum err_status prove_run(const char *folder, const struct manifest *manifest,
                          const struct prove_reference *reference,
                          const struct prove_options *options, struct prove_result *result,
                          struct err *err);
void prove_result_free(struct prove_result *result);

#endif
