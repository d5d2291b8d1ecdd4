/* Shared work: every item once, whatever the threads do; each begins with its own part. */
#include "base/rng.h"
#include "base/share.h"

#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MAX_ITEMS = 500 };

/* Threads take turns at random. */
static void check_all_taken(struct rng *rng, size_t count, size_t chunk, int threads)
{
    unsigned char taken[MAX_ITEMS] = {0};
    struct share share;
    size_t left = count, misses = 0;

    share_start(&share, count, chunk, threads);
    while (misses < 200) {
        size_t first, end;

        if (!share_take(&share, (int)rng_below(rng, (uint64_t)threads), &first, &end)) {
            misses++;
            continue;
        }
        assert_int_equal(misses, 0); /* nobody is sent away while there is work */
        assert_true(first < end && end <= count && end - first <= chunk);
        for (size_t i = first; i < end; i++) {
            assert_int_equal(taken[i], 0);
            taken[i] = 1;
            left--;
        }
    }
    assert_int_equal(left, 0);
}

static void test_every_item_once(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 3, 0);
    print_message("# share: seed 3\n");
    for (int round = 0; round < 300; round++)
        check_all_taken(&rng, rng_below(&rng, MAX_ITEMS), 1 + rng_below(&rng, 20),
                        1 + (int)rng_below(&rng, 80));
}

static void test_own_part_first(void **state)
{
    struct share share;
    size_t first, end;

    (void)state;
    share_start(&share, 100, 16, 3);
    assert_true(share_take(&share, 1, &first, &end));
    assert_int_equal(first, 33);
    assert_int_equal(end, 49);
    assert_true(share_take(&share, 0, &first, &end));
    assert_int_equal(first, 0);
    assert_true(share_take(&share, 1, &first, &end));
    assert_true(share_take(&share, 1, &first, &end));
    assert_int_equal(first, 65);
    assert_int_equal(end, 66);
    assert_true(share_take(&share, 1, &first, &end)); /* the next part's */
    assert_int_equal(first, 66);
}

/* By a real team. */
static void test_team(void **state)
{
    enum { COUNT = 400 };
    int taken[COUNT] = {0};
    struct share share;

    (void)state;
    share_start(&share, COUNT, 3, 4);
#pragma omp parallel num_threads(4)
    {
        size_t first, end;

        while (share_take(&share, omp_get_thread_num(), &first, &end)) {
            for (size_t i = first; i < end; i++)
                taken[i]++;
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(taken[i], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_item_once),
        cmocka_unit_test(test_own_part_first),
        cmocka_unit_test(test_team),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
