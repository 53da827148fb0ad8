/* SPDX-License-Identifier: Apache-2.0 */
#include "baton/key.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_int.h"
#include "api/ledger/identity.h"

#define KEYS_LISTED_MAX 4096

static baton_status report_key(const struct baton_identity *who, const struct bt_public_key *key,
                               struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    BT_AUTO_BUF path = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    BT_TRY(bt_identity_path(who, bt_identity_name(who), ".pem", &path, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "algorithm", bt_key_algorithm_name(key->algorithm));
    bt_json_key(&w, "file");
    bt_json_put_buf(&w, &path);
    BT_TRY(bt_report_member_key_id(&w, "id", key, err));
    bt_json_member_str(&w, "name", bt_identity_name(who));
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

static baton_status algorithm_named(const char *name, enum bt_key_algorithm *ret,
                                    struct baton_error *err)
{
    if (!name || strcmp(name, "p256") == 0)
        *ret = BT_KEY_P256;
    else if (strcmp(name, "ed25519") == 0)
        *ret = BT_KEY_ED25519;
    else
        return bt_fail(err, BATON_ERR_USAGE, "\"%s\" is no algorithm: expected p256 or ed25519",
                       name);
    return BATON_OK;
}

baton_status baton_key_new(const char *algorithm, const struct baton_identity *identity,
                           struct baton_report *ret, struct baton_error *err)
{
    struct baton_identity ours = BATON_IDENTITY_INIT;
    BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
    enum bt_key_algorithm chosen = BT_KEY_P256;
    BT_TRY(bt_options_take(&ours, sizeof ours, identity, err));
    BT_TRY(algorithm_named(algorithm, &chosen, err));
    if (bt_identity_is_cut_off(&ours, bt_identity_name(&ours))) {
        BT_TRY(bt_identity_complete(&ours, &secret, err));
    } else {
        BT_TRY(bt_key_generate(chosen, &secret, err));
        BT_TRY(bt_identity_write(&ours, bt_identity_name(&ours), ours.passphrase != NULL, &secret,
                                 err));
    }
    return report_key(&ours, bt_key_public_of(&secret), ret, err);
}

baton_status baton_key_import(const char *path, int encrypt, const struct baton_identity *identity,
                              struct baton_report *ret, struct baton_error *err)
{
    struct baton_identity ours = BATON_IDENTITY_INIT;
    BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
    BT_TRY(bt_options_take(&ours, sizeof ours, identity, err));
    BT_TRY(bt_identity_read(&ours, path, &secret, err));
    BT_TRY(bt_identity_write(&ours, bt_identity_name(&ours), encrypt != 0, &secret, err));
    return report_key(&ours, bt_key_public_of(&secret), ret, err);
}

static baton_status read_public(const struct baton_identity *who, const char *name,
                                struct bt_public_key *ret, struct baton_error *err)
{
    BT_AUTO_BUF path = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    BT_TRY(bt_identity_path(who, name, ".pub", &path, err));
    return bt_public_key_read(bt_buf_str(&path), ret, err);
}

baton_status baton_key_export(const struct baton_identity *identity, struct baton_report *ret,
                              struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    BT_AUTO_BUF pem = BT_BUF_INIT(BT_KEY_PEM_MAX);
    struct baton_identity who = BATON_IDENTITY_INIT;
    struct bt_public_key key;
    BT_TRY(bt_options_take(&who, sizeof who, identity, err));
    BT_TRY(read_public(&who, bt_identity_name(&who), &key, err));
    bt_key_format_pem(&key, &pem);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    BT_TRY(bt_report_member_key_id(&w, "id", &key, err));
    bt_json_member_str(&w, "name", bt_identity_name(&who));
    bt_json_key(&w, "publicKey");
    bt_json_put_buf(&w, &pem);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* ---- list ---- */

struct names {
    char names[KEYS_LISTED_MAX][BT_KEY_NAME_MAX + 1];
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void names_free(struct names **names)
{
    bt_free(*names);
}

static baton_status find_names(const char *folder, struct names *ret, struct baton_error *err)
{
    BT_AUTO_DIR dir = BT_DIR_INIT;
    BT_AUTO_FD fd = BT_FD_INIT;
    baton_status status = bt_fs_open_user(folder, O_RDONLY | O_DIRECTORY, 0, &fd, err);
    if (status == BATON_ERR_NOT_FOUND)
        return BATON_OK;
    BT_TRY(status);
    BT_TRY(bt_dir_open(fd.fd, ".", &dir, err));
    for (const char *name = NULL;;) {
        BT_TRY(bt_dir_next(&dir, &name, err));
        if (!name || ret->count == KEYS_LISTED_MAX)
            break;
        size_t len = strlen(name);
        if (len <= 4 || len - 4 > BT_KEY_NAME_MAX || strcmp(name + len - 4, ".pub") != 0)
            continue;
        memcpy(ret->names[ret->count], name, len - 4);
        ret->names[ret->count++][len - 4] = '\0';
    }
    qsort(ret->names, ret->count, sizeof ret->names[0], compare_names);
    return BATON_OK;
}

/* Told from the file's first line; the key itself is not looked at. */
static bool is_encrypted(const struct baton_identity *who, const char *name)
{
    static const char head[] = "-----BEGIN ENCRYPTED ";
    BT_AUTO_BUF path = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    BT_AUTO_MAP map = BT_MAP_INIT;
    return bt_identity_path(who, name, ".pem", &path, NULL) == BATON_OK &&
           bt_map_user_file(bt_buf_str(&path), 1 << 16, &map, NULL) == BATON_OK &&
           map.len >= sizeof head - 1 && memcmp(map.ptr, head, sizeof head - 1) == 0;
}

static baton_status put_key(struct bt_json_writer *w, const struct baton_identity *who,
                            const char *name, struct baton_error *err)
{
    struct bt_public_key key;
    BT_TRY(read_public(who, name, &key, err));
    bt_json_begin_object(w);
    bt_json_member_str(w, "algorithm", bt_key_algorithm_name(key.algorithm));
    bt_json_member_bool(w, "encrypted", is_encrypted(who, name));
    BT_TRY(bt_report_member_key_id(w, "id", &key, err));
    bt_json_member_str(w, "name", name);
    bt_json_end_object(w);
    return BATON_OK;
}

baton_status baton_key_list(const struct baton_identity *identity, struct baton_report *ret,
                            struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    BT_AUTO_BUF folder = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    BT_CLEANUP(names_free) struct names *names = bt_calloc(1, sizeof *names);
    if (!names)
        return bt_fail_no_memory(err, "the list of keys");
    struct baton_identity who = BATON_IDENTITY_INIT;
    BT_TRY(bt_options_take(&who, sizeof who, identity, err));
    if (!who.folder)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "there is no folder for keys");
    bt_buf_printf(&folder, "%s/keys", who.folder);
    BT_TRY(bt_buf_finish(&folder, "the folder of keys", err));
    BT_TRY(find_names(bt_buf_str(&folder), names, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_key(&w, "folder");
    bt_json_put_buf(&w, &folder);
    bt_json_key(&w, "keys");
    bt_json_begin_array(&w);
    for (size_t i = 0; i < names->count; i++)
        BT_TRY(put_key(&w, &who, names->names[i], err));
    bt_json_end_array(&w);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}
