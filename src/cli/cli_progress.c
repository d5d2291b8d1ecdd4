#include "cli/cli_progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 24 };

void cli_progress_begin(struct cli_progress *progress, const struct cli *cli)
{
    const char *term = getenv("TERM");

    memset(progress, 0, sizeof *progress);
    progress->silent = cli->quiet;
    progress->terminal = isatty(STDERR_FILENO) && (term == NULL || strcmp(term, "dumb") != 0);
}

void cli_progress_bar(struct cli_progress *progress, double fraction, const char *format, ...)
{
    double now = cli_now();
    char text[160];
    va_list arguments;
    int filled;

    if (progress->silent || !progress->terminal || now - progress->last_drawn < 0.1) return;
    progress->last_drawn = now;
    progress->bar_shown = true;
    fraction = fraction < 0.0 ? 0.0 : fraction > 1.0 ? 1.0 : fraction;
    filled = (int)(fraction * BAR_WIDTH);
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\r\033[K[%.*s%.*s] %s", filled, "########################", BAR_WIDTH - filled,
            "........................", text);
    fflush(stderr);
}

void cli_progress_line(struct cli_progress *progress, const char *format, ...)
{
    va_list arguments;

    if (progress->silent) return;
    cli_progress_end(progress);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void cli_progress_end(struct cli_progress *progress)
{
    if (!progress->bar_shown) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->bar_shown = false;
}

void cli_progress_flow(const char *line, void *user)
{
    cli_progress_line(user, "%s", line);
}

void cli_progress_time(char text[48], double seconds)
{
    long whole = seconds > 0.0 && seconds < 1e8 ? (long)(seconds + 0.5) : 0;

    if (whole < 3600)
        snprintf(text, 48, "%ld:%02ld", whole / 60, whole % 60);
    else
        snprintf(text, 48, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
}

void cli_progress_number(char text[32], double number)
{
    char digits[24];
    size_t length, at = 0;

    snprintf(digits, sizeof digits, "%.0f", number < 0.0 || number > 1e15 ? 0.0 : number);
    length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
}
