/* Memory, the disk and the files a call reads, failing at each place in turn (tests/faults/fault.h): every
 * call then says so, leaks nothing, leaves nothing behind, and works when it is called again.
 *
 * DIFFLUT_FAULTS=all tries every place; else no scenario is run more than about MOST times.
 * DIFFLUT_FAULTS_SCENARIO="read CSV" runs that one alone, DIFFLUT_FAULTS_AT=17 that place alone, and
 * DIFFLUT_FAULT_TRACE=1 shows where it is. */
#include "../faults/fault.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/npy.h"
#include "data/raw.h"
#include "difflut.h"
#include "engine/engine.h"
#include "engine/engine_c.h"
#include "flow/prove_netlist.h"
#include "flow/synth_report.h"
#include "flow/vcd.h"
#include "flow/vectors.h"
#include "hdl/manifest.h"
#include "netlist/netlist.h"
#include "random_net.h"
#include "scratch.h"

#include <dirent.h>
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { FEATURES = 6, CLASSES = 3, TRAIN = 60, TEST = 20, MOST = 150, SHOWN = 6 };

/* What scenarios start from; made before anything fails, and never changed by them. */
struct bench {
    struct scratch scratch; /* in/ is read, out/ is where scenarios write */
    struct difflut *lut;
    struct difflut_data *data;
    struct difflut_model *model; /* trained */
    struct netlist *net;
    uint16_t codes[(TRAIN + TEST) * FEATURES], labels[TRAIN + TEST];
    uint64_t digest;            /* of what the scenario gave */
    unsigned long wrong, shown; /* complaints, and those of this scenario */
};

/* ---- what a scenario gives ---- */

static void digest_bytes(struct bench *b, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++)
        b->digest = (b->digest ^ bytes[i]) * 0x100000001b3U;
}

static const char *in(struct bench *b, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "in/%s", name);
    return scratch_path(&b->scratch, path);
}

static const char *out(struct bench *b, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "out/%s", name);
    return scratch_path(&b->scratch, path);
}

/* Names and content of everything below a folder, whatever the order. */
static uint64_t digest_tree(const char *path)
{
    struct bench file = {.digest = 0xcbf29ce484222325U};
    struct dirent *entry;
    uint64_t sum = 0;
    DIR *folder = opendir(path);
    uint8_t *data = NULL;
    size_t size = 0;

    if (folder == NULL) {
        if (file_read(path, SIZE_MAX, &data, &size, NULL) == ERR_OK)
            digest_bytes(&file, data, size);
        free(data);
        return file.digest;
    }
    while ((entry = readdir(folder)) != NULL) {
        struct bench name = {.digest = 0xcbf29ce484222325U};
        char *below = file_join(path, entry->d_name);

        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            digest_bytes(&name, entry->d_name, strlen(entry->d_name));
            sum += name.digest * (digest_tree(below) | 1);
        }
        free(below);
    }
    closedir(folder);
    return sum;
}

/* ---- scenarios: as a caller of the library writes them, every object freed whatever happens ---- */

typedef enum err_status scenario(struct bench *b, struct err *err);

#define API(call)    ((enum err_status)(call))
#define FAILURE(err) ((struct difflut_error *)(err)) /* both begin with, and are, the message */

static const char *const NODES[] = {"probabilistic", "dwn",     "dwn_stable", "difflogic",
                                    "linear_lut",    "polylut", "neurallut",  "fourier",
                                    "hybrid",        "warp"};
static const char *const ENCODERS[] = {"thermometer",
                                       "gaussian_thermometer",
                                       "distributive_thermometer",
                                       "logarithmic",
                                       "binary",
                                       "gray",
                                       "onehot",
                                       "sign_magnitude"};
enum {
    NUM_NODES = sizeof NODES / sizeof NODES[0],
    NUM_ENCODERS = sizeof ENCODERS / sizeof *ENCODERS
};

static enum err_status parse(struct bench *b, struct difflut_model **model, const char *node,
                             const char *encoder, const char *more, struct err *err)
{
    char yaml[1024];

    snprintf(yaml, sizeof yaml,
             "name: small\nmodel_type: feedforward\nnode_type: %s\n"
             "encoder_config: {name: %s, num_bits: 3}\nnode_input_dim: 3\nlayer_widths: [10, 9]\n"
             "num_classes: %d\ninput_size: %d\ninput: {bits: 4}\n%s",
             node, encoder, CLASSES, FEATURES,
             more != NULL ? more : "layer_type: random\ndataset: small\n");
    return API(difflut_model_parse(b->lut, yaml, "small", model, FAILURE(err)));
}

