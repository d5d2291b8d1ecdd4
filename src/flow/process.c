#define _GNU_SOURCE /* pipe2, strcasestr */
#include "flow/process.h"

#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    /* That a tool may take to say its version; yowasp-* compile themselves first. */
    VERSION_SECONDS = 120,
    GRACE_SECONDS = 2,  /* between SIGTERM and SIGKILL */
    STOP_POLL_MS = 100, /* how often the caller's stop flag is looked at */
    READ_SIZE = 65536
};

#define DEFAULT_OUTPUT_LIMIT ((size_t)16 << 20)

/* What the guardian tells its parent, through a pipe; one write, so never torn. */
struct report {
    int exec_errno; /* not 0: the tool could not be started */
    int status;     /* of wait4() */
    long max_rss_kib;
};

/* The last `limit` bytes of a stream, in a buffer that grows to twice that. */
struct tail {
    char *data;
    size_t size, capacity, limit;
};

static double now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static const char *tool_name(const struct process_options *options)
{
    return options->tool != NULL ? options->tool : options->argv[0];
}

/* ---- finding the program ---- */

static bool is_program(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* Made absolute, because the child may change its folder before it is executed. */
static bool absolute_path(char path[PATH_MAX], const char *folder, size_t folder_size,
                          const char *name)
{
    char here[PATH_MAX] = "";
    bool relative = folder_size == 0 ? name[0] != '/' : folder[0] != '/';
    int size;

    if (relative && getcwd(here, sizeof here) == NULL) return false;
    size = snprintf(path, PATH_MAX, "%s%s%.*s%s%s", here, relative ? "/" : "", (int)folder_size,
                    folder, folder_size > 0 ? "/" : "", name);
    return size > 0 && size < PATH_MAX;
}

static bool find_on_path(char path[PATH_MAX], const char *name)
{
    const char *search = getenv("PATH");
    size_t size;

    if (search == NULL) search = "/usr/local/bin:/usr/bin:/bin";
    for (;; search += size + 1) {
        size = strcspn(search, ":");
        /* An empty entry is the working folder, as for a shell. */
        if (absolute_path(path, size > 0 ? search : ".", size > 0 ? size : 1, name) &&
            is_program(path))
            return true;
        if (search[size] == '\0') return false;
    }
}

static enum err_status find_program(char path[PATH_MAX], const struct process_options *options,
                                    struct err *err)
{
    const char *name = options->argv[0];
    const char *hint = options->install != NULL ? "; to get it: " : "";
    const char *install = options->install != NULL ? options->install : "";

    if (strchr(name, '/') == NULL) {
        if (name[0] != '\0' && find_on_path(path, name)) return ERR_OK;
        return err_set(err, ERR_TOOL, "%s: '%s' is not on the PATH%s%s", tool_name(options), name,
                       hint, install);
    }
    if (absolute_path(path, "", 0, name) && is_program(path)) return ERR_OK;
    return err_set(err, ERR_TOOL, "%s: '%s' is not an executable file%s%s", tool_name(options),
                   name, hint, install);
}

/* ---- the two children; only async-signal-safe calls between fork and exec ---- */

_Noreturn static void run_tool(const char *path, const struct process_options *options, int output,
                               int report_fd)
{
    struct report report = {0};
    sigset_t none;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL); /* an ignored signal would stay ignored in the tool */
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null >= 0 && dup2(null, 0) >= 0 && dup2(output, 1) >= 0 && dup2(output, 2) >= 0 &&
        (options->folder == NULL || chdir(options->folder) == 0))
        execv(path, (char *const *)(uintptr_t)options->argv);
    report.exec_errno = errno != 0 ? errno : EINVAL;
    if (write(report_fd, &report, sizeof report) < 0) _exit(126);
    _exit(127);
}

/* Waits for the tool, for SIGTERM (from the parent, or from the kernel at the parent's death), and for
 * the end of the grace given by SIGTERM. Its last act is to kill its own group, itself included, so
 * nothing that the tool started outlives it. */
