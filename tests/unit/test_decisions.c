/* SPDX-License-Identifier: Apache-2.0 */
/* The log of one server's decisions: places, starts and ends, who else may write. What a failing
 * disk does is in tests/fault. */
#include "unit/decision_fixture.h"

#include <pthread.h>
#include <sys/wait.h>

#define THREADS 8
#define PUTS 40

static void starts_and_stops_are_written(void **state)
{
    struct decision_fixture *f = *state;
    decision_stop(f);
    decision_open(f);
    decision_stop(f);
    decision_assert_kind(f, 0, BT_RECORD_START, 0);
    decision_assert_kind(f, 1, BT_RECORD_STOP, 0);
    decision_assert_kind(f, 2, BT_RECORD_START, 0);
    decision_assert_kind(f, 3, BT_RECORD_STOP, 0);
}

/* As after kill -9: no STOP. */
static void an_end_without_stop_is_told_as_a_gap(void **state)
{
    struct decision_fixture *f = *state;
    decision_stop(f);
    pid_t child = fork();
    if (child == 0) {
        decision_open(f);
        _exit(0);
    }
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    decision_open(f);
    decision_stop(f);
    decision_assert_kind(f, 2, BT_RECORD_START, 0);
    decision_assert_kind(f, 3, BT_RECORD_GAP, 0);
    decision_assert_kind(f, 4, BT_RECORD_START, 0);
    decision_assert_kind(f, 5, BT_RECORD_STOP, 0);
}

static void what_was_lost_is_told_before_the_next(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct decision_fixture *f = *state;
    struct bt_decision_group group;
    uint64_t first = 0;
    assert_ok(bt_decision_group_init(&group, &err), err);
    bt_decisions_lose(f->decisions, 3);
    bt_decisions_lose(f->decisions, 4);
    decision_add(&group, 5, BT_DURABILITY_SYNC);
    assert_ok(bt_decisions_put(f->decisions, &group, &first, &err), err);
    assert_int_equal(first, 2);
    struct decision_given given = decision_given(&group, first, 0, 5);
    assert_int_equal(bt_decisions_state(f->decisions).lost, 7);
    bt_decisions_lose(f->decisions, 1);
    decision_stop(f);
    decision_assert_kind(f, 1, BT_RECORD_GAP, 7);
    decision_assert_all_there(f, &given, 1);
    decision_assert_kind(f, 3, BT_RECORD_GAP, 1);
    decision_assert_kind(f, 4, BT_RECORD_STOP, 0);
    bt_decision_group_release(&group);
}

static void a_second_writer_is_refused(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct decision_fixture *f = *state;
    struct bt_decisions *other = NULL;
    assert_int_equal(bt_decisions_open(f->dir.fd, "serve", "test", &other, &err), BATON_ERR_EXISTS);
    assert_null(other);
    assert_ok(bt_decisions_open(f->dir.fd, "other", "test", &other, &err), err);
    bt_decisions_close(other);
    assert_int_equal(bt_decisions_open(f->dir.fd, "../serve", "test", &other, &err),
                     BATON_ERR_USAGE);
}

struct putter {
    struct bt_decisions *decisions;
    pthread_t thread;
    uint64_t number;
    struct decision_given given[PUTS * 3];
    size_t count;
};

/* Groups of one to three; every other one waits. */
static void *put_some(void *user)
{
    struct putter *p = user;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_decision_group group;
    if (bt_decision_group_init(&group, &err) != BATON_OK)
        return NULL;
    for (size_t i = 0; i < PUTS; i++) {
        uint64_t first = 0;
        bt_decision_group_clear(&group);
        for (size_t j = 0; j < 1 + i % 3; j++)
            decision_add(&group, p->number + j,
                         (i + j) % 2 ? BT_DURABILITY_SYNC : BT_DURABILITY_ASYNC);
        if (bt_decisions_put(p->decisions, &group, &first, &err) != BATON_OK)
            break;
        for (size_t j = 0; j < group.count; j++)
            p->given[p->count++] = decision_given(&group, first, j, p->number++);
    }
    bt_decision_group_release(&group);
    return p;
}

static void places_are_those_in_the_log_whatever_threads_do(void **state)
{
    struct decision_fixture *f = *state;
    struct putter *putters = test_calloc(THREADS, sizeof *putters);
    size_t all = 0;
    for (uint64_t i = 0; i < THREADS; i++) {
        putters[i].decisions = f->decisions;
        putters[i].number = i * 1000;
        assert_int_equal(pthread_create(&putters[i].thread, NULL, put_some, &putters[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *whole = NULL;
        assert_int_equal(pthread_join(putters[i].thread, &whole), 0);
        assert_non_null(whole);
        all += putters[i].count;
    }
    decision_stop(f);
    for (size_t i = 0; i < THREADS; i++)
        decision_assert_all_there(f, putters[i].given, putters[i].count);
    decision_assert_kind(f, all + 1, BT_RECORD_STOP, 0);
    decision_open(f);
    assert_int_equal(bt_decisions_state(f->decisions).written, all + 3);
    test_free(putters);
}

static void a_decision_that_is_too_large_leaves_its_group_as_it_was(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct decision_fixture *f = *state;
    struct bt_decision_group group;
    uint8_t *large = test_calloc(1, BT_LOG_CONTENT_MAX + 1);
    const struct bt_record record = {.kind = BT_RECORD_STOP};
    uint64_t first = 0;
    assert_ok(bt_decision_group_init(&group, &err), err);
    decision_add(&group, 1, BT_DURABILITY_SYNC);
    struct bt_bytes content = {large, BT_LOG_CONTENT_MAX + 1};
    assert_int_equal(bt_decision_group_add(&group, &record, content, BT_DURABILITY_SYNC, &err),
                     BATON_ERR_LIMIT);
    assert_int_equal(group.count, 1);
    assert_ok(bt_decisions_put(f->decisions, &group, &first, &err), err);
    struct decision_given given = decision_given(&group, first, 0, 1);
    decision_stop(f);
    decision_assert_all_there(f, &given, 1);
    bt_decision_group_release(&group);
    test_free(large);
}

UNIT_MAIN(decision_test(starts_and_stops_are_written),
          decision_test(an_end_without_stop_is_told_as_a_gap),
          decision_test(what_was_lost_is_told_before_the_next),
          decision_test(a_second_writer_is_refused),
          decision_test(places_are_those_in_the_log_whatever_threads_do),
          decision_test(a_decision_that_is_too_large_leaves_its_group_as_it_was))
