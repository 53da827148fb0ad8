/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_NET_URL_H
#define BT_NET_URL_H
/* URLs that others send us: what a relative one means, and whether two lead to the same place. */
#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* `location` as seen from `base`, absolute. Refused: another scheme than http and https, http from
 * an https page, a user name or password in it. */
BT_CHECK baton_status bt_url_resolve(const char *base, const char *location, struct bt_buf *ret,
                                     struct baton_error *err);
/* The same scheme, host and port. */
BT_CHECK baton_status bt_url_same_origin(const char *a, const char *b, bool *ret,
                                         struct baton_error *err);
/* A machine that no network lies before: localhost, 127.0.0.0/8, [::1]. */
bool bt_host_is_loopback(const char *host);
BT_CHECK baton_status bt_url_is_loopback(const char *url, bool *ret, struct baton_error *err);
/* How much of a URL messages show: what follows may be a secret. */
int bt_url_shown_len(const char *url);
/* Letters, digits and "-._~" stay, everything else becomes %XX. */
void bt_url_escape(const char *text, struct bt_buf *out);

#endif