static enum err_status create_nodes(struct bench *b, struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < NUM_NODES && status == ERR_OK; i++) {
        struct difflut_model *model = NULL;

        status = parse(b, &model, NODES[i], "thermometer", NULL, err);
        difflut_model_free(model);
    }
    return status;
}

static enum err_status create_convolution(struct bench *b, struct err *err)
{
    static const char yaml[] =
        "name: conv\nmodel_type: convnet\nnode_type: probabilistic\n"
        "encoder_config: {name: thermometer, num_bits: 2}\nnode_input_dim: 4\n"
        "layer_config: {receptive_field: 3, tree_depth: 1, pool: 2}\nlayer_widths: [2, 6]\n"
        "num_classes: 3\ninput_size: 36\nlayer_type: [convolutional, random]\ndataset: small\n";
    struct difflut_model *model = NULL;
    enum err_status status = API(difflut_model_parse(b->lut, yaml, "conv", &model, FAILURE(err)));

    difflut_model_free(model);
    return status;
}

/* Every encoder, fitted on real numbers; lowered, with all passes, for a device of small LUTs. */
static enum err_status fit_encoders(struct bench *b, struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < NUM_ENCODERS && status == ERR_OK; i++) {
        struct difflut_train_options options = {0};
        struct difflut_model *model = NULL;
        char *text = NULL;

        status = parse(b, &model, "dwn", ENCODERS[i], NULL, err);
        if (status == ERR_OK)
            status = API(difflut_model_set(model, "training.epochs=1", FAILURE(err)));
        if (status == ERR_OK)
            status = API(difflut_model_set(model, "hardware.target=ice40", FAILURE(err)));
        if (status == ERR_OK) {
            difflut_model_set_threads(model, 1);
            status = API(difflut_train(model, b->data, &options, NULL, FAILURE(err)));
        }
        if (status == ERR_OK) status = API(difflut_netlist(model, &text, FAILURE(err)));
        if (status == ERR_OK) digest_bytes(b, text, strlen(text));
        free(text);
        difflut_model_free(model);
    }
    return status;
}

static enum err_status real_data(struct bench *b, struct err *err)
{
    struct difflut_data_shape shape = {.num_features = 2, .num_classes = 2, .code_bits = 5};
    const double x[] = {0.5, -1, 2.25, 3, -0.125, 7, 1, 1, 9, 2, 3.5, 4};
    const uint16_t labels[] = {0, 1, 0, 1, 1, 0};
    struct difflut_data *data = NULL;
    enum err_status status =
        API(difflut_data_create_real("real", &shape, x, labels, 6, 2, &data, FAILURE(err)));

    if (status == ERR_OK)
        digest_bytes(b, difflut_data_split(data, DIFFLUT_TRAIN).codes, 8 * sizeof(uint16_t));
    difflut_data_free(data);
    return status;
}

static enum err_status load_csv(struct bench *b, struct err *err)
{
    char more[768];
    struct difflut_model *model = NULL;
    struct difflut_data *data = NULL;
    enum err_status status;

    snprintf(more, sizeof more, "layer_type: learnable\ndataset: {train: %s, label: name}\n",
             in(b, "table.csv"));
    status = parse(b, &model, "dwn", "thermometer", more, err);
    if (status == ERR_OK)
        status =
            API(difflut_data_load(model, NULL, DIFFLUT_TRAIN | DIFFLUT_TEST, &data, FAILURE(err)));
    if (status == ERR_OK)
        digest_bytes(b, difflut_data_split(data, DIFFLUT_TEST).codes, FEATURES * sizeof(uint16_t));
    difflut_data_free(data);
    difflut_model_free(model);
    return status;
}

static enum err_status load_idx(struct bench *b, struct err *err)
{
    struct raw *raw = NULL;
    char images[600];
    enum err_status status;

    snprintf(images, sizeof images, "%s", in(b, "images.gz"));
    status = raw_read_idx(&raw, images, in(b, "labels"), 4, 3, err);
    if (status == ERR_OK) digest_bytes(b, raw->bytes, raw->count * raw->num_features);
    raw_free(raw);
    return status;
}

