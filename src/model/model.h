/* A model: configuration, code map, encoder, LUT layers and GroupSum.
 *
 * The hard forward pass here is the C REFERENCE: it works from the trained parameters and each node
 * type's own mathematics (node_type.hard_bit), never from the netlist. Hardware is checked against
 * it. SPEC sections 0 to 4. */
#ifndef DIFFLUT_MODEL_MODEL_H
#define DIFFLUT_MODEL_MODEL_H

#include "base/err.h"
#include "config/config.h"
#include "data/dataset.h"
#include "encoder/encoder.h"
#include "layer/layer.h"
#include "netlist/netlist.h"

#include <stddef.h>
#include <stdint.h>

struct model {
    struct config *config;   /* owned copy */
    struct code_map *map;    /* NULL until fitted */
    struct encoder *encoder; /* NULL until fitted */
    size_t num_layers;
    struct layer **layers; /* layers[0] reads the encoder's bits */
    size_t num_classes;
    double tau; /* GroupSum divisor */
    char structural_hash[HASH_TEXT_SIZE];
    char model_hash[HASH_TEXT_SIZE]; /* of all stored tensors; "" until saved or loaded */
};

/* A fresh model: layers wired (from wiring_seed) and initialised (from training.seed); the encoder is
 * fitted later. The configuration is copied. ERR_ARG names the offending key. */
enum err_status model_create(struct model **out, const struct config *config, struct err *err);

/* Fits code map and encoder on the training split. */
enum err_status model_fit_encoder(struct model *model, const struct dataset *dataset,
                                  struct err *err);
void model_free(struct model *model);

/* Overrides one key of a living model (config_set()) and lets it take effect: temperature and tau at
 * once, what only training reads when that starts. ERR_ARG, and nothing has changed. */
enum err_status model_set(struct model *model, const char *assignment, struct err *err);

/* --- files --- */

/* Finds a model by pretrained name, YAML path, .safetensors path or training folder. On success
 * *config_path and *weights_path (malloc'ed) name the two files. Not found: ERR_ARG, with the list of
 * known names and the nearest one. Searched: $DIFFLUT_PRETRAINED, ./pretrained, the folder
 * pretrained beside the program's build folder, and <prefix>/share/difflut/pretrained. */
enum err_status model_find(const char *name, char **config_path, char **weights_path,
                           struct err *err);

/* model_find() and load: the structure of YAML and weights must agree (ERR_ARG naming the key).
 * `overrides` are config_set() assignments. */
enum err_status model_open(struct model **out, const char *name, const char *const *overrides,
                           size_t num_overrides, struct err *err);
/* The same where the model may hold node types of the program's own (may be NULL). */
enum err_status model_open_own(struct model **out, const char *name, const char *const *overrides,
                               size_t num_overrides, const struct node_registry *own,
                               struct err *err);
enum err_status model_load(struct model **out, const struct config *config,
                           const char *weights_path, struct err *err);
/* model_load() of weights that are open; `path` is for messages. */
struct safetensors;
enum err_status model_take(struct model **out, const struct config *config,
                           const struct safetensors *weights, const char *path, struct err *err);

/* Writes <folder>/<name>.yaml and <name>.safetensors atomically and sets model_hash. `metadata` are
 * extra key, value, key, value ... NULL strings (provenance, measured accuracies). */
enum err_status model_save(struct model *model, const char *folder, const char *const *metadata,
                           struct err *err);

/* Names of the pretrained models found (sorted; malloc'ed strings in a malloc'ed array). */
enum err_status model_list(char ***names, size_t *count, struct err *err);

/* --- transfer --- */

struct model_layer_copy {
    bool copied;
    char reason[100]; /* why not */
};

/* Copies parameters and wiring of the layers whose structure, and that of all below them, is the same in
 * both; the last layer only when the number of classes is too. copies [to->num_layers] says which were.
 * Encoders stay as they are. Returns the number of layers copied. */
size_t model_copy_layers(struct model *to, const struct model *from,
                         struct model_layer_copy *copies);

/* --- forward passes: codes [count][num_features] row-major --- */

/* The C reference. scores [count][num_classes] popcounts; classes [count]; encoder_bits (may be NULL)
 * [count][encoder->num_bits]. Uses up to `threads` threads. */
enum err_status model_hard(const struct model *model, const uint16_t *codes, size_t count,
                           unsigned threads, uint8_t *encoder_bits, uint32_t *scores,
                           uint32_t *classes, struct err *err);

/* Soft forward: logits [count][num_classes] = sums of real outputs / tau. */
enum err_status model_soft(const struct model *model, const uint16_t *codes, size_t count,
                           unsigned threads, float *logits, struct err *err);

/* Bernoulli draw at every node with the soft value as probability; seeded, order-free. */
enum err_status model_sample(const struct model *model, const uint16_t *codes, size_t count,
                             unsigned threads, uint64_t seed, float *logits, struct err *err);

/* How samples are classified. */
struct model_mode {
    const char *name; /* "deterministic" (hard), "expectation" (soft) or "sampling" */
    double flip;      /* probability that an input bit of a layer flips; 0: none */
    uint64_t seed;    /* of flips and samples */
    unsigned threads; /* 0: all cores */
};

/* Fraction of samples whose class (first maximum) is the label. predictions [split->count] may be
 * NULL. */
enum err_status model_accuracy(const struct model *model, const struct dataset_split *split,
                               const struct model_mode *mode, double *accuracy,
                               uint32_t *predictions, struct err *err);

/* --- lossy: addresses that samples never lead to (model_unseen.c) --- */

/* Gives tables that have more inputs than the samples' addresses need other entries at the addresses
 * that no sample leads to, so that inputs no longer matter and hardware leaves them out: of the values
 * there the most frequent among those that the kept inputs cannot tell apart, or what a sample gives.
 * What a sample gives at any node stays as it is. *changed is the number of tables that are others now.
 * ERR_ARG when that was done before. codes [count][num_features]. */
enum err_status model_drop_unseen(struct model *model, const uint16_t *codes, size_t count,
                                  unsigned threads, uint64_t *changed, struct err *err);
/* Whether the hard tables are such, of this run or from a file. */
bool model_is_edited(const struct model *model);

/* Addresses that samples lead to, as bit sets: seen[l] [width][words of a hard table], which the caller
 * has set to 0; a node's places count together. */
enum err_status model_seen(const struct model *model, const uint16_t *codes, size_t count,
                           unsigned threads, uint64_t *const *seen, struct err *err);

/* Exact lowering (lower.c): every node tabulated over its 2^n addresses by its own mathematics. No
 * passes are run. ERR_ARG when widths are not divisible by the number of classes. */
enum err_status model_lower(const struct model *model, struct netlist **out, struct err *err);

/* Undecided table entries (within 1e-6 of the threshold), per layer [num_layers]. */
void model_near_threshold(const struct model *model, uint64_t *entries);

#endif
