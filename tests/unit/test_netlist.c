#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netlist/pass.h"
#include "random_net.h"

enum { NETS = 400, VECTORS = 24 };

static const uint64_t SEED = 20240607;

/* A net small enough to follow by hand: two features of 3 bits, thermometers at 2 and 5, one layer of
 * an AND and an XOR, then an OR of both; class 0 sums two LUTs, class 1 the OR and a bit. */
static struct netlist *toy(void)
{
    struct netlist_sizes sizes = {.num_features = 2,
                                  .code_bits = 3,
                                  .num_steps = 4,
                                  .num_toggles = 4,
                                  .num_luts = 3,
                                  .num_classes = 2,
                                  .num_group = 4};
    struct netlist *net = NULL;

    assert_int_equal(netlist_create(&net, &sizes, NULL), ERR_OK);
    strcpy(net->name, "toy");
    memset(net->model_hash, '7', 64);
    strcpy(net->config_line, "by hand");
    net->num_layers = 2;
    net->pipeline = (struct netlist_pipeline){1, 1, 1, 1, 0};
    for (uint32_t s = 0; s < 4; s++) {
        net->step_feature[s] = s / 2;
        net->toggles[s] = s % 2 == 0 ? 3 : 6; /* code > 2, code > 5 */
        net->toggle_start[s + 1] = s + 1;
    }
    memcpy(net->fan_in, (uint32_t[]){0, 2, 0, 0, 0, 0}, 24);
    memcpy(net->fan_in + 6, (uint32_t[]){1, 3, 0, 0, 0, 0}, 24);
    memcpy(net->fan_in + 12, (uint32_t[]){4, 5, 0, 0, 0, 0}, 24);
    memcpy(net->fan_in_count, (uint8_t[]){2, 2, 2}, 3);
    net->table[0] = 0x8;
    net->table[1] = 0x6;
    net->table[2] = 0xe;
    net->origin[1].lut = 1;
    net->origin[2].layer = 1;
    memcpy(net->group, (uint32_t[]){4, 5, 6, 0}, 16);
    memcpy(net->group_start, (uint32_t[]){0, 2, 4}, 12);
    net->bias[0] = 1;
    assert_int_equal(netlist_place_registers(net, NULL), ERR_OK);
    return net;
}

static void test_eval_by_hand(void **state)
{
    struct netlist *net = toy();
    uint16_t codes[] = {0, 0, 3, 2, 7, 3, 6, 7, 2, 5};
    uint32_t scores[10], classes[5];
    uint8_t signals[5 * 7];
    struct err err;

    (void)state;
    assert_int_equal(netlist_check(net, &err), ERR_OK);
    assert_int_equal(netlist_eval(net, codes, 5, signals, scores, classes, &err), ERR_OK);
    /* bits 0000; AND 0, XOR 0, OR 0 */
    assert_memory_equal(signals, ((uint8_t[]){0, 0, 0, 0, 0, 0, 0}), 7);
    /* 7 > 2, 7 > 5, 3 > 2: AND 1, XOR 1, OR 1 */
    assert_memory_equal(signals + 14, ((uint8_t[]){1, 1, 1, 0, 1, 1, 1}), 7);
    assert_memory_equal(scores, ((uint32_t[]){1, 0, 1, 1, 3, 2, 2, 2, 1, 0}), sizeof scores);
    assert_memory_equal(classes, ((uint32_t[]){0, 0, 0, 0, 0}), sizeof classes);
    net->bias[0] = 0;
    assert_int_equal(netlist_eval(net, codes, 5, NULL, scores, classes, &err), ERR_OK);
    assert_int_equal(classes[1], 1); /* 0 against 1 */
    assert_int_equal(classes[3], 1); /* 1 against 2 */
    assert_int_equal(classes[4], 0); /* 0 against 0: the tie keeps the lowest */
    codes[3] = 8;
    assert_int_equal(netlist_eval(net, codes, 5, NULL, scores, classes, &err), ERR_ARG);
    assert_string_equal(err.message, "netlist: sample 1: code 8 of feature 1 exceeds 3 bits");
    netlist_free(net);
}

