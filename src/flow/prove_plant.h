/* Where faults go: one draw plants one fault of a kind into a netlist that Yosys read. */
#ifndef DIFFLUT_FLOW_PROVE_PLANT_H
#define DIFFLUT_FLOW_PROVE_PLANT_H

#include "base/rng.h"
#include "flow/prove_check.h"

/* A netlist with room for faults. */
struct prove_bench {
    const struct manifest *manifest;
    const struct prove_reference *reference;
    const struct prove_patterns *patterns;
    struct prove_netlist *netlist; /* its last cell is a spare one that nothing reads */
    struct prove_cell *sound;      /* [num_cells] the cells as they are */
    uint32_t *changed;             /* outputs of cells that a fault changed */
    size_t num_changed;
    struct prove_wire *port; /* whose bits first and second were exchanged, or NULL */
    uint32_t first, second;
    struct rng rng;
};

struct prove_kind {
    const char *name;
    bool (*plant)(struct prove_bench *bench); /* false: the draw found no place */
    bool timing; /* on registers or the valid bit: no function of one sample */
};

/* Faults of the Verilog, and of the netlist after synthesis. */
const struct prove_kind *prove_plant_rtl(size_t *count);
const struct prove_kind *prove_plant_mapped(size_t *count);

/* Takes the fault out again. */
void prove_plant_undo(struct prove_bench *bench);

/* --- for the kinds --- */

typedef bool prove_fits(const struct prove_netlist *netlist, const struct prove_cell *cell);

/* A random cell that `fits`; false when there is none. */
bool prove_plant_pick(struct prove_bench *bench, prove_fits *fits, uint32_t *cell);
/* Notes that the cell's output is a changed one. */
void prove_plant_note(struct prove_bench *bench, uint32_t cell);
/* Kinds that both netlists have. */
bool prove_plant_table_bit(struct prove_bench *bench, prove_fits *fits);
bool prove_plant_exchange(struct prove_bench *bench, prove_fits *fits);
bool prove_plant_neighbour(struct prove_bench *bench, prove_fits *fits);
bool prove_plant_register_less(struct prove_bench *bench);
bool prove_plant_register_more(struct prove_bench *bench);
bool prove_plant_no_reset(struct prove_bench *bench);
bool prove_plant_is_reset(const struct prove_netlist *netlist, const struct prove_cell *cell);

#endif