static enum err_status load_npy(struct bench *b, struct err *err)
{
    struct npy *npy = NULL;
    enum err_status status = npy_read(&npy, in(b, "x.npy"), err);

    if (status == ERR_OK) digest_bytes(b, &npy->count, sizeof npy->count);
    npy_free(npy);
    return status;
}

/* One epoch with everything that needs memory, a checkpoint, and a second epoch from it. */
static enum err_status train(struct bench *b, struct err *err)
{
    static const char *const settings[] = {"training.epochs=2",
                                           "training.batch_size=16",
                                           "training.checkpoint_seconds=0",
                                           "runtime.regularizers.entropy.weight=0.01",
                                           "runtime.flip_probability=0.1",
                                           "training.prune_inputs=0.2",
                                           "training.prune_end=0.5"};
    struct difflut_train_options options = {.resume = true};
    char checkpoint[600];
    struct difflut_model *model = NULL;
    enum err_status status = parse(b, &model, "[dwn, probabilistic]", "gray",
                                   "layer_type: learnable\ndataset: small\n", err);

    snprintf(checkpoint, sizeof checkpoint, "%s", out(b, "checkpoint"));
    options.checkpoint = checkpoint;
    if (status == ERR_OK) difflut_model_set_threads(model, 1);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && status == ERR_OK; i++)
        status = API(difflut_model_set(model, settings[i], FAILURE(err)));
    for (int run = 0; run < 2 && status == ERR_OK; run++)
        status = API(difflut_train(model, b->data, &options, NULL, FAILURE(err)));
    difflut_model_free(model);
    unlink(checkpoint);
    return status;
}

static enum err_status save_and_open(struct bench *b, struct err *err)
{
    struct difflut_model *model = NULL;
    char folder[600];
    enum err_status status;

    snprintf(folder, sizeof folder, "%s", out(b, "model"));
    status = API(difflut_model_save(b->model, folder, FAILURE(err)));
    if (status == ERR_OK)
        status = API(difflut_model_open(b->lut, folder, NULL, 0, &model, FAILURE(err)));
    if (status == ERR_OK)
        status =
            API(difflut_model_load_weights(model, in(b, "model/small.safetensors"), FAILURE(err)));
    difflut_model_free(model);
    return status;
}

static enum err_status pretrained(struct bench *b, struct err *err)
{
    struct difflut_model_info *list = NULL;
    size_t count = 0;
    enum err_status status = API(difflut_pretrained(b->lut, &list, &count, FAILURE(err)));

    digest_bytes(b, &count, sizeof count);
    free(list);
    return status;
}

static enum err_status forward(struct bench *b, struct err *err)
{
    struct difflut_samples test = difflut_data_split(b->data, DIFFLUT_TEST);
    struct difflut_mode mode = {.pass = DIFFLUT_HARD, .flip_probability = 0.1, .seed = 2};
    float logits[TEST * CLASSES];
    double accuracy = 0;
    enum err_status status =
        API(difflut_forward_soft(b->model, test.codes, TEST, logits, FAILURE(err)));

    if (status == ERR_OK)
        status = API(difflut_forward_sampled(b->model, test.codes, TEST, 1, logits, FAILURE(err)));
    digest_bytes(b, logits, status == ERR_OK ? sizeof logits : 0);
    if (status == ERR_OK)
        status = API(difflut_accuracy(b->model, &test, NULL, &accuracy, FAILURE(err)));
    if (status == ERR_OK)
        status = API(difflut_accuracy(b->model, &test, &mode, &accuracy, FAILURE(err)));
    if (status == ERR_OK) digest_bytes(b, &accuracy, sizeof accuracy);
    if (status == ERR_OK) status = API(difflut_regularization(b->model, &accuracy, FAILURE(err)));
    return status;
}

static enum err_status transfer(struct bench *b, struct err *err)
{
    struct difflut_model *model = NULL;
    bool copied[2] = {false, false};
    enum err_status status = parse(b, &model, "probabilistic", "thermometer", NULL, err);

    if (status == ERR_OK) status = API(difflut_transfer(model, b->model, copied, FAILURE(err)));
    digest_bytes(b, copied, sizeof copied);
    difflut_model_free(model);
    return status;
}

