/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DB_DB_H
#define BT_DB_DB_H
/*
 * Tables that can always be made again: an index over what is kept elsewhere. SQLite is behind it,
 * and only this room knows.
 *
 *     BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
 *     BT_TRY(bt_db_prepare(db, "SELECT leaf FROM version WHERE model = ?1", &query, err));
 *     bt_db_bind_text(&query, 1, bt_bytes_of(model));
 *     BT_TRY(bt_db_step(&query, &there, err));
 *
 * Binding returns nothing: the first one that fails is reported by the next step. A file that is no
 * database, or damaged, is BATON_ERR_CORRUPT. A handle belongs to one thread at a time.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct bt_db;

enum bt_db_mode {
    BT_DB_WRITE,  /* made when it is missing */
    BT_DB_READ,   /* BATON_ERR_NOT_FOUND when it is missing */
    BT_DB_MEMORY, /* `path` does not count */
};

BT_CHECK baton_status bt_db_open(const char *path, enum bt_db_mode mode, struct bt_db **ret,
                                 struct baton_error *err);
void bt_db_close(struct bt_db *db);
static inline void bt_db_close_p(struct bt_db **db)
{
    bt_db_close(*db);
}
#define BT_AUTO_DB BT_CLEANUP(bt_db_close_p) struct bt_db *

/* Statements without parameters and without results, separated by semicolons. */
BT_CHECK baton_status bt_db_run(struct bt_db *db, const char *sql, struct baton_error *err);

/* What happens between is one change: committed, or as if it had not been. Waits while another
 * process changes the file. */
struct bt_db_change {
    struct bt_db *db; /* NULL: none is open */
};
#define BT_DB_CHANGE_INIT                                                                          \
    {                                                                                              \
        .db = NULL                                                                                 \
    }
#define BT_AUTO_DB_CHANGE BT_CLEANUP(bt_db_undo) struct bt_db_change
BT_CHECK baton_status bt_db_begin(struct bt_db *db, struct bt_db_change *ret,
                                  struct baton_error *err);
BT_CHECK baton_status bt_db_commit(struct bt_db_change *change, struct baton_error *err);
void bt_db_undo(struct bt_db_change *change);

struct bt_db_query {
    struct bt_db *db;
    void *statement;
    int bind_status;
};
#define BT_DB_QUERY_INIT                                                                           \
    {                                                                                              \
        .db = NULL                                                                                 \
    }
#define BT_AUTO_DB_QUERY BT_CLEANUP(bt_db_query_release) struct bt_db_query

BT_CHECK baton_status bt_db_prepare(struct bt_db *db, const char *sql, struct bt_db_query *ret,
                                    struct baton_error *err);
void bt_db_query_release(struct bt_db_query *query);

/* Parameters count from 1. The bytes must live until the query is stepped for the last time. */
void bt_db_bind_i64(struct bt_db_query *query, int at, int64_t value);
void bt_db_bind_text(struct bt_db_query *query, int at, struct bt_bytes text);
void bt_db_bind_str(struct bt_db_query *query, int at, const char *text);
void bt_db_bind_blob(struct bt_db_query *query, int at, struct bt_bytes bytes);

/* The next row; false after the last. */
BT_CHECK baton_status bt_db_step(struct bt_db_query *query, bool *ret_row, struct baton_error *err);
/* For statements that give no rows. */
BT_CHECK baton_status bt_db_done(struct bt_db_query *query, struct baton_error *err);
/* Ready to be bound and stepped again. */
void bt_db_reset(struct bt_db_query *query);

/* Columns count from 0. Bytes live until the next step. SQLite keeps whatever type a value was
 * stored with, and compares the text "" with the bytes "" as different: who relies on what is read
 * asks for the types, one letter a column: i integer, t text, b blob. */
bool bt_db_has_types(const struct bt_db_query *query, const char *types);
int64_t bt_db_i64(const struct bt_db_query *query, int column);
struct bt_bytes bt_db_bytes(const struct bt_db_query *query, int column);

#endif
