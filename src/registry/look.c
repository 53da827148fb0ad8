/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the rows. Only rows in effect answer, unless somebody asks for all of them. */
#include "registry/registry_int.h"

#include <string.h>

#define IN_EFFECT "effect = ''"

static void bind_digest(struct bt_db_query *query, int at, const struct bt_digest *digest)
{
    bt_db_bind_blob(query, at, (struct bt_bytes){digest->bytes, BT_DIGEST_BYTES});
}

/* The one row that a prepared and bound question has. */
static baton_status one(struct bt_db_query *query, struct bt_arena *arena, struct bt_row *ret,
                        struct baton_error *err)
{
    bool there = false;
    BT_TRY(bt_db_step(query, &there, err));
    if (!there)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "no such statement");
    return bt_rows_take(query, arena, ret, err);
}

static baton_status not_found(baton_status status, struct baton_error *err, const char *what,
                              const char *name)
{
    return status == BATON_ERR_NOT_FOUND ? bt_fail(err, status, "no %s %s", what, name) : status;
}

baton_status bt_registry_row(const struct bt_registry *registry, uint64_t leaf,
                             struct bt_arena *arena, struct bt_row *ret, struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    BT_TRY(bt_rows_prepare(registry, "WHERE leaf = ?1", &query, err));
    bt_db_bind_i64(&query, 1, leaf > INT64_MAX ? -1 : (int64_t)leaf);
    return one(&query, arena, ret, err);
}

baton_status bt_registry_version(const struct bt_registry *registry, const char *model,
                                 uint64_t version, struct bt_arena *arena, struct bt_row *ret,
                                 struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    const char *condition =
        version ? "WHERE model = ?1 AND kind = ?2 AND alias = '' AND version = ?3 AND " IN_EFFECT
                : "WHERE model = ?1 AND kind = ?2 AND alias = '' AND ?3 = 0 AND " IN_EFFECT
                  " ORDER BY version DESC LIMIT 1";
    BT_TRY(bt_rows_prepare(registry, condition, &query, err));
    bt_db_bind_str(&query, 1, model);
    bt_db_bind_i64(&query, 2, BT_SAID_VERSION);
    bt_db_bind_i64(&query, 3, version > BT_VERSION_MAX ? -1 : (int64_t)version);
    baton_status status = one(&query, arena, ret, err);
    if (status == BATON_ERR_NOT_FOUND && version)
        return bt_fail(err, status, "model %s has no version %llu in the ledger", model,
                       (unsigned long long)version);
    return not_found(status, err, "version in the ledger of model", model);
}

baton_status bt_registry_bundle(const struct bt_registry *registry, const char *model,
                                const struct bt_digest *bundle, struct bt_arena *arena,
                                struct bt_row *ret, struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(bundle, text);
    BT_TRY(bt_rows_prepare(registry,
                           "WHERE subject = ?1 AND kind = ?2 AND (model = ?3 OR ?3 = '') "
                           "AND " IN_EFFECT " ORDER BY leaf LIMIT 1",
                           &query, err));
    bind_digest(&query, 1, bundle);
    bt_db_bind_i64(&query, 2, BT_SAID_VERSION);
    bt_db_bind_str(&query, 3, model ? model : "");
    return not_found(one(&query, arena, ret, err), err, "version is", text);
}

baton_status bt_registry_alias(const struct bt_registry *registry, const char *model,
                               const char *alias, struct bt_arena *arena, struct bt_row *ret,
                               struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    BT_TRY(bt_rows_prepare(registry,
                           "WHERE model = ?1 AND kind = ?2 AND alias = ?3 AND " IN_EFFECT
                           " ORDER BY leaf DESC LIMIT 1",
                           &query, err));
    bt_db_bind_str(&query, 1, model);
    bt_db_bind_i64(&query, 2, BT_SAID_ALIAS);
    bt_db_bind_str(&query, 3, alias);
    return not_found(one(&query, arena, ret, err), err, "alias", alias);
}

baton_status bt_registry_key(const struct bt_registry *registry, const struct bt_digest *key,
                             struct bt_arena *arena, struct bt_row *ret, struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    char text[BT_DIGEST_TEXT_MAX];
    struct bt_row row;
    bt_digest_format(key, text);
    BT_TRY(bt_rows_prepare(
        registry, "WHERE subject = ?1 AND kind = ?2 AND " IN_EFFECT " ORDER BY leaf DESC LIMIT 1",
        &query, err));
    bind_digest(&query, 1, key);
    bt_db_bind_i64(&query, 2, BT_SAID_KEY);
    BT_TRY(not_found(one(&query, arena, &row, err), err, "trusted key", bt_digest_hex(text)));
    if (!row.good)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "key %s of %s was revoked by statement %llu",
                       bt_digest_hex(text), row.name, (unsigned long long)row.leaf);
    *ret = row;
    return BATON_OK;
}

baton_status bt_rows_find(const struct bt_registry *registry, const struct bt_digest *pae,
                          const struct bt_digest *signer, struct bt_arena *arena,
                          struct bt_row *ret, struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    BT_TRY(bt_rows_prepare(registry, "WHERE pae = ?1 AND signer = ?2 ORDER BY leaf LIMIT 1", &query,
                           err));
    bind_digest(&query, 1, pae);
    bind_digest(&query, 2, signer);
    return one(&query, arena, ret, err);
}