static enum err_status netlist_and_cost(struct bench *b, struct err *err)
{
    struct difflut_cost cost;
    struct netlist *net = NULL;
    char *text = NULL;
    enum err_status status = API(difflut_netlist(b->model, &text, FAILURE(err)));

    if (status == ERR_OK) status = netlist_parse(&net, text, strlen(text), "text", err);
    if (status == ERR_OK) status = API(difflut_cost(b->model, &cost, FAILURE(err)));
    if (status == ERR_OK) digest_bytes(b, &cost.luts, sizeof cost.luts);
    netlist_free(net);
    free(text);
    return status;
}

/* Every pass over a random netlist, then its parts for each device, and what it costs. */
static enum err_status passes(struct bench *b, struct err *err)
{
    static const char *const targets[] = {"xcup", "ecp5", "ice40"};
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < 3 && status == ERR_OK; i++) {
        struct netlist_cost cost = {0};
        struct netlist *net = NULL;
        struct text text = {0};

        status = netlist_copy(&net, b->net, err);
        if (status == ERR_OK)
            status = netlist_optimize_with(net, netlist_passes_for(targets[i]), NULL, err);
        if (status == ERR_OK) status = netlist_decompose(&net, targets[i], err);
        if (status == ERR_OK) status = netlist_cost(net, &cost, err);
        if (status == ERR_OK) {
            netlist_write(net, &text);
            status = text_status(&text, "a netlist", err);
        }
        if (status == ERR_OK) digest_bytes(b, text.data, text.size);
        text_free(&text);
        netlist_free(net);
    }
    return status;
}

static enum err_status engine(struct bench *b, struct err *err)
{
    uint32_t classes[TEST], scores[TEST * 16];
    uint16_t codes[TEST * 16] = {0};
    struct engine *engine = NULL;
    enum err_status status = engine_create(&engine, b->net, err);

    if (status == ERR_OK) status = engine_run(engine, codes, TEST, NULL, classes, 1, err);
    if (status == ERR_OK) digest_bytes(b, classes, sizeof classes);
    engine_free(engine);
    if (status == ERR_OK) status = netlist_eval(b->net, codes, TEST, NULL, scores, classes, err);
    if (status == ERR_OK) digest_bytes(b, classes, sizeof classes);
    return status;
}

static enum err_status write_c(struct bench *b, struct err *err)
{
    struct engine_c_options options = {.program = "test"};
    struct text text = {0};
    enum err_status status = engine_c_write(b->net, &options, &text, err);

    if (status == ERR_OK) digest_bytes(b, text.data, text.size);
    text_free(&text);
    return status;
}

static enum err_status emit_top(struct bench *b, const char *target, const char *pipeline,
                                struct err *err)
{
    char id[17], folder[600];
    enum err_status status = API(difflut_model_set(b->model, target, FAILURE(err)));

    snprintf(folder, sizeof folder, "%s", out(b, "rtl"));
    if (status == ERR_OK) status = API(difflut_model_set(b->model, pipeline, FAILURE(err)));
    if (status == ERR_OK) status = API(difflut_emit(b->model, folder, id, FAILURE(err)));
    if (status == ERR_OK) digest_bytes(b, id, sizeof id);
    return status;
}

static enum err_status emit(struct bench *b, struct err *err)
{
    return emit_top(b, "hardware.target=xcup", "hardware.pipeline.layers=1", err);
}

static enum err_status emit_small(struct bench *b, struct err *err)
{
    return emit_top(b, "hardware.target=ecp5", "hardware.pipeline.layers=0", err);
}

static enum err_status read_folder(struct bench *b, struct err *err)
{
    struct manifest *manifest = NULL;
    char folder[600];
    enum err_status status;

    snprintf(folder, sizeof folder, "%s", in(b, "rtl"));
    status = manifest_read(&manifest, folder, err);
    if (status == ERR_OK) status = manifest_verify(manifest, folder, err);
    if (status == ERR_OK) digest_bytes(b, manifest->build_id, sizeof manifest->build_id);
    manifest_free(manifest);
    return status;
}

static enum err_status simulate(struct bench *b, struct err *err)
{
    struct difflut_cosim_result result = {0};
    struct difflut_samples test = difflut_data_split(b->data, DIFFLUT_TEST);
    char folder[600];
    enum err_status status;

