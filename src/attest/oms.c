/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/oms.h"

#include <string.h>

#include "attest/field_int.h"
#include "base/checked.h"
#include "base/sort.h"
#include "codec/text/base64.h"
#include "codec/text/names.h"

#define SHOWN_MAX 80
#define SHOWN(bytes) (int)bt_min((bytes).len, SHOWN_MAX), (const char *)(bytes).ptr

/* ---- lists of files ---- */

static const struct bt_oms_file *file_at(const void *const *list, size_t i)
{
    return list[i];
}

static baton_status root_of(const void *const *files, size_t count, struct bt_digest *ret,
                            struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    BT_TRY(bt_sha256_init(&hash, err));
    for (size_t i = 0; i < count; i++)
        bt_sha256_update(&hash, file_at(files, i)->digest.bytes, BT_DIGEST_BYTES);
    return bt_sha256_final(&hash, ret, err);
}

/* By bytes, which for UTF-8 is the order of code points. */
static int compare_paths(const void *a, const void *b)
{
    struct bt_bytes left = ((const struct bt_oms_file *)a)->path;
    struct bt_bytes right = ((const struct bt_oms_file *)b)->path;
    int order = memcmp(left.ptr, right.ptr, bt_min(left.len, right.len));
    return order ? order : (left.len > right.len) - (left.len < right.len);
}

static baton_status point_at(const struct bt_oms_file *files, size_t count, struct bt_arena *arena,
                             const void ***ret, struct baton_error *err)
{
    const void **made = bt_arena_calloc(arena, count, sizeof(void *));
    if (!made)
        return bt_fail_no_memory(err, "the list of files");
    for (size_t i = 0; i < count; i++)
        made[i] = &files[i];
    *ret = made;
    return BATON_OK;
}

/* Sorted by path; no path twice. */
static baton_status sort_files(const struct bt_oms_file *files, size_t count,
                               struct bt_arena *arena, const void ***ret, struct baton_error *err)
{
    const void **sorted = NULL;
    BT_TRY(point_at(files, count, arena, &sorted, err));
    bt_sort_pointers(sorted, count, compare_paths);
    for (size_t i = 1; i < count; i++)
        if (compare_paths(sorted[i - 1], sorted[i]) == 0)
            return bt_fail(err, BATON_ERR_INVALID, "\"%.*s\" is there twice",
                           SHOWN(file_at(sorted, i)->path));
    *ret = sorted;
    return BATON_OK;
}

/* ---- writing ---- */

static void put_files(const void *const *files, size_t count, struct bt_json_writer *w)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_json_key(w, "resources");
    bt_json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        bt_digest_format(&file_at(files, i)->digest, text);
        bt_json_begin_object(w);
        bt_json_member_str(w, "algorithm", "sha256");
        bt_json_member_str(w, "digest", bt_digest_hex(text));
        bt_json_key(w, "name");
        bt_json_put_bytes(w, file_at(files, i)->path);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
}

static void put_predicate(const void *const *files, size_t count, struct bt_buf *out)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    put_files(files, count, &w);
    bt_json_key(&w, "serialization");
    bt_json_begin_object(&w);
    bt_json_member_bool(&w, "allow_symlinks", false);
    bt_json_member_str(&w, "hash_type", "sha256");
    bt_json_member_str(&w, "method", "files");
    bt_json_end_object(&w);
    bt_json_end_object(&w);
}

static baton_status check_path(struct bt_bytes path, struct baton_error *err)
{
    const char *problem = bt_member_name_problem(path);
    return problem ? bt_fail(err, BATON_ERR_INVALID, "the path \"%.*s\" %s", SHOWN(path), problem)
                   : BATON_OK;
}

baton_status bt_oms_format(const char *name, const struct bt_oms_file *files, size_t count,
                           struct bt_buf *out, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF predicate = BT_BUF_INIT(BT_DSSE_PAYLOAD_MAX);
    const void **sorted = NULL;
    struct bt_subject subject = {.name = bt_bytes_of(name)};
    if (count == 0 || !*name)
        return bt_fail(err, BATON_ERR_USAGE, "a model has a name and at least one file");
    for (size_t i = 0; i < count; i++)
        BT_TRY(check_path(files[i].path, err));
    BT_TRY(sort_files(files, count, &arena, &sorted, err));
    BT_TRY(root_of(sorted, count, &subject.sha256, err));
    put_predicate(sorted, count, &predicate);
    BT_TRY(bt_buf_finish(&predicate, "the list of files", err));
    const struct bt_statement_fields fields = {&subject, 1, BT_OMS_PREDICATE,
                                               bt_buf_bytes(&predicate)};
    return bt_statement_format(&fields, out, err);
}

