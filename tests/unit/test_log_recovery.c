/* SPDX-License-Identifier: Apache-2.0 */
/* What a crash or a power cut leaves, made by hand, and what opening the log makes of it. */
#include "unit/log_fixture.h"

/* Small, so that both are used in turn. */
#define AREA_BYTES ((uint64_t)64 << 10)
#define AREAS_AT (2 * BT_JOURNAL_PAGE)

static int setup(void **state)
{
    return log_setup_sized(state, AREA_BYTES);
}

#define recovery_test(fn) cmocka_unit_test_setup_teardown(fn, setup, log_teardown)

/* ---- making states ---- */

static void shell(const struct log_fixture *f, const char *command)
{
    char text[512];
    (void)snprintf(text, sizeof text, "cd %s && %s", f->folder, command);
    assert_int_equal(system(text), 0);
}

static int open_journal(const struct log_fixture *f)
{
    int fd = openat(f->dir.fd, BT_LOG_JOURNAL, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void put_journal(const struct log_fixture *f, uint64_t at, const void *bytes, size_t len)
{
    int fd = open_journal(f);
    assert_int_equal(pwrite(fd, bytes, len, (off_t)at), len);
    assert_int_equal(close(fd), 0);
}

static void get_journal(const struct log_fixture *f, uint64_t at, void *bytes, size_t len)
{
    int fd = open_journal(f);
    assert_int_equal(pread(fd, bytes, len, (off_t)at), len);
    assert_int_equal(close(fd), 0);
}

static void flip_journal(const struct log_fixture *f, uint64_t at, uint8_t mask)
{
    uint8_t byte = 0;
    get_journal(f, at, &byte, 1);
    byte ^= mask;
    put_journal(f, at, &byte, 1);
}

/* From now on the journal was gone over in another boot. */
static void cut_power(struct log_fixture *f)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_journal journal = {.fd = BT_FD_INIT};
    struct bt_journal_head head;
    bt_log_close(f->log);
    f->log = NULL;
    assert_ok(bt_journal_open(f->dir.fd, &journal, &err), err);
    assert_ok(bt_journal_read_head(&journal, &head, &err), err);
    memset(head.boot, 'x', sizeof head.boot);
    assert_ok(bt_journal_write_head(&journal, &head, &err), err);
    bt_journal_release(&journal);
}

static void assert_opens_with(struct log_fixture *f, uint64_t size)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_log_audit audit;
    log_open(f);
    assert_int_equal(log_size(f->log), size);
    assert_ok(bt_log_audit(f->log, NULL, &audit, &err), err);
    log_assert_entries(f->log, 0);
}

static void assert_refuses(struct log_fixture *f, const char *part)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_log *log = NULL;
    baton_status status = bt_log_open_to_append(f->dir.fd, &f->signer, log_binding, &log, &err);
    assert_int_equal(status, BATON_ERR_CORRUPT);
    if (!strstr(err.text, part))
        fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

/* ---- a record that was being written ---- */

static void a_record_torn_at_any_byte_is_cut(void **state)
{
    struct log_fixture *f = *state;
    uint8_t record[BT_JOURNAL_PAGE];
    const uint64_t at = AREAS_AT + 2 * BT_JOURNAL_PAGE;
    log_append_ok(f, 0, 3);
    log_append_ok(f, 3, 4);
    bt_log_close(f->log);
    shell(f, "cp -a ledger before");
    log_open(f);
    log_append_ok(f, 7, 5);
    bt_log_close(f->log);
    f->log = NULL;
    shell(f, "rm -r ledger && mv before ledger");
    get_journal(f, at, record, sizeof record);
    size_t used = sizeof record;
    while (record[used - 1] == 0)
        used--;
    for (size_t cut = 0; cut < used; cut += (size_t)unit_rounds(16) == 16 ? 1 : 7) {
        static const uint8_t nothing[BT_JOURNAL_PAGE];
        put_journal(f, at, record, cut);
        put_journal(f, at + cut, nothing, sizeof record - cut);
        log_open(f);
        assert_int_equal(log_size(f->log), 7);
        bt_log_close(f->log);
        f->log = NULL;
    }
    assert_opens_with(f, 7);
    log_append_ok(f, 7, 1);
    log_append_ok(f, 8, 4);
    log_reopen(f);
    log_assert_entries(f->log, 0);
    assert_int_equal(log_size(f->log), 12);
}

