/* The model configuration: YAML in, one typed struct out (DESIGN.md section 4).
 *
 * Every scalar option is declared once, in the X tables below: the struct, the defaults, the range
 * checks, the YAML reader, --set, the help texts and the structural text all expand them. A complaint
 * is one line "FILE:LINE: KEY: what was expected (what was found); did you mean X?".
 *
 * STRUCTURAL options decide what the hardware is; their canonical text is hashed and stored with the
 * weights. RUNTIME, TRAINING and HARDWARE options may be overridden (config_set). */
#ifndef DIFFLUT_CONFIG_CONFIG_H
#define DIFFLUT_CONFIG_CONFIG_H

#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONFIG_MAX_LAYERS = 64, CONFIG_NAME_SIZE = 64, CONFIG_MAX_PAIRS = 32 };
enum { CONFIG_MAX_ITEMS = 32, CONFIG_TEXT_SIZE = 512 };

/* X(type, name, default, low, high, meaning)
 * type: long, double, bool (0 or 1), name (text of at most CONFIG_NAME_SIZE - 1 bytes; `low` is a
 * "a|b|c" list of what is allowed or "" when a registry decides, `high` is unused: 0), list (whole
 * numbers, each low..high; the default is text) or text (one line; low and high are unused: 0). */

#define CONFIG_IDENTITY(X)                                                                         \
    X(name, name, "", "", 0,                                                                       \
      "name of the model and prefix of its modules; empty: the file's name")                       \
    X(bool, pretrained, 0, 0, 1, "load weights instead of starting fresh")                         \
    X(name, pretrained_name, "", "", 0, "which pretrained weights; empty: those of this name")

/* The structural scalars; the per-layer lists follow in struct config. */
#define CONFIG_STRUCTURE(X)                                                                        \
    X(name, model_type, "feedforward", "", 0, "architecture")                                      \
    X(long, num_classes, 2, 2, 65535, "classes; divides the last layer's outputs")                 \
    X(long, input_size, 1, 1, 1048576, "integer features of one sample")                           \
    X(long, wiring_seed, 42, 0, 9007199254740991, "seed of the wiring; each layer has its stream") \
    X(name, compat, "", "upstream", 0, "upstream: wire and initialise as the original library")

#define CONFIG_ENCODER(X)                                                                          \
    X(name, name, "thermometer", "", 0, "kind of encoder")                                         \
    X(long, num_bits, 1, 1, 256, "bits of one feature")                                            \
    X(bool, feature_wise, 1, 0, 1, "thresholds per feature; false: one set for all features")      \
    X(bool, flatten, 1, 0, 1, "kept for compatibility; hardware always flattens")

#define CONFIG_RUNTIME(X)                                                                          \
    X(double, temperature, 1.0, 1e-6, 1e6, "table temperature T of probabilistic and warp nodes")  \
    X(name, eval_mode, "deterministic", "expectation|sampling|deterministic", 0,                   \
      "forward pass of eval: soft, Bernoulli draws at every node, or the hardware's bits")         \
    X(name, init_fn, "", "", 0, "initialiser of the node parameters; empty: the node's own")       \
    X(double, flip_probability, 0.0, 0.0, 0.5, "probability that an input bit of a layer flips")   \
    X(double, dropout, 0.0, 0.0, 0.95, "probability that a LUT output is dropped in training")     \
    X(name, grad_stabilization, "none", "none|layerwise|batchwise", 0,                             \
      "rescaling of the gradient that enters a layer from above")                                  \
    X(double, grad_target_variance, 1.0, 1e-12, 1e12, "mean square the rescaling aims at")         \
    X(bool, grad_subtract_mean, 0, 0, 1, "subtract the gradient's mean before rescaling")          \
    X(double, tau, 0.0, 0.0, 1e9, "GroupSum temperature; 0: sqrt(group size) / 2")

