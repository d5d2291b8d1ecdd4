/* Sums of products of unit phasors e^(i pi x_j) over sets of inputs: cosine series whose frequencies
 * are 0 or 1/2 in every input, on rows of samples (node.h). What fourier nodes are made of.
 *
 * A set is split in groups of three inputs; the eight products of a group are computed once a sample,
 * so that a set costs one complex product for each group after the first. */
#ifndef DIFFLUT_NODE_PHASOR_H
#define DIFFLUT_NODE_PHASOR_H

#include "base/simd.h"
#include "node.h"

enum { PHASOR_GROUPS = NODE_MAX_INPUTS / 3 };

/* e^(i pi x_j) of every input and sample. */
struct phasor {
    unsigned inputs;
    float real[NODE_MAX_INPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float imaginary[NODE_MAX_INPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
};

void phasor_start(struct phasor *phasor, unsigned inputs, const float *const *in, size_t count);

/* out[s] = bias + sum_q Re((real[q] + i imaginary[q]) P_q(s)), P_q the product over the inputs whose
 * bits are set in sets[q]. */
void phasor_sum(const struct phasor *phasor, const uint16_t *sets, const float *real,
                const float *imaginary, size_t num_sets, float bias, float *out, size_t count);

/* grad_in[j][s] += grad[s] d out[s] / d in[j][s] */
void phasor_backward_inputs(const struct phasor *phasor, const uint16_t *sets, const float *real,
                            const float *imaginary, size_t num_sets, const float *grad,
                            float *const *grad_in, size_t count);

/* u[q] = sum_s grad[s] d out[s] / d real[q], v[q] the same for imaginary[q]. */
void phasor_correlate(const struct phasor *phasor, const uint16_t *sets, size_t num_sets,
                      const float *grad, float *u, float *v, size_t count);

#endif