static void a_whole_record_is_published_by_the_next(void **state)
{
    struct log_fixture *f = *state;
    log_append_ok(f, 0, 250);
    bt_log_close(f->log);
    shell(f, "cp -a ledger before");
    log_open(f);
    log_append_ok(f, 250, 20);
    bt_log_close(f->log);
    f->log = NULL;
    shell(f, "rm -r ledger && mv before ledger");
    assert_opens_with(f, 270);
}

/* The other process is one that appends, too. */
static void an_append_publishes_what_another_left(void **state)
{
    struct log_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_log *other = NULL;
    log_append_ok(f, 0, 250);
    shell(f, "cp -a ledger before");
    assert_ok(bt_log_open_to_append(f->dir.fd, &f->signer, log_binding, &other, &err), err);
    uint64_t first = 0;
    assert_ok(log_append(other, 250, 20, &first, &err), err);
    bt_log_close(other);
    shell(f, "cp -a before/. ledger");
    log_append_ok(f, 270, 5);
    log_assert_entries(f->log, 0);
}

/* ---- after a power cut ---- */

static void tiles_that_a_power_cut_took_are_made_again(void **state)
{
    static const char *const losses[] = {
        "rm -r ledger/tile ledger/content",
        "find ledger/tile -type f -exec truncate -s 0 {} +",
        "find ledger/tile ledger/content -type f -exec truncate -s 11 {} +",
        "find ledger/tile ledger/content -type f -exec sh -c 'tr 0-9 x <\"$1\" >\"$1\".b && mv "
        "\"$1\".b \"$1\"' - {} "
        "\\;",
        "cp -a before/. ledger",
        "cp before/checkpoint ledger",
        "rm ledger/checkpoint",
        "truncate -s 0 ledger/checkpoint",
        "true",
    };
    struct log_fixture *f = *state;
    log_append_ok(f, 0, 200);
    shell(f, "cp -a ledger before");
    log_append_ok(f, 200, 100);
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        cut_power(f);
        shell(f, losses[i]);
        assert_opens_with(f, 300);
    }
    log_append_ok(f, 300, 300);
    log_assert_entries(f->log, 0);
}

/* The tiles of a tree that the journal's areas start from are durable; all that was written after
 * that may be lost. Here it is lost each time an area was begun, and also in between. */
static void areas_are_used_in_turn_and_gone_over_together(void **state)
{
    struct log_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_journal_head head;
    struct bt_journal journal = {.fd = BT_FD_INIT};
    uint64_t durable = 0;
    uint64_t salts[2] = {0, 0};
    size_t begun = 0;
    assert_ok(bt_journal_open(f->dir.fd, &journal, &err), err);
    shell(f, "mkdir kept && cp -a ledger kept/0");
    for (uint64_t at = 0; at < 80 * 13; at += 13) {
        char command[256];
        log_append_ok(f, at, 13);
        (void)snprintf(command, sizeof command, "cp -a ledger kept/%llu",
                       (unsigned long long)at + 13);
        shell(f, command);
        assert_ok(bt_journal_read_head(&journal, &head, &err), err);
        const struct bt_journal_area *first =
            &head.areas[head.both ? 1 - head.active : head.active];
        begun += head.areas[head.active].salt != salts[0];
        salts[0] = head.areas[head.active].salt;
        durable = first->base.size;
        if (at % 7 != 0)
            continue;
        cut_power(f);
        (void)snprintf(command, sizeof command, "rm -r ledger && cp -a kept/%llu ledger",
                       (unsigned long long)durable);
        shell(f, command);
        assert_opens_with(f, at + 13);
    }
    assert_in_range(begun, 5, 100);
    bt_journal_release(&journal);
}

/* ---- damage ---- */

static void damage_before_good_records_is_refused(void **state)
{
    struct log_fixture *f = *state;
    for (uint64_t i = 0; i < 3; i++)
        log_append_ok(f, i, 1);
    for (size_t i = 0; i < 2; i++) {
        cut_power(f);
        shell(f, "cp -a ledger kept && rm ledger/checkpoint");
        uint64_t at = AREAS_AT + i * BT_JOURNAL_PAGE + 100;
        flip_journal(f, at, 1);
        assert_refuses(f, "good records follow one that is not");
        flip_journal(f, at, 1);
        shell(f, "rm -r ledger && mv kept ledger");
        assert_opens_with(f, 3);
    }
}

