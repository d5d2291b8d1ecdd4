/** @file difflut.h
 * @brief libdifflut: differentiable look-up-table networks, from a YAML configuration to hardware.
 *
 * A model is an encoder, layers of LUT nodes, one sum of bits a class (GroupSum) and the first
 * maximum. It is trained in real numbers (the *soft* pass), frozen to truth tables (the *hard* pass:
 * what the hardware computes) and written as Verilog. docs/MODEL_USAGE_GUIDE.md walks through it;
 * examples/ are programs to start from.
 *
 * **Codes.** Hardware reads whole numbers, so everything here does: a sample is num_features codes of
 * code_bits bits (1..16), a block of samples is row-major [count][num_features]. A code map, fitted
 * with the encoder and stored with the weights, takes real features to codes.
 *
 * **Errors.** Every function that can fail returns a status and, unless `err` is NULL, leaves a
 * one-line message there that names the file and line, the key or the value. On failure nothing that
 * the caller passed has changed, unless a function says so.
 *
 * **Ownership.** `struct x **out` hands the caller an object, which its _free() function takes back
 * (NULL is fine); `char **` hands over a text for free(). `const` pointers are borrowed for the call.
 *
 * **Threads.** The library has no global state. Different models may be used by different threads at
 * the same time. One model may be read (const functions) by several threads while nobody changes it.
 * A call works with all cores unless difflut_model_set_threads() says otherwise; results never depend
 * on the number of threads.
 */
#ifndef DIFFLUT_H
#define DIFFLUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Marks what the shared library exports. */
#define DIFFLUT_API __attribute__((visibility("default")))

/** @name Status and messages
 * @{ */

/** What a function returns. */
enum difflut_status {
    DIFFLUT_OK = 0, /**< done */
    DIFFLUT_DIFF,   /**< a check ran and found a difference, or training did not converge */
    DIFFLUT_ARG,    /**< a configuration, name or argument is wrong */
    DIFFLUT_TOOL,   /**< an outside program (Verilator, Icarus) is missing or broke down */
    DIFFLUT_IO,     /**< a file or folder could not be read or written */
    DIFFLUT_FORMAT, /**< a file is malformed */
    DIFFLUT_NOMEM   /**< out of memory */
};

/** Where a function that fails leaves its message. */
struct difflut_error {
    char message[1024]; /**< one line, without a newline at its end */
};

/** Version of the library, "0.1.0". */
DIFFLUT_API const char *difflut_version(void);

/** @}
 * @name Context
 * @{ */

/** What models are made with: the library's components and those the program has registered. */
struct difflut;

/** A new context. */
DIFFLUT_API enum difflut_status difflut_create(struct difflut **out, struct difflut_error *err);

/** Frees a context; every model made with it must be freed before. */
DIFFLUT_API void difflut_free(struct difflut *lut);

/** Kinds of components. */
enum difflut_kind {
    DIFFLUT_NODES,        /**< `node_type` */
    DIFFLUT_ENCODERS,     /**< `encoder_config.name` */
    DIFFLUT_LAYERS,       /**< `layer_type` */
    DIFFLUT_INITIALISERS, /**< `runtime.init_fn` */
    DIFFLUT_REGULARIZERS  /**< `runtime.regularizers` */
};

/** Name of component `index` of a kind, with its meaning in one line (`meaning` may be NULL). The
 * program's own node types come last. NULL when there are no more. */
DIFFLUT_API const char *difflut_component(const struct difflut *lut, enum difflut_kind kind,
                                          size_t index, const char **meaning);

/** @}
 * @name A node type of the program's own
 *
 * A node is one LUT while it is trained: n inputs, m outputs and a block of parameters. The library
 * makes everything else from the two passes below: the soft table (the forward pass at the 2^n corners
 * of the input cube), the hard table (its entries from 0.5 up), Verilog, and the check of the Verilog
 * against the C reference. examples/own_node.c is a whole one.
 *
 * A row is `count` floats, one a sample, 64-byte aligned; count is a multiple of 16, at most 64. The
 * functions must be thread-safe and cannot fail.
 * @{ */

