/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who we are, to a registry that asks (401 with WWW-Authenticate): Basic, or Bearer with a token
 * that another service gives out. The token service may be any machine that the registry names; it
 * gets what the user has for this registry, over https, or over http where the registry itself may
 * be spoken to by http. Nothing of it appears in a message.
 */
#include <string.h>

#include "codec/json.h"
#include "codec/text/base64.h"
#include "net/url.h"
#include "remote/challenge.h"
#include "remote/remote_int.h"

#define TOKEN_BYTES_MAX ((size_t)64 << 10)

/* The first challenge of that scheme, in whichever header it stands. */
static baton_status find_challenge(const struct bt_http_answer *answer, const char *scheme,
                                   struct bt_challenge *ret, bool *ret_found,
                                   struct baton_error *err)
{
    const char *field = NULL;
    *ret_found = false;
    while (!*ret_found && (field = bt_http_field_after(answer, "www-authenticate", field)))
        BT_TRY(bt_challenge_find(field, scheme, ret, ret_found, err));
    return BATON_OK;
}

/* ---- secrets ---- */

static void put_basic(const struct bt_credentials *credentials, struct bt_buf *out)
{
    BT_AUTO_SECRET pair = BT_BUF_INIT(2 * BT_CREDENTIAL_MAX + 1);
    bt_buf_put(&pair, credentials->user.data, credentials->user.len);
    bt_buf_put_byte(&pair, ':');
    bt_buf_put(&pair, credentials->password.data, credentials->password.len);
    bt_buf_put_str(out, "Basic ");
    bt_base64_format(bt_buf_bytes(&pair), out);
    bt_buf_inherit(out, &pair);
}

static baton_status fail_unknown(const struct bt_remote *registry, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_CREDENTIALS,
                   "%s wants to know who asks, and no file of credentials knows it: `docker login` "
                   "or `podman login %s` writes one",
                   registry->address.host, registry->address.host);
}

/* ---- tokens ---- */

/* Secrets in the clear go to where the registry's own would. */
static baton_status check_realm(const struct bt_remote *registry, const char *realm,
                                struct baton_error *err)
{
    BT_AUTO_BUF resolved = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    bool loopback = false;
    BT_TRY(bt_url_resolve(bt_buf_str(&registry->base), realm, &resolved, err));
    BT_TRY(bt_url_is_loopback(bt_buf_str(&resolved), &loopback, err));
    bool clear = strncmp(bt_buf_str(&resolved), "https:", 6) != 0;
    if (clear && !loopback && !registry->options->plain_http)
        return bt_fail(err, BATON_ERR_REFUSED,
                       "%s names a token service without https: \"%.*s\"; --plain-http allows it",
                       registry->address.host, bt_url_shown_len(realm), realm);
    return BATON_OK;
}

static void put_query(const struct bt_remote *registry, const struct bt_challenge *challenge,
                      struct bt_buf *out)
{
    if (challenge->service.len) {
        bt_buf_put_str(out, "service=");
        bt_url_escape(bt_buf_str(&challenge->service), out);
        bt_buf_put_byte(out, '&');
    }
    bt_buf_printf(out, "%s&client_id=baton", bt_buf_str(&registry->scope));
}

static baton_status ask_by_get(struct bt_link *link, const struct bt_challenge *challenge,
                               struct baton_error *err)
{
    const struct bt_remote *registry = link->registry;
    const char *realm = bt_buf_str(&challenge->realm);
    BT_AUTO_BUF url = BT_BUF_INIT(BT_REMOTE_URL_MAX);
    BT_AUTO_SECRET basic = BT_BUF_INIT(BT_HTTP_TEXT_MAX);
    bt_buf_printf(&url, "%s%c", realm, strchr(realm, '?') ? '&' : '?');
    put_query(registry, challenge, &url);
    BT_TRY(bt_buf_finish(&url, "a URL", err));
    if (registry->credentials.user.len)
        put_basic(&registry->credentials, &basic);
    BT_TRY(bt_buf_finish(&basic, "the credentials", err));
    struct bt_http_request request = {.method = "GET",
                                      .url = bt_buf_str(&url),
                                      .authorization = basic.len ? bt_buf_str(&basic) : NULL,
                                      .bytes_max = TOKEN_BYTES_MAX};
    return bt_http_call(link->http, &request, &link->answer, err);
}

/* With an identity token, by the form of OAuth 2. */
static baton_status ask_by_post(struct bt_link *link, const struct bt_challenge *challenge,
                                struct baton_error *err)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    const struct bt_remote *registry = link->registry;
    BT_AUTO_SECRET form = BT_BUF_INIT(4 * BT_CREDENTIAL_MAX);
    bt_buf_put_str(&form, "grant_type=refresh_token&");
    put_query(registry, challenge, &form);
    bt_buf_put_str(&form, "&refresh_token=");
    bt_url_escape(bt_buf_str(&registry->credentials.identity), &form);
    BT_TRY(bt_buf_finish(&form, "the credentials", err));
    struct bt_bytes bytes = bt_buf_bytes(&form);
    struct bt_http_body body = bt_http_body_of(&bytes);
    struct bt_http_request request = {.method = "POST",
                                      .url = bt_buf_str(&challenge->realm),
                                      .headers = headers,
                                      .body = &body,
                                      .bytes_max = TOKEN_BYTES_MAX};
    return bt_http_call(link->http, &request, &link->answer, err);
}