static void test_widths(void **state)
{
    struct netlist *net = toy();

    (void)state;
    assert_int_equal(netlist_max_score(net), 3);
    assert_int_equal(netlist_score_bits(net), 2);
    assert_int_equal(netlist_class_bits(net), 1);
    assert_int_equal(netlist_latency(net), 5);
    net->bias[1] = 2;
    assert_int_equal(netlist_score_bits(net), 3); /* 0..4 */
    net->pipeline = (struct netlist_pipeline){0, 0, 0, 0, 0};
    assert_int_equal(netlist_place_registers(net, NULL), ERR_OK);
    assert_int_equal(netlist_latency(net), 0);
    net->pipeline = (struct netlist_pipeline){2, 3, 4, 5, 0};
    assert_int_equal(netlist_place_registers(net, NULL), ERR_OK);
    assert_int_equal(netlist_latency(net), 17);
    netlist_free(net);
}

/* --- one planted violation for every rule of the contract --- */

static void break_name(struct netlist *net)
{
    strcpy(net->name, "9lives");
}
static void break_name_text(struct netlist *net)
{
    strcpy(net->name, "a;b");
}
static void break_hash(struct netlist *net)
{
    net->model_hash[63] = '\0';
}
static void break_config(struct netlist *net)
{
    net->config_line[2] = '\n';
}
static void break_features(struct netlist *net)
{
    net->num_features = 0;
}
static void break_code_bits(struct netlist *net)
{
    net->code_bits = 17;
}
static void break_classes(struct netlist *net)
{
    net->num_classes = 1;
}
static void break_layers(struct netlist *net)
{
    net->num_layers = NETLIST_MAX_LAYERS + 1;
}
static void break_pipeline(struct netlist *net)
{
    net->pipeline.popcount = NETLIST_MAX_STAGES + 1;
}
static void break_toggle_start(struct netlist *net)
{
    net->toggle_start[0] = 1;
}
static void break_toggle_order(struct netlist *net)
{
    net->toggle_start[2] = 0;
}
static void break_depth(struct netlist *net)
{
    net->pipeline.depth = NETLIST_MAX_STAGES + 1;
}
static void break_cut_missing(struct netlist *net)
{
    net->num_cuts--;
}
static void break_cut_more(struct netlist *net)
{
    net->cuts[3].part = 2;
}
static void break_cut_order(struct netlist *net)
{
    net->pipeline.depth = 1;
    net->cuts[0].part = 1;
    net->cuts[1].part = 0;
}
static void break_cut_part(struct netlist *net)
{
    net->pipeline.depth = 1;
    net->cuts[4].part = 5;
}
static void break_cut_level(struct netlist *net)
{
    net->cuts[2].level = 0;
}
static void break_cut_levels(struct netlist *net)
{
    net->pipeline.depth = 1;
    net->cuts[0].level = 5;
    net->cuts[1] = (struct netlist_cut){0, 4};
}
static void break_step_feature(struct netlist *net)
{
    net->step_feature[3] = 2;
}
static void break_step_initial(struct netlist *net)
{
    net->step_initial[1] = 2;
}
static void break_toggle_range(struct netlist *net)
{
    net->toggles[1] = 8;
}
static void break_toggle_zero(struct netlist *net)
{
    net->toggles[2] = 0;
}
static void break_toggle_twice(struct netlist *net)
{
    net->toggle_start[1] = 2; /* step 0: 3, 6; step 1: none */
    net->toggles[1] = 3;
}
static void break_fan_in_count(struct netlist *net)
{
    net->fan_in_count[1] = 7;
}
static void break_fan_in_order(struct netlist *net)
{
    net->fan_in[6] = 5;
}
static void break_fan_in_rest(struct netlist *net)
{
    net->fan_in[5] = 1;
}
static void break_table(struct netlist *net)
{
    net->table[2] = 0x1e;
}
static void break_layer(struct netlist *net)
{
    net->origin[2].layer = 2;
}
static void break_origin(struct netlist *net)
{
    net->origin[1].lut = 0;
}
static void break_group_start(struct netlist *net)
{
    net->group_start[1] = 5;
}
static void break_group(struct netlist *net)
{
    net->group[3] = 7;
}
static void break_score(struct netlist *net)
{
    net->bias[0] = NETLIST_MAX_SCORE;
}

