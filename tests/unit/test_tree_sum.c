/* SPDX-License-Identifier: Apache-2.0 */
/* How tree ensembles add up, by rule: against the sums written down here, on trees whose leaves
 * binary32 and binary64 add to different numbers. */
#include "unit/unit.h"

#include "engine/engine.h"

#define TREES ((size_t)40)
#define FEATURES 5
#define NODES (TREES * 3)
#define TARGETS 2
#define ROWS 150 /* more than a block of the walker, and not whole groups */
#define VOTES (TREES * 2 * TARGETS)

/* Tree t is one question, x[t % FEATURES] <= threshold, with leaves 1 (yes) and 2 (no). */
struct forest {
    int64_t trees[NODES];
    int64_t ids[NODES];
    int64_t features[NODES];
    struct bt_bytes modes[NODES];
    float thresholds[NODES];
    int64_t yes[NODES];
    int64_t no[NODES];
    int64_t vote_trees[VOTES];
    int64_t vote_nodes[VOTES];
    int64_t vote_targets[VOTES];
    float weights[VOTES];
    float base[TARGETS];
};

static float drawn(uint32_t i)
{
    return (float)(int32_t)(i * 2654435761U + 12345U) / 3e8F;
}

static void make_forest(unsigned targets, struct forest *f)
{
    for (uint32_t i = 0; i < NODES; i++) {
        f->trees[i] = i / 3;
        f->ids[i] = i % 3;
        f->features[i] = i / 3 % FEATURES;
        f->modes[i] = bt_bytes_of(i % 3 ? "LEAF" : "BRANCH_LEQ");
        f->thresholds[i] = drawn(i) / 4;
        f->yes[i] = i % 3 ? 0 : 1;
        f->no[i] = i % 3 ? 0 : 2;
    }
    for (uint32_t v = 0; v < TREES * 2 * targets; v++) {
        f->vote_trees[v] = v / (2 * targets);
        f->vote_nodes[v] = 1 + v / targets % 2;
        f->vote_targets[v] = v % targets;
        f->weights[v] = drawn((uint32_t)(v + NODES)) / (float)(1 + v % 13);
    }
    f->base[0] = 0.1F;
    f->base[1] = -7.3F;
}

/* ---- the sums, said once more ---- */

static float expected(const struct forest *f, const float *x, unsigned targets, unsigned target,
                      bool narrow)
{
    float single = f->base[target];
    double sum = (double)single;
    for (size_t t = 0; t < TREES; t++) {
        unsigned no = x[t % FEATURES] <= f->thresholds[3 * t] ? 0U : 1U;
        float weight = f->weights[(2 * t + no) * targets + target];
        single = single + weight;
        sum = sum + (double)weight;
    }
    return narrow ? single : (float)sum;
}

/* ---- the engine's ---- */

static const char *const value_names[] = {"x", "y"};
static const uint32_t value_ids[] = {0, 1};

static struct bt_attr ints(const char *name, const int64_t *values, size_t count)
{
    return (struct bt_attr){.name = name, .kind = BT_ATTR_INTS, .ints = values, .count = count};
}

static struct bt_attr floats(const char *name, const float *values, size_t count)
{
    return (struct bt_attr){.name = name, .kind = BT_ATTR_FLOATS, .floats = values, .count = count};
}

static struct bt_value rows_of(enum bt_dtype dtype)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_tensor x = BT_TENSOR_INIT;
    const int64_t dims[] = {ROWS, FEATURES};
    assert_ok(bt_tensor_new(dtype, 2, dims, 0, &x, &err), err);
    for (uint32_t i = 0; i < ROWS * FEATURES; i++) {
        if (dtype == BT_F32)
            bt_f32_mut(&x)[i] = drawn(i + 1000);
        else
            ((double *)x.data)[i] = (double)drawn(i + 1000);
    }
    return bt_value_of_tensor(&x);
}

static void run_model(const struct bt_model *model, const struct bt_session_options *options,
                      struct bt_value *x, struct bt_value *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_session *session = NULL;
    struct bt_run run = {.inputs = x, .input_count = 1, .outputs = ret};
    assert_ok(bt_session_new(model, options, &session, &err), err);
    assert_ok(bt_session_run(session, &run, &err), err);
    bt_session_free(session);
}

