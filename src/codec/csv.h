/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_CSV_H
#define BT_CODEC_CSV_H
/*
 * Comma-separated values (RFC 4180): a header row, then rows of as many fields.
 *
 * Read: fields in quotes may hold commas, line ends and doubled quotes; lines end in LF or CRLF,
 * the last one perhaps in neither; a byte order mark is skipped; everything is UTF-8 without NUL.
 * Refused, with the line number: a row of another length, a quote inside an unquoted field, text
 * after a closing quote, a lone CR, two columns of one name.
 *
 * The types come from the caller, never from looking at the values:
 *
 *     BT_TRY(bt_csv_parse(bytes, "rows.csv", NULL, &arena, &csv, err));
 *     BT_TRY(bt_csv_tensor(&csv, columns, 2, BT_F32, &tensor, err));    (gives [rows, 2])
 *
 * Numbers are parsed exactly (codec/text/number.h), spaces around them are not accepted. An empty
 * field is NaN for floats, the empty string for strings, and an error for integers and bools.
 */
#include "base/alloc.h"
#include "codec/named.h"

struct bt_csv_limits {
    size_t bytes_max;
    size_t columns_max;
    size_t fields_max; /* of all rows together */
};

#define BT_CSV_LIMITS_DEFAULT                                                                      \
    {                                                                                              \
        .bytes_max = (size_t)1 << 30, .columns_max = 65536, .fields_max = (size_t)1 << 26          \
    }

/* Everything is in the arena of the parse. */
struct bt_csv {
    const char *what;
    size_t columns;
    size_t rows;
    const struct bt_bytes *fields; /* header, then row by row */
    const size_t *lines;           /* of each row in the file, from 1; [0] is the header's */
};

/* `what` names the file in messages; `limits` may be NULL. The result keeps nothing of `bytes`. */
BT_CHECK baton_status bt_csv_parse(struct bt_bytes bytes, const char *what,
                                   const struct bt_csv_limits *limits, struct bt_arena *arena,
                                   struct bt_csv *ret, struct baton_error *err);
/* The column of that name; names that are not there are an error that lists what is. */
BT_CHECK baton_status bt_csv_find(const struct bt_csv *csv, const char *name, size_t *ret,
                                  struct baton_error *err);
/* The named columns side by side, [rows, count]: float32, float64, int64, int32, string or bool
 * (true, false, True, False, 1, 0). */
BT_CHECK baton_status bt_csv_tensor(const struct bt_csv *csv, const size_t *columns, size_t count,
                                    enum bt_dtype dtype, struct bt_tensor *ret,
                                    struct baton_error *err);

/* A column per tensor of one value per row, and columns "name[0]", "name[1]", ... for a tensor of
 * several. All have the same first dimension. Floats are shortest exact; lines end in LF. */
BT_CHECK baton_status bt_csv_write(const struct bt_named *list, struct bt_buf *out,
                                   struct baton_error *err);

#endif
