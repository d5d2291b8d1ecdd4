/* The kernel of the engine for vectors of WIDTH bytes; included once a version by engine_block.c. A
 * signal is ENGINE_SLOT bytes; sample s of a block is bit s % 64 of word s / 64. */

typedef uint64_t KERNEL(vec) __attribute__((vector_size(WIDTH), may_alias));
#define VEC KERNEL(vec)

/* Bits of a where s is 1, of b where it is 0; and the two outputs of a full adder. */
#if WIDTH == 64
#define TERNARY(a, b, c, table)                                                                    \
    ((VEC)_mm512_ternarylogic_epi64((__m512i)(a), (__m512i)(b), (__m512i)(c), table))
#define MUX(s, a, b)      TERNARY(s, a, b, 0xca)
#define XOR3(a, b, c)     TERNARY(a, b, c, 0x96)
#define MAJORITY(a, b, c) TERNARY(a, b, c, 0xe8)
#else
#define MUX(s, a, b)      ((b) ^ (((a) ^ (b)) & (s)))
#define XOR3(a, b, c)     ((a) ^ (b) ^ (c))
#define MAJORITY(a, b, c) (((a) & (b)) | (((a) ^ (b)) & (c)))
#endif

#include "engine_bytes.h"

/* --- encoder --- */

/* Bits of 64 samples whose code is at least `toggle`. Of two bytes: the high one decides, unless it is
 * the toggle's own. */
SIMD_INLINE uint64_t KERNEL(reached)(const uint8_t *low, const uint8_t *high, bool wide,
                                     uint32_t toggle)
{
    uint64_t bits = KERNEL(at_least)(low, (uint8_t)toggle);

    if (wide) {
        uint8_t top = (uint8_t)(toggle >> 8);

        bits &= KERNEL(at_least)(high, top);
        if (top < UINT8_MAX) bits |= KERNEL(at_least)(high, (uint8_t)(top + 1));
    }
    return bits;
}

SIMD_INLINE void KERNEL(step)(const struct engine *engine, struct engine_scratch *scratch,
                              const struct engine_step *step, bool wide)
{
    const uint16_t *toggles = engine->toggles + step->first_toggle;
    const uint8_t *low = scratch->columns[0] + (size_t)step->column * ENGINE_LANES;
    const uint8_t *high = scratch->columns[1] + (size_t)step->column * ENGINE_LANES;
    uint64_t *out = (uint64_t *)(void *)(scratch->slots + (size_t)step->slot * ENGINE_SLOT);
    uint64_t first = step->initial != 0 ? UINT64_MAX : 0;

    if (step->num_toggles == 1) {
        SIMD_UNROLL(8)
        for (unsigned w = 0; w < ENGINE_WORDS; w++)
            out[w] = first ^ KERNEL(reached)(low + 64 * w, high + 64 * w, wide, toggles[0]);
        return;
    }
    for (unsigned w = 0; w < ENGINE_WORDS; w++) {
        out[w] = first;
        for (uint32_t t = 0; t < step->num_toggles; t++)
            out[w] ^= KERNEL(reached)(low + 64 * w, high + 64 * w, wide, toggles[t]);
    }
}

/* The columns of one chunk; 64 rows at a time, which stay in the first cache for all of it. */
SIMD_KERNEL void KERNEL(load_chunk)(const struct engine *engine, struct engine_scratch *scratch,
                                    const struct engine_rows *rows, size_t samples,
                                    uint32_t feature)
{
    size_t pitch = engine->num_features;
    bool whole = rows->bytes != NULL && pitch >= ENGINE_COLUMNS;

    for (size_t row = 0; row < samples; row += 64) {
        if (whole && row + 64 <= samples) {
            KERNEL(transpose)
            (rows->bytes + row * pitch + feature, pitch, scratch->columns[0] + row);
            continue;
        }
        fill_tile(engine, scratch, rows, row, samples, feature);
        KERNEL(transpose)(scratch->tile[0], ENGINE_COLUMNS, scratch->columns[0] + row);
        if (engine->code_bits > 8)
            KERNEL(transpose)(scratch->tile[1], ENGINE_COLUMNS, scratch->columns[1] + row);
    }
}

