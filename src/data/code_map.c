#include "code_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum err_status code_map_create(struct code_map **out, unsigned bits, size_t num_features,
                                struct err *err)
{
    struct code_map *map;

    if (bits < 1 || bits > CODE_MAP_MAX_BITS) {
        return err_set(err, ERR_ARG, "code map: expected 1 to %d bits, got %u", CODE_MAP_MAX_BITS,
                       bits);
    }
    if (num_features == 0) return err_set(err, ERR_ARG, "code map: there are no features");
    map = calloc(1, sizeof *map);
    if (map == NULL) return err_nomem(err, "a code map");
    map->bits = bits;
    map->num_features = num_features;
    map->offset = calloc(num_features, 2 * sizeof *map->offset); /* the slab of both arrays */
    if (map->offset == NULL) {
        free(map);
        return err_nomem(err, "a code map");
    }
    map->step = map->offset + num_features;
    for (size_t f = 0; f < num_features; f++)
        map->step[f] = 1.0;
    *out = map;
    return ERR_OK;
}

enum err_status code_map_copy(struct code_map **out, const struct code_map *from, struct err *err)
{
    enum err_status status = code_map_create(out, from->bits, from->num_features, err);

    if (status != ERR_OK) return status;
    memcpy((*out)->offset, from->offset, from->num_features * sizeof *from->offset);
    memcpy((*out)->step, from->step, from->num_features * sizeof *from->step);
    return ERR_OK;
}

void code_map_free(struct code_map *map)
{
    if (map == NULL) return;
    free(map->offset);
    free(map);
}

uint16_t code_map_code(const struct code_map *map, size_t feature, double x)
{
    double top = (double)((1U << map->bits) - 1);
    double code = floor((x - map->offset[feature]) / map->step[feature] + 0.5);

    if (!(code > 0.0)) return 0; /* NaN too */
    return (uint16_t)(code < top ? code : top);
}

void code_map_fit(struct code_map *map, size_t feature, double low, double high, bool whole)
{
    double top = (double)((1U << map->bits) - 1);
    double step = (high - low) / top;

    map->offset[feature] = 0.0;
    map->step[feature] = 1.0;
    if (whole && low >= 0.0 && high <= top) return;
    if (!isfinite(step)) step = high / top - low / top; /* high - low overflowed */
    map->offset[feature] = low;
    if (step > 0.0) map->step[feature] = step;
}
