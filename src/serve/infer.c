/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request of the Open Inference Protocol, through the model, and its answer.
 *
 * Its data are in the JSON document or, by the binary tensor extension, behind it: then the header
 * Inference-Header-Content-Length says where the document ends. "0" there is raw mode: no document
 * at all, the body is the only input. Which form outputs have is the client's to say, for all of
 * them ("binary_data_output") or for each ("binary_data").
 */
#include <string.h>

#include "codec/json.h"
#include "data/oip.h"
#include "serve/routes.h"

#define ID_MAX ((size_t)1024)
#define JSON_LENGTH "Inference-Header-Content-Length"

/* ---- the request ---- */

/* A member that may be left out, or be null, which some clients write instead. */
static const struct bt_json *find_optional(const struct bt_json *object, const char *key)
{
    const struct bt_json *found = bt_json_find(object, key);
    return found && found->kind != BT_JSON_NULL ? found : NULL;
}

/* How long the document is; the body is all of it where no header says otherwise. */
static baton_status read_json_len(const struct bt_server_request *request, size_t *ret,
                                  struct baton_error *err)
{
    const char *text = bt_server_field(request, JSON_LENGTH);
    const struct bt_json number = {.kind = BT_JSON_NUMBER, .text = bt_bytes_of(text ? text : "")};
    uint64_t len = request->body.len;
    if (text && (!*text || bt_json_u64(&number, &len, NULL) != BATON_OK || len > request->body.len))
        return bt_fail(err, BATON_ERR_INVALID,
                       JSON_LENGTH ": expected a number from 0 to %zu, the length of the body",
                       request->body.len);
    *ret = (size_t)len;
    return BATON_OK;
}

static baton_status read_id(struct bt_inference *i, struct baton_error *err)
{
    if (find_optional(i->request, "id"))
        BT_TRY(bt_json_need_str(i->request, "id", &i->arena, &i->id, err));
    if (i->id && strlen(i->id) > ID_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "\"id\" is longer than %zu bytes", ID_MAX);
    return BATON_OK;
}

/* A lone value of another name is none of the model's, to a program that speaks a protocol. */
static baton_status check_names(const struct bt_call *call, struct baton_error *err)
{
    struct bt_ports ports = bt_served_inputs(call->model);
    const struct bt_values *inputs = &call->inference.inputs;
    for (size_t i = 0; i < inputs->count; i++) {
        bool is_known = false;
        for (size_t p = 0; p < ports.count && !is_known; p++)
            is_known = strcmp(ports.ports[p].name, inputs->items[i].name) == 0;
        if (!is_known)
            return bt_fail(err, BATON_ERR_INVALID, "the model has no input \"%.160s\"",
                           inputs->items[i].name);
    }
    return BATON_OK;
}

/* More than a model has by that many is no slip of the pen: names are compared with each other, so
 * it is not even begun. */
#define INPUTS_BEYOND 64
static baton_status check_count(const struct bt_call *call, struct baton_error *err)
{
    const struct bt_json *inputs = bt_json_find(call->inference.request, "inputs");
    size_t most = bt_served_inputs(call->model).count;
    if (inputs && inputs->kind == BT_JSON_ARRAY && inputs->count > most + INPUTS_BEYOND)
        return bt_fail(err, BATON_ERR_INVALID, "%zu inputs, the model has %zu", inputs->count,
                       most);
    return BATON_OK;
}

static baton_status read_document(struct bt_call *call, size_t json_len, struct baton_error *err)
{
    struct bt_bytes body = call->request->body;
    struct bt_inference *i = &call->inference;
    BT_TRY(bt_oip_open((struct bt_bytes){body.ptr, json_len}, "the request", &i->arena, &i->request,
                       err));
    if (i->request->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "the request is no JSON object");
    BT_TRY(read_id(i, err));
    BT_TRY(bt_oip_check_parameters(i->request, err));
    struct bt_oip_source source = {.root = i->request,
                                   .bytes = json_len,
                                   .binary = {body.ptr + json_len, body.len - json_len}};
    BT_TRY(check_count(call, err));
    BT_TRY(bt_oip_read(&source, "inputs", &i->inputs, err));
    return check_names(call, err);
}

static baton_status read_raw(struct bt_call *call, struct baton_error *err)
{
    struct bt_ports ports = bt_served_inputs(call->model);
    const struct bt_value_type *type = &ports.ports[0].type;
    BT_AUTO_VALUE value = BT_VALUE_INIT;
    if (ports.count != 1 || !type->is_tensor || !type->has_shape)
        return bt_fail(err, BATON_ERR_INVALID, "raw data need a model with one tensor for input");
    BT_TRY(bt_oip_read_raw(call->request->body, type->dtype, type->rank, type->dims, &value, err));
    return bt_values_add(&call->inference.inputs, ports.ports[0].name, &value, err);
}

/* ---- the answer ---- */

