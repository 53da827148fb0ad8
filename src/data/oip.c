/* SPDX-License-Identifier: Apache-2.0 */
#include "data/oip.h"

#include <inttypes.h>
#include <string.h>

#include "codec/utf8.h"
#include "data/oip_int.h"

/* The largest element in memory; in the document each takes at least one byte. */
#define ELEMENT_BYTES_MAX ((uint64_t)16)

/* ---- parameters ---- */

const struct bt_json *bt_oip_parameter(const struct bt_json *object, const char *name)
{
    const struct bt_json *parameters = bt_json_find(object, "parameters");
    return parameters ? bt_json_find(parameters, name) : NULL;
}

/* Extensions of others which change what a request means. */
static bool is_foreign(struct bt_bytes key)
{
    static const char *const foreign[] = {"shared_memory_", "sequence_", "classification",
                                          "baton_"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (key.len >= strlen(foreign[i]) && memcmp(key.ptr, foreign[i], strlen(foreign[i])) == 0)
            return true;
    return false;
}

baton_status bt_oip_check_parameters(const struct bt_json *object, struct baton_error *err)
{
    const struct bt_json *parameters = bt_json_find(object, "parameters");
    if (!parameters || parameters->kind == BT_JSON_NULL)
        return BATON_OK;
    if (parameters->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: \"parameters\" is no object",
                       parameters->offset);
    for (size_t i = 0; i < parameters->count; i++) {
        const struct bt_json *item = &parameters->items[i];
        int len = item->key.len < 80 ? (int)item->key.len : 80;
        if (item->kind == BT_JSON_NULL || item->kind > BT_JSON_STRING)
            return bt_fail(err, BATON_ERR_INVALID,
                           "offset %zu: parameter \"%.*s\" is neither text, number nor bool",
                           item->offset, len, (const char *)item->key.ptr);
        if (is_foreign(item->key))
            return bt_fail(err, BATON_ERR_INVALID,
                           "offset %zu: parameter \"%.*s\" belongs to an extension that is not "
                           "offered here",
                           item->offset, len, (const char *)item->key.ptr);
    }
    return BATON_OK;
}

/* What strings stand for. The other words of MLServer's codecs say nothing that type and shape do
 * not. */
static baton_status read_content_type(const struct bt_json *tensor, bool *ret_base64,
                                      struct baton_error *err)
{
    const struct bt_json *type = bt_oip_parameter(tensor, "content_type");
    *ret_base64 = type && bt_json_is_str(type, "base64");
    if (!type || *ret_base64 || bt_json_is_str(type, "str") || bt_json_is_str(type, "np") ||
        bt_json_is_str(type, "pd"))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INVALID,
                   "offset %zu: content_type: expected \"np\", \"pd\", \"str\" or \"base64\"",
                   type->offset);
}

/* ---- reading ---- */

static baton_status read_shape(const struct bt_json *tensor, int64_t *dims, unsigned *ret_rank,
                               struct baton_error *err)
{
    const struct bt_json *shape = NULL;
    BT_TRY(bt_json_need(tensor, "shape", BT_JSON_ARRAY, &shape, err));
    if (shape->count > BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "shape has %zu dimensions: the limit is %d",
                       shape->count, BT_RANK_MAX);
    for (size_t i = 0; i < shape->count; i++)
        BT_TRY(bt_json_i64(&shape->items[i], &dims[i], err));
    *ret_rank = (unsigned)shape->count;
    return BATON_OK;
}

static baton_status read_datatype(const struct bt_json *tensor, enum bt_dtype *ret,
                                  struct baton_error *err)
{
    const struct bt_json *datatype = NULL;
    BT_TRY(bt_json_need(tensor, "datatype", BT_JSON_STRING, &datatype, err));
    for (enum bt_dtype dtype = BT_DTYPE_NONE; dtype < BT_DTYPE_COUNT; dtype++) {
        const char *name = bt_dtype_oip_name(dtype);
        if (name && bt_json_is_str(datatype, name)) {
            *ret = dtype;
            return BATON_OK;
        }
    }
    return bt_fail(err, BATON_ERR_INVALID, "datatype \"%.*s\" is none of the protocol's",
                   datatype->text.len < 80 ? (int)datatype->text.len : 80,
                   (const char *)datatype->text.ptr);
}

