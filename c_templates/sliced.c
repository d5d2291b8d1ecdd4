/* ---- encoder ---- */

#ifdef FAST_ENCODER
#define ENGINE_LANES   LANES
#define ENGINE_COLUMNS 64
#define KERNEL(name)   name
#define SIMD_INLINE    static inline
#define SIMD_KERNEL    static
#define PRAGMA(text)   _Pragma(#text)
#if defined(__clang__)
#define SIMD_UNROLL(n)
#else
#define SIMD_UNROLL(n) PRAGMA(GCC unroll n)
#endif
#if defined(__AVX512BW__) && defined(__AVX512DQ__)
#define WIDTH 64
#elif defined(__AVX2__)
#define WIDTH 32
#else
#define WIDTH 16
#endif
#if defined(__SSE2__)
#include <immintrin.h>
#endif

@engine_bytes.h@
/* Columns of one chunk of features, low and high bytes of the codes. */
struct columns {
    uint8_t byte[CODE_BYTES][ENGINE_COLUMNS * LANES];
    uint8_t tile[CODE_BYTES][64 * ENGINE_COLUMNS];
};

/* 64 x 64 codes as bytes; zeros where there are no samples or features. */
static void fill_tile(struct columns *c, const code *codes, uint32_t samples, uint32_t feature)
{
    uint32_t r, f, b;

    for (r = 0; r < 64; r++)
        for (f = 0; f < ENGINE_COLUMNS; f++)
            for (b = 0; b < CODE_BYTES; b++)
                c->tile[b][r * ENGINE_COLUMNS + f] =
                    r < samples && feature + f < NUM_FEATURES
                        ? (uint8_t)(codes[(size_t)r * NUM_FEATURES + feature + f] >> (8 * b))
                        : 0;
}

static void load_chunk(struct columns *c, const code *codes, uint32_t samples, uint32_t feature)
{
    uint32_t row, b;

    for (row = 0; row < samples; row += 64) {
        const code *first = codes + (size_t)row * NUM_FEATURES;

        if (CODE_BYTES == 1 && NUM_FEATURES >= ENGINE_COLUMNS && row + 64 <= samples) {
            transpose((const uint8_t *)first + feature, NUM_FEATURES, c->byte[0] + row);
            continue;
        }
        fill_tile(c, first, samples - row, feature);
        for (b = 0; b < CODE_BYTES; b++)
            transpose(c->tile[b], ENGINE_COLUMNS, c->byte[b] + row);
    }
}

/* Bit i: the code of sample i is at least the toggle. */
static inline uint64_t reached(const struct columns *c, uint32_t at, uint32_t toggle)
{
    uint64_t bits = at_least(c->byte[0] + at, (uint8_t)toggle);

    if (CODE_BYTES > 1) {
        const uint8_t *high = c->byte[CODE_BYTES - 1] + at;
        uint32_t top = toggle >> 8;

        bits &= at_least(high, (uint8_t)top);
        if (top < 255) bits |= at_least(high, (uint8_t)(top + 1));
    }
    return bits;
}

static void encode(const code *codes, uint32_t samples, word *s)
{
    struct columns c;
    uint32_t i, k, t, part;

    for (i = 0; i < NUM_CHUNKS; i++) {
        load_chunk(&c, codes, samples, chunks[i].feature);
        for (k = chunks[i].first; k < (uint32_t)chunks[i].first + chunks[i].count; k++) {
            const struct step *step = &steps[k];
            uint32_t at = (uint32_t)(step->feature - chunks[i].feature) * LANES;
            const uint64_t initial = step->initial ? ~(uint64_t)0 : 0;
            word *out = &s[step->slot];

            if (step->count == 1) {
                SIMD_UNROLL(8)
                for (part = 0; part < PARTS; part++)
                    PART(*out, part) = initial ^ reached(&c, at + 64 * part, toggles[step->first]);
                continue;
            }
            for (part = 0; part < PARTS; part++) {
                uint64_t bits = initial;

                for (t = step->first; t < (uint32_t)step->first + step->count; t++)
                    bits ^= reached(&c, at + 64 * part, toggles[t]);
                PART(*out, part) = bits;
            }
        }
    }
}
#else
/* Without byte vectors: sample by sample. */
static void encode(const code *codes, uint32_t samples, word *s)
{
    uint32_t i, k, t, part;

    for (i = 0; i < NUM_STEPS; i++) {
        word w = ZERO;

        for (part = 0; part < PARTS; part++) {
            for (k = 0; k < PART_BITS && part * 64 + k < samples; k++) {
                uint32_t value =
                    codes[(size_t)(part * 64 + k) * NUM_FEATURES + steps[i].feature];
                uint32_t bit = steps[i].initial;

                for (t = steps[i].first; t < (uint32_t)steps[i].first + steps[i].count; t++)
                    bit ^= value >= toggles[t];
                PART(w, part) |= (word)((word)bit << k);
            }
        }
        s[steps[i].slot] = w;
    }
}
#endif