static baton_status ask(struct bt_link *link, const struct bt_challenge *challenge,
                        struct baton_error *err)
{
    struct bt_retry retry = BT_RETRY_INIT;
    for (;;) {
        baton_status status = link->registry->credentials.identity.len
                                  ? ask_by_post(link, challenge, err)
                                  : ask_by_get(link, challenge, err);
        if (!bt_retry_wanted(&retry, status, &link->answer))
            return status;
        BT_TRY(bt_retry_wait(&retry, &link->answer, link->stop, err));
    }
}

/* It becomes part of a header: no blank, no line break, nothing that is not ASCII. */
static bool is_plain(const char *token)
{
    if (!*token)
        return false;
    for (; *token; token++)
        if (*token <= ' ' || *token > '~')
            return false;
    return true;
}

static baton_status read_token(const struct bt_http_answer *answer, struct bt_buf *ret,
                               struct baton_error *err)
{
    static const struct bt_json_limits limits = {
        .depth_max = 16, .bytes_max = TOKEN_BYTES_MAX, .values_max = 4096};
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    const char *token = NULL;
    if (bt_json_parse(bt_buf_bytes(&answer->body), "the token", &limits, &arena, &root, NULL) !=
        BATON_OK)
        return bt_fail(err, BATON_ERR_INVALID, "the token service answered with no JSON");
    const char *key = bt_json_find(root, "token") ? "token" : "access_token";
    BT_TRY(bt_json_need_str(root, key, &arena, &token, err));
    if (!is_plain(token))
        return bt_fail(err, BATON_ERR_INVALID, "the token service gave something that is no token");
    bt_buf_printf(ret, "Bearer %s", token);
    return bt_buf_finish(ret, "the token", err);
}

static baton_status get_token(struct bt_link *link, const struct bt_challenge *challenge,
                              struct bt_buf *ret, struct baton_error *err)
{
    const struct bt_remote *registry = link->registry;
    if (challenge->realm.len == 0)
        return bt_fail(err, BATON_ERR_INVALID, "%s wants a token and names no service for it",
                       registry->address.host);
    BT_TRY(check_realm(registry, bt_buf_str(&challenge->realm), err));
    BT_TRY(ask(link, challenge, err));
    unsigned status = link->answer.status;
    if (status == 401 && !bt_credentials_given(&registry->credentials))
        return fail_unknown(registry, err);
    if (status != 200)
        return bt_link_fail(link, "asking for a token", err);
    return read_token(&link->answer, ret, err);
}

static baton_status answer_challenge(struct bt_link *link, struct bt_buf *ret,
                                     struct baton_error *err)
{
    const struct bt_remote *registry = link->registry;
    BT_AUTO_CHALLENGE challenge = BT_CHALLENGE_INIT;
    bool found = false;
    BT_TRY(find_challenge(&link->answer, "Bearer", &challenge, &found, err));
    if (found)
        return get_token(link, &challenge, ret, err);
    BT_TRY(find_challenge(&link->answer, "Basic", &challenge, &found, err));
    if (!found)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "%s wants neither Basic nor Bearer",
                       registry->address.host);
    if (registry->credentials.user.len == 0)
        return fail_unknown(registry, err);
    put_basic(&registry->credentials, ret);
    return bt_buf_finish(ret, "the credentials", err);
}

static baton_status renew_locked(struct bt_link *link, struct baton_error *err)
{
    struct bt_remote *registry = link->registry;
    BT_AUTO_SECRET fresh = BT_BUF_INIT(BT_HTTP_TEXT_MAX);
    BT_TRY(answer_challenge(link, &fresh, err));
    bt_buf_clear(&registry->authorization);
    bt_buf_put(&registry->authorization, fresh.data, fresh.len);
    registry->generation++;
    return bt_buf_finish(&registry->authorization, "a header", err);
}

baton_status bt_auth_renew(struct bt_link *link, unsigned generation, struct baton_error *err)
{
    struct bt_remote *registry = link->registry;
    bool ours = false;
    /* Another machine, where an upload was sent to: it is not our registry that asks. */
    BT_TRY(
        bt_url_same_origin(bt_buf_str(&registry->base), bt_buf_str(&link->answer.url), &ours, err));
    if (!ours)
        return bt_link_fail(link, "a machine that the registry led to", err);
    baton_status status = BATON_OK;
    (void)pthread_mutex_lock(&registry->mutex);
    if (registry->generation == generation)
        status = renew_locked(link, err);
    (void)pthread_mutex_unlock(&registry->mutex);
    return status;
}
