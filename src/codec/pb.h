/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_PB_H
#define BT_CODEC_PB_H
/*
 * The protobuf wire format, read field by field and without recursion: the caller opens a reader
 * for each length-delimited sub-message it wants. Nothing is copied. Every length is checked
 * against the enclosing message; varints longer than 10 bytes, tag 0, groups and unknown wire types
 * are errors. `base` is the offset of the reader's first byte in the file, so that messages can
 * name the place.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum bt_pb_wire { BT_PB_VARINT = 0, BT_PB_FIXED64 = 1, BT_PB_BYTES = 2, BT_PB_FIXED32 = 5 };

struct bt_pb_reader {
    struct bt_bytes bytes;
    size_t pos;
    size_t base;
};

struct bt_pb_field {
    uint32_t number;
    enum bt_pb_wire wire;
    uint64_t scalar;       /* VARINT, FIXED64, FIXED32 */
    struct bt_bytes bytes; /* BYTES */
    size_t offset;         /* of the payload in the file */
};

struct bt_pb_reader bt_pb_reader(struct bt_bytes bytes, size_t base);
/* A reader for the payload of a BYTES field. */
struct bt_pb_reader bt_pb_enter(const struct bt_pb_field *field);
/* *ret_more is false at the end, and then `ret` is untouched. */
BT_CHECK baton_status bt_pb_next(struct bt_pb_reader *r, struct bt_pb_field *ret, bool *ret_more,
                                 struct baton_error *err);
/* The wire type a field must have. */
BT_CHECK baton_status bt_pb_expect(const struct bt_pb_field *field, enum bt_pb_wire wire,
                                   struct baton_error *err);
/* Next element of a packed repeated varint field (BYTES payload opened with bt_pb_enter). */
BT_CHECK baton_status bt_pb_varint(struct bt_pb_reader *r, uint64_t *ret, struct baton_error *err);
float bt_pb_f32(uint64_t scalar);
double bt_pb_f64(uint64_t scalar);

/* Writing (canonical: fields in the order the caller gives them). */
void bt_pb_put_varint(struct bt_buf *out, uint32_t number, uint64_t value);
void bt_pb_put_bytes(struct bt_buf *out, uint32_t number, struct bt_bytes bytes);
void bt_pb_put_str(struct bt_buf *out, uint32_t number, const char *text);
void bt_pb_put_f32(struct bt_buf *out, uint32_t number, float value);

#endif
