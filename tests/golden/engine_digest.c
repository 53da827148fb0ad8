/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One model, inputs drawn from its signature, and the canonical bytes of what it answers:
 *
 *     engine_digest MODEL LEVEL THREADS >BYTES        engine_digest --levels
 *
 * The inputs are a function of the signature alone (unknown dimensions are 1), so the bytes are the
 * same for every compiler, machine, level and number of threads; tools/check-digests hashes them.
 * It links the rooms of inference only, so it runs where no library is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/philox.h"
#include "engine/engine.h"
#include "tensor/canonical.h"

#define SEED 20240607U
#define PORTS_MAX 16
#define MODEL_BYTES_MAX ((uint64_t)1 << 30)

struct ports {
    struct bt_value values[PORTS_MAX];
};

static void ports_release(struct ports *ports)
{
    for (size_t i = 0; i < PORTS_MAX; i++)
        bt_value_release(&ports->values[i]);
}

static uint32_t draw(size_t port, size_t i)
{
    return bt_philox(SEED, port, i / 4).word[i % 4];
}

/* Floats are multiples of 2^-23 in [-1, 1), integers are 0 to 7: exact on every machine. */
static baton_status random_tensor(const struct bt_port *port, size_t number, struct bt_tensor *ret,
                                  struct baton_error *err)
{
    int64_t dims[BT_RANK_MAX];
    for (unsigned i = 0; i < port->type.rank; i++)
        dims[i] = port->type.dims[i] == BT_DIM_UNKNOWN ? 1 : port->type.dims[i];
    BT_TRY(bt_tensor_new(port->type.dtype, port->type.rank, dims, 0, ret, err));
    size_t count = bt_tensor_count(ret);
    if (ret->dtype == BT_F32)
        for (size_t i = 0; i < count; i++)
            bt_f32_mut(ret)[i] = (float)((int32_t)(draw(number, i) >> 8) - (1 << 23)) * 0x1p-23F;
    else if (ret->dtype == BT_I64)
        for (size_t i = 0; i < count; i++)
            ((int64_t *)ret->data)[i] = draw(number, i) & 7;
    else if (ret->dtype == BT_I32)
        for (size_t i = 0; i < count; i++)
            ((int32_t *)ret->data)[i] = (int32_t)(draw(number, i) & 7);
    else
        return bt_fail(err, BATON_ERR_USAGE, "input \"%s\": expected float32, int32 or int64",
                       port->name);
    return BATON_OK;
}

static void print_bytes(void *user, const void *bytes, size_t len)
{
    bool *good = user;
    *good = *good && fwrite(bytes, 1, len, stdout) == len;
}

static baton_status predict(struct bt_session *session, const struct bt_graph *graph,
                            struct baton_error *err)
{
    BT_CLEANUP(ports_release) struct ports inputs = {0};
    BT_CLEANUP(ports_release) struct ports outputs = {0};
    if (graph->input_count > PORTS_MAX || graph->output_count > PORTS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %d inputs or outputs", PORTS_MAX);
    for (uint32_t i = 0; i < graph->input_count; i++) {
        struct bt_tensor tensor = BT_TENSOR_INIT;
        BT_TRY(random_tensor(&graph->inputs[i], i, &tensor, err));
        inputs.values[i] = bt_value_of_tensor(&tensor);
    }
    struct bt_run run = {
        .inputs = inputs.values, .input_count = graph->input_count, .outputs = outputs.values};
    BT_TRY(bt_session_run(session, &run, err));
    bool good = true;
    for (uint32_t i = 0; i < graph->output_count; i++)
        bt_value_canonical(&outputs.values[i], print_bytes, &good);
    if (!good || fflush(stdout) != 0)
        return bt_fail(err, BATON_ERR_IO, "cannot write the outputs");
    return BATON_OK;
}

static baton_status digest(const char *path, const char *level, unsigned threads,
                           struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_session_options options = {.threads = threads};
    struct bt_session *session = NULL;
    BT_TRY(bt_isa_find(level, &options.isa, err));
    BT_TRY(bt_map_user_file(path, MODEL_BYTES_MAX, &map, err));
    BT_TRY(bt_model_parse(bt_map_bytes(&map), path, NULL, NULL, &model, err));
    BT_TRY(bt_session_new(&model, &options, &session, err));
    baton_status status = predict(session, model.graph, err);
    bt_session_free(session);
    return status;
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
    if (argc != 4 || digest(argv[1], argv[2], (unsigned)strtoul(argv[3], NULL, 10), &err)) {
        (void)fprintf(stderr, "engine_digest: %s\n", argc == 4 ? err.text : "MODEL LEVEL THREADS");
        return 1;
    }
    return 0;
}
