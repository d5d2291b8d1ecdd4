#include "polynomial.h"

#include "base/lanes.h"
#include "base/simd.h"

#include <assert.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wpsabi"

/* Vectors worked on together. */
enum { MANY = 4 };

#define UNROLL SIMD_UNROLL(4)

#define SIMD_FILE "node/polynomial_kernel.h"
#include "base/simd_versions.h"

size_t polynomial_terms(unsigned inputs, unsigned degree)
{
    size_t terms = 1;

    for (unsigned k = 1; k <= degree; k++)
        terms = terms * (inputs + k) / k;
    return terms;
}

/* The next tuple of the same sum, with the first exponent ascending, then the second, ...: one unit of
 * the last positive exponent moves one place up, what remains of it to the end. */
static bool next_tuple(unsigned inputs, uint8_t *tuple)
{
    unsigned last = inputs - 1;
    uint8_t rest;

    while (last > 0 && tuple[last] == 0)
        last--;
    if (last == 0) return false;
    rest = (uint8_t)(tuple[last] - 1);
    tuple[last] = 0;
    tuple[last - 1]++;
    tuple[inputs - 1] = rest;
    return true;
}

/* Terms of one degree are ordered as their tuples read as numbers, so the parents, which take one unit
 * from the last positive exponent, are found by a search in the degree below. */
static uint16_t find_term(uint8_t (*tuples)[NODE_MAX_INPUTS], size_t first, size_t end,
                          const uint8_t *tuple)
{
    while (end - first > 1) {
        size_t middle = first + (end - first) / 2;

        if (memcmp(tuples[middle], tuple, NODE_MAX_INPUTS) <= 0)
            first = middle;
        else
            end = middle;
    }
    return (uint16_t)first;
}

static void add_term(struct polynomial *p, uint8_t (*tuples)[NODE_MAX_INPUTS], size_t below,
                     size_t first, const uint8_t *tuple)
{
    size_t term = p->terms++;
    uint8_t parent[NODE_MAX_INPUTS];
    unsigned last = p->inputs - 1;

    memcpy(tuples[term], tuple, NODE_MAX_INPUTS);
    memcpy(parent, tuple, NODE_MAX_INPUTS);
    p->support[term] = 0;
    for (unsigned j = 0; j < p->inputs; j++)
        p->support[term] |= (uint16_t)((tuple[j] > 0) << j);
    if (term == 0) return;
    while (tuple[last] == 0)
        last--;
    parent[last]--;
    p->input[term] = (uint8_t)last;
    p->parent[term] = find_term(tuples, below, first, parent);
}

/* Terms made from one are neighbours, in the order of what they are made from. */
static void note_children(struct polynomial *p)
{
    size_t made = 0;

    for (size_t i = 1; i < p->terms; i++) {
        if (i == 1 || p->parent[i] != p->parent[i - 1]) p->child[p->parent[i]] = (uint16_t)i;
    }
    p->child[p->inner] = (uint16_t)p->terms;
    for (unsigned j = 0; j < p->inputs; j++) {
        p->first[j] = (uint16_t)made;
        for (size_t i = 1; i < p->terms; i++) {
            if (p->input[i] == j) p->made[made++] = (uint16_t)i;
        }
    }
    p->first[p->inputs] = (uint16_t)made;
}

void polynomial_create(struct polynomial *p, unsigned inputs, unsigned degree)
{
    uint8_t tuples[POLYNOMIAL_MAX_TERMS][NODE_MAX_INPUTS], tuple[NODE_MAX_INPUTS];
    size_t below = 0; /* first term of the degree below */

    memset(p, 0, sizeof *p);
    p->inputs = inputs;
    for (unsigned d = 0; d <= degree; d++) {
        size_t first = p->terms;

        memset(tuple, 0, sizeof tuple);
        tuple[inputs - 1] = (uint8_t)d;
        do
            add_term(p, tuples, below, first, tuple);
        while (next_tuple(inputs, tuple));
        below = first;
    }
    p->inner = below;
    assert(p->inner <= POLYNOMIAL_MAX_INNER);
    note_children(p);
}

void polynomial_exponents(const struct polynomial *p, size_t term, float *exponents)
{
    memset(exponents, 0, p->inputs * sizeof *exponents);
    for (; term > 0; term = p->parent[term])
        exponents[p->input[term]] += 1;
}

SIMD_CLONES void polynomial_sum_subsets(unsigned inputs, float *values)
{
    size_t size = (size_t)1 << inputs;

    for (size_t bit = 1; bit < size; bit *= 2) {
        for (size_t first = 0; first < size; first += 2 * bit) {
            for (size_t a = first; a < first + bit; a++)
                values[a + bit] += values[a];
        }
    }
}

SIMD_CLONES void polynomial_sum_supersets(unsigned inputs, float *values)
{
    size_t size = (size_t)1 << inputs;

    for (size_t bit = 1; bit < size; bit *= 2) {
        for (size_t first = 0; first < size; first += 2 * bit) {
            for (size_t a = first; a < first + bit; a++)
                values[a] += values[a + bit];
        }
    }
}

void polynomial_forward(const struct polynomial *p, const float *weights, unsigned m,
                        const float *const *in, float *const *out, size_t count)
{
    SIMD_CALL(polynomial_forward, (p, weights, m, in, out, count));
}

void polynomial_backward_inputs(const struct polynomial *p, const float *weights, unsigned m,
                                const float *const *in, const float *const *grad_out,
                                float *const *grad_in, size_t count)
{
    SIMD_CALL(polynomial_backward_inputs, (p, weights, m, in, grad_out, grad_in, count));
}

void polynomial_backward_weights(const struct polynomial *p, unsigned m, const float *const *in,
                                 const float *const *grad_out, float *grad_weights, size_t count)
{
    SIMD_CALL(polynomial_backward_weights, (p, m, in, grad_out, grad_weights, count));
}
