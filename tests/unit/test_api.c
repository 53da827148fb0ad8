/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public interface as a program of somebody else's uses it: nothing but include/baton. Then the
 * same verbs with their n-th allocation refused, for every n (--wrap, see meson.build): each ends
 * with a clean error, cannot tell, or reports what it does with memory; and the store stays whole;
 * under ASan, nothing leaks. A verb makes some hundreds of allocations, so every n takes seconds.
 */
#include "baton/baton.h"
#include "unit.h"

#include <stdatomic.h>
#include <stdio.h>

#define ROUNDS_MAX 2000

/* ---- allocations ---- */

static _Atomic long calls_left; /* 0: none is refused */

static bool is_refused(void)
{
    return atomic_load(&calls_left) > 0 && atomic_fetch_sub(&calls_left, 1) == 1;
}

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return is_refused() ? NULL : __real_realloc(ptr, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return is_refused() ? NULL : __real_aligned_alloc(align, size);
}

/* ---- what all tests have ---- */

static char folder[256];

static const char *in_folder(const char *name, char text[512])
{
    (void)snprintf(text, 512, "%s/%s", folder, name);
    return text;
}

static const char *model(const char *name, char text[512])
{
    (void)snprintf(text, 512, "%s/tests/cli/models/%s", getenv("BATON_TEST_SOURCE"), name);
    return text;
}

static int make_folder(void **state)
{
    (void)snprintf(folder, sizeof folder, "%s/tests/api-XXXXXX", getenv("BATON_TEST_BUILD"));
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[300];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static baton_store *open_new(const char *name)
{
    char path[512];
    struct baton_error err = BATON_ERROR_INIT;
    baton_store *store = NULL;
    assert_int_equal(baton_store_init(in_folder(name, path), &err), BATON_OK);
    assert_int_equal(baton_store_open(path, &store, &err), BATON_OK);
    assert_string_equal(baton_store_path(store), path);
    return store;
}

static baton_status pack(const baton_store *store, const char *file, struct baton_report *ret,
                         struct baton_error *err)
{
    char path[512];
    char input[512];
    const char *golden[] = {model("x.npz", input), NULL};
    struct baton_pack_options o = BATON_PACK_OPTIONS_INIT;
    o.name = "m";
    o.golden = golden;
    o.random_cases = 1;
    return baton_pack(store, model(file, path), &o, ret, err);
}

static void need_pack(const baton_store *store, const char *file)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_report report = BATON_REPORT_INIT;
    assert_int_equal(pack(store, file, &report, &err), BATON_OK);
    assert_non_null(strstr(report.json, "\"ref\":\"m:"));
    baton_report_release(&report);
    assert_null(report.json);
}

/* ---- every verb, and how it says no ---- */

static void a_bundle_is_packed_verified_run_and_compared(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_report report = BATON_REPORT_INIT;
    struct baton_run_options run = BATON_RUN_OPTIONS_INIT;
    baton_store *store = open_new("all");
    need_pack(store, "mlp.onnx");
    need_pack(store, "mlp-other-weight.onnx");
    assert_int_equal(baton_verify(store, "m:1", NULL, &report, &err), BATON_OK);
    assert_int_equal(report.verdict, BATON_IDENTICAL);
    baton_report_release(&report);
    assert_int_equal(baton_diff(store, "m:1", store, "m:2", &report, &err), BATON_OK);
    assert_int_equal(report.verdict, BATON_DIFFERS);
    baton_report_release(&report);
    run.store = store;
    run.with_outputs = 1;
    assert_int_equal(baton_predict("m", &run, &report, &err), BATON_OK);
    assert_non_null(strstr(report.json, "\"outputs\":[{\"name\":\"y\""));
    baton_report_release(&report);
    assert_int_equal(baton_trace("m", &run, &report, &err), BATON_OK);
    assert_non_null(strstr(report.json, "\"op\":\"Gemm\""));
    baton_report_release(&report);
    assert_int_equal(baton_inspect(store, "m:1", &report, &err), BATON_OK);
    baton_report_release(&report);
    assert_int_equal(baton_store_list(store, "m", &report, &err), BATON_OK);
    assert_non_null(strstr(report.json, "m:2"));
    baton_report_release(&report);
    assert_int_equal(baton_doctor(NULL, &report, &err), BATON_OK);
    baton_report_release(&report);
    baton_store_close(store);
}

