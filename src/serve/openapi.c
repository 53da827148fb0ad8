/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/openapi.h"

#include <stdio.h>
#include <string.h>

#include "serve/routes.h"

#define REF "{\"$ref\":\"#/components/%s/%s\"}"

/* What is said of a path; schemas are those of openapi_schemas.c, and without one it is text. */
static const struct path {
    const char *pattern;
    const char *summary;
    const char *request;
    const char *response;
} paths[] = {
    {"/v2/health/live", "Whether the server lives", NULL, "Live"},
    {"/v2/health/ready", "Whether it takes requests", NULL, "Ready"},
    {"/metrics", "Counters, in the text form of Prometheus", NULL, NULL},
    {"/v2/docs/openapi.json", "This document", NULL, "Any"},
    {"/v2", "Which server this is", NULL, "Server"},
    {"/v2/models", "The models that are served", NULL, "Models"},
    {"/v2/models/{model}", "What a model takes and gives", NULL, "Model"},
    {"/v2/models/{model}/versions/{version}", "What a version takes and gives", NULL, "Model"},
    {"/v2/models/{model}/ready", "Whether a model is served", NULL, "ModelReady"},
    {"/v2/models/{model}/versions/{version}/ready", "Whether a version is served", NULL,
     "ModelReady"},
    {"/v2/models/{model}/infer", "Ask a model", "InferRequest", "InferResponse"},
    {"/v2/models/{model}/versions/{version}/infer", "Ask a version", "InferRequest",
     "InferResponse"},
    {"/models/{model}/invocations", "Ask a model, as MLflow's scoring server is", "Any", "Any"},
    {"/invocations", "Ask the only model, as MLflow's scoring server is", "Any", "Any"},
    {"/ping", "Whether the server lives, as MLflow asks", NULL, "Any"},
    {"/health", "The same", NULL, "Any"},
    {"/version", "Which MLflow this stands for", NULL, NULL},
};

static const struct path *find_path(const char *pattern)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strcmp(paths[i].pattern, pattern) == 0)
            return &paths[i];
    return NULL;
}

/* "get_v2_models_model_ready". */
static void put_id(struct bt_buf *out, const struct bt_route *route)
{
    bool is_word = true;
    for (const char *at = route->method; *at; at++)
        bt_buf_put_byte(out, (uint8_t)(*at | 0x20));
    for (const char *at = route->pattern; *at; at++) {
        bool was_word = is_word;
        is_word = !strchr("/{}.", *at);
        if (is_word && !was_word)
            bt_buf_put_byte(out, '_');
        if (is_word)
            bt_buf_put_byte(out, (uint8_t)*at);
    }
}

static void put_content(struct bt_buf *out, const char *schema)
{
    if (schema)
        bt_buf_printf(out, "\"content\":{\"application/json\":{\"schema\":" REF "}}", "schemas",
                      schema);
    else
        bt_buf_put_str(out, "\"content\":{\"text/plain\":{\"schema\":{\"type\":\"string\"}}}");
}

static void put_operation(struct bt_buf *out, const struct bt_route *route)
{
    const struct path *path = find_path(route->pattern);
    bt_buf_put_byte(out, '"');
    for (const char *at = route->method; *at; at++)
        bt_buf_put_byte(out, (uint8_t)(*at | 0x20));
    bt_buf_put_str(out, "\":{\"operationId\":\"");
    put_id(out, route);
    bt_buf_printf(out, "\",\"summary\":\"%s\",", path ? path->summary : "");
    /* Who comes over loopback may need none of them. */
    bt_buf_put_str(out,
                   route->need == BT_MAY_ANYBODY
                       ? "\"security\":[],"
                       : "\"security\":[{\"bearer\":[]},{\"basic\":[]},{\"mutualTLS\":[]},{}],");
    if (path && path->request) {
        bt_buf_put_str(out, "\"requestBody\":{\"required\":true,");
        put_content(out, path->request);
        bt_buf_put_str(out, "},");
    }
    bt_buf_put_str(out, "\"responses\":{\"200\":{\"description\":\"The answer.\",");
    put_content(out, path ? path->response : NULL);
    bt_buf_printf(out, "},\"default\":" REF "}}", "responses", "Error");
}

static void put_parameter(struct bt_buf *out, const char *pattern, const char *name, bool *is_first)
{
    char segment[32];
    (void)snprintf(segment, sizeof segment, "{%s}", name);
    if (!strstr(pattern, segment))
        return;
    bt_buf_printf(out,
                  "%s{\"name\":\"%s\",\"in\":\"path\",\"required\":true,"
                  "\"schema\":{\"type\":\"string\",\"maxLength\":%d}}",
                  *is_first ? "" : ",", name, BT_SEGMENT_MAX - 1);
    *is_first = false;
}

static bool is_first_of_path(size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (strcmp(bt_route_at(i)->pattern, bt_route_at(number)->pattern) == 0)
            return false;
    return true;
}

static void put_path(struct bt_buf *out, size_t number)
{
    const char *pattern = bt_route_at(number)->pattern;
    bool is_first = true;
    bt_buf_printf(out, "%s\"%s\":{\"parameters\":[", number ? "," : "", pattern);
    put_parameter(out, pattern, "model", &is_first);
    put_parameter(out, pattern, "version", &is_first);
    bt_buf_put_byte(out, ']');
    for (size_t i = number; i < bt_route_count(); i++) {
        if (strcmp(bt_route_at(i)->pattern, pattern) != 0)
            continue;
        bt_buf_put_byte(out, ',');
        put_operation(out, bt_route_at(i));
    }
    bt_buf_put_byte(out, '}');
}

void bt_openapi_put(struct bt_buf *out)
{
    bt_buf_put_str(
        out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"baton\",\"version\":\"" BATON_VERSION
             "\",\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"},"
             "\"description\":\"The Open Inference Protocol, version 2.\"},"
             "\"servers\":[{\"url\":\"/\"}],\"paths\":{");
    for (size_t i = 0; i < bt_route_count(); i++)
        if (is_first_of_path(i))
            put_path(out, i);
    bt_buf_put_str(out, "},\"components\":{\"schemas\":{");
    for (const struct bt_openapi_schema *s = bt_openapi_schemas; s->name; s++)
        bt_buf_printf(out, "%s\"%s\":%s", s == bt_openapi_schemas ? "" : ",", s->name, s->json);
    bt_buf_printf(out, "},\"responses\":%s,\"securitySchemes\":%s}}", bt_openapi_responses,
                  bt_openapi_security);
}

baton_status bt_openapi_answer(struct bt_call *call, struct baton_error *err)
{
    (void)err;
    bt_openapi_put(&call->answer->body);
    return BATON_OK;
}
