#include "flow/vcd.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WIDTH = 1 << 24, MAX_ID = 16 };
/* The paths of nets deep down are longer than the text that declares them, but not by much. */
enum { MAX_NAMES = 1 << 20, MAX_NAMES_GROWTH = 8 };

struct token {
    const char *text;
    size_t size;
};

struct net {
    size_t path; /* offset in paths */
    char id[MAX_ID];
    size_t width;
    size_t value; /* index in values; aliases share it */
};

struct vcd {
    const char *text;
    size_t size, at, body; /* at: next token; body: the first value */
    struct net *nets;
    size_t num_nets, capacity;
    struct text paths; /* each with its NUL */
    const struct net **by_id;
    struct token *values; /* digits in the text, highest bit first, as it writes them: shorter
                           * ones stand for more, none for x */
    size_t num_values;
    uint64_t time; /* of the last '#' that was passed */
    bool started;  /* there was one */
};

/* ---- tokens ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Size 0 at the end. */
static struct token next_token(struct vcd *vcd)
{
    struct token token;

    while (vcd->at < vcd->size && is_blank(vcd->text[vcd->at]))
        vcd->at++;
    token.text = vcd->text + vcd->at;
    while (vcd->at < vcd->size && !is_blank(vcd->text[vcd->at]))
        vcd->at++;
    token.size = (size_t)(vcd->text + vcd->at - token.text);
    return token;
}

static bool token_is(struct token token, const char *word)
{
    return token.size == strlen(word) && memcmp(token.text, word, token.size) == 0;
}

static enum err_status bad(struct err *err, const char *what)
{
    return err_set(err, ERR_TOOL, "the simulator's waveform: %s", what);
}

static enum err_status skip_to_end(struct vcd *vcd, struct err *err)
{
    struct token token;

    do {
        token = next_token(vcd);
    } while (token.size > 0 && !token_is(token, "$end"));
    return token.size > 0 ? ERR_OK : bad(err, "a declaration without $end");
}

/* Digits only; false above `limit`. */
static bool read_number(const char *text, size_t size, uint64_t limit, uint64_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || value > limit / 10) return false;
        value = 10 * value + (uint64_t)(text[i] - '0');
    }
    *out = value;
    return size > 0 && value <= limit;
}

/* ---- declarations ---- */

static void enter_scope(struct text *scope, struct token name)
{
    text_add_bytes(scope, name.text, name.size);
    text_add_bytes(scope, ".", 1);
}

static enum err_status leave_scope(struct text *scope, struct err *err)
{
    if (scope->size == 0) return bad(err, "$upscope without a scope");
    do {
        scope->size--;
    } while (scope->size > 0 && scope->data[scope->size - 1] != '.');
    return ERR_OK;
}

static struct net *add_net(struct vcd *vcd)
{
    if (vcd->num_nets == vcd->capacity) {
        size_t capacity = 2 * vcd->capacity + 64;
        struct net *nets = realloc(vcd->nets, capacity * sizeof *nets);

        if (nets == NULL) return NULL;
        vcd->nets = nets;
        vcd->capacity = capacity;
    }
    return &vcd->nets[vcd->num_nets++];
}

/* "$var type width id name [range] $end", after "$var". */
static enum err_status read_var(struct vcd *vcd, const struct text *scope, struct err *err)
{
    struct token type = next_token(vcd), width = next_token(vcd);
    struct token id = next_token(vcd), name = next_token(vcd);
    const char *range = memchr(name.text, '[', name.size);
    uint64_t bits = 0;
    struct net *net;

    if (!read_number(width.text, width.size, MAX_WIDTH, &bits) || bits == 0 || name.size == 0 ||
        range == name.text)
        return bad(err, "a net without width or name");
    if (id.size >= MAX_ID) return bad(err, "a net's code is too long");
    if (token_is(type, "real") || token_is(type, "string") || token_is(type, "event"))
        return skip_to_end(vcd, err);
    net = add_net(vcd);
    if (net == NULL) return err_nomem(err, "the nets of a waveform");
    *net = (struct net){.path = vcd->paths.size, .width = (size_t)bits};
    memcpy(net->id, id.text, id.size);
    if (vcd->paths.size > MAX_NAMES + MAX_NAMES_GROWTH * vcd->size)
        return bad(err, "names that are too long");
    text_add_bytes(&vcd->paths, scope->data, scope->size);
    text_add_bytes(&vcd->paths, name.text, range != NULL ? (size_t)(range - name.text) : name.size);
    text_add_bytes(&vcd->paths, "", 1);
    return skip_to_end(vcd, err);
}

static enum err_status read_declarations(struct vcd *vcd, struct text *scope, struct err *err)
{
    enum err_status status = ERR_OK;

    while (status == ERR_OK) {
        struct token token = next_token(vcd);

        if (token.size == 0) return bad(err, "it has no $enddefinitions");
        if (token_is(token, "$enddefinitions")) break;
        if (token_is(token, "$var")) {
            status = read_var(vcd, scope, err);
            continue;
        }
        if (token_is(token, "$scope")) {
            next_token(vcd);
            enter_scope(scope, next_token(vcd));
            status = text_status(scope, "the scopes of a waveform", err);
        } else if (token_is(token, "$upscope")) {
            status = leave_scope(scope, err);
        } else if (token.text[0] != '$') {
            status = bad(err, "text between the declarations");
        }
        if (status == ERR_OK) status = skip_to_end(vcd, err);
    }
    if (status == ERR_OK) status = skip_to_end(vcd, err);
    vcd->body = vcd->at;
    return status;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp((*(const struct net *const *)a)->id, (*(const struct net *const *)b)->id);
}

