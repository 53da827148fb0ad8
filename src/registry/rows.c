/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the registry in SQLite.
 *
 *   I1  Row n's chain value is SHA-256(chain value of the row before || all fields of the row).
 *   I2  The seal is a note by the log's key over: how many leaves the rows are made from, the root
 * of the tree of so many leaves, the last chain value, and the frontier that continues that tree.
 *   I3  Rows and seal change in one transaction.
 *
 * So who has no log key can neither edit a row nor take one away, and an older copy of the whole
 * file is only behind: what it lacks is read from the ledger. SQLite's own check (every index entry
 * against its row) comes first: look-ups go through indexes, and a damaged one could hide a row.
 */
#include "registry/registry_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "codec/text/base64.h"

#define SEAL_HEAD "baton/registry/1\n"
#define SEAL_BYTES_MAX ((size_t)16 << 10)
#define ROW_BYTES_MAX ((size_t)64 << 10)

/* How each part is made, and how SQLite then has it in its own table. */
#define PART(what, rest)                                                                           \
    {                                                                                              \
        "CREATE " what " IF NOT EXISTS " rest, "CREATE " what " " rest                             \
    }
static const struct {
    const char *make;
    const char *made;
} schema[] = {
    PART("TABLE",
         "statement (leaf INTEGER PRIMARY KEY, pae BLOB NOT NULL, signer BLOB NOT NULL, who TEXT "
         "NOT NULL, roles INTEGER NOT NULL, kind INTEGER NOT NULL, effect TEXT NOT NULL, subject "
         "BLOB NOT NULL, model TEXT NOT NULL, version INTEGER NOT NULL, alias TEXT NOT NULL, good "
         "INTEGER NOT NULL, detail INTEGER NOT NULL, name TEXT NOT NULL, time INTEGER NOT NULL, "
         "note TEXT NOT NULL, ours INTEGER NOT NULL)"),
    PART("INDEX", "by_pae ON statement (pae)"),
    PART("INDEX", "by_subject ON statement (subject, kind)"),
    PART("INDEX", "by_model ON statement (model, kind, alias, version)"),
    PART("INDEX", "by_kind ON statement (kind)"),
    PART("TABLE", "seal (id INTEGER PRIMARY KEY CHECK (id = 1), note TEXT NOT NULL)"),
};
#define SCHEMA_COUNT (sizeof schema / sizeof schema[0])

/* ---- the chain ---- */

static void put_u64(struct bt_buf *out, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    bt_buf_put(out, bytes, sizeof bytes);
}

static void put_text(struct bt_buf *out, const char *text)
{
    put_u64(out, strlen(text));
    bt_buf_put_str(out, text);
}

static baton_status next_chain(const struct bt_digest *before, const struct bt_row *row,
                               struct bt_sha256 *hash, struct bt_digest *ret,
                               struct baton_error *err)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(ROW_BYTES_MAX);
    bt_buf_put(&bytes, before->bytes, sizeof before->bytes);
    put_u64(&bytes, row->leaf);
    bt_buf_put(&bytes, row->pae.bytes, sizeof row->pae.bytes);
    bt_buf_put(&bytes, row->signer.bytes, sizeof row->signer.bytes);
    put_text(&bytes, row->who);
    put_u64(&bytes, row->roles);
    put_u64(&bytes, (uint64_t)row->kind);
    put_text(&bytes, row->effect);
    bt_buf_put(&bytes, row->subject.bytes, sizeof row->subject.bytes);
    put_text(&bytes, row->model);
    put_u64(&bytes, row->version);
    put_text(&bytes, row->alias);
    put_u64(&bytes, row->good);
    put_u64(&bytes, row->detail);
    put_text(&bytes, row->name);
    put_u64(&bytes, (uint64_t)row->time);
    put_text(&bytes, row->note);
    put_u64(&bytes, row->is_ours);
    BT_TRY(bt_buf_finish(&bytes, "a row of the registry", err));
    bt_sha256_update(hash, bytes.data, bytes.len);
    return bt_sha256_final(hash, ret, err);
}

/* ---- rows in and out of SQLite ---- */

#define COLUMNS                                                                                    \
    "leaf, pae, signer, who, roles, kind, effect, subject, model, version, alias, good, detail, "  \
    "name, time, note, ours"
