/* SPDX-License-Identifier: Apache-2.0 */
#include "decision/record.h"

#include <stdio.h>
#include <string.h>

#include "codec/json.h"

static const char *const kinds[] = {
    [BT_RECORD_START] = "start",   [BT_RECORD_STOP] = "stop", [BT_RECORD_DECISION] = "decision",
    [BT_RECORD_ERASED] = "erased", [BT_RECORD_GAP] = "gap",   [BT_RECORD_VOID] = "void",
};

const char *bt_record_kind_name(enum bt_record_kind kind)
{
    return kinds[kind];
}

/* ---- writing: members in the order of RFC 8785 ---- */

static void member_hex(struct bt_json_writer *w, const char *key, const struct bt_digest *digest)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(digest, text);
    bt_json_member_str(w, key, bt_digest_hex(text));
}

static void format_decision(struct bt_json_writer *w, const struct bt_record *record)
{
    if (record->alias)
        bt_json_member_str(w, "alias", record->alias);
    bt_json_member_str(w, "bundle", record->bundle);
    bt_json_member_str(w, "engine", record->engine);
    member_hex(w, "fields", &record->fields);
    bt_json_member_str(w, "kind", kinds[record->kind]);
    bt_json_member_str(w, "model", record->model);
    bt_json_member_u64(w, "status", record->status);
    bt_json_member_u64(w, "time", record->time_us);
    bt_json_member_u64(w, "took", record->took_us);
    bt_json_member_str(w, "version", record->version);
}

static void format_erased(struct bt_json_writer *w, const struct bt_record *record)
{
    bt_json_key(w, "names");
    bt_json_begin_array(w);
    for (size_t i = 0; i < record->name_count; i++)
        bt_json_put_str(w, record->names[i]);
    bt_json_end_array(w);
    bt_json_member_u64(w, "of", record->of);
}

static void format_event(struct bt_json_writer *w, const struct bt_record *record)
{
    if (record->kind == BT_RECORD_START)
        bt_json_member_str(w, "engine", record->engine);
    bt_json_member_str(w, "kind", kinds[record->kind]);
    if (record->lost)
        bt_json_member_u64(w, "lost", record->lost);
    if (record->kind == BT_RECORD_ERASED)
        format_erased(w, record);
    if (record->reason)
        bt_json_member_str(w, "reason", record->reason);
    bt_json_member_u64(w, "time", record->time_us);
}

void bt_record_format(const struct bt_record *record, struct bt_buf *out)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    if (record->kind == BT_RECORD_DECISION)
        format_decision(&w, record);
    else
        format_event(&w, record);
    bt_json_end_object(&w);
}

/* ---- reading ---- */

struct reader {
    const struct bt_json *root;
    struct bt_arena *arena;
    struct baton_error *err;
};

static baton_status need_str(const struct reader *r, const char *key, const char **ret)
{
    return bt_json_need_str(r->root, key, r->arena, ret, r->err);
}

static baton_status need_u64(const struct reader *r, const char *key, uint64_t *ret)
{
    const struct bt_json *value = NULL;
    BT_TRY(bt_json_need(r->root, key, BT_JSON_NUMBER, &value, r->err));
    return bt_json_u64(value, ret, r->err);
}

static baton_status need_hex(const struct reader *r, const char *key, struct bt_digest *ret)
{
    char text[BT_DIGEST_TEXT_MAX];
    const struct bt_json *value = NULL;
    BT_TRY(bt_json_need(r->root, key, BT_JSON_STRING, &value, r->err));
    if (value->text.len == BT_DIGEST_HEX_LEN) {
        (void)snprintf(text, sizeof text, "sha256:%.64s", (const char *)value->text.ptr);
        if (bt_digest_parse(bt_bytes_of(text), ret))
            return BATON_OK;
    }
    return bt_fail(r->err, BATON_ERR_CORRUPT, "\"%s\" is not 64 hexadecimal digits", key);
}

static baton_status need_kind(const struct reader *r, enum bt_record_kind *ret)
{
    const struct bt_json *value = NULL;
    BT_TRY(bt_json_need(r->root, "kind", BT_JSON_STRING, &value, r->err));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (bt_json_is_str(value, kinds[i])) {
            *ret = (enum bt_record_kind)i;
            return BATON_OK;
        }
    return bt_fail(r->err, BATON_ERR_UNSUPPORTED,
                   "a record of a kind that this version of baton does not know");
}