static void a_journal_that_ends_before_the_checkpoint_is_refused(void **state)
{
    struct log_fixture *f = *state;
    log_append_ok(f, 0, 5);
    log_append_ok(f, 5, 5);
    cut_power(f);
    flip_journal(f, AREAS_AT + BT_JOURNAL_PAGE + 200, 4);
    assert_refuses(f, "does not lead to the checkpoint");
}

static void a_missing_journal_is_refused(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    struct bt_log *log = NULL;
    log_append_ok(f, 0, 5);
    shell(f, "mv ledger.journal away");
    assert_int_equal(bt_log_open_to_append(f->dir.fd, &f->signer, log_binding, &log, &err),
                     BATON_ERR_NOT_FOUND);
    shell(f, "truncate -s 0 ledger.journal");
    assert_refuses(f, "ledger.journal");
    shell(f, "mv away ledger.journal");
    log_reopen(f);
    assert_int_equal(log_size(f->log), 5);
}

static void one_damaged_head_of_two_is_enough(void **state)
{
    struct log_fixture *f = *state;
    log_append_ok(f, 0, 5);
    for (uint64_t i = 0; i < 2; i++) {
        flip_journal(f, i * BT_JOURNAL_PAGE + 9, 1);
        log_reopen(f);
        assert_int_equal(log_size(f->log), 5);
        flip_journal(f, i * BT_JOURNAL_PAGE + 9, 1);
    }
}

/* Two ledgers of one key, mixed up by hand. */
static void another_ledger_of_the_same_key_is_refused(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    struct bt_log *log = NULL;
    log_append_ok(f, 0, 10);
    shell(f, "cp -a ledger kept && cp ledger.journal kept.journal");
    log_append_ok(f, 10, 10);
    bt_log_close(f->log);
    f->log = NULL;
    shell(f, "mv ledger longer && mv ledger.journal longer.journal && cp -a kept ledger && "
             "cp kept.journal ledger.journal");
    log_open(f);
    log_append_ok(f, 10, 3);
    bt_log_close(f->log);
    f->log = NULL;
    /* The longer checkpoint over other tiles. */
    shell(f, "cp longer/checkpoint ledger/checkpoint");
    assert_int_equal(bt_log_open(f->dir.fd, &f->signer.key, log_binding, &log, &err),
                     BATON_ERR_CORRUPT);
    assert_refuses(f, "damaged");
    /* The longer ledger over another journal. */
    shell(f, "rm -r ledger && cp -a longer ledger");
    assert_refuses(f, "damaged");
}

/* What a reader saw stays the beginning of what it sees. */
static void a_reader_notices_that_the_log_was_rewritten(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    struct bt_log *reader = NULL;
    struct bt_merkle_head head;
    shell(f, "cp -a ledger empty && cp ledger.journal empty.journal");
    log_append_ok(f, 0, 300);
    assert_ok(bt_log_open(f->dir.fd, &f->signer.key, log_binding, &reader, &err), err);
    assert_int_equal(log_size(reader), 300);
    bt_log_close(f->log);
    shell(f, "mv ledger first && mv empty ledger && mv empty.journal ledger.journal");
    shell(f, "mv ledger other && mv first ledger && rm -r ledger/* && cp -a other/. ledger");
    log_open(f);
    assert_int_equal(bt_log_head(reader, &head, &err), BATON_ERR_CORRUPT);
    assert_non_null(strstr(err.text, "had 300 entries and has 0 now"));
    uint64_t first = 0;
    assert_ok(log_append(f->log, 1, 301, &first, &err), err);
    assert_int_equal(bt_log_head(reader, &head, &err), BATON_ERR_CORRUPT);
    assert_non_null(strstr(err.text, "not those it had before"));
    assert_int_equal(bt_log_head(reader, &head, &err), BATON_ERR_CORRUPT);
    bt_log_close(reader);
}

UNIT_MAIN(recovery_test(a_record_torn_at_any_byte_is_cut),
          recovery_test(a_whole_record_is_published_by_the_next),
          recovery_test(an_append_publishes_what_another_left),
          recovery_test(tiles_that_a_power_cut_took_are_made_again),
          recovery_test(areas_are_used_in_turn_and_gone_over_together),
          recovery_test(damage_before_good_records_is_refused),
          recovery_test(a_journal_that_ends_before_the_checkpoint_is_refused),
          recovery_test(a_missing_journal_is_refused),
          recovery_test(one_damaged_head_of_two_is_enough),
          recovery_test(another_ledger_of_the_same_key_is_refused),
          recovery_test(a_reader_notices_that_the_log_was_rewritten))
