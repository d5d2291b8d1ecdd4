/* synthetic_digits: drawn handwriting-like digits, for those who have no data set at hand.
 *
 * Ten classes of 28x28 grey images, strokes with random shape, slant, rotation, scale, position,
 * thickness, ink and speckle. A linear classifier gets about 90 % of them, as of MNIST; accuracy on them
 * says that a flow works, not how good a network is. Only additions, products, divisions and square roots are used, so
 * that every machine draws the same bytes. */
#ifndef DIFFLUT_DATA_SYNTHETIC_H
#define DIFFLUT_DATA_SYNTHETIC_H

#include "raw.h"

#include <stddef.h>
#include <stdint.h>

enum { SYNTHETIC_SIDE = 28, SYNTHETIC_TRAIN = 8000, SYNTHETIC_TEST = 2000 };

/* Draws sample `index` of the endless sequence of a seed into pixels [28][28] and returns its class.
 * Samples do not depend on each other. */
uint16_t synthetic_draw(uint64_t seed, uint64_t index, uint8_t *pixels);

/* The samples first .. first + count - 1 of the data set's own sequence. */
enum err_status synthetic_read(struct raw **out, size_t first, size_t count, struct err *err);

#endif
