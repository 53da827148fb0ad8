/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <stdio.h>

#include "base/fs.h"
#include "codec/pb.h"
#include "onnx/graph.h"
#include "onnx/value_proto.h"

/* Little models, written with the codec's own writer. Each helper gives the bytes of one message
 * in a buffer of its own; the buffers of a test are released together. */
struct bench {
    struct bt_buf bufs[64];
    size_t count;
};

static struct bt_buf *message(struct bench *b)
{
    assert_true(b->count < 64);
    b->bufs[b->count] = (struct bt_buf)BT_BUF_INIT(100000);
    return &b->bufs[b->count++];
}

static void release(struct bench *b)
{
    for (size_t i = 0; i < b->count; i++)
        bt_buf_release(&b->bufs[i]);
}

static void put(struct bt_buf *into, uint32_t number, const struct bt_buf *part)
{
    bt_pb_put_bytes(into, number, bt_buf_bytes(part));
}

static struct bt_buf *node(struct bench *b, const char *op, const char *input, const char *output)
{
    struct bt_buf *n = message(b);
    bt_pb_put_str(n, 1, input);
    bt_pb_put_str(n, 2, output);
    bt_pb_put_str(n, 4, op);
    return n;
}

static struct bt_buf *port(struct bench *b, const char *name)
{
    struct bt_buf *p = message(b);
    bt_pb_put_str(p, 1, name);
    return p;
}

static struct bt_buf *model_of(struct bench *b, const struct bt_buf *graph)
{
    struct bt_buf *opset = message(b);
    bt_pb_put_varint(opset, 2, 13);
    struct bt_buf *m = message(b);
    bt_pb_put_varint(m, 1, 8);
    put(m, 8, opset);
    put(m, 7, graph);
    return m;
}

static baton_status parse(const struct bt_buf *bytes, struct bt_model *ret, struct baton_error *err)
{
    return bt_model_parse(bt_buf_bytes(bytes), "m", NULL, NULL, ret, err);
}

static void unsorted_nodes_are_sorted(void **state)
{
    (void)state;
    struct bench b = {.count = 0};
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_buf *graph = message(&b);
    put(graph, 1, node(&b, "Relu", "b", "c"));
    put(graph, 1, node(&b, "Abs", "x", "d"));
    put(graph, 1, node(&b, "Neg", "x", "b"));
    put(graph, 11, port(&b, "x"));
    put(graph, 12, port(&b, "c"));
    assert_ok(parse(model_of(&b, graph), &model, &err), err);
    const struct bt_node *nodes = model.graph->nodes;
    assert_int_equal(model.graph->node_count, 3);
    assert_string_equal(nodes[0].op, "Abs");
    assert_string_equal(nodes[1].op, "Neg");
    assert_string_equal(nodes[2].op, "Relu");
    assert_int_equal(nodes[2].index, 0);
    assert_int_equal(nodes[2].inputs[0], nodes[1].outputs[0]);
    assert_int_equal(nodes[2].opset, 13);
    assert_string_equal(model.graph->value_names[nodes[1].outputs[0]], "b");
    release(&b);
}

