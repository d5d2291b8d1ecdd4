/* Every option of the X tables as data: what the reader, --set, the writer and the reference walk.
 * Offsets are into struct config. */
#ifndef DIFFLUT_CONFIG_CONFIG_TABLE_H
#define DIFFLUT_CONFIG_CONFIG_TABLE_H

#include "config.h"

struct config_section {
    const char *name; /* dotted, "" for the top level */
    bool overridable; /* config_set() may change it */
    const struct config_option *options;
    size_t count;
};

const struct config_section *config_table_sections(size_t *count);

/* The section of that name, which must exist. */
const struct config_section *config_table_section(const char *name);

/* NULL when there is none. */
const struct config_option *config_table_find(const struct config_section *section,
                                              const char *name);

/* layer_type, node_type, node_input_dim, layer_widths: arrays of CONFIG_MAX_LAYERS values, offset of
 * the first. */
const struct config_option *config_table_layers(size_t *count);

/* Keys of the top level that are no scalar option. */
enum config_shape {
    CONFIG_SHAPE_LAYERS,  /* a scalar or a list with one entry a layer */
    CONFIG_SHAPE_SECTION, /* a map of known keys */
    CONFIG_SHAPE_PAIRS,   /* a map of free "key: scalar" pairs */
    CONFIG_SHAPE_DATASET
};
struct config_key {
    const char *name;
    enum config_shape shape;
    bool structural;
    size_t pairs;        /* CONFIG_SHAPE_PAIRS: offset of the struct config_pairs */
    const char *meaning; /* NULL where options have theirs */
};
const struct config_key *config_table_keys(size_t *count);

/* True for a dotted key whose value decides what the hardware is. */
bool config_table_is_structural(const char *key);

/* Dotted keys that every configuration must have. */
const char *const *config_table_required(size_t *count);

/* Weight of a regulariser; offset into struct config_regularizer. */
const struct config_option *config_table_weight(void);

#endif
