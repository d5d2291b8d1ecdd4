/* Kernels of learned wires (selection.h): weighted sums over the candidates of one slot, and the
 * gradients through them.
 *
 * Candidate c of `count` is signal wires[c], or signal c where wires is NULL. Rows are real numbers,
 * [signal][LAYER_TILE], or bits, one word a signal with sample s as bit s. Rows of samples are 64-byte
 * aligned.
 *
 * From bits nothing need be multiplied: the sixteen sums of the subsets of four numbers are one vector,
 * and four bits of sixteen lanes look them up with one permutation. Mixing takes the subsets of four
 * candidates' shares, with lanes that are samples, for which the bits of eight candidates are transposed
 * (AVX2, whose permutations have eight entries, multiplies by a table of the bits of a byte instead);
 * correlating takes those of four samples' gradients, with lanes that are candidates, whose words hold
 * the four bits side by side. Every version of the two adds in the same order, so they give the same
 * bytes; those of real rows may round differently (fused multiply-add). What each costs:
 * tests/bench/bench_mixture.c.
 */
#ifndef DIFFLUT_LAYER_MIXTURE_H
#define DIFFLUT_LAYER_MIXTURE_H

#include <stddef.h>
#include <stdint.h>

struct mixture_kernels {
    const char *name;

    /* mapped[s] = sum_c shares[c] x[c][s] */
    void (*mix_bits)(const float *shares, const uint32_t *wires, size_t count,
                     const uint64_t *words, float *mapped);
    void (*mix)(const float *shares, const uint32_t *wires, size_t count, const float *in,
                float *mapped);

    /* sums[c] += sum_s grad[s] x[c][s] */
    void (*correlate_bits)(const uint32_t *wires, size_t count, const uint64_t *words,
                           const float *grad, float *sums);
    void (*correlate)(const uint32_t *wires, size_t count, const float *in, const float *grad,
                      float *sums);

    /* grad_in[wires[c]][s] += shares[c] grad[s], but for shares that are next to nothing. */
    void (*spread)(const float *shares, const uint32_t *wires, size_t count, const float *grad,
                   float *grad_in);
};

/* The versions that this machine can run, the fastest first, the plain one last; NULL behind it. */
const struct mixture_kernels *mixture_kernels(size_t version);

#endif
