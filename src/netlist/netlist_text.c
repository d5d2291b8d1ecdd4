/* The canonical text form. Every line is what netlist_write() prints, byte for byte, so the parser
 * accepts nothing else: no other spacing, no leading zeros, nothing after the last line. */
#include "netlist.h"

#include <stdlib.h>
#include <string.h>

static const char FIRST_LINE[] = "difflut-netlist 2\n";
static const char FULL_ADDERS[] = "sums of full adders\n";

/* --- writing --- */

static void write_cut(const struct netlist *net, const struct netlist_cut *cut, struct text *out)
{
    if (cut->part == 0) {
        text_add(out, "register encoder");
    } else if (cut->part == netlist_part_popcount(net)) {
        text_add(out, "register popcount");
    } else if (cut->part == netlist_part_argmax(net)) {
        text_add(out, "register argmax");
    } else {
        text_add(out, "register layer %u", cut->part - 1u);
    }
    if (cut->level == NETLIST_END) {
        text_add(out, " end\n");
    } else {
        text_add(out, " level %u\n", cut->level);
    }
}

static void write_head(const struct netlist *net, struct text *out)
{
    const struct netlist_pipeline *p = &net->pipeline;

    text_add(out, "%sname %s\n", FIRST_LINE, net->name);
    text_add(out, "hash %s\n", net->model_hash);
    text_add(out, "config %s\n", net->config_line);
    text_add(out, "features %u code_bits %u\n", net->num_features, net->code_bits);
    text_add(out, "pipeline encoder %u layers %u popcount %u argmax %u depth %u\n", p->encoder,
             p->layers, p->popcount, p->argmax, p->depth);
    text_add(out, "counts steps %u toggles %u luts %u layers %u classes %u group %u registers %u\n",
             net->num_steps, net->toggle_start[net->num_steps], net->num_luts, net->num_layers,
             net->num_classes, net->group_start[net->num_classes], net->num_cuts);
    if (net->num_encoder_bits < net->num_steps)
        text_add(out, "encoder_bits %u\n", net->num_encoder_bits);
    if (net->full_adders) text_add(out, "%s", FULL_ADDERS);
    for (uint32_t i = 0; i < net->num_cuts; i++)
        write_cut(net, &net->cuts[i], out);
}

/* Appends " number". Faster than a formatted print, and there are millions of them. */
static void write_number(struct text *out, uint32_t number)
{
    char digits[12];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    digits[--at] = ' ';
    text_add_bytes(out, digits + at, sizeof digits - at);
}

static void write_step(const struct netlist *net, uint32_t step, struct text *out)
{
    text_add(out, "step %u feature %u initial %u toggles", step, net->step_feature[step],
             net->step_initial[step]);
    for (uint32_t t = net->toggle_start[step]; t < net->toggle_start[step + 1]; t++)
        write_number(out, net->toggles[t]);
    text_add_bytes(out, "\n", 1);
}

/* Hex digits of a table of fan-in k. */
static int table_digits(unsigned fan_in_count)
{
    return fan_in_count < 2 ? 1 : 1 << (fan_in_count - 2);
}

static void write_lut(const struct netlist *net, uint32_t lut, struct text *out)
{
    const struct netlist_origin *o = &net->origin[lut];
    unsigned count = net->fan_in_count[lut];

    text_add(out, "lut %u layer %u index %u part %u in", netlist_lut_signal(net, lut), o->layer,
             o->lut, o->part);
    for (unsigned k = 0; k < count; k++)
        write_number(out, net->fan_in[(size_t)lut * NETLIST_MAX_FAN_IN + k]);
    text_add(out, " table %0*llx\n", table_digits(count), (unsigned long long)net->table[lut]);
}

void netlist_write(const struct netlist *net, struct text *out)
{
    write_head(net, out);
    for (uint32_t s = 0; s < net->num_steps; s++)
        write_step(net, s, out);
    for (uint32_t l = 0; l < net->num_luts; l++)
        write_lut(net, l, out);
    for (uint32_t c = 0; c < net->num_classes; c++) {
        text_add(out, "class %u bias %u sum", c, net->bias[c]);
        for (uint32_t i = net->group_start[c]; i < net->group_start[c + 1]; i++)
            write_number(out, net->group[i]);
        text_add_bytes(out, "\n", 1);
    }
    text_add(out, "end\n");
}

