/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Open Inference Protocol. Numbers keep their bits both ways (data/oip.h); the response says
 * which bundle computed it.
 */
#include <string.h>

#include "codec/json.h"
#include "serve/routes.h"

#define PLATFORM "onnx_onnxv1"

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
    if (bt_server_is_draining(call->self->server)) {
        bt_call_refuse(call->answer, 503, "this server is about to end");
        return BATON_OK;
    }
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
    bt_json_put_str(&w, "binary_tensor_data");
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
        if (bt_caller_may(&call->caller, BT_MAY_VIEW, bt_served_model(call->models[i])))
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
