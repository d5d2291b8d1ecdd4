/* Every node type x every encoder x every layer type, trained on drawn digits and frozen: C reference =
 * netlist evaluator = Verilator on every class score, the class, and the cycle the result comes out.
 *
 * All models are made and compared in one process. Verilator compiles one bench that holds many of
 * them: by default 80, in which every two of (node, encoder, layer type) meet; all of them with
 * DIFFLUT_MATRIX=all (`make matrix`). Widths are odd where they can be; n = 1..6, m = 1..3 and the
 * pipeline change from model to model. DIFFLUT_MATRIX_TABLE names a file for the counts. */
#include "base/embed.h"
#include "flow/process.h"
#include "hdl/vlog_emit.h"
#include "netlist/netlist.h"
#include "scratch.h"
#include "sim_files.h"
#include "small_model.h"
#include "tool.h"
#include "train/train.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    CLASSES = 10,
    SIDE = 16,
    FEATURES = SIDE * SIDE,
    TRAIN = 200,
    DRAWN = 40,
    VECTORS = 64,
    MAX_CELLS = 1024
};
enum { MAX_DIGITS = 64 }; /* of one model's part of the bench's record */

/* The layer types, as YAML. */
static const struct kind {
    const char *name, *model, *layer, *config;
} KINDS[] = {
    {"random", "feedforward", "random", ""},
    {"learnable", "feedforward", "learnable", ""},
    {"learnable, hard", "feedforward", "learnable", "selection: hard"},
    {"learnable, 7 candidates", "feedforward", "learnable", "candidates: 7"},
    {"convolutional", "convnet", "[convolutional, random]",
     "receptive_field: 6, stride: 5, tree_depth: 1"},
};
enum { NUM_KINDS = sizeof KINDS / sizeof KINDS[0], CONVOLUTIONAL = NUM_KINDS - 1 };

struct cell {
    size_t node, encoder, kind; /* indices */
    char name[32];
    char what[160];    /* for messages */
    char problem[400]; /* what went wrong when it was made; "" nothing */
    struct model *model;
    struct netlist *net; /* after the passes, as emitted */
    uint32_t scores[VECTORS * CLASSES], classes[VECTORS];
    struct manifest *manifest;
    size_t digit, digits; /* its place in the record, hexadecimal digits from the low end */
    size_t simulated, different;
};

static struct matrix {
    struct dataset *data;
    uint16_t codes[VECTORS * FEATURES];
    struct cell *cells; /* [num_cells] node after node, encoder after encoder */
    size_t num_cells, num_nodes, num_encoders;
} matrix;

/* --- models --- */

static void name_cell(struct cell *cell, struct text *yaml)
{
    const struct node_type *node = node_types(&(size_t){0})[cell->node];
    const struct encoder_kind *encoder = encoder_kinds(&(size_t){0})[cell->encoder];
    const struct kind *kind = &KINDS[cell->kind];
    size_t turn = cell->encoder * NUM_KINDS + cell->kind;
    size_t n = 1 + turn % 6, m = 1 + (turn / 6 + cell->node) % 3;
    size_t bits = (size_t)encoder->min_bits + (cell->node + cell->kind) % 3;
    size_t width = 7 + 2 * (turn % 3), last = m == 2 ? 5 + turn % 2 * 10 : 10;

    if (strcmp(encoder->name, "onehot") == 0) bits++; /* one bit alone is always hot */
    if (cell->kind == CONVOLUTIONAL) m = 1, width = 1 + turn % 2, last = 10;
    if (strcmp(node->name, "difflogic") == 0 && n == 1) n = 2;
    snprintf(cell->name, sizeof cell->name, "m%zu_%zu_%zu", cell->node, cell->encoder, cell->kind);
    snprintf(cell->what, sizeof cell->what,
             "%s, %s of %zu bits, %s, n = %zu, m = %zu, widths %zu and %zu", node->name,
             encoder->name, bits, kind->name, n, m, width, last);
    text_add(yaml,
             "name: %s\nmodel_type: %s\nlayer_type: %s\nnode_type: %s\n"
             "encoder_config: {name: %s, num_bits: %zu}\nnode_input_dim: %zu\n"
             "layer_widths: [%zu, %zu]\nnum_classes: 10\ninput_size: 256\n"
             "dataset: synthetic_digits\nnode_config: {output_dim: %zu}\nlayer_config: {%s}\n"
             "runtime: {init_fn: %s, init_kwargs: {%s}}\n"
             "training: {epochs: 2, batch_size: 25, learning_rate: 0.05, seed: %zu}\n"
             "hardware: {pipeline: {encoder: %zu, layers: %zu, popcount: %zu, argmax: %zu}}\n",
             cell->name, kind->model, kind->layer, node->name, encoder->name, bits, n, width, last,
             m, kind->config, cell->kind == 0 ? "\"\"" : "residual",
             cell->kind == 0 ? "" : "logit_clarity: 1, noise_factor: 0.5", turn, turn & 1,
             turn >> 1 & 1, turn >> 2 & 1, turn >> 3 & 1);
}

