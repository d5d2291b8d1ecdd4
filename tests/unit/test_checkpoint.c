/* Checkpoints: a training that was killed and resumed writes the bytes of an unbroken one; a file of
 * another training, or a damaged one, is refused.
 *
 * The runs that are killed are children, and nothing before them uses OpenMP in this process: its
 * threads do not survive a fork. */
#include "base/file.h"
#include "model/safetensors.h"
#include "scratch.h"
#include "small_model.h"
#include "train/checkpoint.h"
#include "train/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct small_shape SHAPE = {.node = "probabilistic",
                                         .encoder = "distributive_thermometer",
                                         .features = 13,
                                         .bits = 3,
                                         .code_bits = 8,
                                         .classes = 4,
                                         .layers = 2,
                                         .n = 4,
                                         .width = {60, 40}};

/* One training run in a folder: checkpoint, model and log are written there. */
struct job {
    const char *layer, *extra;
    char folder[512];
    bool resume;
    unsigned threads; /* 0: 2 */
    uint64_t data_seed;
    const volatile sig_atomic_t *stop;
    void (*progress)(const struct train_progress *progress, void *user);
    struct text log, told;
    struct train_result result;
    struct err err;
};

static void log_epoch(const struct train_progress *p, void *user)
{
    struct job *job = user;

    if (job->progress != NULL) job->progress(p, job);
    if (!p->epoch_done) return;
    text_add(&job->log, "%zu %.17g %.17g %.17g %.17g %.17g %d\n", p->epoch, p->loss,
             p->loss_regularizers, p->learning_rate, p->accuracy_soft, p->accuracy_hard, p->best);
}

static void note_told(bool warning, const char *message, void *user)
{
    struct job *job = user;

    text_add(&job->told, "%s%s\n", warning ? "warning: " : "", message);
}

static const char *path_in(const char *folder, const char *name)
{
    static char path[600];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static enum err_status run_job(struct job *job)
{
    struct small_shape shape = SHAPE;
    struct config *config;
    struct dataset *data;
    struct model *model;
    char checkpoint[600];
    struct train_options options = {.threads = job->threads > 0 ? job->threads : 2,
                                    .progress = log_epoch,
                                    .tell = note_told,
                                    .user = job,
                                    .checkpoint = checkpoint,
                                    .resume = job->resume,
                                    .stop = job->stop};
    enum err_status status;

    shape.layer = job->layer;
    config = small_config(&shape, job->extra);
    data = small_dataset(&shape, 300, 10, job->data_seed);
    model = small_model(config, data);
    snprintf(checkpoint, sizeof checkpoint, "%s", path_in(job->folder, "checkpoint.safetensors"));
    text_free(&job->log);
    text_free(&job->told);
    status = train_run(model, data, &options, &job->result, &job->err);
    if (status == ERR_OK) status = model_save(model, job->folder, NULL, &job->err);
    if (status == ERR_OK && job->log.size > 0)
        status = file_write(path_in(job->folder, "log"), job->log.data, job->log.size, &job->err);
    model_free(model);
    dataset_free(data);
    config_free(config);
    return status;
}

static void free_job(struct job *job)
{
    text_free(&job->log);
    text_free(&job->told);
}

static void assert_same_file(const char *a, const char *b, const char *name)
{
    uint8_t *left = NULL, *right = NULL;
    size_t left_size = 0, right_size = 0;
    struct err err = {0};

    if (file_read(path_in(a, name), 1 << 26, &left, &left_size, &err) != ERR_OK ||
        file_read(path_in(b, name), 1 << 26, &right, &right_size, &err) != ERR_OK)
        fail_msg("%s", err.message);
    if (left_size != right_size || memcmp(left, right, left_size) != 0)
        fail_msg("%s of %s and %s differ", name, a, b);
    free(left);
    free(right);
}

static void assert_same_results(const char *a, const char *b)
{
    assert_same_file(a, b, "small.safetensors");
    assert_same_file(a, b, "log");
    assert_same_file(a, b, "checkpoint.safetensors");
}

/* --- kills --- */

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static pid_t start_child(struct job *job)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        enum err_status status = run_job(job);

        if (status != ERR_OK) fprintf(stderr, "%s\n", job->err.message);
        _exit(status == ERR_OK ? 0 : 1);
    }
    return child;
}

