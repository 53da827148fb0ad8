/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx/load_int.h"

/*
 * TensorProto. Its elements are in exactly one of three places: `raw_data` (little-endian bytes),
 * external data (the same, elsewhere), or the one typed field that belongs to the element type.
 * Anything in a second place is refused, and so is a count that is not the shape's.
 *
 * Raw bytes are borrowed where they lie. Where they are not aligned to the element size, or the
 * machine is big-endian, they are copied into the model's `weights` arena: at most the file's size,
 * while a typed field grows at most eight times (a varint byte becomes an int64).
 */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"

enum {
    FIELD_DIMS = 1,
    FIELD_DATA_TYPE = 2,
    FIELD_SEGMENT = 3,
    FIELD_FLOAT_DATA = 4,
    FIELD_INT32_DATA = 5,
    FIELD_STRING_DATA = 6,
    FIELD_INT64_DATA = 7,
    FIELD_NAME = 8,
    FIELD_RAW_DATA = 9,
    FIELD_DOUBLE_DATA = 10,
    FIELD_UINT64_DATA = 11,
    FIELD_EXTERNAL_DATA = 13,
    FIELD_DATA_LOCATION = 14
};

#define LOCATION_EXTERNAL 1

/* The typed field that may hold elements of a type. */
static uint32_t typed_field(enum bt_dtype dtype)
{
    switch (dtype) {
    case BT_F32:
        return FIELD_FLOAT_DATA;
    case BT_F64:
        return FIELD_DOUBLE_DATA;
    case BT_STRING:
        return FIELD_STRING_DATA;
    case BT_I64:
        return FIELD_INT64_DATA;
    case BT_U32:
    case BT_U64:
        return FIELD_UINT64_DATA;
    default:
        return FIELD_INT32_DATA;
    }
}

struct source {
    struct bt_onnx_message message; /* unread */
    uint32_t counts[BT_ONNX_FIELDS_MAX];
    uint64_t data_type;
    uint64_t data_location;
    struct bt_bytes raw;
    struct bt_bytes name;
};

static baton_status scan(const struct bt_pb_field *field, struct source *ret,
                         struct baton_error *err)
{
    struct source s = {.message = bt_onnx_enter(&bt_onnx_tensor_proto, field),
                       .name = bt_bytes_of("")};
    BT_TRY(bt_onnx_count(s.message, s.counts, err));
    struct bt_onnx_message m = s.message;
    struct bt_pb_field part;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            break;
        if (part.number == FIELD_DATA_TYPE)
            s.data_type = part.scalar;
        else if (part.number == FIELD_DATA_LOCATION)
            s.data_location = part.scalar;
        else if (part.number == FIELD_RAW_DATA)
            s.raw = part.bytes;
        else if (part.number == FIELD_NAME)
            s.name = part.bytes;
    }
    *ret = s;
    return BATON_OK;
}

static baton_status read_dims(const struct source *s, struct bt_tensor *tensor,
                              struct baton_error *err)
{
    struct bt_onnx_numbers dims = bt_onnx_numbers(s->message, FIELD_DIMS);
    uint64_t dim = 0;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_numbers_next(&dims, &dim, &more, err));
        if (!more)
            return BATON_OK;
        if (tensor->rank == BT_RANK_MAX)
            return bt_fail(err, BATON_ERR_LIMIT, "more than %d dimensions", BT_RANK_MAX);
        tensor->dims[tensor->rank++] = (int64_t)dim;
    }
}

static baton_status wrong_count(const struct bt_tensor *t, const char *where, size_t found,
                                const char *unit, size_t expected, struct baton_error *err)
{
    BT_AUTO_BUF shape = BT_BUF_INIT(256);
    bt_dims_format(t->rank, t->dims, &shape);
    return bt_fail(err, BATON_ERR_INVALID, "%s has %zu %s, but %s%s needs %zu", where, found, unit,
                   bt_dtype_name(t->dtype), bt_buf_str(&shape), expected);
}

/* ---- raw bytes ---- */

static baton_status check_bools(const uint8_t *bytes, size_t count, struct baton_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] > 1)
            return bt_fail(err, BATON_ERR_INVALID, "bool element %zu is %u, expected 0 or 1", i,
                           bytes[i]);
    return BATON_OK;
}

static void swap_elements(uint8_t *bytes, size_t len, size_t size)
{
    for (size_t at = 0; at < len; at += size) {
        for (size_t low = at, high = at + size - 1; low < high; low++, high--) {
            uint8_t kept = bytes[low];
            bytes[low] = bytes[high];
            bytes[high] = kept;
        }
    }
}