/* The next of the binary data: `size` bytes of them. */
static baton_status take_binary(struct bt_oip_source *source, const struct bt_json *size,
                                struct bt_bytes *ret, struct baton_error *err)
{
    uint64_t len = 0;
    BT_TRY(bt_json_u64(size, &len, err));
    if (len > source->binary.len)
        return bt_fail(err, BATON_ERR_INVALID,
                       "binary_data_size is %" PRIu64
                       ", and %zu bytes are left behind the document",
                       len, source->binary.len);
    *ret = (struct bt_bytes){source->binary.ptr, (size_t)len};
    source->binary.ptr += len;
    source->binary.len -= (size_t)len;
    return BATON_OK;
}

static bool is_half(enum bt_dtype dtype)
{
    return dtype == BT_F16 || dtype == BT_BF16;
}

static baton_status fail_half(enum bt_dtype dtype, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "%s has no JSON form between programs: use binary data",
                   bt_dtype_oip_name(dtype));
}

/* `wire` is NULL for a file. A shape that claims more elements than its data have room for is
 * refused before anything is allocated. */
static baton_status read_data(const struct bt_json *tensor, struct bt_oip_source *wire,
                              uint64_t bytes_max, struct bt_tensor *made, struct baton_error *err)
{
    const struct bt_json *size = bt_oip_parameter(tensor, "binary_data_size");
    const struct bt_json *data = NULL;
    struct bt_bytes binary = {NULL, 0};
    enum bt_dtype dtype = BT_DTYPE_NONE;
    int64_t dims[BT_RANK_MAX];
    unsigned rank = 0;
    bool is_base64 = false;
    BT_TRY(read_datatype(tensor, &dtype, err));
    BT_TRY(read_shape(tensor, dims, &rank, err));
    BT_TRY(read_content_type(tensor, &is_base64, err));
    if (wire && size) {
        if (bt_json_find(tensor, "data"))
            return bt_fail(err, BATON_ERR_INVALID, "both \"data\" and binary_data_size");
        BT_TRY(take_binary(wire, size, &binary, err));
        BT_TRY(bt_tensor_new(dtype, rank, dims, ELEMENT_BYTES_MAX * binary.len, made, err));
        return bt_oip_fill_binary(binary, made, err);
    }
    if (wire && is_half(dtype))
        return fail_half(dtype, err);
    BT_TRY(bt_json_need(tensor, "data", BT_JSON_RAW, &data, err));
    BT_TRY(bt_tensor_new(dtype, rank, dims, bytes_max, made, err));
    return bt_oip_fill(data, is_base64, made, err);
}

static baton_status read_tensor(const struct bt_json *tensor, struct bt_oip_source *wire,
                                uint64_t bytes_max, struct bt_value *ret, struct baton_error *err)
{
    BT_AUTO_TENSOR made = BT_TENSOR_INIT;
    BT_TRY(bt_oip_check_parameters(tensor, err));
    BT_TRY(read_data(tensor, wire, bytes_max, &made, err));
    *ret = bt_value_of_tensor(&made);
    return BATON_OK;
}

static baton_status read_items(const struct bt_json *list, size_t bytes, struct bt_oip_source *wire,
                               struct bt_values *values, struct baton_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        BT_AUTO_VALUE value = BT_VALUE_INIT;
        const char *name = NULL;
        BT_TRY(bt_json_need_str(&list->items[i], "name", &values->arena, &name, err));
        baton_status status =
            read_tensor(&list->items[i], wire, ELEMENT_BYTES_MAX * (uint64_t)bytes, &value, err);
        if (status != BATON_OK) {
            (void)bt_error_prepend(err, "\"%.160s\"", name);
            return status;
        }
        BT_TRY(bt_values_add(values, name, &value, err));
    }
    return BATON_OK;
}