static void run_forest(const struct forest *f, unsigned targets, enum bt_tree_sum rule,
                       const struct bt_session_options *options, struct bt_value *x,
                       struct bt_value *ret)
{
    const size_t votes = (size_t)TREES * 2 * targets;
    const struct bt_attr attrs[] = {
        ints("nodes_treeids", f->trees, NODES),
        ints("nodes_nodeids", f->ids, NODES),
        ints("nodes_featureids", f->features, NODES),
        {.name = "nodes_modes", .kind = BT_ATTR_STRINGS, .strings = f->modes, .count = NODES},
        floats("nodes_values", f->thresholds, NODES),
        ints("nodes_truenodeids", f->yes, NODES),
        ints("nodes_falsenodeids", f->no, NODES),
        ints("target_treeids", f->vote_trees, votes),
        ints("target_nodeids", f->vote_nodes, votes),
        ints("target_ids", f->vote_targets, votes),
        floats("target_weights", f->weights, votes),
        floats("base_values", f->base, targets),
        {.name = "n_targets", .kind = BT_ATTR_INT, .i = targets},
    };
    struct bt_node node = {.name = "",
                           .op = "TreeEnsembleRegressor",
                           .domain = "ai.onnx.ml",
                           .opset = 3,
                           .inputs = &value_ids[0],
                           .input_count = 1,
                           .outputs = &value_ids[1],
                           .output_count = 1,
                           .attrs = attrs,
                           .attr_count = sizeof attrs / sizeof *attrs};
    const struct bt_port input = {
        .value = 0, .name = "x", .type = {.dtype = x->tensor.dtype, .is_tensor = true}};
    const struct bt_port output = {.value = 1, .name = "y"};
    struct bt_graph graph = {.name = "forest",
                             .value_count = 2,
                             .value_names = value_names,
                             .inputs = &input,
                             .input_count = 1,
                             .outputs = &output,
                             .output_count = 1,
                             .nodes = &node,
                             .node_count = 1};
    struct bt_model model = {.graph = &graph, .tree_sum = rule};
    run_model(&model, options, x, ret);
}

static void compare(const struct forest *f, unsigned targets, enum bt_tree_sum rule,
                    const struct bt_value *y)
{
    BT_AUTO_VALUE x = rows_of(BT_F32);
    size_t differ = 0;
    for (size_t row = 0; row < ROWS; row++) {
        const float *values = bt_f32(&x.tensor) + row * FEATURES;
        for (unsigned target = 0; target < targets; target++) {
            float single = expected(f, values, targets, target, true);
            float sum = expected(f, values, targets, target, false);
            const float *got = bt_f32(&y->tensor) + row * targets + target;
            assert_memory_equal(got, rule == BT_TREE_SUM_XGBOOST ? &single : &sum, sizeof *got);
            differ += single != sum;
        }
    }
    assert_in_range(differ, ROWS / 2, ROWS * targets);
}

static void rule_holds(enum bt_tree_sum rule, enum bt_dtype dtype, unsigned targets)
{
    static struct forest f;
    make_forest(targets, &f);
    for (enum bt_isa isa = BT_ISA_REF; isa < BT_ISA_COUNT; isa++) {
        for (unsigned threads = 1; threads <= 3 && bt_isa_usable(isa); threads += 2) {
            const struct bt_session_options options = {.isa = isa, .threads = threads};
            BT_AUTO_VALUE x = rows_of(dtype);
            BT_AUTO_VALUE y = BT_VALUE_INIT;
            run_forest(&f, targets, rule, &options, &x, &y);
            compare(&f, targets, rule, &y);
        }
    }
}

static void every_rule_adds_as_it_says_at_every_level(void **state)
{
    (void)state;
    for (enum bt_tree_sum rule = BT_TREE_SUM_BINARY64; rule <= BT_TREE_SUM_LIGHTGBM; rule++) {
        for (unsigned targets = 1; targets <= TARGETS; targets++) {
            rule_holds(rule, BT_F32, targets);
            rule_holds(rule, BT_F64, targets);
        }
    }
}

UNIT_MAIN(cmocka_unit_test(every_rule_adds_as_it_says_at_every_level))
