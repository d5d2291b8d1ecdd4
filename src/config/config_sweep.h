/* A sweep: a base configuration and the values that keys of it take in turn.
 *
 *   base: mnist.yaml                    # relative to this file; or a configuration in place
 *   seeds: 3                            # runs of every point, with seeds one after the other
 *   grid:                               # every combination; the last key changes fastest
 *     node_type: [probabilistic, dwn]
 *     training.learning_rate: [0.01, 0.1]
 *   points:                             # several keys at once; each entry meets the whole grid
 *     - {layer_widths: [1024, 1000], node_input_dim: 6}
 *     - {layer_widths: [2048, 1000], node_input_dim: 4}
 *
 * Any key may be named, structural ones too: dotted, or a whole section. The value takes the place of
 * what the base has there. A point is one combination; every point has been read as a configuration
 * before config_sweep_read() returns, so that what is wrong with the last one is known at the start. */
#ifndef DIFFLUT_CONFIG_CONFIG_SWEEP_H
#define DIFFLUT_CONFIG_CONFIG_SWEEP_H

#include "config.h"

enum { CONFIG_SWEEP_MAX_KEYS = 32, CONFIG_SWEEP_MAX_POINTS = 4096 };

struct config_yaml;

struct config_sweep {
    char name[CONFIG_NAME_SIZE]; /* the file's stem */
    long seeds;                  /* 1 and up */
    size_t num_points;
    const char *keys[CONFIG_SWEEP_MAX_KEYS]; /* of `points`, then of `grid` */
    size_t num_keys;

    /* config_sweep.c's own */
    char *path, *base_path;
    struct config_yaml *root, *base;
    size_t grid_size; /* points for one entry of `points` */
};

/* ERR_ARG names the file and line, or the point and its values; an unreadable file is ERR_IO. */
enum err_status config_sweep_read(struct config_sweep **out, const char *path, struct err *err);
/* The same from memory; `path` is for messages, and its folder that of a base named by path. */
enum err_status config_sweep_parse(struct config_sweep **out, const char *yaml, size_t size,
                                   const char *path, struct err *err);
void config_sweep_free(struct config_sweep *sweep);

/* The configuration of a point, 0..num_points-1. The caller frees it. */
enum err_status config_sweep_config(const struct config_sweep *sweep, size_t point,
                                    struct config **out, struct err *err);

/* Adds the point's value of keys[key], as YAML on one line; nothing where the base's value stays. */
void config_sweep_value(const struct config_sweep *sweep, size_t point, size_t key,
                        struct text *out);

/* Adds "FILE: point 3 {node_type: dwn, training.learning_rate: 0.1}", for messages. */
void config_sweep_describe(const struct config_sweep *sweep, size_t point, struct text *out);

#endif
