/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verb/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int notified = -1;

/* A path, or "@" and a name that no file has. */
void notify_open(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const char *name = getenv("NOTIFY_SOCKET");
    size_t len = name ? strlen(name) : 0;
    if (len < 2 || len >= sizeof at.sun_path || (name[0] != '/' && name[0] != '@'))
        return;
    memcpy(at.sun_path, name, len);
    if (name[0] == '@')
        at.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, size) == 0)
        notified = fd;
    else if (fd >= 0)
        (void)close(fd);
}

void notify_send(const char *text)
{
    if (notified >= 0)
        (void)send(notified, text, strlen(text), MSG_NOSIGNAL);
}
