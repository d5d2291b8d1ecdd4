/* Faults drawn into the text of a stream top: each kind finds its places, changes something, and the same seed
 * draws the same. Whether `prove` catches them is for tests/flow/test_planted.sh. */
#include "flow/prove_stream_plant.h"
#include "hdl/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DRAWS = 300 };

/* The lines of an emitted top that faults look for. */
static const char TOP_TEXT[] =
    ".s_axis_tvalid(s_axis_tvalid), .room(room), .issue(issue),\n"
    ".issue(issue), .room(room), .in_valid(result_valid), .in_result(result),\n";

static struct prove_stream_texts sound_texts(void)
{
    static const char *const NAMES[] = {"stream_in.v", "stream_out.v", "stream_fifo.v"};
    struct prove_stream_texts sound = {.text = {strdup(TOP_TEXT)}};

    assert_non_null(sound.text[0]);
    for (size_t i = 0; i < 3; i++) {
        const struct embedded *template = template_find(NAMES[i]);

        assert_non_null(template);
        sound.text[i + 1] = strndup((const char *)template->text, template->size);
        assert_non_null(sound.text[i + 1]);
    }
    return sound;
}

static struct manifest make_manifest(uint32_t beats_in, uint32_t beats_out, uint32_t features)
{
    return (struct manifest){.name = "toy",
                             .scores = beats_out > 1,
                             .num_features = features,
                             .code_bits = 8,
                             .num_classes = 3,
                             .class_bits = 2,
                             .score_bits = 4,
                             .latency_cycles = 4,
                             .stream = {.width = 16,
                                        .code_slot = 8,
                                        .beats_in = beats_in,
                                        .result_slot = 8,
                                        .beats_out = beats_out}};
}

static void draw_all(const struct prove_stream_texts *sound, const struct manifest *m, size_t kind)
{
    struct rng rng, again;
    struct err err;

    rng_seed(&rng, 1, kind);
    rng_seed(&again, 1, kind);
    for (unsigned d = 0; d < DRAWS; d++) {
        struct prove_stream_texts one, two;
        size_t changed = 0;

        assert_int_equal(prove_stream_plant(&one, sound, kind, m, &rng, &err), ERR_OK);
        assert_int_equal(prove_stream_plant(&two, sound, kind, m, &again, &err), ERR_OK);
        for (size_t i = 0; i < PROVE_STREAM_TEXTS; i++) {
            if (one.text[i] == NULL) {
                assert_null(two.text[i]);
                continue;
            }
            changed++;
            assert_string_equal(one.text[i], two.text[i]);
            assert_string_not_equal(one.text[i], sound->text[i]);
            assert_null(strstr(one.text[i], "@C")); /* nothing that was to be drawn is left */
        }
        assert_in_range(changed, 1, 2);
        prove_stream_texts_free(&one);
        prove_stream_texts_free(&two);
    }
}

static void test_every_kind(void **state)
{
    static const uint32_t SHAPES[][3] = {
        {1, 1, 1}, {1, 2, 2}, {2, 1, 4}, {7, 4, 13}, {196, 3, 392}};
    struct prove_stream_texts sound = sound_texts();

    (void)state;
    for (size_t s = 0; s < sizeof SHAPES / sizeof SHAPES[0]; s++) {
        struct manifest m = make_manifest(SHAPES[s][0], SHAPES[s][1], SHAPES[s][2]);

        for (size_t k = 0; prove_stream_kind(k) != NULL; k++)
            draw_all(&sound, &m, k);
    }
    prove_stream_texts_free(&sound);
}

/* A text that is not there, or there twice, is never silently "planted". */
static void test_text_must_be_there_once(void **state)
{
    struct manifest m = make_manifest(7, 4, 13);
    struct prove_stream_texts faulty;
    struct rng rng;
    struct err err;

    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        struct prove_stream_texts sound = sound_texts();

        for (size_t i = 0; i < PROVE_STREAM_TEXTS; i++) {
            struct text text = {0};

            text_add(&text, "%s%s", twice ? sound.text[i] : "",
                     twice ? sound.text[i] : "// other\n");
            free(sound.text[i]);
            sound.text[i] = text.data;
        }
        for (size_t k = 0; prove_stream_kind(k) != NULL; k++) {
            rng_seed(&rng, 1, k);
            assert_int_equal(prove_stream_plant(&faulty, &sound, k, &m, &rng, &err), ERR_FORMAT);
            assert_non_null(strstr(err.message, twice ? "does more often" : "does not"));
        }
        prove_stream_texts_free(&sound);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_text_must_be_there_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
