/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_model MODEL.onnx INPUTS.npz OUTPUTS.npz [THREADS [REPEATS]]
 *
 * Runs a model for a script that compares with other engines. An output that is a list of maps
 * becomes two arrays, `name` and `name.keys`. Prints the shortest time of a run in milliseconds.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "codec/npz.h"
#include "engine/engine.h"

#define PORTS_MAX 64
#define FILE_MAX ((uint64_t)1 << 30)

struct job {
    const char *model_path;
    const char *inputs_path;
    const char *outputs_path;
    unsigned threads;
    unsigned repeats;
};

static baton_status find_inputs(const struct bt_graph *graph, const struct bt_named *list,
                                struct bt_value *ret, struct baton_error *err)
{
    if (graph->input_count > PORTS_MAX || graph->output_count > PORTS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %d inputs or outputs", PORTS_MAX);
    for (uint32_t i = 0; i < graph->input_count; i++) {
        const struct bt_tensor *found = bt_named_find(list, graph->inputs[i].name);
        if (!found)
            return bt_fail(err, BATON_ERR_NOT_FOUND, "no array for input %s",
                           graph->inputs[i].name);
        struct bt_tensor shared = bt_tensor_ref(found);
        ret[i] = bt_value_of_tensor(&shared);
    }
    return BATON_OK;
}

static baton_status add_output(const char *name, const struct bt_value *value,
                               struct bt_named *list, struct baton_error *err)
{
    char keys[256];
    struct bt_tensor tensor = bt_tensor_ref(&value->tensor);
    BT_TRY(bt_named_add(list, bt_bytes_of(name), &tensor, err));
    if (value->kind != BT_VALUE_MAPS)
        return BATON_OK;
    (void)snprintf(keys, sizeof keys, "%s.keys", name);
    tensor = bt_tensor_ref(&value->keys);
    return bt_named_add(list, bt_bytes_of(keys), &tensor, err);
}

static baton_status write_outputs(const struct bt_graph *graph, const struct bt_value *outputs,
                                  const char *path, struct baton_error *err)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    BT_AUTO_BUF bytes = BT_BUF_INIT(FILE_MAX);
    for (uint32_t i = 0; i < graph->output_count; i++)
        BT_TRY(add_output(graph->outputs[i].name, &outputs[i], &list, err));
    BT_TRY(bt_npz_write(&list, &bytes, err));
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes.data, 1, bytes.len, file) != bytes.len || fclose(file) != 0)
        return bt_fail_os(err, errno, "%s", path);
    return BATON_OK;
}

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void release(struct bt_value *values)
{
    for (unsigned i = 0; i < PORTS_MAX; i++)
        bt_value_release(&values[i]);
}

/* The last run's outputs are kept. */
static baton_status run_often(struct bt_session *session, struct bt_run *run, unsigned repeats,
                              double *ret_ms, struct baton_error *err)
{
    for (unsigned i = 0; i < repeats; i++) {
        release(run->outputs);
        double start = now_ms();
        BT_TRY(bt_session_run(session, run, err));
        double spent = now_ms() - start;
        if (i == 0 || spent < *ret_ms)
            *ret_ms = spent;
    }
    return BATON_OK;
}

static baton_status run_model(const struct job *job, const struct bt_model *model,
                              const struct bt_named *list, struct baton_error *err)
{
    const struct bt_session_options options = {.isa = bt_isa_best(), .threads = job->threads};
    struct bt_value inputs[PORTS_MAX] = {BT_VALUE_INIT};
    struct bt_value outputs[PORTS_MAX] = {BT_VALUE_INIT};
    struct bt_session *session = NULL;
    double ms = 0;
    BT_TRY(bt_session_new(model, &options, &session, err));
    struct bt_run run = {
        .inputs = inputs, .input_count = model->graph->input_count, .outputs = outputs};
    baton_status status = find_inputs(model->graph, list, inputs, err);
    if (status == BATON_OK)
        status = run_often(session, &run, job->repeats, &ms, err);
    if (status == BATON_OK)
        status = write_outputs(model->graph, outputs, job->outputs_path, err);
    release(inputs);
    release(outputs);
    bt_session_free(session);
    (void)printf("%.4f\n", ms);
    return status;
}

static baton_status read_and_run(const struct job *job, struct baton_error *err)
{
    BT_AUTO_MAP model_file = BT_MAP_INIT;
    BT_AUTO_MAP inputs_file = BT_MAP_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    BT_TRY(bt_map_user_file(job->model_path, FILE_MAX, &model_file, err));
    BT_TRY(bt_map_user_file(job->inputs_path, FILE_MAX, &inputs_file, err));
    BT_TRY(bt_model_parse(bt_map_bytes(&model_file), job->model_path, NULL, NULL, &model, err));
    BT_TRY(bt_npz_read(bt_map_bytes(&inputs_file), job->inputs_path, NULL, &list, err));
    return run_model(job, &model, &list, err);
}

int main(int argc, char **argv)
{
    struct baton_error err = BATON_ERROR_INIT;
    if (argc < 4)
        return 2;
    const struct job job = {.model_path = argv[1],
                            .inputs_path = argv[2],
                            .outputs_path = argv[3],
                            .threads = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 1,
                            .repeats = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 1};
    if (read_and_run(&job, &err) == BATON_OK)
        return 0;
    (void)fprintf(stderr, "%s\n", err.text);
    return 1;
}
