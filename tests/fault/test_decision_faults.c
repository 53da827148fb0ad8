/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The n-th change of the disk refused, for every n until a group of decisions gets through, while
 * threads hand over theirs: who waited is told the truth, who did not keeps the place that was
 * given out, and nobody waits for ever. refuse.h says how.
 */
#include "unit/decision_fixture.h"

#include <pthread.h>

#include "fault/refuse.h"

#define ROUNDS_MAX 60
#define THREADS 4
#define GIVEN_MAX (ROUNDS_MAX * THREADS * 2)

struct putter {
    struct decision_fixture *f;
    pthread_t thread;
    uint64_t number;
    struct decision_given *given;
    size_t count;
    bool was_refused;
    _Atomic bool is_done;
};

/* One that does not wait, and one that does. */
static void *put_two(void *user)
{
    struct putter *p = user;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_decision_group group;
    uint64_t first = 0;
    if (bt_decision_group_init(&group, &err) != BATON_OK)
        return NULL;
    decision_add(&group, p->number, BT_DURABILITY_ASYNC);
    decision_add(&group, p->number + 1, BT_DURABILITY_SYNC);
    baton_status status = bt_decisions_put(p->f->decisions, &group, &first, &err);
    p->was_refused = status != BATON_OK;
    if (status != BATON_ERR_LIMIT)
        p->given[p->count++] = decision_given(&group, first, 0, p->number);
    if (status == BATON_OK)
        p->given[p->count++] = decision_given(&group, first, 1, p->number + 1);
    bt_decision_group_release(&group);
    p->is_done = true;
    return NULL;
}

/* How many were refused. */
static size_t put_at_once(struct decision_fixture *f, uint64_t number, struct decision_given *given,
                          size_t *count)
{
    struct putter putters[THREADS];
    struct decision_given own[THREADS][2];
    size_t refused = 0;
    for (size_t i = 0; i < THREADS; i++) {
        putters[i] = (struct putter){.f = f, .number = number + 2 * i, .given = own[i]};
        assert_int_equal(pthread_create(&putters[i].thread, NULL, put_two, &putters[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(putters[i].thread, NULL), 0);
        refused += putters[i].was_refused;
        for (size_t j = 0; j < putters[i].count; j++)
            given[(*count)++] = own[i][j];
    }
    return refused;
}

static void wait_until_it_goes_on(struct decision_fixture *f)
{
    for (unsigned i = 0; bt_decisions_state(f->decisions).is_failing; i++) {
        assert_in_range(i, 0, 1000);
        (void)usleep(10000);
    }
}

static void places_stay_whatever_write_is_refused(void **state)
{
    struct decision_fixture *f = *state;
    struct decision_given *given = test_calloc(GIVEN_MAX, sizeof *given);
    size_t count = 0;
    size_t refused = 0;
    for (long n = 1; n <= 12; n++) {
        refuse_arm(REFUSE_DISK, n);
        refused += put_at_once(f, (uint64_t)n * 100, given, &count);
        (void)refuse_disarm();
        wait_until_it_goes_on(f);
    }
    assert_true(refused > 0);
    assert_int_equal(put_at_once(f, 100000, given, &count), 0);
    decision_stop(f);
    decision_assert_all_there(f, given, count);
    test_free(given);
}

/* The disk stays full: one group is being written, the others are in the next, and all are told. */
static void nobody_waits_until_a_full_disk_has_room(void **state)
{
    struct decision_fixture *f = *state;
    struct putter putters[THREADS];
    struct decision_given given[THREADS * 2];
    struct decision_given own[THREADS][2];
    size_t count = 0;
    size_t done = 0;
    refuse_arm(REFUSE_DISK_ON, 1);
    for (size_t i = 0; i < THREADS; i++) {
        putters[i] = (struct putter){.f = f, .number = 2 * i, .given = own[i]};
        assert_int_equal(pthread_create(&putters[i].thread, NULL, put_two, &putters[i]), 0);
    }
    (void)usleep(2 * 1000 * BT_DECISIONS_PATIENCE_MS);
    for (size_t i = 0; i < THREADS; i++)
        done += putters[i].is_done;
    (void)refuse_disarm();
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(putters[i].thread, NULL), 0);
        for (size_t j = 0; j < putters[i].count; j++)
            given[count++] = own[i][j];
    }
    assert_int_equal(done, THREADS);
    wait_until_it_goes_on(f);
    decision_stop(f);
    decision_assert_all_there(f, given, count);
}

UNIT_MAIN(decision_test(places_stay_whatever_write_is_refused),
          decision_test(nobody_waits_until_a_full_disk_has_room))