/* The parameter of `object`, if it has it. */
static baton_status read_flag(const struct bt_json *object, const char *name, bool *flag,
                              struct baton_error *err)
{
    const struct bt_json *found = bt_oip_parameter(object, name);
    if (found && found->kind != BT_JSON_TRUE && found->kind != BT_JSON_FALSE)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: %s is neither true nor false",
                       found->offset, name);
    if (found)
        *flag = found->kind == BT_JSON_TRUE;
    return BATON_OK;
}

struct response {
    struct bt_call *call;
    struct bt_json_writer writer;
    struct bt_buf binary;
    bool has_binary; /* which may be of no bytes */
};

static void release_response(struct response *response)
{
    bt_buf_release(&response->binary);
}

static baton_status put_output(struct response *response, const struct bt_named_value *output,
                               bool is_binary, struct baton_error *err)
{
    response->has_binary |= is_binary;
    return bt_oip_put_value(output, &response->writer, is_binary ? &response->binary : NULL, err);
}

/* Whether an earlier one of the list has that name. */
static bool is_repeated(const struct bt_json *list, size_t at, const char *name)
{
    for (size_t i = 0; i < at; i++)
        if (bt_json_is_str(bt_json_find(&list->items[i], "name"), name))
            return true;
    return false;
}

static baton_status put_chosen(struct response *response, const struct bt_json *list,
                               bool is_binary, struct baton_error *err)
{
    struct bt_inference *i = &response->call->inference;
    for (size_t at = 0; at < list->count; at++) {
        const struct bt_json *item = &list->items[at];
        const char *name = NULL;
        bool wants_binary = is_binary;
        BT_TRY(bt_json_need_str(item, "name", &i->arena, &name, err));
        BT_TRY(bt_oip_check_parameters(item, err));
        BT_TRY(read_flag(item, "binary_data", &wants_binary, err));
        const struct bt_value *found = bt_values_find(&i->outputs, name);
        if (!found)
            return bt_fail(err, BATON_ERR_INVALID, "the model has no output \"%.160s\"", name);
        if (is_repeated(list, at, name))
            return bt_fail(err, BATON_ERR_INVALID, "output \"%.160s\" is asked for twice", name);
        const struct bt_named_value output = {name, *found};
        BT_TRY(put_output(response, &output, wants_binary, err));
    }
    return BATON_OK;
}

/* Those that the request names, in its order; all where it names none. */
static baton_status put_outputs(struct response *response, struct baton_error *err)
{
    const struct bt_inference *i = &response->call->inference;
    const struct bt_json *list = NULL;
    bool is_binary = !i->request;
    if (i->request)
        BT_TRY(read_flag(i->request, "binary_data_output", &is_binary, err));
    if (i->request && find_optional(i->request, "outputs")) {
        BT_TRY(bt_json_need(i->request, "outputs", BT_JSON_ARRAY, &list, err));
        return put_chosen(response, list, is_binary, err);
    }
    for (size_t at = 0; at < i->outputs.count; at++)
        BT_TRY(put_output(response, &i->outputs.items[at], is_binary, err));
    return BATON_OK;
}

static void append_binary(struct bt_server_answer *answer, const struct bt_buf *binary)
{
    answer->content_type = "application/octet-stream";
    bt_buf_printf(&answer->fields, JSON_LENGTH ": %zu\r\n", answer->body.len);
    bt_buf_put(&answer->body, binary->data, binary->len);
    bt_buf_inherit(&answer->body, binary);
}

static baton_status write_response(struct bt_call *call, struct baton_error *err)
{
    struct bt_server_answer *answer = call->answer;
    BT_CLEANUP(release_response)
    struct response response = {.call = call,
                                .writer = bt_json_writer(&answer->body, 0),
                                .binary = BT_BUF_INIT(answer->body.bytes_max)};
    struct bt_json_writer *w = &response.writer;
    bt_json_begin_object(w);
    if (call->inference.id)
        bt_json_member_str(w, "id", call->inference.id);
    bt_json_member_str(w, "model_name", bt_served_model(call->model));
    bt_json_member_str(w, "model_version", bt_served_version(call->model));
    bt_json_key(w, "outputs");
    bt_json_begin_array(w);
    BT_TRY(put_outputs(&response, err));
    bt_json_end_array(w);
    bt_json_end_object(w);
    if (response.has_binary)
        append_binary(answer, &response.binary);
    return BATON_OK;
}

baton_status bt_oip_infer(struct bt_call *call, struct baton_error *err)
{
    struct bt_inference *i = &call->inference;
    size_t json_len = 0;
    BT_TRY(read_json_len(call->request, &json_len, err));
    if (json_len == 0 && call->request->body.len)
        BT_TRY(read_raw(call, err));
    else
        BT_TRY(read_document(call, json_len, err));
    BT_TRY(bt_served_run(call->model, call->request->loop, &i->inputs, &i->outputs, err));
    return write_response(call, err);
}
