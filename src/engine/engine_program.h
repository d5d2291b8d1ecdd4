/* What engine_create() compiles a netlist into, and what the kernels run. */
#ifndef DIFFLUT_ENGINE_ENGINE_PROGRAM_H
#define DIFFLUT_ENGINE_ENGINE_PROGRAM_H

#include "engine/engine.h"

enum {
    ENGINE_LANES = 512,               /* samples of a block */
    ENGINE_SLOT = ENGINE_LANES / 8,   /* bytes of a signal */
    ENGINE_WORDS = ENGINE_LANES / 64, /* words of a signal */
    ENGINE_COLUMNS = 64,              /* features whose columns are made at a time */
    ENGINE_LEAVES = 16,               /* functions of two signals, and of those a LUT6 has */
    ENGINE_SUM_BITS = 32,             /* of a class sum */
};

/* A step bit: `initial` XOR the parity of the toggles at or below the code. */
struct engine_step {
    uint32_t slot;
    uint32_t first_toggle, num_toggles;
    uint8_t column;  /* of its chunk */
    uint8_t initial; /* 0 or 1 */
};

/* 64 neighbouring features, or all when there are fewer, and the step bits that read them. */
struct engine_chunk {
    uint32_t first_feature;
    uint32_t first_step, num_steps;
};

/* A LUT in one cache line. leaf[a] is the function of inputs 0 and 1 at address a of the other inputs,
 * as an offset into the 16 functions of two signals. */
struct engine_lut {
    uint32_t in[NETLIST_MAX_FAN_IN]; /* slots; unused ones are slot 0 */
    uint32_t out;
    uint16_t leaf[ENGINE_LEAVES];
    uint16_t inputs; /* 2..6 */
};

struct engine {
    uint32_t num_features, code_bits;
    uint32_t num_slots; /* slot 0 is constant 0; the slots of dead signals are used again */
    uint32_t num_chunks, num_steps, num_luts;
    struct engine_chunk *chunks;
    struct engine_step *steps;
    uint16_t *toggles;
    struct engine_lut *luts;
    uint32_t *lut_source; /* [num_luts] the netlist's number of each */
    uint32_t num_classes, score_bits, class_bits;
    uint32_t *group_start; /* [num_classes + 1] */
    uint32_t *group;       /* slots */
    uint32_t *bias;        /* [num_classes] */
    enum engine_simd simd;
};

/* Rows of codes: one of the two pointers is set. */
struct engine_rows {
    const uint8_t *bytes;
    const uint16_t *codes;
};

/* Room of one thread; every member is aligned to a cache line. */
struct engine_scratch {
    uint8_t tile[2][64 * ENGINE_COLUMNS];              /* low and high bytes of 64 rows */
    uint8_t columns[2][ENGINE_COLUMNS * ENGINE_LANES]; /* [column][sample], low and high bytes */
    uint8_t leaves[ENGINE_LEAVES * ENGINE_SLOT];       /* the functions of two signals */
    uint64_t score[ENGINE_SUM_BITS * ENGINE_WORDS];    /* bit planes of a class sum */
    uint64_t index[ENGINE_SUM_BITS * ENGINE_WORDS];    /* bit planes of the best class */
    uint8_t slots[];                                   /* [num_slots][ENGINE_SLOT] */
};

/* Up to ENGINE_LANES samples whose codes have been checked. scores may be NULL. */
typedef void engine_block_function(const struct engine *engine, struct engine_scratch *scratch,
                                   const struct engine_rows *rows, size_t samples, uint32_t *scores,
                                   uint32_t *classes);
/* NULL when this machine cannot run that version. */
engine_block_function *engine_block(enum engine_simd simd);

#endif
