/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_ACCESS_H
#define BATON_ACCESS_H
/*
 * Who may ask a server of a store, and what: tokens. The store keeps their hashes, in
 * STORE/access/grants, where people and certificates have their roles, too. A server that runs
 * takes a change within a second.
 */
#include <stddef.h>

#include "baton/bundle.h"
#include "baton/error.h"
#include "baton/store.h"
#include "baton/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

struct baton_token {
    size_t size;
    const char *name;     /* small letters, digits, - _ . */
    const char *role;     /* "viewer", "predictor" (NULL: that), "auditor", "admin" */
    baton_strings models; /* NULL: all */
    /* "2027-01-01T00:00:00Z", "90d", "12h", or "never"; NULL: "90d" */
    const char *expires;
};

#define BATON_TOKEN_INIT                                                                           \
    {                                                                                              \
        sizeof(struct baton_token), 0, 0, 0, 0                                                     \
    }

/* A new token under a name that is free (BATON_ERR_EXISTS). This is the only time it is told.
 * {"expires","models":[],"name","role","token"} */
BATON_API BATON_CHECK baton_status baton_token_create(const baton_store *store,
                                                      const struct baton_token *token,
                                                      struct baton_report *ret,
                                                      struct baton_error *err);
/* {"grants":[{"expires","expired","models":[],"role","who"}]}, people and certificates, too;
 * "expires" and "expired" are a token's. */
BATON_API BATON_CHECK baton_status baton_token_list(const baton_store *store,
                                                    struct baton_report *ret,
                                                    struct baton_error *err);
/* {"name"}; BATON_ERR_NOT_FOUND */
BATON_API BATON_CHECK baton_status baton_token_revoke(const baton_store *store, const char *name,
                                                      struct baton_report *ret,
                                                      struct baton_error *err);

#ifdef __cplusplus
}
#endif
#endif