#define CONFIG_TRAINING(X)                                                                         \
    X(long, epochs, 30, 0, 1000000, "passes over the training part")                               \
    X(long, batch_size, 128, 1, 65536, "samples of one step")                                      \
    X(name, optimizer, "adam", "sgd|adam|adamw|adagrad", 0, "update rule")                         \
    X(double, learning_rate, 0.01, 1e-9, 1000.0, "step size; onecycle: the highest")               \
    X(name, schedule, "cosine", "constant|step|multistep|cosine|plateau|onecycle", 0,              \
      "how the step size changes")                                                                 \
    X(double, learning_rate_min, 0.0, 0.0, 1000.0, "cosine, plateau: the lowest step size")        \
    X(double, warmup_epochs, 0.0, 0.0, 1e6,                                                        \
      "the step size rises over so many epochs first (not onecycle)")                              \
    X(long, step_epochs, 10, 1, 1000000, "step: epochs between two reductions")                    \
    X(double, step_factor, 0.1, 1e-9, 1.0, "step, multistep, plateau: factor of one reduction")    \
    X(list, milestones, "", 1, 1000000, "multistep: reduce after these epochs")                    \
    X(long, plateau_epochs, 5, 0, 1000000,                                                         \
      "plateau: reduce when more epochs than this were not the best so far")                       \
    X(double, cycle_rise, 0.3, 0.0, 1.0, "onecycle: part of the training that rises")              \
    X(double, cycle_start, 25.0, 1.0, 1e9, "onecycle: start at learning_rate / this")              \
    X(double, cycle_end, 1e4, 1.0, 1e12, "onecycle: end at the start's step size / this")          \
    X(double, momentum, 0.9, 0.0, 0.999999, "sgd: part of the last step kept")                     \
    X(bool, nesterov, 0, 0, 1, "sgd: look ahead by the momentum")                                  \
    X(double, beta1, 0.9, 0.0, 0.999999, "adam, adamw: decay of the mean")                         \
    X(double, beta2, 0.999, 0.0, 0.999999999, "adam, adamw: decay of the mean square")             \
    X(double, epsilon, 1e-8, 1e-30, 1.0, "adam, adamw, adagrad: added to the root")                \
    X(double, weight_decay, 0.0, 0.0, 1e6,                                                         \
      "adamw: parameters shrink by learning_rate * this; others: added to the gradient")           \
    X(double, clip_value, 0.0, 0.0, 1e30, "limit of every gradient entry; 0: none")                \
    X(double, clip_norm, 0.0, 0.0, 1e30, "limit of the whole gradient's length; 0: none")          \
    X(double, label_smoothing, 0.0, 0.0, 0.999, "share of the target spread over all classes")     \
    X(name, class_weights, "none", "none|balanced", 0,                                             \
      "balanced: classes count as if all had the same number of samples")                          \
    X(long, patience, 0, 0, 1000000, "stop after so many epochs without a best one; 0: never")     \
    X(long, folds, 0, 0, 1000, "k-fold: hold out one of so many parts in turn; 0: no folds")       \
    X(text, init_from, "", 0, 0, "start from the matching layers of this model (as MODEL)")        \
    X(list, freeze, "", 0, 1023, "layers that keep their parameters; the first is 0")              \
    X(double, checkpoint_seconds, 60.0, 0.0, 1e9, "time between checkpoints; 0: every batch")      \
    X(double, validation, 0.1, 0.0, 0.9, "fraction of the training split kept for choosing")       \
    X(long, seed, 7, 0, 9007199254740991, "seed of initial values, order and noise")               \
    X(long, samples, 0, 0, 9007199254740991, "use only so many training samples; 0: all")          \
    X(name, forward, "soft", "soft|sampled", 0,                                                    \
      "what hidden layers hand on in training: soft values, or bits drawn from them")              \
    X(double, tau_start, 1.0, 1e-6, 1e6, "learnable wiring: softmax temperature at the start")     \
    X(double, tau_end, 0.01, 1e-6, 1e6, "learnable wiring: softmax temperature at the end")        \
    X(double, prune_luts, 0.0, 0.0, 0.95, "share of the LUTs that training removes")               \
    X(double, prune_bits, 0.0, 0.0, 0.95, "share of the encoder's bits that training gives up")    \
    X(double, prune_inputs, 0.0, 0.0, 0.95,                                                        \
      "share of the inputs of the remaining LUTs that training cuts")                              \
    X(double, prune_start, 0.1, 0.0, 1.0, "prune after this part of the epochs")                   \
    X(double, prune_end, 0.6, 0.0, 1.0, "pruning is over after this part of the epochs")           \
    X(double, augment_shift, 0.0, 0.0, 64.0, "images: move by up to so many pixels")               \
    X(double, augment_rotation, 0.0, 0.0, 180.0, "images: turn by up to so many degrees")          \
    X(double, augment_elastic, 0.0, 0.0, 64.0, "images: bend by up to so many pixels")             \
    X(double, augment_noise, 0.0, 0.0, 65535.0, "images: add uniform noise of up to so many codes")

