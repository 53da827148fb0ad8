/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CRYPTO_KEY_FILE_H
#define BT_CRYPTO_KEY_FILE_H
/*
 * Secret keys as files: PKCS #8 in PEM, as `openssl pkey` and `openssl genpkey` read and write it.
 * With a passphrase it is encrypted the way OpenSSL 3 does it by itself (PBES2: scrypt with N =
 * 16,384, r = 8, p = 1, then AES-256-CBC).
 *
 * A file is made new, never over another, and for its owner alone (mode 0600), and it is on the
 * disk when the call returns. One that its group or others may read is refused: a secret that
 * somebody else has seen is none. Every copy in memory is wiped.
 */
#include "crypto/key.h"

#define BT_PASSPHRASE_MAX ((size_t)1024)

/* Where a passphrase comes from; asked once, and only when there is need. */
struct bt_passphrase {
    /* At most BT_PASSPHRASE_MAX bytes into `text`, which is wiped afterwards. */
    baton_status (*ask)(void *user, uint8_t *text, size_t *ret_len, struct baton_error *err);
    void *user;
};

/* `passphrase` may be NULL: then an encrypted key is BATON_ERR_REFUSED. A wrong one is
 * BATON_ERR_DIFFERS. */
BT_CHECK baton_status bt_secret_key_parse(struct bt_bytes text,
                                          const struct bt_passphrase *passphrase,
                                          struct bt_secret_key *ret, struct baton_error *err);
/* `passphrase` NULL: not encrypted. What is in `out` is then the caller's to wipe. */
BT_CHECK baton_status bt_secret_key_format(const struct bt_secret_key *secret,
                                           const struct bt_passphrase *passphrase,
                                           struct bt_buf *out, struct baton_error *err);

/* A path below `dir_fd`; or, when that is AT_FDCWD, a path of the user's, whose last folder is made
 * (mode 0700) when it is missing. BATON_ERR_EXISTS when the file is there. */
BT_CHECK baton_status bt_key_file_write(int dir_fd, const char *path,
                                        const struct bt_secret_key *secret,
                                        const struct bt_passphrase *passphrase,
                                        struct baton_error *err);
/* BATON_ERR_REFUSED when the file is not its owner's alone. */
BT_CHECK baton_status bt_key_file_read(int dir_fd, const char *path,
                                       const struct bt_passphrase *passphrase,
                                       struct bt_secret_key *ret, struct baton_error *err);

#endif
