/* `stat -json` of Yosys. The first byte says for which target. */
#include "fuzz.h"

#include "flow/synth_report.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    static const char *const targets[] = {"generic", "xc7", "xcup", "ecp5", "ice40"};
    struct synth_result result = {0};
    struct err err;

    if (size == 0 || synth_report_read((const char *)data + 1, size - 1, "toy", "toy_full",
                                       targets[data[0] % (sizeof targets / sizeof *targets)],
                                       &result, &err) != ERR_OK)
        return;
    synth_report_physical(&result, &result);
    json_decref(synth_report_json(&result));
}
