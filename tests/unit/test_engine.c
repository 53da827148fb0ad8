/* SPDX-License-Identifier: Apache-2.0 */
/* The engine on graphs built by hand, and the same bits from every way of running one model. */
#include "unit/unit.h"

#include <stdio.h>

#include "base/fs.h"
#include "engine/engine.h"

/* ---- x [N,4] -> MatMul w [4,3] -> Add b [3] -> Relu -> y [N,3], z = Softmax(y) ---- */

enum { X, W, B, PRODUCT, SUM, Y, Z, VALUES };

static const char *const value_names[VALUES] = {"x", "w", "b", "product", "sum", "y", "z"};
static float weights[12] = {1, -2, 3, 0.5F, 4, -1, 2, 2, -3, 1, 1, 0.25F};
static float offsets[3] = {0.125F, -1, 2};

static const uint32_t ids[][2] = {{X, W}, {PRODUCT, B}, {SUM, 0}, {Y, 0}};
static const uint32_t outs[] = {PRODUCT, SUM, Y, Z};

#define NODE(number, operator, reads)                                                              \
    {                                                                                              \
        .name = "", .op = operator, .domain = "", .opset = 13, .index = number,                    \
        .inputs = ids[number], .input_count = reads, .outputs = &outs[number], .output_count = 1   \
    }

static struct bt_node nodes[] = {NODE(0, "MatMul", 2), NODE(1, "Add", 2), NODE(2, "Relu", 1),
                                 NODE(3, "Softmax", 1)};

static const struct bt_port inputs[] = {{.value = X,
                                         .name = "x",
                                         .type = {.dtype = BT_F32,
                                                  .is_tensor = true,
                                                  .has_shape = true,
                                                  .rank = 2,
                                                  .dims = {BT_DIM_UNKNOWN, 4},
                                                  .symbols = {"N"}}}};
static const struct bt_port outputs[] = {{.value = Y, .name = "y"}, {.value = Z, .name = "z"}};

static const struct bt_initializer initializers[] = {
    {W, {.dtype = BT_F32, .rank = 2, .dims = {4, 3}, .data = weights}},
    {B, {.dtype = BT_F32, .rank = 1, .dims = {3}, .data = offsets}}};

static struct bt_graph graph = {.name = "small",
                                .value_count = VALUES,
                                .value_names = value_names,
                                .inputs = inputs,
                                .input_count = 1,
                                .outputs = outputs,
                                .output_count = 2,
                                .initializers = initializers,
                                .initializer_count = 2,
                                .nodes = nodes,
                                .node_count = 4};

static struct bt_value rows_of(size_t rows, size_t first)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_tensor x = BT_TENSOR_INIT;
    const int64_t dims[] = {(int64_t)rows, 4};
    assert_ok(bt_tensor_new(BT_F32, 2, dims, 0, &x, &err), err);
    for (size_t i = 0; i < rows * 4; i++)
        bt_f32_mut(&x)[i] = (float)((first * 4 + i) * 37 % 101) / 7.0F - 7.0F;
    return bt_value_of_tensor(&x);
}

static struct bt_session *session_of(const struct bt_model *model, bool no_fusion)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_session *session = NULL;
    struct bt_session_options options = {
        .isa = bt_isa_best(), .threads = 2, .no_fusion = no_fusion};
    assert_ok(bt_session_new(model, &options, &session, &err), err);
    return session;
}

static void run_rows(struct bt_session *session, size_t rows, size_t first, struct bt_value *got)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_VALUE x = rows_of(rows, first);
    struct bt_run run = {.inputs = &x, .input_count = 1, .outputs = got};
    assert_ok(bt_session_run(session, &run, &err), err);
}

static void release_pair(struct bt_value *got)
{
    bt_value_release(&got[0]);
    bt_value_release(&got[1]);
}

static void a_batch_gives_the_bits_of_its_rows(void **state)
{
    (void)state;
    struct bt_model model = {.graph = &graph};
    struct bt_session *session = session_of(&model, false);
    struct bt_value all[2];
    run_rows(session, 65, 0, all);
    for (size_t row = 0; row < 65; row++) {
        struct bt_value one[2];
        run_rows(session, 1, row, one);
        for (int o = 0; o < 2; o++)
            assert_memory_equal(bt_f32(&one[o].tensor), bt_f32(&all[o].tensor) + row * 3,
                                3 * sizeof(float));
        release_pair(one);
    }
    release_pair(all);
    bt_session_free(session);
}