/** The node that a function of a node type is called for. */
struct difflut_node {
    unsigned num_inputs;   /**< n, 1..12; input j is address bit j */
    unsigned num_outputs;  /**< m, 1..16 */
    size_t num_params;     /**< floats of its parameter block */
    double temperature;    /**< runtime.temperature */
    const double *options; /**< values of the type's options, in their order */
};

/** An option of a node type, read from `node_config`. */
struct difflut_node_option {
    const char *name;           /**< key in `node_config` */
    double standard, low, high; /**< value when it is not given; inclusive range */
    const char *meaning;        /**< one line */
};

/** A stream of random numbers. */
struct difflut_random;
/** Uniform in [0, 1). */
DIFFLUT_API double difflut_random_uniform(struct difflut_random *random);
/** Standard normal. */
DIFFLUT_API double difflut_random_normal(struct difflut_random *random);

/** A node type. Pointers that are not said to be optional must be set. */
struct difflut_node_type {
    const char *name;    /**< for `node_type` in YAML: letters, digits and '_', first a letter */
    const char *meaning; /**< one line */
    const struct difflut_node_option *options; /**< optional */
    size_t num_options;                        /**< at most 32 */

    /** Floats of one node's parameter block; 0: the type cannot have this shape. node->num_params is
     * not set yet. */
    size_t (*num_params)(const struct difflut_node *node);

    /** Initial parameters [num_params]. */
    void (*init)(const struct difflut_node *node, float *params, struct difflut_random *random);

    /** Optional: initial parameters that pass input 0 through (`init_fn: residual`), as steep as
     * `clarity` says, with noise of standard deviation `noise`. */
    void (*init_residual)(const struct difflut_node *node, float *params, double clarity,
                          double noise, struct difflut_random *random);

    /** Soft forward pass: in[j] the row of input j, out[o] the row of output o; all in [0, 1]. */
    void (*forward)(const struct difflut_node *node, const float *params, const float *const *in,
                    float *const *out, size_t count);

    /** Gradients: adds to the rows grad_in[j] and to grad_params [num_params], summed over the
     * samples. Either is NULL when it is not wanted. */
    void (*backward)(const struct difflut_node *node, const float *params, const float *const *in,
                     const float *const *grad_out, float *const *grad_in, float *grad_params,
                     size_t count);

    /** Optional: the hardware's bit, output `output` at address `address`, from the parameters alone.
     * *margin receives the signed distance from the threshold. Without it a bit is 1 where the forward
     * pass at that corner gives 0.5 or more. */
    bool (*hard_bit)(const struct difflut_node *node, const float *params, unsigned output,
                     uint32_t address, double *margin);

    /** Optional: a penalty of the type's own, added to the loss as it is. Returns its value and, where
     * grad_params is not NULL, adds its gradient. */
    double (*penalty)(const struct difflut_node *node, const float *params, float *grad_params);
};

/** Makes a node type known to `lut`, before models that use it. The type and what it points to are
 * borrowed until difflut_free(). DIFFLUT_ARG when a function or a name is missing, a name is taken, or
 * an option's default is out of its range. Not while other threads use `lut`. */
DIFFLUT_API enum difflut_status difflut_register_node(struct difflut *lut,
                                                      const struct difflut_node_type *type,
                                                      struct difflut_error *err);

/** @}
 * @name Models
 * @{ */

/** A model: configuration, code map, encoder, layers. */
struct difflut_model;

/** A fresh model from a YAML file: wired and initialised, the encoder not fitted yet. With
 * `pretrained: true` in the file it gets the weights that `pretrained_name` names instead.
 * `overrides` [num_overrides] are "runtime.temperature=0.5" and the like, as for --set; NULL with 0. */
