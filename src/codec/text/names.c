/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text/names.h"

#include <string.h>

#include "codec/utf8.h"

static bool is_dots(const uint8_t *part, size_t len)
{
    return (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.');
}

static const char *component_problem(struct bt_bytes name)
{
    size_t start = 0;
    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && name.ptr[i] != '/')
            continue;
        if (i == start)
            return "has an empty component";
        if (is_dots(name.ptr + start, i - start))
            return "has a component \".\" or \"..\"";
        start = i + 1;
    }
    return NULL;
}

const char *bt_member_name_problem(struct bt_bytes name)
{
    if (name.len == 0)
        return "is empty";
    if (name.len > BT_MEMBER_NAME_MAX)
        return "is longer than 4096 bytes";
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < ' ' || name.ptr[i] == 0x7f)
            return "has a control byte";
        if (name.ptr[i] == '\\')
            return "has a backslash";
    }
    if (bt_utf8_valid_prefix(name) < name.len)
        return "is not UTF-8";
    if (name.ptr[0] == '/')
        return "is absolute";
    return component_problem(name);
}

/* A leaf has mask 0 and a name; an inner node has the place of the first bit in which the names
 * below child[0] and child[1] differ, and places grow on the way down. */
struct bt_name_node {
    struct bt_bytes name;
    size_t byte;
    uint8_t mask;
    struct bt_name_node *child[2];
};

void bt_names_release(struct bt_names *names)
{
    bt_arena_release(&names->arena);
    names->root = NULL;
}

/* Names hold no NUL, so that the end can count as one. */
static uint8_t byte_at(struct bt_bytes name, size_t i)
{
    return i < name.len ? name.ptr[i] : 0;
}

static bool goes_right(const struct bt_name_node *node, struct bt_bytes name)
{
    return (byte_at(name, node->byte) & node->mask) != 0;
}

static bool comes_before(const struct bt_name_node *a, const struct bt_name_node *b)
{
    return a->byte < b->byte || (a->byte == b->byte && a->mask > b->mask);
}

/* Put `fork`, whose place is set, into the tree with `leaf` on its side. */
static void insert(struct bt_names *names, struct bt_name_node *fork, struct bt_name_node *leaf)
{
    struct bt_name_node **link = &names->root;
    while ((*link)->mask && comes_before(*link, fork))
        link = &(*link)->child[goes_right(*link, leaf->name)];
    bool right = goes_right(fork, leaf->name);
    fork->child[right] = leaf;
    fork->child[!right] = *link;
    *link = fork;
}

baton_status bt_names_add(struct bt_names *names, struct bt_bytes name, bool *ret_new,
                          struct baton_error *err)
{
    struct bt_name_node *near = names->root;
    size_t byte = 0;
    while (near && near->mask)
        near = near->child[goes_right(near, name)];
    if (near) {
        while (byte < name.len && byte_at(near->name, byte) == name.ptr[byte])
            byte++;
        if (byte == name.len && byte == near->name.len) {
            *ret_new = false;
            return BATON_OK;
        }
    }
    struct bt_name_node *leaf = bt_arena_calloc(&names->arena, 2, sizeof *leaf);
    if (!leaf)
        return bt_fail_no_memory(err, "the names of an archive");
    leaf->name = name;
    *ret_new = true;
    if (!near) {
        names->root = leaf;
        return BATON_OK;
    }
    struct bt_name_node *fork = leaf + 1;
    unsigned differing = byte_at(near->name, byte) ^ byte_at(name, byte);
    fork->byte = byte;
    fork->mask = (uint8_t)(1u << (31 - __builtin_clz(differing)));
    insert(names, fork, leaf);
    return BATON_OK;
}