#define CONFIG_HARDWARE(X)                                                                         \
    X(name, target, "generic", "generic|xc7|xcup|ecp5|ice40", 0, "what Yosys maps to")             \
    X(bool, scores, 1, 0, 1, "give the class scores a port beside the class")                      \
    X(bool, tmr, 0, 0, 1, "three copies of every part, with voters behind their registers")        \
    X(long, chunk, 256, 1, 65536, "LUTs of one emitted module at most")                            \
    X(long, stream_width, 32, 8, 512, "bits of a beat of the stream top; a multiple of 8")

/* Registers of each part, one after it and more within it; 0 makes it combinational with the next. */
#define CONFIG_PIPELINE(X)                                                                         \
    X(long, encoder, 1, 0, 16, "register stages of the encoder")                                   \
    X(long, layers, 1, 0, 16, "register stages of each LUT layer")                                 \
    X(long, popcount, 1, 0, 16, "register stages of the class sums")                               \
    X(long, argmax, 1, 0, 16, "register stages of the class decision")                             \
    X(long, depth, 0, 0, 64,                                                                       \
      "LUTs between registers at most, placed by themselves instead of by count; 0: by count")

typedef char config_name[CONFIG_NAME_SIZE];
typedef char config_text[CONFIG_TEXT_SIZE];

struct config_list {
    long items[CONFIG_MAX_ITEMS];
    size_t count;
};

#define CONFIG_TYPE_long              long
#define CONFIG_TYPE_double            double
#define CONFIG_TYPE_bool              bool
#define CONFIG_TYPE_name              config_name
#define CONFIG_TYPE_list              struct config_list
#define CONFIG_TYPE_text              config_text
#define CONFIG_FIELD(type, name, ...) CONFIG_TYPE_##type name;

/* "key: scalar" pairs whose meaning belongs to a component (node_config, encoder_config, regulariser
 * kwargs, results): kept as text until the component's own table reads them. */
struct config_pair {
    char key[CONFIG_NAME_SIZE];
    char value[192];
    int line;
};

struct config_pairs {
    struct config_pair items[CONFIG_MAX_PAIRS];
    size_t count;
};

struct config_regularizer {
    char name[CONFIG_NAME_SIZE];
    double weight;
    struct config_pairs kwargs;
    int line;
};

struct config_encoder {
    CONFIG_ENCODER(CONFIG_FIELD)
    struct config_pairs options;
};

/* `dataset: mnist` or `dataset: {train: a.csv, test: b.csv, label: COLUMN}`, where test and
 * label may be missing (data/dataset.h). Relative paths are relative to the configuration file's
 * folder; they are stored absolute, so that a copy of the configuration elsewhere means the same
 * files. */
struct config_dataset {
    char name[CONFIG_NAME_SIZE];  /* "" when given by path */
    char train[512], test[512];   /* test: "" when not given */
    char label[CONFIG_NAME_SIZE]; /* "" when not given */
};

struct node_registry; /* node/node.h */

struct config {
    char path[512]; /* where it was read from, for messages; "" when built in memory */
    /* A program's own node types, which node_type may name beside the library's; borrowed; NULL:
     * none. Set by who reads the configuration, and copied with it. */
    const struct node_registry *own_nodes;
    /* `name` is [A-Za-z0-9_], first not a digit: it becomes a Verilog module prefix. Not given, it is
     * pretrained_name, else the file's stem with every other character replaced by '_'. */
    CONFIG_IDENTITY(CONFIG_FIELD)

    /* structural */
    CONFIG_STRUCTURE(CONFIG_FIELD)
    size_t num_layers;
    char layer_type[CONFIG_MAX_LAYERS][CONFIG_NAME_SIZE]; /* one scalar in YAML fills all layers */
    char node_type[CONFIG_MAX_LAYERS][CONFIG_NAME_SIZE];
    long node_input_dim[CONFIG_MAX_LAYERS];
    long layer_widths[CONFIG_MAX_LAYERS];
    struct config_encoder encoder_config;
    struct config_pairs node_config;
    struct config_pairs layer_config;
    long input_bits; /* `input: {bits: 8}`, 1..16 */

    struct config_dataset dataset; /* not structural: a label of where the codes come from */

    struct {
        CONFIG_RUNTIME(CONFIG_FIELD)
        struct config_pairs init_kwargs; /* options of init_fn */
        struct config_regularizer regularizers[16];
        size_t num_regularizers;
    } runtime;
    struct {
        CONFIG_TRAINING(CONFIG_FIELD)
    } training;
    struct {
        CONFIG_HARDWARE(CONFIG_FIELD)
        struct {
            CONFIG_PIPELINE(CONFIG_FIELD)
        } pipeline;
    } hardware;