/* --- parsing --- */

/* The first failure is kept in `status`; after it every read does nothing. */
struct reader {
    const char *at, *end, *path;
    unsigned long line;
    enum err_status status;
    struct err *err;
};

static void fail(struct reader *r, const char *what)
{
    if (r->status != ERR_OK) return;
    r->status = err_set(r->err, ERR_FORMAT, "%s:%lu: %s", r->path, r->line, what);
}

static bool starts_with(const struct reader *r, const char *text)
{
    size_t size = strlen(text);

    return r->status == ERR_OK && (size_t)(r->end - r->at) >= size &&
           memcmp(r->at, text, size) == 0;
}

static void read_literal(struct reader *r, const char *text)
{
    if (r->status != ERR_OK) return;
    if (!starts_with(r, text)) {
        char shown[48];
        size_t size = strcspn(text, "\n");

        if (size >= sizeof shown) size = sizeof shown - 1;
        memcpy(shown, text, size);
        shown[size] = '\0';
        r->status = err_set(r->err, ERR_FORMAT, "%s:%lu: expected \"%s\"%s", r->path, r->line,
                            shown, size == 0 ? " (end of line)" : "");
        return;
    }
    r->at += strlen(text);
    if (text[0] != '\0' && text[strlen(text) - 1] == '\n') r->line++;
}

/* A decimal number 0..max without leading zeros. */
static uint32_t read_number(struct reader *r, uint32_t max)
{
    uint64_t number = 0;
    const char *start = r->at;

    if (r->status != ERR_OK) return 0;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - start < 10)
        number = number * 10 + (uint64_t)(*r->at++ - '0');
    if (r->at == start) {
        fail(r, "expected a number");
    } else if (*start == '0' && r->at - start > 1) {
        fail(r, "a number has a leading zero");
    } else if (number > max || (r->at < r->end && *r->at >= '0' && *r->at <= '9')) {
        r->status = err_set(r->err, ERR_FORMAT, "%s:%lu: number above %u", r->path, r->line, max);
    }
    return r->status == ERR_OK ? (uint32_t)number : 0;
}

static uint32_t read_field(struct reader *r, const char *label, uint32_t max)
{
    read_literal(r, label);
    return read_number(r, max);
}

static uint64_t read_table(struct reader *r, unsigned digits)
{
    static const char HEX[] = "0123456789abcdef";
    uint64_t table = 0;

    for (unsigned i = 0; i < digits && r->status == ERR_OK; i++) {
        const char *digit = r->at < r->end ? memchr(HEX, *r->at, 16) : NULL;

        if (digit == NULL) {
            r->status =
                err_set(r->err, ERR_FORMAT, "%s:%lu: expected a table of %u lower-case hex digits",
                        r->path, r->line, digits);
            return 0;
        }
        table = table << 4 | (uint64_t)(digit - HEX);
        r->at++;
    }
    return table;
}

/* The rest of the line into text[size], NUL-terminated. */
static void read_rest(struct reader *r, char *text, size_t size)
{
    const char *newline;

    if (r->status != ERR_OK) return;
    newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
    if (newline == NULL) {
        fail(r, "line without an end");
    } else if ((size_t)(newline - r->at) >= size) {
        fail(r, "text too long");
    } else if (memchr(r->at, '\0', (size_t)(newline - r->at)) != NULL) {
        fail(r, "NUL byte in text");
    } else {
        memcpy(text, r->at, (size_t)(newline - r->at));
        text[newline - r->at] = '\0';
        r->at = newline + 1;
        r->line++;
    }
}

/* What the head lines say, before anything is allocated. */
struct head {
    char name[64], model_hash[65], config_line[512];
    struct netlist_sizes sizes;
    struct netlist_pipeline pipeline;
    uint32_t num_layers, num_cuts, num_encoder_bits;
};

