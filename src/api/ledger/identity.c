/* SPDX-License-Identifier: Apache-2.0 */
#include "api/ledger/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api_int.h"

/* ---- where ---- */

/* A name becomes a file's: nothing in it may lead elsewhere. */
static baton_status check_name(const char *name, struct baton_error *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = strlen(name);
    if (len == 0 || len > BT_KEY_NAME_MAX || name[0] == '.' || strspn(name, allowed) != len)
        return bt_fail(err, BATON_ERR_USAGE,
                       "\"%s\" cannot be the name of a key: up to 64 letters, digits, '.', '_' and "
                       "'-', not beginning with '.'",
                       name);
    return BATON_OK;
}

baton_status bt_identity_path(const struct baton_identity *who, const char *name,
                              const char *ending, struct bt_buf *ret, struct baton_error *err)
{
    BT_TRY(check_name(name, err));
    if (!who->folder)
        return bt_fail(err, BATON_ERR_NOT_FOUND,
                       "there is no folder for keys, so \"%s\" names none: give the path of a key",
                       name);
    bt_buf_printf(ret, "%s/keys/%s%s", who->folder, name, ending);
    return bt_buf_finish(ret, "the path of a key", err);
}

const char *bt_identity_name(const struct baton_identity *who)
{
    return who->key ? who->key : BT_KEY_NAME_DEFAULT;
}

static baton_status make_folder(const char *path, struct baton_error *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return bt_fail_os(err, errno, "cannot make folder %s", path);
    return BATON_OK;
}

baton_status bt_person_folder_make(const char *folder, const char *name, struct baton_error *err)
{
    BT_AUTO_BUF path = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    BT_AUTO_BUF above = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    const char *slash = strrchr(folder, '/');
    bt_buf_printf(&path, "%s/%s", folder, name);
    BT_TRY(bt_buf_finish(&path, "a person's folder", err));
    if (slash && slash != folder) {
        bt_buf_put(&above, folder, (size_t)(slash - folder));
        BT_TRY(bt_buf_finish(&above, "a person's folder", err));
        BT_TRY(make_folder(bt_buf_str(&above), err));
    }
    BT_TRY(make_folder(folder, err));
    return make_folder(bt_buf_str(&path), err);
}

/* ---- passphrases ---- */

struct asker {
    const struct baton_identity *who;
    const char *what;
};

static baton_status ask(void *user, uint8_t *text, size_t *ret_len, struct baton_error *err)
{
    const struct asker *asker = user;
    char *given = (char *)text;
    if (!asker->who->passphrase(asker->who->user, asker->what, given, BT_PASSPHRASE_MAX))
        return bt_fail(err, BATON_ERR_REFUSED, "no passphrase was given for %s", asker->what);
    *ret_len = strnlen(given, BT_PASSPHRASE_MAX);
    return BATON_OK;
}

baton_status bt_identity_read(const struct baton_identity *who, const char *path,
                              struct bt_secret_key *ret, struct baton_error *err)
{
    struct asker asker = {who, path};
    struct bt_passphrase passphrase = {ask, &asker};
    bool can_ask = who && who->passphrase;
    return bt_key_file_read(AT_FDCWD, path, can_ask ? &passphrase : NULL, ret, err);
}

/* ---- for signing ---- */

baton_status bt_identity_open(const struct baton_identity *who, struct bt_secret_key *ret,
                              struct baton_error *err)
{
    struct baton_identity ours = BATON_IDENTITY_INIT;
    BT_AUTO_BUF path = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    BT_TRY(bt_options_take(&ours, sizeof ours, who, err));
    const char *name = bt_identity_name(&ours);
    if (strchr(name, '/'))
        return bt_identity_read(&ours, name, ret, err);
    BT_TRY(bt_identity_path(&ours, name, ".pem", &path, err));
    baton_status status = bt_identity_read(&ours, bt_buf_str(&path), ret, err);
    if (status == BATON_ERR_NOT_FOUND)
        return bt_fail(err, status, "there is no key \"%s\" (%s); `baton key new` makes one", name,
                       bt_buf_str(&path));
    return status;
}

static baton_status write_public(const struct baton_identity *who, const char *name,
                                 const struct bt_public_key *key, struct baton_error *err)
{
    BT_AUTO_BUF path = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    BT_AUTO_BUF pem = BT_BUF_INIT(BT_KEY_PEM_MAX);
    BT_TRY(bt_identity_path(who, name, ".pub", &path, err));
    bt_key_format_pem(key, &pem);
    BT_TRY(bt_buf_finish(&pem, "a public key", err));
    return bt_fs_replace_user(bt_buf_str(&path), bt_buf_bytes(&pem), err);
}

baton_status bt_identity_write(const struct baton_identity *who, const char *name, bool encrypt,
                               const struct bt_secret_key *secret, struct baton_error *err)
{
    BT_AUTO_BUF path = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    struct asker asker = {who, name};
    struct bt_passphrase passphrase = {ask, &asker};
    BT_TRY(bt_identity_path(who, name, ".pem", &path, err));
    BT_TRY(bt_person_folder_make(who->folder, "keys", err));
    BT_TRY(
        bt_key_file_write(AT_FDCWD, bt_buf_str(&path), secret, encrypt ? &passphrase : NULL, err));
    return write_public(who, name, bt_key_public_of(secret), err);
}

bool bt_identity_is_cut_off(const struct baton_identity *who, const char *name)
{
    BT_AUTO_BUF secret = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    BT_AUTO_BUF public = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    return bt_identity_path(who, name, ".pem", &secret, NULL) == BATON_OK &&
           bt_identity_path(who, name, ".pub", &public, NULL) == BATON_OK &&
           access(bt_buf_str(&secret), F_OK) == 0 && access(bt_buf_str(&public), F_OK) != 0;
}

baton_status bt_identity_complete(const struct baton_identity *who, struct bt_secret_key *ret,
                                  struct baton_error *err)
{
    BT_TRY(bt_identity_open(who, ret, err));
    return write_public(who, bt_identity_name(who), bt_key_public_of(ret), err);
}

baton_status bt_identity_open_or_make(const struct baton_identity *who, struct bt_secret_key *ret,
                                      struct baton_error *err)
{
    struct baton_identity ours = BATON_IDENTITY_INIT;
    BT_AUTO_SECRET_KEY made = BT_SECRET_KEY_INIT;
    BT_TRY(bt_options_take(&ours, sizeof ours, who, err));
    if (bt_identity_is_cut_off(&ours, bt_identity_name(&ours)))
        return bt_identity_complete(&ours, ret, err);
    baton_status status = bt_identity_open(who, ret, err);
    if (status != BATON_ERR_NOT_FOUND)
        return status;
    BT_TRY(bt_key_generate(BT_KEY_P256, &made, err));
    status = bt_identity_write(&ours, bt_identity_name(&ours), false, &made, err);
    /* Somebody else made it at the same time: then that is the one. */
    if (status != BATON_OK && status != BATON_ERR_EXISTS)
        return status;
    return bt_identity_open(who, ret, err);
}

baton_status bt_public_key_read(const char *path, struct bt_public_key *ret,
                                struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_TRY(bt_map_user_file(path, 1 << 16, &map, err));
    if (bt_key_parse_pem(bt_map_bytes(&map), ret, err) != BATON_OK)
        return bt_error_prepend(err, "%s", path);
    return BATON_OK;
}
