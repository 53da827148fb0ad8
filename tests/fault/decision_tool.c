/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in a log of decisions, for tests that kill its server.
 *
 *     decision_tool look STORE FROM
 *         audits all of the instance "serve", then prints what is there from place FROM on, a line
 *         each: "INDEX KIND ID REQUEST LAST-BYTES-OF-OUTPUT-Y" of a decision, "INDEX gap LOST",
 *         "INDEX KIND" of others
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "decision/book.h"
#include "tool.h"

/* Of a value's canonical form: what a client can make of the numbers that it was answered. */
#define TAIL_BYTES ((size_t)8)

static baton_status print_decision(const struct bt_book *book, uint64_t index,
                                   const struct bt_record *record, struct bt_bytes fields,
                                   struct baton_error *err)
{
    char id[BT_DECISION_ID_MAX];
    struct bt_field request, output;
    BT_TRY(bt_field_find(fields, "request", &request, err));
    BT_TRY(bt_field_find(fields, "output.y", &output, err));
    bt_book_id(book, index, record, id);
    (void)printf(" %s %.*s ", id, (int)request.bytes.len, (const char *)request.bytes.ptr);
    size_t from = output.bytes.len > TAIL_BYTES ? output.bytes.len - TAIL_BYTES : 0;
    for (size_t i = from; i < output.bytes.len; i++)
        (void)printf("%02x", output.bytes.ptr[i]);
    return BATON_OK;
}

static baton_status print_one(void *user, uint64_t index, const struct bt_log_entry *entry,
                              struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_record record;
    BT_TRY(bt_record_parse(entry->leaf, &arena, &record, err));
    (void)printf("%" PRIu64 " %s", index, bt_record_kind_name(record.kind));
    if (record.kind == BT_RECORD_DECISION)
        BT_TRY(print_decision(user, index, &record, entry->content, err));
    if (record.kind == BT_RECORD_GAP)
        (void)printf(" %" PRIu64, record.lost);
    (void)printf("\n");
    return BATON_OK;
}

static baton_status look(char **args, struct baton_error *err)
{
    BT_AUTO_FD store = BT_FD_INIT;
    BT_CLEANUP(bt_book_release) struct bt_book book = BT_BOOK_INIT;
    struct bt_log_audit audit;
    const struct bt_log_range range = {strtoull(args[1], NULL, 10), UINT64_MAX};
    BT_TRY(bt_fs_open_user(args[0], O_RDONLY | O_DIRECTORY, 0, &store, err));
    BT_TRY(bt_book_open(store.fd, "serve", &book, err));
    BT_TRY(bt_log_audit(book.log, NULL, &audit, err));
    return bt_log_scan(book.log, &range, print_one, &book, NULL, err);
}

int main(int argc, char **argv)
{
    static const struct tool_verb verbs[] = {{"look", 2, look}, {NULL, 0, NULL}};
    return tool_main(argc, argv, verbs, "see the head of decision_tool.c");
}
