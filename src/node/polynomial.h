/* Polynomials of a node's inputs, on rows of samples (node.h): what polylut nodes are made of. */
#ifndef DIFFLUT_NODE_POLYNOMIAL_H
#define DIFFLUT_NODE_POLYNOMIAL_H

#include "node.h"

enum { POLYNOMIAL_MAX_DEGREE = 12, POLYNOMIAL_MAX_TERMS = 4096 };

/* C(inputs + degree, degree) monomials; SIZE_MAX never: at most 12 inputs and POLYNOMIAL_MAX_DEGREE. */
size_t polynomial_terms(unsigned inputs, unsigned degree);

/* exponents [terms][inputs]: all exponent tuples, by total degree and then with the first exponent
 * ascending from 0 (the order of the original library). */
void polynomial_exponents(unsigned inputs, unsigned degree, float *exponents);

/* values[a] becomes the sum over all subsets (supersets) of the bits of a; [2^inputs]. */
void polynomial_sum_subsets(unsigned inputs, float *values);
void polynomial_sum_supersets(unsigned inputs, float *values);

/* The monomials as lists of powers: term i multiplies the powers factor[start[i]] to
 * factor[start[i + 1] - 1], and power input * degree + exponent - 1 is x_input^exponent. */
struct polynomial {
    unsigned inputs, degree;
    size_t terms;
    uint16_t start[POLYNOMIAL_MAX_TERMS + 1];
    uint8_t factor[POLYNOMIAL_MAX_TERMS * NODE_MAX_INPUTS];
};

/* exponents [terms][inputs], whole numbers whose rows sum to at most `degree`. */
void polynomial_compile(struct polynomial *p, unsigned inputs, unsigned degree, size_t terms,
                        const float *exponents);

/* out[o][s] = sum_i weights[i * m + o] monomial_i(in[.][s]) */
void polynomial_forward(const struct polynomial *p, const float *weights, unsigned m,
                        const float *const *in, float *const *out, size_t count);

/* grad_in[j][s] += sum_o grad_out[o][s] d out[o][s] / d in[j][s] */
void polynomial_backward_inputs(const struct polynomial *p, const float *weights, unsigned m,
                                const float *const *in, const float *const *grad_out,
                                float *const *grad_in, size_t count);

/* grad_weights[i * m + o] += sum_s grad_out[o][s] monomial_i(in[.][s]) */
void polynomial_backward_weights(const struct polynomial *p, unsigned m, const float *const *in,
                                 const float *const *grad_out, float *grad_weights, size_t count);

#endif