static enum err_status train_cell(struct cell *cell, struct err *err)
{
    struct train_options options = {.threads = 1};
    struct train_result result;
    struct config *config = NULL;
    struct text yaml = {0};
    enum err_status status;

    name_cell(cell, &yaml);
    status = config_parse(&config, yaml.data, yaml.size, cell->name, err);
    if (status == ERR_OK) status = model_create(&cell->model, config, err);
    if (status == ERR_OK) status = model_fit_encoder(cell->model, matrix.data, err);
    if (status == ERR_OK) status = train_run(cell->model, matrix.data, &options, &result, err);
    config_free(config);
    text_free(&yaml);
    return status;
}

/* The evaluator against the reference: `what` says on which netlist. */
static enum err_status compare_netlist(const struct cell *cell, const char *what, struct err *err)
{
    uint32_t scores[VECTORS * CLASSES], classes[VECTORS];
    enum err_status status =
        netlist_eval(cell->net, matrix.codes, VECTORS, NULL, scores, classes, err);

    if (status != ERR_OK) return status;
    for (size_t i = 0; i < (size_t)VECTORS * CLASSES; i++) {
        if (scores[i] != cell->scores[i])
            return err_set(err, ERR_DIFF, "%s: vector %zu, class %zu: score %u, reference %u", what,
                           i / CLASSES, i % CLASSES, scores[i], cell->scores[i]);
    }
    if (memcmp(classes, cell->classes, sizeof classes) != 0)
        return err_set(err, ERR_DIFF, "%s: another class than the reference", what);
    return ERR_OK;
}

static void make_cell(struct cell *cell)
{
    struct err err = {""};
    enum err_status status = train_cell(cell, &err);

    if (status == ERR_OK)
        status = model_hard(cell->model, matrix.codes, VECTORS, 1, NULL, cell->scores,
                            cell->classes, &err);
    if (status == ERR_OK) status = model_lower(cell->model, &cell->net, &err);
    if (status == ERR_OK) status = compare_netlist(cell, "as lowered", &err);
    if (status == ERR_OK) status = netlist_optimize(cell->net, NULL, &err);
    if (status == ERR_OK) status = compare_netlist(cell, "after the passes", &err);
    if (status != ERR_OK) snprintf(cell->problem, sizeof cell->problem, "%.390s", err.message);
}

/* Test digits, all codes 0, all 255, then noise. */
static void fill_codes(struct rng *rng)
{
    memcpy(matrix.codes, matrix.data->test.codes, (size_t)DRAWN * FEATURES * sizeof(uint16_t));
    for (size_t i = 0; i < FEATURES; i++)
        matrix.codes[(DRAWN + 1) * FEATURES + i] = 255;
    for (size_t i = (size_t)(DRAWN + 2) * FEATURES; i < (size_t)VECTORS * FEATURES; i++)
        matrix.codes[i] = (uint16_t)rng_below(rng, 256);
}

/* The middle of the images, where the ink is: small nets that read the margin never change. */
static void crop(struct dataset_split *split)
{
    for (size_t i = 0; i < split->count * FEATURES; i++) {
        size_t row = 6 + i % FEATURES / SIDE, column = 6 + i % SIDE;

        split->codes[i] = split->codes[(i / FEATURES * 28 + row) * 28 + column];
    }
}

static void read_digits(void)
{
    struct config_dataset spec = {.name = "synthetic_digits"};
    struct dataset_request request = {
        .spec = &spec, .bits = 8, .splits = DATASET_TRAIN | DATASET_TEST};
    struct err err = {""};

    if (dataset_load(&matrix.data, &request, &err) != ERR_OK) fail_msg("%s", err.message);
    assert_int_equal(matrix.data->num_features, 28 * 28);
    crop(&matrix.data->train);
    crop(&matrix.data->test);
    matrix.data->num_features = FEATURES;
    matrix.data->height = matrix.data->width = SIDE;
    matrix.data->train.count = TRAIN;
    code_map_free(matrix.data->map);
    if (code_map_create(&matrix.data->map, 8, FEATURES, &err) != ERR_OK)
        fail_msg("%s", err.message);
}

