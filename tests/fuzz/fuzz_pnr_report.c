/* nextpnr's report: frequency, use and the slowest path, and the result as it is kept. */
#include "fuzz.h"

#include "flow/pnr.h"

#include <stdlib.h>

void fuzz_one(const uint8_t *data, size_t size)
{
    struct pnr_result result = {0};
    struct err err;

    if (pnr_report_read((const char *)data, size, &result, &err) != ERR_OK) return;
    if (result.num_steps > PNR_MAX_STEPS) abort();
    json_decref(pnr_json(&result));
}