static void fusion_changes_no_bit(void **state)
{
    (void)state;
    struct bt_model model = {.graph = &graph};
    struct bt_session *fused = session_of(&model, false);
    struct bt_session *plain = session_of(&model, true);
    struct bt_value a[2];
    struct bt_value b[2];
    run_rows(fused, 9, 3, a);
    run_rows(plain, 9, 3, b);
    for (int o = 0; o < 2; o++)
        assert_memory_equal(a[o].tensor.data, b[o].tensor.data, bt_tensor_bytes(&a[o].tensor));
    release_pair(a);
    release_pair(b);
    bt_session_free(fused);
    bt_session_free(plain);
}

static baton_status count_nodes(void *user, const struct bt_node *node,
                                const struct bt_value *values, struct baton_error *err)
{
    unsigned *count = user;
    assert_int_equal(values[0].kind, BT_VALUE_TENSOR);
    assert_int_equal(node->index, *count);
    ++*count;
    return *count == 3 ? bt_fail(err, BATON_ERR_INTERRUPTED, "enough") : BATON_OK;
}

static void an_observer_sees_each_node_and_may_stop(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_model model = {.graph = &graph};
    struct bt_session *session = session_of(&model, true);
    struct bt_value got[2] = {BT_VALUE_INIT, BT_VALUE_INIT};
    BT_AUTO_VALUE x = rows_of(2, 0);
    unsigned count = 0;
    struct bt_run run = {
        .inputs = &x, .input_count = 1, .outputs = got, .observe = count_nodes, .user = &count};
    assert_int_equal(bt_session_run(session, &run, &err), BATON_ERR_INTERRUPTED);
    assert_string_equal(err.text, "enough");
    assert_int_equal(count, 3);
    assert_int_equal(got[0].kind, BT_VALUE_NONE);
    bt_session_free(session);
}