static baton_status adopt_raw(struct bt_load *load, struct bt_bytes raw, struct bt_tensor *tensor,
                              struct baton_error *err)
{
    size_t size = bt_dtype_size(tensor->dtype);
    bool swapped = __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ && size > 1;
    if (tensor->dtype == BT_BOOL)
        BT_TRY(check_bools(raw.ptr, raw.len, err));
    if (!swapped && (uintptr_t)raw.ptr % size == 0) {
        /* Borrowed tensors are never written to: bt_tensor_is_exclusive() is false for them. */
        tensor->data = (void *)(uintptr_t)raw.ptr;
        return BATON_OK;
    }
    uint8_t *copy = bt_arena_calloc(&load->model->weights, raw.len, 1);
    if (!copy)
        return bt_fail_no_memory(err, "weights");
    memcpy(copy, raw.ptr, raw.len);
    if (swapped)
        swap_elements(copy, raw.len, size);
    tensor->data = copy;
    return BATON_OK;
}

/* ---- external data ---- */

static baton_status parse_u64(struct bt_bytes text, const char *key, uint64_t *ret,
                              struct baton_error *err)
{
    uint64_t value = 0;
    bool good = text.len > 0;
    for (size_t i = 0; good && i < text.len; i++) {
        unsigned digit = (unsigned)text.ptr[i] - '0';
        good = digit <= 9 && !__builtin_mul_overflow(value, UINT64_C(10), &value) &&
               !__builtin_add_overflow(value, (uint64_t)digit, &value);
    }
    if (!good)
        return bt_fail(err, BATON_ERR_INVALID,
                       "external data: %s " BT_NAME_FMT " is not a 64-bit number", key,
                       BT_NAME_ARGS(text));
    *ret = value;
    return BATON_OK;
}

struct entry {
    struct bt_bytes key;
    struct bt_bytes value;
};

static baton_status read_entry(const struct bt_pb_field *field, struct entry *ret,
                               struct baton_error *err)
{
    struct bt_onnx_message m = bt_onnx_enter(&bt_onnx_entry_proto, field);
    struct bt_pb_field part;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            return BATON_OK;
        *(part.number == 1 ? &ret->key : &ret->value) = part.bytes;
    }
}

enum { KEY_LOCATION = 1, KEY_OFFSET = 2, KEY_LENGTH = 4 };

static unsigned key_of(struct bt_bytes key)
{
    if (bt_bytes_equal(key, bt_bytes_of("location")))
        return KEY_LOCATION;
    if (bt_bytes_equal(key, bt_bytes_of("offset")))
        return KEY_OFFSET;
    return bt_bytes_equal(key, bt_bytes_of("length")) ? KEY_LENGTH : 0;
}

/* Other keys (a SHA-1 in `checksum`, for one) are left alone: they add no safety to a digest over
 * the whole, and a key must never set anything it was not meant for. */
static baton_status take_entry(struct bt_load *load, const struct entry *entry, unsigned *seen,
                               struct bt_external *what, struct baton_error *err)
{
    unsigned key = key_of(entry->key);
    if (*seen & key)
        return bt_fail(err, BATON_ERR_INVALID, "external data: key " BT_NAME_FMT " appears twice",
                       BT_NAME_ARGS(entry->key));
    *seen |= key;
    if (key == KEY_OFFSET)
        return parse_u64(entry->value, "offset", &what->offset, err);
    if (key == KEY_LENGTH)
        return parse_u64(entry->value, "length", &what->length, err);
    if (key == KEY_LOCATION) {
        what->location = bt_load_str(load, entry->value);
        return what->location ? BATON_OK : bt_load_no_room(load, err);
    }
    return BATON_OK;
}

static baton_status read_external(struct bt_load *load, const struct source *s, size_t bytes,
                                  struct bt_external *ret, struct baton_error *err)
{
    struct bt_onnx_message m = s->message;
    struct bt_pb_field part;
    unsigned seen = 0;
    bool more = false;
    for (;;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (!more)
            break;
        if (part.number != FIELD_EXTERNAL_DATA)
            continue;
        struct entry entry = {bt_bytes_of(""), bt_bytes_of("")};
        BT_TRY(read_entry(&part, &entry, err));
        BT_TRY(take_entry(load, &entry, &seen, ret, err));
    }
    if (!(seen & KEY_LOCATION) || !ret->location[0])
        return bt_fail(err, BATON_ERR_INVALID, "external data has no location");
    if ((seen & KEY_LENGTH) && ret->length != bytes)
        return bt_fail(err, BATON_ERR_INVALID,
                       "external data has length %" PRIu64 ", but the shape needs %zu bytes",
                       ret->length, bytes);
    ret->length = bytes;
    return BATON_OK;
}

