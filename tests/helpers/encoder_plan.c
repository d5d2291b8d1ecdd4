/* encoder_plan LUT_INPUTS CODE_BITS THRESHOLD...: how many LUTs the plan of shared comparators takes. */
#include "netlist/comparators.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_THRESHOLDS = 4096 };

int main(int argc, char **argv)
{
    static uint32_t toggles[MAX_THRESHOLDS];
    struct comparators *plan = NULL;
    struct err err;
    size_t count = 0;

    if (argc < 4) return 2;
    for (int i = 3; i < argc && count < MAX_THRESHOLDS; i++)
        toggles[count++] = (uint32_t)strtoul(argv[i], NULL, 10) + 1;
    if (comparators_create(&plan, toggles, count, (unsigned)strtoul(argv[2], NULL, 10),
                           (unsigned)strtoul(argv[1], NULL, 10), &err) != ERR_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    printf("%llu\n", (unsigned long long)plan->luts);
    comparators_free(plan);
    return 0;
}
