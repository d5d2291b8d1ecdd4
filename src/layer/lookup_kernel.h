/* The kernels of lookup.c, included once for each instruction set (base/simd.h). */

#ifdef __AVX512BW__
/* Bits first..first + count of the addresses, a byte a sample: a word is the mask of an addition. */
SIMD_INLINE __m512i KERNEL(address_bytes)(const uint64_t *slots, unsigned count)
{
    __m512i address = _mm512_setzero_si512();

    SIMD_UNROLL(8)
    for (unsigned j = 0; j < count; j++)
        address =
            _mm512_mask_add_epi8(address, slots[j], address, _mm512_set1_epi8((char)(1 << j)));
    return address;
}

SIMD_INLINE void KERNEL(store_bytes)(const uint64_t *slots, unsigned count, uint8_t *address)
{
    _mm512_storeu_si512(address, KERNEL(address_bytes)(slots, count));
}
#elif defined(__AVX2__)
/* Each byte of a vector gets the byte of the word that holds its bit, and keeps that bit. */
SIMD_INLINE void KERNEL(store_bytes)(const uint64_t *slots, unsigned count, uint8_t *address)
{
    const bytes32 one = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128,
                         1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};

    for (unsigned k = 0; k < 2; k++) {
        bytes32 sum = {0};

        for (unsigned j = 0; j < count; j++) {
            uint32_t half = (uint32_t)(slots[j] >> (32 * k));
            bytes32 spread = (bytes32)(words4){half, half, half, half};

            spread = __builtin_shufflevector(spread, spread, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1,
                                             1, 1, 1, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19,
                                             19, 19, 19, 19, 19);
            sum |= (bytes32)((spread & one) == one) & (uint8_t)(1U << j);
        }
        memcpy(address + 32 * k, &sum, sizeof sum);
    }
}
#else
/* The same in whole words: a product copies eight bits into eight bytes, each keeps its own, and an
 * addition that carries into the top bit of a byte tells those that are not 0. */
SIMD_INLINE void KERNEL(store_bytes)(const uint64_t *slots, unsigned count, uint8_t *address)
{
    for (unsigned k = 0; k < WORDS_LANES / 8; k++) {
        uint64_t sum = 0;

        for (unsigned j = 0; j < count; j++) {
            uint64_t spread = (slots[j] >> (8 * k) & 0xff) * UINT64_C(0x0101010101010101);

            spread = (spread & UINT64_C(0x8040201008040201)) + UINT64_C(0x7f7f7f7f7f7f7f7f);
            sum |= (spread >> 7 & UINT64_C(0x0101010101010101)) << j;
        }
        for (unsigned i = 0; i < 8; i++)
            address[8 * k + i] = (uint8_t)(sum >> (8 * i));
    }
}
#endif

SIMD_KERNEL void KERNEL(lookup_address)(unsigned n, const uint64_t *slots, uint16_t *address)
{
    uint8_t low[WORDS_LANES], high[WORDS_LANES] = {0};

    KERNEL(store_bytes)(slots, n < 8 ? n : 8, low);
    if (n > 8) KERNEL(store_bytes)(slots + 8, n - 8, high);
    for (unsigned s = 0; s < WORDS_LANES; s++)
        address[s] = (uint16_t)(low[s] | high[s] << 8);
}

/* --- soft tables --- */

#ifdef __AVX512BW__
/* Up to 64 entries in registers, permuted by the addresses of 16 samples. The highest bit of six chooses
 * by mask: its word is that mask. n here is 4, 5 or 6; smaller tables are padded to 16 entries. */
struct KERNEL(registers) {
    __m512 part[4];
};

SIMD_INLINE struct KERNEL(registers) KERNEL(load_table)(unsigned n, size_t size, const float *table)
{
    struct KERNEL(registers) t;

    t.part[0] = _mm512_maskz_loadu_ps((__mmask16)(size < 16 ? (1U << size) - 1 : 0xffff), table);
    if (n > 4) t.part[1] = _mm512_loadu_ps(table + 16);
    if (n > 5) t.part[2] = _mm512_loadu_ps(table + 32);
    if (n > 5) t.part[3] = _mm512_loadu_ps(table + 48);
    return t;
}