DIFFLUT_API enum difflut_status
difflut_model_create(struct difflut *lut, const char *yaml_path, const char *const *overrides,
                     size_t num_overrides, struct difflut_model **out, struct difflut_error *err);

/** The same from YAML text; `name` stands in messages, and is the model's name when the text has
 * none. */
DIFFLUT_API enum difflut_status difflut_model_parse(struct difflut *lut, const char *yaml,
                                                    const char *name, struct difflut_model **out,
                                                    struct difflut_error *err);

/** A trained model with its weights: a pretrained name, a YAML or .safetensors path, or a folder that
 * difflut_model_save() or `difflut-hdl train` wrote. An unknown name is DIFFLUT_ARG and lists the
 * known ones; weights of another structure are DIFFLUT_ARG and name the key. */
DIFFLUT_API enum difflut_status difflut_model_open(struct difflut *lut, const char *name,
                                                   const char *const *overrides,
                                                   size_t num_overrides, struct difflut_model **out,
                                                   struct difflut_error *err);
DIFFLUT_API void difflut_model_free(struct difflut_model *model);

/** Overrides one key of a living model, "runtime.temperature=0.5". Keys of runtime, training and
 * hardware only: a structural one is DIFFLUT_ARG, with the reason. runtime.init_fn is used when
 * training starts. */
DIFFLUT_API enum difflut_status
difflut_model_set(struct difflut_model *model, const char *assignment, struct difflut_error *err);

/** Threads that a call on this model uses; 0 (the start): all cores. */
DIFFLUT_API void difflut_model_set_threads(struct difflut_model *model, unsigned threads);

/** What a model is. */
struct difflut_model_info {
    char name[64];         /**< also the prefix of its Verilog modules */
    char model_type[64];   /**< "feedforward", "convnet" */
    char dataset[64];      /**< name of its data set, or of the training file */
    char encoder[64];      /**< kind of encoder */
    size_t num_features;   /**< codes of one sample */
    unsigned code_bits;    /**< bits of a code */
    size_t num_bits;       /**< encoder bits of one sample */
    size_t num_classes;    /**< class scores */
    size_t num_layers;     /**< LUT layers, a convolution's levels and pooling counted apart */
    size_t num_luts;       /**< LUT outputs in all, at every place they stand */
    size_t num_parameters; /**< trained numbers, learned wires included */
    double tau;            /**< logits are class sums / tau */
    bool fitted;           /**< the encoder is fitted */
    double accuracy_hard;  /**< measured on the test split when it was trained; NaN: not recorded */
    double accuracy_soft;  /**< the same in real numbers */
    char structural_hash[65]; /**< of everything that decides what the hardware is */
    char model_hash[65];      /**< of all weights; "" until saved or loaded */
};
DIFFLUT_API void difflut_model_info(const struct difflut_model *model,
                                    struct difflut_model_info *info);

/** One LUT layer. */
struct difflut_layer_info {
    char node_type[64];    /**< "or" for pooling */
    unsigned num_inputs;   /**< n of a node */
    unsigned num_outputs;  /**< m of a node */
    size_t num_nodes;      /**< nodes with parameters of their own */
    size_t num_places;     /**< places where each stands; 1 but for convolutions */
    bool learned_wires;    /**< the wires are trained too */
    size_t num_parameters; /**< trained numbers */
};
/** Layer `index`, below num_layers. DIFFLUT_ARG for any other. */
DIFFLUT_API enum difflut_status difflut_model_layer(const struct difflut_model *model, size_t index,
                                                    struct difflut_layer_info *info,
                                                    struct difflut_error *err);

/** The whole configuration as YAML, every key in fixed order: what difflut_model_save() writes. */
DIFFLUT_API enum difflut_status difflut_model_yaml(const struct difflut_model *model, char **yaml,
                                                   struct difflut_error *err);

/** Writes <folder>/<name>.yaml and <name>.safetensors, each atomically; makes the folder. DIFFLUT_ARG
 * for a model whose encoder is not fitted. */
