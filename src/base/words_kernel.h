/* Comparisons of 64 numbers to a word, included once for each instruction set (simd.h). With AVX-512 a
 * comparison gives mask bits; elsewhere the compiler vectorises it to bytes of 0 and 1, and a product
 * gathers eight of them: byte i times 2^(56 - 7 i) ends at bit 56 + i. */

SIMD_INLINE uint64_t KERNEL(words_pack)(const uint8_t *bytes)
{
    uint64_t word = 0;

    for (unsigned k = 0; k < WORDS_LANES / 8; k++) {
        uint64_t eight = 0;

        for (unsigned i = 0; i < 8; i++)
            eight |= (uint64_t)bytes[8 * k + i] << (8 * i);
        word |= (eight * UINT64_C(0x0102040810204080) >> 56) << (8 * k);
    }
    return word;
}

SIMD_INLINE uint64_t KERNEL(words_at_least)(const uint16_t *codes, uint16_t limit)
{
#ifdef __AVX512BW__
    __m512i bound = _mm512_set1_epi16((short)limit);

    return (uint64_t)_mm512_cmpge_epu16_mask(_mm512_loadu_si512(codes), bound) |
           (uint64_t)_mm512_cmpge_epu16_mask(_mm512_loadu_si512(codes + 32), bound) << 32;
#else
    uint8_t bytes[WORDS_LANES];

    for (unsigned s = 0; s < WORDS_LANES; s++)
        bytes[s] = codes[s] >= limit;
    return KERNEL(words_pack)(bytes);
#endif
}

SIMD_INLINE uint64_t KERNEL(words_half)(const float *x)
{
#ifdef __AVX512BW__
    uint64_t word = 0;

    for (unsigned k = 0; k < 4; k++)
        word |= (uint64_t)_mm512_cmp_ps_mask(_mm512_loadu_ps(x + 16 * k), _mm512_set1_ps(0.5F),
                                             _CMP_GE_OQ)
                << (16 * k);
    return word;
#else
    uint8_t bytes[WORDS_LANES];

    for (unsigned s = 0; s < WORDS_LANES; s++)
        bytes[s] = x[s] >= 0.5F;
    return KERNEL(words_pack)(bytes);
#endif
}

SIMD_INLINE uint64_t KERNEL(words_less)(const uint32_t *draws, uint32_t limit)
{
#ifdef __AVX512BW__
    __m512i bound = _mm512_set1_epi32((int)limit);
    uint64_t word = 0;

    for (unsigned k = 0; k < 4; k++)
        word |= (uint64_t)_mm512_cmplt_epu32_mask(_mm512_loadu_si512(draws + 16 * k), bound)
                << (16 * k);
    return word;
#else
    uint8_t bytes[WORDS_LANES];

    for (unsigned s = 0; s < WORDS_LANES; s++)
        bytes[s] = draws[s] < limit;
    return KERNEL(words_pack)(bytes);
#endif
}
