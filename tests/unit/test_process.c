/* Child processes: exit codes, limits, odd names, missing tools, and nothing left running. */
#define _GNU_SOURCE
#include "flow/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const INSTALL = "apt-get install wonder";

static enum err_status run_shell(const char *script, struct process_options options,
                                 struct process_result *result, struct err *err)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};

    options.argv = argv;
    options.tool = "wonder";
    options.install = INSTALL;
    memset(err, 0, sizeof *err);
    return process_run(&options, result, err);
}

static void sleep_ms(long ms)
{
    struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&wait, NULL);
}

/* Waits up to three seconds for a process to be gone. A killed orphan may stay a zombie when nobody
 * reaps it; that is gone too. */
static bool process_is_gone(pid_t pid)
{
    for (int i = 0; i < 150; i++) {
        char path[64], state = 'Z';
        FILE *file;

        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        file = fopen(path, "r");
        if (file == NULL) return true;
        if (fscanf(file, "%*d %*s %c", &state) != 1) state = 'Z';
        fclose(file);
        if (state == 'Z') return true;
        sleep_ms(20);
    }
    return false;
}

static pid_t read_pid(const char *path)
{
    int pid = 0;

    for (int i = 0; i < 250 && pid == 0; i++) {
        FILE *file = fopen(path, "r");

        if (file != NULL) {
            if (fscanf(file, "%d\n", &pid) != 1) pid = 0;
            fclose(file);
        }
        if (pid == 0) sleep_ms(20);
    }
    assert_true(pid > 0);
    return pid;
}

static void test_output_and_exit(void **state)
{
    struct process_result result;
    struct err err;

    (void)state;
    assert_int_equal(
        run_shell("echo out; echo oops >&2; exit 3", (struct process_options){0}, &result, &err),
        ERR_OK);
    assert_int_equal(result.exit_code, 3);
    assert_string_equal(result.output, "out\noops\n");
    assert_int_equal(result.output_size, 9);
    assert_true(result.max_rss > 0);
    process_result_free(&result);
    assert_null(result.output);
}

static void test_no_output_and_closed_input(void **state)
{
    struct process_result result;
    struct err err;

    (void)state;
    assert_int_equal(run_shell("cat", (struct process_options){0}, &result, &err), ERR_OK);
    assert_int_equal(result.exit_code, 0);
    assert_string_equal(result.output, "");
    process_result_free(&result);
}

static void test_signal_is_128_plus(void **state)
{
    struct process_options options = {.tool = "wonder"};
    struct process_result result;
    struct err err;

    (void)state;
    assert_int_equal(run_shell("kill -SEGV $$", (struct process_options){0}, &result, &err),
                     ERR_OK);
    assert_int_equal(result.exit_code, 128 + SIGSEGV);
    assert_int_equal(process_check(&options, &result, &err), ERR_TOOL);
    assert_non_null(strstr(err.message, "wonder: killed by signal 11"));
    process_result_free(&result);
}

static void test_check_quotes_the_telling_line(void **state)
{
    struct process_options options = {.tool = "wonder"};
    struct process_result result;
    struct err err;

    (void)state;
    run_shell("echo start; echo 'x.v:3: ERROR: bad wire'; echo later; exit 1",
              (struct process_options){0}, &result, &err);
    assert_int_equal(process_check(&options, &result, &err), ERR_TOOL);
    assert_string_equal(err.message, "wonder: exit status 1: x.v:3: ERROR: bad wire");
    process_result_free(&result);
    run_shell("echo first; echo last; echo; exit 9", (struct process_options){0}, &result, &err);
    assert_int_equal(process_check(&options, &result, &err), ERR_TOOL);
    assert_string_equal(err.message, "wonder: exit status 9: last");
    process_result_free(&result);
}

static void test_missing_tool(void **state)
{
    const char *bare[] = {"no-such-tool-here", NULL};
    const char *pathed[] = {"/nowhere/tool", NULL};
    const char *not_a_program[] = {"/etc/passwd", NULL};
    const char *folder[] = {"/usr/bin", NULL};
    const char *empty[] = {"", NULL};
    const char *const *all[] = {bare, pathed, not_a_program, folder, empty};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct process_options options = {.argv = all[i], .tool = "wonder", .install = INSTALL};
        struct process_result result;
        struct err err;

        assert_int_equal(process_run(&options, &result, &err), ERR_TOOL);
        assert_non_null(strstr(err.message, "wonder: '"));
        assert_non_null(strstr(err.message, "to get it: apt-get install wonder"));
        assert_null(result.output);
    }
}

