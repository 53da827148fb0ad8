/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/session_int.h"

#include <string.h>

#include "base/fpenv.h"

/* ---- what operators ask of us ---- */

static struct bt_storage *host_storage(struct bt_session *session, size_t bytes)
{
    return bt_recycler_take(&session->recycler, bytes);
}

static void *host_scratch(struct bt_op_ctx *ctx, size_t bytes)
{
    struct bt_session *session = ctx->session;
    if (session->scratch_count == session->scratch_capacity) {
        size_t capacity = session->scratch_capacity ? session->scratch_capacity * 2 : 16;
        struct bt_storage **scratch =
            bt_realloc(session->scratch, capacity, sizeof(struct bt_storage *));
        if (!scratch)
            return NULL;
        session->scratch = scratch;
        session->scratch_capacity = capacity;
    }
    struct bt_storage *storage = bt_recycler_take(&session->recycler, bytes);
    if (!storage)
        return NULL;
    session->scratch[session->scratch_count++] = storage;
    return storage->data;
}

void bt_scratch_release(struct bt_session *session, size_t keep)
{
    while (session->scratch_count > keep) {
        struct bt_tensor block = {.storage = session->scratch[--session->scratch_count]};
        bt_tensor_release(&block);
    }
}

/* ---- one step ---- */

struct bt_op_ctx bt_step_ctx(struct bt_session *session, struct bt_step *step,
                             struct bt_arena *arena)
{
    return (struct bt_op_ctx){
        .model = session->model,
        .node = step->node,
        .op = step->op,
        .kernels = &session->kernels,
        .pool = session->pool,
        .session = session,
        .host = &bt_session_host,
        .step = step,
        .inputs = step->inputs,
        .input_dies = step->input_dies,
        .input_count = step->node->input_count,
        .outputs = step->outputs,
        .output_count = step->node->output_count,
        .tail = step->tail,
        .state = step->state,
        .arena = arena,
        .bytes_max = session->options.value_bytes_max,
        .seed = session->run ? session->run->seed : 0,
    };
}

static void drop_outputs(struct bt_step *step)
{
    for (uint32_t i = 0; i < step->node->output_count; i++)
        bt_value_release(&step->outputs[i]);
}

baton_status bt_step_run(struct bt_session *session, struct bt_step *step, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_op_ctx ctx = bt_step_ctx(session, step, &arena);
    bool watched = !session->run || session->run->observe;
    ctx.output_read = watched ? NULL : step->output_read;
    size_t scratch_base = session->scratch_count;
    baton_status status = step->op->run(&ctx, err);
    bt_scratch_release(session, scratch_base);
    if (status == BATON_OK)
        return BATON_OK;
    drop_outputs(step);
    char label[160];
    return bt_error_prepend(err, "%s", bt_node_label(step->node, label, sizeof label));
}

static baton_status observe(const struct bt_session *session, const struct bt_step *step,
                            struct baton_error *err)
{
    if (!session->run->observe)
        return BATON_OK;
    return session->run->observe(session->run->user, step->node, step->outputs, err);
}

/* The outputs become values; what nobody reads any more goes. */
static void hand_over(struct bt_session *session, struct bt_step *step)
{
    for (uint32_t i = 0; i < step->node->output_count; i++) {
        if (step->output_ids[i] == BT_ABSENT)
            bt_value_release(&step->outputs[i]);
        else
            session->values[step->output_ids[i]] = step->outputs[i];
        step->outputs[i] = (struct bt_value)BT_VALUE_INIT;
    }
    for (uint32_t i = 0; i < step->dying_count; i++)
        bt_value_release(&session->values[step->dying[i]]);
}

static baton_status do_step(struct bt_session *session, struct bt_step *step,
                            struct baton_error *err)
{
    if (step->taken)
        return BATON_OK;
    if (step->folded)
        return observe(session, step, err);
    if (session->run->interrupted && *session->run->interrupted)
        return bt_fail(err, BATON_ERR_INTERRUPTED, "interrupted");
    BT_TRY(bt_step_run(session, step, err));
    baton_status status = observe(session, step, err);
    hand_over(session, step);
    return status;
}

/* ---- a graph ---- */