_Noreturn static void guard_tool(pid_t tool, int report_fd)
{
    sigset_t wanted;
    double kill_at = 0.0;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    for (;;) {
        struct timespec wait = {.tv_sec = 1};
        struct report report = {0};
        struct rusage usage;

        if (sigtimedwait(&wanted, NULL, &wait) == SIGTERM && kill_at == 0.0) {
            kill(0, SIGTERM);
            kill_at = now_seconds() + GRACE_SECONDS;
        }
        if (wait4(tool, &report.status, WNOHANG, &usage) == tool) {
            report.max_rss_kib = usage.ru_maxrss;
            if (write(report_fd, &report, sizeof report) < 0) _exit(1);
            kill_at = now_seconds();
        }
        if (kill_at != 0.0 && now_seconds() >= kill_at) {
            kill(0, SIGKILL);
            _exit(1);
        }
    }
}

_Noreturn static void run_guardian(const char *path, const struct process_options *options,
                                   int output, int report_fd, pid_t parent)
{
    pid_t tool;

    setpgid(0, 0);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the exit code away */
    signal(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1); /* it died before the prctl() */
    tool = fork();
    if (tool == 0) run_tool(path, options, output, report_fd);
    if (tool < 0) {
        struct report report = {.exec_errno = errno};

        if (write(report_fd, &report, sizeof report) < 0) _exit(1);
        _exit(1);
    }
    close(output);
    guard_tool(tool, report_fd);
}

/* ---- the parent ---- */

static bool tail_reserve(struct tail *tail)
{
    size_t capacity = tail->capacity == 0 ? READ_SIZE : 2 * tail->capacity;
    char *data;

    if (tail->capacity - tail->size > READ_SIZE) return true;
    if (tail->size > 2 * tail->limit) {
        memmove(tail->data, tail->data + tail->size - tail->limit, tail->limit);
        tail->size = tail->limit;
        if (tail->capacity - tail->size > READ_SIZE) return true;
    }
    while (capacity - tail->size <= READ_SIZE)
        capacity *= 2;
    data = realloc(tail->data, capacity);
    if (data == NULL) return false;
    tail->data = data;
    tail->capacity = capacity;
    return true;
}

/* Reads what is there now. *open becomes false at the stream's end. */
static bool tail_fill(struct tail *tail, int fd, bool *open)
{
    for (;;) {
        ssize_t got;

        if (!tail_reserve(tail)) return false;
        got = read(fd, tail->data + tail->size, READ_SIZE);
        if (got > 0) {
            tail->size += (size_t)got;
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            *open = false;
            return true;
        } else if (errno == EAGAIN) {
            return true;
        }
    }
}

static void tail_finish(struct tail *tail)
{
    if (tail->size > tail->limit) {
        memmove(tail->data, tail->data + tail->size - tail->limit, tail->limit);
        tail->size = tail->limit;
    }
    tail->data[tail->size] = '\0'; /* tail_reserve() left more than READ_SIZE bytes of room */
}

/* How long to sleep in poll(): while `ending`, until the guardian reports or is gone. */
static int wait_milliseconds(const struct process_options *options, double end, bool ending)
{
    double left = 1000.0 * (end - now_seconds()) + 1.0;
    double most = options->stop != NULL ? STOP_POLL_MS : 60000.0;

    if (options->time_limit <= 0.0 || ending || left > most) left = most;
    return left < 0.0 ? 0 : (int)left;
}

enum ending { ENDED_ALONE, ENDED_BY_TIME, ENDED_BY_STOP, ENDED_NO_MEMORY };