/* ---- class sums and argmax, bit-sliced ---- */

/* Adds a bit of weight 2^w: two of one weight wait for a third, the sum's own (a full adder). */
static inline void add_bit(word *sum, word *waiting, uint32_t *waits, uint32_t w, word bit)
{
    for (; *waits >> w & 1; w++) {
        const word a = sum[w], b = waiting[w];

        sum[w] = a ^ b ^ bit;
        bit = (a & b) | ((a ^ b) & bit);
        *waits &= ~((uint32_t)1 << w);
    }
    waiting[w] = bit;
    *waits |= (uint32_t)1 << w;
}

static void class_sum(const word *s, uint32_t class_number, word *sum)
{
    word waiting[33];
    uint32_t waits = 0, w, k;

    for (w = 0; w < 32; w++)
        sum[w] = biases[class_number] >> w & 1 ? ~ZERO : ZERO;
    for (k = group_start[class_number]; k < group_start[class_number + 1]; k++)
        add_bit(sum, waiting, &waits, 0, s[group[k]]);
    for (w = 0; w < SCORE_BITS; w++) {
        word carry;

        if ((waits >> w & 1) == 0) continue;
        carry = sum[w] & waiting[w];
        sum[w] ^= waiting[w];
        waits &= ~((uint32_t)1 << w);
        if (w + 1 < SCORE_BITS) add_bit(sum, waiting, &waits, w + 1, carry);
    }
}

static void decide(const word *s, word *index)
{
    word sum[32], best[SCORE_BITS];
    uint32_t c, w;

    for (w = 0; w < CLASS_BITS; w++)
        index[w] = ZERO;
    for (w = 0; w < SCORE_BITS; w++)
        best[w] = ZERO;
    for (c = 0; c < NUM_CLASSES; c++) {
        word greater = ZERO; /* strictly: the lowest class keeps a tie */

        class_sum(s, c, sum);
        for (w = 0; c > 0 && w < SCORE_BITS; w++)
            greater = (sum[w] & ~best[w]) | (~(sum[w] ^ best[w]) & greater);
        if (c == 0) greater = ~ZERO;
        for (w = 0; w < SCORE_BITS; w++)
            best[w] = (best[w] & ~greater) | (sum[w] & greater);
        for (w = 0; w < CLASS_BITS; w++)
            index[w] = (index[w] & ~greater) | (c >> w & 1 ? greater : ZERO);
    }
}

FUNCTION(void, classify)(const code *codes, uint32_t count, uint32_t *classes)
{
    word s[NUM_SLOTS], index[CLASS_BITS];
    uint32_t first, i, w, part;

    for (first = 0; first < count; first += LANES) {
        uint32_t samples = count - first < LANES ? count - first : LANES;

        encode(codes + (size_t)first * NUM_FEATURES, samples, s);
        evaluate_luts(s);
        decide(s, index);
        for (part = 0; part < PARTS; part++) {
            uint32_t values[PART_BITS] = {0};

            for (w = 0; w < CLASS_BITS; w++)
                for (i = 0; i < PART_BITS; i++)
                    values[i] |= (uint32_t)(PART(index[w], part) >> i & 1) << w;
            for (i = 0; i < PART_BITS && part * 64 + i < samples; i++)
                classes[first + part * 64 + i] = values[i];
        }
    }
}