SIMD_INLINE __m512 KERNEL(permute)(unsigned n, const struct KERNEL(registers) * t, __m512i address,
                                   uint64_t top)
{
    __m512 low;

    if (n == 4) return _mm512_permutexvar_ps(address, t->part[0]);
    low = _mm512_permutex2var_ps(t->part[0], address, t->part[1]);
    if (n == 5) return low;
    return _mm512_mask_mov_ps(low, (__mmask16)top,
                              _mm512_permutex2var_ps(t->part[2], address, t->part[3]));
}

/* Addresses of 16 samples, a number each. */
SIMD_INLINE __m512i KERNEL(widen)(const uint8_t *address)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)address));
}

SIMD_INLINE void KERNEL(forward_parts)(unsigned n, unsigned inputs, const float *table,
                                       const uint64_t *slots, float *out, size_t count)
{
    const struct KERNEL(registers) t = KERNEL(load_table)(n, (size_t)1 << inputs, table);
    uint8_t address[WORDS_LANES];

    KERNEL(store_bytes)(slots, inputs, address);
    for (size_t s = 0; s < count; s += 16)
        _mm512_storeu_ps(out + s, KERNEL(permute)(n, &t, KERNEL(widen)(address + s),
                                                  n == 6 ? slots[5] >> s : 0));
}

/* x at the lanes with bit j less x at those without it, in both. */
SIMD_INLINE __m512 KERNEL(lane_difference)(unsigned j, __m512 x)
{
    if (j == 0) return _mm512_sub_ps(_mm512_movehdup_ps(x), _mm512_moveldup_ps(x));
    if (j == 1) return _mm512_sub_ps(_mm512_permute_ps(x, 0xee), _mm512_permute_ps(x, 0x44));
    if (j == 2)
        return _mm512_sub_ps(_mm512_shuffle_f32x4(x, x, 0xf5), _mm512_shuffle_f32x4(x, x, 0xa0));
    return _mm512_sub_ps(_mm512_shuffle_f32x4(x, x, 0xee), _mm512_shuffle_f32x4(x, x, 0x44));
}

/* The same for all entries of a table, the differences in all places. */
SIMD_INLINE struct KERNEL(registers)
    KERNEL(difference)(unsigned n, unsigned j, const struct KERNEL(registers) * x)
{
    struct KERNEL(registers) d = *x;
    unsigned parts = 1U << (n - 4), bit = j < 4 ? 0 : 1U << (j - 4);

    SIMD_UNROLL(4)
    for (unsigned k = 0; k < parts; k++)
        d.part[k] = bit == 0 ? KERNEL(lane_difference)(j, x->part[k])
                             : _mm512_sub_ps(x->part[k | bit], x->part[k & ~bit]);
    return d;
}

SIMD_INLINE void KERNEL(backward_parts)(unsigned n, unsigned inputs, const float *smooth,
                                        const uint64_t *slots, const float *grad,
                                        float *const *grad_in, size_t count)
{
    const struct KERNEL(registers) all = KERNEL(load_table)(n, (size_t)1 << inputs, smooth);
    uint8_t address[WORDS_LANES];

    KERNEL(store_bytes)(slots, inputs, address);
    SIMD_UNROLL(6)
    for (unsigned j = 0; j < inputs; j++) {
        const struct KERNEL(registers) t = KERNEL(difference)(n, j, &all);
        float *row = grad_in[j];

        SIMD_UNROLL(4)
        for (size_t s = 0; s < count; s += 16) {
            __m512 x =
                KERNEL(permute)(n, &t, KERNEL(widen)(address + s), n == 6 ? slots[5] >> s : 0);

            _mm512_storeu_ps(
                row + s, _mm512_fmadd_ps(_mm512_loadu_ps(grad + s), x, _mm512_loadu_ps(row + s)));
        }
    }
}

SIMD_INLINE void KERNEL(forward_permuted)(unsigned n, const float *table, const uint64_t *slots,
                                          float *out, size_t count)
{
    if (n == 6)
        KERNEL(forward_parts)(6, 6, table, slots, out, count);
    else if (n == 5)
        KERNEL(forward_parts)(5, 5, table, slots, out, count);
    else
        KERNEL(forward_parts)(4, n, table, slots, out, count);
}

