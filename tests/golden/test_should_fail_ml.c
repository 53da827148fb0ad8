/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every model in should-fail/ml must be refused, when the session is made or when it runs on zeros,
 * with exactly the status and line of its `.expected` file.
 */
#include "unit/should_fail.h"

#include "engine/engine.h"

#define PORTS_MAX 4

static baton_status run_on_zeros(const struct bt_graph *graph, struct bt_session *session,
                                 struct baton_error *err)
{
    struct bt_value inputs[PORTS_MAX] = {BT_VALUE_INIT};
    struct bt_value outputs[PORTS_MAX] = {BT_VALUE_INIT};
    struct bt_run run = {.inputs = inputs, .input_count = graph->input_count, .outputs = outputs};
    assert_true(graph->input_count <= PORTS_MAX && graph->output_count <= PORTS_MAX);
    for (uint32_t i = 0; i < graph->input_count; i++) {
        const struct bt_value_type *type = &graph->inputs[i].type;
        inputs[i].kind = BT_VALUE_TENSOR;
        assert_ok(bt_tensor_new(type->dtype, type->rank, type->dims, 0, &inputs[i].tensor, err),
                  *err);
    }
    baton_status status = bt_session_run(session, &run, err);
    for (uint32_t i = 0; i < PORTS_MAX; i++) {
        bt_value_release(&inputs[i]);
        bt_value_release(&outputs[i]);
    }
    return status;
}

static baton_status load_and_run(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    const struct bt_session_options options = {.isa = BT_ISA_REF, .threads = 1};
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_session *session = NULL;
    BT_TRY(bt_model_parse(bytes, what, NULL, NULL, &model, err));
    BT_TRY(bt_session_new(&model, &options, &session, err));
    baton_status status = run_on_zeros(model.graph, session, err);
    bt_session_free(session);
    return status;
}

static void every_bad_node_is_refused_with_its_line(void **state)
{
    (void)state;
    should_fail_folder("ml", "onnx", load_and_run);
}

UNIT_MAIN(cmocka_unit_test(every_bad_node_is_refused_with_its_line))
