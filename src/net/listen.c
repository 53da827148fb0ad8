/* SPDX-License-Identifier: Apache-2.0 */
#include "net/server_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "codec/text/number.h"

#define BACKLOG 1024

/* "HOST:PORT" and "[HOST]:PORT" with numbers for both: a name could mean any machine. */
static baton_status resolve(const char *text, struct addrinfo **ret, struct baton_error *err)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    size_t len = colon ? (size_t)(colon - text) : 0;
    int64_t port = -1;
    bool bracketed = len > 2 && text[0] == '[' && text[len - 1] == ']';
    size_t skip = bracketed ? 1 : 0;
    bool is_port =
        colon && bt_i64_parse(bt_bytes_of(colon + 1), &port) && port >= 0 && port <= 65535;
    if (is_port && len > 2 * skip && len < sizeof host) {
        memcpy(host, text + skip, len - 2 * skip);
        host[len - 2 * skip] = '\0';
        if (getaddrinfo(host, colon + 1, &hints, ret) == 0)
            return BATON_OK;
    }
    return bt_fail(err, BATON_ERR_USAGE,
                   "\"%s\" is no address to listen on; expected one like 127.0.0.1:8080 or "
                   "[::1]:8080",
                   text);
}

static baton_status start(const struct addrinfo *at, const char *address, struct bt_fd *ret,
                          struct baton_error *err)
{
    int yes = 1;
    BT_AUTO_FD fd = BT_FD_INIT;
    fd.fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd.fd < 0 || setsockopt(fd.fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd.fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd.fd, BACKLOG) != 0)
        return bt_fail_os(err, errno, "cannot listen on %s", address);
    ret->fd = bt_fd_steal(&fd);
    return BATON_OK;
}

void bt_peer_format(const struct sockaddr_storage *from, char ret[BT_PEER_TEXT_MAX])
{
    const struct sockaddr_in *four = (const void *)from;
    const struct sockaddr_in6 *six = (const void *)from;
    bool is_six = from->ss_family == AF_INET6;
    const void *address = is_six ? (const void *)&six->sin6_addr : &four->sin_addr;
    if (!inet_ntop(from->ss_family, address, ret, BT_PEER_TEXT_MAX))
        ret[0] = '\0';
}

static baton_status note_address(int fd, char ret_text[BT_ADDRESS_TEXT_MAX],
                                 struct baton_error *err)
{
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof at;
    char host[48];
    char port[8];
    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0 ||
        getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return bt_fail_os(err, errno, "cannot tell where it listens");
    (void)snprintf(ret_text, BT_ADDRESS_TEXT_MAX, at.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
                   host, port);
    return BATON_OK;
}

baton_status bt_listen(const char *address, struct bt_fd *ret, char ret_text[BT_ADDRESS_TEXT_MAX],
                       struct baton_error *err)
{
    struct addrinfo *at = NULL;
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_TRY(resolve(address, &at, err));
    baton_status status = start(at, address, &fd, err);
    freeaddrinfo(at);
    BT_TRY(status);
    BT_TRY(note_address(fd.fd, ret_text, err));
    ret->fd = bt_fd_steal(&fd);
    return BATON_OK;
}