/* Waits `delay` seconds, kills the child, and returns whether it was still there to be killed. */
static bool kill_after(pid_t child, double delay)
{
    struct timespec pause = {.tv_sec = (time_t)delay,
                             .tv_nsec = (long)((delay - floor(delay)) * 1e9)};
    int how;

    nanosleep(&pause, NULL);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &how, 0), child);
    if (WIFEXITED(how)) assert_int_equal(WEXITSTATUS(how), 0);
    return WIFSIGNALED(how);
}

static void check_kills(const char *layer, const char *extra, size_t kills, uint64_t seed)
{
    struct job whole = {.layer = layer, .extra = extra, .data_seed = 5}, broken;
    struct scratch scratch;
    struct rng rng;
    size_t done = 0, runs = 0;
    double begin = seconds(), took;
    int how;

    scratch_create(&scratch);
    snprintf(whole.folder, sizeof whole.folder, "%s", scratch_path(&scratch, "whole"));
    broken = whole;
    broken.resume = true;
    snprintf(broken.folder, sizeof broken.folder, "%s", scratch_path(&scratch, "broken"));
    assert_int_equal(file_make_dirs(whole.folder, NULL), ERR_OK);
    assert_int_equal(file_make_dirs(broken.folder, NULL), ERR_OK);
    waitpid(start_child(&whole), &how, 0);
    took = seconds() - begin;
    rng_seed(&rng, seed, 0);
    while (done < kills) {
        broken.threads = 1 + (unsigned)rng_below(&rng, 3); /* which must not matter either */
        if (kill_after(start_child(&broken), 0.7 * took * rng_double(&rng))) {
            done++;
            continue;
        }
        assert_same_results(whole.folder, broken.folder); /* it got through: the next starts anew */
        remove(path_in(broken.folder, "checkpoint.safetensors"));
        took *= 0.8; /* the machine is less busy than it was */
        runs++;
    }
    assert_int_equal(waitpid(start_child(&broken), &how, 0) > 0, 1);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    assert_same_results(whole.folder, broken.folder);
    print_message("seed %lu: %zu kills, %zu whole runs of %.2f s between them\n",
                  (unsigned long)seed, done, runs, took);
    scratch_remove(&scratch);
}

/* First of all tests: see the top. */
static void test_killed_at_random(void **state)
{
    const char *wanted = getenv("DIFFLUT_SEED");
    uint64_t seed = wanted != NULL ? strtoull(wanted, NULL, 10) : (uint64_t)time(NULL);

    (void)state;
    check_kills("random",
                "training: {epochs: 6, batch_size: 50, checkpoint_seconds: 0, schedule: plateau, "
                "plateau_epochs: 0, learning_rate: 0.05, augment_shift: 0, "
                "prune_luts: 0.3, prune_bits: 0.2, prune_inputs: 0.2}\n"
                "runtime: {regularizers: {entropy: 0.01}, dropout: 0.1, flip_probability: 0.02}\n",
                10, seed);
    check_kills("learnable",
                "training: {epochs: 6, batch_size: 50, checkpoint_seconds: 0, optimizer: sgd, "
                "clip_norm: 0.1, learning_rate: 3, class_weights: balanced, patience: 2, "
                "prune_luts: 0.2, prune_inputs: 0.3}\n"
                "layer_config: {candidates: 4}\n",
                10, seed + 1);
}

/* --- stopping and resuming in one process --- */

static volatile sig_atomic_t *stop_flag(void)
{
    static volatile sig_atomic_t flag; /* a signal handler's, by its nature */

    return &flag;
}

/* Asks to stop at a batch that is given through the data seed's place in the job: batch 3 of epoch 2. */
static void stop_in_epoch_two(const struct train_progress *p, void *user)
{
    (void)user;
    if (p->epoch == 2 && p->batch == 3 && !p->epoch_done) *stop_flag() = SIGINT;
}

static const char PLAIN[] = "training: {epochs: 3, batch_size: 50, checkpoint_seconds: 1e9}\n";

static void begin(struct job *job, struct scratch *scratch, const char *name)
{
    *job = (struct job){.layer = "random", .extra = PLAIN, .data_seed = 5};
    snprintf(job->folder, sizeof job->folder, "%s", scratch_path(scratch, name));
    assert_int_equal(file_make_dirs(job->folder, NULL), ERR_OK);
}

/* Leaves the checkpoint of epoch 2, batch 3. */
static void interrupt(struct job *job)
{
    *stop_flag() = 0;
    job->progress = stop_in_epoch_two;
    job->stop = stop_flag();
    assert_int_equal(run_job(job), ERR_TOOL);
    assert_non_null(strstr(job->err.message, "interrupted in epoch 2 after batch 3"));
    job->progress = NULL;
    job->stop = NULL;
    job->resume = true;
}

