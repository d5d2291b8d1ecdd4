/* Small configurations and data for tests: built in memory, so that a test says what it needs. */
#ifndef DIFFLUT_TESTS_SMALL_MODEL_H
#define DIFFLUT_TESTS_SMALL_MODEL_H

#include "base/rng.h"
#include "base/text.h"
#include "config/config.h"
#include "data/dataset.h"
#include "model/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct small_shape {
    const char *node, *encoder;
    size_t features, bits, code_bits, classes, layers;
    long n;
    long width[4];
    const char *layer; /* layer_type; NULL: random */
};

/* A configuration of that shape with `extra` YAML lines at its end (may be NULL). */
static inline struct config *small_config(const struct small_shape *shape, const char *extra)
{
    struct text yaml = {0};
    struct config *config = NULL;
    struct err err = {0};

    text_add(&yaml,
             "model_type: feedforward\nlayer_type: %s\nnode_type: %s\n"
             "encoder_config: {name: %s, num_bits: %zu}\nnode_input_dim: %ld\nlayer_widths: [",
             shape->layer != NULL ? shape->layer : "random", shape->node, shape->encoder,
             shape->bits, shape->n);
    for (size_t l = 0; l < shape->layers; l++)
        text_add(&yaml, "%s%ld", l > 0 ? ", " : "", shape->width[l]);
    text_add(&yaml,
             "]\nnum_classes: %zu\ninput_size: %zu\ninput: {bits: %zu}\ndataset: small\n"
             "name: small\n%s",
             shape->classes, shape->features, shape->code_bits, extra != NULL ? extra : "");
    if (config_parse(&config, yaml.data, yaml.size, "small.yaml", &err) != ERR_OK) {
        fprintf(stderr, "%s\n%s\n", yaml.data, err.message);
        abort();
    }
    text_free(&yaml);
    return config;
}

/* Random codes whose label a simple rule gives, so that there is something to learn. */
static inline struct dataset *small_dataset(const struct small_shape *shape, size_t train,
                                            size_t test, uint64_t seed)
{
    struct dataset *data = calloc(1, sizeof *data);
    struct dataset_split *splits[2] = {&data->train, &data->test};
    size_t counts[2] = {train, test};
    struct rng rng;

    rng_seed(&rng, seed, 0);
    snprintf(data->name, sizeof data->name, "small");
    data->num_features = shape->features;
    data->num_classes = shape->classes;
    data->channels = data->height = 1;
    data->width = shape->features;
    if (code_map_create(&data->map, (unsigned)shape->code_bits, shape->features, NULL) != ERR_OK)
        abort();
    for (int k = 0; k < 2; k++) {
        splits[k]->count = counts[k];
        splits[k]->codes = calloc(counts[k] * shape->features + 1, sizeof(uint16_t));
        splits[k]->labels = calloc(counts[k] + 1, sizeof(uint16_t));
        for (size_t i = 0; i < counts[k]; i++) {
            uint16_t *row = splits[k]->codes + i * shape->features;
            size_t label = (size_t)rng_below(&rng, shape->classes);

            for (size_t f = 0; f < shape->features; f++) {
                uint64_t top = (uint64_t)1 << shape->code_bits;
                uint64_t bias = f % shape->classes == label ? top / 2 : 0;

                row[f] = (uint16_t)(bias + rng_below(&rng, top - bias));
            }
            splits[k]->labels[i] = (uint16_t)label;
        }
    }
    return data;
}

static inline struct model *small_model(const struct config *config, const struct dataset *data)
{
    struct model *model = NULL;
    struct err err = {0};

    if (model_create(&model, config, &err) != ERR_OK ||
        model_fit_encoder(model, data, &err) != ERR_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    return model;
}

#endif
