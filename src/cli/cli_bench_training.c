#include "cli/cli_bench.h"
#include "cli/cli_train_run.h"
#include "node/node.h"
#include "train/train_speed.h"

#include <stdio.h>
#include <string.h>

static const double RUN_SECONDS = 0.3;

/* A standard net: LUT6, batches of 128, MNIST's shape. */
struct net {
    const char *name, *wires; /* wires: the YAML of the layers' kind */
    const char *node_type, *widths;
    int bits; /* of the thermometer encoder, a feature */
};

static const char RANDOM[] = "layer_type: random";

/* Measured on one thread too. */
static const struct net MAIN_NETS[] = {
    {"probabilistic_1024_1000", RANDOM, "probabilistic", "1024, 1000", 4},
    {"dwn_2000_1000", RANDOM, "dwn", "2000, 1000", 3},
    {"dwn_1000", RANDOM, "dwn", "1000", 3},
    {"dwn_1000_candidates_64", "layer_type: learnable\nlayer_config: {candidates: 64}", "dwn",
     "1000", 3},
};

enum { NUM_MAIN_NETS = sizeof MAIN_NETS / sizeof MAIN_NETS[0] };

/* --- one case --- */

static void name_case(char name[160], const char *net, unsigned threads)
{
    snprintf(name, 160, "train/%s/threads_%u", net, threads);
}

static enum err_status measure(const struct cli_bench *bench, const struct config *config,
                               const struct dataset *dataset, unsigned threads, struct err *err)
{
    struct train_speed_request request = {
        .threads = threads, .runs = CLI_BENCH_RUNS, .seconds = RUN_SECONDS};
    struct cli_bench_case result = {.unit = "samples/s", .threads = threads};
    struct model *model = NULL;
    enum err_status status = model_create(&model, config, err);

    name_case(result.name, config->name, threads);
    if (status == ERR_OK) status = model_fit_encoder(model, dataset, err);
    if (status == ERR_OK) status = train_speed(model, dataset, &request, result.values, err);
    if (status == ERR_OK) status = cli_bench_add(bench, &result, err);
    model_free(model);
    return status;
}

/* --- configurations of the user's --- */

static enum err_status bench_config(const struct cli_bench *bench, const char *path,
                                    struct err *err)
{
    unsigned threads = cli_threads(bench->threads);
    struct config *config = NULL;
    struct dataset *dataset = NULL;
    enum err_status status = config_read(&config, path, err);
    char name[160];

    if (status == ERR_OK) {
        name_case(name, config->name, threads);
        if (cli_bench_wants(bench, name)) {
            status = cli_train_load(&dataset, config, bench->data_dir, err);
            if (status == ERR_OK) status = measure(bench, config, dataset, threads, err);
        }
    }
    dataset_free(dataset);
    config_free(config);
    return status;
}

enum err_status cli_bench_training(const struct cli_bench *bench, char *const *paths, size_t count,
                                   struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < count && status == ERR_OK; i++)
        status = bench_config(bench, paths[i], err);
    return status;
}

/* --- standard nets --- */

/* More epochs than the runs can take. */
static enum err_status configure(struct config **out, const struct net *net, const char *data,
                                 struct err *err)
{
    char yaml[640];
    int size = snprintf(yaml, sizeof yaml,
                        "name: %s\nmodel_type: feedforward\n%s\nnode_type: %s\n"
                        "encoder_config: {name: thermometer, num_bits: %d, feature_wise: true}\n"
                        "node_input_dim: 6\nlayer_widths: [%s]\nnum_classes: 10\n"
                        "input_size: 784\ndataset: %s\n"
                        "training: {batch_size: 128, epochs: 1000}\n",
                        net->name, net->wires, net->node_type, net->bits, net->widths, data);

    return config_parse(out, yaml, (size_t)size, net->name, err);
}

/* *dataset is loaded with the first case that needs it. */
static enum err_status bench_net(const struct cli_bench *bench, const struct net *net,
                                 unsigned threads, struct dataset **dataset, struct err *err)
{
    bool mnist = dataset_available("mnist", bench->data_dir, NULL);
    struct config *config = NULL;
    enum err_status status;
    char name[160];

    name_case(name, net->name, threads);
    if (!cli_bench_wants(bench, name)) return ERR_OK;
    status = configure(&config, net, mnist ? "mnist" : "synthetic_digits", err);
    if (status == ERR_OK && *dataset == NULL) {
        status = cli_train_load(dataset, config, bench->data_dir, err);
        if (status == ERR_OK)
            cli_say(bench->cli, "training steps on %s, batches of 128\n", (*dataset)->name);
    }
    if (status == ERR_OK) status = measure(bench, config, *dataset, threads, err);
    config_free(config);
    return status;
}

/* Every node type in the net of the first of the main ones. */
static enum err_status bench_nodes(const struct cli_bench *bench, unsigned threads,
                                   struct dataset **dataset, struct err *err)
{
    enum err_status status = ERR_OK;
    size_t count;
    const struct node_type *const *types = node_types(&count);

    for (size_t i = 0; i < count && status == ERR_OK; i++) {
        struct net net = MAIN_NETS[0];
        char name[96];

        if (strcmp(types[i]->name, net.node_type) == 0) continue;
        snprintf(name, sizeof name, "%s_1024_1000", types[i]->name);
        net.name = name;
        net.node_type = types[i]->name;
        status = bench_net(bench, &net, threads, dataset, err);
    }
    return status;
}

enum err_status cli_bench_training_standard(const struct cli_bench *bench, struct err *err)
{
    unsigned threads = cli_threads(bench->threads);
    struct dataset *dataset = NULL;
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < NUM_MAIN_NETS && status == ERR_OK; i++) {
        status = bench_net(bench, &MAIN_NETS[i], threads, &dataset, err);
        if (status == ERR_OK && threads > 1)
            status = bench_net(bench, &MAIN_NETS[i], 1, &dataset, err);
    }
    if (status == ERR_OK) status = bench_nodes(bench, threads, &dataset, err);
    dataset_free(dataset);
    return status;
}
