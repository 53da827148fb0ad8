/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ONNX_EXTERNAL_H
#define BT_ONNX_EXTERNAL_H
/*
 * External data beneath one folder: for importing a model at pack. Elsewhere external data is found
 * by digest, never by path.
 *
 * A location is a relative path without empty, "." or ".." components that passes no symbolic link
 * and ends at a regular file with exactly one name (a hard link would reach outside the folder).
 * Each file is mapped once and stays mapped until bt_external_folder_release(), which must come
 * after the model's. The mappings are listed so that what is packed is what was read.
 *
 *     BT_AUTO_EXTERNAL_FOLDER folder = BT_EXTERNAL_FOLDER_INIT;
 *     BT_TRY(bt_external_folder_open("models", &folder, err));
 *     struct bt_external_source source = bt_external_folder_source(&folder);
 *     BT_TRY(bt_model_parse(bytes, "m.onnx", NULL, &source, &model, err));
 */
#include "base/fs.h"
#include "onnx/graph.h"

struct bt_external_file {
    struct bt_external_file *next;
    const char *location;
    struct bt_map map;
};

struct bt_external_folder {
    struct bt_fd dir;
    struct bt_arena arena;
    struct bt_external_file *files; /* in the order of first use, reversed */
    size_t file_count;
};

#define BT_EXTERNAL_FOLDER_INIT                                                                    \
    {                                                                                              \
        .dir = BT_FD_INIT                                                                          \
    }
#define BT_AUTO_EXTERNAL_FOLDER BT_CLEANUP(bt_external_folder_release) struct bt_external_folder

/* `path` is the user's. */
BT_CHECK baton_status bt_external_folder_open(const char *path, struct bt_external_folder *ret,
                                              struct baton_error *err);
void bt_external_folder_release(struct bt_external_folder *folder);
struct bt_external_source bt_external_folder_source(struct bt_external_folder *folder);

#endif
