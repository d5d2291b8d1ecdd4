/* difflut-hdl sweep: trains every point of a sweep and compares them.
 *
 * Each run has a folder whose name ends in a hash of everything that decides its weights, and is
 * finished once run.json is in it. So a sweep that was ended goes on where it was, and one whose file
 * was changed trains what is new and takes the rest as it is. */
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "cli/cli_commands.h"
#include "cli/cli_model.h"
#include "cli/cli_options.h"
#include "cli/cli_train_run.h"
#include "config/config_sweep.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_SIZE = 120, LARGEST_RESULT = 1 << 20 };

struct values {
    const char *out_dir, *data_dir;
    long seeds, threads;
    bool again, list;
    struct cli_list set;
};

static const struct cli_option OPTIONS[] = {
    {"out", 'o', CLI_TEXT, offsetof(struct values, out_dir), "DIR", NULL, 0, 0,
     "folder to write (default build/sweep/<name of FILE>)"},
    CLI_OPTION_DATA(struct values, data_dir),
    CLI_OPTION_SET(struct values, set),
    {"seeds", 0, CLI_LONG, offsetof(struct values, seeds), "N", "0", 0, 1000,
     "runs of each point, with seeds one after the other; 0: as FILE says"},
    {"again", 0, CLI_FLAG, offsetof(struct values, again), "", NULL, 0, 0,
     "train finished runs again"},
    {"list", 0, CLI_FLAG, offsetof(struct values, list), "", NULL, 0, 0,
     "train nothing: say which points there are and what is known of them"},
    CLI_OPTION_THREADS(struct values, threads),
};

/* Means that a point has; the CSV's columns behind the swept keys. */
static const char *const FIGURES[] = {"accuracy_hard",
                                      "accuracy_soft",
                                      "validation_accuracy_hard",
                                      "validation_accuracy_soft",
                                      "samples_per_second",
                                      "seconds",
                                      "luts_total"};
enum { NUM_FIGURES = sizeof FIGURES / sizeof FIGURES[0] };

struct sweep {
    struct cli *cli;
    const struct values *values;
    struct config_sweep *plan;
    struct cli_progress progress;
    char *out_dir, *runs_dir;
    long seeds;
    size_t num_runs, done; /* of the whole sweep; done so far, found ones included */
    json_t *points;
    struct dataset *dataset; /* of the last run */
    struct config_dataset dataset_spec;
    long dataset_bits;
};

/* One run of a point. */
struct run {
    struct config *config;
    size_t point;
    long fold;         /* -1: none */
    struct text label; /* "node_type: dwn; seed 7" */
    char *folder, *done_path;
};

/* ---- a point and its runs ---- */

static enum err_status point_config(const struct sweep *sweep, size_t point, struct config **out,
                                    struct err *err)
{
    struct config *config = NULL;
    enum err_status status = config_sweep_config(sweep->plan, point, &config, err);

    for (size_t i = 0; i < sweep->values->set.count && status == ERR_OK; i++)
        status = config_set(config, sweep->values->set.items[i], err);
    if (status == ERR_OK && config->training.folds == 1)
        status = config_complain(config, "training.folds", err,
                                 "expected 0, or 2 and more: one fold leaves nothing to train on");
    if (status == ERR_OK)
        *out = config;
    else
        config_free(config);
    return status;
}

/* A model of the point, to see what is wrong with it; *runs receives how often it is trained. */
static enum err_status check_point(const struct sweep *sweep, size_t point, size_t *runs,
                                   struct err *err)
{
    struct config *config = NULL;
    struct model *model = NULL;
    struct text what = {0};
    struct err inner = {.message = ""};
    enum err_status status = point_config(sweep, point, &config, err);
    long folds = status == ERR_OK ? config->training.folds : 0;

    *runs = (size_t)(sweep->seeds * (folds > 0 ? folds : 1));
    if (status == ERR_OK) {
        status = model_create(&model, config, &inner);
        config_sweep_describe(sweep->plan, point, &what);
        if (status != ERR_OK)
            err_set(err, status, "%.400s: %s", what.data != NULL ? what.data : "", inner.message);
    }
    text_free(&what);
    model_free(model);
    config_free(config);
    return status;
}

/* What is wrong with any point is said before the first is trained. */
static enum err_status check_points(struct sweep *sweep, struct err *err)
{
    enum err_status status = ERR_OK;
    size_t runs = 0;

    for (size_t point = 0; point < sweep->plan->num_points && status == ERR_OK; point++) {
        status = check_point(sweep, point, &runs, err);
        sweep->num_runs += runs;
    }
    return status;
}

