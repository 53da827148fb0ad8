/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that `docker login` and `podman login` write:
 *
 *     {"auths": {"host[:port][/name]": {"auth": base64("user:password"), "identitytoken": "…"}},
 *      "credHelpers": {"host[:port]": "suffix"}, "credsStore": "suffix"}
 *
 * A key may also be a URL ("https://host/v1/", as docker writes its own). The longest key that the
 * repository is, or lies below, counts. Whatever else is in the file is not ours.
 */
#include "remote/credentials.h"

#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "codec/json.h"
#include "codec/text/base64.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)

void bt_secret_release(struct bt_buf *secret)
{
    if (secret->data)
        explicit_bzero(secret->data, secret->capacity);
    bt_buf_release(secret);
}

void bt_credentials_release(struct bt_credentials *credentials)
{
    bt_secret_release(&credentials->user);
    bt_secret_release(&credentials->password);
    bt_secret_release(&credentials->identity);
}

bool bt_credentials_given(const struct bt_credentials *credentials)
{
    return credentials->user.len > 0 || credentials->identity.len > 0;
}

/* ---- which entry ---- */

struct place {
    const char *host;
    const char *name;
};

static bool drop_prefix(struct bt_bytes *text, const char *prefix)
{
    size_t len = strlen(prefix);
    if (text->len < len || memcmp(text->ptr, prefix, len) != 0)
        return false;
    text->ptr += len;
    text->len -= len;
    return true;
}

static bool drop_suffix(struct bt_bytes *text, const char *suffix)
{
    size_t len = strlen(suffix);
    if (text->len < len || memcmp(text->ptr + text->len - len, suffix, len) != 0)
        return false;
    text->len -= len;
    return true;
}

/* A key as "host" or "host/name". */
static struct bt_bytes plain_key(struct bt_bytes key)
{
    if (!drop_prefix(&key, "https://"))
        (void)drop_prefix(&key, "http://");
    (void)drop_suffix(&key, "/");
    if (!drop_suffix(&key, "/v1"))
        (void)drop_suffix(&key, "/v2");
    return key;
}

/* How much of the place the key names; 0: another one. */
static size_t matched(struct bt_bytes key, const struct place *place)
{
    struct bt_bytes text = plain_key(key);
    size_t whole = text.len;
    if (whole == 0 || !drop_prefix(&text, place->host))
        return 0;
    if (text.len == 0)
        return whole;
    if (!drop_prefix(&text, "/"))
        return 0;
    struct bt_bytes name = bt_bytes_of(place->name);
    bool is_above = text.len > 0 && text.len <= name.len &&
                    memcmp(text.ptr, name.ptr, text.len) == 0 &&
                    (text.len == name.len || name.ptr[text.len] == '/');
    return is_above ? whole : 0;
}

static const struct bt_json *best_member(const struct bt_json *object, const struct place *place)
{
    const struct bt_json *best = NULL;
    size_t most = 0;
    for (size_t i = 0; object && object->kind == BT_JSON_OBJECT && i < object->count; i++) {
        size_t one = matched(object->items[i].key, place);
        if (one > most) {
            most = one;
            best = &object->items[i];
        }
    }
    return best;
}

/* ---- what it says ---- */

static baton_status take_pair(struct bt_bytes encoded, struct bt_credentials *ret,
                              struct baton_error *err)
{
    BT_AUTO_SECRET pair = BT_BUF_INIT(BT_CREDENTIAL_MAX);
    bool is_base64 = bt_base64_parse(encoded, &pair);
    BT_TRY(bt_buf_finish(&pair, "\"auth\"", err));
    const uint8_t *colon = pair.len ? memchr(pair.data, ':', pair.len) : NULL;
    if (!is_base64 || !colon)
        return bt_fail(err, BATON_ERR_INVALID,
                       "\"auth\" is not the base 64 of a user name, \":\" and a password");
    bt_buf_put(&ret->user, pair.data, (size_t)(colon - pair.data));
    bt_buf_put(&ret->password, colon + 1, pair.len - (size_t)(colon - pair.data) - 1);
    BT_TRY(bt_buf_finish(&ret->user, "a user name", err));
    return bt_buf_finish(&ret->password, "a password", err);
}

static baton_status take_entry(const struct bt_json *entry, struct bt_credentials *ret,
                               struct baton_error *err)
{
    const struct bt_json *auth = bt_json_find(entry, "auth");
    const struct bt_json *identity = bt_json_find(entry, "identitytoken");
    if (identity && identity->kind == BT_JSON_STRING && identity->text.len) {
        bt_buf_put(&ret->identity, identity->text.ptr, identity->text.len);
        return bt_buf_finish(&ret->identity, "\"identitytoken\"", err);
    }
    if (auth && auth->kind == BT_JSON_STRING && auth->text.len)
        return take_pair(auth->text, ret, err);
    return BATON_OK;
}

static baton_status ask_helper(const struct bt_json *suffix, const struct place *place,
                               struct bt_credentials *ret, struct baton_error *err)
{
    if (!suffix || suffix->kind != BT_JSON_STRING || suffix->text.len == 0)
        return BATON_OK;
    return bt_credential_helper(suffix->text, place->host, ret, err);
}

static baton_status read_document(struct bt_bytes text, const char *path, const struct place *place,
                                  struct bt_credentials *ret, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    BT_TRY(bt_json_parse(text, path, NULL, &arena, &root, err));
    BT_TRY(ask_helper(best_member(bt_json_find(root, "credHelpers"), place), place, ret, err));
    if (bt_credentials_given(ret))
        return BATON_OK;
    const struct bt_json *entry = best_member(bt_json_find(root, "auths"), place);
    if (entry && take_entry(entry, ret, err) != BATON_OK)
        return bt_error_prepend(err, "%s", path);
    if (bt_credentials_given(ret))
        return BATON_OK;
    return ask_helper(bt_json_find(root, "credsStore"), place, ret, err);
}

static baton_status read_file(const char *path, const struct place *place,
                              struct bt_credentials *ret, struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_AUTO_SECRET text = BT_BUF_INIT(FILE_BYTES_MAX);
    baton_status status = bt_fs_open_user(path, O_RDONLY, 0, &fd, err);
    if (status == BATON_ERR_NOT_FOUND)
        return BATON_OK;
    BT_TRY(status);
    BT_TRY(bt_fs_read_all(fd.fd, path, &text, err));
    return read_document(bt_buf_bytes(&text), path, place, ret, err);
}

baton_status bt_credentials_find(const char *const *files, const char *host, const char *name,
                                 struct bt_credentials *ret, struct baton_error *err)
{
    struct place place = {host, name};
    for (; files && *files && !bt_credentials_given(ret); files++)
        BT_TRY(read_file(*files, &place, ret, err));
    return BATON_OK;
}
