/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_ACCESS_BROWSER_H
#define BT_SERVE_ACCESS_BROWSER_H
/*
 * What a page of somebody else may make a browser on this machine ask. A page whose name is made to
 * point here (DNS rebinding) asks for that name: so only names that are ours are answered, and
 * addresses, which no name server can lend out. A page may send forms and plain text across sites
 * without asking first: so a browser's POST has a type that it must ask for, and nobody answers
 * that question.
 */
#include "net/server.h"

/* 0, or the status to refuse with. `names` are the server's own beside "localhost", in any case of
 * letters, NULL at the end. `is_open`: nobody needs credentials, so the name must be one of these;
 * otherwise it must be where there are some. */
unsigned bt_browser_refuses(const struct bt_server_request *request, const char *const *names,
                            bool is_open, const char **ret_why);

#endif
