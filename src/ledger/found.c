/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/found.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "crypto/key_file.h"

#define VKEY_BYTES_MAX ((size_t)1024)
/* Of the key's id. */
#define NAME_DIGITS 16

void bt_log_signer_release(struct bt_log_signer *signer)
{
    bt_ed25519_secret_release(&signer->secret);
}

static baton_status signer_of(const struct bt_secret_key *secret, const char *prefix,
                              struct bt_log_signer *ret, struct baton_error *err)
{
    char name[BT_NOTE_NAME_MAX];
    char text[BT_DIGEST_TEXT_MAX];
    struct bt_ed25519_public public;
    struct bt_digest id;
    if (secret->public.algorithm != BT_KEY_ED25519)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "the key of a log must be Ed25519");
    memcpy(ret->secret.seed, secret->secret, sizeof ret->secret.seed);
    BT_TRY(bt_key_id(&secret->public, &id, err));
    BT_TRY(bt_ed25519_public_of(&ret->secret, &public, err));
    bt_digest_format(&id, text);
    (void)snprintf(name, sizeof name, "%s%.*s", prefix, NAME_DIGITS, bt_digest_hex(text));
    return bt_note_key_make(name, BT_NOTE_ED25519, &public, &ret->key, err);
}

static baton_status make_secret(int dir_fd, const char *file, struct bt_secret_key *ret,
                                struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    if (bt_key_file_read(dir_fd, file, NULL, ret, &why) == BATON_OK)
        return BATON_OK; /* of a run that was cut off */
    if (why.status != BATON_ERR_NOT_FOUND)
        return bt_fail(err, why.status, "%s", why.text);
    BT_TRY(bt_key_generate(BT_KEY_ED25519, ret, err));
    return bt_key_file_write(dir_fd, file, ret, NULL, err);
}

/* The public half comes last. */
static baton_status make_vkey(int dir_fd, const char *file, const struct bt_note_key *key,
                              struct baton_error *err)
{
    BT_AUTO_BUF line = BT_BUF_INIT(VKEY_BYTES_MAX);
    bt_note_key_format(key, &line);
    bt_buf_put_byte(&line, '\n');
    BT_TRY(bt_buf_finish(&line, file, err));
    return bt_fs_replace_beneath(dir_fd, file, 0666, bt_buf_bytes(&line), err);
}

baton_status bt_log_found(int dir_fd, const struct bt_log_files *files, struct baton_error *err)
{
    BT_CLEANUP(bt_log_signer_release)
    struct bt_log_signer signer = {.secret = BT_ED25519_SECRET_INIT};
    BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
    BT_TRY(make_secret(dir_fd, files->key, &secret, err));
    BT_TRY(signer_of(&secret, files->prefix, &signer, err));
    baton_status status = bt_log_create(dir_fd, &signer, err);
    if (status != BATON_OK && status != BATON_ERR_EXISTS)
        return status;
    return make_vkey(dir_fd, files->vkey, &signer.key, err);
}

baton_status bt_log_read_vkey(int dir_fd, const struct bt_log_files *files, struct bt_note_key *ret,
                              struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(VKEY_BYTES_MAX);
    BT_TRY(bt_fs_open_beneath(dir_fd, files->vkey, O_RDONLY, 0, &fd, err));
    BT_TRY(bt_fs_read_all(fd.fd, files->vkey, &text, err));
    struct bt_bytes line = bt_buf_bytes(&text);
    if (line.len && line.ptr[line.len - 1] == '\n')
        line.len--;
    if (bt_note_key_parse(line, ret, err) != BATON_OK)
        return bt_error_prepend(err, "%s", files->vkey);
    return BATON_OK;
}

baton_status bt_log_read_signer(int dir_fd, const struct bt_log_files *files,
                                struct bt_log_signer *ret, struct baton_error *err)
{
    BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
    struct bt_note_key key;
    BT_TRY(bt_log_read_vkey(dir_fd, files, &key, err));
    BT_TRY(bt_key_file_read(dir_fd, files->key, NULL, &secret, err));
    BT_TRY(signer_of(&secret, files->prefix, ret, err));
    if (memcmp(ret->key.public.bytes, key.public.bytes, sizeof key.public.bytes) != 0)
        return bt_fail(err, BATON_ERR_CORRUPT, "%s is not the key of %s", files->key, files->vkey);
    return BATON_OK;
}