static baton_status adopt_external(struct bt_load *load, const struct source *s, size_t bytes,
                                   struct bt_tensor *tensor, struct baton_error *err)
{
    struct bt_external what = {0};
    struct bt_bytes found = {NULL, 0};
    if (tensor->dtype == BT_STRING)
        return bt_fail(err, BATON_ERR_INVALID, "strings cannot be external data");
    BT_TRY(read_external(load, s, bytes, &what, err));
    if (!load->external || !load->external->open)
        return bt_fail(err, BATON_ERR_REFUSED,
                       "its data is in another file, \"%.120s\", and none is allowed here",
                       what.location);
    if (bytes == 0)
        return adopt_raw(load, bt_bytes_of(""), tensor, err);
    BT_TRY(load->external->open(load->external->user, &what, &found, err));
    BT_BUG_ON(found.len != bytes);
    return adopt_raw(load, found, tensor, err);
}

/* ---- typed fields ---- */

static bool fits(int64_t value, int64_t low, int64_t high)
{
    return value >= low && value <= high;
}

/* int32_data holds every narrow type; a value outside the type is refused rather than cut. */
static bool narrow_fits(enum bt_dtype dtype, int64_t value)
{
    switch (dtype) {
    case BT_I8:
        return fits(value, INT8_MIN, INT8_MAX);
    case BT_U8:
        return fits(value, 0, UINT8_MAX);
    case BT_BOOL:
        return fits(value, 0, 1);
    case BT_I16:
        return fits(value, INT16_MIN, INT16_MAX);
    case BT_U16:
    case BT_F16:
    case BT_BF16:
        return fits(value, 0, UINT16_MAX);
    case BT_I32:
        return fits(value, INT32_MIN, INT32_MAX);
    case BT_U32:
        return fits(value, 0, UINT32_MAX);
    default:
        return true;
    }
}

/* The low bytes of `scalar` are the element: store them in the machine's order. */
static void put_element(void *data, size_t i, size_t size, uint64_t scalar)
{
    uint8_t *at = (uint8_t *)data + i * size;
    uint8_t byte = (uint8_t)scalar;
    uint16_t two = (uint16_t)scalar;
    uint32_t four = (uint32_t)scalar;
    const void *from = size == 1   ? (const void *)&byte
                       : size == 2 ? (const void *)&two
                       : size == 4 ? (const void *)&four
                                   : (const void *)&scalar;
    memcpy(at, from, size);
}

static baton_status fill_numbers(const struct source *s, uint32_t field, struct bt_tensor *tensor,
                                 struct baton_error *err)
{
    struct bt_onnx_numbers numbers = bt_onnx_numbers(s->message, field);
    bool ranged = bt_onnx_tensor_proto.rules[field].wire == BT_PB_VARINT;
    size_t size = bt_dtype_size(tensor->dtype);
    size_t count = bt_tensor_count(tensor);
    for (size_t i = 0; i < count; i++) {
        uint64_t scalar = 0;
        bool more = false;
        BT_TRY(bt_onnx_numbers_next(&numbers, &scalar, &more, err));
        if (ranged && !narrow_fits(tensor->dtype, (int64_t)scalar))
            return bt_fail(err, BATON_ERR_INVALID, "element %zu is %" PRId64 ", outside %s", i,
                           (int64_t)scalar, bt_dtype_name(tensor->dtype));
        put_element(tensor->data, i, size, scalar);
    }
    return BATON_OK;
}

static baton_status fill_strings(const struct source *s, struct bt_tensor *tensor,
                                 struct baton_error *err)
{
    struct bt_onnx_message m = s->message;
    struct bt_bytes *strings = tensor->data;
    struct bt_pb_field part;
    bool more = true;
    for (size_t i = 0; i < bt_tensor_count(tensor) && more;) {
        BT_TRY(bt_onnx_next(&m, &part, &more, err));
        if (more && part.number == FIELD_STRING_DATA)
            strings[i++] = part.bytes;
    }
    return BATON_OK;
}

static baton_status adopt_typed(struct bt_load *load, const struct source *s,
                                struct bt_tensor *tensor, struct baton_error *err)
{
    uint32_t field = typed_field(tensor->dtype);
    const char *name = bt_onnx_tensor_proto.rules[field].name;
    size_t expected = bt_tensor_count(tensor);
    size_t found = s->counts[field];
    if (field != FIELD_STRING_DATA)
        BT_TRY(bt_onnx_numbers_count(bt_onnx_numbers(s->message, field), &found, err));
    if (found != expected)
        return wrong_count(tensor, name, found, "elements", expected, err);
    tensor->data = bt_arena_calloc(&load->model->weights, expected, bt_dtype_size(tensor->dtype));
    if (!tensor->data)
        return bt_fail_no_memory(err, "weights");
    if (field == FIELD_STRING_DATA)
        return fill_strings(s, tensor, err);
    return fill_numbers(s, field, tensor, err);
}

/* ---- the whole ---- */

