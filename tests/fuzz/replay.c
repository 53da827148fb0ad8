/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over files: `fuzz_json FILE-OR-FOLDER...`. What libFuzzer once found, and
 * every input that must be refused, is thereby tried by the normal tests, under the sanitizers too.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "fuzz/fuzz.h"

static size_t replay_file(const char *path)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    if (bt_map_user_file(path, (uint64_t)1 << 30, &map, &err) != BATON_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    (void)LLVMFuzzerTestOneInput(map.ptr, map.len);
    return 1;
}

static size_t replay_folder(DIR *dir, const char *path)
{
    size_t files = 0;
    for (struct dirent *item = readdir(dir); item; item = readdir(dir)) {
        if (item->d_name[0] == '.')
            continue;
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        const char *file = bt_arena_printf(&arena, "%s/%s", path, item->d_name);
        if (!file)
            exit(1);
        files += replay_file(file);
    }
    return files;
}

int main(int argc, char **argv)
{
    size_t files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        files += dir ? replay_folder(dir, argv[i]) : replay_file(argv[i]);
        if (dir)
            (void)closedir(dir);
    }
    (void)printf("%zu inputs\n", files);
    return files ? 0 : 1;
}
