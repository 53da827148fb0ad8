/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every model in should-fail/ml must be refused, when the session is made or when it runs on zeros,
 * with exactly the status and line of its `.expected` file. Given a file, the program prints what
 * it found instead.
 */
#include "unit/unit.h"

#include <dirent.h>
#include <stdio.h>

#include "base/fs.h"
#include "engine/engine.h"

#define CASES_MIN 100
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

static baton_status load_and_run(struct bt_bytes bytes, struct baton_error *err)
{
    const struct bt_session_options options = {.isa = BT_ISA_REF, .threads = 1};
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_session *session = NULL;
    BT_TRY(bt_model_parse(bytes, "model", NULL, NULL, &model, err));
    BT_TRY(bt_session_new(&model, &options, &session, err));
    baton_status status = run_on_zeros(model.graph, session, err);
    bt_session_free(session);
    return status;
}

/* "status: text\n" of refusing the file, or "ok\n". */
static void outcome(const char *path, struct bt_buf *out)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    assert_ok(bt_map_user_file(path, 1 << 20, &map, &err), err);
    if (load_and_run(bt_map_bytes(&map), &err) == BATON_OK)
        bt_buf_put_str(out, "ok\n");
    else
        bt_buf_printf(out, "%s: %s\n", baton_status_name(err.status), err.text);
}

static void check_case(const char *folder, const char *file)
{
    char path[4096];
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF found = BT_BUF_INIT(4096);
    BT_AUTO_MAP expected = BT_MAP_INIT;
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    outcome(path, &found);
    memcpy(strrchr(path, '.'), ".expected", sizeof ".expected");
    assert_ok(bt_map_user_file(path, 4096, &expected, &err), err);
    if (!bt_bytes_equal(bt_map_bytes(&expected), bt_buf_bytes(&found)))
        fail_msg("%s: found\n%sexpected\n%.*s", file, bt_buf_str(&found), (int)expected.len,
                 (const char *)expected.ptr);
}

static void every_bad_node_is_refused_with_its_line(void **state)
{
    (void)state;
    char path[2048];
    (void)snprintf(path, sizeof path, "%s/tests/golden/should-fail/ml",
                   getenv("BATON_TEST_SOURCE"));
    DIR *dir = opendir(path);
    assert_non_null(dir);
    size_t cases = 0;
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        const char *dot = strrchr(e->d_name, '.');
        if (!dot || strcmp(dot, ".onnx") != 0)
            continue;
        check_case(path, e->d_name);
        cases++;
    }
    closedir(dir);
    assert_true(cases >= CASES_MIN);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bad_node_is_refused_with_its_line),
    };
    if (argc == 2) {
        BT_AUTO_BUF out = BT_BUF_INIT(4096);
        outcome(argv[1], &out);
        (void)fputs(bt_buf_str(&out), stdout);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
