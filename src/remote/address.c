/* SPDX-License-Identifier: Apache-2.0 */
#include "remote/address.h"

#include <string.h>

#include "base/checked.h"
#include "net/url.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool consists_of(struct bt_bytes text, const char *letters)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\0' || !strchr(letters, text.ptr[i]))
            return false;
    return true;
}

/* One ".", one or two "_", any number of "-"; the length of what is there, 0 for none. */
static size_t separator_length(const uint8_t *at, size_t len)
{
    size_t same = 1;
    if (!strchr("._-", at[0]) || at[0] == '\0')
        return 0;
    while (same < len && at[same] == at[0])
        same++;
    size_t most = at[0] == '.' ? 1 : at[0] == '_' ? 2 : len;
    return same <= most ? same : 0;
}

bool bt_repository_name_is_valid(struct bt_bytes name)
{
    bool after_word = false;
    if (name.len == 0 || name.len > BT_ADDRESS_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len;) {
        struct bt_bytes one = {name.ptr + i, 1};
        size_t len = 1;
        if (consists_of(one, LOWER DIGITS)) {
            after_word = true;
        } else {
            len = *one.ptr == '/' ? 1 : separator_length(one.ptr, name.len - i);
            if (!after_word || len == 0)
                return false;
            after_word = false;
        }
        i += len;
    }
    return after_word;
}

static bool tag_is_valid(struct bt_bytes tag)
{
    return tag.len > 0 && tag.len <= BT_ADDRESS_TAG_MAX && tag.ptr[0] != '.' && tag.ptr[0] != '-' &&
           consists_of(tag, LOWER UPPER DIGITS "_.-");
}

/* Where the name of a machine ends and perhaps a port begins; an IPv6 address stands in brackets.
 */
static size_t machine_length(struct bt_bytes host)
{
    const uint8_t *bracket =
        host.len && host.ptr[0] == '[' ? memchr(host.ptr, ']', host.len) : NULL;
    size_t from = bracket ? (size_t)(bracket - host.ptr) : 0;
    const uint8_t *colon = host.len ? memchr(host.ptr + from, ':', host.len - from) : NULL;
    return colon ? (size_t)(colon - host.ptr) : host.len;
}

static bool machine_is_valid(struct bt_bytes machine)
{
    if (machine.len > 2 && machine.ptr[0] == '[' && machine.ptr[machine.len - 1] == ']')
        return consists_of((struct bt_bytes){machine.ptr + 1, machine.len - 2},
                           "abcdefABCDEF" DIGITS ":.");
    return machine.len > 0 && machine.ptr[0] != '-' &&
           consists_of(machine, LOWER UPPER DIGITS ".-");
}

static bool host_is_valid(struct bt_bytes host)
{
    size_t len = machine_length(host);
    if (host.len > BT_ADDRESS_NAME_MAX || !machine_is_valid((struct bt_bytes){host.ptr, len}))
        return false;
    if (len == host.len)
        return true;
    struct bt_bytes port = {host.ptr + len + 1, host.len - len - 1};
    return port.len > 0 && port.len <= 5 && consists_of(port, DIGITS);
}

static void copy_text(char *to, struct bt_bytes text)
{
    memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
}

/* What follows the name: nothing, ":TAG" or "@DIGEST". */
static baton_status take_reference(struct bt_address *address, char kind, struct bt_bytes text,
                                   struct baton_error *err)
{
    if (kind == '@') {
        if (!bt_digest_parse(text, &address->digest))
            return bt_fail(err, BATON_ERR_USAGE,
                           "\"%.*s\" is no digest: expected sha256: and 64 lower-case digits",
                           (int)bt_min(text.len, 80), (const char *)text.ptr);
        address->has_digest = true;
    } else if (!tag_is_valid(text)) {
        return bt_fail(err, BATON_ERR_USAGE,
                       "\"%.*s\" is no tag: expected up to %zu letters, digits, '_', '.', '-'",
                       (int)bt_min(text.len, 80), (const char *)text.ptr, BT_ADDRESS_TAG_MAX);
    }
    copy_text(address->reference, text);
    return BATON_OK;
}

baton_status bt_address_parse(const char *text, struct bt_address *ret, struct baton_error *err)
{
    struct bt_address address = {.reference = "latest"};
    size_t scheme = strlen(BT_ADDRESS_SCHEME);
    if (strncmp(text, BT_ADDRESS_SCHEME, scheme) != 0)
        return bt_fail(err, BATON_ERR_USAGE, "\"%.200s\" does not begin with " BT_ADDRESS_SCHEME,
                       text);
    const char *host = text + scheme;
    size_t host_len = strcspn(host, "/");
    struct bt_bytes host_bytes = {(const uint8_t *)host, host_len};
    const char *name = host + host_len + (host[host_len] == '/');
    size_t name_len = strcspn(name, ":@");
    struct bt_bytes name_bytes = {(const uint8_t *)name, name_len};
    /* What was typed is not shown: it may be a password. */
    if (host_len && memchr(host, '@', host_len))
        return bt_fail(err, BATON_ERR_USAGE,
                       "an address has no user and no password; `docker login` or `podman login` "
                       "keeps them");
    if (!host_is_valid(host_bytes))
        return bt_fail(err, BATON_ERR_USAGE, "\"%.200s\": \"%.*s\" is no HOST or HOST:PORT", text,
                       (int)bt_min(host_len, 80), host);
    if (!bt_repository_name_is_valid(name_bytes))
        return bt_fail(err, BATON_ERR_USAGE,
                       "\"%.200s\": \"%.*s\" is no repository: expected lower-case words joined by "
                       "'.', '_', '-' in parts joined by '/'",
                       text, (int)bt_min(name_len, 80), name);
    copy_text(address.host, host_bytes);
    copy_text(address.name, name_bytes);
    if (name[name_len])
        BT_TRY(take_reference(&address, name[name_len], bt_bytes_of(name + name_len + 1), err));
    *ret = address;
    return BATON_OK;
}

bool bt_address_is_loopback(const struct bt_address *address)
{
    char host[BT_ADDRESS_NAME_MAX + 1];
    struct bt_bytes whole = bt_bytes_of(address->host);
    copy_text(host, (struct bt_bytes){whole.ptr, machine_length(whole)});
    return bt_host_is_loopback(host);
}
