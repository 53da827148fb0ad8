/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/session_int.h"

#include <string.h>

#include "base/buf.h"

#define MISSING_TEXT_MAX 4096

static struct bt_plan *add_plan(struct bt_session *session, const struct bt_graph *graph)
{
    if (session->plan_count == session->plan_capacity) {
        uint32_t capacity = session->plan_capacity ? session->plan_capacity * 2 : 8;
        struct bt_plan **plans = bt_realloc(session->plans, capacity, sizeof *plans);
        if (!plans)
            return NULL;
        session->plans = plans;
        session->plan_capacity = capacity;
    }
    struct bt_plan *plan = bt_arena_calloc(&session->arena, 1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->graph = graph;
    plan->number = session->plan_count;
    session->plans[session->plan_count++] = plan;
    return plan;
}

/* ---- one step ---- */

static baton_status find_bodies(struct bt_session *session, struct bt_step *step,
                                struct baton_error *err)
{
    size_t count = 0;
    for (uint32_t a = 0; a < step->node->attr_count; a++)
        if (step->node->attrs[a].graphs)
            count += step->node->attrs[a].kind == BT_ATTR_GRAPH ? 1 : step->node->attrs[a].count;
    step->bodies = bt_arena_calloc(&session->arena, count, sizeof(struct bt_plan *));
    if (!step->bodies)
        return bt_fail_no_memory(err, "the plan");
    for (uint32_t a = 0; a < step->node->attr_count; a++) {
        const struct bt_attr *attr = &step->node->attrs[a];
        size_t graphs = !attr->graphs ? 0 : attr->kind == BT_ATTR_GRAPH ? 1 : attr->count;
        for (size_t g = 0; g < graphs; g++) {
            struct bt_plan *body = add_plan(session, attr->graphs[g]);
            if (!body)
                return bt_fail_no_memory(err, "the plan");
            step->bodies[step->body_count++] = body;
        }
    }
    return BATON_OK;
}

static baton_status init_step(struct bt_session *session, struct bt_step *step,
                              const struct bt_node *node, struct baton_error *err)
{
    struct bt_arena *arena = &session->arena;
    step->node = node;
    step->op = bt_op_find(node->domain, node->op, node->opset);
    step->output_ids = node->outputs;
    step->inputs = bt_arena_calloc(arena, node->input_count, sizeof(struct bt_value *));
    step->input_dies = bt_arena_calloc(arena, node->input_count, sizeof(bool));
    step->outputs = bt_arena_calloc(arena, node->output_count, sizeof(struct bt_value));
    step->output_read = bt_arena_calloc(arena, node->output_count, sizeof(bool));
    if (!step->inputs || !step->input_dies || !step->outputs || !step->output_read)
        return bt_fail_no_memory(err, "the plan");
    for (uint32_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] != BT_ABSENT)
            step->inputs[i] = &session->values[node->inputs[i]];
    return find_bodies(session, step, err);
}

static void own(struct bt_session *session, const struct bt_plan *plan)
{
    const struct bt_graph *graph = plan->graph;
    for (uint32_t i = 0; i < graph->input_count; i++)
        session->owner[graph->inputs[i].value] = plan->number;
    for (uint32_t i = 0; i < graph->initializer_count; i++) {
        const struct bt_initializer *initializer = &graph->initializers[i];
        session->owner[initializer->value] = plan->number;
        session->constant[initializer->value] = true;
        session->values[initializer->value] = (struct bt_value){
            .kind = BT_VALUE_TENSOR, .tensor = bt_tensor_ref(&initializer->tensor)};
    }
    for (uint32_t n = 0; n < graph->node_count; n++)
        for (uint32_t i = 0; i < graph->nodes[n].output_count; i++)
            if (graph->nodes[n].outputs[i] != BT_ABSENT)
                session->owner[graph->nodes[n].outputs[i]] = plan->number;
}

static baton_status plan_graph(struct bt_session *session, struct bt_plan *plan,
                               struct baton_error *err)
{
    const struct bt_graph *graph = plan->graph;
    own(session, plan);
    plan->steps = bt_arena_calloc(&session->arena, graph->node_count, sizeof *plan->steps);
    if (!plan->steps)
        return bt_fail_no_memory(err, "the plan");
    plan->step_count = graph->node_count;
    for (uint32_t n = 0; n < graph->node_count; n++)
        BT_TRY(init_step(session, &plan->steps[n], &graph->nodes[n], err));
    return BATON_OK;
}

/* ---- operators that are not there ---- */