/* "training.learning_rate" is said as "learning_rate". */
static const char *last_part(const char *key)
{
    const char *dot = strrchr(key, '.');

    return dot != NULL ? dot + 1 : key;
}

/* "node_type: dwn, learning_rate: 0.1; seed 7: " */
static void label_run(const struct sweep *sweep, struct run *run)
{
    for (size_t k = 0; k < sweep->plan->num_keys; k++) {
        struct text value = {0};

        config_sweep_value(sweep->plan, run->point, k, &value);
        if (value.size > 0)
            text_add(&run->label, "%s%s: %s", run->label.size > 0 ? ", " : "",
                     last_part(sweep->plan->keys[k]), value.data);
        text_free(&value);
    }
    text_add(&run->label, "; seed %ld", run->config->training.seed);
    if (run->fold >= 0) text_add(&run->label, ", fold %ld", run->fold);
    text_add(&run->label, ": ");
}

/* "dwn-0.1-seed_7-9f3c2a71": values, made fit for a file name, and the hash. */
static enum err_status name_folder(const struct sweep *sweep, struct run *run, struct err *err)
{
    struct text name = {0}, training = {0};
    char hash[HASH_TEXT_SIZE] = "";
    enum err_status status;

    for (size_t k = 0; k < sweep->plan->num_keys; k++) {
        size_t before = name.size;

        config_sweep_value(sweep->plan, run->point, k, &name);
        if (name.size > before) text_add(&name, "-");
    }
    for (size_t i = 0; i < name.size; i++)
        if (!isalnum((unsigned char)name.data[i]) && strchr("-_.", name.data[i]) == NULL)
            name.data[i] = '_';
    config_training_text(run->config, &training);
    text_add(&training, "init_from %s\n", run->config->training.init_from);
    status = text_status(&training, "a run's name", err);
    if (status == ERR_OK) status = text_status(&name, "a run's name", err);
    if (status == ERR_OK) {
        char folder[LABEL_SIZE + 96];

        hash_bytes(training.data, training.size, hash);
        snprintf(folder, sizeof folder, "%.*sseed_%ld", LABEL_SIZE,
                 name.data != NULL ? name.data : "", run->config->training.seed);
        if (run->fold >= 0)
            snprintf(folder + strlen(folder), sizeof folder - strlen(folder), "-fold_%ld",
                     run->fold);
        snprintf(folder + strlen(folder), sizeof folder - strlen(folder), "-%.8s", hash);
        run->folder = file_join(sweep->runs_dir, folder);
        run->done_path = run->folder != NULL ? file_join(run->folder, "run.json") : NULL;
        if (run->done_path == NULL) status = err_nomem(err, "a path");
    }
    text_free(&name);
    text_free(&training);
    return status;
}

/* The result of a finished run; none when it is not finished, or its file is not whole. */
static enum err_status find_result(const struct run *run, json_t **result, struct err *err)
{
    json_error_t where;
    enum err_status status = ERR_OK;

    if (!file_exists(run->done_path)) return ERR_OK;
    status = json_read(result, run->done_path, LARGEST_RESULT, &where, err);
    if (status == ERR_OK && !json_is_number(json_object_get(*result, "validation_accuracy_hard"))) {
        json_decref(*result);
        *result = NULL;
    }
    return status == ERR_FORMAT ? ERR_OK : status;
}

/* ---- training ---- */

/* The data set stays between runs that read the same one. */
static enum err_status load(struct sweep *sweep, const struct config *config, struct err *err)
{
    const struct config_dataset *spec = &config->dataset;
    bool same = sweep->dataset != NULL && sweep->dataset_bits == config->input_bits &&
                strcmp(sweep->dataset_spec.name, spec->name) == 0 &&
                strcmp(sweep->dataset_spec.train, spec->train) == 0 &&
                strcmp(sweep->dataset_spec.test, spec->test) == 0 &&
                strcmp(sweep->dataset_spec.label, spec->label) == 0 &&
                sweep->dataset->num_features == (size_t)config->input_size &&
                sweep->dataset->num_classes <= (size_t)config->num_classes;

    if (same) return ERR_OK;
    dataset_free(sweep->dataset);
    sweep->dataset = NULL;
    sweep->dataset_spec = *spec;
    sweep->dataset_bits = config->input_bits;
    return cli_train_load(&sweep->dataset, config, sweep->values->data_dir, err);
}

static enum err_status add_luts(json_t **result, const char *folder, struct err *err)
{
    struct model *model = NULL;
    struct netlist_cost cost = {0};
    enum err_status status = model_open(&model, folder, NULL, 0, err);

