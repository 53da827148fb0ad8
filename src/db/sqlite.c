/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file is derived, so its durability is nobody's concern: a change that a power cut takes away
 * is made again from the ledger. What counts is that a reader sees whole changes only, which the
 * write-ahead journal gives without fsync.
 */
#include "db/db.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>

#include "base/alloc.h"

#define BUSY_TIMEOUT_MS 60000
/* No row and no statement of ours comes near. */
#define VALUE_BYTES_MAX (8 << 20)

struct bt_db {
    sqlite3 *handle;
};

/* SQLite's two kinds of "this is no database I can read". */
static baton_status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return BATON_ERR_CORRUPT;
    case SQLITE_NOMEM:
        return BATON_ERR_NO_MEMORY;
    case SQLITE_CANTOPEN:
        return BATON_ERR_NOT_FOUND;
    case SQLITE_CONSTRAINT:
        return BATON_ERR_EXISTS;
    case SQLITE_TOOBIG:
        return BATON_ERR_LIMIT;
    case SQLITE_ERROR: /* a table or a column that is not there */
    case SQLITE_SCHEMA:
        return BATON_ERR_CORRUPT;
    default:
        return BATON_ERR_IO;
    }
}

static baton_status fail(const struct bt_db *db, int code, const char *doing,
                         struct baton_error *err)
{
    const char *text = db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code);
    int os_errno = db->handle ? sqlite3_system_errno(db->handle) : 0;
    if ((code & 0xff) == SQLITE_FULL)
        os_errno = ENOSPC;
    /* Of what the system refuses, SQLite's own words say too little. */
    if (os_errno && status_of(code) == BATON_ERR_IO)
        return bt_fail_os(err, os_errno, "%s: %s", doing, text);
    return bt_fail(err, status_of(code), "%s: %s", doing, text);
}

static baton_status configure(struct bt_db *db, struct baton_error *err)
{
    int code = sqlite3_extended_result_codes(db->handle, 1);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
    if (code != SQLITE_OK)
        return fail(db, code, "setting up the database", err);
    (void)sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    (void)sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
    return BATON_OK;
}

static int flags_of(enum bt_db_mode mode)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE;
    switch (mode) {
    case BT_DB_WRITE:
        return flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case BT_DB_READ:
        return flags | SQLITE_OPEN_READONLY;
    case BT_DB_MEMORY:
        break;
    }
    return flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
}

baton_status bt_db_open(const char *path, enum bt_db_mode mode, struct bt_db **ret,
                        struct baton_error *err)
{
    BT_AUTO_DB db = bt_calloc(1, sizeof *db);
    if (!db)
        return bt_fail_no_memory(err, "the database");
    const char *name = mode == BT_DB_MEMORY ? ":memory:" : path;
    int code = sqlite3_open_v2(name, &db->handle, flags_of(mode), NULL);
    if (code != SQLITE_OK)
        return fail(db, code, name, err);
    BT_TRY(configure(db, err));
    if (mode == BT_DB_WRITE &&
        bt_db_run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF", err) != BATON_OK)
        return bt_error_prepend(err, "%s", name);
    *ret = db;
    db = NULL;
    return BATON_OK;
}

void bt_db_close(struct bt_db *db)
{
    if (!db)
        return;
    (void)sqlite3_close_v2(db->handle);
    bt_free(db);
}

baton_status bt_db_run(struct bt_db *db, const char *sql, struct baton_error *err)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? BATON_OK : fail(db, code, "the database", err);
}

baton_status bt_db_begin(struct bt_db *db, struct bt_db_change *ret, struct baton_error *err)
{
    BT_TRY(bt_db_run(db, "BEGIN IMMEDIATE", err));
    ret->db = db;
    return BATON_OK;
}

baton_status bt_db_commit(struct bt_db_change *change, struct baton_error *err)
{
    BT_TRY(bt_db_run(change->db, "COMMIT", err));
    change->db = NULL;
    return BATON_OK;
}

void bt_db_undo(struct bt_db_change *change)
{
    if (change->db && bt_db_run(change->db, "ROLLBACK", NULL) != BATON_OK) {
        /* SQLite has rolled back by itself already: there is nothing to undo. */
    }
    change->db = NULL;
}

baton_status bt_db_prepare(struct bt_db *db, const char *sql, struct bt_db_query *ret,
                           struct baton_error *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    if (code != SQLITE_OK)
        return fail(db, code, "the database", err);
    *ret = (struct bt_db_query){.db = db, .statement = statement, .bind_status = SQLITE_OK};
    return BATON_OK;
}

void bt_db_query_release(struct bt_db_query *query)
{
    (void)sqlite3_finalize(query->statement);
    query->statement = NULL;
}

static void note(struct bt_db_query *query, int code)
{
    if (query->bind_status == SQLITE_OK)
        query->bind_status = code;
}

void bt_db_bind_i64(struct bt_db_query *query, int at, int64_t value)
{
    note(query, sqlite3_bind_int64(query->statement, at, value));
}

void bt_db_bind_text(struct bt_db_query *query, int at, struct bt_bytes text)
{
    const char *from = text.len ? (const char *)text.ptr : "";
    note(query,
         sqlite3_bind_text64(query->statement, at, from, text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void bt_db_bind_str(struct bt_db_query *query, int at, const char *text)
{
    bt_db_bind_text(query, at, bt_bytes_of(text));
}

void bt_db_bind_blob(struct bt_db_query *query, int at, struct bt_bytes bytes)
{
    const void *from = bytes.len ? (const void *)bytes.ptr : "";
    note(query, sqlite3_bind_blob64(query->statement, at, from, bytes.len, SQLITE_STATIC));
}

baton_status bt_db_step(struct bt_db_query *query, bool *ret_row, struct baton_error *err)
{
    int code = query->bind_status;
    if (code == SQLITE_OK)
        code = sqlite3_step(query->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return fail(query->db, code, "the database", err);
    *ret_row = code == SQLITE_ROW;
    return BATON_OK;
}

baton_status bt_db_done(struct bt_db_query *query, struct baton_error *err)
{
    bool row = false;
    BT_TRY(bt_db_step(query, &row, err));
    bt_db_reset(query);
    return BATON_OK;
}

void bt_db_reset(struct bt_db_query *query)
{
    (void)sqlite3_reset(query->statement);
    (void)sqlite3_clear_bindings(query->statement);
    query->bind_status = SQLITE_OK;
}

bool bt_db_has_types(const struct bt_db_query *query, const char *types)
{
    static const char letters[] = {
        [SQLITE_INTEGER] = 'i', [SQLITE_FLOAT] = 'f', [SQLITE_TEXT] = 't',
        [SQLITE_BLOB] = 'b',    [SQLITE_NULL] = '0',
    };
    int column = 0;
    for (; types[column]; column++)
        if (letters[sqlite3_column_type(query->statement, column)] != types[column])
            return false;
    return column == sqlite3_column_count(query->statement);
}

int64_t bt_db_i64(const struct bt_db_query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

struct bt_bytes bt_db_bytes(const struct bt_db_query *query, int column)
{
    const void *bytes = sqlite3_column_blob(query->statement, column);
    int len = sqlite3_column_bytes(query->statement, column);
    return (struct bt_bytes){bytes, bytes && len > 0 ? (size_t)len : 0};
}