/* ---- reading ---- */

static baton_status read_file(const struct bt_json *item, struct bt_oms_file *ret,
                              struct baton_error *err)
{
    BT_AUTO_BUF digest = BT_BUF_INIT(BT_DIGEST_BYTES);
    struct bt_bytes hex;
    BT_TRY(bt_field_is(item, "algorithm", "sha256", err));
    BT_TRY(bt_field_text(item, "name", &ret->path, err));
    BT_TRY(bt_field_text(item, "digest", &hex, err));
    /* The whole model, where it is one file. */
    if (!bt_bytes_equal(ret->path, bt_bytes_of(".")))
        BT_TRY(check_path(ret->path, err));
    if (!bt_hex_parse(hex, &digest) || digest.len != BT_DIGEST_BYTES)
        return bt_fail(err, BATON_ERR_INVALID, "\"%.*s\": a digest is 64 small hexadecimal digits",
                       SHOWN(ret->path));
    memcpy(ret->digest.bytes, digest.data, BT_DIGEST_BYTES);
    return BATON_OK;
}

static baton_status read_files(const struct bt_json *predicate, struct bt_arena *arena,
                               struct bt_oms *ret, struct baton_error *err)
{
    const struct bt_json *items = NULL;
    const void **sorted = NULL;
    BT_TRY(bt_json_need(predicate, "resources", BT_JSON_ARRAY, &items, err));
    if (items->count == 0)
        return bt_fail(err, BATON_ERR_INVALID, "a model without files");
    struct bt_oms_file *files = bt_arena_calloc(arena, items->count, sizeof *files);
    if (!files)
        return bt_fail_no_memory(err, "the list of files");
    for (size_t i = 0; i < items->count; i++)
        BT_TRY(read_file(&items->items[i], &files[i], err));
    ret->files = files;
    ret->count = items->count;
    return sort_files(files, ret->count, arena, &sorted, err);
}

static baton_status read_ignored(const struct bt_json *serialization, struct bt_arena *arena,
                                 struct bt_oms *ret, struct baton_error *err)
{
    const struct bt_json *items = NULL;
    ret->ignored = NULL;
    ret->ignored_count = 0;
    if (!bt_json_find(serialization, "ignore_paths"))
        return BATON_OK;
    BT_TRY(bt_json_need(serialization, "ignore_paths", BT_JSON_ARRAY, &items, err));
    struct bt_bytes *paths = bt_arena_calloc(arena, items->count, sizeof *paths);
    if (!paths)
        return bt_fail_no_memory(err, "the paths that were ignored");
    for (size_t i = 0; i < items->count; i++) {
        if (items->items[i].kind != BT_JSON_STRING)
            return bt_fail(err, BATON_ERR_INVALID, "\"ignore_paths\" has paths only");
        paths[i] = items->items[i].text;
    }
    ret->ignored = paths;
    ret->ignored_count = items->count;
    return BATON_OK;
}

static baton_status read_serialization(const struct bt_json *predicate, struct bt_arena *arena,
                                       struct bt_oms *ret, struct baton_error *err)
{
    static const char *const keys[] = {"method", "hash_type", "allow_symlinks", "ignore_paths",
                                       NULL};
    const struct bt_json *serialization = NULL;
    BT_TRY(bt_json_need(predicate, "serialization", BT_JSON_OBJECT, &serialization, err));
    BT_TRY(bt_field_is(serialization, "method", "files", err));
    BT_TRY(bt_field_is(serialization, "hash_type", "sha256", err));
    const struct bt_json *links = bt_json_find(serialization, "allow_symlinks");
    if (!links || links->kind != BT_JSON_FALSE)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "a model with links (\"allow_symlinks\" is not false)");
    BT_TRY(bt_json_only(serialization, keys, err));
    return read_ignored(serialization, arena, ret, err);
}

