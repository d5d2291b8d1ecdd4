/* Truth tables as short expressions over word operations, for generated C.
 *
 * A table is taken apart by a splitter g, an input or a gate of two inputs, into f = g ? f1 : f0. Where
 * a half is constant, the halves are complements or one implies the other, that is one or two gates
 * instead of a multiplexer; small functions may also be f0 ^ (g & (f0 ^ f1)) (Davio). The cheapest way is
 * searched over all splitters, equal functions and their complements are computed once. */
#ifndef DIFFLUT_ENGINE_EXPRESSION_H
#define DIFFLUT_ENGINE_EXPRESSION_H

#include "base/err.h"
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

struct expression; /* the room that a search takes; one serves any number of tables */
enum err_status expression_create(struct expression **out, struct err *err);
void expression_free(struct expression *expression);

/* Adds C statements that compute a table of up to 6 inputs: the inputs are variables a .. f, each
 * intermediate result is declared as `const word tN`, and the last statement is `RESULT = ...;`. Every
 * line starts with `indent`. Returns the number of word operations, NOTs and AND-NOTs counted as one. */
unsigned expression_print(struct expression *expression, struct text *out, uint64_t table,
                          unsigned inputs, const char *result, const char *indent);

#endif