static int make_matrix(void **state)
{
    struct rng rng;
    size_t each;

    (void)state;
    read_digits();
    rng_seed(&rng, 20260301, 0);
    fill_codes(&rng);
    node_types(&matrix.num_nodes);
    encoder_kinds(&matrix.num_encoders);
    each = matrix.num_encoders * NUM_KINDS;
    matrix.num_cells = matrix.num_nodes * each;
    matrix.cells = calloc(matrix.num_cells, sizeof *matrix.cells);
    if (matrix.cells == NULL || matrix.num_cells > MAX_CELLS) return -1;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < matrix.num_cells; i++) {
        struct cell *cell = &matrix.cells[i];

        cell->node = i / each;
        cell->encoder = i % each / NUM_KINDS;
        cell->kind = i % NUM_KINDS;
        make_cell(cell);
    }
    return 0;
}

static int free_matrix(void **state)
{
    (void)state;
    for (size_t i = 0; i < matrix.num_cells; i++) {
        manifest_free(matrix.cells[i].manifest);
        netlist_free(matrix.cells[i].net);
        model_free(matrix.cells[i].model);
    }
    free(matrix.cells);
    dataset_free(matrix.data);
    return 0;
}

/* A model whose answer never changes would prove little: most must tell vectors apart. */
static void test_netlists(void **state)
{
    size_t lively = 0;

    (void)state;
    for (size_t i = 0; i < matrix.num_cells; i++) {
        const struct cell *cell = &matrix.cells[i];
        bool varies = false;

        if (cell->problem[0] != '\0') fail_msg("%s: %s", cell->what, cell->problem);
        for (size_t v = 1; v < VECTORS; v++)
            varies = varies || memcmp(cell->scores, cell->scores + v * CLASSES,
                                      CLASSES * sizeof *cell->scores) != 0;
        lively += varies;
    }
    print_message(
        "# matrix: %zu models x %d vectors, reference = netlist; %zu with scores that vary\n",
        matrix.num_cells, VECTORS, lively);
    assert_int_equal(matrix.num_cells, 10 * 8 * NUM_KINDS);
    assert_true(lively > matrix.num_cells * 9 / 10);
}

/* --- one bench for many models --- */

/* In the pairs every node meets every encoder once, and both meet every layer type. */
static bool chosen(const struct cell *cell)
{
    const char *which = getenv("DIFFLUT_MATRIX");

    return (which != NULL && strcmp(which, "all") == 0) ||
           cell->kind == (cell->node + cell->encoder) % NUM_KINDS;
}

/* Emits the model below `folder` and lists its files, shared templates once. */
static void emit_cell(struct cell *cell, const char *folder, struct text *sources, bool first)
{
    struct vlog_options options = {
        .top = "full", .target = "generic", .scores = true, .chunk = 256};
    struct err err = {""};
    char *path = file_join(folder, cell->name);

    assert_non_null(path);
    if (vlog_emit(cell->net, path, &options, &cell->manifest, &err) != ERR_OK)
        fail_msg("%s: %s", cell->what, err.message);
    for (size_t i = 0; i < cell->manifest->num_files; i++) {
        const struct manifest_file *file = &cell->manifest->files[i];
        const char *base = strrchr(file->path, '/');
        bool own = base != NULL && strncmp(base + 1, cell->name, strlen(cell->name)) == 0;

        if (strcmp(file->kind, "rtl") == 0 && strstr(file->path, ".v") != NULL && own)
            text_add(sources, "%s/%s\n", cell->name, file->path);
    }
    if (first) text_add(sources, "+libext+.v\n");
    text_add(sources, "-y %s/rtl\n", cell->name); /* the templates, found by module name */
    free(path);
}

