/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REMOTE_CHALLENGE_H
#define BT_REMOTE_CHALLENGE_H
/* WWW-Authenticate (RFC 9110, 11.6.1): who is asked for what. */
#include <stdbool.h>

#include "base/buf.h"

#define BT_CHALLENGE_VALUE_MAX ((size_t)2048)

struct bt_challenge {
    struct bt_buf realm; /* empty: none */
    struct bt_buf service;
};

#define BT_CHALLENGE_INIT                                                                          \
    {                                                                                              \
        .realm = BT_BUF_INIT(BT_CHALLENGE_VALUE_MAX),                                              \
        .service = BT_BUF_INIT(BT_CHALLENGE_VALUE_MAX)                                             \
    }
#define BT_AUTO_CHALLENGE BT_CLEANUP(bt_challenge_release) struct bt_challenge

void bt_challenge_release(struct bt_challenge *challenge);
/* The first challenge of `scheme` among those in the value of one header. Says whether there is
 * one; the rest of a header that breaks the rules is passed over. */
BT_CHECK baton_status bt_challenge_find(const char *field, const char *scheme,
                                        struct bt_challenge *ret, bool *ret_found,
                                        struct baton_error *err);

#endif
