/* Polynomials of a node's inputs, on rows of samples (node.h): what polylut nodes are made of.
 *
 * The monomials are all those of total degree at most `degree`, by degree and then with the first
 * exponent ascending from 0 (the order of the original library). Each but the first, 1, is an earlier
 * one times one input, so a value costs one product a monomial, and the gradient of the inputs is
 * the same chain backwards. */
#ifndef DIFFLUT_NODE_POLYNOMIAL_H
#define DIFFLUT_NODE_POLYNOMIAL_H

#include "node.h"

enum { POLYNOMIAL_MAX_DEGREE = 12, POLYNOMIAL_MAX_TERMS = 4096, POLYNOMIAL_MAX_INNER = 2048 };

struct polynomial {
    unsigned inputs;
    size_t terms,
        inner; /* the first so many, below the highest degree, have others made from them */
    uint16_t parent[POLYNOMIAL_MAX_TERMS];    /* term i is term parent[i] < i times ... */
    uint8_t input[POLYNOMIAL_MAX_TERMS];      /* ... this input; neither for term 0 */
    uint16_t support[POLYNOMIAL_MAX_TERMS];   /* the inputs it has, as bits */
    uint16_t child[POLYNOMIAL_MAX_INNER + 1]; /* terms child[i] .. child[i + 1] are made from i */
    uint16_t made[POLYNOMIAL_MAX_TERMS];      /* first[j] .. first[j + 1] here by input j */
    uint16_t first[NODE_MAX_INPUTS + 1];
};

/* C(inputs + degree, degree); inputs <= NODE_MAX_INPUTS, degree <= POLYNOMIAL_MAX_DEGREE. */
size_t polynomial_terms(unsigned inputs, unsigned degree);

/* At most POLYNOMIAL_MAX_TERMS terms: the caller has asked polynomial_terms(). */
void polynomial_create(struct polynomial *p, unsigned inputs, unsigned degree);

/* Exponents of a term, exponents [inputs]. */
void polynomial_exponents(const struct polynomial *p, size_t term, float *exponents);

/* values[a] becomes the sum over all subsets (supersets) of the bits of a; [2^inputs]. */
void polynomial_sum_subsets(unsigned inputs, float *values);
void polynomial_sum_supersets(unsigned inputs, float *values);

/* out[o][s] = sum_i weights[i * m + o] term_i(in[.][s]) */
void polynomial_forward(const struct polynomial *p, const float *weights, unsigned m,
                        const float *const *in, float *const *out, size_t count);

/* grad_in[j][s] += sum_o grad_out[o][s] d out[o][s] / d in[j][s] */
void polynomial_backward_inputs(const struct polynomial *p, const float *weights, unsigned m,
                                const float *const *in, const float *const *grad_out,
                                float *const *grad_in, size_t count);

/* grad_weights[i * m + o] += sum_s grad_out[o][s] term_i(in[.][s]) */
void polynomial_backward_weights(const struct polynomial *p, unsigned m, const float *const *in,
                                 const float *const *grad_out, float *grad_weights, size_t count);

#endif
