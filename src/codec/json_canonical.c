/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 8785: no blanks, members sorted by the UTF-16 code units of their keys, numbers as
 * ECMAScript prints the binary64 nearest to them. The walk keeps its own stack.
 */
#include "codec/json.h"

#include "base/sort.h"
#include "codec/utf8.h"

struct level {
    const struct bt_json *node;
    const void **order; /* members sorted; NULL for an array */
    size_t next;
};

/* Sorting a code point above U+FFFF as the surrogate that begins it: below U+E000..U+FFFF, above
 * everything else; among themselves such points keep their order. */
static uint32_t utf16_rank(uint32_t point)
{
    if (point >= 0x10000)
        return 0xd800u + (point - 0x10000);
    return point >= 0xe000 ? point + 0x110000 : point;
}

static uint32_t next_rank(struct bt_bytes *text)
{
    uint32_t point = 0;
    size_t len = bt_utf8_decode(*text, &point);
    BT_BUG_ON(len == 0);
    text->ptr += len;
    text->len -= len;
    return utf16_rank(point);
}

static int compare_utf16(const void *left, const void *right)
{
    struct bt_bytes a = ((const struct bt_json *)left)->key;
    struct bt_bytes b = ((const struct bt_json *)right)->key;
    while (a.len && b.len) {
        uint32_t rank_a = next_rank(&a);
        uint32_t rank_b = next_rank(&b);
        if (rank_a != rank_b)
            return rank_a < rank_b ? -1 : 1;
    }
    return (a.len > 0) - (b.len > 0);
}

static baton_status sort_members(const struct bt_json *object, struct bt_arena *arena,
                                 const void ***ret, struct baton_error *err)
{
    const void **order = bt_arena_calloc(arena, object->count, sizeof(void *));
    if (!order)
        return bt_fail_no_memory(err, "canonical JSON");
    for (size_t i = 0; i < object->count; i++)
        order[i] = &object->items[i];
    bt_sort_pointers(order, object->count, compare_utf16);
    *ret = order;
    return BATON_OK;
}

static baton_status put_canonical_number(const struct bt_json *value, struct bt_json_writer *w,
                                         struct baton_error *err)
{
    double number;
    BT_TRY(bt_json_f64(value, &number, err));
    /* The one value whose sign ECMAScript does not print. */
    bt_json_put_f64(w, number == 0 ? 0.0 : number);
    return BATON_OK;
}

static baton_status put_scalar(const struct bt_json *value, struct bt_json_writer *w,
                               struct baton_error *err)
{
    switch (value->kind) {
    case BT_JSON_NUMBER:
        return put_canonical_number(value, w, err);
    case BT_JSON_STRING:
        bt_json_put_bytes(w, value->text);
        return BATON_OK;
    case BT_JSON_FALSE:
    case BT_JSON_TRUE:
        bt_json_put_bool(w, value->kind == BT_JSON_TRUE);
        return BATON_OK;
    case BT_JSON_NULL:
        bt_json_put_null(w);
        return BATON_OK;
    case BT_JSON_ARRAY:
    case BT_JSON_OBJECT:
    case BT_JSON_RAW:
        break;
    }
    return bt_fail(err, BATON_ERR_INTERNAL, "offset %zu: this array has no canonical form",
                   value->offset);
}

struct walk {
    struct level levels[BT_JSON_WRITE_DEPTH_MAX];
    struct bt_json_writer writer;
    struct bt_arena arena;
};

static void walk_release(struct walk *walk)
{
    bt_arena_release(&walk->arena);
}

static baton_status enter(struct walk *walk, const struct bt_json *node, struct baton_error *err)
{
    struct bt_json_writer *w = &walk->writer;
    if (node->kind != BT_JSON_ARRAY && node->kind != BT_JSON_OBJECT)
        return put_scalar(node, w, err);
    if (w->depth == BT_JSON_WRITE_DEPTH_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "offset %zu: nested deeper than %d levels",
                       node->offset, BT_JSON_WRITE_DEPTH_MAX);
    struct level *level = &walk->levels[w->depth];
    *level = (struct level){.node = node};
    if (node->kind == BT_JSON_ARRAY) {
        bt_json_begin_array(w);
        return BATON_OK;
    }
    BT_TRY(sort_members(node, &walk->arena, &level->order, err));
    bt_json_begin_object(w);
    return BATON_OK;
}

static baton_status advance(struct walk *walk, struct baton_error *err)
{
    struct level *level = &walk->levels[walk->writer.depth - 1];
    if (level->next == level->node->count) {
        if (level->order)
            bt_json_end_object(&walk->writer);
        else
            bt_json_end_array(&walk->writer);
        return BATON_OK;
    }
    size_t i = level->next++;
    if (!level->order)
        return enter(walk, &level->node->items[i], err);
    const struct bt_json *member = level->order[i];
    bt_json_key_bytes(&walk->writer, member->key);
    return enter(walk, member, err);
}

baton_status bt_json_canonical(const struct bt_json *value, struct bt_buf *out,
                               struct baton_error *err)
{
    BT_CLEANUP(walk_release) struct walk walk = {.writer = bt_json_writer(out, 0)};
    BT_TRY(enter(&walk, value, err));
    while (walk.writer.depth)
        BT_TRY(advance(&walk, err));
    return bt_buf_finish(out, "canonical JSON", err);
}
