/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <stdatomic.h>
#include <time.h>

#include "base/pool.h"

#define ROUNDS 20000
#define PARTS_MAX 16

struct round {
    atomic_uint done[PARTS_MAX];
    unsigned parts;
};

static void count_part(void *user, unsigned part, unsigned parts)
{
    struct round *round = user;
    assert_true(part < parts);
    round->parts = parts;
    atomic_fetch_add(&round->done[part], 1);
}

static void each_part_runs_once_in_each_round(unsigned threads, unsigned rounds)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_pool *pool = NULL;
    assert_ok(bt_pool_new(threads, &pool, &err), err);
    for (unsigned r = 0; r < rounds; r++) {
        struct round round = {0};
        bt_pool_run(pool, count_part, &round);
        for (unsigned p = 0; p < threads; p++)
            assert_int_equal(atomic_load(&round.done[p]), 1);
    }
    bt_pool_free(pool);
}

static void parts_run_once(void **state)
{
    (void)state;
    each_part_runs_once_in_each_round(1, 10);
    each_part_runs_once_in_each_round(2, ROUNDS);
    each_part_runs_once_in_each_round(7, ROUNDS / 10);
    each_part_runs_once_in_each_round(16, ROUNDS / 20);
}

static void sleeping_workers_wake(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_pool *pool = NULL;
    assert_ok(bt_pool_new(4, &pool, &err), err);
    for (unsigned r = 0; r < 20; r++) {
        struct round round = {0};
        const struct timespec pause = {0, 3000000}; /* longer than they spin */
        nanosleep(&pause, NULL);
        bt_pool_run(pool, count_part, &round);
        assert_int_equal(atomic_load(&round.done[3]), 1);
    }
    bt_pool_free(pool);
}

static void shares_cover_everything_once(void **state)
{
    (void)state;
    for (size_t count = 0; count < 70; count++)
        for (unsigned parts = 1; parts < 9; parts++) {
            size_t at = 0;
            for (unsigned p = 0; p < parts; p++) {
                struct bt_range range = bt_pool_share(count, 8, p, parts);
                assert_int_equal(range.from, at);
                assert_true(range.to == count || range.to % 8 == 0);
                at = range.to;
            }
            assert_int_equal(at, count);
        }
}

static void too_many_threads_are_refused(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_pool *pool = NULL;
    assert_int_equal(bt_pool_new(257, &pool, &err), BATON_ERR_USAGE);
    assert_string_equal(err.text, "257 threads: the limit is 256");
}

UNIT_MAIN(cmocka_unit_test(parts_run_once), cmocka_unit_test(sleeping_workers_wake),
          cmocka_unit_test(shares_cover_everything_once),
          cmocka_unit_test(too_many_threads_are_refused))