#define COLUMN_TYPES "ibbtiitbtitiititi"

static void bind_row(struct bt_db_query *query, const struct bt_row *row)
{
    bt_db_bind_i64(query, 1, (int64_t)row->leaf);
    bt_db_bind_blob(query, 2, (struct bt_bytes){row->pae.bytes, BT_DIGEST_BYTES});
    bt_db_bind_blob(query, 3, (struct bt_bytes){row->signer.bytes, BT_DIGEST_BYTES});
    bt_db_bind_str(query, 4, row->who);
    bt_db_bind_i64(query, 5, row->roles);
    bt_db_bind_i64(query, 6, (int64_t)row->kind);
    bt_db_bind_str(query, 7, row->effect);
    bt_db_bind_blob(query, 8, (struct bt_bytes){row->subject.bytes, BT_DIGEST_BYTES});
    bt_db_bind_str(query, 9, row->model);
    bt_db_bind_i64(query, 10, (int64_t)row->version);
    bt_db_bind_str(query, 11, row->alias);
    bt_db_bind_i64(query, 12, row->good);
    bt_db_bind_i64(query, 13, row->detail);
    bt_db_bind_str(query, 14, row->name);
    bt_db_bind_i64(query, 15, row->time);
    bt_db_bind_str(query, 16, row->note);
    bt_db_bind_i64(query, 17, row->is_ours);
}

static baton_status take_digest(const struct bt_db_query *query, int column, struct bt_digest *ret,
                                struct baton_error *err)
{
    struct bt_bytes bytes = bt_db_bytes(query, column);
    if (bytes.len != BT_DIGEST_BYTES)
        return bt_fail(err, BATON_ERR_CORRUPT, "a row of the registry holds no digest");
    memcpy(ret->bytes, bytes.ptr, BT_DIGEST_BYTES);
    return BATON_OK;
}

static const char *take_text(const struct bt_db_query *query, int column, struct bt_arena *arena)
{
    struct bt_bytes text = bt_db_bytes(query, column);
    return bt_arena_strndup(arena, (const char *)text.ptr, text.len);
}

baton_status bt_rows_take(const struct bt_db_query *query, struct bt_arena *arena,
                          struct bt_row *ret, struct baton_error *err)
{
    if (!bt_db_has_types(query, COLUMN_TYPES))
        return bt_fail(err, BATON_ERR_CORRUPT, "a row of the registry holds values of other types");
    struct bt_row row = {
        .leaf = (uint64_t)bt_db_i64(query, 0),
        .who = take_text(query, 3, arena),
        .roles = (unsigned)bt_db_i64(query, 4),
        .kind = (enum bt_said_kind)bt_db_i64(query, 5),
        .effect = take_text(query, 6, arena),
        .model = take_text(query, 8, arena),
        .version = (uint64_t)bt_db_i64(query, 9),
        .alias = take_text(query, 10, arena),
        .good = bt_db_i64(query, 11) != 0,
        .detail = (unsigned)bt_db_i64(query, 12),
        .name = take_text(query, 13, arena),
        .time = bt_db_i64(query, 14),
        .note = take_text(query, 15, arena),
        .is_ours = bt_db_i64(query, 16) != 0,
    };
    if (!row.who || !row.effect || !row.model || !row.alias || !row.name || !row.note)
        return bt_fail_no_memory(err, "a row of the registry");
    BT_TRY(take_digest(query, 1, &row.pae, err));
    BT_TRY(take_digest(query, 2, &row.signer, err));
    BT_TRY(take_digest(query, 7, &row.subject, err));
    if ((unsigned)row.kind >= BT_SAID_KIND_COUNT)
        return bt_fail(err, BATON_ERR_CORRUPT, "a row of the registry is of no kind");
    *ret = row;
    return BATON_OK;
}

baton_status bt_rows_prepare(const struct bt_registry *registry, const char *condition,
                             struct bt_db_query *ret, struct baton_error *err)
{
    BT_AUTO_BUF sql = BT_BUF_INIT(4096);
    bt_buf_printf(&sql, "SELECT " COLUMNS " FROM statement %s", condition);
    BT_TRY(bt_buf_finish(&sql, "a question to the registry", err));
    return bt_db_prepare(registry->db, bt_buf_str(&sql), ret, err);
}

