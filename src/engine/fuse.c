/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bit-identical fusion: Conv, Gemm or MatMul takes over the Add of a constant row and the Relu or
 * Clip that alone read its result. The kernel's epilogue has the same roundings in the same order
 * as the separate nodes, so only the passes over memory go away.
 */
#include "engine/session_int.h"

struct fuse_walk {
    const struct bt_plan *plan;
    uint32_t step;
    uint32_t *reads;  /* by value; captures and graph outputs count twice, they forbid fusion */
    uint32_t *reader; /* by value: the last step that reads it */
};

static void note_capture(struct fuse_walk *walk, const struct bt_plan *plan)
{
    for (uint32_t i = 0; i < plan->graph->output_count; i++)
        walk->reads[plan->graph->outputs[i].value] += 2;
    for (uint32_t i = 0; i < plan->capture_count; i++)
        walk->reads[plan->captures[i]] += 2;
}

static void note_read(void *user, uint32_t value)
{
    struct fuse_walk *walk = user;
    walk->reads[value]++;
    walk->reader[value] = walk->step;
}

static struct bt_step *only_reader(const struct fuse_walk *walk, const struct bt_step *step)
{
    uint32_t value = step->output_ids[0];
    if (value == BT_ABSENT || walk->reads[value] != 1)
        return NULL;
    struct bt_step *reader = &walk->plan->steps[walk->reader[value]];
    return reader->op->tail && !reader->taken ? reader : NULL;
}

/* Inputs that are constant, others NULL: what bt_op.head and bt_op.tail may look at. */
static bool constants_of(const struct bt_session *session, const struct bt_step *step,
                         const struct bt_value **inputs, uint32_t max)
{
    if (step->node->input_count > max)
        return false;
    for (uint32_t i = 0; i < step->node->input_count; i++) {
        uint32_t value = step->node->inputs[i];
        inputs[i] = value != BT_ABSENT && session->constant[value] ? step->inputs[i] : NULL;
    }
    return true;
}

#define FUSE_INPUTS_MAX 8u

static bool ask(struct bt_session *session, struct bt_step *step,
                bool (*question)(const struct bt_op_ctx *, struct bt_op_tail *),
                struct bt_op_tail *tail)
{
    const struct bt_value *inputs[FUSE_INPUTS_MAX];
    if (!constants_of(session, step, inputs, FUSE_INPUTS_MAX))
        return false;
    struct bt_op_ctx ctx = bt_step_ctx(session, step, NULL);
    ctx.inputs = inputs;
    return question(&ctx, tail);
}

static baton_status fuse_step(struct bt_session *session, const struct fuse_walk *walk,
                              struct bt_step *step, struct baton_error *err)
{
    struct bt_op_tail tail = {.activation = BT_ACT_NONE};
    bool any = false;
    if (step->folded || !step->op->head || step->node->output_count != 1 ||
        !ask(session, step, step->op->head, &tail))
        return BATON_OK;
    for (;;) {
        struct bt_step *next = only_reader(walk, step);
        if (!next || next->node->output_count != 1 || !ask(session, next, next->op->tail, &tail))
            break;
        next->taken = true;
        step->output_ids = next->node->outputs;
        any = true;
    }
    if (!any)
        return BATON_OK;
    struct bt_op_tail *kept = bt_arena_calloc(&session->arena, 1, sizeof *kept);
    if (!kept)
        return bt_fail_no_memory(err, "the plan");
    *kept = tail;
    step->tail = kept;
    return BATON_OK;
}

baton_status bt_fuse(struct bt_session *session, struct baton_error *err)
{
    size_t values = session->model->graph->value_count;
    BT_AUTO_ARENA scratch = BT_ARENA_INIT;
    struct fuse_walk walk = {0};
    walk.reads = bt_arena_calloc(&scratch, values, sizeof *walk.reads);
    walk.reader = bt_arena_calloc(&scratch, values, sizeof *walk.reader);
    if (!walk.reads || !walk.reader)
        return bt_fail_no_memory(err, "the plan");
    for (uint32_t p = 0; p < session->plan_count; p++)
        note_capture(&walk, session->plans[p]);
    for (uint32_t p = 0; p < session->plan_count; p++) {
        walk.plan = session->plans[p];
        for (walk.step = 0; walk.step < walk.plan->step_count; walk.step++)
            bt_step_each_read(&walk.plan->steps[walk.step], note_read, &walk);
        for (uint32_t s = 0; s < walk.plan->step_count; s++)
            BT_TRY(fuse_step(session, &walk, &session->plans[p]->steps[s], err));
    }
    return BATON_OK;
}
