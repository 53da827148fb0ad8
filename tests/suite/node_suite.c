/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The official ONNX backend cases (node and simple) through the exact engine.
 *
 *     node_suite DATA EXPECTED [--update] [--only NAME] [--verbose]
 *
 * DATA is the unpacked folder. Every case is a folder with model.onnx and test_data_set_N/
 * {input,output}_M.pb. EXPECTED lists the cases that pass, sorted: one that is listed and fails is
 * a regression, one that passes and is not listed wants `--update`.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "codec/json.h"
#include "engine/engine.h"
#include "onnx/value_proto.h"
#include "op/op.h"
#include "tensor/compare.h"

#define PORTS_MAX 24
#define PATH_BYTES 1024
#define FILE_BYTES_MAX ((uint64_t)1 << 30)
#define CASES_MAX 4096
#define MISSING_MAX 256

struct suite {
    const char *data;
    struct bt_arena arena;
    const char **cases; /* "node/test_add" */
    bool *passed;
    size_t count;
    size_t failed;
    size_t unsupported;
    size_t random; /* of those that pass */
    char missing[MISSING_MAX][64];
    size_t missing_count[MISSING_MAX];
    size_t missing_kinds;
    bool verbose;
};

/* ---- one data set ---- */

struct values {
    struct bt_map maps[PORTS_MAX];
    struct bt_value values[PORTS_MAX];
    uint32_t count;
};

static void values_release(struct values *v)
{
    for (uint32_t i = 0; i < PORTS_MAX; i++) {
        bt_value_release(&v->values[i]);
        bt_map_release(&v->maps[i]);
    }
}

#define AUTO_VALUES BT_CLEANUP(values_release) struct values

/* A path of at most PATH_BYTES - 1 bytes, which the callers' folders and names stay far below. */
static const char *path_of(char path[PATH_BYTES], const char *folder, const char *name)
{
    if ((size_t)snprintf(path, PATH_BYTES, "%s/%s", folder, name) >= PATH_BYTES)
        abort();
    return path;
}

static baton_status read_values(const char *set, const char *kind, const struct bt_port *ports,
                                uint32_t count, struct values *ret, struct baton_error *err)
{
    for (ret->count = 0; ret->count < count && ret->count < PORTS_MAX; ret->count++) {
        char name[32];
        char path[PATH_BYTES];
        uint32_t i = ret->count;
        snprintf(name, sizeof name, "%s_%u.pb", kind, i);
        path_of(path, set, name);
        BT_TRY(bt_map_user_file(path, FILE_BYTES_MAX, &ret->maps[i], err));
        BT_TRY(bt_value_proto_parse(bt_map_bytes(&ret->maps[i]), &ports[i].type, path,
                                    &ret->values[i], err));
    }
    return BATON_OK;
}

/* ONNX does not say which generator a random operator has: those who made the cases drew with
 * another one, so that only type and shape of their outputs mean something. */
static bool is_random(const struct bt_graph *graph)
{
    for (uint32_t i = 0; i < graph->node_count; i++) {
        const struct bt_node *node = &graph->nodes[i];
        const struct bt_op *op = bt_op_find(node->domain, node->op, node->opset);
        if (op && op->random)
            return true;
    }
    return false;
}

static baton_status compare(const struct bt_graph *graph, const struct values *got,
                            const struct values *expected, const struct bt_rule *rule,
                            struct baton_error *err)
{
    bool any_values = is_random(graph);
    for (uint32_t i = 0; i < expected->count; i++) {
        struct bt_comparison c;
        bt_compare(&got->values[i], &expected->values[i], rule, &c);
        if (bt_comparison_within(&c) || (any_values && !c.shape_differs))
            continue;
        if (c.shape_differs) {
            BT_AUTO_BUF shape = BT_BUF_INIT(4096);
            bt_dims_format(got->values[i].tensor.rank, got->values[i].tensor.dims, &shape);
            bt_dims_format(expected->values[i].tensor.rank, expected->values[i].tensor.dims,
                           &shape);
            return bt_fail(err, BATON_ERR_DIFFERS, "output %s: %s, expected %s; shapes %s",
                           graph->outputs[i].name, bt_dtype_name(got->values[i].tensor.dtype),
                           bt_dtype_name(expected->values[i].tensor.dtype), bt_buf_str(&shape));
        }
        return bt_fail(err, BATON_ERR_DIFFERS,
                       "output %s: %llu of %llu elements differ, first %llu, max abs %g",
                       graph->outputs[i].name, (unsigned long long)c.outside,
                       (unsigned long long)c.elements, (unsigned long long)c.first_outside,
                       c.abs_max);
    }
    return BATON_OK;
}

