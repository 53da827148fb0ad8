/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/safetensors.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/sort.h"
#include "codec/endian.h"
#include "codec/json.h"

#define LENGTH_BYTES 8
#define DATA_ALIGN 64
#define METADATA "__metadata__"

static const struct {
    const char *name;
    enum bt_dtype dtype;
} types[] = {{"BOOL", BT_BOOL}, {"U8", BT_U8},   {"I8", BT_I8},     {"U16", BT_U16},
             {"I16", BT_I16},   {"F16", BT_F16}, {"BF16", BT_BF16}, {"U32", BT_U32},
             {"I32", BT_I32},   {"F32", BT_F32}, {"U64", BT_U64},   {"I64", BT_I64},
             {"F64", BT_F64}};

static enum bt_dtype find_type(const struct bt_json *name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (bt_json_is_str(name, types[i].name))
            return types[i].dtype;
    return BT_DTYPE_NONE;
}

static const char *type_name(enum bt_dtype dtype)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].dtype == dtype)
            return types[i].name;
    return NULL;
}

/* A member of the header, checked against itself. */
struct entry {
    struct bt_bytes name;
    struct bt_tensor tensor; /* without data yet */
    uint64_t from;
    uint64_t to;
};

static baton_status read_type(const struct bt_json *member, struct bt_tensor *tensor,
                              struct baton_error *err)
{
    const struct bt_json *name = NULL;
    BT_TRY(bt_json_need(member, "dtype", BT_JSON_STRING, &name, err));
    tensor->dtype = find_type(name);
    if (tensor->dtype == BT_DTYPE_NONE)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "element type \"%.*s\" is not supported",
                       (int)bt_min(name->text.len, 40), (const char *)name->text.ptr);
    return BATON_OK;
}

static baton_status read_shape(const struct bt_json *member, struct bt_tensor *tensor,
                               struct baton_error *err)
{
    const struct bt_json *shape = NULL;
    BT_TRY(bt_json_need(member, "shape", BT_JSON_ARRAY, &shape, err));
    if (shape->count > BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu dimensions: the limit is %d", shape->count,
                       BT_RANK_MAX);
    tensor->rank = (unsigned)shape->count;
    for (unsigned i = 0; i < tensor->rank; i++)
        BT_TRY(bt_json_i64(&shape->items[i], &tensor->dims[i], err));
    return BATON_OK;
}

static baton_status read_offsets(const struct bt_json *member, struct entry *entry,
                                 struct baton_error *err)
{
    const struct bt_json *offsets = NULL;
    size_t wanted = 0;
    BT_TRY(bt_json_need(member, "data_offsets", BT_JSON_ARRAY, &offsets, err));
    if (offsets->count != 2)
        return bt_fail(err, BATON_ERR_INVALID, "data_offsets holds %zu numbers, not 2",
                       offsets->count);
    BT_TRY(bt_json_u64(&offsets->items[0], &entry->from, err));
    BT_TRY(bt_json_u64(&offsets->items[1], &entry->to, err));
    BT_TRY(bt_dims_bytes(entry->tensor.dtype, entry->tensor.rank, entry->tensor.dims, 0, &wanted,
                         err));
    if (entry->to < entry->from || entry->to - entry->from != wanted)
        return bt_fail(err, BATON_ERR_INVALID,
                       "data_offsets [%" PRIu64 ",%" PRIu64 "] do not span the %zu bytes of its "
                       "shape and type",
                       entry->from, entry->to, wanted);
    return BATON_OK;
}

static baton_status read_member(const struct bt_json *member, struct entry *ret,
                                struct baton_error *err)
{
    static const char *const keys[] = {"dtype", "shape", "data_offsets", NULL};
    ret->name = member->key;
    if (member->key.len && memchr(member->key.ptr, 0, member->key.len))
        return bt_fail(err, BATON_ERR_INVALID, "the name holds a NUL");
    BT_TRY(bt_json_only(member, keys, err));
    BT_TRY(read_type(member, &ret->tensor, err));
    BT_TRY(read_shape(member, &ret->tensor, err));
    return read_offsets(member, ret, err);
}

static baton_status check_metadata(const struct bt_json *metadata, struct baton_error *err)
{
    if (metadata->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, METADATA " is not an object");
    for (size_t i = 0; i < metadata->count; i++)
        if (metadata->items[i].kind != BT_JSON_STRING)
            return bt_fail(err, BATON_ERR_INVALID, METADATA ": \"%.*s\" is not a string",
                           (int)bt_min(metadata->items[i].key.len, 80),
                           (const char *)metadata->items[i].key.ptr);
    return BATON_OK;
}

