/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_ROUTES_H
#define BT_SERVE_ROUTES_H
/*
 * All that a client can ask. A route is a method, a pattern whose {model} and {version} stand for
 * one segment each, what its caller must be allowed to do (enum bt_may, without a word there it
 * does not compile), and the function that answers.
 */
#include "codec/json.h"
#include "net/server.h"
#include "serve/access/access.h"
#include "serve/served.h"

#define BT_ROUTES(ROUTE)                                                                           \
    ROUTE("GET", "/v2/health/live", ANYBODY, bt_oip_live)                                          \
    ROUTE("GET", "/v2/health/ready", ANYBODY, bt_oip_ready)                                        \
    ROUTE("GET", "/metrics", WATCH, bt_tally_answer)                                               \
    ROUTE("GET", "/v2/docs/openapi.json", VIEW, bt_openapi_answer)                                 \
    ROUTE("GET", "/v2", VIEW, bt_oip_server)                                                       \
    ROUTE("GET", "/v2/models", VIEW, bt_oip_models)                                                \
    ROUTE("GET", "/v2/models/{model}", VIEW, bt_oip_model)                                         \
    ROUTE("GET", "/v2/models/{model}/versions/{version}", VIEW, bt_oip_model)                      \
    ROUTE("GET", "/v2/models/{model}/ready", VIEW, bt_oip_model_ready)                             \
    ROUTE("GET", "/v2/models/{model}/versions/{version}/ready", VIEW, bt_oip_model_ready)          \
    ROUTE("POST", "/v2/models/{model}/infer", INFER, bt_oip_infer)                                 \
    ROUTE("POST", "/v2/models/{model}/versions/{version}/infer", INFER, bt_oip_infer)              \
    ROUTE("POST", "/models/{model}/invocations", INFER, bt_mlflow_invoke)                          \
    ROUTE("POST", "/invocations", INFER, bt_mlflow_invoke)                                         \
    ROUTE("GET", "/ping", ANYBODY, bt_mlflow_ping)                                                 \
    ROUTE("GET", "/health", ANYBODY, bt_mlflow_ping)                                               \
    ROUTE("GET", "/version", VIEW, bt_mlflow_version)

#define BT_SEGMENT_MAX 160

/* What a route that answers with a model has taken and made of it: what the decision log keeps. */
struct bt_inference {
    struct bt_arena arena;         /* of what the request says */
    const struct bt_json *request; /* NULL where it was not read that far */
    const char *id;                /* the client's own, or NULL */
    struct bt_values inputs;       /* as the model took them */
    struct bt_values outputs;      /* all that it gave */
};

struct bt_tally;

/* What the server says of itself. */
struct bt_serve_self {
    const struct bt_tally *metrics;
    const struct bt_server *server;
    struct bt_decisions *decisions; /* NULL: nothing is logged */
};

/* One request on its way to its answer. */
struct bt_call {
    const struct bt_server_request *request;
    struct bt_server_answer *answer;
    const struct bt_serve_self *self;
    const char *const *hosts; /* names of this server beside "localhost", NULL at the end */
    struct bt_access *access; /* NULL: anybody may do anything */
    struct bt_caller caller;  /* anonymous until a route asks who it is */
    const struct bt_served *const *models; /* all that are served */
    size_t model_count;
    const struct bt_served *model; /* that the path names; NULL where it names none */
    struct bt_inference inference;
    struct baton_error why; /* what was refused, in words; status BATON_OK: nothing */
    bool is_mlflow;         /* refusals are in MLflow's form */
    bool is_decision;       /* it asked for an answer by a model, and was answered or refused */
};

/* Failing is told to the client: INVALID, USAGE and LIMIT as 400, NOT_FOUND as 404, UNSUPPORTED as
 * 501, in the protocol's form; anything else is ours, a 500, and not told. */
typedef baton_status bt_route_function(struct bt_call *call, struct baton_error *err);

bt_route_function bt_oip_live, bt_oip_ready, bt_oip_server, bt_oip_models, bt_oip_model,
    bt_oip_model_ready, bt_oip_infer, bt_tally_answer, bt_mlflow_invoke, bt_mlflow_ping,
    bt_mlflow_version, bt_openapi_answer;

struct bt_route {
    const char *method;
    const char *pattern;
    enum bt_may need;
    bt_route_function *call;
};

size_t bt_route_count(void);
const struct bt_route *bt_route_at(size_t number);

/* Make it {"error":TEXT}, with this status. */
void bt_call_refuse(struct bt_server_answer *answer, unsigned status, const char *text);
/* The same as MLflow has it: {"error_code":…,"message":TEXT}. */
void bt_mlflow_refuse(struct bt_server_answer *answer, unsigned status, const char *text);
/* Find the route and call it. */
BT_CHECK baton_status bt_route_call(struct bt_call *call, struct baton_error *err);

#endif
