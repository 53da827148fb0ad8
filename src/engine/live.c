/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/session_int.h"

#define NEVER UINT32_MAX

struct live_walk {
    struct bt_session *session;
    const struct bt_plan *plan;
    uint32_t step;
    uint32_t *last;  /* by value: the last step of its owner that reads or defines it */
    uint32_t *reads; /* by value, graph outputs counted too */
};

static void note_read(void *user, uint32_t value)
{
    struct live_walk *walk = user;
    walk->reads[value]++;
    if (walk->session->owner[value] == walk->plan->number && walk->last[value] != NEVER)
        walk->last[value] = walk->step;
}

static void each_output(const struct bt_step *step, struct live_walk *walk)
{
    for (uint32_t i = 0; i < step->node->output_count; i++)
        if (step->output_ids[i] != BT_ABSENT)
            walk->last[step->output_ids[i]] = walk->step;
}

static void find_last_readers(struct live_walk *walk, const struct bt_plan *plan)
{
    const struct bt_graph *graph = plan->graph;
    walk->plan = plan;
    for (walk->step = 0; walk->step < plan->step_count; walk->step++) {
        const struct bt_step *step = &plan->steps[walk->step];
        if (step->folded || step->taken)
            continue;
        each_output(step, walk);
        bt_step_each_read(step, note_read, walk);
    }
    for (uint32_t i = 0; i < graph->output_count; i++) {
        uint32_t value = graph->outputs[i].value;
        walk->reads[value]++;
        if (walk->session->owner[value] == plan->number)
            walk->last[value] = NEVER;
    }
}

static bool dies_here(const struct live_walk *walk, uint32_t value, uint32_t step)
{
    return value != BT_ABSENT && !walk->session->constant[value] &&
           walk->session->owner[value] == walk->plan->number && walk->last[value] == step;
}

struct dying_list {
    const struct live_walk *walk;
    uint32_t step;
    uint32_t *list;
    uint32_t count;
};

/* A value may be read twice by one step; `last` is cleared so that it is listed once. */
static void note_dying(void *user, uint32_t value)
{
    struct dying_list *dying = user;
    if (!dies_here(dying->walk, value, dying->step))
        return;
    dying->walk->last[value] = NEVER;
    dying->list[dying->count++] = value;
}

static uint32_t reads_max(const struct bt_step *step)
{
    uint32_t count = step->node->input_count + step->node->output_count;
    for (uint32_t b = 0; b < step->body_count; b++)
        count += step->bodies[b]->capture_count;
    return count;
}

static baton_status mark_step(const struct live_walk *walk, struct bt_step *step, uint32_t number,
                              struct baton_error *err)
{
    struct dying_list dying = {.walk = walk, .step = number};
    dying.list = bt_arena_calloc(&walk->session->arena, reads_max(step), sizeof *dying.list);
    if (!dying.list)
        return bt_fail_no_memory(err, "the plan");
    /* A body may read what is also an input, so such a step never reuses its inputs' bytes. */
    for (uint32_t i = 0; i < step->node->input_count; i++)
        step->input_dies[i] =
            step->body_count == 0 && dies_here(walk, step->node->inputs[i], number);
    bt_step_each_read(step, note_dying, &dying);
    for (uint32_t i = 0; i < step->node->output_count; i++) {
        uint32_t value = step->output_ids[i];
        step->output_read[i] = value != BT_ABSENT && walk->reads[value] > 0;
        if (value != BT_ABSENT)
            note_dying(&dying, value);
    }
    step->dying = dying.list;
    step->dying_count = dying.count;
    return BATON_OK;
}

baton_status bt_live(struct bt_session *session, struct baton_error *err)
{
    size_t values = session->model->graph->value_count;
    BT_AUTO_ARENA scratch = BT_ARENA_INIT;
    struct live_walk walk = {.session = session};
    walk.last = bt_arena_calloc(&scratch, values, sizeof *walk.last);
    walk.reads = bt_arena_calloc(&scratch, values, sizeof *walk.reads);
    if (!walk.last || !walk.reads)
        return bt_fail_no_memory(err, "the plan");
    for (uint32_t p = 0; p < session->plan_count; p++)
        find_last_readers(&walk, session->plans[p]);
    for (uint32_t p = 0; p < session->plan_count; p++) {
        walk.plan = session->plans[p];
        for (uint32_t s = 0; s < walk.plan->step_count; s++) {
            struct bt_step *step = &session->plans[p]->steps[s];
            if (!step->folded && !step->taken)
                BT_TRY(mark_step(&walk, step, s, err));
        }
    }
    return BATON_OK;
}