static int compare_offsets(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    /* Empty tensors share their offset with the next one. */
    return (a->to > b->to) - (a->to < b->to);
}

static baton_status take_data(const struct entry *entry, struct bt_bytes data,
                              struct bt_named *list, struct baton_error *err)
{
    size_t size = bt_dtype_size(entry->tensor.dtype);
    const uint8_t *from = data.ptr + entry->from;
    size_t bytes = (size_t)(entry->to - entry->from);
    BT_AUTO_TENSOR tensor = entry->tensor;
    if ((uintptr_t)from % size == 0 && !HOST_IS_BIG) {
        /* Nobody may write to a tensor without storage (tensor/tensor.h). */
        tensor.data = (void *)(uintptr_t)from;
        return bt_named_add(list, entry->name, &tensor, err);
    }
    BT_TRY(bt_tensor_new(entry->tensor.dtype, entry->tensor.rank, entry->tensor.dims, 0, &tensor,
                         err));
    if (bytes)
        memcpy(tensor.data, from, bytes);
    if (HOST_IS_BIG)
        swap_elements(tensor.data, bytes / size, size);
    return bt_named_add(list, entry->name, &tensor, err);
}

static baton_status check_bools(const struct bt_tensor *tensor, struct baton_error *err)
{
    const uint8_t *values = tensor->data;
    size_t count = tensor->dtype == BT_BOOL ? bt_tensor_count(tensor) : 0;
    for (size_t i = 0; i < count; i++)
        if (values[i] > 1)
            return bt_fail(err, BATON_ERR_INVALID, "element %zu is a bool that is neither 0 nor 1",
                           i);
    return BATON_OK;
}

static baton_status fail_tensor(struct bt_bytes name, struct baton_error *err)
{
    return bt_error_prepend(err, "tensor \"%.*s\"", (int)bt_min(name.len, 80),
                            (const char *)name.ptr);
}

/* All entries in `sorted`, one after the other, cover `data` exactly. */
static baton_status take_all(const void *const *sorted, size_t count, struct bt_bytes data,
                             struct bt_named *list, struct baton_error *err)
{
    uint64_t end = 0;
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = sorted[i];
        if (entry->from != end || entry->to > data.len)
            return bt_fail(err, BATON_ERR_INVALID,
                           "tensor \"%.*s\": its data [%" PRIu64 ",%" PRIu64 "] %s",
                           (int)bt_min(entry->name.len, 80), (const char *)entry->name.ptr,
                           entry->from, entry->to,
                           entry->from < end   ? "overlaps another tensor"
                           : entry->from > end ? "follows a hole"
                                               : "ends after the file");
        end = entry->to;
        if (take_data(entry, data, list, err) != BATON_OK ||
            check_bools(&list->items[list->count - 1].tensor, err) != BATON_OK)
            return fail_tensor(entry->name, err);
    }
    if (end != data.len)
        return bt_fail(err, BATON_ERR_INVALID, "%" PRIu64 " bytes after the last tensor",
                       data.len - end);
    return BATON_OK;
}

static baton_status read_header(const struct bt_json *header, struct bt_bytes data,
                                struct bt_named *list, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    size_t count = 0;
    if (header->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "the header is not a JSON object");
    struct entry *entries = bt_arena_calloc(&arena, header->count, sizeof *entries);
    const void **sorted = bt_arena_calloc(&arena, header->count, sizeof(void *));
    if (!entries || !sorted)
        return bt_fail_no_memory(err, "the header");
    for (size_t i = 0; i < header->count; i++) {
        const struct bt_json *member = &header->items[i];
        if (bt_bytes_equal(member->key, bt_bytes_of(METADATA))) {
            BT_TRY(check_metadata(member, err));
            continue;
        }
        sorted[count] = &entries[count];
        if (read_member(member, &entries[count], err) != BATON_OK)
            return fail_tensor(member->key, err);
        count++;
    }
    bt_sort_pointers(sorted, count, compare_offsets);
    return take_all(sorted, count, data, list, err);
}

