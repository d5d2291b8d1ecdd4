/* Sweeps: what is read can be taken apart into its points. */
#include "fuzz.h"

#include "config/config_sweep.h"

#include <stdlib.h>

static void look_at(const struct config_sweep *sweep, size_t point)
{
    struct config *config = NULL;
    struct text text = {0};
    struct err err;

    if (config_sweep_config(sweep, point, &config, &err) != ERR_OK) abort();
    config_free(config);
    config_sweep_describe(sweep, point, &text);
    for (size_t key = 0; key < sweep->num_keys; key++)
        config_sweep_value(sweep, point, key, &text);
    text_free(&text);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct config_sweep *sweep = NULL;
    struct err err;

    if (config_sweep_parse(&sweep, (const char *)data, size, "fuzz/sweep.yaml", &err) != ERR_OK)
        return;
    if (sweep->num_points == 0 || sweep->num_points > CONFIG_SWEEP_MAX_POINTS) abort();
    look_at(sweep, 0);
    look_at(sweep, sweep->num_points - 1);
    config_sweep_free(sweep);
}