static void test_stopped(void **state)
{
    struct scratch scratch;
    struct job whole, broken;

    (void)state;
    scratch_create(&scratch);
    begin(&whole, &scratch, "whole");
    begin(&broken, &scratch, "broken");
    assert_int_equal(run_job(&whole), ERR_OK);
    interrupt(&broken);
    if (run_job(&broken) != ERR_OK) fail_msg("%s", broken.err.message);
    assert_non_null(strstr(broken.told.data, "resumed after 1 epochs and 3 batches"));
    assert_same_results(whole.folder, broken.folder);
    assert_int_equal(broken.result.best_epoch, whole.result.best_epoch);
    assert_int_equal(run_job(&broken), ERR_OK); /* nothing is left to do */
    assert_non_null(strstr(broken.told.data, "resumed after 3 epochs and 0 batches"));
    assert_same_results(whole.folder, broken.folder);
    broken.resume = false; /* from the beginning; the old checkpoint is not touched again */
    assert_int_equal(run_job(&broken), ERR_OK);
    assert_null(broken.told.data != NULL ? strstr(broken.told.data, "resumed") : NULL);
    assert_same_results(whole.folder, broken.folder);
    free_job(&whole);
    free_job(&broken);
    scratch_remove(&scratch);
}

static void test_other_training(void **state)
{
    static const struct {
        const char *layer, *extra;
        uint64_t data_seed;
        const char *message; /* NULL: it may go on */
    } cases[] = {
        {"random", "training: {epochs: 3, batch_size: 50, learning_rate: 0.02}\n", 5,
         "another training: training.learning_rate is 0.01, but 0.02 is expected"},
        {"random", "training: {epochs: 4, batch_size: 50}\n", 5, "training.epochs is 3, but 4"},
        {"random", "training: {epochs: 3, batch_size: 50, seed: 8}\n", 5, "training.seed is 7"},
        {"random", "training: {epochs: 3, batch_size: 50}\nwiring_seed: 4\n", 5,
         "wiring_seed is 42, but 4 is expected"},
        {"random", "training: {epochs: 3, batch_size: 50}\nruntime: {regularizers: {l1: 0.5}}\n", 5,
         "runtime.regularizers.l1.weight is nothing, but 0.5"},
        {"random", "training: {epochs: 3, batch_size: 50}\nruntime: {init_fn: ones}\n", 5,
         "runtime.init_fn is \"\", but ones"},
        {"learnable", PLAIN, 5, "layer_type is random, random, but learnable, learnable"},
        {"random", PLAIN, 6, "a checkpoint of other training data"},
        {"random",
         "training: {epochs: 3, batch_size: 50, checkpoint_seconds: 7}\n"
         "hardware: {target: xcup}\nruntime: {eval_mode: sampling}\n",
         5, NULL},
    };
    struct scratch scratch;
    struct job job;

    (void)state;
    scratch_create(&scratch);
    begin(&job, &scratch, "job");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(&job, &scratch, "job");
        interrupt(&job);
        job.layer = cases[i].layer;
        job.extra = cases[i].extra;
        job.data_seed = cases[i].data_seed;
        if (cases[i].message == NULL) {
            if (run_job(&job) != ERR_OK) fail_msg("%s", job.err.message);
        } else {
            assert_int_equal(run_job(&job), ERR_ARG);
            if (strstr(job.err.message, cases[i].message) == NULL) fail_msg("%s", job.err.message);
            assert_non_null(strstr(job.err.message, "checkpoint.safetensors"));
        }
        free_job(&job);
    }
    scratch_remove(&scratch);
}

/* --- damage --- */

/* Any changed byte is noticed; nothing is believed that could lead out of bounds. */
static void test_damaged(void **state)
{
    struct scratch scratch;
    struct job job;
    uint8_t *data = NULL;
    size_t size = 0;
    struct rng rng;
    char path[600];

    (void)state;
    scratch_create(&scratch);
    begin(&job, &scratch, "job");
    interrupt(&job);
    snprintf(path, sizeof path, "%s", path_in(job.folder, "checkpoint.safetensors"));
    assert_int_equal(file_read(path, 1 << 26, &data, &size, NULL), ERR_OK);
    rng_seed(&rng, 77, 0);
    for (int i = 0; i < 30; i++) {
        size_t at = (size_t)rng_below(&rng, size);
        uint8_t flip = (uint8_t)(1U << rng_below(&rng, 8));

        data[at] ^= flip;
        assert_int_equal(file_write(path, data, i % 5 == 4 ? at : size, NULL), ERR_OK);
        if (run_job(&job) == ERR_OK) fail_msg("byte %zu of %zu was changed unnoticed", at, size);
        data[at] ^= flip;
    }
    assert_int_equal(file_write(path, "{}", 2, NULL), ERR_OK);
    assert_int_equal(run_job(&job), ERR_FORMAT);
    assert_int_equal(file_write(path, data, size, NULL), ERR_OK);
    assert_int_equal(run_job(&job), ERR_OK);
    free(data);
    free_job(&job);
    scratch_remove(&scratch);
}