static void test_check_rejects(void **state)
{
    static const struct {
        void (*plant)(struct netlist *net);
        const char *message;
    } cases[] = {
        {break_name, "name must match"},
        {break_name_text, "name must match"},
        {break_hash, "model hash must be 64"},
        {break_config, "config line must be"},
        {break_features, "number of features must be 1..4194304, not 0"},
        {break_code_bits, "code bits must be 1..16, not 17"},
        {break_classes, "number of classes must be 2..65535, not 1"},
        {break_layers, "number of layers must be 0..4096, not 4097"},
        {break_pipeline, "popcount stages must be 0..64, not 65"},
        {break_depth, "depth of a stage must be 0..64, not 65"},
        {break_cut_missing, "part 4 has 0 registers, but the pipeline asks for 1"},
        {break_cut_more, "part 2 has 2 registers, but the pipeline asks for 1"},
        {break_cut_order, "register 1: part 0 must be 1 or more"},
        {break_cut_part, "register 4: part 5 must be 3 or more, below 5"},
        {break_cut_level, "register 2: level 0 must be 1 or more"},
        {break_cut_levels, "register 1: level 4 must be 5 or more"},
        {break_toggle_start, "toggle slices must start at 0"},
        {break_toggle_order, "toggle slice 1 ends before it starts"},
        {break_step_feature, "step bit 3: feature 2, but there are only 2"},
        {break_step_initial, "step bit 1: initial value must be 0 or 1, not 2"},
        {break_toggle_range, "step bit 1: toggle 8 must be in 1..7"},
        {break_toggle_zero, "step bit 2: toggle 0 must be in 1..7"},
        {break_toggle_twice, "step bit 0: toggle 3 must be in 4..7"},
        {break_fan_in_count, "LUT 1 (layer 0, LUT 1, part 0): more than 6 fan-ins (7)"},
        {break_fan_in_order, "LUT 1 (layer 0, LUT 1, part 0): a fan-in is not smaller"},
        {break_fan_in_rest, "LUT 0 (layer 0, LUT 0, part 0): an unused fan-in entry is not 0"},
        {break_table, "LUT 2 (layer 1, LUT 0, part 0): the table has bits beyond its fan-in (30)"},
        {break_layer, "LUT 2 (layer 2, LUT 0, part 0): layer beyond the number of layers (2)"},
        {break_origin, "LUT 1 (layer 0, LUT 0, part 0): layer, LUT, part must ascend"},
        {break_group_start, "group slice 1 ends before it starts"},
        {break_group, "class 1: sums signal 7, but there are 7"},
        {break_score, "class 0: score may exceed 2147483647"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct netlist *net = toy();
        struct err err = {""};

        assert_int_equal(netlist_check(net, &err), ERR_OK);
        cases[i].plant(net);
        assert_int_equal(netlist_check(net, &err), ERR_FORMAT);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, err.message, cases[i].message);
        netlist_free(net);
    }
}

static void test_create_refuses(void **state)
{
    struct netlist_sizes sizes = {.num_steps = UINT32_MAX, .num_luts = 1};
    struct netlist *net = NULL;
    struct err err;

    (void)state;
    assert_int_equal(netlist_create(&net, &sizes, &err), ERR_ARG);
    assert_null(net);
    netlist_free(NULL);
}

/* --- text --- */

static void test_text_by_hand(void **state)
{
    struct netlist *net = toy();
    struct text text = {0};

    (void)state;
    netlist_write(net, &text);
    assert_string_equal(
        text.data, "difflut-netlist 2\nname toy\n"
                   "hash 7777777777777777777777777777777777777777777777777777777777777777\n"
                   "config by hand\nfeatures 2 code_bits 3\n"
                   "pipeline encoder 1 layers 1 popcount 1 argmax 1 depth 0\n"
                   "counts steps 4 toggles 4 luts 3 layers 2 classes 2 group 4 registers 5\n"
                   "register encoder end\nregister layer 0 end\nregister layer 1 end\n"
                   "register popcount end\nregister argmax end\n"
                   "step 0 feature 0 initial 0 toggles 3\nstep 1 feature 0 initial 0 toggles 6\n"
                   "step 2 feature 1 initial 0 toggles 3\nstep 3 feature 1 initial 0 toggles 6\n"
                   "lut 4 layer 0 index 0 part 0 in 0 2 table 8\n"
                   "lut 5 layer 0 index 1 part 0 in 1 3 table 6\n"
                   "lut 6 layer 1 index 0 part 0 in 4 5 table e\n"
                   "class 0 bias 1 sum 4 5\nclass 1 bias 0 sum 6 0\nend\n");
    text_free(&text);
    netlist_free(net);
}