static void inputs_are_checked_against_their_declaration(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_model model = {.graph = &graph};
    struct bt_session *session = session_of(&model, false);
    struct bt_value got[2] = {BT_VALUE_INIT, BT_VALUE_INIT};
    BT_AUTO_VALUE x = rows_of(3, 0);
    struct bt_run run = {.inputs = &x, .input_count = 1, .outputs = got};
    x.tensor.dims[0] = 4;
    x.tensor.dims[1] = 3;
    assert_int_equal(bt_session_run(session, &run, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "input \"x\": expected float32 [N,4], found float32 [4,3]");
    run.input_count = 0;
    assert_int_equal(bt_session_run(session, &run, &err), BATON_ERR_INVALID);
    assert_string_equal(err.text, "the model has 1 inputs, given are 0");
    bt_session_free(session);
}

static void every_unsupported_operator_is_named_once(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_model model = {.graph = &graph};
    struct bt_session *session = NULL;
    struct bt_session_options options = {.isa = BT_ISA_REF, .threads = 1};
    nodes[0].op = "Warp";
    nodes[2].op = "Warp";
    nodes[3].op = "Fold";
    assert_int_equal(bt_session_new(&model, &options, &session, &err), BATON_ERR_UNSUPPORTED);
    nodes[0].op = "MatMul";
    nodes[2].op = "Relu";
    nodes[3].op = "Softmax";
    assert_string_equal(err.text, "operators that the exact engine does not have: Warp (opset 13) "
                                  "of node 0 (Warp), Fold (opset 13) of node 3 (Fold)");
}

static void an_interrupted_run_makes_no_output(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    volatile sig_atomic_t stop = 1;
    struct bt_model model = {.graph = &graph};
    struct bt_session *session = session_of(&model, false);
    struct bt_value got[2] = {BT_VALUE_INIT, BT_VALUE_INIT};
    BT_AUTO_VALUE x = rows_of(3, 0);
    struct bt_run run = {.inputs = &x, .input_count = 1, .outputs = got, .interrupted = &stop};
    assert_int_equal(bt_session_run(session, &run, &err), BATON_ERR_INTERRUPTED);
    assert_int_equal(got[1].kind, BT_VALUE_NONE);
    bt_session_free(session);
}

static void a_nan_comes_out_canonical(void **state)
{
    (void)state;
    struct bt_model model = {.graph = &graph};
    struct bt_session *session = session_of(&model, false);
    struct bt_value got[2];
    BT_AUTO_VALUE x = rows_of(1, 0);
    const uint32_t odd = 0xFFA12345U;
    uint32_t found[3];
    struct baton_error err = BATON_ERROR_INIT;
    memcpy(x.tensor.data, &odd, sizeof odd);
    struct bt_run run = {.inputs = &x, .input_count = 1, .outputs = got};
    assert_ok(bt_session_run(session, &run, &err), err);
    memcpy(found, got[0].tensor.data, sizeof found);
    for (int i = 0; i < 3; i++)
        assert_int_equal(found[i], 0x7FC00000U);
    release_pair(got);
    bt_session_free(session);
}

/* ---- a real model ---- */

static void fill_image(struct bt_tensor *x)
{
    size_t count = bt_tensor_count(x);
    for (size_t i = 0; i < count; i++)
        bt_f32_mut(x)[i] = (float)(i * 2654435761U % 255U) / 127.5F - 1.0F;
}

/* Both outputs' bytes, one after the other. */
static void outputs_of(const struct bt_model *model, const struct bt_session_options *options,
                       struct bt_buf *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_session *session = NULL;
    const int64_t dims[] = {1, 3, 240, 320};
    struct bt_tensor image = BT_TENSOR_INIT;
    struct bt_value got[2];
    assert_ok(bt_session_new(model, options, &session, &err), err);
    assert_ok(bt_tensor_new(BT_F32, 4, dims, 0, &image, &err), err);
    fill_image(&image);
    BT_AUTO_VALUE x = bt_value_of_tensor(&image);
    struct bt_run run = {.inputs = &x, .input_count = 1, .outputs = got};
    assert_ok(bt_session_run(session, &run, &err), err);
    for (int o = 0; o < 2; o++)
        bt_buf_put(ret, got[o].tensor.data, bt_tensor_bytes(&got[o].tensor));
    assert_ok(bt_buf_finish(ret, "outputs", &err), err);
    release_pair(got);
    bt_session_free(session);
}

static void a_detector_gives_one_answer_at_every_level_and_thread_count(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    static const unsigned threads[] = {1, 2, 3, 7};
    char path[1024];
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    unit_skip_without_data(unit_data_folder());
    snprintf(path, sizeof path, "%s/models/ultraface-rfb-320.onnx", unit_data_folder());
    assert_ok(bt_map_user_file(path, (uint64_t)1 << 30, &map, &err), err);
    assert_ok(bt_model_parse(bt_map_bytes(&map), "ultraface", NULL, NULL, &model, &err), err);
    struct bt_session_options options = {.isa = bt_isa_best(), .threads = 1, .no_fusion = true};
    BT_AUTO_BUF expected = BT_BUF_INIT((size_t)1 << 24);
    BT_AUTO_BUF found = BT_BUF_INIT((size_t)1 << 24);
    outputs_of(&model, &options, &expected);
    for (enum bt_isa isa = BT_ISA_REF; isa < BT_ISA_COUNT; isa++)
        for (size_t t = 0; bt_isa_usable(isa) && t < 4; t++) {
            /* The definition takes seconds a run: two of its threads are enough. */
            if (isa == BT_ISA_REF && threads[t] != 2)
                continue;
            options = (struct bt_session_options){.isa = isa, .threads = threads[t]};
            bt_buf_clear(&found);
            outputs_of(&model, &options, &found);
            assert_int_equal(found.len, expected.len);
            assert_memory_equal(found.data, expected.data, expected.len);
        }
}

UNIT_MAIN(cmocka_unit_test(a_batch_gives_the_bits_of_its_rows),
          cmocka_unit_test(fusion_changes_no_bit),
          cmocka_unit_test(an_observer_sees_each_node_and_may_stop),
          cmocka_unit_test(inputs_are_checked_against_their_declaration),
          cmocka_unit_test(every_unsupported_operator_is_named_once),
          cmocka_unit_test(an_interrupted_run_makes_no_output),
          cmocka_unit_test(a_nan_comes_out_canonical),
          cmocka_unit_test(a_detector_gives_one_answer_at_every_level_and_thread_count))
