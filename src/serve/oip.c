/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Open Inference Protocol. Numbers keep their bits both ways (data/oip.h); the response says
 * which bundle computed it.
 */
#include <string.h>

#include "codec/json.h"
#include "data/oip.h"
#include "serve/routes.h"

#define PLATFORM "onnx_onnxv1"
#define ID_MAX ((size_t)1024)

static struct bt_json_writer begin(struct bt_call *call)
{
    struct bt_json_writer w = bt_json_writer(&call->answer->body, 0);
    bt_json_begin_object(&w);
    return w;
}

/* ---- health ---- */

baton_status bt_oip_live(struct bt_call *call, struct baton_error *err)
{
    struct bt_json_writer w = begin(call);
    bt_json_member_bool(&w, "live", true);
    bt_json_end_object(&w);
    return BATON_OK;
}

/* The protocol's page says "live" here, its readers look for either. */
baton_status bt_oip_ready(struct bt_call *call, struct baton_error *err)
{
    struct bt_json_writer w = begin(call);
    bt_json_member_bool(&w, "live", true);
    bt_json_member_bool(&w, "ready", true);
    bt_json_end_object(&w);
    return BATON_OK;
}

baton_status bt_oip_model_ready(struct bt_call *call, struct baton_error *err)
{
    struct bt_json_writer w = begin(call);
    bt_json_member_str(&w, "name", bt_served_model(call->model));
    bt_json_member_bool(&w, "ready", true);
    bt_json_end_object(&w);
    return BATON_OK;
}

/* ---- metadata ---- */

baton_status bt_oip_server(struct bt_call *call, struct baton_error *err)
{
    struct bt_json_writer w = begin(call);
    bt_json_key(&w, "extensions");
    bt_json_begin_array(&w);
    bt_json_end_array(&w);
    bt_json_member_str(&w, "name", "baton");
    bt_json_member_str(&w, "version", BATON_VERSION);
    bt_json_end_object(&w);
    return BATON_OK;
}

baton_status bt_oip_models(struct bt_call *call, struct baton_error *err)
{
    struct bt_json_writer w = begin(call);
    bt_json_key(&w, "models");
    bt_json_begin_array(&w);
    for (size_t i = 0; i < call->model_count; i++)
        bt_json_put_str(&w, bt_served_model(call->models[i]));
    bt_json_end_array(&w);
    bt_json_end_object(&w);
    return BATON_OK;
}

/* A dimension that is not known, or has a name, is -1. */
static void put_shape(struct bt_json_writer *w, const struct bt_value_type *type)
{
    bt_json_key(w, "shape");
    bt_json_begin_array(w);
    for (unsigned i = 0; i < type->rank; i++)
        bt_json_put_i64(w, type->dims[i] == BT_DIM_UNKNOWN ? -1 : type->dims[i]);
    bt_json_end_array(w);
}

static void put_ports(struct bt_json_writer *w, const char *key, struct bt_ports ports)
{
    bt_json_key(w, key);
    bt_json_begin_array(w);
    for (size_t i = 0; i < ports.count; i++) {
        const struct bt_value_type *type = &ports.ports[i].type;
        const char *datatype = bt_dtype_oip_name(type->dtype);
        bt_json_begin_object(w);
        bt_json_member_str(w, "datatype", datatype ? datatype : "");
        bt_json_member_str(w, "name", ports.ports[i].name);
        put_shape(w, type);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
}

baton_status bt_oip_model(struct bt_call *call, struct baton_error *err)
{
    struct bt_json_writer w = begin(call);
    put_ports(&w, "inputs", bt_served_inputs(call->model));
    bt_json_member_str(&w, "name", bt_served_model(call->model));
    put_ports(&w, "outputs", bt_served_outputs(call->model));
    bt_json_member_str(&w, "platform", PLATFORM);
    bt_json_key(&w, "properties");
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "baton_bundle", bt_served_digest(call->model));
    bt_json_end_object(&w);
    bt_json_key(&w, "versions");
    bt_json_begin_array(&w);
    bt_json_put_str(&w, bt_served_version(call->model));
    bt_json_end_array(&w);
    bt_json_end_object(&w);
    return BATON_OK;
}

/* ---- inference ---- */

struct inference {
    struct bt_arena arena;
    const struct bt_json *request;
    const char *id; /* or NULL */
    struct bt_values inputs;
    struct bt_values outputs;
};

static void release_inference(struct inference *inference)
{
    bt_values_release(&inference->inputs);
    bt_values_release(&inference->outputs);
    bt_arena_release(&inference->arena);
}

static baton_status read_request(const struct bt_call *call, struct inference *i,
                                 struct baton_error *err)
{
    struct bt_bytes body = call->request->body;
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
static baton_status choose_outputs(struct inference *i, struct baton_error *err)
{
    BT_AUTO_VALUES chosen = BT_VALUES_INIT;
    const struct bt_json *list = NULL;
    if (!bt_json_find(i->request, "outputs"))
        return BATON_OK;
    BT_TRY(bt_json_need(i->request, "outputs", BT_JSON_ARRAY, &list, err));
    for (size_t at = 0; at < list->count; at++) {
        const char *name = NULL;
        BT_AUTO_VALUE value = BT_VALUE_INIT;
        BT_TRY(bt_json_need_str(&list->items[at], "name", &i->arena, &name, err));
        const struct bt_value *found = bt_values_find(&i->outputs, name);
        if (!found)
            return bt_fail(err, BATON_ERR_INVALID, "the model has no output \"%.160s\"", name);
        BT_TRY(bt_value_ref(found, &value, err));
        BT_TRY(bt_values_add(&chosen, name, &value, err));
    }
    bt_values_release(&i->outputs);
    i->outputs = chosen;
    chosen = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}

static baton_status write_response(struct bt_call *call, const struct inference *i,
                                   struct baton_error *err)
{
    struct bt_json_writer w = begin(call);
    if (i->id)
        bt_json_member_str(&w, "id", i->id);
    bt_json_member_str(&w, "model_name", bt_served_model(call->model));
    bt_json_member_str(&w, "model_version", bt_served_version(call->model));
    bt_json_key(&w, "outputs");
    BT_TRY(bt_oip_put(&i->outputs, &w, err));
    bt_json_end_object(&w);
    bt_buf_printf(&call->answer->fields, "Baton-Bundle: %s\r\n", bt_served_digest(call->model));
    return BATON_OK;
}

baton_status bt_oip_infer(struct bt_call *call, struct baton_error *err)
{
    BT_CLEANUP(release_inference)
    struct inference i = {.inputs = BT_VALUES_INIT, .outputs = BT_VALUES_INIT};
    BT_TRY(read_request(call, &i, err));
    BT_TRY(bt_served_run(call->model, call->request->loop, &i.inputs, &i.outputs, err));
    BT_TRY(choose_outputs(&i, err));
    return write_response(call, &i, err);
}