    if (status == ERR_OK) status = cli_model_cost(model, &cost, err);
    if (status == ERR_OK) {
        json_put(result, "luts",
                 json_pack("{s:I, s:I, s:I, s:I, s:I}", "encoder", (json_int_t)cost.encoder,
                           "layers", (json_int_t)cost.layers, "group_sum",
                           (json_int_t)cost.group_sum, "argmax", (json_int_t)cost.argmax, "total",
                           (json_int_t)cost.total));
        json_put(result, "luts_total", json_integer((json_int_t)cost.total));
        if (*result == NULL) status = err_nomem(err, "the result");
    }
    model_free(model);
    return status;
}

static enum err_status write_json(const char *path, const json_t *json, struct err *err)
{
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    enum err_status status =
        text == NULL ? err_nomem(err, "the result") : file_write(path, text, strlen(text), err);

    free(text);
    return status;
}

static enum err_status train(struct sweep *sweep, const struct run *run, json_t **out,
                             struct err *err)
{
    struct cli_train_request request = {.cli = sweep->cli,
                                        .progress = &sweep->progress,
                                        .label = run->label.data,
                                        .out_dir = run->folder,
                                        .threads = sweep->values->threads,
                                        .resume = !sweep->values->again,
                                        .fold = run->fold};
    json_t *result = NULL;
    enum err_status status = load(sweep, run->config, err);

    cli_progress_line(&sweep->progress, "run %zu of %zu", sweep->done + 1, sweep->num_runs);
    if (status == ERR_OK)
        status = cli_train_run(&request, run->config, sweep->dataset, &result, err);
    if (status == ERR_OK) status = add_luts(&result, run->folder, err);
    if (status == ERR_OK) status = write_json(run->done_path, result, err);
    if (status == ERR_OK)
        *out = result;
    else
        json_decref(result);
    return status;
}

/* ---- results ---- */

/* A swept value as JSON: a number, truth value or list of them, else a text. */
static json_t *value_json(const struct sweep *sweep, size_t point, size_t key)
{
    struct text text = {0};
    json_error_t where;
    json_t *value = NULL;
    enum err_status status;

    config_sweep_value(sweep->plan, point, key, &text);
    if (text.size == 0 && !text.failed) return json_null();
    if (text.failed) {
        text_free(&text);
        return NULL;
    }
    status = json_parse(&value, text.data, text.size, JSON_DECODE_ANY, &where, NULL);
    if (status == ERR_FORMAT || json_is_string(value)) {
        json_decref(value);
        value = json_string(text.data);
    }
    text_free(&text);
    return value;
}

static json_t *point_json(const struct sweep *sweep, size_t point)
{
    json_t *values = json_object();

    for (size_t k = 0; k < sweep->plan->num_keys; k++)
        json_put(&values, sweep->plan->keys[k], value_json(sweep, point, k));
    return json_pack("{s:o, s:[]}", "values", values, "runs");
}

/* False: no memory. */
static bool add_means(json_t *point)
{
    const json_t *runs = json_object_get(point, "runs");
    const json_t *hard, *soft;

    for (size_t i = 0; i < NUM_FIGURES; i++) {
        if (!cli_train_add_mean(point, runs, FIGURES[i])) return false;
    }
    hard = json_object_get(point, "accuracy_hard_mean");
    soft = json_object_get(point, "accuracy_soft_mean");
    return json_object_set_new(point, "gap",
                               json_is_number(hard) && json_is_number(soft)
                                   ? json_real(json_number_value(soft) - json_number_value(hard))
                                   : json_null()) == 0;
}

static void add_cell(struct text *csv, const char *cell)
{
    bool quoted = strpbrk(cell, ",\"") != NULL;

    if (quoted) text_add(csv, "\"");
    for (const char *c = cell; *c != '\0'; c++)
        text_add(csv, "%s%c", *c == '"' ? "\"" : "", *c);
    text_add(csv, quoted ? "\"," : ",");
}

static void add_number(struct text *csv, const json_t *number)
{
    if (json_is_number(number)) text_add(csv, "%.6g", json_number_value(number));
    text_add(csv, ",");
}

static void csv_point(const struct sweep *sweep, size_t index, struct text *csv)
{
    const json_t *point = json_array_get(sweep->points, index);
    char name[64];

    for (size_t k = 0; k < sweep->plan->num_keys; k++) {
        struct text value = {0};

        config_sweep_value(sweep->plan, index, k, &value);
        add_cell(csv, value.data != NULL ? value.data : "");
        text_free(&value);
    }
    for (size_t i = 0; i < NUM_FIGURES; i++) {
        snprintf(name, sizeof name, "%s_mean", FIGURES[i]);
        add_number(csv, json_object_get(point, name));
        snprintf(name, sizeof name, "%s_std", FIGURES[i]);
        add_number(csv, json_object_get(point, name));
    }
    add_number(csv, json_object_get(point, "gap"));
    text_add(csv, "%zu\n", json_array_size(json_object_get(point, "runs")));
}

