/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_NET_CODING_H
#define BT_NET_CODING_H
/*
 * Content codings of HTTP (RFC 9110 section 8.4): gzip (RFC 1952) and deflate, which is the zlib
 * format (RFC 1950). A body has one coding at most here.
 */
#include "base/buf.h"

enum bt_coding {
    BT_CODING_IDENTITY,
    BT_CODING_GZIP,
    BT_CODING_DEFLATE,
    BT_CODING_UNKNOWN,
};

/* The value of Content-Encoding; NULL where there is none. */
enum bt_coding bt_coding_of(const char *content_encoding);
/* What the value of Accept-Encoding likes best; NULL where there is none. */
enum bt_coding bt_coding_accepted(const char *accept_encoding);
/* "gzip" */
const char *bt_coding_name(enum bt_coding coding);

/* BATON_ERR_LIMIT for what becomes more than bytes_max, or very much more than it was;
 * BATON_ERR_INVALID for what is not in that coding as a whole. */
BT_CHECK baton_status bt_coding_decode(enum bt_coding coding, struct bt_bytes bytes,
                                       size_t bytes_max, struct bt_buf *out,
                                       struct baton_error *err);
BT_CHECK baton_status bt_coding_encode(enum bt_coding coding, struct bt_bytes bytes,
                                       struct bt_buf *out, struct baton_error *err);

#endif
