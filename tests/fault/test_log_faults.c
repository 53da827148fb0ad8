/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each operation of a log with its n-th allocation refused, then with its n-th change of the disk
 * refused, for every n until it gets through. Whatever n was: the error object speaks, all of a
 * group is in the log or nothing, an acknowledged one is, no descriptor stays behind, and the same
 * open log goes on. refuse.h says how.
 */
#include "unit/log_fixture.h"

#include "fault/refuse.h"

#define ROUNDS_MAX 5000
#define AREA_BYTES ((uint64_t)64 << 10)
/* Across a tile, and several pages of the journal: areas change every few groups. */
#define GROUP 300

static int setup(void **state)
{
    return log_setup_sized(state, AREA_BYTES);
}

#define fault_test(fn) cmocka_unit_test_setup_teardown(fn, setup, log_teardown)

/* How many groups are in the log, and that all of it is well. */
static uint64_t assert_whole(struct log_fixture *f)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_log *log = NULL;
    struct bt_log_audit audit;
    assert_ok(bt_log_open_to_append(f->dir.fd, &f->signer, log_binding, &log, &err), err);
    assert_ok(bt_log_audit(log, NULL, &audit, &err), err);
    log_assert_entries(log, 0);
    bt_log_close(log);
    assert_int_equal(audit.head.size % GROUP, 0);
    return audit.head.size / GROUP;
}

typedef baton_status operation(struct log_fixture *f, uint64_t groups, struct baton_error *err);

static baton_status append(struct log_fixture *f, uint64_t groups, struct baton_error *err)
{
    uint64_t first = 0;
    BT_TRY(log_append(f->log, groups * GROUP, GROUP, &first, err));
    assert_int_equal(first, groups * GROUP);
    return BATON_OK;
}

static baton_status open_and_append(struct log_fixture *f, uint64_t groups, struct baton_error *err)
{
    struct bt_log *log = NULL;
    uint64_t first = 0;
    BT_TRY(bt_log_open_to_append(f->dir.fd, &f->signer, log_binding, &log, err));
    baton_status status = log_append(log, groups * GROUP, GROUP, &first, err);
    bt_log_close(log);
    return status;
}

static baton_status read_and_audit(struct log_fixture *f, uint64_t groups, struct baton_error *err)
{
    struct bt_log *log = NULL;
    struct bt_log_audit audit;
    struct bt_merkle_proof proof;
    (void)groups;
    BT_TRY(bt_log_open(f->dir.fd, &f->signer.key, log_binding, &log, err));
    baton_status status = bt_log_audit(log, NULL, &audit, err);
    if (status == BATON_OK)
        status = bt_log_prove(log, 0, audit.head.size, &proof, err);
    bt_log_close(log);
    return status;
}

static void run_with_faults(struct log_fixture *f, operation *run, bool adds, enum refuse_kind kind)
{
    uint64_t groups = assert_whole(f);
    bool through = false;
    for (long n = 1; !through; n++) {
        struct baton_error err = BATON_ERROR_INIT;
        int fds = fixture_count_fds();
        assert_in_range(n, 1, ROUNDS_MAX);
        refuse_arm(kind, n);
        baton_status status = run(f, groups, &err);
        bool hit = refuse_disarm();
        assert_int_equal(fixture_count_fds(), fds);
        uint64_t after = assert_whole(f);
        assert_in_range(after, groups, groups + (adds ? 1 : 0));
        if (status == BATON_OK) {
            assert_int_equal(after, groups + (adds ? 1 : 0));
        } else {
            assert_true(hit);
            assert_int_equal(err.status, status);
            assert_true(err.text[0] != '\0');
        }
        groups = after;
        through = !hit;
    }
}

static void every_operation_survives(void **state, enum refuse_kind kind)
{
    struct log_fixture *f = *state;
    run_with_faults(f, append, true, kind);
    run_with_faults(f, open_and_append, true, kind);
    run_with_faults(f, read_and_audit, false, kind);
}

static void every_operation_survives_every_refused_allocation(void **state)
{
    every_operation_survives(state, REFUSE_MEMORY);
}

static void every_operation_survives_every_refused_write(void **state)
{
    every_operation_survives(state, REFUSE_DISK);
}

UNIT_MAIN(fault_test(every_operation_survives_every_refused_allocation),
          fault_test(every_operation_survives_every_refused_write))
