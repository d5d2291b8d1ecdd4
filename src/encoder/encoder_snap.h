/* Thresholds that cost less: encoder_config.snap.
 *
 * A comparison `code > T` is `code >= T + 1`, and the zeros at the end of T + 1 are code bits that it
 * need not read: T = 127 is the top bit of an 8-bit code, T = 126 two LUTs. Snapping moves a threshold
 * to where T + 1 has the most zeros at its end, as long as at most `percent` hundredths of the training
 * values lie between the two places; of several such places to the one with the fewest values between,
 * then to the nearest. Thresholds that differ keep their order and stay apart. A bit that is the same
 * for every code stays. */
#ifndef DIFFLUT_ENCODER_ENCODER_SNAP_H
#define DIFFLUT_ENCODER_ENCODER_SNAP_H

#include <stddef.h>
#include <stdint.h>

/* The thresholds of one row of state, ascending, given how often each code occurs in what the row was
 * fitted on: counts [2^code_bits]. */
void encoder_snap_row(float *thresholds, size_t bits, const size_t *counts, unsigned code_bits,
                      long percent);

#endif
