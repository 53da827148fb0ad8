/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_CROSS_CMOCKA_H
#define BT_TESTS_CROSS_CMOCKA_H
/*
 * The part of cmocka's interface that our unit tests use, so that the same tests run on a machine
 * for which Debian gives us a compiler but no libraries (aarch64 and s390x under qemu). Reports as
 * TAP. One test program is one file, so the state may be static here.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
    int (*setup)(void **state); /* these two may be NULL */
    int (*teardown)(void **state);
};

#define cmocka_unit_test_setup_teardown(f, setup, teardown)                                        \
    {                                                                                              \
#f, f, setup, teardown                                                                     \
    }
#define cmocka_unit_test(f) cmocka_unit_test_setup_teardown(f, NULL, NULL)

static jmp_buf cross_stop;
enum { CROSS_FAILED = 1, CROSS_SKIPPED = 2 };

#define print_message(...) ((void)printf(__VA_ARGS__))

__attribute__((format(printf, 3, 4), noreturn)) static inline void
cross_fail(const char *file, int line, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)printf("# %s:%d: ", file, line);
    (void)vprintf(fmt, args);
    (void)printf("\n");
    va_end(args);
    longjmp(cross_stop, CROSS_FAILED);
}

static inline void cross_same_number(uintmax_t a, uintmax_t b, const char *file, int line)
{
    if (a != b)
        cross_fail(file, line, "%#" PRIxMAX " != %#" PRIxMAX, a, b);
}

static inline void cross_same_string(const char *a, const char *b, const char *file, int line)
{
    if (strcmp(a, b) != 0)
        cross_fail(file, line, "\"%s\" != \"%s\"", a, b);
}

static inline void cross_same_bytes(const void *a, const void *b, size_t len, const char *file,
                                    int line)
{
    const unsigned char *x = a;
    const unsigned char *y = b;
    for (size_t i = 0; i < len; i++)
        if (x[i] != y[i])
            cross_fail(file, line, "byte %zu: %#x != %#x", i, x[i], y[i]);
}

static inline void cross_true(bool holds, const char *what, const char *file, int line)
{
    if (!holds)
        cross_fail(file, line, "%s", what);
}

#define CROSS_NUMBER(n) ((uintmax_t)(n))
#define assert_true(c) cross_true((c), #c, __FILE__, __LINE__)
#define assert_false(c) cross_true(!(c), "not: " #c, __FILE__, __LINE__)
#define assert_null(p) cross_true((p) == NULL, #p " is NULL", __FILE__, __LINE__)
#define assert_non_null(p) cross_true((p) != NULL, #p " is not NULL", __FILE__, __LINE__)
#define assert_ptr_equal(a, b) cross_true((a) == (b), #a " is " #b, __FILE__, __LINE__)
#define assert_int_equal(a, b)                                                                     \
    cross_same_number(CROSS_NUMBER(a), CROSS_NUMBER(b), __FILE__, __LINE__)
#define assert_int_not_equal(a, b) cross_true((a) != (b), #a " is not " #b, __FILE__, __LINE__)
#define assert_in_range(n, low, high)                                                              \
    cross_true(CROSS_NUMBER(n) >= CROSS_NUMBER(low) && CROSS_NUMBER(n) <= CROSS_NUMBER(high),      \
               #n " in " #low " to " #high, __FILE__, __LINE__)
#define assert_string_equal(a, b) cross_same_string((a), (b), __FILE__, __LINE__)
#define assert_string_not_equal(a, b) cross_true(strcmp((a), (b)) != 0, #a, __FILE__, __LINE__)
#define assert_memory_equal(a, b, len) cross_same_bytes((a), (b), (len), __FILE__, __LINE__)
#define fail_msg(...) cross_fail(__FILE__, __LINE__, __VA_ARGS__)
#define skip() longjmp(cross_stop, CROSS_SKIPPED)

/* How it ended: 0, CROSS_FAILED or CROSS_SKIPPED. What was set up is taken down in any case. */
static inline int cross_run(const struct CMUnitTest *test)
{
    static void *state; /* kept across longjmp */
    state = NULL;
    int stopped = setjmp(cross_stop);
    if (!stopped && test->setup && test->setup(&state) != 0)
        return CROSS_FAILED;
    if (!stopped)
        test->run(&state);
    if (test->teardown && test->teardown(&state) != 0)
        return CROSS_FAILED;
    return stopped;
}

static inline int cross_run_group(const struct CMUnitTest *tests, size_t count)
{
    int failed = 0;
    (void)printf("1..%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        int stopped = cross_run(&tests[i]);
        failed += stopped == CROSS_FAILED;
        (void)printf("%sok %zu - %s%s\n", stopped == CROSS_FAILED ? "not " : "", i + 1,
                     tests[i].name, stopped == CROSS_SKIPPED ? " # SKIP" : "");
        (void)fflush(stdout);
    }
    return failed;
}

#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    cross_run_group((tests), sizeof(tests) / sizeof(tests)[0])

#endif