    snprintf(folder, sizeof folder, "%s", in(b, "rtl"));
    status =
        API(difflut_cosim(b->model, folder, "icarus", test.codes, TEST, &result, FAILURE(err)));
    digest_bytes(b, &result.mismatches, sizeof result.mismatches);
    return status;
}

static enum err_status write_vectors(struct bench *b, struct err *err)
{
    struct vectors *set = NULL, *again = NULL;
    enum err_status status = vectors_create(&set, 5, 3, 4, 6, 2, err);

    if (status == ERR_OK) {
        snprintf(set->build_id, sizeof set->build_id, "0123456789abcdef");
        status = vectors_write(set, out(b, "vectors.bin"), err);
    }
    if (status == ERR_OK) status = vectors_read(&again, out(b, "vectors.bin"), err);
    if (status == ERR_OK) digest_bytes(b, again->codes, 15 * sizeof(uint16_t));
    vectors_free(set);
    vectors_free(again);
    return status;
}

static enum err_status yosys_json(struct bench *b, struct err *err)
{
    static const char text[] =
        "{\"modules\": {\"top\": {\"ports\": {\"a\": {\"direction\": \"input\", \"bits\": [2, 3]},"
        "\"q\": {\"direction\": \"output\", \"bits\": [4]}}, \"cells\": {\"u\": {\"type\": "
        "\"$lut\","
        "\"parameters\": {\"WIDTH\": \"00000000000000000000000000000010\", \"LUT\": \"1000\"},"
        "\"port_directions\": {\"A\": \"input\", \"Y\": \"output\"},"
        "\"connections\": {\"A\": [2, 3], \"Y\": [4]}}},"
        "\"netnames\": {\"a\": {\"bits\": [2, 3]}, \"q\": {\"bits\": [4]}}}}}";
    static const char stat[] =
        "{\"modules\": {\"\\\\top\": {\"num_cells_by_type\": {\"LUT6\": 4}}}}";
    struct prove_netlist *netlist = NULL;
    struct synth_result result = {0};
    enum err_status status = prove_netlist_parse(&netlist, text, sizeof text - 1, "top", err);

    if (status == ERR_OK) digest_bytes(b, &netlist->num_cells, sizeof netlist->num_cells);
    prove_netlist_free(netlist);
    if (status == ERR_OK)
        status = synth_report_read(stat, sizeof stat - 1, "x", "top", "xcup", &result, err);
    if (status == ERR_OK) digest_bytes(b, &result.luts, sizeof result.luts);
    return status;
}

static enum err_status waveform(struct bench *b, struct err *err)
{
    static const char text[] =
        "$timescale 1s $end\n$scope module top $end\n$var wire 2 ! a [1:0] $end\n"
        "$var wire 1 \" q $end\n$upscope $end\n$enddefinitions $end\n"
        "#0\nb01 !\n0\"\n#1\n1\"\n";
    struct vcd *vcd = NULL;
    enum err_status status = vcd_parse(&vcd, text, sizeof text - 1, err);

    if (status == ERR_OK) status = vcd_seek(vcd, 1, err);
    if (status == ERR_OK) {
        const char bit = vcd_bit(vcd, 1, 0);

        digest_bytes(b, &bit, 1);
    }
    vcd_free(vcd);
    return status;
}

static enum err_status context(struct bench *b, struct err *err)
{
    struct difflut *lut = NULL;
    enum err_status status = API(difflut_create(&lut, FAILURE(err)));

    (void)b;
    difflut_free(lut);
    return status;
}

static const struct {
    const char *name;
    scenario *run;
} SCENARIOS[] = {
    {"context", context},
    {"create every node type", create_nodes},
    {"create a convolution", create_convolution},
    {"fit every encoder", fit_encoders},
    {"real data", real_data},
    {"read CSV", load_csv},
    {"read IDX", load_idx},
    {"read NPY", load_npy},
    {"train and resume", train},
    {"save and open", save_and_open},
    {"pretrained", pretrained},
    {"forward", forward},
    {"transfer", transfer},
    {"netlist and cost", netlist_and_cost},
    {"passes", passes},
    {"engine", engine},
    {"C file", write_c},
    {"emit", emit},
    {"emit for small LUTs", emit_small},
    {"read a folder", read_folder},
    {"simulate", simulate},
    {"vectors", write_vectors},
    {"Yosys JSON", yosys_json},
    {"waveform", waveform},
};
enum { NUM_SCENARIOS = sizeof SCENARIOS / sizeof SCENARIOS[0] };

