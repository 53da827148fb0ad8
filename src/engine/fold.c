/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/session_int.h"

static bool is_constant(const struct bt_session *session, uint32_t value)
{
    return value == BT_ABSENT || session->constant[value];
}

static bool can_fold(const struct bt_session *session, const struct bt_step *step)
{
    if (step->op->random || step->body_count)
        return false;
    for (uint32_t i = 0; i < step->node->input_count; i++)
        if (!is_constant(session, step->node->inputs[i]))
            return false;
    return true;
}

/* The outputs move to the values they define and stay in step->outputs as aliases, for observers.
 */
static void keep_outputs(struct bt_session *session, struct bt_step *step)
{
    for (uint32_t i = 0; i < step->node->output_count; i++) {
        uint32_t value = step->node->outputs[i];
        if (value == BT_ABSENT) {
            bt_value_release(&step->outputs[i]);
            continue;
        }
        session->values[value] = step->outputs[i];
        session->constant[value] = true;
    }
    step->folded = true;
}

static baton_status fold_step(struct bt_session *session, const struct bt_plan *plan,
                              struct bt_step *step, struct baton_error *err)
{
    struct baton_error own_err = BATON_ERROR_INIT;
    if (bt_step_run(session, step, &own_err) == BATON_OK) {
        keep_outputs(session, step);
        return BATON_OK;
    }
    /* A branch that fails is an error only when it is taken. */
    if (plan->number != 0)
        return BATON_OK;
    if (err)
        *err = own_err;
    return own_err.status;
}

static baton_status prepare_step(struct bt_session *session, struct bt_step *step,
                                 struct baton_error *err)
{
    if (!step->op->prepare)
        return BATON_OK;
    BT_AUTO_ARENA scratch = BT_ARENA_INIT;
    uint32_t count = step->node->input_count;
    const struct bt_value **inputs = bt_arena_calloc(&scratch, count, sizeof(struct bt_value *));
    if (!inputs)
        return bt_fail_no_memory(err, "the plan");
    for (uint32_t i = 0; i < count; i++)
        if (is_constant(session, step->node->inputs[i]))
            inputs[i] = step->inputs[i];
    struct bt_op_ctx ctx = bt_step_ctx(session, step, &session->arena);
    ctx.inputs = inputs;
    baton_status status = step->op->prepare(&ctx, err);
    bt_scratch_release(session, 0);
    step->state = ctx.state;
    if (status != BATON_OK) {
        char label[160];
        return bt_error_prepend(err, "%s", bt_node_label(step->node, label, sizeof label));
    }
    return BATON_OK;
}

baton_status bt_fold(struct bt_session *session, struct baton_error *err)
{
    for (uint32_t p = 0; p < session->plan_count; p++) {
        struct bt_plan *plan = session->plans[p];
        for (uint32_t s = 0; s < plan->step_count; s++) {
            struct bt_step *step = &plan->steps[s];
            BT_TRY(prepare_step(session, step, err));
            if (can_fold(session, step))
                BT_TRY(fold_step(session, plan, step, err));
        }
    }
    return BATON_OK;
}