/* One model in the bench: {valid, class, scores}, each in whole hexadecimal digits, scores lowest. */
static void instance(struct cell *cell, struct text *verilog, size_t digit)
{
    const struct manifest *m = cell->manifest;
    size_t scores = ((size_t)CLASSES * m->score_bits + 3) / 4, at = 4 * digit;

    cell->digit = digit;
    cell->digits = scores + 2;
    assert_true(cell->digits <= MAX_DIGITS);
    text_add(verilog,
             "    %s_full u_%s (\n        .clk(clk), .rst(rst), .in_valid(in_valid), "
             ".in_codes(in_codes),\n        .out_valid(record[%zu]), .out_scores(record[%zu:%zu]), "
             ".out_class(record[%zu:%zu]));\n",
             cell->name, cell->name, at + 4 * scores + 4, at + (size_t)CLASSES * m->score_bits - 1,
             at, at + 4 * scores + m->class_bits - 1, at + 4 * scores);
    for (size_t bit = (size_t)CLASSES * m->score_bits; bit < 4 * scores; bit++)
        text_add(verilog, "    assign record[%zu] = 1'b0;\n", at + bit);
    text_add(verilog, "    assign record[%zu:%zu] = 3'b000;\n", at + 4 * scores + 7,
             at + 4 * scores + 5);
}

static void write_file(const char *folder, const char *name, const void *data, size_t size)
{
    char *path = file_join(folder, name);
    struct err err = {""};

    assert_non_null(path);
    if (file_write(path, data, size, &err) != ERR_OK) fail_msg("%s", err.message);
    free(path);
}

static void write_text(const char *folder, const char *name, struct text *text)
{
    assert_false(text->failed);
    write_file(folder, name, text->data, text->size);
    text_free(text);
}

/* Writes the bench for `cells`; returns the digits of its record. */
static size_t write_bench(struct cell **cells, size_t count, const char *folder)
{
    struct text verilog = {0}, sources = {0}, body = {0};
    size_t digits = 0;

    for (size_t i = 0; i < count; i++) {
        emit_cell(cells[i], folder, &sources, i == 0);
        instance(cells[i], &body, digits);
        digits += cells[i]->digits;
    }
    text_add(&verilog,
             "module bench_top (input wire clk, input wire [%d:0] stimulus,\n"
             "                  output wire [%zu:0] record);\n"
             "    wire [%d:0] in_codes = stimulus[%d:0];\n"
             "    wire in_valid = stimulus[%d];\n    wire rst = stimulus[%d];\n",
             8 * FEATURES + 7, 4 * digits - 1, 8 * FEATURES - 1, 8 * FEATURES - 1, 8 * FEATURES,
             8 * FEATURES + 1);
    text_add_bytes(&verilog, body.data, body.size);
    text_add(&verilog, "endmodule\n");
    text_free(&body);
    write_text(folder, "bench_top.v", &verilog);
    write_text(folder, "sources.f", &sources);
    for (size_t i = 0; i < SIM_FILES_COUNT; i++)
        if (strcmp(SIM_FILES[i].name, "bench_top.v") != 0)
            write_file(folder, SIM_FILES[i].name, SIM_FILES[i].text, SIM_FILES[i].size);
    return digits;
}

/* One row a cycle, highest byte first: flags, then the codes, feature 0 lowest. Two cycles of reset,
 * the vectors one a cycle, then enough for the deepest pipeline. */
enum { RESET = 2, CYCLES = RESET + VECTORS + 16 };

static void write_stimulus(const char *folder)
{
    size_t row = FEATURES + 1;
    uint8_t *bytes = calloc(CYCLES, row);

    assert_non_null(bytes);
    for (size_t cycle = 0; cycle < CYCLES; cycle++) {
        bool valid = cycle >= RESET && cycle < RESET + VECTORS;

        bytes[cycle * row] = cycle < RESET ? 2 : valid;
        for (size_t f = 0; valid && f < FEATURES; f++)
            bytes[cycle * row + row - 1 - f] =
                (uint8_t)matrix.codes[(cycle - RESET) * FEATURES + f];
    }
    write_file(folder, "stimulus.bin", bytes, CYCLES * row);
    free(bytes);
}

static void call(const char *folder, const char *const *argv)
{
    struct process_options options = {.argv = argv, .folder = folder, .time_limit = 900};
    struct err err = {""};

    if (process_call(&options, &err) != ERR_OK) fail_msg("%s", err.message);
}

/* The C++ files in two parts, one for each core of the usual machine. */
static const char SPLIT[] =
    "ls Vbench*.cpp | awk '{ print \"#include \\\"\" $0 \"\\\"\" > (\"part_\" "
    "NR % 2 \".cpp\") }'";

