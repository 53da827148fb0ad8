/* SPDX-License-Identifier: Apache-2.0 */
/* A request of the Open Inference Protocol in JSON, through the model, and its answer. */
#include <string.h>

#include "codec/json.h"
#include "data/oip.h"
#include "serve/routes.h"

#define ID_MAX ((size_t)1024)

static baton_status read_request(struct bt_call *call, struct baton_error *err)
{
    struct bt_bytes body = call->request->body;
    struct bt_inference *i = &call->inference;
    BT_TRY(bt_json_parse(body, "the request", NULL, &i->arena, &i->request, err));
    if (i->request->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "the request is no JSON object");
    if (bt_json_find(i->request, "id"))
        BT_TRY(bt_json_need_str(i->request, "id", &i->arena, &i->id, err));
    if (i->id && strlen(i->id) > ID_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "\"id\" is longer than %zu bytes", ID_MAX);
    return bt_oip_read(i->request, "inputs", body.len, &i->inputs, err);
}

/* Those that the request names, in its order; all where it names none. */
static baton_status choose_outputs(struct bt_inference *i, struct bt_values *chosen,
                                   struct baton_error *err)
{
    const struct bt_json *list = NULL;
    if (!bt_json_find(i->request, "outputs"))
        return bt_values_ref(&i->outputs, chosen, err);
    BT_TRY(bt_json_need(i->request, "outputs", BT_JSON_ARRAY, &list, err));
    for (size_t at = 0; at < list->count; at++) {
        const char *name = NULL;
        BT_AUTO_VALUE value = BT_VALUE_INIT;
        BT_TRY(bt_json_need_str(&list->items[at], "name", &i->arena, &name, err));
        const struct bt_value *found = bt_values_find(&i->outputs, name);
        if (!found)
            return bt_fail(err, BATON_ERR_INVALID, "the model has no output \"%.160s\"", name);
        BT_TRY(bt_value_ref(found, &value, err));
        BT_TRY(bt_values_add(chosen, name, &value, err));
    }
    return BATON_OK;
}

static baton_status write_response(struct bt_call *call, const struct bt_values *outputs,
                                   struct baton_error *err)
{
    struct bt_json_writer w = bt_json_writer(&call->answer->body, 0);
    bt_json_begin_object(&w);
    if (call->inference.id)
        bt_json_member_str(&w, "id", call->inference.id);
    bt_json_member_str(&w, "model_name", bt_served_model(call->model));
    bt_json_member_str(&w, "model_version", bt_served_version(call->model));
    bt_json_key(&w, "outputs");
    BT_TRY(bt_oip_put(outputs, &w, err));
    bt_json_end_object(&w);
    return BATON_OK;
}

baton_status bt_oip_infer(struct bt_call *call, struct baton_error *err)
{
    BT_AUTO_VALUES chosen = BT_VALUES_INIT;
    struct bt_inference *i = &call->inference;
    BT_TRY(read_request(call, err));
    BT_TRY(bt_served_run(call->model, call->request->loop, &i->inputs, &i->outputs, err));
    BT_TRY(choose_outputs(i, &chosen, err));
    return write_response(call, &chosen, err);
}
