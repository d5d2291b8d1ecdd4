/* Bit-parallel inference: the fast evaluator of a netlist.
 *
 * A netlist is compiled once into a flat program. Samples are then taken 512 at a time, one bit of
 * each in every signal, so that one word operation works on as many samples as the word has bits.
 * Three versions of the kernel (AVX-512, AVX2, baseline) share one source; the best that the machine
 * has is chosen at run time. All give what netlist_eval() gives, on every vector. docs/inference.md. */
#ifndef DIFFLUT_ENGINE_ENGINE_H
#define DIFFLUT_ENGINE_ENGINE_H

#include "base/err.h"
#include "netlist/netlist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;

/* Compiles a netlist that netlist_check() accepts; nothing of it is kept. The passes are the caller's
 * business: what they removed need not be computed. ERR_NOMEM. */
enum err_status engine_create(struct engine **out, const struct netlist *net, struct err *err);
void engine_free(struct engine *engine);

/* Evaluates samples on up to `threads` threads (0: all cores); any number gives the same.
 *   codes   [count][num_features]
 *   scores  [count][num_classes], or NULL, which is faster
 *   classes [count] lowest index on a tie
 * ERR_ARG: a code has more than code_bits bits; the outputs then mean nothing. */
enum err_status engine_run(const struct engine *engine, const uint16_t *codes, size_t count,
                           uint32_t *scores, uint32_t *classes, unsigned threads, struct err *err);
/* The same from codes of one byte, for netlists of at most 8 code bits; faster. */
enum err_status engine_run_bytes(const struct engine *engine, const uint8_t *codes, size_t count,
                                 uint32_t *scores, uint32_t *classes, unsigned threads,
                                 struct err *err);

/* Versions of the kernel, for tests: false when the machine cannot run that one. */
enum engine_simd { ENGINE_BASELINE, ENGINE_AVX2, ENGINE_AVX512, ENGINE_NUM_SIMD };
bool engine_select_simd(struct engine *engine, enum engine_simd simd);

#endif
