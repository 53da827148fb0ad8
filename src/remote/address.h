/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REMOTE_ADDRESS_H
#define BT_REMOTE_ADDRESS_H
/* "oci://HOST[:PORT]/NAME[:TAG|@sha256:…]", by the grammar of the distribution specification. */
#include <stdbool.h>

#include "crypto/digest.h"

#define BT_ADDRESS_SCHEME "oci://"
#define BT_ADDRESS_NAME_MAX ((size_t)255)
#define BT_ADDRESS_TAG_MAX ((size_t)128)

struct bt_address {
    char host[BT_ADDRESS_NAME_MAX + 1]; /* with ":PORT" when there is one */
    char name[BT_ADDRESS_NAME_MAX + 1];
    /* A tag, or a digest in its written form. */
    char reference[BT_ADDRESS_TAG_MAX + 1];
    bool has_digest;
    struct bt_digest digest;
};

BT_CHECK baton_status bt_address_parse(const char *text, struct bt_address *ret,
                                       struct baton_error *err);
/* Of a repository, without tag. */
BT_CHECK bool bt_repository_name_is_valid(struct bt_bytes name);
/* Without the port. */
bool bt_address_is_loopback(const struct bt_address *address);

#endif
