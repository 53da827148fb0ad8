/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One model, inputs drawn from its signature or read from a table, and the canonical bytes of what
 * it answers:
 *
 *     engine_digest MODEL LEVEL THREADS [TABLE.csv] >BYTES        engine_digest --levels
 *
 * Drawn inputs are a function of the signature alone (unknown dimensions are 1), so the bytes are
 * the same for every compiler, machine, level and number of threads; tools/check-digests hashes
 * them. It links the rooms of inference only, so it runs where no library is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "data/csv_values.h"
#include "data/values.h"
#include "engine/engine.h"
#include "tensor/canonical.h"

#define SEED 20240607U
#define OUTPUTS_MAX 16
#define FILE_BYTES_MAX ((uint64_t)1 << 30)

struct answer {
    struct bt_value values[OUTPUTS_MAX];
};

static void answer_release(struct answer *answer)
{
    for (size_t i = 0; i < OUTPUTS_MAX; i++)
        bt_value_release(&answer->values[i]);
}

static void session_release(struct bt_session **session)
{
    bt_session_free(*session);
}

static baton_status make_inputs(const struct bt_graph *graph, const char *table,
                                struct bt_values *ret, struct baton_error *err)
{
    static const struct bt_read_options exact = {.mode = BT_BIND_EXACT};
    struct bt_ports ports = {graph->inputs, graph->input_count};
    BT_AUTO_MAP map = BT_MAP_INIT;
    if (!table)
        return bt_values_random(ports, SEED, 1, ret, err);
    BT_TRY(bt_map_user_file(table, FILE_BYTES_MAX, &map, err));
    BT_TRY(bt_csv_values(bt_map_bytes(&map), table, ports, &exact, ret, err));
    return bt_values_bind(ret, ports, BT_BIND_EXACT, table, err);
}

static void print_bytes(void *user, const void *bytes, size_t len)
{
    bool *good = user;
    *good = *good && fwrite(bytes, 1, len, stdout) == len;
}

static baton_status predict(struct bt_session *session, const struct bt_graph *graph,
                            const struct bt_values *from, struct baton_error *err)
{
    BT_CLEANUP(answer_release) struct answer answer = {0};
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_value *inputs = bt_arena_calloc(&arena, from->count, sizeof *inputs);
    if (!inputs)
        return bt_fail_no_memory(err, "the inputs");
    if (graph->output_count > OUTPUTS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %d outputs", OUTPUTS_MAX);
    for (size_t i = 0; i < from->count; i++)
        inputs[i] = from->items[i].value;
    struct bt_run run = {
        .inputs = inputs, .input_count = graph->input_count, .outputs = answer.values};
    BT_TRY(bt_session_run(session, &run, err));
    bool good = true;
    for (uint32_t i = 0; i < graph->output_count; i++)
        bt_value_canonical(&answer.values[i], print_bytes, &good);
    if (!good || fflush(stdout) != 0)
        return bt_fail(err, BATON_ERR_IO, "cannot write the outputs");
    return BATON_OK;
}

static baton_status answer_model(char **argv, struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    BT_AUTO_VALUES inputs = BT_VALUES_INIT;
    BT_CLEANUP(session_release) struct bt_session *session = NULL;
    struct bt_session_options options = {.threads = (unsigned)strtoul(argv[3], NULL, 10)};
    BT_TRY(bt_isa_find(argv[2], &options.isa, err));
    BT_TRY(bt_map_user_file(argv[1], FILE_BYTES_MAX, &map, err));
    BT_TRY(bt_model_parse(bt_map_bytes(&map), argv[1], NULL, NULL, &model, err));
    BT_TRY(bt_session_new(&model, &options, &session, err));
    BT_TRY(make_inputs(model.graph, argv[4], &inputs, err));
    return predict(session, model.graph, &inputs, err);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--levels") == 0) {
        for (int isa = 0; isa < BT_ISA_COUNT; isa++)
            if (bt_isa_usable((enum bt_isa)isa))
                (void)puts(bt_isa_name((enum bt_isa)isa));
        return 0;
    }
    struct baton_error err = {0};
    bool usage = argc < 4 || argc > 5;
    if (usage || answer_model(argv, &err)) {
        (void)fprintf(stderr, "engine_digest: %s\n",
                      usage ? "MODEL LEVEL THREADS [TABLE.csv]" : err.text);
        return 1;
    }
    return 0;
}
