/* How the cost of training grows with the net: LUT6, random wires, 3-bit thermometer, drawn digits of 784
 * features, one thread.
 *   bench_train TYPE LAYERS LUTS BATCH
 * One CSV line: type,layers,luts,batch, nanoseconds of processor time a LUT and sample (median, lowest and
 * highest of five runs, of whole training steps), and the most memory that the process has had, in MiB. */
#include "train/train_speed.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { RUNS = 5 };

static enum err_status configure(struct config **out, char **arguments, struct err *err)
{
    long layers = strtol(arguments[1], NULL, 10), luts = strtol(arguments[2], NULL, 10);
    char widths[64], yaml[512];
    int size;

    if (layers == 2)
        snprintf(widths, sizeof widths, "%ld, %ld", luts / 2, luts - luts / 2);
    else
        snprintf(widths, sizeof widths, "%ld", luts);
    size = snprintf(yaml, sizeof yaml,
                    "model_type: feedforward\nlayer_type: random\nnode_type: %s\n"
                    "encoder_config: {name: thermometer, num_bits: 3, feature_wise: true}\n"
                    "node_input_dim: 6\nlayer_widths: [%s]\nnum_classes: 10\ninput_size: 784\n"
                    "dataset: synthetic_digits\ntraining: {batch_size: %s, epochs: 1000}\n",
                    arguments[0], widths, arguments[3]);
    return config_parse(out, yaml, (size_t)size, "bench_train.yaml", err);
}

static enum err_status measure(const struct config *config, double *values, struct err *err)
{
    struct dataset_request data = {
        .spec = &config->dataset, .bits = (unsigned)config->input_bits, .splits = DATASET_TRAIN};
    struct train_speed_request speed = {
        .threads = 1, .runs = RUNS, .seconds = 0.3, .processor = true};
    struct dataset *dataset = NULL;
    struct model *model = NULL;
    enum err_status status = dataset_load(&dataset, &data, err);

    if (status == ERR_OK) status = model_create(&model, config, err);
    if (status == ERR_OK) status = model_fit_encoder(model, dataset, err);
    if (status == ERR_OK) status = train_speed(model, dataset, &speed, values, err);
    model_free(model);
    dataset_free(dataset);
    return status;
}

static int compare(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    struct config *config = NULL;
    struct err err = {""};
    double values[RUNS];
    struct rusage usage;

    if (argc != 5) {
        fputs("usage: bench_train TYPE LAYERS LUTS BATCH\n", stderr);
        return 2;
    }
    if (configure(&config, argv + 1, &err) != ERR_OK || measure(config, values, &err) != ERR_OK) {
        fprintf(stderr, "bench_train: %s\n", err.message);
        config_free(config);
        return 1;
    }
    config_free(config);
    for (int i = 0; i < RUNS; i++)
        values[i] = 1e9 / (values[i] * strtod(argv[3], NULL));
    qsort(values, RUNS, sizeof *values, compare);
    getrusage(RUSAGE_SELF, &usage);
    printf("%s,%s,%s,%s,%.3f,%.3f,%.3f,%.1f\n", argv[1], argv[2], argv[3], argv[4],
           values[RUNS / 2], values[0], values[RUNS - 1], (double)usage.ru_maxrss / 1024);
    return 0;
}
