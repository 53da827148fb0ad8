/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_KEY_H
#define BATON_KEY_H
/*
 * Keys of people: files of one's own, outside any store. A folder, for the command line
 * ~/.config/baton, has keys/NAME.pem, the secret (PKCS #8, readable by its owner only), and
 * keys/NAME.pub. Whose key may do what is the business of each store's ledger (baton/registry.h).
 */
#include <stddef.h>

#include "baton/error.h"
#include "baton/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the passphrase of `what`, with a NUL, into `text` of `size` bytes; 0 when there is none.
 */
typedef int (*baton_passphrase)(void *user, const char *what, char *text, size_t size);

/* With which key to sign. */
struct baton_identity {
    size_t size;
    const char *folder;          /* of the person's keys; NULL: `key` is a path */
    const char *key;             /* a name in it, or a path with a slash; NULL: "me" */
    baton_passphrase passphrase; /* NULL: keys with a passphrase cannot be used */
    void *user;
};

#define BATON_IDENTITY_INIT                                                                        \
    {                                                                                              \
        sizeof(struct baton_identity), 0, 0, 0, 0                                                  \
    }

/* A new key, under a name that is free (BATON_ERR_EXISTS). `algorithm` is "p256" (NULL: that) or
 * "ed25519". With `identity->passphrase` the file is encrypted.
 * {"algorithm","file","id","name"} */
BATON_API BATON_CHECK baton_status baton_key_new(const char *algorithm,
                                                 const struct baton_identity *identity,
                                                 struct baton_report *ret, struct baton_error *err);
/* {"folder","keys":[{"algorithm","encrypted","id","name"}]} */
BATON_API BATON_CHECK baton_status baton_key_list(const struct baton_identity *identity,
                                                  struct baton_report *ret,
                                                  struct baton_error *err);
/* The public half, for others. {"id","name","publicKey"} */
BATON_API BATON_CHECK baton_status baton_key_export(const struct baton_identity *identity,
                                                    struct baton_report *ret,
                                                    struct baton_error *err);
/* A secret key from a file of another tool (PKCS #8 PEM, P-256 or Ed25519), under identity->key,
 * encrypted when `encrypt` is not 0. {"algorithm","file","id","name"} */
BATON_API BATON_CHECK baton_status baton_key_import(const char *path, int encrypt,
                                                    const struct baton_identity *identity,
                                                    struct baton_report *ret,
                                                    struct baton_error *err);

#ifdef __cplusplus
}
#endif
#endif