static void bundles_are_carried_between_stores(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_report report = BATON_REPORT_INIT;
    char path[512];
    baton_store *from = open_new("from");
    baton_store *to = open_new("to");
    need_pack(from, "mlp.onnx");
    assert_int_equal(baton_store_copy(from, NULL, to, NULL, &report, &err), BATON_OK);
    baton_report_release(&report);
    assert_int_equal(baton_store_push(from, "m", in_folder("third", path), NULL, &report, &err),
                     BATON_OK);
    baton_report_release(&report);
    assert_int_equal(baton_store_export(from, "m:1", in_folder("m.tar", path), NULL, &report, &err),
                     BATON_OK);
    baton_report_release(&report);
    assert_int_equal(baton_store_fsck(to, NULL, &report, &err), BATON_OK);
    assert_int_equal(report.verdict, BATON_IDENTICAL);
    baton_report_release(&report);
    assert_int_equal(baton_store_gc(to, 1, 0, NULL, &report, &err), BATON_OK);
    baton_report_release(&report);
    baton_store_close(from);
    baton_store_close(to);
}

static void an_error_leaves_the_report_alone_and_speaks(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_report report = BATON_REPORT_INIT;
    struct baton_pack_options o = BATON_PACK_OPTIONS_INIT;
    struct baton_run_options run = BATON_RUN_OPTIONS_INIT;
    char path[512];
    baton_store *store = open_new("errors");
    assert_int_equal(baton_verify(store, "m:1", NULL, &report, &err), BATON_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "m:1"));
    assert_int_equal(baton_pack(store, model("mlp.onnx", path), NULL, &report, &err),
                     BATON_ERR_USAGE);
    o.name = "Not a name";
    assert_int_equal(baton_pack(store, path, &o, &report, &err), BATON_ERR_USAGE);
    assert_int_equal(baton_predict(model("none.onnx", path), NULL, &report, &err),
                     BATON_ERR_NOT_FOUND);
    run.isa = "abacus";
    assert_int_equal(baton_predict(path, &run, &report, NULL), BATON_ERR_USAGE);
    assert_int_equal(baton_store_list(store, "m", &report, &err), BATON_ERR_NOT_FOUND);
    assert_null(report.json);
    baton_store_close(store);
    baton_store_close(NULL);
    store = NULL;
    assert_int_equal(baton_store_open(in_folder("none", path), &store, &err), BATON_ERR_NOT_FOUND);
    assert_null(store);
}

static void options_of_another_size_are_understood_or_refused(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_report report = BATON_REPORT_INIT;
    char path[512];
    struct {
        struct baton_run_options known;
        char unknown[16];
    } newer = {BATON_RUN_OPTIONS_INIT, {1}};
    struct baton_run_options older = BATON_RUN_OPTIONS_INIT;
    newer.known.size = sizeof newer;
    assert_int_equal(baton_predict(model("mlp.onnx", path), &newer.known, &report, &err),
                     BATON_ERR_USAGE);
    older.size = offsetof(struct baton_run_options, output);
    older.output = "/none/none.npz"; /* beyond what its size says is there */
    assert_int_equal(baton_predict(path, &older, &report, &err), BATON_OK);
    baton_report_release(&report);
    older.size = 0;
    assert_int_equal(baton_predict(path, &older, &report, &err), BATON_ERR_USAGE);
}

/* ---- without memory ---- */

typedef baton_status verb(const baton_store *store, struct baton_report *ret,
                          struct baton_error *err);

static baton_status do_pack(const baton_store *store, struct baton_report *ret,
                            struct baton_error *err)
{
    return pack(store, "classifier.onnx", ret, err);
}

static baton_status do_verify(const baton_store *store, struct baton_report *ret,
                              struct baton_error *err)
{
    return baton_verify(store, "m:1", NULL, ret, err);
}