static baton_status run_set(struct bt_session *session, const struct bt_graph *graph,
                            const char *set, const struct bt_rule *rule, struct baton_error *err)
{
    AUTO_VALUES inputs = {.count = 0};
    AUTO_VALUES expected = {.count = 0};
    AUTO_VALUES got = {.count = 0};
    BT_TRY(read_values(set, "input", graph->inputs, graph->input_count, &inputs, err));
    BT_TRY(read_values(set, "output", graph->outputs, graph->output_count, &expected, err));
    struct bt_run run = {
        .inputs = inputs.values, .input_count = inputs.count, .outputs = got.values};
    BT_TRY(bt_session_run(session, &run, err));
    return compare(graph, &got, &expected, rule, err);
}

/* ---- one case ---- */

static void session_release(struct bt_session **session)
{
    bt_session_free(*session);
}

static baton_status read_rule(const char *folder, struct bt_rule *rule, struct baton_error *err)
{
    char path[PATH_BYTES];
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *json = NULL;
    path_of(path, folder, "data.json");
    *rule = (struct bt_rule){.kind = BT_RULE_CLOSE, .abs = 1e-7, .rel = 1e-3};
    if (bt_map_user_file(path, FILE_BYTES_MAX, &map, NULL) != BATON_OK)
        return BATON_OK;
    BT_TRY(bt_json_parse(bt_map_bytes(&map), path, NULL, &arena, &json, err));
    const struct bt_json *rel = bt_json_find(json, "rtol");
    const struct bt_json *abs = bt_json_find(json, "atol");
    if (rel)
        BT_TRY(bt_json_f64(rel, &rule->rel, err));
    if (abs)
        BT_TRY(bt_json_f64(abs, &rule->abs, err));
    return BATON_OK;
}

static baton_status run_case(const char *folder, bool *ret_random, struct baton_error *err)
{
    char path[PATH_BYTES];
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    BT_CLEANUP(session_release) struct bt_session *session = NULL;
    struct bt_session_options options = {.isa = bt_isa_best(), .threads = 2};
    struct bt_rule rule = BT_RULE_INIT;
    path_of(path, folder, "model.onnx");
    BT_TRY(bt_map_user_file(path, FILE_BYTES_MAX, &map, err));
    BT_TRY(bt_model_parse(bt_map_bytes(&map), "model.onnx", NULL, NULL, &model, err));
    BT_TRY(bt_session_new(&model, &options, &session, err));
    BT_TRY(read_rule(folder, &rule, err));
    *ret_random = is_random(model.graph);
    for (unsigned set = 0;; set++) {
        char name[32];
        snprintf(name, sizeof name, "test_data_set_%u", set);
        path_of(path, folder, name);
        DIR *dir = opendir(path);
        if (!dir)
            return set ? BATON_OK : bt_fail(err, BATON_ERR_INVALID, "no test_data_set_0");
        closedir(dir);
        BT_TRY(run_set(session, model.graph, path, &rule, err));
    }
}

/* ---- all cases ---- */

static void note_missing(struct suite *suite, const char *text)
{
    const char *start = strstr(text, "does not have: ");
    char name[64];
    snprintf(name, sizeof name, "%.63s", start ? start + strlen("does not have: ") : text);
    char *end = start ? strchr(name, ' ') : NULL;
    if (end)
        *end = '\0';
    for (size_t i = 0; i < suite->missing_kinds; i++)
        if (strcmp(suite->missing[i], name) == 0) {
            suite->missing_count[i]++;
            return;
        }
    if (suite->missing_kinds == MISSING_MAX)
        return;
    memcpy(suite->missing[suite->missing_kinds], name, sizeof name);
    suite->missing_count[suite->missing_kinds++] = 1;
}