baton_status bt_rows_relies(const struct bt_registry *registry, const struct bt_digest *pae,
                            const struct bt_digest *subject, bool *ret, struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    BT_TRY(bt_rows_prepare(registry, "WHERE pae = ?1 AND subject = ?2 AND " IN_EFFECT " LIMIT 1",
                           &query, err));
    bind_digest(&query, 1, pae);
    bind_digest(&query, 2, subject);
    return bt_db_step(&query, ret, err);
}

baton_status bt_rows_count_root(const struct bt_registry *registry, const struct bt_digest *pae,
                                const struct bt_policy *policy, const struct bt_digest *also,
                                uint64_t *ret, struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    uint64_t count = bt_policy_is_root(policy, also);
    BT_TRY(bt_rows_prepare(registry, "WHERE pae = ?1 GROUP BY signer", &query, err));
    bind_digest(&query, 1, pae);
    for (bool there = false;;) {
        struct bt_row row;
        BT_TRY(bt_db_step(&query, &there, err));
        if (!there)
            break;
        BT_TRY(bt_rows_take(&query, &arena, &row, err));
        count += !bt_digest_equal(&row.signer, also) && bt_policy_is_root(policy, &row.signer);
    }
    *ret = count;
    return BATON_OK;
}

/* ---- lists ---- */

/* Only what is asked for becomes a condition, so that SQLite can go by an index. */
static void put_filter(const struct bt_row_filter *filter, struct bt_buf *out)
{
    bt_buf_put_str(out, "WHERE leaf >= 0");
    if (filter->model)
        bt_buf_put_str(out, " AND model = ?1");
    if (filter->alias)
        bt_buf_put_str(out, " AND alias = ?2");
    if (filter->bundle)
        bt_buf_put_str(out, " AND subject = ?3");
    if (filter->signer)
        bt_buf_put_str(out, " AND signer = ?4");
    if (filter->by_kind)
        bt_buf_put_str(out, " AND kind = ?5");
    if (filter->in_effect)
        bt_buf_put_str(out, " AND " IN_EFFECT);
    bt_buf_printf(out, " ORDER BY leaf %s LIMIT ?6", filter->newest_first ? "DESC" : "ASC");
}

static void bind_filter(struct bt_db_query *query, const struct bt_row_filter *filter)
{
    if (filter->model)
        bt_db_bind_str(query, 1, filter->model);
    if (filter->alias)
        bt_db_bind_str(query, 2, filter->alias);
    if (filter->bundle)
        bind_digest(query, 3, filter->bundle);
    if (filter->signer)
        bind_digest(query, 4, filter->signer);
    if (filter->by_kind)
        bt_db_bind_i64(query, 5, (int64_t)filter->kind);
    bt_db_bind_i64(query, 6, filter->limit ? (int64_t)filter->limit : -1);
}

/* All rows of a prepared and bound question. */
static baton_status take_all(struct bt_db_query *query, struct bt_arena *arena, struct bt_row **ret,
                             size_t *ret_count, struct baton_error *err)
{
    struct bt_row *rows = NULL;
    size_t count = 0;
    size_t capacity = 0;
    for (bool there = false;;) {
        BT_TRY(bt_db_step(query, &there, err));
        if (!there)
            break;
        if (count == capacity) {
            capacity = capacity ? 2 * capacity : 16;
            struct bt_row *more = bt_arena_calloc(arena, capacity, sizeof *more);
            if (!more)
                return bt_fail_no_memory(err, "the rows of the registry");
            if (count)
                memcpy(more, rows, count * sizeof *more);
            rows = more;
        }
        BT_TRY(bt_rows_take(query, arena, &rows[count++], err));
    }
    *ret = rows;
    *ret_count = count;
    return BATON_OK;
}

baton_status bt_registry_rows(const struct bt_registry *registry,
                              const struct bt_row_filter *filter, struct bt_arena *arena,
                              struct bt_row **ret, size_t *ret_count, struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    BT_AUTO_BUF condition = BT_BUF_INIT(512);
    put_filter(filter, &condition);
    BT_TRY(bt_buf_finish(&condition, "a question to the registry", err));
    BT_TRY(bt_rows_prepare(registry, bt_buf_str(&condition), &query, err));
    bind_filter(&query, filter);
    return take_all(&query, arena, ret, ret_count, err);
}

baton_status bt_registry_keys(const struct bt_registry *registry, struct bt_arena *arena,
                              struct bt_row **ret, size_t *ret_count, struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    BT_TRY(bt_rows_prepare(registry,
                           "WHERE leaf IN (SELECT max(leaf) FROM statement WHERE kind = ?1 "
                           "AND " IN_EFFECT " GROUP BY subject) AND good <> 0 ORDER BY leaf DESC",
                           &query, err));
    bt_db_bind_i64(&query, 1, BT_SAID_KEY);
    return take_all(&query, arena, ret, ret_count, err);
}

baton_status bt_registry_aliases(const struct bt_registry *registry, const char *model,
                                 struct bt_arena *arena, struct bt_row **ret, size_t *ret_count,
                                 struct baton_error *err)
{
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    BT_TRY(bt_rows_prepare(registry,
                           "WHERE leaf IN (SELECT max(leaf) FROM statement WHERE kind = ?1 "
                           "AND " IN_EFFECT " GROUP BY model, alias) AND (?2 = '' OR model = ?2) "
                           "ORDER BY model, alias",
                           &query, err));
    bt_db_bind_i64(&query, 1, BT_SAID_ALIAS);
    bt_db_bind_str(&query, 2, model ? model : "");
    return take_all(&query, arena, ret, ret_count, err);
}
