/* SPDX-License-Identifier: Apache-2.0 */
/* The witness over HTTP: two addresses, and everything else is not there. */
#include <string.h>
#include <time.h>

#include "api/api_int.h"
#include "api/witness/witness_int.h" /* IWYU pragma: keep */
#include "codec/text/base64.h"
#include "net/server.h"

#define ADD "/add-checkpoint"
#define CHECKPOINT "/checkpoint"

struct service {
    const struct bt_witness *witness;
    struct baton_witness_service options;
};

static baton_status say(struct bt_server_answer *answer, unsigned status, const char *text)
{
    answer->status = status;
    bt_buf_printf(&answer->body, "%s\n", text);
    return BATON_OK;
}

static baton_status add(const struct service *service, const struct bt_server_request *request,
                        struct bt_server_answer *answer, struct baton_error *err)
{
    enum bt_witness_code code = BT_WITNESS_MALFORMED;
    if (strcmp(request->method, "POST") != 0)
        return say(answer, 405, "a checkpoint is added with POST");
    BT_TRY(bt_witness_answer(service->witness, request->body, (uint64_t)time(NULL), &code,
                             &answer->body, err));
    answer->status = code;
    if (code == BT_WITNESS_OTHER_SIZE)
        answer->content_type = BT_WITNESS_SIZE_TYPE;
    return BATON_OK;
}

/* "/HASH/checkpoint" */
static bool parse_path(const char *path, struct bt_digest *ret)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_DIGEST_BYTES);
    size_t len = strlen(path);
    if (len != 1 + BT_DIGEST_HEX_LEN + strlen(CHECKPOINT) || path[0] != '/' ||
        strcmp(path + 1 + BT_DIGEST_HEX_LEN, CHECKPOINT) != 0)
        return false;
    if (!bt_hex_parse((struct bt_bytes){(const uint8_t *)path + 1, BT_DIGEST_HEX_LEN}, &bytes))
        return false;
    memcpy(ret->bytes, bytes.data, BT_DIGEST_BYTES);
    return true;
}

static baton_status show(const struct service *service, const struct bt_server_request *request,
                         const struct bt_digest *origin, struct bt_server_answer *answer,
                         struct baton_error *err)
{
    bool is_get = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    if (!is_get)
        return say(answer, 405, "a checkpoint is read with GET");
    baton_status status = bt_witness_checkpoint(service->witness, origin, &answer->body, err);
    return status == BATON_ERR_NOT_FOUND
               ? say(answer, 404, "nothing was signed for a log of that name")
               : status;
}

static baton_status handle(void *user, const struct bt_server_request *request,
                           struct bt_server_answer *answer, struct baton_error *err)
{
    const struct service *service = user;
    struct bt_digest origin;
    if (strcmp(request->path, ADD) == 0)
        return add(service, request, answer, err);
    if (parse_path(request->path, &origin))
        return show(service, request, &origin, answer, err);
    return say(answer, 404, "there is " ADD " and /HASH" CHECKPOINT);
}

static void answered(void *user, const struct bt_server_request *request,
                     const struct bt_server_answer *answer, const char *why)
{
    const struct baton_witness_service *options = &((const struct service *)user)->options;
    if (options->answered)
        options->answered(options->user, request ? request->method : NULL,
                          request ? request->path : NULL, answer->status, why);
}

static void close_server(struct bt_server **server)
{
    bt_server_close(*server);
}

baton_status baton_witness_serve(const baton_witness *witness,
                                 const struct baton_witness_service *service,
                                 const struct baton_progress *progress, struct baton_error *err)
{
    BT_CLEANUP(close_server) struct bt_server *server = NULL;
    struct service own = {&witness->witness, BATON_WITNESS_SERVICE_INIT};
    BT_TRY(bt_options_take(&own.options, sizeof own.options, service, err));
    if (!own.options.listen)
        return bt_fail(err, BATON_ERR_USAGE, "no address to listen on is given");
    const struct bt_server_options options = {
        .listen = own.options.listen,
        .limits = {.body_bytes = BT_WITNESS_REQUEST_MAX},
        .handle = handle,
        .seen = answered,
        .user = &own,
    };
    BT_TRY(bt_server_open(&options, &server, err));
    if (own.options.listening)
        own.options.listening(own.options.user, bt_server_address(server));
    return bt_server_run(server, progress, err);
}