baton_status bt_safetensors_read(struct bt_bytes bytes, const char *what,
                                 const struct bt_safetensors_limits *limits, struct bt_named *ret,
                                 struct baton_error *err)
{
    static const struct bt_safetensors_limits defaults = BT_SAFETENSORS_LIMITS_DEFAULT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    const struct bt_json *header = NULL;
    if (!limits)
        limits = &defaults;
    if (bytes.len < LENGTH_BYTES)
        return bt_fail(err, BATON_ERR_INVALID, "%s: %zu bytes are too few for safetensors", what,
                       bytes.len);
    uint64_t len = load_le(bytes.ptr, LENGTH_BYTES);
    if (len > limits->header_bytes_max)
        return bt_fail(err, BATON_ERR_LIMIT, "%s: a header of %" PRIu64 " bytes: the limit is %zu",
                       what, len, limits->header_bytes_max);
    if (len > bytes.len - LENGTH_BYTES)
        return bt_fail(err, BATON_ERR_INVALID,
                       "%s: the file ends inside its header of %" PRIu64 " bytes", what, len);
    struct bt_bytes text = {bytes.ptr + LENGTH_BYTES, (size_t)len};
    struct bt_bytes data = {text.ptr + text.len, bytes.len - LENGTH_BYTES - text.len};
    /* Per tensor: itself, three members, two offsets, at most 8 dimensions. */
    struct bt_json_limits json = {.depth_max = 4,
                                  .bytes_max = limits->header_bytes_max,
                                  .values_max = bt_min(limits->tensors_max, 1 << 24) * 16};
    BT_TRY(bt_json_parse(text, what, &json, &arena, &header, err));
    if (read_header(header, data, &list, err) != BATON_OK)
        return bt_error_prepend(err, "%s", what);
    *ret = list;
    list = (struct bt_named)BT_NAMED_INIT;
    return BATON_OK;
}

/* ---- writing ---- */

static void put_member(struct bt_json_writer *w, const struct bt_named_tensor *item, uint64_t from)
{
    const struct bt_tensor *tensor = &item->tensor;
    bt_json_key(w, item->name);
    bt_json_begin_object(w);
    bt_json_member_str(w, "dtype", type_name(tensor->dtype));
    bt_json_key(w, "shape");
    bt_json_begin_array(w);
    for (unsigned i = 0; i < tensor->rank; i++)
        bt_json_put_i64(w, tensor->dims[i]);
    bt_json_end_array(w);
    bt_json_key(w, "data_offsets");
    bt_json_begin_array(w);
    bt_json_put_u64(w, from);
    bt_json_put_u64(w, from + bt_tensor_bytes(tensor));
    bt_json_end_array(w);
    bt_json_end_object(w);
}

static void put_data(const struct bt_tensor *tensor, struct bt_buf *out)
{
    size_t bytes = bt_tensor_bytes(tensor);
    uint8_t *room = bt_buf_extend(out, bytes);
    if (!room || bytes == 0)
        return;
    memcpy(room, tensor->data, bytes);
    if (HOST_IS_BIG)
        swap_elements(room, bt_tensor_count(tensor), bt_dtype_size(tensor->dtype));
}

baton_status bt_safetensors_write(const struct bt_named *list, struct bt_buf *out,
                                  struct baton_error *err)
{
    BT_AUTO_BUF header = BT_BUF_INIT((size_t)32 << 20);
    struct bt_json_writer w = bt_json_writer(&header, 0);
    uint64_t offset = 0;
    uint8_t len[LENGTH_BYTES];
    bt_json_begin_object(&w);
    for (size_t i = 0; i < list->count; i++) {
        if (!type_name(list->items[i].tensor.dtype))
            return bt_fail(err, BATON_ERR_UNSUPPORTED,
                           "tensor \"%s\": safetensors has no element type for %s",
                           list->items[i].name, bt_dtype_name(list->items[i].tensor.dtype));
        put_member(&w, &list->items[i], offset);
        offset += bt_tensor_bytes(&list->items[i].tensor);
    }
    bt_json_end_object(&w);
    while ((LENGTH_BYTES + header.len) % DATA_ALIGN && header.state == BT_BUF_GOOD)
        bt_buf_put_byte(&header, ' ');
    BT_TRY(bt_buf_finish(&header, "a safetensors header", err));
    store_le(len, sizeof len, header.len);
    bt_buf_put(out, len, sizeof len);
    bt_buf_put(out, header.data, header.len);
    for (size_t i = 0; i < list->count; i++)
        put_data(&list->items[i].tensor, out);
    return bt_buf_finish(out, "a safetensors file", err);
}
