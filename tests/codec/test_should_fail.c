/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every file in tests/golden/should-fail/<format>/ is refused, with exactly the status and the
 * line in <case>.expected. With BATON_BLESS=1 in the environment the expected lines are written
 * instead; read the difference before it is committed.
 */
#include "unit/unit.h"

#include <dirent.h>
#include <stdio.h>

#include "base/fs.h"
#include "codec/csv.h"
#include "codec/json.h"
#include "codec/npz.h"
#include "codec/safetensors.h"
#include "codec/tar.h"

typedef baton_status reader(struct bt_bytes bytes, const char *what, struct baton_error *err);

static baton_status read_json(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    return bt_json_parse(bytes, what, NULL, &arena, &root, err);
}

static baton_status read_npy(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    return bt_npy_read(bytes, what, NULL, &tensor, err);
}

static baton_status read_npz(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    return bt_npz_read(bytes, what, NULL, &list, err);
}

static baton_status read_csv(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    struct bt_csv csv;
    size_t column = 0;
    BT_TRY(bt_csv_parse(bytes, what, NULL, &arena, &csv, err));
    BT_TRY(bt_csv_find(&csv, "b", &column, err));
    return bt_csv_tensor(&csv, &column, 1, BT_F32, &tensor, err);
}

static baton_status read_safetensors(struct bt_bytes bytes, const char *what,
                                     struct baton_error *err)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    return bt_safetensors_read(bytes, what, NULL, &list, err);
}

static baton_status from_bytes(void *user, void *bytes, size_t len, size_t *ret_len,
                               struct baton_error *err)
{
    struct bt_bytes *left = user;
    *ret_len = left->len < len ? left->len : len;
    if (*ret_len)
        memcpy(bytes, left->ptr, *ret_len);
    left->ptr += *ret_len;
    left->len -= *ret_len;
    return BATON_OK;
}

static baton_status read_tar(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_TAR_READER tar = bt_tar_reader(from_bytes, &bytes, what, NULL);
    struct bt_tar_entry entry;
    bool more = true;
    while (more)
        BT_TRY(bt_tar_next(&tar, &entry, &more, err));
    return BATON_OK;
}

static void bless(const char *path, const char *line)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "%s\n", line) > 0);
    assert_int_equal(fclose(file), 0);
}

static void compare(const char *path, const char *name, const char *line)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    assert_ok(bt_map_user_file(path, 4096, &map, &err), err);
    size_t len = strlen(line);
    if (map.len != len + 1 || memcmp(map.ptr, line, len) != 0)
        fail_msg("%s:\nexpected %.*sfound    %s", name, (int)map.len, (const char *)map.ptr, line);
}

static void check_case(const char *folder, const char *name, reader *read)
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
        bless(expected, line);
    else
        compare(expected, name, line);
}

static void check_folder(const char *format, reader *read)
{
    size_t cases = 0;
    const char *source = getenv("BATON_TEST_SOURCE");
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    assert_non_null(source);
    const char *folder = bt_arena_printf(&arena, "%s/tests/golden/should-fail/%s", source, format);
    assert_non_null(folder);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *item = readdir(dir); item; item = readdir(dir)) {
        const char *dot = strrchr(item->d_name, '.');
        if (!dot || strcmp(dot + 1, format) != 0)
            continue;
        check_case(folder, item->d_name, read);
        cases++;
    }
    (void)closedir(dir);
    print_message("# %zu cases of %s\n", cases, format);
    assert_in_range(cases, 15, 10000);
}

static void bad_json_is_refused(void **state)
{
    (void)state;
    check_folder("json", read_json);
}

static void bad_npy_is_refused(void **state)
{
    (void)state;
    check_folder("npy", read_npy);
}

static void bad_npz_is_refused(void **state)
{
    (void)state;
    check_folder("npz", read_npz);
}

static void bad_csv_is_refused(void **state)
{
    (void)state;
    check_folder("csv", read_csv);
}

static void bad_safetensors_is_refused(void **state)
{
    (void)state;
    check_folder("safetensors", read_safetensors);
}

static void bad_tar_is_refused(void **state)
{
    (void)state;
    check_folder("tar", read_tar);
}

UNIT_MAIN(cmocka_unit_test(bad_json_is_refused), cmocka_unit_test(bad_npy_is_refused),
          cmocka_unit_test(bad_npz_is_refused), cmocka_unit_test(bad_csv_is_refused),
          cmocka_unit_test(bad_safetensors_is_refused), cmocka_unit_test(bad_tar_is_refused))
