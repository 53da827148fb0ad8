/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_IDENTITY_H
#define BT_API_IDENTITY_H
/* The keys of the person who calls. */
#include <stdbool.h>

#include "baton/key.h"
#include "crypto/key_file.h"

#define BT_KEY_NAME_DEFAULT "me"
#define BT_KEY_NAME_MAX ((size_t)64)

#define BT_IDENTITY_PATH_MAX ((size_t)4096)

/* The folder `name` in a person's own, that one, and what it lies in (~/.config); not what is
 * above.
 */
BT_CHECK baton_status bt_person_folder_make(const char *folder, const char *name,
                                            struct baton_error *err);
/* Its key, or the default. */
const char *bt_identity_name(const struct baton_identity *who);
/* keys/NAME with an ending, in the folder of `who`. */
BT_CHECK baton_status bt_identity_path(const struct baton_identity *who, const char *name,
                                       const char *ending, struct bt_buf *ret,
                                       struct baton_error *err);
/* A key file, with the passphrase of `who` where it needs one. */
BT_CHECK baton_status bt_identity_read(const struct baton_identity *who, const char *path,
                                       struct bt_secret_key *ret, struct baton_error *err);
/* Both halves, new. */
BT_CHECK baton_status bt_identity_write(const struct baton_identity *who, const char *name,
                                        bool encrypt, const struct bt_secret_key *secret,
                                        struct baton_error *err);
/* Of a key that is being made or is to be made: whoever was killed between its two files left the
 * secret one. Then complete() makes the public one from it; `ret` is the key. */
bool bt_identity_is_cut_off(const struct baton_identity *who, const char *name);
BT_CHECK baton_status bt_identity_complete(const struct baton_identity *who,
                                           struct bt_secret_key *ret, struct baton_error *err);
/* A public key in PEM, from a file of the user's. */
BT_CHECK baton_status bt_public_key_read(const char *path, struct bt_public_key *ret,
                                         struct baton_error *err);

/* The secret key of `who` (NULL: the default identity). BATON_ERR_NOT_FOUND says how to make one.
 */
BT_CHECK baton_status bt_identity_open(const struct baton_identity *who, struct bt_secret_key *ret,
                                       struct baton_error *err);
/* The same, made when it is missing. */
BT_CHECK baton_status bt_identity_open_or_make(const struct baton_identity *who,
                                               struct bt_secret_key *ret, struct baton_error *err);

#endif