static void test_broken_program(void **state)
{
    char path[] = "/tmp/difflut-broken-XXXXXX";
    const char *argv[] = {path, NULL};
    struct process_options options = {.argv = argv, .tool = "wonder"};
    struct process_result result;
    struct err err;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "\177ELF nonsense", 13), 13);
    assert_int_equal(fchmod(fd, 0700), 0);
    close(fd);
    assert_int_equal(process_run(&options, &result, &err), ERR_TOOL);
    assert_non_null(strstr(err.message, "wonder: cannot be started: "));
    unlink(path);
}

static void test_missing_folder(void **state)
{
    struct process_result result;
    struct err err;

    (void)state;
    assert_int_equal(
        run_shell("true", (struct process_options){.folder = "/no/such/folder"}, &result, &err),
        ERR_TOOL);
    assert_string_equal(err.message, "wonder: cannot be started in /no/such/folder: "
                                     "No such file or directory");
}

/* Nothing is ever read by a shell, so no name is special. */
static void test_odd_names(void **state)
{
    static const char *const names[] = {"-rf",        "a b",       "it's \"q\"", "x;touch y",
                                        "$(touch z)", "`touch w`", "$HOME",      "new\nline",
                                        "*",          "\\",        "&&",         "\xff\xfe"};
    char folder[] = "/tmp/difflut odd $(x)-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[256];
        const char *touch[] = {"touch", "--", names[i], NULL};
        const char *print[] = {"printf", "%s", names[i], NULL};
        struct process_options options = {.argv = touch, .folder = folder};
        struct process_result result;
        struct err err = {0};

        assert_int_equal(process_call(&options, &err), ERR_OK);
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(unlink(path), 0);
        options.argv = print;
        assert_int_equal(process_run(&options, &result, &err), ERR_OK);
        assert_string_equal(result.output, names[i]);
        process_result_free(&result);
    }
    assert_int_equal(rmdir(folder), 0); /* so nothing else was made there */
}

/* A relative program is found although the tool runs in another folder. */
static void test_relative_program(void **state)
{
    char folder[] = "/tmp/difflut-rel-XXXXXX";
    char before[4096], path[256];
    const char *argv[] = {"./tool", NULL};
    struct process_options options = {.argv = argv, .folder = "/"};
    struct process_result result;
    struct err err = {0};
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/tool", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("#!/bin/sh\npwd\n", file);
    fclose(file);
    assert_int_equal(chmod(path, 0700), 0);
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(process_run(&options, &result, &err), ERR_OK);
    assert_int_equal(chdir(before), 0);
    assert_string_equal(result.output, "/\n");
    process_result_free(&result);
    unlink(path);
    rmdir(folder);
}

static void test_huge_output_keeps_the_end(void **state)
{
    struct process_options options = {.output_limit = 1000};
    struct process_result result;
    struct err err;

    (void)state;
    assert_int_equal(run_shell("i=0; while [ $i -lt 200 ]; do printf '%01000d' $i; i=$((i+1)); "
                               "done; printf END",
                               options, &result, &err),
                     ERR_OK);
    assert_int_equal(result.output_size, 1000);
    assert_string_equal(result.output + 994, "199END");
    process_result_free(&result);
}

static void test_many_megabytes_do_not_block(void **state)
{
    struct process_options options = {.output_limit = 4096, .time_limit = 60.0};
    struct process_result result;
    struct err err;

    (void)state;
    assert_int_equal(
        run_shell("head -c 50000000 /dev/zero; echo; echo done", options, &result, &err), ERR_OK);
    assert_int_equal(result.output_size, 4096);
    assert_string_equal(result.output + 4090, "\ndone\n");
    process_result_free(&result);
}

/* A tool that hangs with children: all of them end at the time limit, also one that ignores SIGTERM. */
static void hang_and_check(const char *format)
{
    char pid_file[] = "/tmp/difflut-pid-XXXXXX";
    char script[512];
    struct process_options options = {.time_limit = 0.5};
    struct process_result result;
    struct err err;
    pid_t child;
    int fd = mkstemp(pid_file);

    assert_true(fd >= 0);
    close(fd);
    snprintf(script, sizeof script, format, pid_file);
    assert_int_equal(run_shell(script, options, &result, &err), ERR_TOOL);
    assert_string_equal(err.message, "wonder: not done after 0.5 seconds (time limit), ended");
    child = read_pid(pid_file);
    assert_true(process_is_gone(child));
    unlink(pid_file);
}

static void test_time_limit_ends_children(void **state)
{
    (void)state;
    hang_and_check("sleep 1000 & echo $! > %s; wait");
}

static void test_time_limit_ends_the_deaf(void **state)
{
    (void)state;
    hang_and_check("trap '' TERM; (trap '' TERM; sleep 1000) & echo $! > %s; wait; sleep 1000");
}