SIMD_INLINE void KERNEL(backward_permuted)(unsigned n, const float *smooth, const uint64_t *slots,
                                           const float *grad, float *const *grad_in, size_t count)
{
    if (n == 6 && count == WORDS_LANES)
        KERNEL(backward_parts)(6, 6, smooth, slots, grad, grad_in, WORDS_LANES);
    else if (n == 6)
        KERNEL(backward_parts)(6, 6, smooth, slots, grad, grad_in, count);
    else if (n == 5)
        KERNEL(backward_parts)(5, 5, smooth, slots, grad, grad_in, count);
    else
        KERNEL(backward_parts)(4, n, smooth, slots, grad, grad_in, count);
}
#else
#define DIFFERENCE(x, sign, ...) ((x) * (sign)-__builtin_shufflevector(x, x, __VA_ARGS__) * (sign))

/* slope[j][a] for n = 3..COPIED_INPUTS: cheaper than two look-ups a sample. */
SIMD_INLINE void KERNEL(differences)(unsigned n, const float *smooth, float *slope)
{
    const floats8 sign_1 = {-1, 1, -1, 1, -1, 1, -1, 1}, sign_2 = {-1, -1, 1, 1, -1, -1, 1, 1},
                  sign_4 = {-1, -1, -1, -1, 1, 1, 1, 1};
    size_t size = (size_t)1 << n;
    floats8 x, d, high;

    for (size_t a = 0; a < size; a += 8) {
        memcpy(&x, smooth + a, sizeof x);
        d = DIFFERENCE(x, sign_1, 1, 0, 3, 2, 5, 4, 7, 6);
        memcpy(slope + a, &d, sizeof d);
        d = DIFFERENCE(x, sign_2, 2, 3, 0, 1, 6, 7, 4, 5);
        memcpy(slope + size + a, &d, sizeof d);
        d = DIFFERENCE(x, sign_4, 4, 5, 6, 7, 0, 1, 2, 3);
        memcpy(slope + 2 * size + a, &d, sizeof d);
        for (unsigned j = 3; j < n; j++) {
            size_t bit = (size_t)1 << j;

            memcpy(&x, smooth + (a & ~bit), sizeof x);
            memcpy(&high, smooth + (a | bit), sizeof high);
            d = high - x;
            memcpy(slope + j * size + a, &d, sizeof d);
        }
    }
}

#undef DIFFERENCE

SIMD_INLINE void KERNEL(backward_small)(unsigned n, const float *smooth, const uint64_t *slots,
                                        const float *grad, float *const *grad_in, size_t count)
{
    float slope[COPIED_INPUTS << COPIED_INPUTS] __attribute__((aligned(SIMD_ALIGN)));
    uint16_t address[WORDS_LANES];

    KERNEL(lookup_address)(n, slots, address);
    KERNEL(differences)(n, smooth, slope);
    for (unsigned j = 0; j < n; j++) {
        const float *of = slope + ((size_t)j << n);
        float *restrict row = grad_in[j];

        for (size_t s = 0; s < count; s++)
            row[s] += grad[s] * of[address[s]];
    }
}
#endif

SIMD_KERNEL void KERNEL(lookup_forward)(unsigned n, const float *restrict table,
                                        const uint64_t *restrict slots, float *restrict out,
                                        size_t count)
{
    uint16_t address[WORDS_LANES];

#ifdef __AVX512BW__
    if (n <= 6) {
        KERNEL(forward_permuted)(n, table, slots, out, count);
        return;
    }
#endif
    KERNEL(lookup_address)(n, slots, address);
    for (size_t s = 0; s < count; s++)
        out[s] = table[address[s]];
}

SIMD_KERNEL void KERNEL(lookup_backward_inputs)(unsigned n, const float *restrict smooth,
                                                const uint64_t *restrict slots,
                                                const float *restrict grad, float *const *grad_in,
                                                size_t count)
{
    uint16_t address[WORDS_LANES];

#ifdef __AVX512BW__
    if (n <= 6) {
        KERNEL(backward_permuted)(n, smooth, slots, grad, grad_in, count);
        return;
    }
#else
    if (n == 6) {
        KERNEL(backward_small)(6, smooth, slots, grad, grad_in, count);
        return;
    }
    if (n >= 3 && n < 6) {
        KERNEL(backward_small)(n, smooth, slots, grad, grad_in, count);
        return;
    }
#endif
    KERNEL(lookup_address)(n, slots, address);
    for (unsigned j = 0; j < n; j++) {
        size_t bit = (size_t)1 << j;
        float *restrict row = grad_in[j];

        for (size_t s = 0; s < count; s++)
            row[s] += grad[s] * (smooth[address[s] | bit] - smooth[address[s] & ~bit]);
    }
}