/* Collects output until the guardian's report pipe closes; ends the group when it must. */
static enum ending collect(const struct process_options *options, pid_t guardian, int output,
                           int report_fd, struct tail *tail, struct report *report)
{
    enum ending ending = ENDED_ALONE;
    double end = now_seconds() + options->time_limit;
    bool output_open = true;
    bool reported = false;

    for (;;) {
        struct pollfd fds[2] = {{.fd = report_fd, .events = POLLIN},
                                {.fd = output_open ? output : -1, .events = POLLIN}};
        enum ending reason = ENDED_ALONE;

        if (poll(fds, 2, wait_milliseconds(options, end, ending != ENDED_ALONE)) < 0) {
            fds[0].revents = 0; /* EINTR: look at the flag and the clock, then go on */
        }
        if (!tail_fill(tail, output, &output_open)) reason = ENDED_NO_MEMORY;
        if (fds[0].revents != 0) {
            struct report got;
            ssize_t size = read(report_fd, &got, sizeof got);

            if (size == 0) break;
            /* The first report counts: a failed exec reports before the exit that follows it. */
            if (size == (ssize_t)sizeof got && !reported) {
                *report = got;
                reported = true;
            }
        }
        if (options->time_limit > 0.0 && now_seconds() >= end) reason = ENDED_BY_TIME;
        if (stop_asked(options->stop)) reason = ENDED_BY_STOP;
        if (reason != ENDED_ALONE && ending == ENDED_ALONE && !reported) {
            ending = reason;
            kill(guardian, SIGTERM);
        }
        if (ending == ENDED_NO_MEMORY) break;
    }
    if (!tail_fill(tail, output, &output_open) && ending == ENDED_ALONE) ending = ENDED_NO_MEMORY;
    if (ending == ENDED_ALONE && !reported)
        report->exec_errno = ECHILD; /* someone killed the group */
    return ending;
}

/* Message for a run that gave no exit code. */
static enum err_status explain(const struct process_options *options, enum ending ending,
                               const struct report *report, struct err *err)
{
    const char *tool = tool_name(options);

    switch (ending) {
    case ENDED_BY_TIME:
        return err_set(err, ERR_TOOL, "%s: not done after %g seconds (time limit), ended", tool,
                       options->time_limit);
    case ENDED_BY_STOP:
        return err_set(err, ERR_TOOL, "%s: interrupted", tool);
    case ENDED_NO_MEMORY:
        return err_nomem(err, "a tool's output");
    case ENDED_ALONE:
        break;
    }
    if (report->exec_errno == ECHILD)
        return err_set(err, ERR_TOOL, "%s: its process group was killed from outside", tool);
    if (report->exec_errno != 0)
        return err_set(err, ERR_TOOL, "%s: cannot be started%s%s: %s", tool,
                       options->folder != NULL ? " in " : "",
                       options->folder != NULL ? options->folder : "",
                       strerror(report->exec_errno));
    return ERR_OK;
}

