/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>

#include "crypto/key_file.h"
#include "ledger/witness_int.h"

#define SECRET "key.pem"
#define VERIFIER "verifier"
#define KEY_TEXT_MAX 512

/* ---- small files ---- */

baton_status bt_witness_read_file(int dir_fd, const char *name, struct bt_buf *out,
                                  struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_TRY(bt_fs_open_beneath(dir_fd, name, O_RDONLY, 0, &fd, err));
    return bt_fs_read_all(fd.fd, name, out, err);
}

baton_status bt_witness_read_key(int dir_fd, const char *name, struct bt_note_key *ret,
                                 struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(KEY_TEXT_MAX);
    BT_TRY(bt_witness_read_file(dir_fd, name, &text, err));
    struct bt_bytes line = bt_buf_bytes(&text);
    if (line.len && line.ptr[line.len - 1] == '\n')
        line.len--;
    return bt_note_key_parse(line, ret, err);
}

baton_status bt_witness_write_key(int dir_fd, const char *name, const struct bt_note_key *key,
                                  struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(KEY_TEXT_MAX);
    bt_note_key_format(key, &text);
    bt_buf_put_str(&text, "\n");
    BT_TRY(bt_buf_finish(&text, "a verifier key", err));
    return bt_fs_replace_beneath(dir_fd, name, 0644, bt_buf_bytes(&text), err);
}

/* ---- the witness's own key ---- */

/* The same key as a cosigner's under `name`, and its seed. */
static baton_status take_secret(const struct bt_secret_key *from, const char *name,
                                struct bt_witness *ret, struct baton_error *err)
{
    struct bt_ed25519_public public;
    if (from->public.algorithm != BT_KEY_ED25519)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, SECRET " is no Ed25519 key");
    memcpy(ret->secret.seed, from->secret, sizeof ret->secret.seed);
    BT_TRY(bt_ed25519_public_of(&ret->secret, &public, err));
    return bt_note_key_make(name, BT_NOTE_COSIGNATURE, &public, &ret->key, err);
}

baton_status bt_witness_create(int dir_fd, const char *name, struct bt_note_key *ret,
                               struct baton_error *err)
{
    BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
    BT_AUTO_WITNESS made = BT_WITNESS_INIT;
    struct bt_note_key there;
    if (bt_witness_verifier(dir_fd, &there, NULL) == BATON_OK)
        return bt_fail(err, BATON_ERR_EXISTS, "this is a witness already: %s", there.name);
    /* Who was killed between the two files has the first. */
    baton_status found = bt_key_file_read(dir_fd, SECRET, NULL, &secret, err);
    if (found == BATON_ERR_NOT_FOUND)
        BT_TRY(bt_key_generate(BT_KEY_ED25519, &secret, err));
    else
        BT_TRY(found);
    BT_TRY(take_secret(&secret, name, &made, err));
    if (found == BATON_ERR_NOT_FOUND)
        BT_TRY(bt_key_file_write(dir_fd, SECRET, &secret, NULL, err));
    BT_TRY(bt_witness_write_key(dir_fd, VERIFIER, &made.key, err));
    *ret = made.key;
    return BATON_OK;
}

baton_status bt_witness_verifier(int dir_fd, struct bt_note_key *ret, struct baton_error *err)
{
    return bt_witness_read_key(dir_fd, VERIFIER, ret, err);
}

baton_status bt_witness_open(int dir_fd, struct bt_witness *ret, struct baton_error *err)
{
    BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
    BT_AUTO_WITNESS made = BT_WITNESS_INIT;
    struct bt_note_key verifier;
    BT_TRY(bt_witness_verifier(dir_fd, &verifier, err));
    BT_TRY(bt_key_file_read(dir_fd, SECRET, NULL, &secret, err));
    BT_TRY(take_secret(&secret, verifier.name, &made, err));
    if (memcmp(&made.key.public, &verifier.public, sizeof verifier.public) != 0)
        return bt_fail(err, BATON_ERR_CORRUPT, VERIFIER " is not the key of " SECRET);
    made.dir_fd = dir_fd;
    *ret = made;
    return BATON_OK;
}

void bt_witness_release(struct bt_witness *witness)
{
    bt_ed25519_secret_release(&witness->secret);
}
