/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References. The written form "credit:3" is at the same time the value of the annotation
 * org.opencontainers.image.ref.name, so `skopeo … oci:.baton:credit:3` needs no translation. The
 * grammar of model names is what that annotation, registry repository names, and a reader who types
 * them have in common.
 */
#include <string.h>

#include "store/store_int.h"

#define PREFIX "sha256:"
#define PREFIX_LEN (sizeof PREFIX - 1)
#define HEX_LEN_MIN ((size_t)8)
#define VERSION_DIGITS_MAX ((size_t)9)

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_separator(char c)
{
    return c == '.' || c == '_' || c == '-' || c == '/';
}

/* Words joined by single separators: never two in a row, never one at an end. */
static bool is_model_name(const char *name, size_t len)
{
    if (len == 0 || len > BT_MODEL_NAME_MAX || !is_word_byte(name[len - 1]))
        return false;
    bool word_before = false;
    for (size_t i = 0; i < len; i++) {
        bool word = is_word_byte(name[i]);
        if (!word && !(is_separator(name[i]) && word_before))
            return false;
        word_before = word;
    }
    return true;
}

baton_status bt_model_name_check(const char *name, struct baton_error *err)
{
    if (is_model_name(name, strlen(name)))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_USAGE,
                   "model name \"%.160s\": expected at most %zu lower-case letters and digits, "
                   "joined by single '.', '_', '-' or '/', as in \"credit\" or \"risk/credit-eu\"",
                   name, BT_MODEL_NAME_MAX);
}

static bool parse_version(const char *text, uint64_t *ret)
{
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > VERSION_DIGITS_MAX || text[len] != '\0' || text[0] == '0')
        return false;
    uint64_t version = 0;
    for (const char *p = text; *p; p++)
        version = version * 10 + (uint64_t)(*p - '0');
    *ret = version;
    return true;
}

bool bt_ref_parse(const char *text, char ret_model[BT_REF_TEXT_MAX], uint64_t *ret_version)
{
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    if (!is_model_name(text, len) || !parse_version(colon + 1, ret_version))
        return false;
    memcpy(ret_model, text, len);
    ret_model[len] = '\0';
    return true;
}

/* ---- resolving ---- */

static baton_status take_unique(const struct bt_store_entry *found,
                                const struct bt_store_entry *other, const char *ref,
                                const struct bt_store *store, struct baton_error *err)
{
    if (bt_digest_equal(&found->blob.digest, &other->blob.digest))
        return BATON_OK;
    char a[BT_DIGEST_TEXT_MAX];
    char b[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&found->blob.digest, a);
    bt_digest_format(&other->blob.digest, b);
    return bt_fail(err, BATON_ERR_INVALID,
                   "\"%.160s\" means two bundles in store %s: %s and %s; name one by its digest",
                   ref, store->path, a, b);
}

typedef bool match_fn(const struct bt_store_entry *entry, const char *ref);

static bool has_ref_name(const struct bt_store_entry *entry, const char *ref)
{
    return entry->ref_name && strcmp(entry->ref_name, ref) == 0;
}

static bool has_digest_prefix(const struct bt_store_entry *entry, const char *ref)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&entry->blob.digest, text);
    return strncmp(text, ref, strlen(ref)) == 0;
}

/* The only bundle that matches; `*ret` stays NULL when there is none. */
static baton_status find_one(const struct bt_store *store, const struct bt_index *index,
                             match_fn *match, const char *ref, const struct bt_store_entry **ret,
                             struct baton_error *err)
{
    const struct bt_store_entry *found = NULL;
    for (size_t i = 0; i < index->count; i++) {
        const struct bt_store_entry *entry = &index->entries[i];
        if (!match(entry, ref))
            continue;
        if (found)
            BT_TRY(take_unique(found, entry, ref, store, err));
        else
            found = entry;
    }
    *ret = found;
    return BATON_OK;
}

static const struct bt_store_entry *find_latest(const struct bt_index *index, const char *model)
{
    const struct bt_store_entry *found = NULL;
    BT_BUG_ON(index->count && !index->entries);
    /* Sorted by version within a model: the last one is the highest. */
    for (size_t i = 0; i < index->count; i++)
        if (index->entries[i].model && strcmp(index->entries[i].model, model) == 0)
            found = &index->entries[i];
    return found;
}

static baton_status fail_not_found(const struct bt_store *store, const struct bt_index *index,
                                   const char *ref, struct baton_error *err)
{
    char model[BT_REF_TEXT_MAX];
    uint64_t version = 0;
    const struct bt_store_entry *latest =
        bt_ref_parse(ref, model, &version) ? find_latest(index, model) : NULL;
    if (latest)
        return bt_fail(err, BATON_ERR_NOT_FOUND,
                       "no bundle \"%.160s\" in store %s: the highest version there is %llu", ref,
                       store->path, (unsigned long long)latest->version);
    return bt_fail(err, BATON_ERR_NOT_FOUND,
                   "no bundle \"%.160s\" in store %s; `baton list` shows what it has", ref,
                   store->path);
}

static baton_status check_digest_prefix(const char *ref, struct baton_error *err)
{
    const char *hex = ref + PREFIX_LEN;
    size_t len = strspn(hex, "0123456789abcdef");
    if (hex[len] == '\0' && len >= HEX_LEN_MIN && len <= BT_DIGEST_HEX_LEN)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_USAGE,
                   "\"%.160s\": expected \"sha256:\" and %zu to %zu lower-case hexadecimal digits",
                   ref, HEX_LEN_MIN, BT_DIGEST_HEX_LEN);
}

baton_status bt_store_resolve(const struct bt_store *store, const char *ref, struct bt_arena *arena,
                              struct bt_store_entry *ret, struct baton_error *err)
{
    struct bt_index index;
    const struct bt_store_entry *found = NULL;
    bool by_digest = strncmp(ref, PREFIX, PREFIX_LEN) == 0;
    if (by_digest)
        BT_TRY(check_digest_prefix(ref, err));
    BT_TRY(bt_index_read(store, arena, &index, err));
    BT_TRY(find_one(store, &index, by_digest ? has_digest_prefix : has_ref_name, ref, &found, err));
    if (!found)
        found = find_latest(&index, ref);
    if (!found)
        return fail_not_found(store, &index, ref, err);
    *ret = *found;
    return BATON_OK;
}

baton_status bt_store_list(const struct bt_store *store, struct bt_arena *arena,
                           const struct bt_store_entry **ret, size_t *ret_count,
                           struct baton_error *err)
{
    struct bt_index index;
    BT_TRY(bt_index_read(store, arena, &index, err));
    *ret = index.entries;
    *ret_count = index.count;
    return BATON_OK;
}