static void simulate(const char *folder, size_t digits)
{
    static const char *const verilate[] = {"verilator",
                                           "--cc",
                                           "--prefix",
                                           "Vbench",
                                           "--top-module",
                                           "bench_top",
                                           "--Mdir",
                                           ".",
                                           "-O3",
                                           "--x-assign",
                                           "fast",
                                           "--x-initial",
                                           "fast",
                                           "--output-split",
                                           "20000",
                                           "-fno-dfg",
                                           "--no-trace",
                                           "-Wno-lint",
                                           "-Wno-style",
                                           "-Wno-fatal",
                                           "-Werror-WIDTH",
                                           "-Werror-PINMISSING",
                                           "-f",
                                           "sources.f",
                                           "bench_top.v",
                                           NULL};
    char root[512], defines[128], cycles[16], bench[512];
    struct process_options find = {
        .argv = (const char *const[]){"verilator", "--getenv", "VERILATOR_ROOT", NULL}};
    struct err err = {""};

    if (process_version(&find, root, sizeof root, &err) != ERR_OK) fail_msg("%s", err.message);
    call(folder, verilate);
    call(folder, (const char *const[]){"sh", "-c", SPLIT, NULL});
    snprintf(bench, sizeof bench, "VERILATOR_ROOT=%.450s", root);
    snprintf(defines, sizeof defines, "BENCH_DEFINES=-DBENCH_STIMULUS=%d -DBENCH_RECORD=%zu",
             8 * (FEATURES + 1), 4 * digits);
    call(folder, (const char *const[]){"make", "-s", "-f", "bench.mk", "-j2", bench, defines,
                                       "BENCH_PARTS=0 1", "BENCH_LIBS=", "BENCH_OPT=-O0", NULL});
    snprintf(cycles, sizeof cycles, "%d", CYCLES);
    snprintf(bench, sizeof bench, "%s/bench", folder);
    call(folder, (const char *const[]){bench, "stimulus.bin", "record.txt", cycles, NULL});
}

/* The digits that a model must show in the cycle of vector v's result. */
static void expected_digits(const struct cell *cell, size_t v, char text[MAX_DIGITS + 1])
{
    size_t scores = cell->digits - 2;
    uint8_t digit[MAX_DIGITS] = {0};

    for (size_t k = 0; k < CLASSES; k++) {
        for (uint32_t b = 0; b < cell->manifest->score_bits; b++) {
            size_t at = k * cell->manifest->score_bits + b;

            digit[at / 4] |= (uint8_t)((cell->scores[v * CLASSES + k] >> b & 1) << at % 4);
        }
    }
    digit[scores] = (uint8_t)cell->classes[v];
    digit[scores + 1] = 1;
    for (size_t d = 0; d < cell->digits; d++)
        text[d] = "0123456789abcdef"[digit[cell->digits - 1 - d]];
    text[cell->digits] = '\0';
}

/* Counts the vectors with a difference; without a result a cycle must not be valid. */
static void judge(struct cell *cell, const char *record, size_t digits)
{
    size_t latency = cell->manifest->latency_cycles, top = digits - cell->digit - cell->digits;
    char expected[MAX_DIGITS + 1];

    for (size_t cycle = RESET; cycle < CYCLES; cycle++) {
        const char *found = record + cycle * (digits + 1) + top;
        bool result = cycle >= RESET + latency && cycle < RESET + latency + VECTORS;
        bool equal;

        if (result) expected_digits(cell, cycle - RESET - latency, expected);
        equal = result ? memcmp(found, expected, cell->digits) == 0 : found[0] == '0';
        if (!equal && cell->different++ == 0)
            print_message("%s: cycle %zu: %.*s, expected %s\n", cell->what, cycle,
                          (int)cell->digits, found, result ? expected : "no result");
        cell->simulated += result;
    }
}

/* --- the table --- */

