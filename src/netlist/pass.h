/* The netlist passes, one file each; netlist_pass.c lists them. Every pass keeps the function of the
 * netlist on every code vector, returns with netlist_check() satisfied, and reports in *removed how
 * many things of its kind it took away: 0 means that nothing was changed (but by pass_dont_cares() what
 * tables say at addresses that no code leads to). All are linear (up to hashing) in the size of the
 * netlist. Fails only for lack of memory, and then changes nothing that matters: the function is kept. */
#ifndef DIFFLUT_NETLIST_PASS_H
#define DIFFLUT_NETLIST_PASS_H

#include "netlist.h"

/* Drops fan-ins that a table does not depend on and merges repeated ones. Counts fan-ins. */
enum err_status pass_unused_inputs(struct netlist *net, uint64_t *removed, struct err *err);

/* Drops fan-ins that do not matter at the addresses that codes lead to (reachable.h), and sets what a
 * table says at all others to 0. Counts fan-ins. Afterwards the netlist is the same on every code, but
 * no longer on step bits that no code gives. */
enum err_status pass_dont_cares(struct netlist *net, uint64_t *removed, struct err *err);

/* Folds constant LUTs and constant step bits into the tables of their readers and into class biases.
 * Counts the LUTs, and the step bits that something read. */
enum err_status pass_constants(struct netlist *net, uint64_t *removed, struct err *err);

/* Forwards LUTs of one input: a copy is replaced by its source, an inverter that only LUTs read is
 * absorbed by their tables. Counts LUTs. A reader may then be several layers after its source. */
enum err_status pass_wires(struct netlist *net, uint64_t *removed, struct err *err);

/* Merges LUTs that are the same function of the same signals, listed in any order, and step bits that
 * are the same function of the same feature. Counts the LUTs, and the step bits that something read. */
enum err_status pass_duplicates(struct netlist *net, uint64_t *removed, struct err *err);

/* Puts a LUT that no class sums into all its readers, when each of them then has at most 6 inputs.
 * Counts LUTs. A reader may then be several layers after its source. Not for targets of smaller LUTs. */
enum err_status pass_absorb(struct netlist *net, uint64_t *removed, struct err *err);

/* Puts a step bit that only LUTs read into all its readers, which then read the code's bits that it
 * depends on, when each of them has at most 6 inputs so: a comparison less, and no LUT more. Leaves
 * codes of more than 6 bits alone. Counts step bits. Not for targets of smaller LUTs. */
enum err_status pass_code_bits(struct netlist *net, uint64_t *removed, struct err *err);

/* Removes LUTs that reach no class sum. Counts LUTs. */
enum err_status pass_dead(struct netlist *net, uint64_t *removed, struct err *err);

/* --- shared by the passes (pass.c) --- */

/* Takes input k out of a LUT whose new table has one input less. */
void pass_drop_fan_in(struct netlist *net, uint32_t lut, unsigned k, uint64_t table);

/* read[num_steps + num_luts] becomes 1 for signals that a LUT or a class sum reads. */
void pass_mark_read(const struct netlist *net, uint8_t *read);

/* The LUTs that read each signal, one that reads it twice twice: readers[start[s] .. start[s + 1]). */
struct pass_readers {
    uint32_t *start, *readers;
};
enum err_status pass_readers_create(struct pass_readers *r, const struct netlist *net,
                                    struct err *err);
void pass_readers_free(struct pass_readers *r); /* also after a failure */

/* Removes the LUTs with gone[lut] != 0, which nothing may read any more, and renumbers the rest.
 * Returns how many went. */
enum err_status pass_remove_luts(struct netlist *net, const uint8_t *gone, uint64_t *removed,
                                 struct err *err);

#endif