static void do_case(struct suite *suite, size_t i)
{
    char folder[PATH_BYTES];
    struct baton_error err = BATON_ERROR_INIT;
    path_of(folder, suite->data, suite->cases[i]);
    bool random = false;
    baton_status status = run_case(folder, &random, &err);
    suite->passed[i] = status == BATON_OK;
    suite->random += suite->passed[i] && random;
    if (status == BATON_ERR_UNSUPPORTED) {
        suite->unsupported++;
        note_missing(suite, err.text);
    } else if (status != BATON_OK) {
        suite->failed++;
        printf("fail %s: %s\n", suite->cases[i], err.text);
    }
    if (suite->verbose && status == BATON_ERR_UNSUPPORTED)
        printf("unsupported %s: %s\n", suite->cases[i], err.text);
    fflush(stdout);
}

static int by_name(const void *a, const void *b)
{
    const char *const *x = a;
    const char *const *y = b;
    return strcmp(*x, *y);
}

static void list_cases(struct suite *suite, const char *group, const char *only)
{
    char path[PATH_BYTES];
    path_of(path, suite->data, group);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strncmp(entry->d_name, "test_", 5) != 0 || suite->count == CASES_MAX)
            continue;
        if (only && !strstr(entry->d_name, only))
            continue;
        suite->cases[suite->count++] =
            bt_arena_printf(&suite->arena, "%s/%s", group, entry->d_name);
    }
    closedir(dir);
}

static void print_summary(const struct suite *suite)
{
    printf("\n%zu cases: %zu pass, %zu fail, %zu unsupported\n", suite->count,
           suite->count - suite->failed - suite->unsupported, suite->failed, suite->unsupported);
    printf("random, of which only type and shape are compared: %zu\n", suite->random);
    for (size_t rounds = suite->unsupported; rounds > 0; rounds--)
        for (size_t i = 0; i < suite->missing_kinds; i++)
            if (suite->missing_count[i] == rounds)
                printf("  %4zu  %s\n", rounds, suite->missing[i]);
}

/* ---- the expectation ---- */

static int update(const struct suite *suite, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return 2;
    for (size_t i = 0; i < suite->count; i++)
        if (suite->passed[i])
            fprintf(file, "%s\n", suite->cases[i]);
    return fclose(file) == 0 ? 0 : 2;
}

static bool listed(struct bt_bytes list, const char *name)
{
    size_t length = strlen(name);
    const char *text = (const char *)list.ptr;
    for (size_t at = 0; at < list.len;) {
        const char *end = memchr(text + at, '\n', list.len - at);
        size_t line = end ? (size_t)(end - text) - at : list.len - at;
        if (line == length && memcmp(text + at, name, length) == 0)
            return true;
        at += line + 1;
    }
    return false;
}

static int check(const struct suite *suite, const char *path)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    int verdict = 0;
    if (bt_map_user_file(path, FILE_BYTES_MAX, &map, &err) != BATON_OK) {
        printf("not ok: %s\n", err.text);
        return 1;
    }
    for (size_t i = 0; i < suite->count; i++) {
        if (listed(bt_map_bytes(&map), suite->cases[i]) == suite->passed[i])
            continue;
        bool regression = !suite->passed[i];
        bool strict = regression || getenv("CI");
        printf("%s: %s %s\n", strict ? "not ok" : "note", suite->cases[i],
               regression ? "passed before" : "passes now: run with --update");
        verdict = strict ? 1 : verdict;
    }
    return verdict;
}

int main(int argc, char **argv)
{
    static struct suite suite;
    static const char *cases[CASES_MAX];
    static bool passed[CASES_MAX];
    const char *only = NULL;
    bool write = false;
    if (argc < 3)
        return 2;
    suite.data = argv[1];
    suite.cases = cases;
    suite.passed = passed;
    for (int i = 3; i < argc; i++) {
        write = write || strcmp(argv[i], "--update") == 0;
        suite.verbose = suite.verbose || strcmp(argv[i], "--verbose") == 0;
        if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            only = argv[++i];
    }
    list_cases(&suite, "node", only);
    list_cases(&suite, "simple", only);
    qsort(cases, suite.count, sizeof *cases, by_name);
    for (size_t i = 0; i < suite.count; i++)
        do_case(&suite, i);
    print_summary(&suite);
    int verdict = write ? update(&suite, argv[2]) : check(&suite, argv[2]);
    bt_arena_release(&suite.arena);
    return verdict;
}
