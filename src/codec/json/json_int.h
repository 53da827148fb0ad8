/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_JSON_INT_H
#define BT_CODEC_JSON_INT_H
/* What the parser of a tree and the scan of an array share: bytes, strings, complaints. */
#include "codec/json.h"

struct bt_json_input {
    struct bt_bytes bytes;
    uint8_t *text; /* as long as `bytes`, or the same: strings are decoded in it */
    size_t pos;
    const char *what; /* NULL: messages have an offset instead of line and column */
    size_t offset;    /* of the first byte in the document, for those */
    struct baton_error *err;
};

baton_status bt_json_fail_at(const struct bt_json_input *in, size_t offset, baton_status status,
                             const char *fmt, ...) BT_PRINTF(4, 5);
/* "expected X, found Y" for the byte at the current position. */
baton_status bt_json_fail_expected(const struct bt_json_input *in, const char *wanted);
/* At the opening quote. */
BT_CHECK baton_status bt_json_string(struct bt_json_input *in, struct bt_bytes *ret);

struct bt_json_word {
    const char *text;
    enum bt_json_kind kind; /* NUMBER: one that JSON lacks */
};

/* The word that `rest` starts with, or NULL. */
const struct bt_json_word *bt_json_find_word(struct bt_bytes rest);

static inline bool bt_json_at_byte(const struct bt_json_input *in, uint8_t byte)
{
    return in->pos < in->bytes.len && in->bytes.ptr[in->pos] == byte;
}

static inline bool bt_json_take(struct bt_json_input *in, uint8_t byte)
{
    if (!bt_json_at_byte(in, byte))
        return false;
    in->pos++;
    return true;
}

static inline void bt_json_skip_blanks(struct bt_json_input *in)
{
    while (bt_json_at_byte(in, ' ') || bt_json_at_byte(in, '\n') || bt_json_at_byte(in, '\t') ||
           bt_json_at_byte(in, '\r'))
        in->pos++;
}

#endif