/* ---- what must be true of a scenario in which something failed ---- */

struct seen {
    uint64_t digest, tree; /* of the run without a fault */
    long live;
};

static void run_scenario(struct bench *b, scenario *run, enum err_status *status, struct err *err)
{
    err->message[0] = '\0';
    b->digest = 0xcbf29ce484222325U;
    *status = run(b, err);
}

/* The status that a failure of this kind may have. Files that are gone are found missing in many ways. */
static bool is_told(enum fault_kind kind, enum err_status status, const char *message)
{
    if (message[0] == '\0' || strchr(message, '\n') != NULL) return false;
    switch (kind) {
    case FAULT_MALLOC:
        return status == ERR_NOMEM || strstr(message, "Cannot allocate memory") != NULL;
    case FAULT_DISK:
        return status == ERR_IO;
    case FAULT_READ:
    case FAULT_GONE: /* what a simulator should have left is its failure */
    case FAULT_KINDS:
        break;
    }
    return status == ERR_IO || status == ERR_FORMAT ||
           (status == ERR_TOOL && strstr(message, "record.txt") != NULL);
}

/* A fault that was not met as it should be; the rest is tried all the same. */
static void complain(struct bench *b, const char *what, const char *format, ...)
{
    va_list arguments;

    b->wrong++;
    if (b->shown++ >= SHOWN) return;
    printf("# %s: ", what);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

static void expect_whole(struct bench *b, const struct seen *good, const char *what)
{
    if (fault_live() != good->live)
        complain(b, what, "%ld allocations are left", fault_live() - good->live);
    if (digest_tree(out(b, "")) != good->tree) complain(b, what, "other files are left");
    if (digest_tree(in(b, "")) == 0) complain(b, what, "what was read is gone");
}

/* Runs the scenario with operation `at` failing. True when there was such an operation. */
static bool try_one(struct bench *b, size_t s, enum fault_kind kind, unsigned long at, bool sticky,
                    const struct seen *good)
{
    static const char *const kinds[] = {"malloc", "disk", "read", "gone"};
    struct err err;
    enum err_status status;
    unsigned long count;
    char what[160];

    snprintf(what, sizeof what, "%s, %s %lu%s", SCENARIOS[s].name, kinds[kind], at,
             sticky ? " and on" : "");
    fault_arm(kind, at, sticky);
    run_scenario(b, SCENARIOS[s].run, &status, &err);
    count = fault_disarm();
    if (status == ERR_OK && b->digest != good->digest) complain(b, what, "good, but other results");
    if (status != ERR_OK && !is_told(kind, status, err.message))
        complain(b, what, "status %d: %s", (int)status, err.message);
    expect_whole(b, good, what);
    if (at % 8 == 0) {
        run_scenario(b, SCENARIOS[s].run, &status, &err);
        if (status != ERR_OK || b->digest != good->digest)
            complain(b, what, "does not work afterwards: %s", err.message);
        expect_whole(b, good, what);
    }
    return count >= at;
}

static struct seen run_good(struct bench *b, size_t s)
{
    struct seen good;
    enum err_status status;
    struct err err;

    for (int warm = 0; warm < 2; warm++) {
        run_scenario(b, SCENARIOS[s].run, &status, &err);
        if (status != ERR_OK) fail_msg("%s: %s", SCENARIOS[s].name, err.message);
    }
    good.live = fault_live();
    run_scenario(b, SCENARIOS[s].run, &status, &err);
    if (fault_live() != good.live) fail_msg("%s: leaks without a fault", SCENARIOS[s].name);
    good.digest = b->digest;
    good.tree = digest_tree(out(b, ""));
    return good;
}

/* Every operation, or about MOST of them, spread. */
static void try_scenario(struct bench *b, size_t s, enum fault_kind kind, unsigned long *tried,
                         unsigned long *there)
{
    const char *all = getenv("DIFFLUT_FAULTS"), *one = getenv("DIFFLUT_FAULTS_AT");
    struct seen good = run_good(b, s);
    unsigned long count, step;
    enum err_status status;
    struct err err;

    b->shown = 0;
    if (one != NULL) {
        try_one(b, s, kind, strtoul(one, NULL, 10), false, &good);
        return;
    }
    fault_arm(kind, 0, false);
    run_scenario(b, SCENARIOS[s].run, &status, &err);
    count = fault_disarm();
    step = all != NULL && strcmp(all, "all") == 0 ? 1 : count / MOST + 1;
    for (unsigned long at = 1 + s % step; at <= count; at += step) {
        try_one(b, s, kind, at, false, &good);
        ++*tried;
    }
    for (unsigned long at = 1; at <= count; at += count / 8 + 1) {
        try_one(b, s, kind, at, true, &good);
        ++*tried;
    }
    assert_false(try_one(b, s, kind, count + 1000, false, &good));
    *there += count;
}

static void try_all(struct bench *b, enum fault_kind kind, const char *name)
{
    const char *only = getenv("DIFFLUT_FAULTS_SCENARIO");
    unsigned long tried = 0, there = 0;

    b->wrong = 0;
    for (size_t s = 0; s < NUM_SCENARIOS; s++) {
        if (only == NULL || strcmp(only, SCENARIOS[s].name) == 0)
            try_scenario(b, s, kind, &tried, &there);
    }
    printf("# faults: %s: %lu tried at %lu places in %d scenarios\n", name, tried, there,
           (int)NUM_SCENARIOS);
    if (b->wrong > 0) fail_msg("%lu faults were not met as they should be", b->wrong);
}

static void test_memory(void **state)
{
    try_all(*state, FAULT_MALLOC, "no memory");
}

static void test_disk(void **state)
{
    try_all(*state, FAULT_DISK, "disk full");
}

static void test_read(void **state)
{
    try_all(*state, FAULT_READ, "read error");
}

static void test_gone(void **state)
{
    try_all(*state, FAULT_GONE, "file gone");
}

/* ---- the test itself catches what it looks for ---- */

static enum err_status leaky(char **left, struct err *err)
{
    char *first = malloc(10), *second = first != NULL ? malloc(10) : NULL;

    *left = first;
    if (second == NULL) return err_nomem(err, "a test"); /* leaves the first */
    *left = NULL;
    free(first);
    free(second);
    return ERR_OK;
}

static void test_catches(void **state)
{
    struct err err = {""};
    long before = fault_live();
    char *left = NULL;

    (void)state;
    fault_arm(FAULT_MALLOC, 2, false);
    assert_int_equal(leaky(&left, &err), ERR_NOMEM);
    assert_int_equal(fault_disarm(), 2);
    assert_int_equal(fault_live(), before + (fault_counts_live() ? 1 : 0));
    free(left);
    assert_false(is_told(FAULT_MALLOC, ERR_IO, "no such file"));
    assert_false(is_told(FAULT_DISK, ERR_OK, ""));
}

/* ---- what scenarios start from ---- */

static void write_text(struct bench *b, const char *name, const void *text, size_t size)
{
    assert_int_equal(file_write(in(b, name), text, size, NULL), ERR_OK);
}

static void write_csv(struct bench *b)
{
    struct text text = {0};

    text_add(&text, "a,b,c,d,e,f,name\n");
    for (int i = 0; i < 30; i++)
        text_add(&text, "%d,%d,0.%d,%d,%d,%d,%s\n", i % 16, i % 7, i, 15 - i % 16, i % 3, i / 2,
                 i % 3 == 0   ? "\"x, y\""
                 : i % 3 == 1 ? "mid"
                              : "low");
    write_text(b, "table.csv", text.data, text.size);
    text_free(&text);
}

static void write_arrays(struct bench *b)
{
    static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2,  0,  0,
                                     0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2};
    static const char header[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }";
    uint8_t npy[10 + 118 + 32] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0};
    gzFile gz = gzopen(in(b, "images.gz"), "wb");

    assert_non_null(gz);
    assert_int_equal(gzwrite(gz, images, sizeof images), sizeof images);
    gzclose(gz);
    write_text(b, "labels", labels, sizeof labels);
    memset(npy + 10, ' ', 118);
    memcpy(npy + 10, header, sizeof header - 1);
    npy[10 + 117] = '\n';
    write_text(b, "x.npy", npy, sizeof npy);
}

