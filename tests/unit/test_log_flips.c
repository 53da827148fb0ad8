/* SPDX-License-Identifier: Apache-2.0 */
/* Each bit of a log's files, flipped: nobody is told anything wrong, and nothing goes unnoticed but
 * for what docs/formats/ledger.md lists. */
#include "unit/log_fixture.h"

#define ENTRIES 300

static void flip(int fd, off_t at, off_t bit)
{
    uint8_t byte = 0;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte = (uint8_t)(byte ^ (1 << bit));
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static baton_status count_entry(void *user, uint64_t index, const struct bt_log_entry *entry,
                                struct baton_error *err)
{
    (void)log_visit(user, index, entry, err);
    return BATON_OK;
}

/* Every bit of a short file, and a bit or two of each byte of a long one, each of the eight in turn
 * (5 and 8 have no common divisor); all of them when BATON_TEST_EVERY_BIT asks for the minutes. */
static off_t step_for(off_t bytes)
{
    if (getenv("BATON_TEST_EVERY_BIT"))
        return 1;
    return unit_rounds(16) < 16 ? 61 : bytes > 600 ? 5 : 1;
}

/* All that a reader gets, who opens it now. */
static baton_status read_all(const struct log_fixture *f, struct baton_error *err)
{
    struct bt_log *log = NULL;
    uint64_t next = 0;
    struct bt_log_range all = {0, UINT64_MAX};
    BT_TRY(bt_log_open(f->dir.fd, &f->signer.key, log_binding, &log, err));
    baton_status status = bt_log_scan(log, &all, count_entry, &next, NULL, err);
    bt_log_close(log);
    if (status == BATON_OK)
        assert_int_equal(next, ENTRIES);
    return status;
}

static int open_file(const struct log_fixture *f, const char *path, off_t *ret_bytes)
{
    struct stat st;
    int fd = openat(f->dir.fd, path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    *ret_bytes = st.st_size;
    return fd;
}

static void every_bit_of_what_is_published_matters(void **state)
{
    static const char *const paths[] = {
        "ledger/checkpoint",     "ledger/tile/0/000",       "ledger/tile/0/001.p/44",
        "ledger/tile/1/000.p/1", "ledger/tile/entries/000", "ledger/tile/entries/001.p/44",
        "ledger/content/000",    "ledger/content/001",
    };
    struct log_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    log_append_ok(f, 0, ENTRIES);
    assert_ok(read_all(f, &err), err);
    size_t flips = 0;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        off_t bytes = 0;
        int fd = open_file(f, paths[i], &bytes);
        for (off_t bit = 0; bit < 8 * bytes; bit += step_for(bytes), flips++) {
            flip(fd, bit / 8, bit % 8);
            if (read_all(f, &err) == BATON_OK)
                fail_msg("%s: bit %lld may be flipped", paths[i], (long long)bit);
            assert_true(err.text[0] != '\0');
            flip(fd, bit / 8, bit % 8);
        }
        assert_int_equal(close(fd), 0);
    }
    print_message("# %zu flips\n", flips);
    assert_ok(read_all(f, &err), err);
}

/* A file that is cut short, at any byte. */
static void every_byte_of_what_is_published_must_be_there(void **state)
{
    static const char *const paths[] = {
        "ledger/checkpoint",       "ledger/tile/0/001.p/44",       "ledger/tile/1/000.p/1",
        "ledger/tile/entries/000", "ledger/tile/entries/001.p/44", "ledger/content/001",
    };
    struct log_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    log_append_ok(f, 0, ENTRIES);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        off_t bytes = 0;
        int fd = open_file(f, paths[i], &bytes);
        char *all = test_malloc((size_t)bytes);
        assert_int_equal(pread(fd, all, (size_t)bytes, 0), bytes);
        for (off_t len = 0; len < bytes; len += step_for(bytes)) {
            assert_int_equal(ftruncate(fd, len), 0);
            if (read_all(f, &err) == BATON_OK)
                fail_msg("%s may end at byte %lld", paths[i], (long long)len);
            assert_int_equal(pwrite(fd, all, (size_t)bytes, 0), bytes);
        }
        test_free(all);
        assert_int_equal(close(fd), 0);
    }
    assert_ok(read_all(f, &err), err);
}

static void every_bit_of_the_journals_records_matters(void **state)
{
    struct log_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    const off_t from = 2 * (off_t)BT_JOURNAL_PAGE;
    const off_t to = from + 3 * (off_t)BT_JOURNAL_PAGE;
    off_t bytes = 0;
    int fd = open_file(f, BT_LOG_JOURNAL, &bytes);
    log_append_ok(f, 0, 10);
    log_append_ok(f, 10, 10);
    log_append_ok(f, 20, 10);
    assert_ok(bt_journal_audit(f->dir.fd, 30, &err), err);
    for (off_t bit = 8 * from; bit < 8 * to; bit += step_for(to)) {
        flip(fd, bit / 8, bit % 8);
        assert_int_equal(bt_journal_audit(f->dir.fd, 30, &err), BATON_ERR_CORRUPT);
        flip(fd, bit / 8, bit % 8);
    }
    assert_ok(bt_journal_audit(f->dir.fd, 30, &err), err);
    assert_int_equal(close(fd), 0);
}

/* The heads are there twice; what one gets is right, whichever is damaged. */
static void no_bit_of_the_journals_heads_misleads(void **state)
{
    struct log_fixture *f = *state;
    off_t bytes = 0;
    int fd = open_file(f, BT_LOG_JOURNAL, &bytes);
    log_append_ok(f, 0, 30);
    for (off_t at = 0; at < 2 * (off_t)BT_JOURNAL_PAGE; at += 5) {
        flip(fd, at, at % 8);
        log_reopen(f);
        assert_int_equal(log_size(f->log), 30);
        flip(fd, at, at % 8);
    }
    log_assert_entries(f->log, 0);
    assert_int_equal(close(fd), 0);
}

UNIT_MAIN(log_test(every_bit_of_what_is_published_matters),
          log_test(every_byte_of_what_is_published_must_be_there),
          log_test(every_bit_of_the_journals_records_matters),
          log_test(no_bit_of_the_journals_heads_misleads))