static void read_head(struct reader *r, struct head *head)
{
    struct netlist_sizes *s = &head->sizes;
    size_t size = (size_t)(r->end - r->at);
    /* Every counted thing takes at least two bytes of text, so no count exceeds half the size. */
    uint32_t most = size / 2 > UINT32_MAX ? UINT32_MAX : (uint32_t)(size / 2);

    read_literal(r, FIRST_LINE);
    read_literal(r, "name ");
    read_rest(r, head->name, sizeof head->name);
    read_literal(r, "hash ");
    read_rest(r, head->model_hash, sizeof head->model_hash);
    read_literal(r, "config ");
    read_rest(r, head->config_line, sizeof head->config_line);
    s->num_features = read_field(r, "features ", NETLIST_MAX_FEATURES);
    s->code_bits = read_field(r, " code_bits ", NETLIST_MAX_CODE_BITS);
    read_literal(r, "\n");
    head->pipeline.encoder = read_field(r, "pipeline encoder ", NETLIST_MAX_STAGES);
    head->pipeline.layers = read_field(r, " layers ", NETLIST_MAX_STAGES);
    head->pipeline.popcount = read_field(r, " popcount ", NETLIST_MAX_STAGES);
    head->pipeline.argmax = read_field(r, " argmax ", NETLIST_MAX_STAGES);
    head->pipeline.depth = read_field(r, " depth ", NETLIST_MAX_STAGES);
    read_literal(r, "\n");
    s->num_steps = read_field(r, "counts steps ", most);
    s->num_toggles = read_field(r, " toggles ", most);
    s->num_luts = read_field(r, " luts ", most);
    head->num_layers = read_field(r, " layers ", NETLIST_MAX_LAYERS);
    s->num_classes = read_field(r, " classes ", most);
    s->num_group = read_field(r, " group ", most);
    head->num_cuts = read_field(r, " registers ", NETLIST_MAX_CUTS);
    read_literal(r, "\n");
    head->num_encoder_bits = s->num_steps;
    if (!starts_with(r, "encoder_bits ")) return;
    head->num_encoder_bits = read_field(r, "encoder_bits ", most);
    read_literal(r, "\n");
    if (head->num_encoder_bits >= s->num_steps) fail(r, "encoder_bits: not fewer than the steps");
}

/* " a b c" appended to list[*used .. limit), and `close` after it. */
static void read_list(struct reader *r, uint32_t *list, uint32_t *used, uint32_t limit,
                      const char *close)
{
    while (r->status == ERR_OK && r->end - r->at > 1 && r->at[0] == ' ' && r->at[1] <= '9') {
        uint32_t number = read_field(r, " ", UINT32_MAX);

        if (r->status == ERR_OK && *used == limit) fail(r, "a list is longer than announced");
        if (r->status == ERR_OK) list[(*used)++] = number;
    }
    read_literal(r, close);
}

/* The running number of a line must be the next one. */
static void read_index(struct reader *r, const char *label, uint32_t expected)
{
    if (read_field(r, label, UINT32_MAX) != expected) fail(r, "lines are not numbered in order");
}

static void read_cut(struct reader *r, const struct netlist *net, struct netlist_cut *cut)
{
    read_literal(r, "register ");
    if (starts_with(r, "encoder ")) {
        read_literal(r, "encoder ");
        cut->part = 0;
    } else if (starts_with(r, "popcount ")) {
        read_literal(r, "popcount ");
        cut->part = (uint16_t)netlist_part_popcount(net);
    } else if (starts_with(r, "argmax ")) {
        read_literal(r, "argmax ");
        cut->part = (uint16_t)netlist_part_argmax(net);
    } else {
        uint32_t layer = read_field(r, "layer ", NETLIST_MAX_LAYERS);

        if (r->status == ERR_OK && layer >= net->num_layers) fail(r, "there is no such layer");
        cut->part = (uint16_t)(layer + 1);
        read_literal(r, " ");
    }
    if (starts_with(r, "end")) {
        read_literal(r, "end\n");
        cut->level = NETLIST_END;
    } else {
        cut->level = (uint16_t)read_field(r, "level ", NETLIST_END - 1);
        read_literal(r, "\n");
    }
}