static baton_status check_places(const struct source *s, enum bt_dtype dtype,
                                 struct baton_error *err)
{
    static const uint8_t places[] = {FIELD_FLOAT_DATA, FIELD_INT32_DATA,  FIELD_STRING_DATA,
                                     FIELD_INT64_DATA, FIELD_DOUBLE_DATA, FIELD_UINT64_DATA,
                                     FIELD_RAW_DATA};
    bool external = s->data_location == LOCATION_EXTERNAL;
    bool raw = s->counts[FIELD_RAW_DATA] != 0;
    if (s->counts[FIELD_SEGMENT])
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "segmented tensors are not supported");
    if (s->data_location > LOCATION_EXTERNAL)
        return bt_fail(err, BATON_ERR_INVALID, "data_location %" PRIu64 " is not known",
                       s->data_location);
    for (size_t i = 0; i < sizeof places; i++) {
        bool allowed = !external && places[i] == (raw ? FIELD_RAW_DATA : typed_field(dtype));
        if (s->counts[places[i]] && !allowed)
            return bt_fail(err, BATON_ERR_INVALID, "%s does not go with %s%s",
                           bt_onnx_tensor_proto.rules[places[i]].name, bt_dtype_name(dtype),
                           external ? " as external data"
                           : raw    ? " in raw_data"
                                    : "");
    }
    if (raw && dtype == BT_STRING)
        return bt_fail(err, BATON_ERR_INVALID, "strings cannot be raw_data");
    return BATON_OK;
}

bool bt_load_tensor_is_held(const struct bt_tensor *tensor)
{
    return bt_dtype_size(tensor->dtype) != 0;
}

baton_status bt_load_tensor_unsupported(const struct bt_tensor *tensor, struct bt_bytes name,
                                        struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_UNSUPPORTED,
                   "tensor " BT_NAME_FMT " has element type %s, which is not supported",
                   BT_NAME_ARGS(name), bt_dtype_name(tensor->dtype));
}

static baton_status adopt(struct bt_load *load, const struct source *s, struct bt_tensor *tensor,
                          struct baton_error *err)
{
    size_t bytes = 0;
    BT_TRY(bt_dims_bytes(tensor->dtype, tensor->rank, tensor->dims, load->limits.tensor_bytes_max,
                         &bytes, err));
    BT_TRY(check_places(s, tensor->dtype, err));
    if (s->data_location == LOCATION_EXTERNAL)
        return adopt_external(load, s, bytes, tensor, err);
    if (!s->counts[FIELD_RAW_DATA])
        return adopt_typed(load, s, tensor, err);
    if (s->raw.len != bytes)
        return wrong_count(tensor, "raw_data", s->raw.len, "bytes", bytes, err);
    return adopt_raw(load, s->raw, tensor, err);
}

baton_status bt_load_tensor(struct bt_load *load, const struct bt_pb_field *field,
                            struct bt_tensor *ret, struct bt_bytes *ret_name,
                            struct baton_error *err)
{
    struct source s;
    BT_TRY(scan(field, &s, err));
    struct bt_tensor tensor = {.dtype = (enum bt_dtype)bt_min(s.data_type, BT_DTYPE_COUNT)};
    if (s.data_type == BT_DTYPE_NONE || s.data_type >= BT_DTYPE_COUNT)
        return bt_fail(err, BATON_ERR_INVALID,
                       "tensor " BT_NAME_FMT ": element type %" PRIu64 " is not known",
                       BT_NAME_ARGS(s.name), s.data_type);
    baton_status status = read_dims(&s, &tensor, err);
    if (status == BATON_OK && bt_load_tensor_is_held(&tensor))
        status = adopt(load, &s, &tensor, err);
    if (status != BATON_OK)
        return bt_error_prepend(err, "tensor " BT_NAME_FMT, BT_NAME_ARGS(s.name));
    *ret = tensor;
    if (ret_name)
        *ret_name = s.name;
    return BATON_OK;
}

baton_status bt_tensor_proto_parse(struct bt_bytes bytes, const char *what, struct bt_tensor *ret,
                                   struct baton_error *err)
{
    BT_AUTO_MODEL model = BT_MODEL_INIT;
    struct bt_load load = {.model = &model, .limits = BT_ONNX_LIMITS_DEFAULT};
    struct bt_pb_field whole = {.wire = BT_PB_BYTES, .bytes = bytes};
    struct bt_tensor borrowed = BT_TENSOR_INIT;
    struct bt_bytes name = {NULL, 0};
    baton_status status = bt_load_tensor(&load, &whole, &borrowed, &name, err);
    if (status == BATON_OK && !bt_load_tensor_is_held(&borrowed))
        status = bt_load_tensor_unsupported(&borrowed, name, err);
    if (status == BATON_OK)
        status = bt_tensor_copy(&borrowed, ret, err);
    return status == BATON_OK ? BATON_OK : bt_error_prepend(err, "%s", what);
}