static void write_table(void)
{
    const char *path = getenv("DIFFLUT_MATRIX_TABLE");
    const struct node_type *const *nodes = node_types(&(size_t){0});
    struct err err = {""};
    struct text text = {0};

    if (path == NULL) return;
    text_add(&text,
             "# Every node type, encoder and layer type in hardware\n\n"
             "Written by `make matrix` (tests/unit/test_matrix.c): models of two layers, n = 1 to "
             "6, m = 1 to 3,\nwith all %zu encoders, trained for two epochs on drawn digits "
             "and frozen. Each is compared on every class\nscore, the class and the cycle of "
             "the result: C reference, netlist evaluator and Verilator. `make test` does\nthe "
             "same for 80 of them in Verilator, and for all of them in the evaluator.\n\n"
             "A cell: models, vectors simulated, vectors with any difference.\n\n",
             matrix.num_encoders);
    text_add(&text, "| node type |");
    for (size_t k = 0; k < NUM_KINDS; k++)
        text_add(&text, " %s |", KINDS[k].name);
    text_add(&text, "\n|---|---|---|---|---|---|\n");
    for (size_t node = 0; node < matrix.num_nodes; node++) {
        text_add(&text, "| `%s` |", nodes[node]->name);
        for (size_t kind = 0; kind < NUM_KINDS; kind++) {
            size_t models = 0, vectors = 0, different = 0;

            for (size_t i = 0; i < matrix.num_cells; i++) {
                const struct cell *cell = &matrix.cells[i];

                if (cell->node != node || cell->kind != kind || cell->simulated == 0) continue;
                models++;
                vectors += cell->simulated;
                different += cell->different;
            }
            text_add(&text, " %zu, %zu, %zu |", models, vectors, different);
        }
        text_add(&text, "\n");
    }
    if (file_write(path, text.data, text.size, &err) != ERR_OK) fail_msg("%s", err.message);
    text_free(&text);
}

static void test_hardware(void **state)
{
    struct cell **cells = calloc(matrix.num_cells, sizeof *cells);
    size_t count = 0, digits, size, vectors = 0, different = 0;
    struct scratch scratch;
    struct err err = {""};
    uint8_t *record = NULL;

    (void)state;
    need_tool("verilator", "--version");
    scratch_create(&scratch);
    assert_non_null(cells);
    for (size_t i = 0; i < matrix.num_cells; i++)
        if (chosen(&matrix.cells[i]) && matrix.cells[i].problem[0] == '\0')
            cells[count++] = &matrix.cells[i];
    digits = write_bench(cells, count, scratch.folder);
    write_stimulus(scratch.folder);
    simulate(scratch.folder, digits);
    if (file_read(scratch_path(&scratch, "record.txt"), (size_t)1 << 30, &record, &size, &err) !=
        ERR_OK)
        fail_msg("%s", err.message);
    assert_int_equal(size, CYCLES * (digits + 1));
    for (size_t i = 0; i < count; i++) {
        judge(cells[i], (const char *)record, digits);
        vectors += cells[i]->simulated;
        different += cells[i]->different;
    }
    print_message("# matrix: %zu models, %zu vectors in Verilator, %zu differences\n", count,
                  vectors, different);
    assert_int_equal(vectors, count * VECTORS);
    assert_int_equal(different, 0);
    write_table();
    free(record);
    free(cells);
    scratch_remove(&scratch);
}

/* The judge must notice: one bit of a right record turned, one class, one result too late. */
static void test_judge_notices(void **state)
{
    struct cell cell = matrix.cells[0];
    struct manifest manifest = {.score_bits = 2, .class_bits = 4, .latency_cycles = 3};
    char record[CYCLES * 8], expected[MAX_DIGITS + 1];

    (void)state;
    cell.manifest = &manifest;
    cell.digit = 0;
    cell.digits = 7;
    for (size_t i = 0; i < (size_t)VECTORS * CLASSES; i++)
        cell.scores[i] &= 3;
    memset(record, '0', sizeof record);
    for (size_t v = 0; v < VECTORS; v++) {
        expected_digits(&cell, v, expected);
        memcpy(record + (RESET + 3 + v) * 8, expected, 7);
    }
    cell.simulated = cell.different = 0;
    judge(&cell, record, 7);
    assert_int_equal(cell.simulated, VECTORS);
    assert_int_equal(cell.different, 0);
    record[(RESET + 3 + 5) * 8 + 6] ^= 1;    /* a score's lowest bit */
    record[(RESET + 3 + 6) * 8 + 1] ^= 1;    /* a class */
    record[(RESET + 3 + 7) * 8] = '0';       /* not valid */
    record[(RESET + 3 + VECTORS) * 8] = '1'; /* valid after the last */
    record[(RESET + 2) * 8] = '1';           /* and before the first */
    judge(&cell, record, 7);
    assert_int_equal(cell.different, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_netlists),
        cmocka_unit_test(test_judge_notices),
        cmocka_unit_test(test_hardware),
    };

    return cmocka_run_group_tests(tests, make_matrix, free_matrix);
}
