#ifdef DIFFLUT_TEST_MAIN
/* ---- test: 0 when every known vector gets its class; else the number of those that do not ---- */

int main(void)
{
    uint32_t i, wrong = 0;
#ifdef DIFFLUT_SLICED
    static uint32_t classes[NUM_VECTORS];

    FUNCTION_NAME(classify)(&test_codes[0][0], NUM_VECTORS, classes);
    for (i = 0; i < NUM_VECTORS; i++)
        wrong += classes[i] != test_classes[i];
#endif
    for (i = 0; i < NUM_VECTORS; i++)
        wrong += FUNCTION_NAME(classify_one)(test_codes[i], 0) != test_classes[i];
    return wrong > 100 ? 100 : (int)wrong;
}
#endif