/* So that the difference is described, too. */
static baton_status do_verify_against(const baton_store *store, struct baton_report *ret,
                                      struct baton_error *err)
{
    struct baton_verify_options o = BATON_VERIFY_OPTIONS_INIT;
    o.against = "m:1";
    o.threads = 1;
    o.isa = "ref";
    return baton_verify(store, "m:2", &o, ret, err);
}

static baton_status do_diff(const baton_store *store, struct baton_report *ret,
                            struct baton_error *err)
{
    return baton_diff(store, "m:1", store, "m:2", ret, err);
}

static baton_status do_predict(const baton_store *store, struct baton_report *ret,
                               struct baton_error *err)
{
    struct baton_run_options run = BATON_RUN_OPTIONS_INIT;
    run.store = store;
    run.with_outputs = 1;
    run.threads = 2;
    return baton_predict("m:1", &run, ret, err);
}

static baton_status do_trace(const baton_store *store, struct baton_report *ret,
                             struct baton_error *err)
{
    struct baton_run_options run = BATON_RUN_OPTIONS_INIT;
    run.store = store;
    return baton_trace("m:1", &run, ret, err);
}

static baton_status do_inspect(const baton_store *store, struct baton_report *ret,
                               struct baton_error *err)
{
    return baton_inspect(store, "m:1", ret, err);
}

static baton_status do_doctor(const baton_store *store, struct baton_report *ret,
                              struct baton_error *err)
{
    return baton_doctor(store, ret, err);
}

static void need_whole(const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_report report = BATON_REPORT_INIT;
    assert_int_equal(baton_store_fsck(store, NULL, &report, &err), BATON_OK);
    assert_int_equal(report.verdict, BATON_IDENTICAL);
    baton_report_release(&report);
}

/*
 * Short of memory, verify may say that it cannot tell, and may leave the description of a
 * difference shorter; it never gives another verdict. The other verbs report all or nothing.
 */
static void check_report(const struct baton_report *report, const struct baton_report *expected)
{
    assert_non_null(report->json);
    if (report->verdict == BATON_CANNOT_TELL)
        return;
    assert_int_equal(report->verdict, expected->verdict);
    if (report->verdict == BATON_IDENTICAL)
        assert_string_equal(report->json, expected->json);
}

/* True when allocation `n` was asked for, and so refused. `expected`: the report with memory. */
static bool try_without(verb *run, const baton_store *store, long n,
                        const struct baton_report *expected)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_report report = BATON_REPORT_INIT;
    atomic_store(&calls_left, n);
    baton_status status = run(store, &report, &err);
    bool refused = atomic_exchange(&calls_left, 0) <= 0;
    if (status == BATON_OK) {
        check_report(&report, expected);
    } else {
        assert_true(refused);
        assert_int_equal(err.status, status);
        assert_int_not_equal(status, BATON_ERR_INTERNAL);
        assert_true(err.text[0] != '\0');
        assert_null(report.json);
    }
    baton_report_release(&report);
    return refused;
}

static void without_memory_every_verb_ends_cleanly(void **state)
{
    static verb *const verbs[] = {do_verify, do_verify_against, do_diff,   do_predict,
                                  do_trace,  do_inspect,        do_doctor, do_pack};
    baton_store *store = open_new("memory");
    need_pack(store, "mlp.onnx");
    need_pack(store, "mlp-other-weight.onnx");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        struct baton_error err = BATON_ERROR_INIT;
        struct baton_report expected = BATON_REPORT_INIT;
        assert_int_equal(verbs[i](store, &expected, &err), BATON_OK);
        long n = 1;
        while (n < ROUNDS_MAX && try_without(verbs[i], store, n, &expected))
            n++;
        assert_true(n < ROUNDS_MAX);
        baton_report_release(&expected);
        need_whole(store);
    }
    baton_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bundle_is_packed_verified_run_and_compared),
        cmocka_unit_test(bundles_are_carried_between_stores),
        cmocka_unit_test(an_error_leaves_the_report_alone_and_speaks),
        cmocka_unit_test(options_of_another_size_are_understood_or_refused),
        cmocka_unit_test(without_memory_every_verb_ends_cleanly),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
