/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include <string.h>

#include "base/checked.h"

/* Enough of a key or number to recognise it in a message. */
#define SHOWN_MAX 80
#define SHOWN(bytes) (int)bt_min((bytes).len, SHOWN_MAX), (const char *)(bytes).ptr

static const char *kind_name(enum bt_json_kind kind)
{
    switch (kind) {
    case BT_JSON_NULL:
        return "null";
    case BT_JSON_FALSE:
    case BT_JSON_TRUE:
        return "true or false";
    case BT_JSON_NUMBER:
        return "a number";
    case BT_JSON_STRING:
        return "a string";
    case BT_JSON_ARRAY:
    case BT_JSON_RAW:
        return "an array";
    case BT_JSON_OBJECT:
        return "an object";
    }
    return "nothing";
}

static baton_status fail_kind(const struct bt_json *value, const char *wanted,
                              struct baton_error *err)
{
    if (value->key.ptr)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: \"%.*s\": expected %s, found %s",
                       value->offset, SHOWN(value->key), wanted, kind_name(value->kind));
    return bt_fail(err, BATON_ERR_INVALID, "offset %zu: expected %s, found %s", value->offset,
                   wanted, kind_name(value->kind));
}

static baton_status fail_number(const struct bt_json *value, const char *why,
                                struct baton_error *err)
{
    if (value->key.ptr)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: \"%.*s\": %.*s %s", value->offset,
                       SHOWN(value->key), SHOWN(value->text), why);
    return bt_fail(err, BATON_ERR_INVALID, "offset %zu: %.*s %s", value->offset, SHOWN(value->text),
                   why);
}

const struct bt_json *bt_json_find(const struct bt_json *object, const char *key)
{
    if (object->kind != BT_JSON_OBJECT)
        return NULL;
    struct bt_bytes wanted = bt_bytes_of(key);
    for (size_t i = 0; i < object->count; i++)
        if (bt_bytes_equal(object->items[i].key, wanted))
            return &object->items[i];
    return NULL;
}

bool bt_json_is_str(const struct bt_json *value, const char *text)
{
    return value->kind == BT_JSON_STRING && bt_bytes_equal(value->text, bt_bytes_of(text));
}

baton_status bt_json_i64(const struct bt_json *value, int64_t *ret, struct baton_error *err)
{
    if (value->kind != BT_JSON_NUMBER)
        return fail_kind(value, "an integer", err);
    if (!bt_i64_parse(value->text, ret))
        return fail_number(value, "is not an integer of 64 bits with sign", err);
    return BATON_OK;
}

baton_status bt_json_u64(const struct bt_json *value, uint64_t *ret, struct baton_error *err)
{
    uint64_t sum = 0;
    if (value->kind != BT_JSON_NUMBER)
        return fail_kind(value, "an integer", err);
    for (size_t i = 0; i < value->text.len; i++) {
        unsigned digit = (unsigned)value->text.ptr[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(sum, 10u, &sum) ||
            __builtin_add_overflow(sum, digit, &sum))
            return fail_number(value, "is not an integer of 64 bits without sign", err);
    }
    *ret = sum;
    return BATON_OK;
}

/* A number, or a string that stands for a value which JSON lacks. */
static baton_status check_float(const struct bt_json *value, struct baton_error *err)
{
    if (value->kind == BT_JSON_NUMBER || bt_json_is_str(value, "NaN") ||
        bt_json_is_str(value, "Infinity") || bt_json_is_str(value, "-Infinity"))
        return BATON_OK;
    return fail_kind(value, "a number, \"NaN\", \"Infinity\" or \"-Infinity\"", err);
}

baton_status bt_json_f64(const struct bt_json *value, double *ret, struct baton_error *err)
{
    BT_TRY(check_float(value, err));
    if (!bt_f64_parse(value->text, ret))
        return fail_number(value, "is beyond the range of float64", err);
    return BATON_OK;
}

baton_status bt_json_f32(const struct bt_json *value, float *ret, struct baton_error *err)
{
    BT_TRY(check_float(value, err));
    if (!bt_f32_parse(value->text, ret))
        return fail_number(value, "is beyond the range of float32", err);
    return BATON_OK;
}

baton_status bt_json_f16(const struct bt_json *value, uint16_t *ret, struct baton_error *err)
{
    BT_TRY(check_float(value, err));
    if (!bt_f16_parse(value->text, ret))
        return fail_number(value, "is beyond the range of float16", err);
    return BATON_OK;
}

baton_status bt_json_bf16(const struct bt_json *value, uint16_t *ret, struct baton_error *err)
{
    BT_TRY(check_float(value, err));
    if (!bt_bf16_parse(value->text, ret))
        return fail_number(value, "is beyond the range of bfloat16", err);
    return BATON_OK;
}

static bool kind_matches(enum bt_json_kind found, enum bt_json_kind wanted)
{
    if (wanted == BT_JSON_TRUE || wanted == BT_JSON_FALSE)
        return found == BT_JSON_TRUE || found == BT_JSON_FALSE;
    return found == wanted;
}

baton_status bt_json_need(const struct bt_json *object, const char *key, enum bt_json_kind kind,
                          const struct bt_json **ret, struct baton_error *err)
{
    if (object->kind != BT_JSON_OBJECT)
        return fail_kind(object, "an object", err);
    const struct bt_json *value = bt_json_find(object, key);
    if (!value)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: the object lacks the key \"%s\"",
                       object->offset, key);
    if (!kind_matches(value->kind, kind))
        return fail_kind(value, kind_name(kind), err);
    *ret = value;
    return BATON_OK;
}

baton_status bt_json_need_str(const struct bt_json *object, const char *key, struct bt_arena *arena,
                              const char **ret, struct baton_error *err)
{
    const struct bt_json *value = NULL;
    BT_TRY(bt_json_need(object, key, BT_JSON_STRING, &value, err));
    if (value->text.len && memchr(value->text.ptr, 0, value->text.len))
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: \"%s\" holds a NUL", value->offset,
                       key);
    char *copy = bt_arena_strndup(arena, (const char *)value->text.ptr, value->text.len);
    if (!copy)
        return bt_fail_no_memory(err, key);
    *ret = copy;
    return BATON_OK;
}

static bool is_listed(struct bt_bytes key, const char *const *keys)
{
    for (; *keys; keys++)
        if (bt_bytes_equal(key, bt_bytes_of(*keys)))
            return true;
    return false;
}

baton_status bt_json_only(const struct bt_json *object, const char *const *keys,
                          struct baton_error *err)
{
    if (object->kind != BT_JSON_OBJECT)
        return fail_kind(object, "an object", err);
    for (size_t i = 0; i < object->count; i++)
        if (!is_listed(object->items[i].key, keys))
            return bt_fail(err, BATON_ERR_INVALID, "offset %zu: unknown key \"%.*s\"",
                           object->items[i].offset, SHOWN(object->items[i].key));
    return BATON_OK;
}
