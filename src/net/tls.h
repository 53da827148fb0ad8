/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_NET_TLS_H
#define BT_NET_TLS_H
/*
 * TLS on the server's side of a connection: version 1.3 or 1.2, HTTP/1.1 by ALPN, no renegotiation,
 * no compression. The handshake is a part of the first reading, so it has that deadline.
 * The only file that knows libssl is tls.c.
 */
#include <sys/types.h>
#include <sys/uio.h>

#include "net/server.h"

/* Paths of PEM files. */
struct bt_tls_files {
    const char *certificate; /* and those of its issuers */
    const char *key;
    const char *client_ca; /* NULL: clients are not asked for a certificate */
    bool needs_client;     /* who has none that this CA vouches for is turned away */
};

struct bt_tls;
struct bt_tls_session;

/* Reads the files, as PEM; a key that does not fit its certificate is refused. */
BT_CHECK baton_status bt_tls_open(const struct bt_tls_files *files, struct bt_tls **ret,
                                  struct baton_error *err);
void bt_tls_close(struct bt_tls *tls);

/* NULL: no memory. The descriptor stays the caller's. */
struct bt_tls_session *bt_tls_session_new(struct bt_tls *tls, int fd);
void bt_tls_session_free(struct bt_tls_session *session);
/* As recv(2) and writev(2) on a socket that does not wait: -1 and EAGAIN is "later". */
ssize_t bt_tls_read(struct bt_tls_session *session, void *bytes, size_t len);
ssize_t bt_tls_write(struct bt_tls_session *session, const struct iovec parts[2]);
/* After EAGAIN: it waits until it can write, and not until there is something to read. */
bool bt_tls_wants_write(const struct bt_tls_session *session);
/* Bytes have been read off the socket that nobody has taken. */
bool bt_tls_has_more(const struct bt_tls_session *session);
/* Tell the client that nothing more comes. */
void bt_tls_end(struct bt_tls_session *session);
/* "uri:…\0dns:…\0cn:…\0\0": as whom its certificate, which the CA vouches for, names the client;
 * "" when it has none. */
const char *bt_tls_names(const struct bt_tls_session *session);

#endif
