/* How time and memory of the flow grow with the hardware: a random net of LUT6 in 8 layers on 784
 * features of 8 bits, 4 thresholds each, 10 classes.
 *   bench_flow LUTS FOLDER [simulate] [synth]
 * One CSV line a step: luts,step,value,unit. Seconds are of the processor, so that other work on the
 * machine does not count; a Verilator build spreads them over all cores. Memory is the most that this
 * process has had. */
#include "base/file.h"
#include "base/rng.h"
#include "flow/cosim.h"
#include "flow/synth.h"
#include "hdl/vlog_emit.h"
#include "netlist/netlist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { FEATURES = 784, CODE_BITS = 8, THRESHOLDS = 4, LAYERS = 8, CLASSES = 10, VECTORS = 64 };

static const uint64_t SEED = 1;

struct bench {
    uint32_t luts;
    struct netlist *net;
    struct manifest *manifest;
    const char *folder;
    double begin; /* of the step at hand, seconds of the processor */
    struct err err;
};

static double processor(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Of all child processes so far. */
static double children(void)
{
    struct rusage usage;

    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void line(const struct bench *b, const char *step, double value, const char *unit)
{
    printf("%u,%s,%.3f,%s\n", b->luts, step, value, unit);
    fflush(stdout);
}

/* Ends a step: its seconds, or the program with its message. */
static void done(struct bench *b, const char *step, enum err_status status)
{
    if (status != ERR_OK) {
        fprintf(stderr, "bench_flow: %s: %s\n", step, b->err.message);
        exit(1);
    }
    line(b, step, processor() - b->begin, "s");
    b->begin = processor();
}

static enum err_status make_net(struct bench *b)
{
    struct netlist_sizes sizes = {.num_features = FEATURES,
                                  .code_bits = CODE_BITS,
                                  .num_steps = FEATURES * THRESHOLDS,
                                  .num_toggles = FEATURES * THRESHOLDS,
                                  .num_luts = b->luts,
                                  .num_classes = CLASSES};
    uint32_t width = b->luts / LAYERS, group = (b->luts - (LAYERS - 1) * width) / CLASSES;
    struct rng rng;
    enum err_status status;

    sizes.num_group = group * CLASSES;
    status = netlist_create(&b->net, &sizes, &b->err);
    if (status != ERR_OK) return status;
    rng_seed(&rng, SEED, b->luts);
    snprintf(b->net->name, sizeof b->net->name, "random%u", b->luts);
    b->net->num_layers = LAYERS;
    b->net->pipeline = (struct netlist_pipeline){1, 1, 1, 1, 0};
    for (uint32_t s = 0; s < sizes.num_steps; s++) {
        b->net->step_feature[s] = s / THRESHOLDS;
        b->net->toggle_start[s + 1] = s + 1;
        b->net->toggles[s] = 1 + s % THRESHOLDS * 64 + (uint32_t)rng_below(&rng, 63);
    }
    for (uint32_t lut = 0; lut < b->luts; lut++) {
        uint32_t layer = lut / width < LAYERS ? lut / width : LAYERS - 1;
        uint32_t below = layer == 0 ? 0 : sizes.num_steps + (layer - 1) * width;
        uint32_t *fan_in = b->net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;

        b->net->origin[lut] = (struct netlist_origin){lut - layer * width, (uint16_t)layer, 0};
        b->net->fan_in_count[lut] = NETLIST_MAX_FAN_IN;
        b->net->table[lut] = rng_next(&rng);
        for (unsigned k = 0; k < NETLIST_MAX_FAN_IN; k++)
            fan_in[k] = below + (uint32_t)rng_below(&rng, layer == 0 ? sizes.num_steps : width);
    }
    for (uint32_t i = 0; i < sizes.num_group; i++)
        b->net->group[i] = sizes.num_steps + (LAYERS - 1) * width + i;
    for (uint32_t c = 0; c <= CLASSES; c++)
        b->net->group_start[c] = c * group;
    return netlist_place_registers(b->net, &b->err);
}

static void text_steps(struct bench *b)
{
    struct text text = {0};
    struct netlist *again = NULL;

    netlist_write(b->net, &text);
    done(b, "netlist_write", text_status(&text, "the netlist", &b->err));
    done(b, "netlist_parse", netlist_parse(&again, text.data, text.size, "text", &b->err));
    netlist_free(again);
    text_free(&text);
}

static double folder_bytes(const struct bench *b)
{
    double bytes = 0;

    for (size_t i = 0; i < b->manifest->num_files; i++) {
        uint8_t *data = NULL;
        size_t size = 0;
        char *path = file_join(b->folder, b->manifest->files[i].path);

        if (path != NULL && file_read(path, SIZE_MAX, &data, &size, NULL) == ERR_OK)
            bytes += (double)size;
        free(data);
        free(path);
    }
    return bytes;
}

static double memory(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static void emit(struct bench *b)
{
    struct vlog_options options = {.top = "full", .target = "xcup", .scores = true, .chunk = 256};

    b->begin = processor();
    done(b, "emit", vlog_emit(b->net, b->folder, &options, &b->manifest, &b->err));
    line(b, "memory", memory(), "MiB");
    line(b, "folder", folder_bytes(b) / (1 << 20), "MiB");
}

static void simulate(struct bench *b)
{
    struct cosim_options options = {.simulator = "verilator"};
    struct cosim_result result = {0};
    struct vectors *v = NULL;
    struct rng rng;
    double before = children();
    enum err_status status =
        vectors_create(&v, VECTORS, FEATURES, CODE_BITS, FEATURES * THRESHOLDS, CLASSES, &b->err);

    if (status == ERR_OK) {
        rng_seed(&rng, SEED, 0);
        memcpy(v->build_id, b->manifest->build_id, sizeof v->build_id);
        for (size_t i = 0; i < VECTORS * (size_t)FEATURES; i++)
            v->codes[i] = (uint16_t)rng_below(&rng, 1 << CODE_BITS);
        for (size_t i = 0; i < VECTORS; i++) {
            for (uint32_t s = 0; s < b->net->num_steps; s++)
                v->bits[i * b->net->num_steps + s] =
                    v->codes[i * FEATURES + b->net->step_feature[s]] >= b->net->toggles[s];
        }
        status = netlist_eval(b->net, v->codes, VECTORS, NULL, v->scores, v->classes, &b->err);
    }
    if (status == ERR_OK) status = cosim_run(b->folder, b->manifest, v, &options, &result, &b->err);
    if (status == ERR_OK) line(b, "verilator", children() - before, "s");
    done(b, "simulate", status);
    line(b, "mismatches", (double)result.mismatches, "vectors");
    cosim_result_free(&result);
    vectors_free(v);
}

static void synthesise(struct bench *b)
{
    struct synth_options options = {.target = "xcup"};
    struct synth_result result = {0};
    double before = children();

    done(b, "synthesise", synth_run(b->folder, b->manifest, &options, &result, &b->err));
    line(b, "yosys_xcup", children() - before, "s");
    line(b, "yosys_luts", (double)result.luts, "LUTs");
}

int main(int argc, char **argv)
{
    struct bench b = {0};

    b.luts = argc >= 3 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    if (b.luts < LAYERS * CLASSES || b.luts > 100000000) {
        fprintf(stderr, "usage: bench_flow LUTS FOLDER [simulate] [synth]\n");
        return 2;
    }
    b.folder = argv[2];
    b.begin = processor();
    done(&b, "make", make_net(&b));
    done(&b, "netlist_check", netlist_check(b.net, &b.err));
    text_steps(&b);
    emit(&b);
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "simulate") == 0) simulate(&b);
        if (strcmp(argv[i], "synth") == 0) synthesise(&b);
    }
    b.begin = processor();
    done(&b, "netlist_optimize", netlist_optimize(b.net, NULL, &b.err));
    manifest_free(b.manifest);
    netlist_free(b.net);
    return 0;
}
