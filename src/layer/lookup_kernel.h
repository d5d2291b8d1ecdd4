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