static baton_status read_list(const struct bt_json *list, size_t bytes, struct bt_oip_source *wire,
                              struct bt_values *ret, struct baton_error *err)
{
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    BT_TRY(read_items(list, bytes, wire, &values, err));
    *ret = values;
    values = (struct bt_values)BT_VALUES_INIT;
    return BATON_OK;
}

/* Data are at {"inputs":[{"data":…}]}. */
baton_status bt_oip_open(struct bt_bytes json, const char *what, struct bt_arena *arena,
                         const struct bt_json **ret, struct baton_error *err)
{
    struct bt_json_limits limits = BT_JSON_LIMITS_DEFAULT;
    limits.raw_key = "data";
    limits.raw_depth = 3;
    return bt_json_parse(json, what, &limits, arena, ret, err);
}

baton_status bt_oip_read(struct bt_oip_source *source, const char *key, struct bt_values *ret,
                         struct baton_error *err)
{
    const struct bt_json *list = NULL;
    BT_TRY(bt_json_need(source->root, key, BT_JSON_ARRAY, &list, err));
    BT_TRY(read_list(list, source->bytes, source, ret, err));
    if (source->binary.len == 0)
        return BATON_OK;
    bt_values_release(ret);
    return bt_fail(err, BATON_ERR_INVALID, "%zu bytes behind the document belong to no tensor",
                   source->binary.len);
}

static size_t size_of_rest(enum bt_dtype dtype, unsigned rank, const int64_t *dims)
{
    size_t size = dtype == BT_STRING ? 1 : bt_dtype_size(dtype);
    for (unsigned i = 0; i < rank; i++)
        if (dims[i] >= 0 && __builtin_mul_overflow(size, (size_t)dims[i], &size))
            return 0;
    return size;
}

baton_status bt_oip_read_raw(struct bt_bytes binary, enum bt_dtype dtype, unsigned rank,
                             const int64_t *dims, struct bt_value *ret, struct baton_error *err)
{
    BT_AUTO_TENSOR made = BT_TENSOR_INIT;
    int64_t known[BT_RANK_MAX];
    size_t rest = size_of_rest(dtype, rank, dims);
    size_t len = binary.len;
    if (dtype == BT_STRING)
        BT_TRY(bt_oip_count_strings(binary, &len, err));
    for (unsigned i = 0, unknown = 0; i < rank; i++) {
        known[i] = dims[i] >= 0 ? dims[i] : rest ? (int64_t)(len / rest) : 0;
        unknown += dims[i] < 0;
        if (unknown > 1)
            return bt_fail(err, BATON_ERR_INVALID,
                           "more than one dimension is open: raw data cannot tell the shape");
    }
    BT_TRY(bt_tensor_new(dtype, rank, known, ELEMENT_BYTES_MAX * binary.len, &made, err));
    BT_TRY(bt_oip_fill_binary(binary, &made, err));
    *ret = bt_value_of_tensor(&made);
    return BATON_OK;
}

static const struct bt_json *find_list(const struct bt_json *root)
{
    const struct bt_json *list = bt_json_find(root, "inputs");
    if (!list)
        list = bt_json_find(root, "outputs");
    return list && list->kind == BT_JSON_ARRAY ? list : NULL;
}

baton_status bt_oip_parse(struct bt_bytes json, const char *what, struct bt_values *ret,
                          struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    BT_TRY(bt_oip_open(json, what, &arena, &root, err));
    const struct bt_json *list = find_list(root);
    if (!list)
        return bt_fail(err, BATON_ERR_INVALID, "%s: there is no list \"inputs\" or \"outputs\"",
                       what);
    baton_status status = read_list(list, json.len, NULL, ret, err);
    if (status != BATON_OK)
        (void)bt_error_prepend(err, "%s", what);
    return status;
}

