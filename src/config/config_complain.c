#include "config_complain.h"

#include "config_value.h"

#include <stdio.h>
#include <string.h>

static enum err_status complain(const struct config *config, int line, const char *key,
                                struct err *err, const char *format, va_list arguments)
{
    char message[900], where[sizeof config->path + 16] = "";

    vsnprintf(message, sizeof message, format, arguments);
    if (config == NULL) {
        where[0] = '\0'; /* a setting stands in no file */
    } else if (config->path[0] != '\0' && line > 0) {
        snprintf(where, sizeof where, "%s:%d: ", config->path, line);
    } else if (config->path[0] != '\0') {
        snprintf(where, sizeof where, "%s: ", config->path);
    }
    return err_set(err, ERR_ARG, "%s%.160s%s%s", where, key, key[0] != '\0' ? ": " : "", message);
}

enum err_status config_complain_at(const struct config *config, int line, const char *key,
                                   struct err *err, const char *format, ...)
{
    va_list arguments;
    enum err_status status;

    va_start(arguments, format);
    status = complain(config, line, key, err, format, arguments);
    va_end(arguments);
    return status;
}

enum err_status config_complain(const struct config *config, const char *key, struct err *err,
                                const char *format, ...)
{
    va_list arguments;
    enum err_status status;

    va_start(arguments, format);
    status = complain(config, config_line(config, key), key, err, format, arguments);
    va_end(arguments);
    return status;
}

enum err_status config_complain_name(const struct config *config, const char *key,
                                     const char *found, const char *const *names, size_t count,
                                     struct err *err)
{
    struct config_value_hint hint = config_value_nearest(found, names, count);
    struct text list = {0};
    enum err_status status;

    for (size_t i = 0; i < count; i++)
        text_add(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    status = text_status(&list, key, err);
    if (status == ERR_OK) {
        status = config_complain(config, key, err, "expected one of %s (found \"%.80s\")%s",
                                 list.data != NULL ? list.data : "none", found, hint.text);
    }
    text_free(&list);
    return status;
}

static int pairs_line(const struct config_pairs *pairs, const char *section, const char *key)
{
    size_t length = strlen(section);

    if (strncmp(key, section, length) != 0 || key[length] != '.') return 0;
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].key, key + length + 1) == 0) return pairs->items[i].line;
    return 0;
}

int config_line(const struct config *config, const char *key)
{
    static const char regularizers[] = "runtime.regularizers.";
    int line;

    for (size_t i = 0; i < config->num_lines; i++)
        if (strcmp(config->lines[i].key, key) == 0) return config->lines[i].line;
    if (strncmp(key, regularizers, sizeof regularizers - 1) == 0) {
        for (size_t i = 0; i < config->runtime.num_regularizers; i++) {
            const struct config_regularizer *regularizer = config->runtime.regularizers + i;

            if (strcmp(key + sizeof regularizers - 1, regularizer->name) == 0) {
                return regularizer->line;
            }
        }
    }
    line = pairs_line(&config->node_config, "node_config", key);
    if (line == 0) line = pairs_line(&config->layer_config, "layer_config", key);
    if (line == 0) line = pairs_line(&config->encoder_config.options, "encoder_config", key);
    if (line == 0) line = pairs_line(&config->runtime.init_kwargs, "runtime.init_kwargs", key);
    if (line == 0) line = pairs_line(&config->results, "results", key);
    return line;
}
