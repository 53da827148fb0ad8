/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_JSON_H
#define BT_CODEC_JSON_H
/*
 * Strict JSON (RFC 8259) without surprises: UTF-8 only and checked, no byte order mark, no
 * duplicate keys, no trailing bytes, depth and size limited, lone surrogates refused, numbers kept
 * exactly.
 *
 * Reading makes a tree in an arena; the tree keeps nothing of the input, which may go away. Errors
 * of the parser name line and column (in bytes, from 1), errors of the getters the offset in bytes;
 * callers prepend the name of the document there. A number keeps its text; bt_json_f64() rounds it
 * correctly to nearest even, bt_json_i64() accepts only what is an integer in range.
 *
 * Writing goes to a bt_buf through a small state machine that cannot produce ill-formed output (a
 * call out of order is a bug and aborts). Numbers come out as ECMAScript prints them: the shortest
 * decimal that reads back to the same bits, the nearest of several, without exponent from 1e-6 to
 * below 1e21 ("0.000001", "100", "1e-7", "1.5e+21"); minus zero as "-0.0"; NaN and infinities as
 * the strings "NaN", "Infinity", "-Infinity". Canonical form is RFC 8785 (members sorted by UTF-16
 * code unit, numbers taken as binary64, minus zero as "0").
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "codec/text/decimal.h"

enum bt_json_kind {
    BT_JSON_NULL,
    BT_JSON_FALSE,
    BT_JSON_TRUE,
    BT_JSON_NUMBER,
    BT_JSON_STRING,
    BT_JSON_ARRAY,
    BT_JSON_OBJECT,
    BT_JSON_RAW /* an array that only a scan reads */
};

struct bt_json {
    enum bt_json_kind kind;
    struct bt_bytes text; /* NUMBER: as written; STRING: decoded UTF-8 (may hold NUL); RAW:
                             with its brackets */
    struct bt_bytes key;  /* when it is a member of an object */
    size_t count;         /* of items or members */
    const struct bt_json *items;
    size_t offset; /* of the first byte in the input, for messages */
};

struct bt_json_limits {
    unsigned depth_max;
    size_t bytes_max;
    size_t values_max;
    /* Arrays under this key, with `raw_depth` containers around them, become BT_JSON_RAW and are
     * checked by the scan that reads them; NULL: none. */
    const char *raw_key;
    unsigned raw_depth;
    bool bare_words; /* NaN, Infinity and -Infinity are numbers */
};

#define BT_JSON_LIMITS_DEFAULT                                                                     \
    {                                                                                              \
        .depth_max = 64, .bytes_max = (size_t)64 << 20, .values_max = (size_t)4 << 20              \
    }

/* `what` names the document in messages; `limits` may be NULL. */
BT_CHECK baton_status bt_json_parse(struct bt_bytes bytes, const char *what,
                                    const struct bt_json_limits *limits, struct bt_arena *arena,
                                    const struct bt_json **ret, struct baton_error *err);

/* NULL when there is none, or `object` is not an object. Looks at the members one by one. */
const struct bt_json *bt_json_find(const struct bt_json *object, const char *key);
bool bt_json_is_str(const struct bt_json *value, const char *text);
BT_CHECK baton_status bt_json_i64(const struct bt_json *value, int64_t *ret,
                                  struct baton_error *err);
BT_CHECK baton_status bt_json_u64(const struct bt_json *value, uint64_t *ret,
                                  struct baton_error *err);
/* Number, or one of the strings above. Overflow to infinity is an error. */
BT_CHECK baton_status bt_json_f64(const struct bt_json *value, double *ret,
                                  struct baton_error *err);
/* As above, rounded once from the decimal to binary32. */
BT_CHECK baton_status bt_json_f32(const struct bt_json *value, float *ret, struct baton_error *err);
/* The same for the 16-bit formats, as bits. */
BT_CHECK baton_status bt_json_f16(const struct bt_json *value, uint16_t *ret,
                                  struct baton_error *err);
BT_CHECK baton_status bt_json_bf16(const struct bt_json *value, uint16_t *ret,
                                   struct baton_error *err);