static void release_value(struct bt_session *session, uint32_t value)
{
    if (value != BT_ABSENT && !session->constant[value])
        bt_value_release(&session->values[value]);
}

static void release_values(struct bt_session *session, const struct bt_plan *plan)
{
    for (uint32_t i = 0; i < plan->graph->input_count; i++)
        release_value(session, plan->graph->inputs[i].value);
    for (uint32_t s = 0; s < plan->step_count; s++)
        for (uint32_t i = 0; i < plan->steps[s].node->output_count; i++)
            release_value(session, plan->steps[s].output_ids[i]);
}

static void drop_values(struct bt_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        bt_value_release(&values[i]);
}

static baton_status take_outputs(const struct bt_session *session, const struct bt_graph *graph,
                                 struct bt_value *outputs, struct baton_error *err)
{
    for (uint32_t i = 0; i < graph->output_count; i++) {
        outputs[i] = (struct bt_value)BT_VALUE_INIT;
        baton_status status =
            bt_value_ref(&session->values[graph->outputs[i].value], &outputs[i], err);
        if (status != BATON_OK) {
            drop_values(outputs, i);
            return status;
        }
    }
    return BATON_OK;
}

/* The inputs are in the values already. */
static baton_status run_plan(struct bt_session *session, const struct bt_plan *plan,
                             struct bt_value *outputs, struct baton_error *err)
{
    baton_status status = BATON_OK;
    for (uint32_t s = 0; s < plan->step_count && status == BATON_OK; s++)
        status = do_step(session, &plan->steps[s], err);
    if (status == BATON_OK)
        status = take_outputs(session, plan->graph, outputs, err);
    release_values(session, plan);
    return status;
}

static baton_status host_run_graph(struct bt_op_ctx *ctx, const struct bt_graph *graph,
                                   struct bt_value *inputs, struct bt_value *outputs,
                                   struct baton_error *err)
{
    struct bt_session *session = ctx->session;
    const struct bt_step *step = ctx->step;
    const struct bt_plan *plan = NULL;
    for (uint32_t b = 0; b < step->body_count && !plan; b++)
        if (step->bodies[b]->graph == graph)
            plan = step->bodies[b];
    BT_BUG_ON(!plan);
    for (uint32_t i = 0; i < graph->input_count; i++) {
        session->values[graph->inputs[i].value] = inputs[i];
        inputs[i] = (struct bt_value)BT_VALUE_INIT;
    }
    return run_plan(session, plan, outputs, err);
}

const struct bt_op_host bt_session_host = {
    .storage = host_storage,
    .scratch = host_scratch,
    .run_graph = host_run_graph,
};

/* ---- a call ---- */

static baton_status borrow_inputs(struct bt_session *session, const struct bt_run *run,
                                  struct baton_error *err)
{
    const struct bt_graph *graph = session->model->graph;
    BT_TRY(bt_check_inputs(graph, run->inputs, run->input_count, err));
    for (uint32_t i = 0; i < graph->input_count; i++)
        BT_TRY(bt_value_ref(&run->inputs[i], &session->values[graph->inputs[i].value], err));
    return BATON_OK;
}

static baton_status detach_outputs(struct bt_session *session, struct bt_value *outputs,
                                   struct baton_error *err)
{
    uint32_t count = session->model->graph->output_count;
    for (uint32_t i = 0; i < count; i++) {
        baton_status status = bt_detach(session, &outputs[i], err);
        if (status != BATON_OK) {
            drop_values(outputs, count);
            return status;
        }
    }
    return BATON_OK;
}

static baton_status run_top(struct bt_session *session, struct bt_run *run, struct baton_error *err)
{
    baton_status status = borrow_inputs(session, run, err);
    if (status != BATON_OK) {
        release_values(session, session->plans[0]);
        return status;
    }
    BT_TRY(run_plan(session, session->plans[0], run->outputs, err));
    return detach_outputs(session, run->outputs, err);
}

baton_status bt_session_run(struct bt_session *session, struct bt_run *run, struct baton_error *err)
{
    struct bt_fpenv env;
    bt_fpenv_enter(&env);
    session->run = run;
    baton_status status = run_top(session, run, err);
    session->run = NULL;
    bt_recycler_end_run(&session->recycler);
    bt_fpenv_leave(&env);
    return status;
}