baton_status bt_rows_add(struct bt_registry *registry, const struct bt_row *row,
                         struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    struct bt_digest chain;
    BT_TRY(bt_sha256_init(&hash, err));
    BT_TRY(next_chain(&registry->chain, row, &hash, &chain, err));
    BT_TRY(bt_db_prepare(registry->db,
                         "INSERT INTO statement (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
                         "?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
                         &query, err));
    bind_row(&query, row);
    BT_TRY(bt_db_done(&query, err));
    registry->chain = chain;
    return BATON_OK;
}

/* ---- the seal ---- */

static void put_base64_line(struct bt_buf *out, const struct bt_digest *digest)
{
    bt_base64_format((struct bt_bytes){digest->bytes, BT_DIGEST_BYTES}, out);
    bt_buf_put_byte(out, '\n');
}

/* The head of the tree as a checkpoint has it, then the chain, then the peaks from the lowest. */
static baton_status format_seal(const struct bt_registry *registry, struct bt_buf *out,
                                struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    struct bt_merkle_head head = {.size = registry->frontier.size};
    BT_TRY(bt_sha256_init(&hash, err));
    BT_TRY(bt_merkle_root(&registry->frontier, &hash, &head.root, err));
    bt_buf_put_str(out, SEAL_HEAD);
    BT_TRY(bt_checkpoint_format(registry->signer.key.name, &head, out, err));
    put_base64_line(out, &registry->chain);
    for (unsigned level = 0; level < BT_MERKLE_LEVELS; level++)
        if (head.size >> level & 1)
            put_base64_line(out, &registry->frontier.peaks[level]);
    return bt_buf_finish(out, "the registry's seal", err);
}

baton_status bt_rows_seal(struct bt_registry *registry, struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(SEAL_BYTES_MAX);
    BT_AUTO_BUF note = BT_BUF_INIT(SEAL_BYTES_MAX);
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    if (!registry->may_write)
        return BATON_OK;
    BT_TRY(format_seal(registry, &text, err));
    bt_buf_put(&note, text.data, text.len);
    bt_buf_put_byte(&note, '\n');
    BT_TRY(bt_note_sign(bt_buf_bytes(&text), &registry->signer.key, &registry->signer.secret, 0,
                        &note, err));
    BT_TRY(bt_buf_finish(&note, "the registry's seal", err));
    BT_TRY(bt_db_prepare(registry->db, "INSERT OR REPLACE INTO seal (id, note) VALUES (1, ?1)",
                         &query, err));
    bt_db_bind_text(&query, 1, bt_buf_bytes(&note));
    return bt_db_done(&query, err);
}

static baton_status fail_seal(struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_CORRUPT, "its seal is not one of this ledger's key");
}

/* One line of base 64 off the front of `rest`. */
static bool take_digest_line(struct bt_bytes *rest, struct bt_digest *ret)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_DIGEST_BYTES);
    const uint8_t *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    if (!end)
        return false;
    size_t len = (size_t)(end - rest->ptr);
    if (!bt_base64_parse((struct bt_bytes){rest->ptr, len}, &bytes) || bytes.len != BT_DIGEST_BYTES)
        return false;
    memcpy(ret->bytes, bytes.data, BT_DIGEST_BYTES);
    *rest = (struct bt_bytes){end + 1, rest->len - len - 1};
    return true;
}

/* The text of a seal whose signature is right: what it says, as far as it agrees with itself. */
static baton_status parse_seal(const struct bt_registry *registry, struct bt_bytes text,
                               struct bt_merkle_frontier *ret, struct bt_digest *ret_chain,
                               struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    struct bt_checkpoint checkpoint;
    struct bt_digest root;
    size_t head = strlen(SEAL_HEAD);
    if (text.len < head || memcmp(text.ptr, SEAL_HEAD, head) != 0)
        return fail_seal(err);
    text = (struct bt_bytes){text.ptr + head, text.len - head};
    BT_TRY(bt_checkpoint_parse(text, &checkpoint, err));
    if (!bt_bytes_equal(checkpoint.origin, bt_bytes_of(registry->signer.key.name)))
        return fail_seal(err);
    struct bt_merkle_frontier frontier = {.size = checkpoint.head.size};
    struct bt_bytes rest = checkpoint.extensions;
    bool good = take_digest_line(&rest, ret_chain);
    for (unsigned level = 0; good && level < BT_MERKLE_LEVELS; level++)
        if (frontier.size >> level & 1)
            good = take_digest_line(&rest, &frontier.peaks[level]);
    BT_TRY(bt_sha256_init(&hash, err));
    BT_TRY(bt_merkle_root(&frontier, &hash, &root, err));
    if (!good || rest.len || !bt_digest_equal(&root, &checkpoint.head.root))
        return fail_seal(err);
    *ret = frontier;
    return BATON_OK;
}