/* Icarus as it answered the first time: tests/faults is not about Icarus. */
static void write_simulator(struct bench *b)
{
    static const char *const names[] = {"iverilog", "vvp"};
    static const char *const bodies[] = {
        "[ \"$1\" = -V ] && { echo Icarus 0; exit; }\n: >bench.vvp\n"
        "[ -f '%s' ] || PATH=$OLD_PATH exec iverilog \"$@\"\n",
        "[ -f '%s' ] && exec /bin/cp \"$RECORD\" record.txt\n"
        "PATH=$OLD_PATH vvp \"$@\" && /bin/cp record.txt \"$RECORD\"\n"};
    char record[600];

    snprintf(record, sizeof record, "%s", in(b, "record.txt"));
    setenv("RECORD", record, 1);
    setenv("OLD_PATH", getenv("PATH"), 1);
    for (size_t i = 0; i < 2; i++) {
        struct text text = {0};
        char path[64];

        text_add(&text, "#!/bin/sh\n");
        text_add(&text, bodies[i], record);
        snprintf(path, sizeof path, "bin/%s", names[i]);
        write_text(b, path, text.data, text.size);
        assert_int_equal(chmod(in(b, path), 0755), 0);
        text_free(&text);
    }
    setenv("PATH", in(b, "bin"), 1);
}

