/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One statement has one form: what was understood of it, written by us. Where that gives other
 * bytes, somebody could see in it what we did not; the first place where the two part is named.
 */
#include "registry/said_int.h"

static const struct bt_json *find_key(const struct bt_json *object, struct bt_bytes key)
{
    for (size_t i = 0; i < object->count; i++)
        if (bt_bytes_equal(object->items[i].key, key))
            return &object->items[i];
    return NULL;
}

/* The first member that `other` has not. */
static const struct bt_json *find_lone(const struct bt_json *object, const struct bt_json *other)
{
    for (size_t i = 0; i < object->count; i++)
        if (!find_key(other, object->items[i].key))
            return &object->items[i];
    return NULL;
}

static baton_status is_equal(const struct bt_json *a, const struct bt_json *b, bool *ret,
                             struct baton_error *err)
{
    BT_AUTO_BUF left = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    BT_AUTO_BUF right = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    BT_TRY(bt_json_canonical(a, &left, err));
    BT_TRY(bt_json_canonical(b, &right, err));
    *ret = bt_bytes_equal(bt_buf_bytes(&left), bt_buf_bytes(&right));
    return BATON_OK;
}

/* One level down, to the first two that are not equal; none: `given` stays as it is. */
static baton_status descend(const struct bt_json **given, const struct bt_json **ours,
                            struct baton_error *err)
{
    const struct bt_json *left = *given;
    const struct bt_json *right = *ours;
    for (size_t i = 0; i < left->count; i++) {
        const struct bt_json *l = &left->items[i];
        const struct bt_json *r =
            left->kind == BT_JSON_OBJECT ? find_key(right, l->key) : &right->items[i];
        bool equal = false;
        BT_TRY(is_equal(l, r, &equal, err));
        if (equal)
            continue;
        *given = l;
        *ours = r;
        return BATON_OK;
    }
    return BATON_OK;
}

static bool are_comparable(const struct bt_json *given, const struct bt_json *ours)
{
    return given->kind == ours->kind &&
           (given->kind == BT_JSON_OBJECT ||
            (given->kind == BT_JSON_ARRAY && given->count == ours->count));
}

static baton_status fail_at(const char *kind, const char *what, struct bt_bytes key,
                            struct baton_error *err)
{
    size_t shown = key.len < 80 ? key.len : 80;
    return bt_fail(err, BATON_ERR_INVALID, "the %s statement %s \"%.*s\"", kind, what, (int)shown,
                   (const char *)key.ptr);
}

/* Where the statement that was given parts from what we write: never deeper than that is. */
static baton_status fail_form(const char *kind, const struct bt_json *given,
                              const struct bt_json *ours, struct baton_error *err)
{
    struct bt_bytes key = bt_bytes_of("");
    for (const struct bt_json *before = NULL; given != before;) {
        before = given;
        if (!are_comparable(given, ours))
            break;
        bool objects = given->kind == BT_JSON_OBJECT;
        const struct bt_json *lone = objects ? find_lone(given, ours) : NULL;
        if (lone)
            return fail_at(kind, "has the unknown key", lone->key, err);
        lone = objects ? find_lone(ours, given) : NULL;
        if (lone)
            return fail_at(kind, "lacks the key", lone->key, err);
        BT_TRY(descend(&given, &ours, err));
        key = given->key.len ? given->key : key;
    }
    return key.len ? fail_at(kind, "has another value than follows from the rest in", key, err)
                   : bt_fail(err, BATON_ERR_INVALID,
                             "the %s statement is not written as RFC 8785 has it", kind);
}

baton_status bt_said_check_form(const struct bt_said *said, struct bt_bytes payload,
                                struct baton_error *err)
{
    BT_AUTO_BUF again = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *given = NULL;
    const struct bt_json *ours = NULL;
    BT_TRY(bt_said_write(said, &again, err));
    if (bt_bytes_equal(bt_buf_bytes(&again), payload))
        return BATON_OK;
    BT_TRY(bt_json_parse(payload, "the statement", NULL, &arena, &given, err));
    BT_TRY(bt_json_parse(bt_buf_bytes(&again), "the statement", NULL, &arena, &ours, err));
    return fail_form(bt_said_kind_name(said->kind), given, ours, err);
}
