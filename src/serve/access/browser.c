/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/access/browser.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 256

/* Without the port. */
static bool name_of(const char *host, char ret[HOST_MAX])
{
    const char *end = host[0] == '[' ? strchr(host, ']') : strrchr(host, ':');
    size_t len = !end ? strlen(host) : (size_t)(end - host) + (host[0] == '[');
    if (len >= HOST_MAX)
        return false;
    memcpy(ret, host, len);
    ret[len] = '\0';
    return true;
}

static bool is_ours(const char *host, const char *const *names)
{
    char name[HOST_MAX];
    struct in_addr four;
    if (!name_of(host, name))
        return false;
    if (name[0] == '[' || inet_pton(AF_INET, name, &four) == 1 ||
        strcasecmp(name, "localhost") == 0)
        return true;
    for (; names && *names; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

/* Types that a page may send to another site unasked (the Fetch standard's safelist), or none. */
static bool is_form(const char *type)
{
    static const char *const forms[] = {"text/plain", "application/x-www-form-urlencoded",
                                        "multipart/form-data"};
    size_t len = type ? strcspn(type, "; \t") : 0;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strlen(forms[i]) == len && strncasecmp(type, forms[i], len) == 0)
            return true;
    return len == 0;
}

static bool is_elsewhere(const char *site)
{
    return site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
}

unsigned bt_browser_refuses(const struct bt_server_request *request, const char *const *names,
                            bool is_open, const char **ret_why)
{
    const char *host = bt_server_field(request, "host");
    const char *site = bt_server_field(request, "sec-fetch-site");
    bool is_browser = site || bt_server_field(request, "origin");
    bool is_asked_for = is_open || (names && *names);
    if (host && is_asked_for && !is_ours(host, names)) {
        *ret_why = "this server does not go by that name: start it with --host NAME";
        return 421;
    }
    if (!is_browser || strcmp(request->method, "POST") != 0)
        return 0;
    if (is_elsewhere(site)) {
        *ret_why = "a page of another site asks";
        return 403;
    }
    *ret_why = "a browser must send application/json or application/octet-stream";
    return is_form(bt_server_field(request, "content-type")) ? 415 : 0;
}