SIMD_KERNEL void KERNEL(encode)(const struct engine *engine, struct engine_scratch *scratch,
                                const struct engine_rows *rows, size_t samples)
{
    for (uint32_t c = 0; c < engine->num_chunks; c++) {
        const struct engine_chunk *chunk = &engine->chunks[c];
        const struct engine_step *steps = engine->steps + chunk->first_step;

        KERNEL(load_chunk)(engine, scratch, rows, samples, chunk->first_feature);
        if (engine->code_bits > 8) {
            for (uint32_t s = 0; s < chunk->num_steps; s++)
                KERNEL(step)(engine, scratch, &steps[s], true);
        } else {
            for (uint32_t s = 0; s < chunk->num_steps; s++)
                KERNEL(step)(engine, scratch, &steps[s], false);
        }
    }
}

/* --- LUTs --- */

/* The 16 functions of two signals; the constants are there already. */
SIMD_INLINE void KERNEL(fill_leaves)(uint8_t *leaves, VEC x, VEC y)
{
#define LEAF(table) (*(VEC *)(void *)(leaves + (table)*ENGINE_SLOT))
    LEAF(1) = ~(x | y);
    LEAF(2) = x & ~y;
    LEAF(3) = ~y;
    LEAF(4) = ~x & y;
    LEAF(5) = ~x;
    LEAF(6) = x ^ y;
    LEAF(7) = ~(x & y);
    LEAF(8) = x & y;
    LEAF(9) = ~(x ^ y);
    LEAF(10) = x;
    LEAF(11) = x | ~y;
    LEAF(12) = y;
    LEAF(13) = ~x | y;
    LEAF(14) = x | y;
#undef LEAF
}

/* A LUT of so many inputs: leaves of inputs 0 and 1, a multiplexer tree of the others. */
SIMD_INLINE VEC KERNEL(choose)(const struct engine_lut *lut, const uint8_t *leaves,
                               const uint8_t *slots, unsigned inputs)
{
#define LEAF_AT(a) (*(const VEC *)(const void *)(leaves + lut->leaf[a]))
    VEC level[ENGINE_LEAVES / 2], s;

    if (inputs == 2) return LEAF_AT(0);
    s = *(const VEC *)(const void *)(slots + (size_t)lut->in[2] * ENGINE_SLOT);
    SIMD_UNROLL(8)
    for (unsigned i = 0; i < 1U << (inputs - 3); i++)
        level[i] = MUX(s, LEAF_AT(2 * i + 1), LEAF_AT(2 * i));
    SIMD_UNROLL(3)
    for (unsigned k = 3; k < inputs; k++) {
        s = *(const VEC *)(const void *)(slots + (size_t)lut->in[k] * ENGINE_SLOT);
        SIMD_UNROLL(4)
        for (unsigned i = 0; i < 1U << (inputs - 1 - k); i++)
            level[i] = MUX(s, level[2 * i + 1], level[2 * i]);
    }
    return level[0];
#undef LEAF_AT
}

SIMD_INLINE VEC KERNEL(lut)(const struct engine_lut *lut, uint8_t *leaves, const uint8_t *slots)
{
    KERNEL(fill_leaves)
    (leaves, *(const VEC *)(const void *)(slots + (size_t)lut->in[0] * ENGINE_SLOT),
     *(const VEC *)(const void *)(slots + (size_t)lut->in[1] * ENGINE_SLOT));
    switch (lut->inputs) {
    case 6:
        return KERNEL(choose)(lut, leaves, slots, 6);
    case 5:
        return KERNEL(choose)(lut, leaves, slots, 5);
    case 4:
        return KERNEL(choose)(lut, leaves, slots, 4);
    case 3:
        return KERNEL(choose)(lut, leaves, slots, 3);
    default:
        return KERNEL(choose)(lut, leaves, slots, 2);
    }
}

SIMD_KERNEL void KERNEL(luts)(const struct engine *engine, struct engine_scratch *scratch)
{
    memset(scratch->leaves, 0, ENGINE_SLOT);
    memset(scratch->leaves + 15 * ENGINE_SLOT, UINT8_MAX, ENGINE_SLOT);
    memset(scratch->slots, 0, ENGINE_SLOT);
    for (uint32_t i = 0; i < engine->num_luts; i++) {
        const struct engine_lut *lut = &engine->luts[i];

        SIMD_UNROLL(1)
        for (unsigned part = 0; part < ENGINE_SLOT; part += WIDTH) {
            uint8_t *slots = scratch->slots + part;

            *(VEC *)(void *)(slots + (size_t)lut->out * ENGINE_SLOT) =
                KERNEL(lut)(lut, scratch->leaves, slots);
        }
    }
}