    struct config_pairs results; /* `results:` measured figures of a shipped model; informative */

    /* Lines of the keys in the file, for complaints made by other rooms: read with config_line(). */
    struct config_pair lines[160];
    size_t num_lines;
};

/* Reads a configuration file or text. All of DESIGN.md 4's required keys must be there; unknown,
 * duplicate, mistyped and out-of-range ones are refused (ERR_ARG); an unreadable file is ERR_IO.
 * Component names (nodes, layers, encoders, data sets) are only checked for being plain names: the
 * rooms that own the registries check them, through config_complain(). The caller frees. */
enum err_status config_read(struct config **out, const char *path, struct err *err);
enum err_status config_parse(struct config **out, const char *yaml, size_t size, const char *path,
                             struct err *err);
void config_free(struct config *config);

/* Applies one override "runtime.temperature=0.5". Only runtime.*, training.* and hardware.* keys are
 * accepted (regularisers as runtime.regularizers.NAME.weight, initialiser options as
 * runtime.init_kwargs.NAME); a structural key is refused with the reason. ERR_ARG. */
enum err_status config_set(struct config *config, const char *assignment, struct err *err);

/* Canonical YAML with every key, in fixed order: write, read, write is identity. */
void config_write(const struct config *config, struct text *out);

/* The reference of every key, as Markdown (docs/configuration.md): type, default, range, meaning. */
void config_document(struct text *out);

/* The structural part only, one "key = value" a line, in fixed order: what the structural hash
 * covers. config_structural_hash() hashes exactly that text. */
void config_structural_text(const struct config *config, struct text *out);
enum err_status config_structural_hash(const struct config *config, char hash[HASH_TEXT_SIZE],
                                       struct err *err);

/* Compares two structural texts; on a difference names the first key that differs, with both
 * values, in `err` (ERR_ARG). `what` says whose texts these are. */
enum err_status config_structural_compare(const char *expected, const char *found, const char *what,
                                          struct err *err);

/* The same for training: the structure and every other key that decides the trained weights. A
 * checkpoint is resumed under an equal text only. */
void config_training_text(const struct config *config, struct text *out);
enum err_status config_training_compare(const char *expected, const char *found, const char *what,
                                        struct err *err);

/* Line of a dotted key in the file, or 0. */
int config_line(const struct config *config, const char *key);

/* ERR_ARG with "FILE:LINE: KEY: message". */
enum err_status config_complain(const struct config *config, const char *key, struct err *err,
                                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* config_complain() for a name that a registry does not know: lists `names`, suggests the nearest. */
enum err_status config_complain_name(const struct config *config, const char *key,
                                     const char *found, const char *const *names, size_t count,
                                     struct err *err);

/* A component's own options table, read from pairs. */
enum config_option_type {
    CONFIG_LONG,
    CONFIG_DOUBLE,
    CONFIG_BOOL,
    CONFIG_CHOICE,
    CONFIG_LIST,
    CONFIG_TEXT
};
struct config_option {
    const char *name;
    enum config_option_type type;
    size_t offset;    /* in the options struct: a long, double, bool, config_name (choice), struct
                         config_list or config_text */
    double low, high; /* inclusive range of numbers */
    const char *choices; /* "a|b|c" of a choice */
    const char *default_text;
    const char *meaning;
};
/* A table's options as a Markdown table: default, what is expected, meaning. Nothing for none. */
void config_options_document(const struct config_option *table, size_t count, struct text *out);
/* The pairs that the table `own` knows, into *out. One that neither it nor any of the other tables
 * knows is a complaint. Components of several types share a section this way. */
enum err_status config_pairs_select(const struct config *config, const char *section,
                                    const struct config_pairs *pairs,
                                    const struct config_option *own, size_t num_own,
                                    const struct config_option *const *others,
                                    const size_t *num_others, size_t num_tables,
                                    struct config_pairs *out, struct err *err);

/* Fills `options` with defaults, then with `pairs`; an unknown key or bad value is a complaint naming
 * `section` (e.g. "node_config"). */
enum err_status config_options_read(const struct config *config, const char *section,
                                    const struct config_pairs *pairs,
                                    const struct config_option *table, size_t count, void *options,
                                    struct err *err);

#endif
