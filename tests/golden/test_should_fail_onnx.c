/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every model in should-fail/onnx must be refused with exactly the status and line of its
 * `.expected` file. External data is looked for in a folder made here, because a hard link and a
 * pipe cannot be committed. Given a file, the program prints what it found instead.
 */
#include "unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "onnx/external.h"

#define CASES_MIN 60

static void write_file(int dir, const char *name)
{
    static const char bytes[16] = "sixteen bytes ..";
    BT_AUTO_FD fd = BT_FD_INIT;
    assert_int_equal(bt_fs_open_beneath(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600, &fd, NULL),
                     BATON_OK);
    assert_int_equal(bt_fs_write_all(fd.fd, name, bytes, sizeof bytes, NULL), BATON_OK);
}

static int make_weights(void **state)
{
    static struct bt_external_folder folder;
    char path[] = "/tmp/baton-onnx-XXXXXX";
    struct baton_error err = BATON_ERROR_INIT;
    folder = (struct bt_external_folder)BT_EXTERNAL_FOLDER_INIT;
    assert_non_null(mkdtemp(path));
    assert_ok(bt_external_folder_open(path, &folder, &err), err);
    int dir = folder.dir.fd;
    write_file(dir, "weights.bin");
    write_file(dir, "hard.bin");
    assert_int_equal(linkat(dir, "hard.bin", dir, "second.bin", 0), 0);
    assert_int_equal(symlinkat("weights.bin", dir, "link.bin"), 0);
    assert_int_equal(mkdirat(dir, "folder", 0700), 0);
    assert_int_equal(symlinkat("folder", dir, "linked"), 0);
    write_file(dir, "folder/weights.bin");
    assert_int_equal(mkfifoat(dir, "pipe", 0600), 0);
    assert_int_equal(symlinkat(path, dir, "self"), 0);
    *state = &folder;
    return 0;
}

static int remove_weights(void **state)
{
    static const char *const files[] = {"weights.bin", "hard.bin", "second.bin",
                                        "link.bin",    "linked",   "folder/weights.bin",
                                        "pipe"};
    struct bt_external_folder *folder = *state;
    char path[64] = "";
    int dir = folder->dir.fd;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_int_equal(unlinkat(dir, files[i], 0), 0);
    assert_int_equal(unlinkat(dir, "folder", AT_REMOVEDIR), 0);
    assert_true(readlinkat(dir, "self", path, sizeof path - 1) > 0);
    assert_int_equal(unlinkat(dir, "self", 0), 0);
    assert_int_equal(rmdir(path), 0);
    bt_external_folder_release(folder);
    return 0;
}

/* "status: text\n" of refusing the file, or "ok\n". */
static void outcome(const char *path, struct bt_external_folder *folder, struct bt_buf *out)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_external_source source = bt_external_folder_source(folder);
    const char *name = strrchr(path, '/') + 1;
    assert_ok(bt_map_user_file(path, 1 << 20, &map, &err), err);
    if (bt_model_parse(bt_map_bytes(&map), name, NULL, &source, &model, &err) == BATON_OK)
        bt_buf_put_str(out, "ok\n");
    else
        bt_buf_printf(out, "%s: %s\n", baton_status_name(err.status), err.text);
}

static void check_case(const char *folder_path, const char *file, struct bt_external_folder *folder)
{
    char path[4096];
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF found = BT_BUF_INIT(4096);
    BT_AUTO_MAP expected = BT_MAP_INIT;
    (void)snprintf(path, sizeof path, "%s/%s", folder_path, file);
    outcome(path, folder, &found);
    memcpy(strrchr(path, '.'), ".expected", sizeof ".expected");
    assert_ok(bt_map_user_file(path, 4096, &expected, &err), err);
    if (!bt_bytes_equal(bt_map_bytes(&expected), bt_buf_bytes(&found)))
        fail_msg("%s: found\n%sexpected\n%.*s", file, bt_buf_str(&found), (int)expected.len,
                 (const char *)expected.ptr);
}

static void every_bad_model_is_refused_with_its_line(void **state)
{
    struct bt_external_folder *folder = *state;
    char path[2048];
    (void)snprintf(path, sizeof path, "%s/tests/golden/should-fail/onnx",
                   getenv("BATON_TEST_SOURCE"));
    DIR *dir = opendir(path);
    assert_non_null(dir);
    size_t cases = 0;
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        const char *dot = strrchr(e->d_name, '.');
        if (!dot || strcmp(dot, ".onnx") != 0)
            continue;
        check_case(path, e->d_name, folder);
        cases++;
    }
    closedir(dir);
    assert_true(cases >= CASES_MIN);
}

static void external_data_beneath_the_folder_is_read(void **state)
{
    struct bt_external_folder *folder = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_external_source source = bt_external_folder_source(folder);
    const struct bt_external what = {.location = "folder/weights.bin", .offset = 8, .length = 8};
    struct bt_bytes bytes = {NULL, 0};
    assert_ok(source.open(source.user, &what, &bytes, &err), err);
    assert_true(bt_bytes_equal(bytes, bt_bytes_of("bytes ..")));
    assert_ok(source.open(source.user, &what, &bytes, &err), err);
    assert_int_equal(folder->file_count, 1);
}

static int print_outcome(const char *path)
{
    void *folder = NULL;
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    (void)make_weights(&folder);
    outcome(path, folder, &out);
    (void)remove_weights(&folder);
    (void)fputs(bt_buf_str(&out), stdout);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_bad_model_is_refused_with_its_line, make_weights,
                                        remove_weights),
        cmocka_unit_test_setup_teardown(external_data_beneath_the_folder_is_read, make_weights,
                                        remove_weights),
    };
    if (argc == 2)
        return print_outcome(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