DIFFLUT_API enum difflut_status difflut_model_save(struct difflut_model *model, const char *folder,
                                                   struct difflut_error *err);

/** Replaces encoder, wires and parameters by those of a .safetensors file of the same structure. */
DIFFLUT_API enum difflut_status difflut_model_load_weights(struct difflut_model *model,
                                                           const char *path,
                                                           struct difflut_error *err);

/** Every pretrained model found, sorted by name: one array for free(). Looked for in
 * $DIFFLUT_PRETRAINED, ./pretrained, beside the program's build folder, and in
 * <prefix>/share/difflut/pretrained. */
DIFFLUT_API enum difflut_status difflut_pretrained(struct difflut *lut,
                                                   struct difflut_model_info **out, size_t *count,
                                                   struct difflut_error *err);

/** @}
 * @name Data
 * @{ */

/** A data set in integer codes. */
struct difflut_data;

/** A block of samples; borrowed wherever it is passed. */
struct difflut_samples {
    size_t count;
    const uint16_t *codes;  /**< [count][num_features] */
    const uint16_t *labels; /**< [count], each below num_classes; may be NULL where none are read */
};

/** Shape of a data set. */
struct difflut_data_shape {
    size_t num_features; /**< codes of one sample */
    size_t num_classes;  /**< labels are below it */
    unsigned code_bits;  /**< 1..16 */
    size_t channels, height,
        width; /**< of images (what augmentation and convolutions need); 0, 0, 0
                                         for tables */
};

enum { DIFFLUT_TRAIN = 1, DIFFLUT_TEST = 2 }; /**< splits */

/** The data set that the model's configuration names, coded by the model's code map (fitted on the
 * training split when the model has none yet). Looked for in `data_dir` (NULL: nowhere),
 * $DIFFLUT_DATA, ~/.cache/difflut; `synthetic_digits` is drawn. `splits`: DIFFLUT_TRAIN |
 * DIFFLUT_TEST. DIFFLUT_IO says which folders were tried and how to get it. */
DIFFLUT_API enum difflut_status difflut_data_load(const struct difflut_model *model,
                                                  const char *data_dir, unsigned splits,
                                                  struct difflut_data **out,
                                                  struct difflut_error *err);

/** A data set from the caller's codes, copied. `test` may be NULL. DIFFLUT_ARG names the first code or
 * label that is out of range. */
DIFFLUT_API enum difflut_status
difflut_data_create(const char *name, const struct difflut_data_shape *shape,
                    const struct difflut_samples *train, const struct difflut_samples *test,
                    struct difflut_data **out, struct difflut_error *err);

/** A data set from real numbers x [count][num_features], coded with shape->code_bits bits by a map
 * fitted on them; `num_test` samples at the end become the test split. DIFFLUT_ARG for a value that is
 * not finite. */
DIFFLUT_API enum difflut_status
difflut_data_create_real(const char *name, const struct difflut_data_shape *shape, const double *x,
                         const uint16_t *labels, size_t count, size_t num_test,
                         struct difflut_data **out, struct difflut_error *err);
DIFFLUT_API void difflut_data_free(struct difflut_data *data);

/** Shape of a data set. */
DIFFLUT_API struct difflut_data_shape difflut_data_shape(const struct difflut_data *data);

/** The samples of a split (DIFFLUT_TRAIN or DIFFLUT_TEST), borrowed from the data set. */
DIFFLUT_API struct difflut_samples difflut_data_split(const struct difflut_data *data,
                                                      unsigned split);

/** @}
 * @name Using a model
 *
 * Codes that do not fit the model's code bits are DIFFLUT_ARG everywhere, and so is a model whose
 * encoder is not fitted.
 * @{ */

/** Fits code map and encoder on the training split. DIFFLUT_ARG when features, classes or code bits
 * are not the model's. */
DIFFLUT_API enum difflut_status difflut_fit_encoder(struct difflut_model *model,
                                                    const struct difflut_data *data,
                                                    struct difflut_error *err);

