#include "config_yaml.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEEPEST = 8, MOST_NODES = 4096 };

struct parser {
    yaml_parser_t yaml;
    const char *text;
    size_t size;
    const char *path;
    size_t num_nodes;
    struct err *err;
};

static int line_of(const yaml_event_t *event)
{
    return (int)event->start_mark.line + 1;
}

static enum err_status fail(struct parser *p, const yaml_event_t *event, const char *problem)
{
    return err_set(p->err, ERR_ARG, "%s:%d: %s", p->path, line_of(event), problem);
}

static enum err_status fail_yaml(struct parser *p)
{
    size_t line = p->yaml.problem_mark.line + 1;
    const char *problem = p->yaml.problem != NULL ? p->yaml.problem : "not YAML";

    if (p->yaml.error == YAML_MEMORY_ERROR) return err_nomem(p->err, "the configuration");
    if (p->yaml.error == YAML_READER_ERROR) { /* only an offset is known */
        line = 1;
        for (size_t i = 0; i < p->size && i < p->yaml.problem_offset; i++)
            line += p->text[i] == '\n';
    }
    return err_set(p->err, ERR_ARG, "%s:%zu: bad YAML: %s", p->path, line, problem);
}

static enum err_status next_event(struct parser *p, yaml_event_t *event)
{
    return yaml_parser_parse(&p->yaml, event) ? ERR_OK : fail_yaml(p);
}

/* --- text --- */

/* Decodes one UTF-8 character of the `left` bytes at `s`; 0 when they hold none. */
static size_t decode(const unsigned char *s, size_t left, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = s[0] < 0x80             ? 1
                    : (s[0] & 0xe0) == 0xc0 ? 2
                    : (s[0] & 0xf0) == 0xe0 ? 3
                    : (s[0] & 0xf8) == 0xf0 ? 4
                                            : 0;

    if (length == 0 || length > left) return 0;
    *code = length == 1 ? s[0] : s[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        *code = (*code << 6) | (s[i] & 0x3fU);
    }
    if (*code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff)) return 0;
    return length;
}

bool config_yaml_is_plain_line(const char *text, size_t size)
{
    const unsigned char *s = (const unsigned char *)text;

    for (size_t i = 0; i < size;) {
        uint32_t code = 0;
        size_t length = decode(s + i, size - i, &code);

        /* C0, DEL, C1, the line and paragraph separators, byte order marks and non-characters */
        if (length == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
        if (code == 0x2028 || code == 0x2029 || code == 0xfeff || code == 0xfffe ||
            code == 0xffff) {
            return false;
        }
        i += length;
    }
    return true;
}

static enum err_status copy_text(struct parser *p, const yaml_event_t *event, char **out)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    char *copy;

    if (!config_yaml_is_plain_line(text, length)) {
        return fail(p, event, "a value holds a line break or control character");
    }
    copy = malloc(length + 1);
    if (copy == NULL) return err_nomem(p->err, "the configuration");
    memcpy(copy, text, length);
    copy[length] = '\0';
    *out = copy;
    return ERR_OK;
}

bool config_yaml_is_null(const struct config_yaml *node)
{
    if (node->kind != CONFIG_YAML_SCALAR || node->quoted) return false;
    return node->text[0] == '\0' || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0;
}

/* --- the tree --- */

void config_yaml_free(struct config_yaml *node)
{
    while (node != NULL) {
        struct config_yaml *next = node->next;

        config_yaml_free(node->child); /* as deep as the tree, at most DEEPEST */
        free(node->key);
        free(node->text);
        free(node);
        node = next;
    }
}

