/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Erasing what a decision was made of. First a record says that it is erased, and why; then it is.
 * So a field that is gone without such a record was not erased by baton.
 */
#include <string.h>

#include "base/clock.h"
#include "decision/aside.h"
#include "decision/book.h"

struct erasure {
    struct bt_book *book;
    struct bt_page page;
    struct bt_arena arena;
    const char **names; /* that will go */
    size_t count;
};

static void release_erasure(struct erasure *erasure)
{
    bt_page_release(&erasure->page);
    bt_arena_release(&erasure->arena);
}

static bool is_named(struct bt_bytes name, const char *const *names)
{
    if (!names)
        return true;
    for (; *names; names++)
        if (bt_bytes_equal(name, bt_bytes_of(*names)))
            return true;
    return false;
}

static baton_status choose(struct erasure *e, const char *const *names, struct baton_error *err)
{
    struct bt_bytes rest = bt_buf_bytes(&e->page.fields);
    struct bt_field field;
    /* No field takes less than a byte. */
    e->names = bt_arena_calloc(&e->arena, rest.len + 1, sizeof *e->names);
    if (!e->names)
        return bt_fail_no_memory(err, "names of fields");
    while (rest.len) {
        BT_TRY(bt_field_next(&rest, &field, err));
        if (field.state == BT_FIELD_ERASED || !is_named(field.name, names))
            continue;
        const char *text = (const char *)field.name.ptr;
        e->names[e->count] = bt_arena_strndup(&e->arena, text, field.name.len);
        if (!e->names[e->count++])
            return bt_fail_no_memory(err, "names of fields");
    }
    if (e->count == 0)
        return bt_fail(err, BATON_ERR_NOT_FOUND,
                       "the decision has no such field, or it is erased already");
    return BATON_OK;
}

/* Names that are asked for and are not there are mistakes, not something to pass over. */
static baton_status need_names(const struct erasure *e, const char *const *names,
                               struct baton_error *err)
{
    struct bt_field field;
    for (; names && *names; names++)
        BT_TRY(bt_field_find(bt_buf_bytes(&e->page.fields), *names, &field, err));
    return BATON_OK;
}

static baton_status say_so(const struct erasure *e, const char *reason, struct baton_error *err)
{
    BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    const struct bt_record record = {.kind = BT_RECORD_ERASED,
                                     .time_us = bt_clock_now_us(),
                                     .of = e->page.index,
                                     .names = e->names,
                                     .name_count = e->count,
                                     .reason = reason};
    uint64_t at;
    bt_record_format(&record, &leaf);
    BT_TRY(bt_buf_finish(&leaf, "the record of what is erased", err));
    const struct bt_log_entry entry = {bt_buf_bytes(&leaf), {NULL, 0}};
    return bt_log_append(e->book->log, &entry, 1, &at, err);
}

static baton_status erase(struct erasure *e, struct baton_error *err)
{
    BT_CLEANUP(bt_fields_hash_release) struct bt_fields_hash hash = BT_FIELDS_HASH_INIT;
    struct bt_bytes rest = bt_buf_bytes(&e->page.fields);
    struct bt_field field;
    BT_TRY(bt_fields_hash_init(&hash, err));
    while (rest.len) {
        BT_TRY(bt_field_next(&rest, &field, err));
        if (field.state == BT_FIELD_ERASED || !is_named(field.name, e->names))
            continue;
        BT_TRY(bt_aside_remove(e->book->folder.fd.fd, &field, err));
        BT_TRY(bt_field_erase(e->page.fields.data, &field, &hash, err));
    }
    return bt_log_replace_content(e->book->log, e->page.index, bt_buf_bytes(&e->page.fields), err);
}

baton_status bt_book_erase(struct bt_book *book, const struct bt_decision_id *id,
                           const char *const *names, const char *reason, size_t *ret_count,
                           struct baton_error *err)
{
    BT_CLEANUP(release_erasure)
    struct erasure e = {.book = book, .page = BT_PAGE_INIT, .arena = BT_ARENA_INIT};
    BT_TRY(bt_book_find(book, id, &e.page, err));
    BT_TRY(need_names(&e, names, err));
    BT_TRY(choose(&e, names, err));
    BT_TRY(say_so(&e, reason, err));
    BT_TRY(erase(&e, err));
    *ret_count = e.count;
    return BATON_OK;
}