static bool mentioned(const struct bt_session *session, const struct bt_step *until)
{
    for (uint32_t p = 0; p < session->plan_count; p++)
        for (uint32_t s = 0; s < session->plans[p]->step_count; s++) {
            const struct bt_step *step = &session->plans[p]->steps[s];
            if (step == until)
                return false;
            if (!step->op && strcmp(step->node->op, until->node->op) == 0 &&
                strcmp(step->node->domain, until->node->domain) == 0)
                return true;
        }
    return false;
}

static void mention(const struct bt_step *step, struct bt_buf *text)
{
    char label[160];
    const struct bt_node *node = step->node;
    bt_buf_printf(text, "%s%s%s%s (opset %d) of %s", text->len ? ", " : "", node->domain,
                  node->domain[0] ? "." : "", node->op, node->opset,
                  bt_node_label(node, label, sizeof label));
}

/* A graph may name a million operators that nobody has; the first few tell enough. */
#define MENTIONED_MAX 8

static void mention_missing(const struct bt_session *session, struct bt_buf *text)
{
    unsigned count = 0;
    for (uint32_t p = 0; p < session->plan_count; p++)
        for (uint32_t s = 0; s < session->plans[p]->step_count; s++) {
            const struct bt_step *step = &session->plans[p]->steps[s];
            if (step->op || mentioned(session, step))
                continue;
            if (count++ == MENTIONED_MAX) {
                bt_buf_put_str(text, ", and others");
                return;
            }
            mention(step, text);
        }
}

static baton_status refuse_unsupported(const struct bt_session *session, struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(MISSING_TEXT_MAX);
    mention_missing(session, &text);
    if (text.len == 0)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_UNSUPPORTED, "operators that the exact engine does not have: %s",
                   bt_buf_str(&text));
}

/* ---- captures ---- */

struct capture_walk {
    const struct bt_session *session;
    const struct bt_plan *plan;
    uint32_t *seen; /* by value: 1 + the number of the plan that saw it last */
    uint32_t *list; /* room for every value */
    uint32_t count;
};

void bt_step_each_read(const struct bt_step *step, bt_step_visit *visit, void *user)
{
    for (uint32_t i = 0; i < step->node->input_count; i++)
        if (step->node->inputs[i] != BT_ABSENT)
            visit(user, step->node->inputs[i]);
    for (uint32_t b = 0; b < step->body_count; b++)
        for (uint32_t c = 0; c < step->bodies[b]->capture_count; c++)
            visit(user, step->bodies[b]->captures[c]);
}

static void note_capture(void *user, uint32_t value)
{
    struct capture_walk *walk = user;
    if (walk->session->owner[value] == walk->plan->number ||
        walk->seen[value] == walk->plan->number + 1)
        return;
    walk->seen[value] = walk->plan->number + 1;
    walk->list[walk->count++] = value;
}

static baton_status find_captures(struct bt_session *session, struct capture_walk *walk,
                                  struct bt_plan *plan, struct baton_error *err)
{
    walk->plan = plan;
    walk->count = 0;
    for (uint32_t s = 0; s < plan->step_count; s++)
        bt_step_each_read(&plan->steps[s], note_capture, walk);
    for (uint32_t i = 0; i < plan->graph->output_count; i++)
        note_capture(walk, plan->graph->outputs[i].value);
    uint32_t *captures = bt_arena_calloc(&session->arena, walk->count, sizeof *captures);
    if (!captures)
        return bt_fail_no_memory(err, "the plan");
    memcpy(captures, walk->list, walk->count * sizeof *captures);
    plan->captures = captures;
    plan->capture_count = walk->count;
    return BATON_OK;
}

/* Bodies come after the plan around them, so backwards every body is done before its user. */
static baton_status find_all_captures(struct bt_session *session, struct baton_error *err)
{
    size_t values = session->model->graph->value_count;
    BT_AUTO_ARENA scratch = BT_ARENA_INIT;
    struct capture_walk walk = {.session = session};
    walk.seen = bt_arena_calloc(&scratch, values, sizeof *walk.seen);
    walk.list = bt_arena_calloc(&scratch, values, sizeof *walk.list);
    if (!walk.seen || !walk.list)
        return bt_fail_no_memory(err, "the plan");
    for (uint32_t p = session->plan_count; p-- > 0;)
        BT_TRY(find_captures(session, &walk, session->plans[p], err));
    return BATON_OK;
}

baton_status bt_plan_all(struct bt_session *session, struct baton_error *err)
{
    if (!add_plan(session, session->model->graph))
        return bt_fail_no_memory(err, "the plan");
    /* Planning a graph appends the graphs in it. */
    for (uint32_t p = 0; p < session->plan_count; p++)
        BT_TRY(plan_graph(session, session->plans[p], err));
    BT_TRY(refuse_unsupported(session, err));
    return find_all_captures(session, err);
}