/* Forks the guardian with every signal blocked, so that none is handled twice or lost on the way. */
static pid_t start(const char *path, const struct process_options *options, const int output[2],
                   const int report[2])
{
    sigset_t all, before;
    pid_t parent = getpid();
    pid_t guardian;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    guardian = fork();
    if (guardian == 0) {
        close(output[0]);
        close(report[0]);
        run_guardian(path, options, output[1], report[1], parent);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return guardian;
}

static enum err_status run_found(const char *path, const struct process_options *options,
                                 const int output[2], int report_pipe[2],
                                 struct process_result *result, struct err *err)
{
    struct tail tail = {.limit = options->output_limit};
    struct report report = {0};
    double begin = now_seconds();
    pid_t guardian = start(path, options, output, report_pipe);
    enum ending ending;
    enum err_status status;

    if (guardian < 0)
        return err_set(err, ERR_TOOL, "%s: cannot fork: %s", tool_name(options), strerror(errno));
    close(report_pipe[1]); /* so that the guardian's end closes it */
    report_pipe[1] = -1;
    if (tail.limit == 0) tail.limit = DEFAULT_OUTPUT_LIMIT;
    ending = collect(options, guardian, output[0], report_pipe[0], &tail, &report);
    while (waitpid(guardian, NULL, 0) < 0 && errno == EINTR)
        continue;
    status = explain(options, ending, &report, err);
    if (status != ERR_OK) {
        free(tail.data);
        return status;
    }
    tail_finish(&tail);
    result->output = tail.data;
    result->output_size = tail.size;
    result->exit_code =
        WIFSIGNALED(report.status) ? 128 + WTERMSIG(report.status) : WEXITSTATUS(report.status);
    result->seconds = now_seconds() - begin;
    result->max_rss = (size_t)report.max_rss_kib * 1024;
    return ERR_OK;
}

enum err_status process_run(const struct process_options *options, struct process_result *result,
                            struct err *err)
{
    char path[PATH_MAX];
    int fds[4] = {-1, -1, -1, -1}; /* output read, write; report read, write */
    enum err_status status = find_program(path, options, err);

    memset(result, 0, sizeof *result);
    if (status == ERR_OK && (pipe2(fds, O_CLOEXEC) != 0 || pipe2(fds + 2, O_CLOEXEC) != 0 ||
                             fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0))
        status = err_set(err, ERR_TOOL, "%s: no pipe: %s", tool_name(options), strerror(errno));
    if (status == ERR_OK) status = run_found(path, options, fds, fds + 2, result, err);
    for (int i = 0; i < 4; i++) {
        if (fds[i] >= 0) close(fds[i]);
    }
    return status;
}

/* The first line with "error" in it, else the last line that is not blank. */
static void telling_line(const char *output, char *line, size_t size)
{
    const char *best = "";
    size_t best_size = 0;

    while (*output != '\0') {
        size_t length = strcspn(output, "\r\n");

        if (strspn(output, " \t") < length) {
            best = output;
            best_size = length;
            snprintf(line, size, "%.*s", (int)(best_size < size ? best_size : size), best);
            if (strcasestr(line, "error") != NULL) return;
        }
        output += length + strspn(output + length, "\r\n");
    }
    snprintf(line, size, "%.*s", (int)(best_size < size ? best_size : size), best);
}

enum err_status process_check(const struct process_options *options,
                              const struct process_result *result, struct err *err)
{
    char line[512];

    if (result->exit_code == 0) return ERR_OK;
    telling_line(result->output, line, sizeof line);
    if (result->exit_code > 128)
        return err_set(err, ERR_TOOL, "%s: killed by signal %d (%s)%s%s", tool_name(options),
                       result->exit_code - 128, strsignal(result->exit_code - 128),
                       line[0] != '\0' ? ": " : "", line);
    return err_set(err, ERR_TOOL, "%s: exit status %d%s%s", tool_name(options), result->exit_code,
                   line[0] != '\0' ? ": " : "", line);
}

void process_result_free(struct process_result *result)
{
    free(result->output);
    memset(result, 0, sizeof *result);
}

enum err_status process_call(const struct process_options *options, struct err *err)
{
    struct process_result result;
    enum err_status status = process_run(options, &result, err);

    if (status == ERR_OK) status = process_check(options, &result, err);
    process_result_free(&result);
    return status;
}

enum err_status process_yosys(const char *program, const char *folder, const char *commands,
                              double time_limit, const volatile sig_atomic_t *stop, struct err *err)
{
    const char *const argv[] = {program != NULL ? program : "yosys", "-q", "-p", commands, NULL};
    struct process_options options = {
        .argv = argv,
        .folder = folder,
        .time_limit = time_limit > 0 ? time_limit : 3600,
        .tool = "yosys",
        .install = "apt-get install yosys",
        .stop = stop,
    };

    return process_call(&options, err);
}

/* The first line with a digit in it, else the first. */
static const char *version_line(const char *output)
{
    for (const char *line = output; *line != '\0'; line += strspn(line, "\r\n")) {
        size_t length = strcspn(line, "\r\n");

        if (strcspn(line, "0123456789") < length) return line;
        line += length;
    }
    return output;
}

enum err_status process_version(const struct process_options *options, char *line, size_t size,
                                struct err *err)
{
    struct process_options asked = *options;
    struct process_result result;
    enum err_status status;

    if (asked.time_limit <= 0.0 || asked.time_limit > VERSION_SECONDS)
        asked.time_limit = VERSION_SECONDS;
    status = process_run(&asked, &result, err);
    if (status == ERR_OK) status = process_check(&asked, &result, err);
    if (status == ERR_OK) {
        const char *found = version_line(result.output);
        size_t length = strcspn(found, "\r\n");

        snprintf(line, size, "%.*s", (int)(length < size ? length : size), found);
        for (char *c = line; *c != '\0'; c++) {
            if (*c < 0x20 || *c > 0x7e) *c = '?'; /* it goes into JSON and reports */
        }
    }
    process_result_free(&result);
    return status;
}