static void test_text_round_trip(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < NETS; i++) {
        struct rng rng;
        struct netlist *net, *again = NULL, *copy = NULL;
        struct text first = {0}, second = {0}, third = {0};
        struct err err = {""};

        rng_seed(&rng, SEED, i);
        net = random_net(&rng, &RANDOM_NET_SMALL);
        netlist_write(net, &first);
        if (netlist_parse(&again, first.data, first.size, "x", &err) != ERR_OK)
            fail_msg("seed %llu net %llu: %s", (unsigned long long)SEED, (unsigned long long)i,
                     err.message);
        netlist_write(again, &second);
        assert_string_equal(first.data, second.data);
        assert_int_equal(netlist_copy(&copy, again, &err), ERR_OK);
        netlist_write(copy, &third);
        assert_string_equal(first.data, third.data);
        text_free(&first);
        text_free(&second);
        text_free(&third);
        netlist_free(net);
        netlist_free(again);
        netlist_free(copy);
    }
}

static void test_parse_rejects(void **state)
{
    static const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"difflut-netlist 2", "difflut-netlist 1", "x:1: expected \"difflut-netlist 2\""},
        {"name toy", "name to-y", "x: netlist: name must match"},
        {"config by", "config\tby", "x:4: expected \"config \""},
        {"code_bits 3", "code_bits 17", "x:5: number above 16"},
        {"code_bits 3", "code_bits 03", "x:5: a number has a leading zero"},
        {"code_bits 3", "code_bits", "x:5: expected \" code_bits \""},
        {"code_bits 3", "code_bits ", "x:5: expected a number"},
        {"steps 4", "steps 99999999999", "x:7: number above"},
        {"luts 3", "luts 4000000000", "x:7: number above"},
        {"toggles 4 luts", "toggles 3 luts", "x:16: a list is longer than announced"},
        {"toggles 4 luts", "toggles 5 luts", "x:17: fewer toggles than counted"},
        {"step 1 ", "step 2 ", "x:14: lines are not numbered in order"},
        {"lut 5", "lut 4", "x:18: lines are not numbered in order"},
        {"in 0 2 table", "in 0 2 1 1 1 1 1 table", "x:17: a list is longer than announced"},
        {"table 6", "table 06", "x:18: expected \"\" (end of line)"},
        {"table 6", "table A", "x:18: expected a table of 1 lower-case hex digits"},
        {"in 4 5", "in 4 6", "a fan-in is not smaller"},
        {"group 4", "group 5", "x:22: fewer group entries than counted"},
        {"sum 4 5\n", "sum 4  5\n", "x:20: expected a number"},
        {"register encoder end", "register encode end", "x:8: expected \"layer \""},
        {"register encoder end", "register encoder level 0", "register 0: level 0 must be"},
        {"register layer 1 end", "register layer 2 end", "x:10: there is no such layer"},
        {"register popcount end", "register argmax end", "part 3 has 0 registers"},
        {"registers 5", "registers 4", "x:12: expected \"step \""},
        {"registers 5", "registers 4097", "x:7: number above 4096"},
        {"6 0\nend\n", "6 0\nend\n\n", "x:23: text after the end"},
        {"6 0\nend\n", "6 0\n", "x:22: expected \"end\""},
    };
    struct netlist *net = toy(), *parsed = NULL;
    struct text text = {0};

    (void)state;
    netlist_write(net, &text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *at = strstr(text.data, cases[i].from);
        struct text broken = {0};
        struct err err = {""};

        assert_non_null(at);
        text_add_bytes(&broken, text.data, (size_t)(at - text.data));
        text_add(&broken, "%s%s", cases[i].to, at + strlen(cases[i].from));
        assert_int_equal(netlist_parse(&parsed, broken.data, broken.size, "x", &err), ERR_FORMAT);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, err.message, cases[i].message);
        text_free(&broken);
    }
    assert_null(parsed);
    text_free(&text);
    netlist_free(net);
}

