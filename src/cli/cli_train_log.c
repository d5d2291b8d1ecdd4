#include "cli/cli_train_log.h"

#include "base/file.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err_status cli_train_log_create(struct cli_train_log *log, struct cli_progress *progress,
                                     const char *label, struct err *err)
{
    *log = (struct cli_train_log){
        .progress = progress, .history = json_array(), .warnings = json_array(), .label = label};
    return log->history == NULL || log->warnings == NULL ? err_nomem(err, "the training log")
                                                         : ERR_OK;
}

void cli_train_log_free(struct cli_train_log *log)
{
    json_decref(log->history);
    json_decref(log->warnings);
    text_free(&log->text);
}

/* "  entropy 0.0123  l1 0.0004": the regularisers' parts of the loss; then what is pruned. */
static void say_terms(char *text, size_t size, const struct train_progress *p)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < p->num_terms && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "  %s %.4f", p->terms[i].name,
                                 p->terms[i].loss);
    if (p->prunes && used < size)
        snprintf(text + used, size - used, "  pruned %zu LUTs, %zu bits, %zu inputs",
                 p->pruned.luts, p->pruned.bits, p->pruned.inputs);
}

static json_t *terms_json(const struct train_progress *p)
{
    json_t *terms = json_object();

    for (size_t i = 0; i < p->num_terms; i++)
        json_put(&terms, p->terms[i].name, json_real(p->terms[i].loss));
    return terms;
}

json_t *cli_train_log_pruned(const struct train_pruned *pruned)
{
    return json_pack("{s:I, s:I, s:I}", "luts", (json_int_t)pruned->luts, "bits",
                     (json_int_t)pruned->bits, "inputs", (json_int_t)pruned->inputs);
}

static void note_epoch(struct cli_train_log *log, const struct train_progress *p, const char *terms)
{
    json_t *row =
        json_pack("{s:I, s:f, s:f, s:o, s:f, s:f, s:f, s:b}", "epoch", (json_int_t)p->epoch, "loss",
                  p->loss, "loss_regularizers", p->loss_regularizers, "regularizers", terms_json(p),
                  "learning_rate", p->learning_rate, "accuracy_soft", p->accuracy_soft,
                  "accuracy_hard", p->accuracy_hard, "best", p->best);

    if (p->prunes) json_put(&row, "pruned", cli_train_log_pruned(&p->pruned));
    json_push(&log->history, row);
    text_add(&log->text, "epoch %zu/%zu  loss %.4f%s  soft %.2f %%  hard %.2f %%%s\n", p->epoch,
             p->epochs, p->loss, terms, 100.0 * p->accuracy_soft, 100.0 * p->accuracy_hard,
             p->best ? "  best" : "");
}

static void show_epoch(struct cli_train_log *log, const struct train_progress *p, const char *terms)
{
    char speed[32];
    char left[48];

    cli_progress_number(speed, p->samples_per_second);
    cli_progress_time(left, p->seconds_left);
    cli_progress_line(
        log->progress,
        "%sepoch %*zu/%zu  loss %.4f%s  soft %.2f %%  hard %.2f %%  %s samples/s  %s left%s",
        log->label, p->epochs > 99 ? 3 : 2, p->epoch, p->epochs, p->loss, terms,
        100.0 * p->accuracy_soft, 100.0 * p->accuracy_hard, speed, left, p->best ? "  best" : "");
}

void cli_train_log_progress(const struct train_progress *p, void *user)
{
    struct cli_train_log *log = user;
    char speed[32];
    char left[48];
    char terms[400];

    if (p->epoch_done) {
        say_terms(terms, sizeof terms, p);
        note_epoch(log, p, terms);
        if (!p->replayed) show_epoch(log, p, terms);
        return;
    }
    cli_progress_number(speed, p->samples_per_second);
    cli_progress_time(left, p->seconds_left);
    cli_progress_bar(log->progress, (double)p->batch / (double)(p->batches > 0 ? p->batches : 1),
                     "%sepoch %zu/%zu  loss %.4f  %s samples/s  %s left", log->label, p->epoch,
                     p->epochs, p->loss, speed, left);
}

/* Only what a resumed run would say again goes into the files. */
void cli_train_log_tell(bool warning, const char *message, void *user)
{
    struct cli_train_log *log = user;

    cli_progress_line(log->progress, "%s%s%s", log->label, warning ? "warning: " : "", message);
    if (warning) json_push(&log->warnings, json_string(message));
}

static enum err_status write_file(const char *folder, const char *name, const char *text,
                                  struct err *err)
{
    char *path = file_join(folder, name);
    enum err_status status = path == NULL || text == NULL
                                 ? err_nomem(err, "the training log")
                                 : file_write(path, text, strlen(text), err);

    free(path);
    return status;
}

enum err_status cli_train_log_write(const struct cli_train_log *log, const char *folder,
                                    struct err *err)
{
    char *json = json_dumps(log->history, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    enum err_status status = text_status(&log->text, "the training log", err);

    if (status == ERR_OK)
        status = write_file(folder, "train.log", log->text.data != NULL ? log->text.data : "", err);
    if (status == ERR_OK) status = write_file(folder, "train.json", json, err);
    free(json);
    return status;
}
