#include "cli/cli_interrupt.h"

#include "base/file.h"
#include "base/stop.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cli_interrupt {
    pthread_t thread;
    pthread_mutex_t lock; /* guards everything below but `stop` */
    sigset_t signals;
    bool tool_running, ending;
    char *folder;
    volatile sig_atomic_t stop; /* number of the signal that came, or 0 */
};

/* Does not return when the program must end at once. */
static void take(struct cli_interrupt *interrupt, int number)
{
    bool wait_for_tool;

    pthread_mutex_lock(&interrupt->lock);
    wait_for_tool = interrupt->tool_running && interrupt->stop == 0;
    stop_ask(&interrupt->stop, number);
    if (!wait_for_tool && !interrupt->ending) {
        if (interrupt->folder != NULL) file_remove_tree(interrupt->folder, NULL);
        fputs("\ndifflut-hdl: interrupted; nothing was written under its final name\n", stderr);
        _exit(128 + number);
    }
    pthread_mutex_unlock(&interrupt->lock);
}

static void *listen_for_signals(void *user)
{
    struct cli_interrupt *interrupt = user;
    int number;

    while (sigwait(&interrupt->signals, &number) == 0) {
        bool ending;

        pthread_mutex_lock(&interrupt->lock);
        ending = interrupt->ending;
        pthread_mutex_unlock(&interrupt->lock);
        if (ending) break;
        take(interrupt, number);
    }
    return NULL;
}

/* A signal that was ignored when we were started (nohup) stays ignored. */
static void add_signal(sigset_t *signals, int number)
{
    struct sigaction action;

    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        sigaddset(signals, number);
}

enum err_status cli_interrupt_create(struct cli_interrupt **out, struct err *err)
{
    struct cli_interrupt *interrupt = calloc(1, sizeof *interrupt);

    if (interrupt == NULL) return err_nomem(err, "signals");
    pthread_mutex_init(&interrupt->lock, NULL);
    sigemptyset(&interrupt->signals);
    add_signal(&interrupt->signals, SIGINT);
    add_signal(&interrupt->signals, SIGHUP);
    sigaddset(&interrupt->signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &interrupt->signals, NULL);
    if (pthread_create(&interrupt->thread, NULL, listen_for_signals, interrupt) != 0) {
        pthread_mutex_destroy(&interrupt->lock);
        free(interrupt);
        return err_set(err, ERR_NOMEM, "no thread for signals");
    }
    *out = interrupt;
    return ERR_OK;
}

void cli_interrupt_tool(struct cli_interrupt *interrupt, bool running)
{
    pthread_mutex_lock(&interrupt->lock);
    interrupt->tool_running = running;
    pthread_mutex_unlock(&interrupt->lock);
}

const volatile sig_atomic_t *cli_interrupt_flag(const struct cli_interrupt *interrupt)
{
    return &interrupt->stop;
}

enum err_status cli_interrupt_folder(struct cli_interrupt *interrupt, const char *folder,
                                     struct err *err)
{
    char *copy = folder == NULL ? NULL : strdup(folder);

    if (folder != NULL && copy == NULL) return err_nomem(err, "a folder's name");
    pthread_mutex_lock(&interrupt->lock);
    free(interrupt->folder);
    interrupt->folder = copy;
    pthread_mutex_unlock(&interrupt->lock);
    return ERR_OK;
}

int cli_interrupt_exit_code(const struct cli_interrupt *interrupt)
{
    int number = (int)__atomic_load_n(&interrupt->stop, __ATOMIC_RELAXED);

    return number == 0 ? 0 : 128 + number;
}

void cli_interrupt_free(struct cli_interrupt *interrupt)
{
    if (interrupt == NULL) return;
    pthread_mutex_lock(&interrupt->lock);
    interrupt->ending = true;
    pthread_mutex_unlock(&interrupt->lock);
    /* Every thread blocks it, and this one waits for it.
     * NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread,cert-pos44-c) */
    pthread_kill(interrupt->thread, SIGTERM);
    pthread_join(interrupt->thread, NULL);
    pthread_mutex_destroy(&interrupt->lock);
    free(interrupt->folder);
    free(interrupt);
}