/* Truncated and mutated text is refused or, when it happens to be canonical, written back as it was. */
static void test_parse_hostile(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 4000; i++) {
        struct rng rng;
        struct netlist *net, *parsed = NULL;
        struct text text = {0}, again = {0};
        size_t size;

        rng_seed(&rng, SEED + 1, i);
        net = random_net(&rng, &RANDOM_NET_SMALL);
        netlist_write(net, &text);
        netlist_free(net);
        size = text.size;
        if (i % 4 == 0) size = rng_below(&rng, size + 1);
        for (uint64_t m = rng_below(&rng, 4); m > 0 && size > 0; m--)
            text.data[rng_below(&rng, size)] = " 0123456789\n\0azx"[rng_below(&rng, 16)];
        if (netlist_parse(&parsed, text.data, size, "x", NULL) == ERR_OK) {
            netlist_write(parsed, &again);
            assert_int_equal(again.size, size);
            assert_memory_equal(again.data, text.data, size);
            netlist_free(parsed);
        }
        text_free(&text);
        text_free(&again);
    }
}

/* --- passes --- */

static void assert_same_function(const struct netlist *a, const struct netlist *b, uint64_t i,
                                 const char *what)
{
    struct rng rng;
    uint16_t *codes;
    size_t size = VECTORS * (size_t)a->num_classes * sizeof(uint32_t);
    uint32_t *scores = malloc(4 * size), classes[2][VECTORS];
    uint32_t *other = scores + VECTORS * (size_t)a->num_classes;
    struct err err;

    rng_seed(&rng, SEED + 2, i);
    codes = random_codes(a, VECTORS, &rng);
    assert_int_equal(netlist_eval(a, codes, VECTORS, NULL, scores, classes[0], &err), ERR_OK);
    assert_int_equal(netlist_eval(b, codes, VECTORS, NULL, other, classes[1], &err), ERR_OK);
    if (memcmp(scores, other, size) != 0 || memcmp(classes[0], classes[1], sizeof classes[0]) != 0)
        fail_msg("%s changed the function: seed %llu net %llu", what, (unsigned long long)SEED,
                 (unsigned long long)i);
    free(codes);
    free(scores);
}

static void check_one_pass(const struct netlist *net, const struct netlist_pass *pass, uint64_t i,
                           uint64_t *total)
{
    struct netlist *changed = NULL;
    uint64_t removed = 0, again = 0;
    struct err err = {""};

    assert_int_equal(netlist_copy(&changed, net, &err), ERR_OK);
    assert_int_equal(pass->run(changed, &removed, &err), ERR_OK);
    if (netlist_check(changed, &err) != ERR_OK)
        fail_msg("%s: net %llu: %s", pass->name, (unsigned long long)i, err.message);
    assert_same_function(net, changed, i, pass->name);
    assert_int_equal(pass->run(changed, &again, &err), ERR_OK);
    assert_int_equal(again, 0); /* one run finds all that this pass can find */
    *total += removed;
    netlist_free(changed);
}

static void test_each_pass(void **state)
{
    size_t count;
    const struct netlist_pass *passes = netlist_passes(&count);

    (void)state;
    for (size_t p = 0; p < count; p++) {
        uint64_t total = 0;

        for (uint64_t i = 0; i < NETS; i++) {
            struct rng rng;
            struct netlist *net;

            rng_seed(&rng, SEED, i);
            net = random_net(&rng, &RANDOM_NET_SMALL);
            check_one_pass(net, &passes[p], i, &total);
            netlist_free(net);
        }
        assert_true(total > 0);
    }
}

static void test_optimize(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < NETS; i++) {
        struct rng rng;
        struct netlist *net, *changed = NULL;
        uint64_t removed[NETLIST_MAX_PASSES], again[NETLIST_MAX_PASSES];
        size_t count;
        struct err err = {""};

        netlist_passes(&count);
        rng_seed(&rng, SEED, i);
        net = random_net(&rng, &RANDOM_NET_SMALL);
        assert_int_equal(netlist_copy(&changed, net, &err), ERR_OK);
        assert_int_equal(netlist_optimize(changed, removed, &err), ERR_OK);
        assert_same_function(net, changed, i, "netlist_optimize");
        assert_int_equal(netlist_optimize(changed, again, &err), ERR_OK);
        for (size_t p = 0; p < count; p++)
            assert_int_equal(again[p], 0);
        for (uint32_t lut = 0; lut < changed->num_luts; lut++)
            assert_true(changed->fan_in_count[lut] > 0);
        netlist_free(net);
        netlist_free(changed);
    }
}