enum err_status config_yaml_copy(struct config_yaml **out, const struct config_yaml *node,
                                 const char *key, struct err *err)
{
    struct config_yaml *copy = calloc(1, sizeof *copy), **tail;
    enum err_status status = ERR_OK;

    if (copy == NULL) return err_nomem(err, "the configuration");
    copy->kind = node->kind;
    copy->line = node->line;
    copy->quoted = node->quoted;
    copy->count = node->count;
    if (key != NULL) copy->key = strdup(key);
    if (node->text != NULL) copy->text = strdup(node->text);
    if ((key != NULL && copy->key == NULL) || (node->text != NULL && copy->text == NULL))
        status = err_nomem(err, "the configuration");
    tail = &copy->child;
    for (const struct config_yaml *child = node->child; child != NULL && status == ERR_OK;
         child = child->next) {
        status = config_yaml_copy(tail, child, child->key, err);
        if (status == ERR_OK) tail = &(*tail)->next;
    }
    if (status == ERR_OK)
        *out = copy;
    else
        config_yaml_free(copy);
    return status;
}

struct config_yaml *config_yaml_find(const struct config_yaml *map, const char *key, size_t length)
{
    for (struct config_yaml *child = map->child; child != NULL; child = child->next) {
        if (strncmp(child->key, key, length) == 0 && child->key[length] == '\0') return child;
    }
    return NULL;
}

static void write_scalar(const struct config_yaml *node, struct text *out)
{
    if (node->quoted || node->text[0] == '\0' || strpbrk(node->text, ",[]{}#:\"'") != NULL) {
        text_add(out, "\"");
        for (const char *c = node->text; *c != '\0'; c++)
            text_add(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
        text_add(out, "\"");
    } else {
        text_add(out, "%s", node->text);
    }
}

void config_yaml_write(const struct config_yaml *node, struct text *out)
{
    if (node->kind == CONFIG_YAML_SCALAR) {
        write_scalar(node, out);
        return;
    }
    text_add(out, node->kind == CONFIG_YAML_MAP ? "{" : "[");
    for (const struct config_yaml *child = node->child; child != NULL; child = child->next) {
        if (child != node->child) text_add(out, ", ");
        if (child->key != NULL) text_add(out, "%s: ", child->key);
        config_yaml_write(child, out); /* as deep as the tree, at most DEEPEST */
    }
    text_add(out, node->kind == CONFIG_YAML_MAP ? "}" : "]");
}

/* Anchors and tags: nothing in a configuration needs them, and bombs are made of them. */
static enum err_status check_plain(struct parser *p, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;

    if (event->type == YAML_ALIAS_EVENT) return fail(p, event, "aliases (*name) are not allowed");
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    }
    if (anchor != NULL) return fail(p, event, "anchors (&name) are not allowed");
    if (tag != NULL) return fail(p, event, "tags (!name) are not allowed");
    return ERR_OK;
}

static enum err_status read_value(struct parser *p, const yaml_event_t *event, int depth,
                                  struct config_yaml **out);

static enum err_status read_key(struct parser *p, const yaml_event_t *event,
                                const struct config_yaml *map, char **out)
{
    enum err_status status = check_plain(p, event);

    if (status != ERR_OK) return status;
    if (event->type != YAML_SCALAR_EVENT) return fail(p, event, "a key must be a plain word");
    status = copy_text(p, event, out);
    if (status != ERR_OK) return status;
    for (const struct config_yaml *sister = map->child; sister != NULL; sister = sister->next) {
        if (strcmp(sister->key, *out) != 0) continue;
        return err_set(p->err, ERR_ARG, "%s:%d: %.100s: duplicate key (first on line %d)", p->path,
                       line_of(event), *out, sister->line);
    }
    return ERR_OK;
}

/* One entry of a map, from its key's event on. */
static enum err_status read_pair(struct parser *p, const yaml_event_t *key_event, int depth,
                                 const struct config_yaml *map, struct config_yaml **out)
{
    yaml_event_t event;
    char *key = NULL;
    enum err_status status = read_key(p, key_event, map, &key);

    if (status == ERR_OK) status = next_event(p, &event);
    if (status == ERR_OK) {
        status = read_value(p, &event, depth, out);
        yaml_event_delete(&event);
    }
    if (status != ERR_OK) {
        free(key);
        return status;
    }
    (*out)->key = key;
    (*out)->line = line_of(key_event);
    return ERR_OK;
}

