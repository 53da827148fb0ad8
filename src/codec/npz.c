/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/npz.h"

#include <string.h>

#include "codec/text/names.h"

#define SUFFIX ".npy"
#define SUFFIX_LEN (sizeof SUFFIX - 1)

static bool has_suffix(struct bt_bytes name)
{
    return name.len > SUFFIX_LEN &&
           memcmp(name.ptr + name.len - SUFFIX_LEN, SUFFIX, SUFFIX_LEN) == 0;
}

static baton_status read_member(const struct bt_zip_entry *entry,
                                const struct bt_npz_limits *limits, struct bt_named *list,
                                struct baton_error *err)
{
    BT_AUTO_BUF room = BT_BUF_INIT((size_t)limits->zip.member_bytes_max);
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    struct bt_bytes contents;
    if (!has_suffix(entry->name))
        return bt_fail(err, BATON_ERR_INVALID, "member \"%.*s\" is not named .npy",
                       (int)entry->name.len, (const char *)entry->name.ptr);
    BT_TRY(bt_zip_read(entry, &room, &contents, err));
    const char *what =
        bt_arena_strndup(&list->arena, (const char *)entry->name.ptr, entry->name.len);
    if (!what)
        return bt_fail_no_memory(err, "the name of a member");
    BT_TRY(bt_npy_read(contents, what, &limits->npy, &tensor, err));
    struct bt_bytes name = {entry->name.ptr, entry->name.len - SUFFIX_LEN};
    return bt_named_add(list, name, &tensor, err);
}

baton_status bt_npz_read(struct bt_bytes bytes, const char *what,
                         const struct bt_npz_limits *limits, struct bt_named *ret,
                         struct baton_error *err)
{
    static const struct bt_npz_limits defaults = {BT_ZIP_LIMITS_DEFAULT, BT_NPY_LIMITS_DEFAULT};
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    struct bt_zip zip;
    if (!limits)
        limits = &defaults;
    BT_TRY(bt_zip_open(bytes, what, &limits->zip, &arena, &zip, err));
    for (size_t i = 0; i < zip.count; i++)
        if (read_member(&zip.entries[i], limits, &list, err) != BATON_OK)
            return bt_error_prepend(err, "%s", what);
    *ret = list;
    list = (struct bt_named)BT_NAMED_INIT;
    return BATON_OK;
}

baton_status bt_npz_write(const struct bt_named *list, struct bt_buf *out, struct baton_error *err)
{
    BT_AUTO_ZIP_WRITER zip = bt_zip_writer(out);
    BT_AUTO_BUF npy = BT_BUF_INIT(out->bytes_max);
    BT_AUTO_BUF name = BT_BUF_INIT(BT_MEMBER_NAME_MAX + 4);
    for (size_t i = 0; i < list->count; i++) {
        bt_buf_clear(&npy);
        bt_buf_clear(&name);
        bt_buf_printf(&name, "%s%s", list->items[i].name, SUFFIX);
        BT_TRY(bt_buf_finish(&name, "the name of a member", err));
        if (bt_npy_write(&list->items[i].tensor, &npy, err) != BATON_OK)
            return bt_error_prepend(err, "%s", bt_buf_str(&name));
        BT_TRY(bt_zip_add(&zip, bt_buf_str(&name), bt_buf_bytes(&npy), err));
    }
    return bt_zip_finish(&zip, err);
}