/* A child left behind by a tool that ended well must not live on, nor hold up the parent. */
static void test_stragglers_end_with_the_tool(void **state)
{
    struct process_options options = {.time_limit = 30.0};
    struct process_result result;
    struct err err;
    char *end;

    (void)state;
    assert_int_equal(run_shell("sleep 1000 & echo $!", options, &result, &err), ERR_OK);
    assert_true(result.seconds < 10.0);
    assert_true(process_is_gone((pid_t)strtol(result.output, &end, 10)));
    process_result_free(&result);
}

static volatile sig_atomic_t stop_flag; /* what the command line's handler sets */

static void on_alarm(int signal_number)
{
    (void)signal_number;
    stop_flag = 1;
}

static void test_stop_flag(void **state)
{
    struct process_options options = {.stop = &stop_flag};
    struct sigaction action = {.sa_handler = on_alarm};
    struct process_result result;
    struct err err;

    (void)state;
    stop_flag = 0;
    sigaction(SIGALRM, &action, NULL);
    alarm(1);
    assert_int_equal(run_shell("sleep 1000", options, &result, &err), ERR_TOOL);
    assert_string_equal(err.message, "wonder: interrupted");
}

/* A signal that the program handles for itself is no reason to give up. */
static void test_other_signals_do_not_disturb(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct process_result result;
    struct err err;

    (void)state;
    sigaction(SIGALRM, &action, NULL);
    alarm(1);
    assert_int_equal(run_shell("sleep 1.5; echo fine", (struct process_options){0}, &result, &err),
                     ERR_OK);
    assert_string_equal(result.output, "fine\n");
    process_result_free(&result);
}

/* Ctrl-C and even SIGKILL on this program take the tool and its children along. */
static void test_death_of_the_parent(void **state)
{
    static const int signals[] = {SIGINT, SIGKILL};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char pid_file[] = "/tmp/difflut-pid-XXXXXX";
        char script[256];
        pid_t parent, tool;
        int fd = mkstemp(pid_file);

        assert_true(fd >= 0);
        close(fd);
        snprintf(script, sizeof script, "sleep 1000 & echo $! > %s; wait", pid_file);
        parent = fork();
        if (parent == 0) {
            struct process_result result;
            struct err err;

            signal(SIGINT, SIG_DFL);
            run_shell(script, (struct process_options){0}, &result, &err);
            _exit(0);
        }
        tool = read_pid(pid_file);
        assert_int_equal(kill(parent, signals[i]), 0);
        assert_int_equal(waitpid(parent, NULL, 0), parent);
        assert_true(process_is_gone(tool));
        unlink(pid_file);
    }
}

static void test_ignored_child_signal(void **state)
{
    struct process_result result;
    struct err err;

    (void)state;
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(run_shell("exit 5", (struct process_options){0}, &result, &err), ERR_OK);
    signal(SIGCHLD, SIG_DFL);
    assert_int_equal(result.exit_code, 5);
    process_result_free(&result);
}

static void test_version(void **state)
{
    const char *argv[] = {"/bin/sh", "-c", "printf 'Tool 1.0\\tx\\nmore\\n'", NULL};
    struct process_options options = {.argv = argv};
    struct err err;
    char line[32], little[5];

    (void)state;
    assert_int_equal(process_version(&options, line, sizeof line, &err), ERR_OK);
    assert_string_equal(line, "Tool 1.0?x");
    assert_int_equal(process_version(&options, little, sizeof little, &err), ERR_OK);
    assert_string_equal(little, "Tool");
}

static int descriptors_in_use(void)
{
    int count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void test_no_descriptor_leaks(void **state)
{
    struct process_options options = {.time_limit = 0.1};
    struct process_result result;
    struct err err;
    int before = descriptors_in_use();

    (void)state;
    run_shell("true", options, &result, &err);
    process_result_free(&result);
    run_shell("sleep 5", options, &result, &err);
    assert_int_equal(descriptors_in_use(), before);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_exit),
        cmocka_unit_test(test_no_output_and_closed_input),
        cmocka_unit_test(test_signal_is_128_plus),
        cmocka_unit_test(test_check_quotes_the_telling_line),
        cmocka_unit_test(test_missing_tool),
        cmocka_unit_test(test_broken_program),
        cmocka_unit_test(test_missing_folder),
        cmocka_unit_test(test_odd_names),
        cmocka_unit_test(test_relative_program),
        cmocka_unit_test(test_huge_output_keeps_the_end),
        cmocka_unit_test(test_many_megabytes_do_not_block),
        cmocka_unit_test(test_time_limit_ends_children),
        cmocka_unit_test(test_time_limit_ends_the_deaf),
        cmocka_unit_test(test_stragglers_end_with_the_tool),
        cmocka_unit_test(test_stop_flag),
        cmocka_unit_test(test_other_signals_do_not_disturb),
        cmocka_unit_test(test_death_of_the_parent),
        cmocka_unit_test(test_ignored_child_signal),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_no_descriptor_leaks),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