/** Real features x [count][num_features] to codes [count][num_features], by the model's code map.
 * Numbers beyond the range seen in training take the nearest code; NaN is code 0. */
DIFFLUT_API enum difflut_status difflut_codes(const struct difflut_model *model, const double *x,
                                              size_t count, uint16_t *codes,
                                              struct difflut_error *err);

/** Encoder bits [count][num_bits], bytes of 0 and 1; bit f * bits_per_feature + i is bit i of feature
 * f. */
DIFFLUT_API enum difflut_status difflut_encode(const struct difflut_model *model,
                                               const uint16_t *codes, size_t count, uint8_t *bits,
                                               struct difflut_error *err);

/** Hard pass, the hardware's: scores [count][num_classes] are numbers of ones; classes [count] first
 * maxima. Either may be NULL. */
DIFFLUT_API enum difflut_status difflut_forward_hard(const struct difflut_model *model,
                                                     const uint16_t *codes, size_t count,
                                                     uint32_t *scores, uint32_t *classes,
                                                     struct difflut_error *err);

/** Soft pass: logits [count][num_classes], sums of real outputs / tau. */
DIFFLUT_API enum difflut_status difflut_forward_soft(const struct difflut_model *model,
                                                     const uint16_t *codes, size_t count,
                                                     float *logits, struct difflut_error *err);

/** The same with a Bernoulli draw at every node, whose soft value is the probability of a 1. A sample's
 * draws depend on `seed` and its place alone. */
DIFFLUT_API enum difflut_status difflut_forward_sampled(const struct difflut_model *model,
                                                        const uint16_t *codes, size_t count,
                                                        uint64_t seed, float *logits,
                                                        struct difflut_error *err);

/** Which pass classifies. */
enum difflut_pass { DIFFLUT_HARD, DIFFLUT_SOFT, DIFFLUT_SAMPLED };

/** How samples are classified. */
struct difflut_mode {
    enum difflut_pass pass;
    double flip_probability; /**< that an input bit of a layer is wrong; 0: never */
    uint64_t seed;           /**< of flips and draws */
};

/** The mode that runtime.eval_mode asks for, without flips. */
DIFFLUT_API struct difflut_mode difflut_model_mode(const struct difflut_model *model);

/** Fraction 0..1 of samples whose class is the label. `mode` NULL: hard. */
DIFFLUT_API enum difflut_status difflut_accuracy(const struct difflut_model *model,
                                                 const struct difflut_samples *samples,
                                                 const struct difflut_mode *mode, double *accuracy,
                                                 struct difflut_error *err);

/** What runtime.regularizers and the nodes' own penalties add to the loss, weighted. */
DIFFLUT_API enum difflut_status difflut_regularization(const struct difflut_model *model,
                                                       double *loss, struct difflut_error *err);

/** @}
 * @name Training
 * @{ */

/** Where training is. */
struct difflut_progress {
    size_t epoch, epochs;     /**< current one, from 1 */
    size_t batch, batches;    /**< current one of the epoch, from 1 */
    bool epoch_done;          /**< the accuracies are those of this epoch */
    double loss;              /**< mean cross-entropy (nats) over the epoch so far */
    double loss_regularizers; /**< what regularisers add, at the start of the epoch */
    double learning_rate;
    double accuracy_soft, accuracy_hard; /**< on the validation part */
    bool best;                           /**< the epoch is the best so far */
    double samples_per_second;
    double seconds, seconds_left;
};

/** How difflut_train() reports, stops and resumes; zeros are fine everywhere. */
struct difflut_train_options {
    /** Called after every batch and every epoch, on the thread that trains. */
    void (*progress)(const struct difflut_progress *progress, void *user);
    /** One line for people: a warning with its numbers (dead LUTs, a growing gap), or, when `warning`
     * is false, what was done. */
    void (*tell)(bool warning, const char *message, void *user);
    void *user; /**< handed to both */
    /** File for checkpoints, at the end of an epoch and every training.checkpoint_seconds. */
    const char *checkpoint;
    bool resume; /**< go on from the checkpoint when it is there: to the same bytes as unbroken */
    /** Training ends with DIFFLUT_TOOL, after writing the checkpoint, once this is not 0; a signal
     * handler or another thread sets it. */
    const volatile sig_atomic_t *stop;
};

