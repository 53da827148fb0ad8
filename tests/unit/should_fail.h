/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_SHOULD_FAIL_H
#define BT_TESTS_SHOULD_FAIL_H
/*
 * Every file in tests/golden/should-fail/<folder>/ is refused, with exactly the status and the
 * line in <case>.expected. With BATON_BLESS=1 in the environment the expected lines are written
 * instead; read the difference before it is committed.
 */
#include "unit/unit.h"

#include <dirent.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/fs.h"

typedef baton_status should_fail_reader(struct bt_bytes bytes, const char *what,
                                        struct baton_error *err);

static inline void should_fail_bless(const char *path, const char *line)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "%s\n", line) > 0);
    assert_int_equal(fclose(file), 0);
}

static inline void should_fail_compare(const char *path, const char *name, const char *line)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    assert_ok(bt_map_user_file(path, 4096, &map, &err), err);
    size_t len = strlen(line);
    if (map.len != len + 1 || memcmp(map.ptr, line, len) != 0)
        fail_msg("%s:\nexpected %.*sfound    %s", name, (int)map.len, (const char *)map.ptr, line);
}

static inline void should_fail_case(const char *folder, const char *name, should_fail_reader *read)
{
    char line[BATON_ERROR_TEXT_MAX + 64];
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    int stem = (int)(strrchr(name, '.') - name);
    const char *path = bt_arena_printf(&arena, "%s/%s", folder, name);
    const char *expected = bt_arena_printf(&arena, "%s/%.*s.expected", folder, stem, name);
    assert_true(path && expected);
    assert_ok(bt_map_user_file(path, (uint64_t)1 << 30, &map, &err), err);
    baton_status status = read(bt_map_bytes(&map), name, &err);
    if (status == BATON_OK)
        fail_msg("%s was accepted", path);
    assert_int_equal(status, err.status);
    (void)snprintf(line, sizeof line, "%s: %s", baton_status_name(status), err.text);
    if (getenv("BATON_BLESS"))
        should_fail_bless(expected, line);
    else
        should_fail_compare(expected, name, line);
}

static inline void should_fail_folder(const char *folder_name, const char *suffix,
                                      should_fail_reader *read)
{
    size_t cases = 0;
    const char *source = getenv("BATON_TEST_SOURCE");
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    assert_non_null(source);
    const char *folder =
        bt_arena_printf(&arena, "%s/tests/golden/should-fail/%s", source, folder_name);
    assert_non_null(folder);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *item = readdir(dir); item; item = readdir(dir)) {
        const char *dot = strrchr(item->d_name, '.');
        if (!dot || strcmp(dot + 1, suffix) != 0)
            continue;
        should_fail_case(folder, item->d_name, read);
        cases++;
    }
    (void)closedir(dir);
    print_message("# %zu cases of %s\n", cases, folder_name);
    assert_in_range(cases, 15, 10000);
}

#endif
