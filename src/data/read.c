/* SPDX-License-Identifier: Apache-2.0 */
#include "data/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "codec/npz.h"
#include "codec/safetensors.h"
#include "data/csv_values.h"
#include "data/named.h"
#include "data/oip.h"
#include "onnx/value_proto.h"

#define DATA_BYTES_MAX ((uint64_t)16 << 30)

enum bt_file_kind bt_file_kind_of(const char *path)
{
    static const struct {
        const char *ending;
        enum bt_file_kind kind;
    } endings[] = {
        {".npz", BT_FILE_NPZ},   {".npy", BT_FILE_NPY}, {".csv", BT_FILE_CSV},
        {".json", BT_FILE_JSON}, {".pb", BT_FILE_PB},   {".safetensors", BT_FILE_SAFETENSORS},
    };
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i].ending);
        if (len > ending && strcasecmp(path + len - ending, endings[i].ending) == 0)
            return endings[i].kind;
    }
    return BT_FILE_UNKNOWN;
}

/* ---- one file ---- */

static baton_status add_only(const char *name, struct bt_tensor *steal, struct bt_values *ret,
                             struct baton_error *err)
{
    BT_AUTO_VALUE value = bt_value_of_tensor(steal);
    return bt_values_add(ret, name, &value, err);
}

static baton_status read_npz(struct bt_bytes bytes, const char *path, struct bt_values *ret,
                             struct baton_error *err)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    BT_TRY(bt_npz_read(bytes, path, NULL, &list, err));
    return bt_values_from_named(&list, ret, err);
}

static baton_status read_npy(struct bt_bytes bytes, const char *path, struct bt_values *ret,
                             struct baton_error *err)
{
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    BT_TRY(bt_npy_read(bytes, path, NULL, &tensor, err));
    return add_only("array", &tensor, ret, err);
}

static baton_status read_pb(struct bt_bytes bytes, const char *path, struct bt_values *ret,
                            struct baton_error *err)
{
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    BT_TRY(bt_tensor_proto_parse(bytes, path, &tensor, err));
    return add_only("array", &tensor, ret, err);
}

/* The tensors point into the file's mapping, which ends with this call: copy. */
static baton_status read_safetensors(struct bt_bytes bytes, const char *path, struct bt_values *ret,
                                     struct baton_error *err)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    BT_TRY(bt_safetensors_read(bytes, path, NULL, &list, err));
    for (size_t i = 0; i < list.count; i++) {
        BT_AUTO_TENSOR copy = BT_TENSOR_INIT;
        BT_TRY(bt_tensor_copy(&list.items[i].tensor, &copy, err));
        BT_TRY(add_only(list.items[i].name, &copy, ret, err));
    }
    return bt_values_join_keys(ret, err);
}

/* A label inside a container of arrays: the array of that name. */
static baton_status take_label(const struct bt_read_options *options, const char *path,
                               struct bt_values *values, struct baton_error *err)
{
    if (!options->ret_label)
        return BATON_OK;
    for (size_t i = 0; i < values->count; i++) {
        if (strcmp(values->items[i].name, options->label) != 0)
            continue;
        if (values->items[i].value.kind != BT_VALUE_TENSOR)
            break;
        *options->ret_label = bt_tensor_ref(&values->items[i].value.tensor);
        bt_value_release(&values->items[i].value);
        values->items[i] = values->items[--values->count];
        return BATON_OK;
    }
    return bt_fail(err, BATON_ERR_NOT_FOUND, "%s: there is no array \"%s\" with the labels", path,
                   options->label);
}

static baton_status parse_file(struct bt_bytes bytes, const char *path, struct bt_ports ports,
                               const struct bt_read_options *options, struct bt_values *ret,
                               struct baton_error *err)
{
    switch (bt_file_kind_of(path)) {
    case BT_FILE_CSV:
        return bt_csv_values(bytes, path, ports, options, ret, err);
    case BT_FILE_NPZ:
        BT_TRY(read_npz(bytes, path, ret, err));
        break;
    case BT_FILE_NPY:
        BT_TRY(read_npy(bytes, path, ret, err));
        break;
    case BT_FILE_PB:
        BT_TRY(read_pb(bytes, path, ret, err));
        break;
    case BT_FILE_SAFETENSORS:
        BT_TRY(read_safetensors(bytes, path, ret, err));
        break;
    case BT_FILE_JSON:
        BT_TRY(bt_oip_parse(bytes, path, ret, err));
        BT_TRY(bt_values_join_keys(ret, err));
        break;
    case BT_FILE_UNKNOWN:
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "%s: cannot tell what kind of file this is: expected .npz, .npy, .csv, "
                       ".safetensors, .json, .pb or a folder of ONNX test data",
                       path);
    }
    return take_label(options, path, ret, err);
}

static baton_status read_file(int fd, const char *path, struct bt_ports ports,
                              const struct bt_read_options *options, struct bt_values *ret,
                              struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    BT_TRY(bt_map_fd(fd, path, DATA_BYTES_MAX, &map, err));
    BT_TRY(parse_file(bt_map_bytes(&map), path, ports, options, &values, err));
    BT_TRY(bt_values_bind(&values, ports, options->mode, path, err));
    *ret = values;
    values = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}

/* ---- a folder of ONNX test data ---- */

static baton_status read_numbered(int dir, const char *path, const char *name,
                                  const struct bt_port *port, struct bt_value *ret,
                                  struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    baton_status status = bt_fs_open_beneath(dir, name, O_RDONLY, 0, &fd, err);
    if (status != BATON_OK) {
        (void)bt_error_prepend(err, "%s", path);
        return status;
    }
    BT_TRY(bt_map_fd(fd.fd, name, DATA_BYTES_MAX, &map, err));
    return bt_value_proto_parse(bt_map_bytes(&map), &port->type, name, ret, err);
}

static baton_status read_folder(int dir, const char *path, struct bt_ports ports,
                                const struct bt_read_options *options, struct bt_values *ret,
                                struct baton_error *err)
{
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    for (size_t i = 0; i < ports.count; i++) {
        BT_AUTO_VALUE value = BT_VALUE_INIT;
        char name[48];
        (void)snprintf(name, sizeof name, "%s_%zu.pb", options->outputs ? "output" : "input", i);
        BT_TRY(read_numbered(dir, path, name, &ports.ports[i], &value, err));
        BT_TRY(bt_values_add(&values, ports.ports[i].name, &value, err));
    }
    BT_TRY(bt_values_bind(&values, ports, options->mode, path, err));
    *ret = values;
    values = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}

baton_status bt_values_read(const char *path, struct bt_ports ports,
                            const struct bt_read_options *options, struct bt_values *ret,
                            struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    struct stat st;
    BT_TRY(bt_fs_open_user(path, O_RDONLY | O_NONBLOCK, 0, &fd, err));
    if (fstat(fd.fd, &st) != 0)
        return bt_fail_os(err, errno, "cannot stat %s", path);
    if (S_ISDIR(st.st_mode))
        return read_folder(fd.fd, path, ports, options, ret, err);
    return read_file(fd.fd, path, ports, options, ret, err);
}
