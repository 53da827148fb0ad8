/* SPDX-License-Identifier: Apache-2.0 */
#include "net/url.h"

#include <curl/curl.h>
#include <string.h>

static void free_url(CURLU **url)
{
    curl_url_cleanup(*url);
}
#define AUTO_URL BT_CLEANUP(free_url) CURLU *

static void free_text(char **text)
{
    curl_free(*text);
}
#define AUTO_TEXT BT_CLEANUP(free_text) char *

int bt_url_shown_len(const char *url)
{
    size_t len = strcspn(url, "?#");
    return (int)(len < 200 ? len : 200);
}

static baton_status set(CURLU *url, const char *text, struct baton_error *err)
{
    if (!url)
        return bt_fail(err, BATON_ERR_NO_MEMORY, "not enough memory for a URL");
    CURLUcode code = curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    if (code == CURLUE_OK)
        return BATON_OK;
    if (code == CURLUE_USER_NOT_ALLOWED)
        return bt_fail(err, BATON_ERR_REFUSED, "a URL with a user name or password in it");
    return bt_fail(err, BATON_ERR_INVALID, "\"%.*s\" is not a URL: %s", bt_url_shown_len(text),
                   text, curl_url_strerror(code));
}

static baton_status get(CURLU *url, CURLUPart part, char **ret, struct baton_error *err)
{
    CURLUcode code = curl_url_get(url, part, ret, CURLU_DEFAULT_PORT);
    if (code == CURLUE_OK)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INVALID, "a URL without what it needs: %s",
                   curl_url_strerror(code));
}

static bool is_scheme(const char *scheme, const char *name)
{
    return strcmp(scheme, name) == 0;
}

baton_status bt_url_resolve(const char *base, const char *location, struct bt_buf *ret,
                            struct baton_error *err)
{
    AUTO_URL url = curl_url();
    AUTO_TEXT before = NULL;
    AUTO_TEXT after = NULL;
    AUTO_TEXT whole = NULL;
    BT_TRY(set(url, base, err));
    BT_TRY(get(url, CURLUPART_SCHEME, &before, err));
    BT_TRY(set(url, location, err));
    BT_TRY(get(url, CURLUPART_SCHEME, &after, err));
    if (!is_scheme(after, "https") && !is_scheme(after, "http"))
        return bt_fail(err, BATON_ERR_REFUSED, "\"%.*s\" is neither http nor https",
                       bt_url_shown_len(location), location);
    if (is_scheme(before, "https") && is_scheme(after, "http"))
        return bt_fail(err, BATON_ERR_REFUSED, "\"%.*s\" leads from https to http",
                       bt_url_shown_len(location), location);
    CURLUcode code = curl_url_get(url, CURLUPART_URL, &whole, 0);
    if (code != CURLUE_OK)
        return bt_fail(err, BATON_ERR_INVALID, "a URL: %s", curl_url_strerror(code));
    bt_buf_clear(ret);
    bt_buf_put_str(ret, whole);
    return bt_buf_finish(ret, "a URL", err);
}

struct origin {
    char *scheme;
    char *host;
    char *port;
};

static void origin_release(struct origin *origin)
{
    curl_free(origin->scheme);
    curl_free(origin->host);
    curl_free(origin->port);
}
#define AUTO_ORIGIN BT_CLEANUP(origin_release) struct origin

static baton_status origin_of(const char *text, struct origin *ret, struct baton_error *err)
{
    AUTO_URL url = curl_url();
    BT_TRY(set(url, text, err));
    BT_TRY(get(url, CURLUPART_SCHEME, &ret->scheme, err));
    BT_TRY(get(url, CURLUPART_HOST, &ret->host, err));
    return get(url, CURLUPART_PORT, &ret->port, err);
}

baton_status bt_url_same_origin(const char *a, const char *b, bool *ret, struct baton_error *err)
{
    AUTO_ORIGIN first = {0};
    AUTO_ORIGIN second = {0};
    BT_TRY(origin_of(a, &first, err));
    BT_TRY(origin_of(b, &second, err));
    *ret = strcmp(first.scheme, second.scheme) == 0 && curl_strequal(first.host, second.host) &&
           strcmp(first.port, second.port) == 0;
    return BATON_OK;
}

/* By its text alone: asking a name server would let it decide. "127.evil.example" is no address. */
bool bt_host_is_loopback(const char *host)
{
    if (curl_strequal(host, "localhost") || strcmp(host, "[::1]") == 0)
        return true;
    return strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == '\0';
}

baton_status bt_url_is_loopback(const char *url, bool *ret, struct baton_error *err)
{
    AUTO_ORIGIN origin = {0};
    BT_TRY(origin_of(url, &origin, err));
    *ret = bt_host_is_loopback(origin.host);
    return BATON_OK;
}

void bt_url_escape(const char *text, struct bt_buf *out)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~";
    for (; *text; text++) {
        if (strchr(plain, *text))
            bt_buf_put_byte(out, (uint8_t)*text);
        else
            bt_buf_printf(out, "%%%02X", (unsigned)(uint8_t)*text);
    }
}