SIMD_INLINE void KERNEL(add_by_copies)(unsigned n, const struct lookup_samples *blocks,
                                       size_t num_blocks, float *restrict table)
{
    float bins[COPIES << COPIED_INPUTS] __attribute__((aligned(SIMD_ALIGN)));
    uint8_t address[WORDS_LANES];
    size_t size = (size_t)1 << n;

    for (size_t i = 0; i < COPIES * size; i++)
        bins[i] = 0.0F;
    for (size_t b = 0; b < num_blocks; b++) {
        const float *grad = blocks[b].grad;

        KERNEL(store_bytes)(blocks[b].slots, n, address);
        for (size_t s = 0; s < blocks[b].count; s += COPIES) {
            SIMD_UNROLL(8)
            for (size_t copy = 0; copy < COPIES; copy++)
                bins[copy * size + address[s + copy]] += grad[s + copy];
        }
    }
    for (size_t a = 0; a < size; a++) {
        float sum = bins[a];

        SIMD_UNROLL(8)
        for (size_t copy = 1; copy < COPIES; copy++)
            sum += bins[copy * size + a];
        table[a] += sum;
    }
}

SIMD_KERNEL void KERNEL(lookup_backward_table)(unsigned n, const struct lookup_samples *blocks,
                                               size_t num_blocks, float *restrict table)
{
    uint16_t address[WORDS_LANES];

    if (n == 6) { /* the usual size, with constant distances */
        KERNEL(add_by_copies)(6, blocks, num_blocks, table);
        return;
    }
    if (n <= COPIED_INPUTS) {
        KERNEL(add_by_copies)(n, blocks, num_blocks, table);
        return;
    }
    for (size_t b = 0; b < num_blocks; b++) {
        KERNEL(lookup_address)(n, blocks[b].slots, address);
        for (size_t s = 0; s < blocks[b].count; s++)
            table[address[s]] += blocks[b].grad[s];
    }
}

/* --- hard tables --- */

/* One level of a tree of multiplexers: the half of the vectors that `slot` chooses. */
#define CHOOSE(low, high, slot) ((low) ^ (((low) ^ (high)) & (slot)))

/* 64 table bits at six address bits: entry a is spread over word a % 4 of vector a / 4, then each slot
 * halves what is left. */
SIMD_INLINE uint64_t KERNEL(choose_bit)(uint64_t table, const uint64_t *slots)
{
    words4 left[16];

    SIMD_UNROLL(16)
    for (unsigned i = 0; i < 16; i++) {
        const words4 bit = {1, 2, 4, 8};

        left[i] = (words4)(((words4){table, table, table, table} >> (4 * i) & bit) == bit);
    }
    SIMD_UNROLL(8)
    for (unsigned i = 0; i < 8; i++)
        left[i] = CHOOSE(left[i], left[i + 8], slots[5]);
    SIMD_UNROLL(4)
    for (unsigned i = 0; i < 4; i++)
        left[i] = CHOOSE(left[i], left[i + 4], slots[4]);
    left[0] = CHOOSE(left[0], left[2], slots[3]);
    left[1] = CHOOSE(left[1], left[3], slots[3]);
    left[0] = CHOOSE(left[0], left[1], slots[2]);
    {
        uint64_t even = CHOOSE(left[0][0], left[0][2], slots[1]);
        uint64_t odd = CHOOSE(left[0][1], left[0][3], slots[1]);

        return CHOOSE(even, odd, slots[0]);
    }
}

/* `low` are the first six slots; those above choose among the table's words. */
SIMD_KERNEL uint64_t KERNEL(lookup_bit)(unsigned n, const uint64_t *table, const uint64_t *low,
                                        const uint64_t *slots)
{
    uint64_t left[1 << (NODE_MAX_INPUTS - 6)];
    size_t words = n > 6 ? (size_t)1 << (n - 6) : 1;

    left[0] = KERNEL(choose_bit)(table[0], low);
    for (size_t i = 1; i < words; i++)
        left[i] = KERNEL(choose_bit)(table[i], low);
    while (words > 1) {
        uint64_t slot = slots[--n];

        words /= 2;
        for (size_t i = 0; i < words; i++)
            left[i] = CHOOSE(left[i], left[i + words], slot);
    }
    return left[0];
}

#undef CHOOSE