/* Entries of a map or list up to its end. */
static enum err_status read_children(struct parser *p, struct config_yaml *parent, int depth)
{
    struct config_yaml **tail = &parent->child;

    for (;;) {
        yaml_event_t event;
        struct config_yaml *child = NULL;
        enum err_status status = next_event(p, &event);

        if (status != ERR_OK) return status;
        if (event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return ERR_OK;
        }
        status = parent->kind == CONFIG_YAML_MAP ? read_pair(p, &event, depth + 1, parent, &child)
                                                 : read_value(p, &event, depth + 1, &child);
        yaml_event_delete(&event);
        if (status != ERR_OK) return status;
        *tail = child;
        tail = &child->next;
        parent->count++;
    }
}

static enum err_status read_value(struct parser *p, const yaml_event_t *event, int depth,
                                  struct config_yaml **out)
{
    enum err_status status = check_plain(p, event);
    struct config_yaml *node;

    if (status != ERR_OK) return status;
    if (depth > DEEPEST) return fail(p, event, "nested too deeply");
    if (++p->num_nodes > MOST_NODES) return fail(p, event, "too many keys and values");
    node = calloc(1, sizeof *node);
    if (node == NULL) return err_nomem(p->err, "the configuration");
    node->line = line_of(event);
    if (event->type == YAML_SCALAR_EVENT) {
        node->kind = CONFIG_YAML_SCALAR;
        node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        status = copy_text(p, event, &node->text);
    } else {
        node->kind = event->type == YAML_MAPPING_START_EVENT ? CONFIG_YAML_MAP : CONFIG_YAML_LIST;
        status = read_children(p, node, depth);
    }
    if (status != ERR_OK) {
        config_yaml_free(node);
        return status;
    }
    *out = node;
    return ERR_OK;
}

/* Steps over the one event that must come next. */
static enum err_status expect(struct parser *p, yaml_event_type_t type, const char *problem)
{
    yaml_event_t event;
    enum err_status status = next_event(p, &event);

    if (status != ERR_OK) return status;
    if (event.type != type) status = fail(p, &event, problem);
    yaml_event_delete(&event);
    return status;
}

static enum err_status read_document(struct parser *p, struct config_yaml **out)
{
    yaml_event_t event;
    struct config_yaml *root = NULL;
    enum err_status status = expect(p, YAML_STREAM_START_EVENT, "bad YAML");

    if (status == ERR_OK) status = expect(p, YAML_DOCUMENT_START_EVENT, "the file is empty");
    if (status == ERR_OK) status = next_event(p, &event);
    if (status != ERR_OK) return status;
    if (event.type == YAML_MAPPING_START_EVENT) {
        status = read_value(p, &event, 0, &root);
    } else {
        status = fail(p, &event, "expected \"key: value\" lines");
    }
    yaml_event_delete(&event);
    if (status == ERR_OK) status = expect(p, YAML_DOCUMENT_END_EVENT, "bad YAML");
    if (status == ERR_OK) {
        status = expect(p, YAML_STREAM_END_EVENT, "a second document; a configuration is one");
    }
    if (status != ERR_OK) {
        config_yaml_free(root);
        return status;
    }
    *out = root;
    return ERR_OK;
}

enum err_status config_yaml_parse(struct config_yaml **out, const char *yaml, size_t size,
                                  const char *path, struct err *err)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin UTF-8 files so */
    struct parser p = {.text = yaml, .size = size, .path = path, .err = err};
    enum err_status status;

    if (size >= 3 && memcmp(yaml, mark, 3) == 0) {
        p.text += 3;
        p.size -= 3;
    }
    if (!yaml_parser_initialize(&p.yaml)) return err_nomem(err, "the configuration");
    yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p.yaml, (const unsigned char *)p.text, p.size);
    status = read_document(&p, out);
    yaml_parser_delete(&p.yaml);
    return status;
}