static size_t pass_index(const char *name)
{
    uint32_t selected = 0;

    assert_int_equal(netlist_passes_read(name, &selected, NULL), ERR_OK);
    assert_true(selected != 0);
    return (size_t)__builtin_ctz(selected);
}

static void test_selection(void **state)
{
    struct err err = {""};
    uint64_t removed[NETLIST_MAX_PASSES];
    uint32_t selected = 7;
    size_t count;
    const struct netlist_pass *passes = netlist_passes(&count);
    struct netlist *net = toy();

    (void)state;
    assert_true(count <= NETLIST_MAX_PASSES);
    assert_int_equal(netlist_passes_read("none", &selected, &err), ERR_OK);
    assert_int_equal(selected, 0);
    assert_int_equal(netlist_passes_read("all", &selected, &err), ERR_OK);
    assert_int_equal(selected, NETLIST_ALL_PASSES);
    assert_int_equal(netlist_passes_read("dead,wires", &selected, &err), ERR_OK);
    assert_int_equal(selected, 1u << pass_index("dead") | 1u << pass_index("wires"));
    for (const char *const *bad =
             (const char *const[]){"", "wire", "dead,", "wires,,dead", "all,dead", NULL};
         *bad != NULL; bad++) {
        assert_int_equal(netlist_passes_read(*bad, &selected, &err), ERR_ARG);
        assert_non_null(strstr(err.message, "there are all, none, unused-inputs"));
    }
    net->group[0] = net->group[1] = net->group[2] = 0; /* nobody reads any LUT */
    netlist_passes_read("none", &selected, &err);
    assert_int_equal(netlist_optimize_with(net, selected, removed, &err), ERR_OK);
    assert_int_equal(net->num_luts, 3);
    netlist_passes_read("dead", &selected, &err);
    assert_int_equal(netlist_optimize_with(net, selected, removed, &err), ERR_OK);
    assert_int_equal(net->num_luts, 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(removed[i], strcmp(passes[i].name, "dead") == 0 ? 3 : 0);
    netlist_free(net);
}

/* What each pass is for, on the toy. */
static void test_passes_by_hand(void **state)
{
    struct netlist *net = toy();
    uint64_t removed[NETLIST_MAX_PASSES];

    uint32_t some =
        NETLIST_ALL_PASSES & ~(1u << pass_index("absorb") | 1u << pass_index("code-bits"));

    (void)state;
    net->table[1] = 0xa; /* LUT 1 copies bit 1; then LUT 2 reads LUT 0 and bit 1 */
    assert_int_equal(netlist_optimize_with(net, some, removed, NULL), ERR_OK);
    assert_int_equal(removed[pass_index("unused-inputs")], 1);
    assert_int_equal(removed[pass_index("wires")], 1);
    assert_int_equal(net->num_luts, 2);
    assert_memory_equal(net->fan_in + 6, ((uint32_t[]){4, 1}), 8);
    assert_memory_equal(net->group, ((uint32_t[]){4, 1, 5, 0}), 16);
    netlist_free(net);

    net = toy();
    net->toggles[1] = 3; /* bit 1 = bit 0, bit 3 = bit 2: LUT 1 XORs what LUT 0 ANDs */
    net->toggles[3] = 3;
    net->table[1] = 0x8; /* and is the same, so LUT 2 is a copy */
    assert_int_equal(netlist_optimize_with(net, some, removed, NULL), ERR_OK);
    assert_int_equal(removed[pass_index("duplicates")], 3);
    assert_int_equal(net->num_luts, 1);
    assert_memory_equal(net->group, ((uint32_t[]){4, 4, 4, 0}), 16);
    netlist_free(net);

    net = toy();
    net->toggle_start[1] = 0; /* bit 0 is constant 0 */
    net->toggles[1] = 3;
    for (uint32_t s = 2; s <= 4; s++)
        net->toggle_start[s] = 3 - (4 - s);
    net->step_initial[0] = 1; /* or rather 1: class 1 gets a bias, LUT 0 copies bit 2 */
    assert_int_equal(netlist_check(net, NULL), ERR_OK);
    assert_int_equal(netlist_optimize_with(net, some, removed, NULL), ERR_OK);
    assert_int_equal(removed[pass_index("constants")], 1);
    assert_int_equal(net->bias[1], 1);
    assert_int_equal(net->group_start[2], 3);
    netlist_free(net);

    net = toy();
    net->group[0] = net->group[1] = net->group[2] = 0; /* nobody reads any LUT */
    assert_int_equal(netlist_optimize_with(net, some, removed, NULL), ERR_OK);
    assert_int_equal(removed[pass_index("dead")], 3);
    assert_int_equal(net->num_luts, 0);
    netlist_free(net);
}

/* LUT 0 and LUT 1 fit into LUT 2, which then reads the four bits; what a class sums stays. */
static void test_absorb_by_hand(void **state)
{
    struct netlist *net = toy(), *before = NULL;
    uint64_t removed = 0;

    (void)state;
    assert_int_equal(pass_absorb(net, &removed, NULL), ERR_OK);
    assert_int_equal(removed, 0); /* class 0 sums both */
    net->group[0] = net->group[1] = 6;
    assert_int_equal(netlist_copy(&before, net, NULL), ERR_OK);
    assert_int_equal(pass_absorb(net, &removed, NULL), ERR_OK);
    assert_int_equal(removed, 2);
    assert_int_equal(net->num_luts, 1);
    assert_int_equal(net->fan_in_count[0], 4);
    assert_int_equal(net->origin[0].layer, 1);
    assert_memory_equal(net->group, ((uint32_t[]){4, 4, 4, 0}), 16);
    assert_int_equal(netlist_check(net, NULL), ERR_OK);
    assert_same_function(before, net, 0, "absorb");
    netlist_free(before);
    netlist_free(net);
    assert_true(netlist_passes_for("xcup") == NETLIST_ALL_PASSES);
    assert_int_equal(~netlist_passes_for("ice40"),
                     1u << pass_index("absorb") | 1u << pass_index("code-bits"));
    assert_int_equal(~netlist_passes_for(NULL), 1u << pass_index("code-bits"));
}

/* --- tables --- */

static unsigned read_table(uint64_t table, unsigned address)
{
    return table >> address & 1;
}

static void test_tables(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, SEED, 3);
    for (unsigned round = 0; round < 200; round++) {
        unsigned n = 1 + (unsigned)rng_below(&rng, 6), k = (unsigned)rng_below(&rng, n);
        uint64_t t = rng_next(&rng) & table_ones(n), inverted = table_invert_input(t, n, k);
        bool ignores = true;

        for (unsigned a = 0; a < 1u << n; a++) {
            unsigned rest = (a & ((1u << k) - 1)) | (a >> (k + 1)) << k;

            assert_int_equal(read_table(table_cofactor(t, n, k, a >> k & 1), rest),
                             read_table(t, a));
            assert_int_equal(read_table(inverted, a), read_table(t, a ^ 1u << k));
            for (unsigned j = 0; j < n; j++) {
                if (j == k || (a >> j & 1) != (a >> k & 1)) continue;
                assert_int_equal(read_table(table_merge(t, n, k, j), rest), read_table(t, a));
            }
            for (unsigned j = k + 1; j < n; j++) {
                unsigned swapped = a & ~(1u << k) & ~(1u << j);

                swapped |= (a >> k & 1) << j | (a >> j & 1) << k;
                assert_int_equal(read_table(table_swap(t, k, j), swapped), read_table(t, a));
            }
            ignores = ignores && read_table(t, a) == read_table(t, a ^ 1u << k);
        }
        assert_int_equal(table_ignores(t, n, k), ignores);
        assert_true(table_ignores(t & ~(t ^ inverted), n, k));
        assert_int_equal(table_invert_input(inverted, n, k), t);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eval_by_hand),   cmocka_unit_test(test_widths),
        cmocka_unit_test(test_check_rejects),  cmocka_unit_test(test_create_refuses),
        cmocka_unit_test(test_text_by_hand),   cmocka_unit_test(test_text_round_trip),
        cmocka_unit_test(test_parse_rejects),  cmocka_unit_test(test_parse_hostile),
        cmocka_unit_test(test_each_pass),      cmocka_unit_test(test_optimize),
        cmocka_unit_test(test_selection),      cmocka_unit_test(test_passes_by_hand),
        cmocka_unit_test(test_absorb_by_hand), cmocka_unit_test(test_tables),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
