/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_UNIT_H
#define BT_TESTS_UNIT_H
/* cmocka with its prerequisites, and what every unit test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNIT_MAIN(...)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                           \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

/* Succeeds or shows the error text. */
#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        if ((call) != BATON_OK)                                                                    \
            fail_msg("%s: %s", #call, (err).text);                                                 \
    } while (0)

/* How often a long loop runs: under an emulator tools/check asks for the small form. */
static inline int unit_rounds(int full)
{
    return getenv("BATON_TEST_SMALL") ? full / 16 : full;
}

/* Folder of the official test data, or NULL (then say so and skip; in CI that is a failure). */
static inline const char *unit_data_folder(void)
{
    const char *given = getenv("BATON_TEST_DATA");
    return given ? given : getenv("BATON_TEST_DATA_BESIDE");
}

static inline void unit_skip_without_data(const char *data)
{
    if (data)
        return;
    if (getenv("CI"))
        fail_msg("no ../shared/data and no BATON_TEST_DATA, and in CI that is a failure");
    print_message("# SKIP: no test data (../shared/data or BATON_TEST_DATA)\n");
    skip();
}

#endif
