/* ---- LANES samples at a time: a word holds one bit of each ---- */

#ifndef DIFFLUT_WORD_BITS
#define DIFFLUT_WORD_BITS 64
#endif
#define LANES DIFFLUT_WORD_BITS
#if LANES > 64 /* a vector of the compiler's (gcc, clang): 128, 256 or 512 */
typedef uint64_t word __attribute__((vector_size(LANES / 8), may_alias));
#define ZERO       ((word){0})
typedef uint64_t part_word __attribute__((may_alias));
#define PART(w, i) (((part_word *)&(w))[i])
#else /* 64, 32, 16 or 8 */
#if LANES == 64
typedef uint64_t word;
#elif LANES == 32
typedef uint32_t word;
#elif LANES == 16
typedef uint16_t word;
#else
typedef uint8_t word;
#endif
#define ZERO       ((word)0)
#define PART(w, i) (w)
#endif
#define PARTS     ((LANES + 63) / 64) /* of a word, 64 samples or fewer each */
#define PART_BITS (LANES < 64 ? LANES : 64)
#if defined(__GNUC__) && LANES >= 64
#define FAST_ENCODER /* by byte vectors */
#endif
