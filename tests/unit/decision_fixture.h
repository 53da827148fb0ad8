/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_UNIT_DECISION_FIXTURE_H
#define BT_TESTS_UNIT_DECISION_FIXTURE_H
/* A folder in the place of a store, and a log of decisions in it. */
#include "unit/store_fixture.h"

#include <fcntl.h>
#include <stdio.h>

#include "decision/book.h"
#include "decision/decisions_int.h"

struct decision_fixture {
    char folder[64];
    struct bt_fd dir;
    struct bt_decisions *decisions;
    int fds_before;
};

static inline void decision_open(struct decision_fixture *f)
{
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_decisions_open(f->dir.fd, "serve", "test", &f->decisions, &err), err);
}

static inline void decision_stop(struct decision_fixture *f)
{
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_decisions_stop(f->decisions, &err), err);
    bt_decisions_close(f->decisions);
    f->decisions = NULL;
}

static inline int decision_setup(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct decision_fixture *f = test_malloc(sizeof *f);
    *f = (struct decision_fixture){.folder = "/tmp/baton-test-XXXXXX", .dir = BT_FD_INIT};
    f->fds_before = fixture_count_fds();
    assert_non_null(mkdtemp(f->folder));
    assert_ok(bt_fs_open_user(f->folder, O_RDONLY | O_DIRECTORY, 0, &f->dir, &err), err);
    decision_open(f);
    *state = f;
    return 0;
}

static inline int decision_teardown(void **state)
{
    struct decision_fixture *f = *state;
    bt_decisions_close(f->decisions);
    bt_fd_release(&f->dir);
    (void)nftw(f->folder, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    int leaked = fixture_count_fds() - f->fds_before;
    test_free(f);
    return leaked ? -1 : 0;
}

#define decision_test(fn) cmocka_unit_test_setup_teardown(fn, decision_setup, decision_teardown)

/* A decision whose request is called "r NUMBER". */
static inline void decision_add(struct bt_decision_group *group, uint64_t number,
                                enum bt_durability durability)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF bytes = BT_BUF_INIT(1 << 12);
    struct bt_record record = {.kind = BT_RECORD_DECISION,
                               .time_us = 1764025274000000,
                               .engine = "test",
                               .model = "m",
                               .version = "1",
                               .bundle = "sha256:00",
                               .status = 200};
    char request[32];
    (void)snprintf(request, sizeof request, "r %llu", (unsigned long long)number);
    struct bt_fields fields = bt_fields_begin(&bytes);
    bt_fields_put(&fields, "request", bt_bytes_of(request));
    assert_ok(bt_fields_end(&fields, &group->hash, &record.fields, &err), err);
    assert_ok(bt_decision_group_add(group, &record, bt_buf_bytes(&bytes), durability, &err), err);
}

/* What was given out for one decision. */
struct decision_given {
    struct bt_decision_id id;
    uint64_t number;
};

static inline struct decision_given decision_given(const struct bt_decision_group *group,
                                                   uint64_t first, size_t i, uint64_t number)
{
    const struct bt_decision_entry *entries = bt_decision_entries(group);
    return (struct decision_given){{"serve", first + i, entries[i].check}, number};
}

/* It is in the log, in the place that was given out, and it is this one. */
static inline void decision_assert_there(struct bt_book *book, const struct decision_given *given)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_CLEANUP(bt_page_release) struct bt_page page = BT_PAGE_INIT;
    struct bt_field field;
    char request[32];
    (void)snprintf(request, sizeof request, "r %llu", (unsigned long long)given->number);
    assert_ok(bt_book_find(book, &given->id, &page, &err), err);
    assert_int_equal(page.index, given->id.index);
    assert_ok(bt_field_find(bt_buf_bytes(&page.fields), "request", &field, &err), err);
    assert_true(bt_bytes_equal(field.bytes, bt_bytes_of(request)));
}

static inline void decision_assert_all_there(struct decision_fixture *f,
                                             const struct decision_given *given, size_t count)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_CLEANUP(bt_book_release) struct bt_book book = BT_BOOK_INIT;
    struct bt_log_audit audit;
    assert_ok(bt_book_open(f->dir.fd, "serve", &book, &err), err);
    assert_ok(bt_log_audit(book.log, NULL, &audit, &err), err);
    for (size_t i = 0; i < count; i++)
        decision_assert_there(&book, &given[i]);
}

static inline void decision_assert_kind(struct decision_fixture *f, uint64_t index,
                                        enum bt_record_kind kind, uint64_t lost)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_CLEANUP(bt_book_release) struct bt_book book = BT_BOOK_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    struct bt_record record;
    assert_ok(bt_book_open(f->dir.fd, "serve", &book, &err), err);
    assert_ok(bt_log_read(book.log, index, &leaf, NULL, &err), err);
    assert_ok(bt_record_parse(bt_buf_bytes(&leaf), &arena, &record, &err), err);
    assert_string_equal(bt_record_kind_name(record.kind), bt_record_kind_name(kind));
    assert_int_equal(record.lost, lost);
}

#endif
