/* The kernel of encoder_encode.c, included once for each instruction set after base/words_kernel.h. */

SIMD_INLINE uint64_t KERNEL(encode_bit)(const struct encoder *encoder, size_t b,
                                        const uint16_t *codes)
{
    const uint32_t *toggles = encoder->toggles + encoder->toggle_start[b];
    size_t count = encoder->toggle_start[b + 1] - encoder->toggle_start[b];
    uint64_t word = encoder->initial[b] ? UINT64_MAX : 0;

    if (count > SEARCH_FROM) return word ^ encode_search(codes, toggles, count);
    for (size_t t = 0; t < count; t++)
        word ^= KERNEL(words_at_least)(codes, (uint16_t)toggles[t]);
    return word;
}

SIMD_KERNEL void KERNEL(encoder_encode)(const struct encoder *encoder, const uint16_t *codes,
                                        uint64_t *words)
{
    size_t b = 0;

    for (size_t f = 0; f < encoder->num_features; f++) {
        for (size_t k = 0; k < encoder->bits_per_feature; k++, b++)
            words[b] = KERNEL(encode_bit)(encoder, b, codes + f * WORDS_LANES);
    }
}
