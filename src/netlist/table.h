/* Truth tables of up to 6 inputs in one 64-bit word: bit a is the output for address a. Bits beyond
 * 2^inputs are 0 and stay 0. */
#ifndef DIFFLUT_NETLIST_TABLE_H
#define DIFFLUT_NETLIST_TABLE_H

#include <stdbool.h>
#include <stdint.h>

/* All ones of a table of so many inputs. */
uint64_t table_ones(unsigned inputs);

/* The table of inputs - 1 inputs that is left when input k is tied to `value`. */
uint64_t table_cofactor(uint64_t table, unsigned inputs, unsigned k, unsigned value);

/* The table of inputs - 1 inputs that is left when input k always equals input j (j != k); the other
 * inputs keep their order. */
uint64_t table_merge(uint64_t table, unsigned inputs, unsigned k, unsigned j);

/* Whether the output never depends on input k. */
bool table_ignores(uint64_t table, unsigned inputs, unsigned k);

/* The same function with input k inverted. */
uint64_t table_invert_input(uint64_t table, unsigned inputs, unsigned k);

/* The same function with inputs i and j exchanged (i < j). */
uint64_t table_swap(uint64_t table, unsigned i, unsigned j);

#endif