static void a_cycle_names_a_node_on_it(void **state)
{
    (void)state;
    struct bench b = {.count = 0};
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_buf *graph = message(&b);
    put(graph, 1, node(&b, "Tail", "q", "r"));
    put(graph, 1, node(&b, "One", "q", "p"));
    put(graph, 1, node(&b, "Two", "p", "q"));
    put(graph, 11, port(&b, "x"));
    put(graph, 12, port(&b, "r"));
    assert_int_equal(parse(model_of(&b, graph), &model, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "m: node 2 (Two) depends on its own output (a cycle)");
    release(&b);
}

/* An If whose branch reads the outer "y", which a later node makes: the If must come after it. */
static void subgraphs_capture_and_order_follows(void **state)
{
    (void)state;
    struct bench b = {.count = 0};
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_buf *branch = message(&b);
    put(branch, 1, node(&b, "Relu", "y", "z"));
    put(branch, 1, node(&b, "Add", "z", "w"));
    put(branch, 12, port(&b, "w"));
    struct bt_buf *attr = message(&b);
    bt_pb_put_str(attr, 1, "then_branch");
    bt_pb_put_varint(attr, 20, 5);
    put(attr, 6, branch);
    struct bt_buf *choice = node(&b, "If", "x", "out");
    put(choice, 5, attr);
    struct bt_buf *graph = message(&b);
    put(graph, 1, choice);
    put(graph, 1, node(&b, "Neg", "x", "y"));
    put(graph, 11, port(&b, "x"));
    put(graph, 12, port(&b, "out"));
    assert_ok(parse(model_of(&b, graph), &model, &err), err);
    assert_string_equal(model.graph->nodes[0].op, "Neg");
    const struct bt_attr *then = bt_node_attr(&model.graph->nodes[1], "then_branch");
    assert_non_null(then);
    assert_int_equal(then->kind, BT_ATTR_GRAPH);
    const struct bt_graph *inner = then->graphs[0];
    assert_ptr_equal(inner->outer, model.graph);
    assert_int_equal(inner->capture_count, 1);
    assert_int_equal(inner->captures[0], model.graph->nodes[0].outputs[0]);
    assert_int_equal(inner->nodes[0].inputs[0], inner->captures[0]);
    release(&b);
}

static struct bt_buf *int32_tensor(struct bench *b, const char *name, uint64_t type)
{
    struct bt_buf *t = message(b);
    bt_pb_put_varint(t, 1, 3);
    bt_pb_put_varint(t, 2, type);
    bt_pb_put_varint(t, 5, 1); /* unpacked, then packed: both forms in one field are legal */
    bt_pb_put_bytes(t, 5, (struct bt_bytes){(const uint8_t *)"\x02\xAC\x02", 3});
    bt_pb_put_str(t, 8, name);
    return t;
}

static void an_initializer_replaces_the_input_it_defaults(void **state)
{
    (void)state;
    struct bench b = {.count = 0};
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_buf *graph = message(&b);
    put(graph, 5, int32_tensor(&b, "w", BT_I16));
    put(graph, 11, port(&b, "w"));
    put(graph, 11, port(&b, "x"));
    put(graph, 1, node(&b, "Abs", "w", "y"));
    put(graph, 12, port(&b, "y"));
    assert_ok(parse(model_of(&b, graph), &model, &err), err);
    assert_int_equal(model.graph->input_count, 1);
    assert_string_equal(model.graph->inputs[0].name, "x");
    assert_int_equal(model.graph->value_count, 3);
    const struct bt_initializer *w = &model.graph->initializers[0];
    assert_int_equal(model.graph->nodes[0].inputs[0], w->value);
    static const int16_t expected[] = {1, 2, 300};
    assert_memory_equal(w->tensor.data, expected, sizeof expected);
    release(&b);
}

static void a_type_we_do_not_hold_matters_only_when_used(void **state)
{
    (void)state;
    struct bench b = {.count = 0};
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_buf *graph = message(&b);
    put(graph, 5, int32_tensor(&b, "w", BT_F8E5M2));
    put(graph, 11, port(&b, "x"));
    put(graph, 12, port(&b, "x"));
    assert_ok(parse(model_of(&b, graph), &model, &err), err);
    bt_model_release(&model);
    put(graph, 1, node(&b, "Cast", "w", "y"));
    assert_int_equal(parse(model_of(&b, graph), &model, &err), BATON_ERR_UNSUPPORTED);
    assert_string_equal(err.text, "m: node 0 (Cast): input 0: tensor \"w\" has element type "
                                  "float8_e5m2, which is not supported");
    release(&b);
}

static void misaligned_weights_are_copied_and_aligned_ones_borrowed(void **state)
{
    (void)state;
    _Alignas(16) uint8_t bytes[64];
    struct baton_error err = BATON_ERROR_INIT;
    for (size_t shift = 0; shift < 4; shift++) {
        struct bench b = {.count = 0};
        BT_AUTO_MODEL model = BT_MODEL_INIT;
        struct bt_buf *w = message(&b);
        bt_pb_put_varint(w, 2, BT_F32);
        bt_pb_put_str(w, 8, "w");
        bt_pb_put_bytes(w, 9, (struct bt_bytes){(const uint8_t *)"\0\0\xC0\x3F", 4});
        struct bt_buf *graph = message(&b);
        put(graph, 5, w);
        struct bt_buf *whole = model_of(&b, graph);
        assert_true(whole->len + shift <= sizeof bytes);
        memcpy(bytes + shift, whole->data, whole->len);
        assert_ok(bt_model_parse((struct bt_bytes){bytes + shift, whole->len}, "m", NULL, NULL,
                                 &model, &err),
                  err);
        const struct bt_tensor *t = &model.graph->initializers[0].tensor;
        assert_true((uintptr_t)t->data % sizeof(float) == 0);
        assert_true(*bt_f32(t) == 1.5F);
        release(&b);
    }
}

static void a_sequence_and_an_empty_optional_read_back(void **state)
{
    (void)state;
    struct bench b = {.count = 0};
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_VALUE value = BT_VALUE_INIT;
    struct bt_value_type sequence = {.is_sequence = true};
    struct bt_value_type optional = {.is_optional = true};
    struct bt_buf *s = message(&b);
    put(s, 3, int32_tensor(&b, "a", BT_I32));
    put(s, 3, int32_tensor(&b, "b", BT_U8));
    assert_int_equal(bt_value_proto_parse(bt_buf_bytes(s), &sequence, "s.pb", &value, &err),
                     BATON_ERR_INVALID); /* 300 is no uint8 */
    assert_string_equal(err.text, "s.pb: tensor \"b\": element 2 is 300, outside uint8");
    bt_buf_clear(s);
    put(s, 3, int32_tensor(&b, "a", BT_I32));
    put(s, 3, int32_tensor(&b, "b", BT_U16));
    assert_ok(bt_value_proto_parse(bt_buf_bytes(s), &sequence, "s.pb", &value, &err), err);
    assert_int_equal(value.kind, BT_VALUE_SEQUENCE);
    assert_int_equal(value.count, 2);
    assert_int_equal(value.items[1].tensor.dtype, BT_U16);
    bt_value_release(&value);
    assert_ok(bt_value_proto_parse(bt_bytes_of(""), &optional, "o.pb", &value, &err), err);
    assert_int_equal(value.kind, BT_VALUE_NONE);
    release(&b);
}

/* Nothing to compare with: what is tested is that every damaged file ends in a model or in a line
 * of text, which the sanitizers watch. */
static void damaged_models_never_crash(void **state)
{
    (void)state;
    struct bench b = {.count = 0};
    struct bt_buf *graph = message(&b);
    struct bt_buf *attr = message(&b);
    bt_pb_put_str(attr, 1, "value");
    put(attr, 5, int32_tensor(&b, "t", BT_I64 - 1));
    struct bt_buf *constant = node(&b, "Constant", "", "c");
    put(constant, 5, attr);
    put(graph, 1, constant);
    put(graph, 1, node(&b, "Abs", "w", "y"));
    put(graph, 5, int32_tensor(&b, "w", BT_U16));
    put(graph, 11, port(&b, "x"));
    put(graph, 12, port(&b, "y"));
    struct bt_buf *whole = model_of(&b, graph);
    size_t refused = 0;
    for (size_t len = 0; len < whole->len; len++) {
        /* A block of exactly this size, so that one byte too far is seen. */
        uint8_t *copy = bt_calloc(len, 1);
        struct baton_error err = BATON_ERROR_INIT;
        BT_AUTO_MODEL model = BT_MODEL_INIT;
        memcpy(copy, whole->data, len);
        refused += bt_model_parse((struct bt_bytes){copy, len}, "m", NULL, NULL, &model, &err) != 0;
        bt_free(copy);
    }
    assert_int_equal(refused, whole->len);
    for (size_t bit = 0; bit < whole->len * 8; bit++) {
        struct baton_error err = BATON_ERROR_INIT;
        BT_AUTO_MODEL model = BT_MODEL_INIT;
        whole->data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        if (parse(whole, &model, &err) != BATON_OK)
            assert_true(err.text[0] != '\0');
        whole->data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    release(&b);
}

static void the_real_models_parse(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t nodes;
        uint32_t inputs;
        uint32_t outputs;
    } models[] = {{"magika-standard-v3_3.onnx", 95, 1, 1},
                  {"silero-vad-op18-ifless.onnx", 4, 3, 2},
                  {"silero-vad.onnx", 5, 3, 2},
                  {"ultraface-rfb-320.onnx", 242, 1, 2}};
    const char *data = unit_data_folder();
    unit_skip_without_data(data);
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        char path[4096];
        struct baton_error err = BATON_ERROR_INIT;
        BT_AUTO_MAP map = BT_MAP_INIT;
        BT_AUTO_MODEL model = BT_MODEL_INIT;
        (void)snprintf(path, sizeof path, "%s/models/%s", data, models[i].name);
        assert_ok(bt_map_user_file(path, 1 << 24, &map, &err), err);
        assert_ok(bt_model_parse(bt_map_bytes(&map), models[i].name, NULL, NULL, &model, &err),
                  err);
        assert_int_equal(model.graph->node_count, models[i].nodes);
        assert_int_equal(model.graph->input_count, models[i].inputs);
        assert_int_equal(model.graph->output_count, models[i].outputs);
    }
}

UNIT_MAIN(cmocka_unit_test(damaged_models_never_crash), cmocka_unit_test(the_real_models_parse),
          cmocka_unit_test(unsorted_nodes_are_sorted), cmocka_unit_test(a_cycle_names_a_node_on_it),
          cmocka_unit_test(subgraphs_capture_and_order_follows),
          cmocka_unit_test(an_initializer_replaces_the_input_it_defaults),
          cmocka_unit_test(a_type_we_do_not_hold_matters_only_when_used),
          cmocka_unit_test(misaligned_weights_are_copied_and_aligned_ones_borrowed),
          cmocka_unit_test(a_sequence_and_an_empty_optional_read_back))
