/* Rows of bytes into columns, and columns into bits, with vectors of WIDTH bytes. Included once a version
 * by the engine's kernel, and copied into generated C: needs nothing but KERNEL(name), WIDTH,
 * SIMD_INLINE, SIMD_KERNEL, SIMD_UNROLL(n), and the constants ENGINE_LANES and ENGINE_COLUMNS. */

#if WIDTH == 64
#define BYTES             __m512i
#define LOAD(p)           _mm512_loadu_si512(p)
#define UNPACK_LOW(a, b)  _mm512_unpacklo_epi8(a, b)
#define UNPACK_HIGH(a, b) _mm512_unpackhi_epi8(a, b)
#elif WIDTH == 32
#define BYTES             __m256i
#define LOAD(p)           _mm256_loadu_si256((const __m256i *)(p))
#define UNPACK_LOW(a, b)  _mm256_unpacklo_epi8(a, b)
#define UNPACK_HIGH(a, b) _mm256_unpackhi_epi8(a, b)
#else
typedef uint8_t KERNEL(bytes) __attribute__((vector_size(16), aligned(1), may_alias));
#define BYTES   KERNEL(bytes)
#define LOAD(p) (*(const BYTES *)(p))
#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (BYTES){__VA_ARGS__})
#endif
#define UNPACK_LOW(a, b) SHUFFLE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define UNPACK_HIGH(a, b)                                                                          \
    SHUFFLE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#endif

/* The 16-byte parts of a vector, each to its column. */
SIMD_INLINE void KERNEL(store_parts)(BYTES v, uint8_t *to)
{
#if WIDTH == 64
    _mm_storeu_si128((__m128i *)to, _mm512_castsi512_si128(v));
    _mm_storeu_si128((__m128i *)(to + 16 * ENGINE_LANES), _mm512_extracti64x2_epi64(v, 1));
    _mm_storeu_si128((__m128i *)(to + 32 * ENGINE_LANES), _mm512_extracti64x2_epi64(v, 2));
    _mm_storeu_si128((__m128i *)(to + 48 * ENGINE_LANES), _mm512_extracti64x2_epi64(v, 3));
#elif WIDTH == 32
    _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(v));
    _mm_storeu_si128((__m128i *)(to + 16 * ENGINE_LANES), _mm256_extracti128_si256(v, 1));
#else
    *(BYTES *)(void *)to = v;
#endif
}

/* WIDTH columns of 16 rows: four perfect shuffles of the rows transpose every 16 x 16 part. */
SIMD_INLINE void KERNEL(transpose16)(const uint8_t *rows, size_t pitch, uint8_t *columns)
{
    BYTES a[16], b[16];

    SIMD_UNROLL(16)
    for (unsigned r = 0; r < 16; r++)
        a[r] = LOAD(rows + r * pitch);
    SIMD_UNROLL(2)
    for (unsigned round = 0; round < 2; round++) {
        SIMD_UNROLL(8)
        for (unsigned i = 0; i < 8; i++) {
            b[2 * i] = UNPACK_LOW(a[i], a[i + 8]);
            b[2 * i + 1] = UNPACK_HIGH(a[i], a[i + 8]);
        }
        SIMD_UNROLL(8)
        for (unsigned i = 0; i < 8; i++) {
            a[2 * i] = UNPACK_LOW(b[i], b[i + 8]);
            a[2 * i + 1] = UNPACK_HIGH(b[i], b[i + 8]);
        }
    }
    SIMD_UNROLL(16)
    for (unsigned c = 0; c < 16; c++)
        KERNEL(store_parts)(a[c], columns + (size_t)c * ENGINE_LANES);
}

/* 64 rows of ENGINE_COLUMNS bytes into 64 samples of as many columns. */
SIMD_KERNEL void KERNEL(transpose)(const uint8_t *rows, size_t pitch, uint8_t *columns)
{
    for (unsigned r = 0; r < 64; r += 16) {
        for (unsigned i = 0; i < 16; i++) /* of the columns after the next */
            __builtin_prefetch(rows + (r + i) * pitch + 2 * ENGINE_COLUMNS, 0, 2);
        for (unsigned c = 0; c < ENGINE_COLUMNS; c += WIDTH)
            KERNEL(transpose16)
        (rows + r * pitch + c, pitch, columns + (size_t)c * ENGINE_LANES + r);
    }
}

/* Bit i: byte i is at least `least`, or equal to it. */
SIMD_INLINE uint64_t KERNEL(at_least)(const uint8_t *column, uint8_t least)
{
#if WIDTH == 64
    return _mm512_cmpge_epu8_mask(LOAD(column), _mm512_set1_epi8((char)least));
#else
    uint64_t bits = 0;

    SIMD_UNROLL(4)
    for (unsigned i = 0; i < 64; i += WIDTH) {
#if WIDTH == 32
        BYTES v = LOAD(column + i), max = _mm256_max_epu8(v, _mm256_set1_epi8((char)least));

        bits |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, max)) << i;
#elif defined(__SSE2__)
        __m128i v = (__m128i)LOAD(column + i), max = _mm_max_epu8(v, _mm_set1_epi8((char)least));

        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, max)) << i;
#else
        for (unsigned k = 0; k < WIDTH; k++)
            bits |= (uint64_t)(column[i + k] >= least) << (i + k);
#endif
    }
    return bits;
#endif
}

#undef BYTES
#undef LOAD
#undef SHUFFLE
#undef UNPACK_LOW
#undef UNPACK_HIGH
