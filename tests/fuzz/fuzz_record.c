/* What a simulator recorded: as it is, and once more with as many lines of as many digits as there must
 * be. */
#include "fuzz.h"

#include "flow/cosim_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VECTORS = 3, CLASSES = 3 };

static struct cosim_plan *plan;
static struct vectors *vectors;
static struct manifest manifest = {
    .name = "toy",
    .top = "full",
    .top_module = "toy_full",
    .scores = true,
    .num_features = 1,
    .code_bits = 2,
    .num_bits = 3,
    .num_classes = CLASSES,
    .class_bits = 2,
    .score_bits = 3,
    .latency_cycles = 2,
    .latency_cycles_core = 1,
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    if (vectors_create(&vectors, VECTORS, 1, 2, 3, CLASSES, NULL) != ERR_OK ||
        cosim_plan_create(&plan, VECTORS, 2, NULL) != ERR_OK)
        abort();
    for (uint32_t v = 0; v < VECTORS; v++) {
        vectors->scores[v * CLASSES + v] = v + 1;
        vectors->classes[v] = v;
    }
    return 0;
}

static void check(const char *record, size_t size)
{
    struct cosim_result result = {0};
    struct err err;

    if (cosim_check_record(plan, vectors, &manifest, record, size, &result, &err) == ERR_OK &&
        (result.mismatches > VECTORS || result.num_first > COSIM_MAX_REPORTED))
        abort();
    cosim_result_free(&result);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char *record;
    size_t length;

    check((const char *)data, size);
    if (size == 0) return;
    record =
        fuzz_record_lines(data, size, plan->count, cosim_check_digits(&manifest, true), &length);
    if (record == NULL) return;
    check(record, length);
    free(record);
}