static baton_status read_decision(const struct reader *r, struct bt_record *ret)
{
    static const char *const keys[] = {"alias",  "bundle", "engine", "fields",  "kind", "model",
                                       "status", "time",   "took",   "version", NULL};
    uint64_t status;
    BT_TRY(need_hex(r, "fields", &ret->fields));
    BT_TRY(bt_json_only(r->root, keys, r->err));
    if (bt_json_find(r->root, "alias"))
        BT_TRY(need_str(r, "alias", &ret->alias));
    BT_TRY(need_str(r, "bundle", &ret->bundle));
    BT_TRY(need_str(r, "engine", &ret->engine));
    BT_TRY(need_str(r, "model", &ret->model));
    BT_TRY(need_str(r, "version", &ret->version));
    BT_TRY(need_u64(r, "status", &status));
    BT_TRY(need_u64(r, "took", &ret->took_us));
    ret->status = status <= 999 ? (unsigned)status : 0;
    return BATON_OK;
}

static baton_status read_erased(const struct reader *r, struct bt_record *ret)
{
    const struct bt_json *list = NULL;
    BT_TRY(need_u64(r, "of", &ret->of));
    BT_TRY(bt_json_need(r->root, "names", BT_JSON_ARRAY, &list, r->err));
    const char **names = bt_arena_calloc(r->arena, list->count + 1, sizeof *names);
    if (!names)
        return bt_fail_no_memory(r->err, "names of fields");
    for (; ret->name_count < list->count; ret->name_count++) {
        const struct bt_json *item = &list->items[ret->name_count];
        if (item->kind != BT_JSON_STRING)
            return bt_fail(r->err, BATON_ERR_INVALID, "\"names\" is no list of texts");
        const char *text = (const char *)item->text.ptr;
        names[ret->name_count] = bt_arena_strndup(r->arena, text, item->text.len);
        if (!names[ret->name_count])
            return bt_fail_no_memory(r->err, "names of fields");
    }
    ret->names = names;
    return BATON_OK;
}

static baton_status read_event(const struct reader *r, struct bt_record *ret)
{
    static const char *const keys[] = {"engine", "kind",   "lost", "names",
                                       "of",     "reason", "time", NULL};
    BT_TRY(bt_json_only(r->root, keys, r->err));
    if (ret->kind == BT_RECORD_START)
        BT_TRY(need_str(r, "engine", &ret->engine));
    if (ret->kind == BT_RECORD_GAP || ret->kind == BT_RECORD_ERASED)
        BT_TRY(need_str(r, "reason", &ret->reason));
    if (ret->kind == BT_RECORD_ERASED)
        BT_TRY(read_erased(r, ret));
    if (ret->kind == BT_RECORD_GAP && bt_json_find(r->root, "lost"))
        BT_TRY(need_u64(r, "lost", &ret->lost));
    return BATON_OK;
}

baton_status bt_record_parse(struct bt_bytes leaf, struct bt_arena *arena, struct bt_record *ret,
                             struct baton_error *err)
{
    struct reader r = {.arena = arena, .err = err};
    BT_AUTO_BUF again = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    *ret = (struct bt_record){.kind = BT_RECORD_VOID};
    BT_TRY(bt_json_parse(leaf, "the record", NULL, arena, &r.root, err));
    BT_TRY(need_kind(&r, &ret->kind));
    BT_TRY(need_u64(&r, "time", &ret->time_us));
    BT_TRY(ret->kind == BT_RECORD_DECISION ? read_decision(&r, ret) : read_event(&r, ret));
    bt_record_format(ret, &again);
    BT_TRY(bt_buf_finish(&again, "a record", err));
    if (!bt_bytes_equal(bt_buf_bytes(&again), leaf))
        return bt_fail(err, BATON_ERR_CORRUPT, "the record is not written as records are");
    return BATON_OK;
}

baton_status bt_record_binding(struct bt_bytes leaf, struct bt_bytes content,
                               struct baton_error *err)
{
    BT_CLEANUP(bt_arena_release) struct bt_arena arena = BT_ARENA_INIT;
    BT_CLEANUP(bt_fields_hash_release) struct bt_fields_hash hash = BT_FIELDS_HASH_INIT;
    struct bt_record record;
    struct bt_digest digest;
    BT_TRY(bt_record_parse(leaf, &arena, &record, err));
    if (record.kind != BT_RECORD_DECISION)
        return content.len ? bt_fail(err, BATON_ERR_DIFFERS, "fields beside a record without any")
                           : BATON_OK;
    BT_TRY(bt_fields_hash_init(&hash, err));
    BT_TRY(bt_fields_commit(content, &hash, &digest, err));
    if (!bt_digest_equal(&digest, &record.fields))
        return bt_fail(err, BATON_ERR_DIFFERS,
                       "the fields of a decision are not those that its record commits to");
    return BATON_OK;
}