static enum err_status write_csv(const struct sweep *sweep, struct err *err)
{
    struct text csv = {0};
    char *path = file_join(sweep->out_dir, "sweep.csv");
    enum err_status status;

    for (size_t k = 0; k < sweep->plan->num_keys; k++)
        add_cell(&csv, sweep->plan->keys[k]);
    for (size_t i = 0; i < NUM_FIGURES; i++)
        text_add(&csv, "%s_mean,%s_std,", FIGURES[i], FIGURES[i]);
    text_add(&csv, "gap,runs\n");
    for (size_t i = 0; i < json_array_size(sweep->points); i++)
        csv_point(sweep, i, &csv);
    status = path == NULL ? err_nomem(err, "a path") : text_status(&csv, "the table", err);
    if (status == ERR_OK) status = file_write(path, csv.data, csv.size, err);
    text_free(&csv);
    free(path);
    return status;
}

/* The point that is best where choosing is allowed: on the validation part. -1: none yet. */
static long best_point(const struct sweep *sweep)
{
    double highest = -1;
    long best = -1;

    for (size_t i = 0; i < json_array_size(sweep->points); i++) {
        const json_t *mean =
            json_object_get(json_array_get(sweep->points, i), "validation_accuracy_hard_mean");

        if (!json_is_number(mean) || json_number_value(mean) <= highest) continue;
        highest = json_number_value(mean);
        best = (long)i;
    }
    return best;
}

/* sweep.json and sweep.csv, after every run: a sweep that is ended leaves what it has. */
static enum err_status write_results(struct sweep *sweep, json_t **out, struct err *err)
{
    long best = best_point(sweep);
    json_t *keys = json_array(), *result;
    char *path = file_join(sweep->out_dir, "sweep.json");
    enum err_status status = path == NULL ? err_nomem(err, "a path") : ERR_OK;

    for (size_t k = 0; k < sweep->plan->num_keys; k++)
        json_push(&keys, json_string(sweep->plan->keys[k]));
    result = json_pack("{s:s, s:o, s:I, s:I, s:o, s:o, s:O}", "sweep", sweep->plan->name, "keys",
                       keys, "runs", (json_int_t)sweep->num_runs, "runs_done",
                       (json_int_t)sweep->done, "out_dir", cli_json_path(sweep->out_dir), "best",
                       best >= 0 ? json_integer(best) : json_null(), "points", sweep->points);
    if (result == NULL) status = err_nomem(err, "the result");
    if (status == ERR_OK && !sweep->values->list) status = write_json(path, result, err);
    if (status == ERR_OK && !sweep->values->list) status = write_csv(sweep, err);
    free(path);
    if (status == ERR_OK && out != NULL)
        *out = result;
    else
        json_decref(result);
    return status;
}

static void say_points(const struct sweep *sweep)
{
    long best = best_point(sweep);

    for (size_t i = 0; i < json_array_size(sweep->points); i++) {
        const json_t *point = json_array_get(sweep->points, i), *runs;
        double hard, hard_std, validation, validation_std;

        runs = json_object_get(point, "runs");
        for (size_t k = 0; k < sweep->plan->num_keys; k++) {
            struct text value = {0};

            config_sweep_value(sweep->plan, i, k, &value);
            cli_say(sweep->cli, "%s%s", value.data != NULL ? value.data : "-",
                    k + 1 < sweep->plan->num_keys ? "  " : ": ");
            text_free(&value);
        }
        if (!cli_train_mean(runs, "validation_accuracy_hard", &validation, &validation_std) ||
            json_array_size(runs) == 0)
            cli_say(sweep->cli, "not trained yet");
        else
            cli_say(sweep->cli, "validation hard %.2f %%", 100 * validation);
        if (json_array_size(runs) > 0 && cli_train_mean(runs, "accuracy_hard", &hard, &hard_std))
            cli_say(sweep->cli, ", test hard %.2f +- %.2f %%", 100 * hard, 100 * hard_std);
        cli_say(sweep->cli, " (%zu runs)%s\n", json_array_size(runs),
                (long)i == best ? "  best by validation" : "");
    }
}

/* ---- the sweep ---- */

static enum err_status do_run(struct sweep *sweep, struct run *run, json_t *point, struct err *err)
{
    json_t *result = NULL;
    enum err_status status;

