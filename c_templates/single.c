/* ---- one sample: tables only, NUM_SLOTS bytes of stack ---- */

FUNCTION(uint32_t, classify_one)(const code *codes, uint32_t *scores)
{
    uint8_t bits[NUM_SLOTS];
    uint32_t best = 0, best_score = 0, i, k;

    bits[0] = 0; /* unused inputs of a LUT read it */
    for (i = 0; i < NUM_STEPS; i++) {
        uint32_t value = codes[steps[i].feature];
        uint8_t bit = steps[i].initial;

        for (k = steps[i].first; k < steps[i].first + steps[i].count; k++)
            bit ^= (uint8_t)(value >= toggles[k]);
        bits[steps[i].slot] = bit;
    }
    for (i = 0; i < NUM_LUTS; i++) {
        const number *in = luts[i].in;
        uint32_t low = bits[in[0]] | (uint32_t)bits[in[1]] << 1 | (uint32_t)bits[in[2]] << 2 |
                       (uint32_t)bits[in[3]] << 3 | (uint32_t)bits[in[4]] << 4;

        bits[luts[i].out] = (uint8_t)(luts[i].table[bits[in[5]]] >> low & 1);
    }
    for (i = 0; i < NUM_CLASSES; i++) {
        uint32_t score = biases[i];

        for (k = group_start[i]; k < group_start[i + 1]; k++)
            score += bits[group[k]];
        if (scores) scores[i] = score;
        if (i == 0 || score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}
