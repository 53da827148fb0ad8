/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_TEXT_NAMES_H
#define BT_CODEC_TEXT_NAMES_H
/*
 * Names of archive members: which are acceptable, and which were seen before.
 *
 * The set is a crit-bit tree: a lookup costs at most one step per bit of the name, whatever names
 * a hostile archive holds. It keeps pointers to the names; the caller keeps those alive.
 */
#include "base/alloc.h"
#include "base/buf.h"

#define BT_MEMBER_NAME_MAX 4096

/* NULL when `name` is a relative path that stays where it is unpacked: UTF-8, no control bytes, no
 * backslash, no empty, "." or ".." component, not longer than BT_MEMBER_NAME_MAX. Otherwise what is
 * wrong with it, as the end of a sentence ("is absolute"). */
const char *bt_member_name_problem(struct bt_bytes name);

struct bt_name_node;

struct bt_names {
    struct bt_name_node *root;
    struct bt_arena arena;
};

#define BT_NAMES_INIT                                                                              \
    {                                                                                              \
        0                                                                                          \
    }
#define BT_AUTO_NAMES BT_CLEANUP(bt_names_release) struct bt_names

void bt_names_release(struct bt_names *names);
/* `name` has no NUL. *ret_new is false when it was there already. */
BT_CHECK baton_status bt_names_add(struct bt_names *names, struct bt_bytes name, bool *ret_new,
                                   struct baton_error *err);

#endif
