/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "codec/json.h"
#include "net/url.h"
#include "remote/remote_int.h"

/* A token may be refused once because it is too old, and once more because another thread's newer
 * one was, meanwhile, too. */
#define RENEWALS_MAX 2U

/* ---- a repository ---- */

static bool is_secure(const struct bt_remote *registry)
{
    const struct bt_remote_options *options = registry->options;
    if (options->plain_http)
        return false;
    return options->ca_file || !bt_address_is_loopback(&registry->address);
}

static baton_status make_scope(struct bt_remote *registry, const char *actions,
                               struct baton_error *err)
{
    struct bt_buf *scope = &registry->scope;
    const char *from = registry->options->mount_from;
    bt_buf_printf(scope, "scope=repository%%3A");
    bt_url_escape(registry->address.name, scope);
    bt_buf_printf(scope, "%%3A");
    bt_url_escape(actions, scope);
    if (from) {
        if (!bt_repository_name_is_valid(bt_bytes_of(from)))
            return bt_fail(err, BATON_ERR_USAGE, "\"%.100s\" is no name of a repository", from);
        bt_buf_printf(scope, "&scope=repository%%3A");
        bt_url_escape(from, scope);
        bt_buf_printf(scope, "%%3Apull");
    }
    return bt_buf_finish(scope, "a scope", err);
}

baton_status bt_remote_open(const char *address, const char *actions,
                            const struct bt_remote_options *options, struct bt_remote *ret,
                            struct baton_error *err)
{
    BT_TRY(bt_address_parse(address, &ret->address, err));
    ret->options = options;
    bt_buf_printf(&ret->base, "%s://%s/v2/", is_secure(ret) ? "https" : "http", ret->address.host);
    BT_TRY(bt_buf_finish(&ret->base, "a URL", err));
    BT_TRY(make_scope(ret, actions, err));
    BT_TRY(bt_credentials_find(options->auth_files, ret->address.host, ret->address.name,
                               &ret->credentials, err));
    /* With default attributes it cannot be refused on Linux. */
    (void)pthread_mutex_init(&ret->mutex, NULL);
    ret->has_mutex = true;
    return BATON_OK;
}

void bt_remote_release(struct bt_remote *registry)
{
    bt_buf_release(&registry->base);
    bt_buf_release(&registry->scope);
    bt_credentials_release(&registry->credentials);
    bt_secret_release(&registry->authorization);
    if (registry->has_mutex)
        (void)pthread_mutex_destroy(&registry->mutex);
    registry->has_mutex = false;
}

baton_status bt_remote_url(const struct bt_remote *registry, const char *path, struct bt_buf *ret,
                           struct baton_error *err)
{
    bt_buf_clear(ret);
    bt_buf_printf(ret, "%s%s/%s", bt_buf_str(&registry->base), registry->address.name, path);
    return bt_buf_finish(ret, "a URL", err);
}

/* ---- a thread's way to it ---- */

baton_status bt_link_open(struct bt_remote *registry, const volatile sig_atomic_t *stop,
                          struct bt_link *ret, struct baton_error *err)
{
    struct bt_http_options options = {.ca_file = registry->options->ca_file, .stop = stop};
    ret->registry = registry;
    ret->stop = stop;
    return bt_http_new(&options, &ret->http, err);
}

void bt_link_release(struct bt_link *link)
{
    bt_http_free(link->http);
    bt_http_answer_release(&link->answer);
    link->http = NULL;
}

/* A location of an upload may lie on another machine, which our secrets are no business of. */
static baton_status current_secret(struct bt_remote *registry, const char *url, struct bt_buf *ret,
                                   unsigned *ret_generation, struct baton_error *err)
{
    bool ours = false;
    BT_TRY(bt_url_same_origin(bt_buf_str(&registry->base), url, &ours, err));
    bt_buf_clear(ret);
    (void)pthread_mutex_lock(&registry->mutex);
    if (ours)
        bt_buf_put(ret, registry->authorization.data, registry->authorization.len);
    *ret_generation = registry->generation;
    (void)pthread_mutex_unlock(&registry->mutex);
    return bt_buf_finish(ret, "a header", err);
}

