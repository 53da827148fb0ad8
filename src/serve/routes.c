/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/routes.h"

#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "serve/access/browser.h"

#define ROUTE(method, pattern, need, function) {method, pattern, BT_MAY_##need, function},
static const struct bt_route routes[] = {BT_ROUTES(ROUTE)};
#undef ROUTE

/* What the segments of a path that stand for something are, decoded once. */
struct found {
    char model[BT_SEGMENT_MAX];
    char version[BT_SEGMENT_MAX];
};

size_t bt_route_count(void)
{
    return sizeof routes / sizeof routes[0];
}

const struct bt_route *bt_route_at(size_t number)
{
    return &routes[number];
}

/* ---- paths ---- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

/* "%2F" is a slash within a segment; what is no such thing, or a NUL, is no segment. */
static bool decode(const char *from, size_t len, char ret[BT_SEGMENT_MAX])
{
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        char c = from[i];
        if (c == '%') {
            int high = i + 2 < len ? hex_digit(from[i + 1]) : -1;
            int low = i + 2 < len ? hex_digit(from[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || out + 1 == BT_SEGMENT_MAX)
            return false;
        ret[out++] = c;
    }
    ret[out] = '\0';
    return out > 0;
}

static size_t segment_len(const char *path)
{
    return strcspn(path, "/");
}

static bool is_segment(const char *pattern, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(pattern, name, len) == 0;
}

/* Segment by segment. */
static bool matches(const char *pattern, const char *path, struct found *ret)
{
    while (*pattern == '/' && *path == '/') {
        size_t want = segment_len(++pattern);
        size_t have = segment_len(++path);
        bool good = is_segment(pattern, want, "{model}") ? decode(path, have, ret->model)
                    : is_segment(pattern, want, "{version}")
                        ? decode(path, have, ret->version)
                        : want == have && memcmp(pattern, path, want) == 0;
        if (!good)
            return false;
        pattern += want;
        path += have;
    }
    /* "/v2/" is "/v2", as the protocol's two texts have it. */
    return *pattern == '\0' && (*path == '\0' || strcmp(path, "/") == 0);
}

/* ---- answers ---- */

void bt_call_refuse(struct bt_server_answer *answer, unsigned status, const char *text)
{
    struct bt_json_writer w = bt_json_writer(&answer->body, 0);
    bt_buf_clear(&answer->body);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "error", text);
    bt_json_end_object(&w);
    answer->status = status;
    answer->content_type = "application/json";
}

static unsigned status_of(baton_status status)
{
    switch (status) {
    case BATON_ERR_INVALID:
    case BATON_ERR_USAGE:
    case BATON_ERR_LIMIT:
        return 400;
    case BATON_ERR_NOT_FOUND:
        return 404;
    case BATON_ERR_UNSUPPORTED:
        return 501;
    default:
        return 500;
    }
}

static enum bt_outcome outcome_of(baton_status status)
{
    if (status == BATON_OK)
        return BT_OUTCOME_ANSWERED;
    return status_of(status) == 500 ? BT_OUTCOME_FAILED : BT_OUTCOME_REFUSED;
}

static const struct bt_served *find_model(const struct bt_call *call, const struct found *found)
{
    for (size_t i = 0; i < call->model_count; i++) {
        const struct bt_served *model = call->models[i];
        if (strcmp(bt_served_model(model), found->model) == 0 &&
            (!found->version[0] || strcmp(bt_served_version(model), found->version) == 0))
            return model;
    }
    return NULL;
}

/* What is asked for an answer without a name. */
static const struct bt_served *find_only(const struct bt_call *call, const struct bt_route *route)
{
    return call->model_count == 1 && strcmp(route->method, "POST") == 0 ? call->models[0] : NULL;
}

/* Before anything is said: whoever may not use a model is not told whether there is one. `model` is
 * its name, or "". */
static bool admit(struct bt_call *call, const struct bt_route *route, const char *model)
{
    unsigned status = 0;
    if (!call->access || route->need == BT_MAY_ANYBODY)
        return true;
    status = bt_access_identify(call->access, call->request, call->answer, &call->caller);
    if (status == 0 && !bt_caller_may(&call->caller, route->need, *model ? model : NULL))
        status = 403;
    if (status)
        bt_call_refuse(call->answer, status, bt_access_text(status));
    return status == 0;
}

/* That somebody may not ask is decided about somebody, so it is logged; who nobody knows (401)
 * could fill the log. */
static void note_refusal(struct bt_call *call, const struct bt_route *route)
{
    if (call->answer->status != 403 || !call->model || strcmp(route->method, "POST") != 0)
        return;
    call->is_decision =
        bt_fail(&call->why, BATON_ERR_REFUSED, "%s", bt_access_text(403)) != BATON_OK;
}

static baton_status call_route(struct bt_call *call, const struct bt_route *route,
                               const struct found *found, struct baton_error *err)
{
    call->answer->content_type = "application/json";
    call->model = found->model[0] ? find_model(call, found) : find_only(call, route);
    if (!admit(call, route, call->model ? bt_served_model(call->model) : found->model)) {
        note_refusal(call, route);
        return BATON_OK;
    }
    if (found->model[0] && !call->model) {
        bt_call_refuse(call->answer, 404, "there is no such model or version here");
        return BATON_OK;
    }
    if (call->model)
        bt_server_answer_put(call->answer, "Baton-Bundle", bt_served_digest(call->model));
    call->is_decision = call->model && strcmp(route->method, "POST") == 0;
    baton_status status = route->call(call, &call->why);
    if (call->is_decision)
        bt_served_count(call->model, call->request->loop, outcome_of(status));
    if (status == BATON_OK)
        return BATON_OK;
    unsigned code = status_of(status);
    /* What went wrong here is for the log, not for the client. */
    const char *text = code == 500 ? "internal error" : call->why.text;
    (call->is_mlflow ? bt_mlflow_refuse : bt_call_refuse)(call->answer, code, text);
    return BATON_OK;
}

baton_status bt_route_call(struct bt_call *call, struct baton_error *err)
{
    const char *method = call->request->method;
    bool is_path = false;
    const char *why = NULL;
    unsigned refusal = bt_browser_refuses(call->request, call->hosts, !call->access, &why);
    if (refusal) {
        bt_call_refuse(call->answer, refusal, why);
        return BATON_OK;
    }
    for (size_t i = 0; i < bt_route_count(); i++) {
        struct found found = {.model = "", .version = ""};
        if (!matches(routes[i].pattern, call->request->path, &found))
            continue;
        is_path = true;
        /* The server leaves the body of an answer to HEAD away. */
        if (strcmp(method, routes[i].method) == 0 ||
            (strcmp(method, "HEAD") == 0 && strcmp(routes[i].method, "GET") == 0)) {
            call->answer->tag = 1 + (unsigned)i;
            return call_route(call, &routes[i], &found, err);
        }
    }
    bt_call_refuse(call->answer, is_path ? 405 : 404,
                   is_path ? "another method is needed here" : "there is nothing here");
    return BATON_OK;
}