static baton_status check_root(const struct bt_oms *oms, const struct bt_statement *statement,
                               struct bt_arena *arena, struct baton_error *err)
{
    const void **listed = NULL;
    struct bt_artifact root = {.sha512 = NULL};
    if (statement->count != 1)
        return bt_fail(err, BATON_ERR_INVALID, "%zu subjects: a model is one", statement->count);
    BT_TRY(point_at(oms->files, oms->count, arena, &listed, err));
    BT_TRY(root_of(listed, oms->count, &root.sha256, err));
    if (!bt_subject_is(statement->subjects, &root))
        return bt_fail(err, BATON_ERR_DIFFERS, "the subject is not the root of the listed files");
    return BATON_OK;
}

baton_status bt_oms_open(const struct bt_dsse_message *message, struct bt_arena *arena,
                         struct bt_oms *ret, struct baton_error *err)
{
    static const char *const keys[] = {"resources", "serialization", NULL};
    struct bt_statement statement;
    struct bt_oms made;
    BT_TRY(bt_statement_open(message, BT_OMS_PREDICATE, arena, &statement, err));
    if (!statement.predicate)
        return bt_fail(err, BATON_ERR_INVALID, "no \"predicate\"");
    BT_TRY(read_files(statement.predicate, arena, &made, err));
    BT_TRY(read_serialization(statement.predicate, arena, &made, err));
    BT_TRY(bt_json_only(statement.predicate, keys, err));
    BT_TRY(check_root(&made, &statement, arena, err));
    made.name = statement.subjects->name;
    *ret = made;
    return BATON_OK;
}

/* ---- comparing ---- */

static void tell(struct bt_oms_tally *tally, enum bt_oms_finding finding, struct bt_bytes path)
{
    tally->counts[finding]++;
    if (tally->report)
        tally->report(tally->user, finding, path);
}

/* An ignored path is a file, or a folder with all that is in it. */
static bool is_ignored(const struct bt_oms *oms, struct bt_bytes path)
{
    for (size_t i = 0; i < oms->ignored_count; i++) {
        struct bt_bytes ignored = oms->ignored[i];
        bool ends =
            path.len == ignored.len || (path.len > ignored.len && path.ptr[ignored.len] == '/');
        if (ends && ignored.len && memcmp(path.ptr, ignored.ptr, ignored.len) == 0)
            return true;
    }
    return false;
}

static void tell_unsigned(const struct bt_oms *oms, struct bt_bytes path,
                          struct bt_oms_tally *tally)
{
    tell(tally, is_ignored(oms, path) ? BT_OMS_IGNORED : BT_OMS_EXTRA, path);
}

/* Both lists are sorted: the one whose path comes first has what the other lacks. */
static void merge(const struct bt_oms *oms, const void *const *wanted, const void *const *found,
                  size_t count, struct bt_oms_tally *tally)
{
    size_t i = 0;
    size_t j = 0;
    while (i < oms->count && j < count) {
        const struct bt_oms_file *want = file_at(wanted, i);
        const struct bt_oms_file *have = file_at(found, j);
        int order = compare_paths(want, have);
        if (order < 0)
            tell(tally, BT_OMS_MISSING, want->path);
        else if (order > 0)
            tell_unsigned(oms, have->path, tally);
        else if (!bt_digest_equal(&want->digest, &have->digest))
            tell(tally, BT_OMS_DIFFERENT, have->path);
        i += order <= 0;
        j += order >= 0;
    }
    for (; i < oms->count; i++)
        tell(tally, BT_OMS_MISSING, file_at(wanted, i)->path);
    for (; j < count; j++)
        tell_unsigned(oms, file_at(found, j)->path, tally);
}

baton_status bt_oms_compare(const struct bt_oms *oms, const struct bt_oms_file *files, size_t count,
                            struct bt_oms_tally *tally, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const void **wanted = NULL;
    const void **found = NULL;
    BT_TRY(sort_files(oms->files, oms->count, &arena, &wanted, err));
    BT_TRY(sort_files(files, count, &arena, &found, err));
    merge(oms, wanted, found, count, tally);
    const size_t *counts = tally->counts;
    if (counts[BT_OMS_MISSING] || counts[BT_OMS_DIFFERENT] || counts[BT_OMS_EXTRA])
        return bt_fail(err, BATON_ERR_DIFFERS,
                       "not the files that were signed: %zu missing, %zu different, %zu extra",
                       counts[BT_OMS_MISSING], counts[BT_OMS_DIFFERENT], counts[BT_OMS_EXTRA]);
    return BATON_OK;
}
