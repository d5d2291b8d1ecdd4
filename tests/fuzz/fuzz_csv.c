/* The user's CSV: parsed, labels numbered, features coded. */
#include "fuzz.h"

#include "data/raw.h"

#include <stdlib.h>

static void code(const struct raw *raw)
{
    struct code_map *map = NULL;
    uint16_t *codes = malloc(raw->count * raw->num_features * sizeof *codes + 1);

    if (codes != NULL && code_map_create(&map, 8, raw->num_features, NULL) == ERR_OK) {
        raw_fit_map(raw, false, map);
        raw_code(raw, map, codes);
        for (size_t i = 0; i < raw->count * raw->num_features; i++) {
            if (codes[i] > 255) abort();
        }
    }
    code_map_free(map);
    free(codes);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct csv *csv = NULL;
    struct raw *raw = NULL;
    struct raw_classes classes = {0};
    struct err err;
    size_t label;

    if (csv_parse(&csv, data, size, "fuzz.csv", &err) != ERR_OK) return;
    if (csv_column(csv, "label", &label, &err) != ERR_OK) label = csv->columns - 1;
    if (raw_classes_find(&classes, csv, label, &err) == ERR_OK &&
        raw_from_csv(&raw, csv, label, &classes, &err) == ERR_OK) {
        for (size_t i = 0; i < raw->count; i++) {
            if (raw->labels[i] >= classes.count) abort();
        }
        code(raw);
    }
    raw_free(raw);
    raw_classes_free(&classes);
    csv_free(csv);
}
