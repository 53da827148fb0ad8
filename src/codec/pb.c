/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/pb.h"

#include <string.h>

#define VARINT_BYTES_MAX 10
#define FIELD_NUMBER_MAX ((UINT32_C(1) << 29) - 1)

struct bt_pb_reader bt_pb_reader(struct bt_bytes bytes, size_t base)
{
    return (struct bt_pb_reader){.bytes = bytes, .pos = 0, .base = base};
}

struct bt_pb_reader bt_pb_enter(const struct bt_pb_field *field)
{
    return bt_pb_reader(field->bytes, field->offset);
}

static size_t offset_of(const struct bt_pb_reader *r)
{
    return r->base + r->pos;
}

static baton_status truncated(const struct bt_pb_reader *r, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "offset %zu: the message ends inside a field",
                   offset_of(r));
}

baton_status bt_pb_varint(struct bt_pb_reader *r, uint64_t *ret, struct baton_error *err)
{
    uint64_t value = 0;
    size_t pos = r->pos;
    for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
        if (pos == r->bytes.len)
            return truncated(r, err);
        uint8_t byte = r->bytes.ptr[pos++];
        /* The tenth byte holds bit 63 alone. */
        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            r->pos = pos;
            *ret = value;
            return BATON_OK;
        }
    }
    return bt_fail(err, BATON_ERR_INVALID, "offset %zu: a varint does not fit 64 bits",
                   offset_of(r));
}

/* `width` little-endian bytes, whatever the machine. */
static baton_status fixed(struct bt_pb_reader *r, size_t width, uint64_t *ret,
                          struct baton_error *err)
{
    if (r->bytes.len - r->pos < width)
        return truncated(r, err);
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value |= (uint64_t)r->bytes.ptr[r->pos + i] << (8 * i);
    r->pos += width;
    *ret = value;
    return BATON_OK;
}

static baton_status delimited(struct bt_pb_reader *r, struct bt_bytes *ret, struct baton_error *err)
{
    uint64_t len = 0;
    size_t at = offset_of(r);
    BT_TRY(bt_pb_varint(r, &len, err));
    size_t left = r->bytes.len - r->pos;
    if (len > left)
        return bt_fail(err, BATON_ERR_INVALID,
                       "offset %zu: a length of %llu bytes, but the message has %zu left", at,
                       (unsigned long long)len, left);
    *ret = (struct bt_bytes){r->bytes.ptr + r->pos, (size_t)len};
    r->pos += (size_t)len;
    return BATON_OK;
}

static baton_status tag(struct bt_pb_reader *r, struct bt_pb_field *ret, unsigned *ret_wire,
                        struct baton_error *err)
{
    uint64_t value = 0;
    size_t at = offset_of(r);
    BT_TRY(bt_pb_varint(r, &value, err));
    if (value >> 3 == 0 || value >> 3 > FIELD_NUMBER_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: field number %llu is not allowed", at,
                       (unsigned long long)(value >> 3));
    ret->number = (uint32_t)(value >> 3);
    *ret_wire = (unsigned)(value & 7);
    return BATON_OK;
}

static baton_status payload(struct bt_pb_reader *r, unsigned wire, struct bt_pb_field *ret,
                            struct baton_error *err)
{
    ret->wire = (enum bt_pb_wire)wire;
    ret->offset = offset_of(r);
    switch (wire) {
    case BT_PB_VARINT:
        return bt_pb_varint(r, &ret->scalar, err);
    case BT_PB_FIXED64:
        return fixed(r, 8, &ret->scalar, err);
    case BT_PB_FIXED32:
        return fixed(r, 4, &ret->scalar, err);
    case BT_PB_BYTES:
        BT_TRY(delimited(r, &ret->bytes, err));
        ret->offset = offset_of(r) - ret->bytes.len;
        return BATON_OK;
    default:
        return bt_fail(err, BATON_ERR_INVALID, "offset %zu: field %u has wire type %u", ret->offset,
                       ret->number, wire);
    }
}

baton_status bt_pb_next(struct bt_pb_reader *r, struct bt_pb_field *ret, bool *ret_more,
                        struct baton_error *err)
{
    if (r->pos == r->bytes.len) {
        *ret_more = false;
        return BATON_OK;
    }
    struct bt_pb_field field = {0};
    unsigned wire = 0;
    BT_TRY(tag(r, &field, &wire, err));
    BT_TRY(payload(r, wire, &field, err));
    *ret = field;
    *ret_more = true;
    return BATON_OK;
}

static const char *wire_name(enum bt_pb_wire wire)
{
    switch (wire) {
    case BT_PB_VARINT:
        return "a varint";
    case BT_PB_FIXED64:
        return "8 bytes";
    case BT_PB_BYTES:
        return "a length and bytes";
    case BT_PB_FIXED32:
        return "4 bytes";
    }
    return "nothing known";
}

baton_status bt_pb_expect(const struct bt_pb_field *field, enum bt_pb_wire wire,
                          struct baton_error *err)
{
    if (field->wire == wire)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_INVALID, "offset %zu: field %u is %s, expected %s", field->offset,
                   field->number, wire_name(field->wire), wire_name(wire));
}

float bt_pb_f32(uint64_t scalar)
{
    uint32_t bits = (uint32_t)scalar;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double bt_pb_f64(uint64_t scalar)
{
    double value;
    memcpy(&value, &scalar, sizeof value);
    return value;
}

static void put_raw_varint(struct bt_buf *out, uint64_t value)
{
    while (value >= 0x80) {
        bt_buf_put_byte(out, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    bt_buf_put_byte(out, (uint8_t)value);
}

static void put_tag(struct bt_buf *out, uint32_t number, enum bt_pb_wire wire)
{
    put_raw_varint(out, ((uint64_t)number << 3) | (uint64_t)wire);
}

void bt_pb_put_varint(struct bt_buf *out, uint32_t number, uint64_t value)
{
    put_tag(out, number, BT_PB_VARINT);
    put_raw_varint(out, value);
}

void bt_pb_put_bytes(struct bt_buf *out, uint32_t number, struct bt_bytes bytes)
{
    put_tag(out, number, BT_PB_BYTES);
    put_raw_varint(out, bytes.len);
    bt_buf_put(out, bytes.ptr, bytes.len);
}

void bt_pb_put_str(struct bt_buf *out, uint32_t number, const char *text)
{
    bt_pb_put_bytes(out, number, bt_bytes_of(text));
}

void bt_pb_put_f32(struct bt_buf *out, uint32_t number, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_tag(out, number, BT_PB_FIXED32);
    for (unsigned i = 0; i < 4; i++)
        bt_buf_put_byte(out, (uint8_t)(bits >> (8 * i)));
}