/* Required members, with messages that name the key. Strings come NUL-terminated in `arena` and may
 * not hold NUL. */
BT_CHECK baton_status bt_json_need(const struct bt_json *object, const char *key,
                                   enum bt_json_kind kind, const struct bt_json **ret,
                                   struct baton_error *err);
BT_CHECK baton_status bt_json_need_str(const struct bt_json *object, const char *key,
                                       struct bt_arena *arena, const char **ret,
                                       struct baton_error *err);
/* Error when `object` has a member that is not in the NULL-terminated list. */
BT_CHECK baton_status bt_json_only(const struct bt_json *object, const char *const *keys,
                                   struct baton_error *err);

/* ---- long arrays ---- */

/* A million numbers need no tree: a scan goes through an array, item by item. Beside what JSON has
 * it takes the bare words NaN, Infinity and -Infinity, which many printers write.
 *
 *     struct bt_json_scan scan = bt_json_scan_of(raw);
 *     do
 *         BT_TRY(bt_json_scan_next(&scan, err));
 *     while (scan.step != BT_JSON_ENDED);
 *
 * Strings are decoded in place, so an array can be scanned once. */
enum bt_json_step { BT_JSON_OPENED, BT_JSON_CLOSED, BT_JSON_ITEM, BT_JSON_ENDED };

struct bt_json_scan {
    enum bt_json_step step;
    struct bt_json item; /* the last one; for numbers kind and offset only, and number */
    struct bt_decimal number;
    struct bt_bytes text;
    size_t start; /* of it in the document */
    size_t pos;
    unsigned depth;
    bool after_value;
};

struct bt_json_scan bt_json_scan_of(const struct bt_json *raw);
BT_CHECK baton_status bt_json_scan_next(struct bt_json_scan *scan, struct baton_error *err);

/* ---- writing ---- */
#define BT_JSON_WRITE_DEPTH_MAX 64

struct bt_json_writer {
    struct bt_buf *out;
    unsigned indent; /* spaces per level; 0: one line, no blanks */
    unsigned depth;
    uint64_t has_items; /* bit per level */
    bool after_key;
};

struct bt_json_writer bt_json_writer(struct bt_buf *out, unsigned indent);
void bt_json_begin_object(struct bt_json_writer *w);
void bt_json_end_object(struct bt_json_writer *w);
void bt_json_begin_array(struct bt_json_writer *w);
void bt_json_end_array(struct bt_json_writer *w);
void bt_json_key(struct bt_json_writer *w, const char *key);
void bt_json_key_bytes(struct bt_json_writer *w, struct bt_bytes key);
void bt_json_put_str(struct bt_json_writer *w, const char *text);
/* A byte that is not UTF-8 comes out as U+FFFD: where that matters, check first
 * (codec/utf8.h). */
void bt_json_put_bytes(struct bt_json_writer *w, struct bt_bytes text);
/* Text that was formatted elsewhere: what went wrong there is then wrong with the output. */
void bt_json_put_buf(struct bt_json_writer *w, const struct bt_buf *text);
void bt_json_put_i64(struct bt_json_writer *w, int64_t value);
void bt_json_put_u64(struct bt_json_writer *w, uint64_t value);
void bt_json_put_f64(struct bt_json_writer *w, double value);
void bt_json_put_f32(struct bt_json_writer *w, float value);
void bt_json_put_bool(struct bt_json_writer *w, bool value);
void bt_json_put_null(struct bt_json_writer *w);
/* key and value in one call. */
void bt_json_member_str(struct bt_json_writer *w, const char *key, const char *value);
void bt_json_member_i64(struct bt_json_writer *w, const char *key, int64_t value);
void bt_json_member_u64(struct bt_json_writer *w, const char *key, uint64_t value);
void bt_json_member_bool(struct bt_json_writer *w, const char *key, bool value);

/* The canonical form (RFC 8785) of a parsed value, at most BT_JSON_WRITE_DEPTH_MAX deep. */
BT_CHECK baton_status bt_json_canonical(const struct bt_json *value, struct bt_buf *out,
                                        struct baton_error *err);

#endif
