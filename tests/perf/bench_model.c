/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long the exact engine takes for one call of a model:
 *
 *     bench_model MODEL [--isa LEVEL] [--threads N] [--runs N]
 *
 * Prints the fastest of the runs in milliseconds. Inputs have the declared shape, 1 for unknown
 * dimensions, filled with a fixed pattern. --profile adds the mean time by operator, without fusion
 * of what it observes.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "engine/engine.h"

#define PORTS_MAX 64
#define KINDS_MAX 128
#define MODEL_BYTES_MAX ((uint64_t)1 << 32)

struct kind {
    const char *op;
    double ms;
    unsigned count;
};

struct bench {
    const char *path;
    struct bt_session_options options;
    unsigned runs;
    bool profile;
    struct kind kinds[KINDS_MAX];
    size_t kind_count;
    double last_ms;
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static baton_status make_inputs(const struct bt_graph *graph, struct bt_value *inputs,
                                struct baton_error *err)
{
    for (uint32_t i = 0; i < graph->input_count && i < PORTS_MAX; i++) {
        const struct bt_value_type *type = &graph->inputs[i].type;
        int64_t dims[BT_RANK_MAX];
        for (unsigned d = 0; d < type->rank; d++)
            dims[d] = type->dims[d] > 0 ? type->dims[d] : 1;
        struct bt_tensor tensor = BT_TENSOR_INIT;
        BT_TRY(bt_tensor_new(type->dtype, type->rank, dims, 0, &tensor, err));
        size_t count = bt_tensor_count(&tensor);
        for (size_t e = 0; e < count && type->dtype == BT_F32; e++)
            bt_f32_mut(&tensor)[e] = (float)(e % 255) / 127.5F - 1.0F;
        inputs[i] = bt_value_of_tensor(&tensor);
    }
    return BATON_OK;
}

static baton_status note(void *user, const struct bt_node *node, const struct bt_value *outputs,
                         struct baton_error *err)
{
    struct bench *bench = user;
    double ms = now_ms();
    size_t k = 0;
    while (k < bench->kind_count && strcmp(bench->kinds[k].op, node->op) != 0)
        k++;
    if (k == KINDS_MAX)
        return BATON_OK;
    if (k == bench->kind_count)
        bench->kinds[bench->kind_count++] = (struct kind){.op = node->op};
    bench->kinds[k].ms += ms - bench->last_ms;
    bench->kinds[k].count++;
    bench->last_ms = now_ms();
    return BATON_OK;
}

static baton_status run_once(struct bench *bench, struct bt_session *session,
                             const struct bt_graph *graph, const struct bt_value *inputs,
                             double *ret_ms, struct baton_error *err)
{
    struct bt_value outputs[PORTS_MAX] = {0};
    struct bt_run run = {.inputs = inputs, .input_count = graph->input_count, .outputs = outputs};
    run.observe = bench->profile ? note : NULL;
    run.user = bench;
    double start = now_ms();
    bench->last_ms = start;
    BT_TRY(bt_session_run(session, &run, err));
    *ret_ms = now_ms() - start;
    for (uint32_t i = 0; i < graph->output_count; i++)
        bt_value_release(&outputs[i]);
    return BATON_OK;
}

static baton_status run_all(struct bench *bench, struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_session *session = NULL;
    struct bt_value inputs[PORTS_MAX] = {0};
    double best = 1e300;
    BT_TRY(bt_map_user_file(bench->path, MODEL_BYTES_MAX, &map, err));
    BT_TRY(bt_model_parse(bt_map_bytes(&map), bench->path, NULL, NULL, &model, err));
    double start = now_ms();
    BT_TRY(bt_session_new(&model, &bench->options, &session, err));
    double load_ms = now_ms() - start;
    baton_status status = make_inputs(model.graph, inputs, err);
    for (unsigned i = 0; i < bench->runs && status == BATON_OK; i++) {
        double ms = 0;
        status = run_once(bench, session, model.graph, inputs, &ms, err);
        best = ms < best ? ms : best;
    }
    printf("%.3f ms, load %.1f ms, peak %zu KiB, %s, %u threads\n", best, load_ms,
           bt_session_peak_bytes(session) / 1024, bt_isa_name(bench->options.isa),
           bench->options.threads);
    for (uint32_t i = 0; i < model.graph->input_count && i < PORTS_MAX; i++)
        bt_value_release(&inputs[i]);
    bt_session_free(session);
    return status;
}

static baton_status read_options(struct bench *bench, int argc, char **argv,
                                 struct baton_error *err)
{
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--profile") == 0)
            bench->profile = true;
        else if (strcmp(argv[i], "--threads") == 0 && has_value)
            bench->options.threads = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--runs") == 0 && has_value)
            bench->runs = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--isa") == 0 && has_value)
            BT_TRY(bt_isa_find(argv[++i], &bench->options.isa, err));
        else
            bench->path = argv[i];
    }
    return bench->path ? BATON_OK : bt_fail(err, BATON_ERR_USAGE, "no model given");
}

int main(int argc, char **argv)
{
    struct baton_error err = BATON_ERROR_INIT;
    static struct bench bench = {.runs = 20, .options = {.threads = 1}};
    bench.options.isa = bt_isa_best();
    if (read_options(&bench, argc, argv, &err) != BATON_OK || run_all(&bench, &err) != BATON_OK) {
        fprintf(stderr, "bench_model: %s\n", err.text);
        return 1;
    }
    for (size_t k = 0; k < bench.kind_count; k++)
        printf("%10.3f ms  %4u x %s\n", bench.kinds[k].ms / bench.runs,
               bench.kinds[k].count / bench.runs, bench.kinds[k].op);
    return 0;
}