/* An empty table has none. */
static baton_status read_seal(const struct bt_registry *registry, struct bt_merkle_frontier *ret,
                              struct bt_digest *ret_chain, struct baton_error *err)
{
    bool there = false;
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    struct bt_note note;
    struct bt_note_signed by;
    BT_TRY(bt_db_prepare(registry->db, "SELECT note FROM seal WHERE id = 1", &query, err));
    BT_TRY(bt_db_step(&query, &there, err));
    if (!there)
        return BATON_OK;
    if (bt_note_parse(bt_db_bytes(&query, 0), &note, err) != BATON_OK ||
        bt_note_verify(&note, &registry->signer.key, 1, &by, err) != BATON_OK)
        return fail_seal(err);
    return parse_seal(registry, note.text, ret, ret_chain, err);
}

/* ---- opening ---- */

static baton_status check_sqlite(struct bt_db *db, struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    bool row = false;
    BT_TRY(bt_db_prepare(db, "PRAGMA integrity_check(1)", &query, err));
    BT_TRY(bt_db_step(&query, &row, err));
    if (!row || !bt_bytes_equal(bt_db_bytes(&query, 0), bt_bytes_of("ok")))
        return bt_fail(err, BATON_ERR_CORRUPT, "SQLite finds it damaged");
    return BATON_OK;
}

static bool is_in_schema(struct bt_bytes sql)
{
    for (size_t i = 0; i < SCHEMA_COUNT; i++)
        if (bt_bytes_equal(sql, bt_bytes_of(schema[i].made)))
            return true;
    return false;
}

/* A trigger could change rows behind the next change, and an index over other columns answer
 * wrongly: neither is a row, so the chain does not tell. */
static baton_status check_schema(struct bt_db *db, struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    size_t count = 0;
    BT_TRY(bt_db_prepare(db, "SELECT sql, name FROM sqlite_master", &query, err));
    for (bool there = false;; count++) {
        BT_TRY(bt_db_step(&query, &there, err));
        if (!there)
            break;
        struct bt_bytes name = bt_db_bytes(&query, 1);
        if (!is_in_schema(bt_db_bytes(&query, 0)))
            return bt_fail(err, BATON_ERR_CORRUPT, "it has \"%.*s\", which baton makes otherwise",
                           (int)(name.len < 80 ? name.len : 80), (const char *)name.ptr);
    }
    return count == SCHEMA_COUNT
               ? BATON_OK
               : bt_fail(err, BATON_ERR_CORRUPT, "it has %zu tables and indexes instead of %zu",
                         count, SCHEMA_COUNT);
}

static baton_status make_schema(struct bt_db *db, struct baton_error *err)
{
    for (size_t i = 0; i < SCHEMA_COUNT; i++)
        BT_TRY(bt_db_run(db, schema[i].make, err));
    return BATON_OK;
}

static baton_status fail_changed(const struct bt_registry *registry, struct baton_error *err)
{
    return bt_error_prepend(err,
                            "the registry's index %s/" BT_REGISTRY_FILE " was changed behind "
                            "baton's back or is damaged (`baton store rebuild` makes it again from "
                            "the ledger)",
                            bt_store_path(registry->store));
}