/* ---- writing ---- */

static bool needs_base64(const struct bt_tensor *t)
{
    size_t count = t->dtype == BT_STRING ? bt_tensor_count(t) : 0;
    const struct bt_bytes *texts = t->data;
    for (size_t i = 0; i < count; i++)
        if (bt_utf8_valid_prefix(texts[i]) < texts[i].len)
            return true;
    return false;
}

/* In the order of their names, and without an object where there are none. */
static void put_parameters(struct bt_json_writer *w, bool is_base64, const struct bt_buf *binary,
                           size_t binary_before)
{
    if (!is_base64 && !binary)
        return;
    bt_json_key(w, "parameters");
    bt_json_begin_object(w);
    if (binary)
        bt_json_member_u64(w, "binary_data_size", binary->len - binary_before);
    else
        bt_json_member_str(w, "content_type", "base64");
    bt_json_end_object(w);
}

static void put_tensor(struct bt_json_writer *w, const char *name, const struct bt_tensor *t,
                       struct bt_buf *binary)
{
    bool is_base64 = !binary && needs_base64(t);
    size_t before = binary ? binary->len : 0;
    if (binary)
        bt_oip_put_binary(t, binary);
    bt_json_begin_object(w);
    bt_json_member_str(w, "name", name);
    bt_json_key(w, "shape");
    bt_json_begin_array(w);
    for (unsigned i = 0; i < t->rank; i++)
        bt_json_put_i64(w, t->dims[i]);
    bt_json_end_array(w);
    bt_json_member_str(w, "datatype", bt_dtype_oip_name(t->dtype));
    put_parameters(w, is_base64, binary, before);
    if (!binary) {
        bt_json_key(w, "data");
        bt_oip_put_data(t, is_base64, w);
    }
    bt_json_end_object(w);
}

static baton_status put_value(const struct bt_named_value *item, struct bt_json_writer *w,
                              struct bt_buf *binary, struct baton_error *err)
{
    if (item->value.kind != BT_VALUE_TENSOR && item->value.kind != BT_VALUE_MAPS)
        return bt_fail(err, BATON_ERR_UNSUPPORTED,
                       "\"%s\" is not a tensor: the protocol has no form for it", item->name);
    put_tensor(w, item->name, &item->value.tensor, binary);
    if (item->value.kind == BT_VALUE_MAPS) {
        BT_AUTO_BUF keys = BT_BUF_INIT(4096);
        bt_buf_printf(&keys, "%s.keys", item->name);
        BT_TRY(bt_buf_finish(&keys, "an output's name", err));
        put_tensor(w, bt_buf_str(&keys), &item->value.keys, binary);
    }
    return BATON_OK;
}

baton_status bt_oip_put_value(const struct bt_named_value *value, struct bt_json_writer *w,
                              struct bt_buf *binary, struct baton_error *err)
{
    if (!binary && is_half(value->value.tensor.dtype)) {
        baton_status status = fail_half(value->value.tensor.dtype, err);
        (void)bt_error_prepend(err, "\"%s\"", value->name);
        return status;
    }
    return put_value(value, w, binary, err);
}

baton_status bt_oip_put(const struct bt_values *values, struct bt_json_writer *w,
                        struct baton_error *err)
{
    bt_json_begin_array(w);
    for (size_t i = 0; i < values->count; i++)
        BT_TRY(put_value(&values->items[i], w, NULL, err));
    bt_json_end_array(w);
    return BATON_OK;
}

baton_status bt_oip_format(const struct bt_values *values, const char *list, struct bt_buf *out,
                           struct baton_error *err)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    bt_json_key(&w, list);
    BT_TRY(bt_oip_put(values, &w, err));
    bt_json_end_object(&w);
    bt_buf_put_byte(out, '\n');
    return bt_buf_finish(out, "the response", err);
}