static void read_steps(struct reader *r, struct netlist *net, uint32_t num_toggles)
{
    uint32_t used = 0;

    for (uint32_t s = 0; s < net->num_steps && r->status == ERR_OK; s++) {
        read_index(r, "step ", s);
        net->step_feature[s] = read_field(r, " feature ", UINT32_MAX);
        net->step_initial[s] = (uint8_t)read_field(r, " initial ", 1);
        read_literal(r, " toggles");
        net->toggle_start[s] = used;
        read_list(r, net->toggles, &used, num_toggles, "\n");
    }
    net->toggle_start[net->num_steps] = used;
    if (used != num_toggles) fail(r, "fewer toggles than counted in the head");
}

static void read_luts(struct reader *r, struct netlist *net)
{
    for (uint32_t l = 0; l < net->num_luts && r->status == ERR_OK; l++) {
        struct netlist_origin *o = &net->origin[l];
        uint32_t count = 0;

        read_index(r, "lut ", netlist_lut_signal(net, l));
        o->layer = (uint16_t)read_field(r, " layer ", UINT16_MAX);
        o->lut = read_field(r, " index ", UINT32_MAX);
        o->part = (uint16_t)read_field(r, " part ", UINT16_MAX);
        read_literal(r, " in");
        read_list(r, net->fan_in + (size_t)l * NETLIST_MAX_FAN_IN, &count, NETLIST_MAX_FAN_IN,
                  " table ");
        net->fan_in_count[l] = (uint8_t)count;
        net->table[l] = read_table(r, (unsigned)table_digits(count));
        read_literal(r, "\n");
    }
}

static void read_classes(struct reader *r, struct netlist *net, uint32_t num_group)
{
    uint32_t used = 0;

    for (uint32_t c = 0; c < net->num_classes && r->status == ERR_OK; c++) {
        read_index(r, "class ", c);
        net->bias[c] = read_field(r, " bias ", UINT32_MAX);
        read_literal(r, " sum");
        net->group_start[c] = used;
        read_list(r, net->group, &used, num_group, "\n");
    }
    net->group_start[net->num_classes] = used;
    if (used != num_group) fail(r, "fewer group entries than counted in the head");
}

static void read_body(struct reader *r, struct netlist *net, const struct head *head)
{
    memcpy(net->name, head->name, sizeof net->name);
    memcpy(net->model_hash, head->model_hash, sizeof net->model_hash);
    memcpy(net->config_line, head->config_line, sizeof net->config_line);
    net->pipeline = head->pipeline;
    net->num_layers = head->num_layers;
    net->num_encoder_bits = head->num_encoder_bits;
    net->num_cuts = head->num_cuts;
    net->full_adders = starts_with(r, FULL_ADDERS);
    if (net->full_adders) read_literal(r, FULL_ADDERS);
    for (uint32_t i = 0; i < net->num_cuts && r->status == ERR_OK; i++)
        read_cut(r, net, &net->cuts[i]);
    read_steps(r, net, head->sizes.num_toggles);
    read_luts(r, net);
    read_classes(r, net, head->sizes.num_group);
    read_literal(r, "end\n");
    if (r->status == ERR_OK && r->at != r->end) fail(r, "text after the end");
}

enum err_status netlist_parse(struct netlist **out, const char *text, size_t size, const char *path,
                              struct err *err)
{
    struct reader r = {
        .at = text, .end = text + size, .path = path, .line = 1, .status = ERR_OK, .err = err};
    struct head head = {0};
    struct netlist *net = NULL;

    read_head(&r, &head);
    if (r.status == ERR_OK) r.status = netlist_create(&net, &head.sizes, err);
    if (r.status != ERR_OK) return r.status;
    read_body(&r, net, &head);
    if (r.status == ERR_OK) {
        struct err why = {""};

        r.status = netlist_check(net, &why);
        if (r.status != ERR_OK) err_set(err, r.status, "%s: %.900s", path, why.message);
    }
    if (r.status == ERR_OK) {
        *out = net;
    } else {
        netlist_free(net);
    }
    return r.status;
}