    label_run(sweep, run);
    status = text_status(&run->label, "a run's name", err);
    if (status == ERR_OK) status = name_folder(sweep, run, err);
    if (status == ERR_OK && !sweep->values->again) status = find_result(run, &result, err);
    if (status == ERR_OK && result == NULL && !sweep->values->list)
        status = train(sweep, run, &result, err);
    if (status == ERR_OK && result != NULL) {
        sweep->done++;
        if (json_array_append_new(json_object_get(point, "runs"), result) != 0 || !add_means(point))
            status = err_nomem(err, "the result");
        if (status == ERR_OK) status = write_results(sweep, NULL, err);
    }
    text_free(&run->label);
    free(run->folder);
    free(run->done_path);
    return status;
}

static enum err_status do_point(struct sweep *sweep, size_t point, struct err *err)
{
    struct config *config = NULL;
    json_t *json = point_json(sweep, point);
    enum err_status status =
        json == NULL ? err_nomem(err, "the result") : point_config(sweep, point, &config, err);
    long first = status == ERR_OK ? config->training.seed : 0;
    long folds = status == ERR_OK ? config->training.folds : 0;

    if (json != NULL && json_array_append_new(sweep->points, json) != 0)
        status = err_nomem(err, "the result");
    for (long s = 0; s < sweep->seeds && status == ERR_OK; s++) {
        for (long fold = 0; fold < (folds > 0 ? folds : 1) && status == ERR_OK; fold++) {
            struct run run = {.config = config, .point = point, .fold = folds > 0 ? fold : -1};

            config->training.seed = first + s;
            status = do_run(sweep, &run, json, err);
        }
    }
    config_free(config);
    return status;
}

static enum err_status prepare(struct sweep *sweep, struct err *err)
{
    const struct values *values = sweep->values;
    enum err_status status = config_sweep_read(&sweep->plan, sweep->cli->positional[0], err);

    if (status != ERR_OK) return status;
    sweep->seeds = values->seeds > 0 ? values->seeds : sweep->plan->seeds;
    sweep->out_dir = values->out_dir != NULL ? strdup(values->out_dir)
                                             : file_join("build/sweep", sweep->plan->name);
    sweep->runs_dir = sweep->out_dir != NULL ? file_join(sweep->out_dir, "runs") : NULL;
    if (sweep->runs_dir == NULL || sweep->points == NULL) return err_nomem(err, "the sweep");
    status = check_points(sweep, err);
    if (status == ERR_OK && !values->list) status = file_make_dirs(sweep->runs_dir, err);
    return status;
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    struct sweep sweep = {.cli = cli, .values = untyped, .points = json_array()};
    json_t *result = NULL;
    enum err_status status = prepare(&sweep, err);

    cli_progress_begin(&sweep.progress, cli);
    for (size_t point = 0; status == ERR_OK && point < sweep.plan->num_points; point++)
        status = do_point(&sweep, point, err);
    cli_progress_end(&sweep.progress);
    if (status == ERR_OK) say_points(&sweep);
    if (status == ERR_OK) status = write_results(&sweep, &result, err);
    if (status == ERR_OK) status = cli_set_result(cli, result, err);
    if (status == ERR_OK && !sweep.values->list)
        cli_say(cli, "written to %s/sweep.csv and sweep.json\n", sweep.out_dir);
    json_decref(sweep.points);
    dataset_free(sweep.dataset);
    config_sweep_free(sweep.plan);
    free(sweep.out_dir);
    free(sweep.runs_dir);
    return status;
}

const struct cli_command cmd_sweep = {
    .name = "sweep",
    .arguments = "FILE",
    .summary = "train a grid of configurations and compare them",
    .description =
        "FILE is YAML: `base` (a configuration, or its path), `grid` (key: [values], "
        "every combination),\n"
        "`points` (a list of {key: value, ...}), `seeds`. Any key may be swept, "
        "structural ones too, as in\n"
        "training.learning_rate or layer_widths. All points are checked before the first "
        "is trained. Each run\n"
        "gets a folder of its own in DIR/runs; DIR/sweep.csv and DIR/sweep.json hold "
        "mean and standard\n"
        "deviation over the seeds and are written after every run. Finished runs are "
        "taken as they are, and one\n"
        "that was ended goes on from its checkpoint: the same command continues a "
        "sweep. `best` is the point\n"
        "with the highest hard accuracy on the validation part.",
    .example = "  difflut-hdl sweep configs/sweep.yaml\n"
               "  difflut-hdl sweep configs/sweep.yaml --list",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