/* I1 from the row after those that `registry` knows to the sealed end. */
static baton_status check_chain(struct bt_registry *registry, const struct bt_digest *sealed,
                                uint64_t sealed_size, struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    /* One for all rows: their texts are short, and a new one each time costs more than hashing. */
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_digest chain = registry->chain;
    uint64_t size = registry->frontier.size;
    BT_TRY(bt_sha256_init(&hash, err));
    BT_TRY(bt_rows_prepare(registry, "WHERE leaf >= ?1 OR leaf < 0 ORDER BY leaf", &query, err));
    bt_db_bind_i64(&query, 1, (int64_t)size);
    for (bool there = false;; size++) {
        struct bt_row row;
        BT_TRY(bt_db_step(&query, &there, err));
        if (!there)
            break;
        BT_TRY(bt_rows_take(&query, &arena, &row, err));
        BT_TRY(next_chain(&chain, &row, &hash, &chain, err));
    }
    if (size != sealed_size || !bt_digest_equal(&chain, sealed))
        return bt_fail(err, BATON_ERR_CORRUPT, "its rows are not those that were sealed");
    registry->chain = chain;
    return BATON_OK;
}

static baton_status check(struct bt_registry *registry, struct baton_error *err)
{
    struct bt_merkle_frontier frontier = BT_MERKLE_FRONTIER_INIT;
    struct bt_digest sealed = {.bytes = {0}};
    BT_TRY(check_schema(registry->db, err));
    BT_TRY(read_seal(registry, &frontier, &sealed, err));
    BT_TRY(check_chain(registry, &sealed, frontier.size, err));
    registry->frontier = frontier;
    return BATON_OK;
}

baton_status bt_rows_refresh(struct bt_registry *registry, struct baton_error *err)
{
    if (!registry->may_write)
        return BATON_OK;
    baton_status status = check(registry, err);
    return status == BATON_ERR_CORRUPT ? fail_changed(registry, err) : status;
}

static baton_status path_of(const struct bt_registry *registry, struct bt_buf *ret,
                            struct baton_error *err)
{
    bt_buf_printf(ret, "%s/" BT_REGISTRY_FILE, bt_store_path(registry->store));
    return bt_buf_finish(ret, "the registry's path", err);
}

static void forget(struct bt_registry *registry)
{
    bt_db_close(registry->db);
    registry->db = NULL;
    registry->frontier = (struct bt_merkle_frontier)BT_MERKLE_FRONTIER_INIT;
    registry->chain = (struct bt_digest){.bytes = {0}};
}

baton_status bt_rows_open_memory(struct bt_registry *registry, struct baton_error *err)
{
    forget(registry);
    BT_TRY(bt_db_open(NULL, BT_DB_MEMORY, &registry->db, err));
    return make_schema(registry->db, err);
}

static baton_status open_and_check(struct bt_registry *registry, const char *path,
                                   struct baton_error *err)
{
    BT_TRY(bt_db_open(path, BT_DB_WRITE, &registry->db, err));
    BT_TRY(make_schema(registry->db, err));
    /* One view of the file for all that is read. */
    BT_TRY(bt_db_run(registry->db, "BEGIN", err));
    BT_TRY(check_sqlite(registry->db, err));
    BT_TRY(check(registry, err));
    return bt_db_run(registry->db, "COMMIT", err);
}

baton_status bt_rows_open(struct bt_registry *registry, struct baton_error *err)
{
    BT_AUTO_BUF path = BT_BUF_INIT(1 << 16);
    if (!registry->may_write)
        return bt_rows_open_memory(registry, err);
    BT_TRY(path_of(registry, &path, err));
    forget(registry);
    struct baton_error why = BATON_ERROR_INIT;
    baton_status status = open_and_check(registry, bt_buf_str(&path), &why);
    if (status == BATON_OK)
        return BATON_OK;
    if (status != BATON_ERR_NOT_FOUND && status != BATON_ERR_IO) {
        (void)bt_fail(err, status, "%s", why.text);
        return status == BATON_ERR_CORRUPT ? fail_changed(registry, err) : status;
    }
    /* A store that can only be read: its index is made anew each time, and forgotten. */
    bt_registry_make_read_only(registry, &why);
    return bt_rows_open_memory(registry, err);
}

baton_status bt_rows_start_over(struct bt_registry *registry, struct baton_error *err)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    forget(registry);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char name[sizeof BT_REGISTRY_FILE + 8];
        (void)snprintf(name, sizeof name, BT_REGISTRY_FILE "%s", endings[i]);
        if (unlinkat(bt_store_folder(registry->store), name, 0) != 0 && errno != ENOENT)
            return bt_fail_os(err, errno, "cannot remove %s/%s", bt_store_path(registry->store),
                              name);
    }
    return bt_rows_open(registry, err);
}