/* One value for each code, whatever number of nets it stands for. */
static enum err_status place_values(struct vcd *vcd, struct err *err)
{
    vcd->by_id = malloc((vcd->num_nets + 1) * sizeof *vcd->by_id);
    if (vcd->by_id == NULL) return err_nomem(err, "the nets of a waveform");
    for (size_t i = 0; i < vcd->num_nets; i++)
        vcd->by_id[i] = &vcd->nets[i];
    if (vcd->num_nets > 0) qsort(vcd->by_id, vcd->num_nets, sizeof *vcd->by_id, compare_ids);
    for (size_t i = 0; i < vcd->num_nets; i++) {
        struct net *net = &vcd->nets[vcd->by_id[i] - vcd->nets];
        const struct net *before = i > 0 ? vcd->by_id[i - 1] : NULL;

        if (before != NULL && strcmp(before->id, net->id) == 0) {
            if (before->width != net->width) return bad(err, "one code for two widths");
            net->value = before->value;
        } else {
            net->value = vcd->num_values++;
        }
    }
    vcd->values = calloc(vcd->num_values + 1, sizeof *vcd->values);
    return vcd->values != NULL ? ERR_OK : err_nomem(err, "the values of a waveform");
}

enum err_status vcd_parse(struct vcd **out, const char *text, size_t size, struct err *err)
{
    struct vcd *vcd = calloc(1, sizeof *vcd);
    struct text scope = {0};
    enum err_status status;

    if (vcd == NULL) return err_nomem(err, "a waveform");
    vcd->text = text;
    vcd->size = size;
    status = size > 0 && memchr(text, '\0', size) != NULL ? bad(err, "it has a NUL byte")
                                                          : read_declarations(vcd, &scope, err);
    if (status == ERR_OK && scope.size > 0) status = bad(err, "a scope without $upscope");
    if (status == ERR_OK && vcd->num_nets > 0)
        status = text_status(&vcd->paths, "the names of a waveform", err);
    if (status == ERR_OK) status = place_values(vcd, err);
    text_free(&scope);
    if (status == ERR_OK)
        *out = vcd;
    else
        vcd_free(vcd);
    return status;
}

void vcd_free(struct vcd *vcd)
{
    if (vcd == NULL) return;
    text_free(&vcd->paths);
    free(vcd->nets);
    free(vcd->by_id);
    free(vcd->values);
    free(vcd);
}

size_t vcd_count(const struct vcd *vcd)
{
    return vcd->num_nets;
}

const char *vcd_path(const struct vcd *vcd, size_t net)
{
    return vcd->paths.data + vcd->nets[net].path;
}

size_t vcd_width(const struct vcd *vcd, size_t net)
{
    return vcd->nets[net].width;
}

static char value_digit(char c)
{
    if (c == 'X') return 'x';
    if (c == 'Z') return 'z';
    return c == '0' || c == '1' || c == 'x' || c == 'z' ? c : '\0';
}

/* A value shorter than its net is extended by 0, or by its x or z. */
char vcd_bit(const struct vcd *vcd, size_t net, size_t bit)
{
    struct token value = vcd->values[vcd->nets[net].value];
    char first = value.size > 0 ? value_digit(value.text[0]) : 'x';

    if (bit < value.size) return value_digit(value.text[value.size - 1 - bit]);
    return first == '1' ? '0' : first;
}

/* ---- values ---- */

static enum err_status set_value(struct vcd *vcd, struct token digits, struct token id,
                                 struct err *err)
{
    struct net key = {.id = ""};
    const struct net *wanted = &key;
    const struct net **found;

    if (id.size == 0 || id.size >= MAX_ID || digits.size == 0)
        return bad(err, "a value without a net");
    memcpy(key.id, id.text, id.size);
    found = bsearch(&wanted, vcd->by_id, vcd->num_nets, sizeof *vcd->by_id, compare_ids);
    if (found == NULL) return ERR_OK; /* of a kind that was passed over */
    if (digits.size > (*found)->width) return bad(err, "a value wider than its net");
    for (size_t i = 0; i < digits.size; i++) {
        if (value_digit(digits.text[i]) == '\0')
            return bad(err, "a value that is no binary number");
    }
    vcd->values[(*found)->value] = digits;
    return ERR_OK;
}

static enum err_status read_value(struct vcd *vcd, struct token token, struct err *err)
{
    struct token digits = {token.text + 1, token.size - 1};

    switch (token.text[0]) {
    case '$':
        return token_is(token, "$comment") ? skip_to_end(vcd, err) : ERR_OK;
    case 'r':
    case 'R':
    case 's':
        next_token(vcd);
        return ERR_OK;
    case 'b':
    case 'B':
        return set_value(vcd, digits, next_token(vcd), err);
    default:
        return set_value(vcd, (struct token){token.text, 1}, digits, err);
    }
}

enum err_status vcd_seek(struct vcd *vcd, uint64_t time, struct err *err)
{
    enum err_status status = ERR_OK;

    if (vcd->started && vcd->time > time) {
        vcd->at = vcd->body;
        vcd->started = false;
        memset(vcd->values, 0, vcd->num_values * sizeof *vcd->values);
    }
    while (status == ERR_OK) {
        size_t before = vcd->at;
        struct token token = next_token(vcd);
        uint64_t at = 0;

        if (token.size == 0) break;
        if (token.text[0] != '#') {
            status = read_value(vcd, token, err);
            continue;
        }
        if (!read_number(token.text + 1, token.size - 1, UINT64_MAX / 16, &at))
            return bad(err, "a time that is no number");
        if (at > time) {
            vcd->at = before;
            break;
        }
        vcd->time = at;
        vcd->started = true;
    }
    return status;
}