/* --- class sums and argmax --- */

/* Adds a bit of weight 2^w to sum[w..): two of one weight wait for a third, the sum's own. */
SIMD_INLINE void KERNEL(carry_in)(VEC *sum, VEC *waiting, uint32_t *waits, unsigned w, VEC bit)
{
    for (; *waits >> w & 1; w++) {
        VEC a = sum[w], b = waiting[w];

        sum[w] = XOR3(a, b, bit);
        bit = MAJORITY(a, b, bit);
        *waits &= ~(1U << w);
    }
    waiting[w] = bit;
    *waits |= 1U << w;
}

/* Bit planes of a class sum. Bits of a weight beyond score_bits cannot be set. */
SIMD_INLINE void KERNEL(class_sum)(const struct engine *engine, const uint8_t *slots,
                                   uint32_t class, VEC *sum)
{
    VEC waiting[ENGINE_SUM_BITS + 1], zero = {0};
    uint32_t waits = 0, end = engine->group_start[class + 1];

    for (unsigned w = 0; w < ENGINE_SUM_BITS; w++)
        sum[w] = engine->bias[class] >> w & 1 ? ~zero : zero;
    for (uint32_t i = engine->group_start[class]; i < end; i++)
        KERNEL(carry_in)
    (sum, waiting, &waits, 0,
     *(const VEC *)(const void *)(slots + (size_t)engine->group[i] * ENGINE_SLOT));
    for (unsigned w = 0; w < engine->score_bits; w++) {
        VEC carry;

        if ((waits >> w & 1) == 0) continue;
        carry = sum[w] & waiting[w];
        sum[w] ^= waiting[w];
        waits &= ~(1U << w);
        if (w + 1 < engine->score_bits) KERNEL(carry_in)(sum, waiting, &waits, w + 1, carry);
    }
}

/* Where the sum is greater than the best one so far, it and its number take the place. */
SIMD_INLINE void KERNEL(keep_greater)(const struct engine *engine, const VEC *sum, VEC *best,
                                      uint32_t class, uint8_t *index)
{
    VEC greater = {0};

    for (unsigned w = 0; w < engine->score_bits; w++)
        greater = MUX(sum[w] ^ best[w], sum[w], greater);
    for (unsigned w = 0; w < engine->score_bits; w++)
        best[w] = MUX(greater, sum[w], best[w]);
    for (unsigned w = 0; w < engine->class_bits; w++) {
        VEC *plane = (VEC *)(void *)(index + (size_t)w * ENGINE_SLOT);

        *plane = class >> w & 1 ? *plane | greater : *plane & ~greater;
    }
}

SIMD_KERNEL void KERNEL(decide)(const struct engine *engine, struct engine_scratch *scratch,
                                size_t samples, uint32_t *scores)
{
    memset(scratch->index, 0, sizeof scratch->index);
    for (unsigned part = 0; part < ENGINE_SLOT; part += WIDTH) {
        VEC sum[ENGINE_SUM_BITS], best[ENGINE_SUM_BITS];
        size_t first = (size_t)part * 8;

        if (first >= samples) break;
        for (uint32_t c = 0; c < engine->num_classes; c++) {
            KERNEL(class_sum)(engine, scratch->slots + part, c, sum);
            if (c == 0)
                memcpy(best, sum, sizeof best);
            else
                KERNEL(keep_greater)
            (engine, sum, best, c, (uint8_t *)scratch->index + part);
            if (scores == NULL) continue;
            for (unsigned w = 0; w < engine->score_bits; w++)
                memcpy((uint8_t *)scratch->score + w * ENGINE_SLOT, &sum[w], WIDTH);
            unpack(scratch->score, engine->score_bits,
                   samples - first < WIDTH * 8 ? samples - first : WIDTH * 8,
                   scores + first * engine->num_classes + c, engine->num_classes);
        }
    }
}

static void KERNEL(block)(const struct engine *engine, struct engine_scratch *scratch,
                          const struct engine_rows *rows, size_t samples, uint32_t *scores,
                          uint32_t *classes)
{
    KERNEL(encode)(engine, scratch, rows, samples);
    KERNEL(luts)(engine, scratch);
    KERNEL(decide)(engine, scratch, samples, scores);
    unpack(scratch->index, engine->class_bits, samples, classes, 1);
}

#undef VEC
#undef TERNARY
#undef MUX
#undef XOR3
#undef MAJORITY