static void make_data(struct bench *b)
{
    struct difflut_data_shape shape = {
        .num_features = FEATURES, .num_classes = CLASSES, .code_bits = 4};
    struct difflut_samples train = {TRAIN, b->codes, b->labels};
    struct difflut_samples test = {TEST, b->codes + TRAIN * FEATURES, b->labels + TRAIN};

    for (size_t i = 0; i < TRAIN + TEST; i++) {
        b->labels[i] = (uint16_t)(i % CLASSES);
        for (size_t f = 0; f < FEATURES; f++)
            b->codes[i * FEATURES + f] =
                (uint16_t)((i * 7 + f * i * 3) % 8 + (f % CLASSES == i % CLASSES ? 8 : 0));
    }
    assert_int_equal(difflut_data_create("small", &shape, &train, &test, &b->data, NULL),
                     DIFFLUT_OK);
}

static void make_model(struct bench *b)
{
    struct err err = {""};

    assert_int_equal(parse(b, &b->model, "probabilistic", "thermometer", NULL, &err), ERR_OK);
    difflut_model_set_threads(b->model, 1);
    assert_int_equal(difflut_model_set(b->model, "training.epochs=2", FAILURE(&err)), DIFFLUT_OK);
    assert_int_equal(difflut_train(b->model, b->data, NULL, NULL, FAILURE(&err)), DIFFLUT_OK);
    assert_int_equal(difflut_model_save(b->model, in(b, "model"), FAILURE(&err)), DIFFLUT_OK);
    assert_int_equal(difflut_emit(b->model, in(b, "rtl"), NULL, FAILURE(&err)), DIFFLUT_OK);
}

static int set_up(void **state)
{
    struct random_net_limits most = {6, 6, 30, 60, 3, 5, 8};
    struct bench *b = calloc(1, sizeof *b);
    struct rng rng;

    if (b == NULL) return -1;
    omp_set_num_threads(1);
    scratch_create(&b->scratch);
    for (int i = 0; i < 4; i++) {
        static const char *const folders[] = {"in", "out", "in/bin", "in/pretrained"};

        if (mkdir(scratch_path(&b->scratch, folders[i]), 0777) != 0) return -1;
    }
    assert_int_equal(difflut_create(&b->lut, NULL), DIFFLUT_OK);
    make_data(b);
    make_model(b);
    rng_seed(&rng, 5, 0);
    do {
        netlist_free(b->net);
        b->net = random_net(&rng, &most);
    } while (b->net->num_luts < 40);
    write_csv(b);
    write_arrays(b);
    write_simulator(b);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    difflut_model_free(b->model);
    difflut_data_free(b->data);
    difflut_free(b->lut);
    netlist_free(b->net);
    scratch_remove(&b->scratch);
    free(b);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catches), cmocka_unit_test(test_memory), cmocka_unit_test(test_disk),
        cmocka_unit_test(test_read),    cmocka_unit_test(test_gone),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