/** What training came to. */
struct difflut_train_result {
    size_t epochs, best_epoch;
    double accuracy_soft, accuracy_hard; /**< best epoch, on the validation part */
    double samples_per_second;           /**< of training steps */
    double seconds;
};

/** Trains in place as the configuration's `training` says; the model then holds the best epoch's
 * parameters (by validation; the test split is never read), also after a failure. Fits the encoder
 * first when it is not fitted. A fresh model starts as runtime.init_fn says, one that was loaded,
 * trained or transferred from what it holds. `options` and `result` may be NULL. The same model, data
 * and seed give the same weights on any number of threads. DIFFLUT_DIFF when the loss is not finite. */
DIFFLUT_API enum difflut_status difflut_train(struct difflut_model *model,
                                              const struct difflut_data *data,
                                              const struct difflut_train_options *options,
                                              struct difflut_train_result *result,
                                              struct difflut_error *err);

/** Transfer: copies wires and parameters of the layers of `from` whose structure, and that of all below
 * them, is the same in `to`; the last layer only when the number of classes is too. Encoders stay as
 * they are. copied [num_layers of to] (may be NULL) says which layers were. DIFFLUT_ARG, with the
 * reason, when none was. Layers that training shall keep are listed in training.freeze. */
DIFFLUT_API enum difflut_status difflut_transfer(struct difflut_model *to,
                                                 const struct difflut_model *from, bool *copied,
                                                 struct difflut_error *err);

/** @}
 * @name Hardware
 * @{ */

/** What the hardware takes, in LUT6 and registers, without a synthesis tool. */
struct difflut_cost {
    uint64_t luts_encoder, luts_layers, luts_group_sum, luts_argmax, luts;
    uint64_t registers;
    uint32_t latency_cycles; /**< from codes to class; 0: combinational */
};
DIFFLUT_API enum difflut_status difflut_cost(const struct difflut_model *model,
                                             struct difflut_cost *cost, struct difflut_error *err);

/** The netlist after all passes, in its text form (docs/netlist.md). */
DIFFLUT_API enum difflut_status difflut_netlist(const struct difflut_model *model, char **text,
                                                struct difflut_error *err);

/** Writes the folder of Verilog (DESIGN.md 6): rtl/, manifest.json, scripts/ and a copy of the model.
 * Target, pipeline and class scores are the configuration's `hardware`. An existing folder is replaced
 * atomically; one that is neither empty nor an emitted folder is refused. `build_id` [17] (may be
 * NULL) receives the id that ties Verilog, vectors and reports. */
DIFFLUT_API enum difflut_status difflut_emit(struct difflut_model *model, const char *folder,
                                             char *build_id, struct difflut_error *err);

/** What a simulation came to. */
struct difflut_cosim_result {
    size_t vectors, mismatches;
    uint32_t latency_cycles;           /**< measured: first vector to first result */
    double build_seconds, run_seconds; /**< of the simulator */
    char tool[128];                    /**< its name and version */
    char first[128];                   /**< the first mismatch in words; "" when there is none */
};

/** Simulates an emitted folder with `simulator` ("verilator" or "icarus") on the codes and compares
 * every class score, the class and the cycle with the model's hard pass. DIFFLUT_DIFF when a vector
 * differs (`result`, which may be NULL, is then filled in); DIFFLUT_FORMAT when a file of the folder
 * was edited or it was made from other weights. */
DIFFLUT_API enum difflut_status difflut_cosim(const struct difflut_model *model, const char *folder,
                                              const char *simulator, const uint16_t *codes,
                                              size_t count, struct difflut_cosim_result *result,
                                              struct difflut_error *err);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