/* The checkpoint again, one tensor replaced and the hash made to fit: what an enemy would write. */
static void forge(const char *path, const char *name, size_t element, uint64_t value)
{
    struct safetensors *file = NULL, *forged = NULL;
    char hash[65];

    assert_int_equal(safetensors_read(&file, path, NULL), ERR_OK);
    assert_int_equal(safetensors_create(&forged, NULL), ERR_OK);
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_tensor *tensor = safetensors_at(file, i);
        size_t each = safetensors_type_size(tensor->type), bytes = tensor->count * each;
        uint8_t *copy = malloc(bytes + 1);

        memcpy(copy, tensor->data, bytes);
        if (strcmp(tensor->name, name) == 0) memcpy(copy + element * each, &value, each);
        assert_int_equal(safetensors_add(forged, tensor->name, tensor->type, tensor->rank,
                                         tensor->shape, copy, NULL),
                         ERR_OK);
        free(copy);
    }
    assert_int_equal(safetensors_hash(forged, hash, NULL), ERR_OK);
    for (size_t i = 0; i < 3; i++) {
        static const char *const keys[] = {"format", "format_version", "training"};

        safetensors_set_metadata(forged, keys[i], safetensors_metadata(file, keys[i]), NULL);
    }
    safetensors_set_metadata(forged, "tensor_hash", hash, NULL);
    assert_int_equal(safetensors_write(forged, path, NULL), ERR_OK);
    safetensors_free(file);
    safetensors_free(forged);
}

static void test_forged(void **state)
{
    static const struct {
        const char *tensor;
        size_t element;
        uint64_t value;
        const char *message;
    } cases[] = {
        {"place", 0, 1, "is no place in a training"},
        {"place", 1, 4, "is no place in a training"},
        {"place", 1, UINT64_MAX, "is no place in a training"},
        {"place", 2, 6, "is no place in a training"},
        {"place", 3, 2, "is no place in a training"},
        {"place", 6, 0, "other training data"},
        {"order", 7, 300, "there is no training sample 300"},
        {"layers.1.wiring", 0, 61, "layer 1 has a wire out of range"},
        {"layers.0.params", 9, 0x7fc00000, "not a finite number"},
    };
    struct scratch scratch;
    struct job job;

    (void)state;
    scratch_create(&scratch);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(&job, &scratch, "job");
        interrupt(&job);
        forge(path_in(job.folder, "checkpoint.safetensors"), cases[i].tensor, cases[i].element,
              cases[i].value);
        assert_true(run_job(&job) != ERR_OK);
        if (strstr(job.err.message, cases[i].message) == NULL) fail_msg("%s", job.err.message);
        free_job(&job);
    }
    scratch_remove(&scratch);
}

/* --- a loss that is not finite --- */

static void test_last_good_one_is_kept(void **state)
{
    static const char wild[] =
        "training: {epochs: 9, batch_size: 50, checkpoint_seconds: 0, optimizer: sgd, momentum: "
        "0.99, learning_rate: 1000, weight_decay: 1000, schedule: constant}\n";
    struct scratch scratch;
    struct job job;
    struct safetensors *file = NULL;
    const struct safetensors_tensor *params;

    (void)state;
    scratch_create(&scratch);
    begin(&job, &scratch, "job");
    job.extra = wild;
    assert_int_equal(run_job(&job), ERR_DIFF);
    assert_non_null(strstr(job.err.message, "not finite after batch"));
    assert_non_null(strstr(job.err.message, "layer 0"));
    assert_int_equal(safetensors_read(&file, path_in(job.folder, "checkpoint.safetensors"), NULL),
                     ERR_OK);
    params = safetensors_find(file, "layers.0.params");
    for (size_t i = 0; i < params->count; i++)
        assert_true(isfinite(((const float *)params->data)[i]));
    safetensors_free(file);
    free_job(&job);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_random), cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_other_training),   cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_forged),           cmocka_unit_test(test_last_good_one_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