baton_status bt_link_try(struct bt_link *link, const struct bt_http_request *request,
                         struct baton_error *err)
{
    BT_AUTO_SECRET secret = BT_BUF_INIT(BT_HTTP_TEXT_MAX);
    struct bt_http_request signed_request = *request;
    for (unsigned renewals = 0;; renewals++) {
        unsigned generation = 0;
        BT_TRY(current_secret(link->registry, request->url, &secret, &generation, err));
        signed_request.authorization = secret.len ? bt_buf_str(&secret) : NULL;
        BT_TRY(bt_http_call(link->http, &signed_request, &link->answer, err));
        if (link->answer.status != 401)
            return BATON_OK;
        if (renewals == RENEWALS_MAX)
            return bt_link_fail(link, request->method, err);
        BT_TRY(bt_auth_renew(link, generation, err));
    }
}

baton_status bt_link_call(struct bt_link *link, const struct bt_http_request *request,
                          struct baton_error *err)
{
    struct bt_retry retry = BT_RETRY_INIT;
    for (;;) {
        baton_status status = bt_link_try(link, request, err);
        if (!bt_retry_wanted(&retry, status, &link->answer))
            return status;
        BT_TRY(bt_retry_wait(&retry, &link->answer, link->stop, err));
    }
}

baton_status bt_link_location(const struct bt_link *link, struct bt_buf *ret,
                              struct baton_error *err)
{
    const char *location = bt_http_field(&link->answer, "location");
    if (!location)
        return bt_fail(err, BATON_ERR_INVALID, "%s answered without a Location",
                       link->registry->address.host);
    return bt_url_resolve(bt_buf_str(&link->answer.url), location, ret, err);
}

/* ---- answers that nobody wanted ---- */

static baton_status status_of(unsigned http)
{
    switch (http) {
    case 401:
        return BATON_ERR_CREDENTIALS;
    case 403:
        return BATON_ERR_REFUSED;
    case 404:
        return BATON_ERR_NOT_FOUND;
    case 405:
    case 415:
        return BATON_ERR_UNSUPPORTED;
    case 408:
    case 429:
        return BATON_ERR_NETWORK;
    default:
        return http >= 500 ? BATON_ERR_NETWORK : BATON_ERR_INVALID;
    }
}

/* The first of the errors that the specification lets a registry explain itself with. */
static const char *explanation(const struct bt_http_answer *answer, struct bt_arena *arena)
{
    static const struct bt_json_limits limits = {
        .depth_max = 16, .bytes_max = BT_HTTP_TEXT_MAX, .values_max = 4096};
    const struct bt_json *root = NULL;
    const char *code = NULL;
    const char *message = "";
    if (bt_json_parse(bt_buf_bytes(&answer->body), "the answer", &limits, arena, &root, NULL) !=
        BATON_OK)
        return "";
    const struct bt_json *errors = bt_json_find(root, "errors");
    if (!errors || errors->kind != BT_JSON_ARRAY || errors->count == 0 ||
        bt_json_need_str(&errors->items[0], "code", arena, &code, NULL) != BATON_OK)
        return "";
    if (bt_json_need_str(&errors->items[0], "message", arena, &message, NULL) != BATON_OK)
        message = "";
    const char *text = bt_arena_printf(arena, ": %.40s: %.150s", code, message);
    return text ? text : "";
}

baton_status(bt_link_fail)(const struct bt_link *link, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_http_answer *answer = &link->answer;
    return bt_fail(err, status_of(answer->status), "%s: %s answered with status %u%s", what,
                   link->registry->address.host, answer->status, explanation(answer, &arena));
}
