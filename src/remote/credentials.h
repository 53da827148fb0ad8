/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REMOTE_CREDENTIALS_H
#define BT_REMOTE_CREDENTIALS_H
/* What a user is known by at a registry, from the files that `docker login` and `podman login`
 * write. Wiped on release. */
#include <stdbool.h>

#include "base/buf.h"

#define BT_CREDENTIAL_MAX ((size_t)32 << 10)

struct bt_credentials {
    struct bt_buf user;
    struct bt_buf password;
    struct bt_buf identity; /* a refresh token, instead of both */
};

#define BT_CREDENTIALS_INIT                                                                        \
    {                                                                                              \
        .user = BT_BUF_INIT(BT_CREDENTIAL_MAX), .password = BT_BUF_INIT(BT_CREDENTIAL_MAX),        \
        .identity = BT_BUF_INIT(BT_CREDENTIAL_MAX)                                                 \
    }

void bt_credentials_release(struct bt_credentials *credentials);
/* Overwrite, then release. */
void bt_secret_release(struct bt_buf *secret);
#define BT_AUTO_SECRET BT_CLEANUP(bt_secret_release) struct bt_buf

bool bt_credentials_given(const struct bt_credentials *credentials);

/* The first of `files` (missing ones are passed over) that says something about the repository
 * `name` at `host`; nothing is found when none does. A file that names a program for it
 * (credHelpers, credsStore) has it run: bt_credential_helper(). */
BT_CHECK baton_status bt_credentials_find(const char *const *files, const char *host,
                                          const char *name, struct bt_credentials *ret,
                                          struct baton_error *err);
/* Ask the program docker-credential-SUFFIX, which PATH leads to. Nothing is found when it says so.
 */
BT_CHECK baton_status bt_credential_helper(struct bt_bytes suffix, const char *host,
                                           struct bt_credentials *ret, struct baton_error *err);

#endif
