/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/npy.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "codec/endian.h"
#include "codec/npy_int.h"
#include "codec/utf8.h"

/* The header ends on a multiple of this, so that a mapped file is aligned. */
#define DATA_ALIGN 64

/* ---- reading ---- */

/* Walks a Fortran-order array in C order. */
struct walk {
    unsigned rank;
    const int64_t *dims;
    size_t strides[BT_RANK_MAX]; /* in elements of the file */
    int64_t index[BT_RANK_MAX];
    size_t at; /* the element of the file that comes next */
};

static struct walk walk_of(const struct npy_header *h)
{
    struct walk w = {.rank = h->rank, .dims = h->dims};
    for (unsigned i = 0; i < h->rank; i++)
        w.strides[i] =
            h->fortran ? bt_dims_product(h->dims, 0, i) : bt_dims_product(h->dims, i + 1, h->rank);
    return w;
}

static void walk_on(struct walk *w)
{
    for (unsigned i = w->rank; i-- > 0;) {
        w->at += w->strides[i];
        if (++w->index[i] < w->dims[i])
            return;
        w->at -= w->strides[i] * (size_t)w->dims[i];
        w->index[i] = 0;
    }
}

static baton_status fail_element(const char *what, size_t i, const char *problem,
                                 struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "%s: element %zu %s", what, i, problem);
}

/* Code points of 32 bits to UTF-8; NULs at the end are padding. */
static baton_status decode_unicode(const struct npy_header *h, const uint8_t *item,
                                   struct bt_buf *text, const char **ret_problem)
{
    size_t count = h->item_bytes / 4;
    bt_buf_clear(text);
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4];
        memcpy(bytes, item + 4 * i, 4);
        if (h->big_endian)
            swap_elements(bytes, 1, 4);
        uint32_t point = (uint32_t)load_le(bytes, 4);
        if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
            *ret_problem = "holds what is not a Unicode character";
            return BATON_ERR_INVALID;
        }
        size_t len = bt_utf8_encode(point, bytes);
        bt_buf_put(text, bytes, len);
    }
    return BATON_OK;
}

static baton_status read_strings(const struct npy_header *h, const char *what,
                                 struct bt_tensor *tensor, struct baton_error *err)
{
    size_t count = bt_tensor_count(tensor);
    struct walk w = walk_of(h);
    BT_AUTO_BUF text = BT_BUF_INIT(SIZE_MAX / 2);
    for (size_t i = 0; i < count; i++, walk_on(&w)) {
        const uint8_t *item = h->data.ptr + w.at * h->item_bytes;
        const char *problem = NULL;
        struct bt_bytes string = {item, h->item_bytes};
        if (h->unicode && decode_unicode(h, item, &text, &problem) != BATON_OK)
            return fail_element(what, i, problem, err);
        BT_TRY(bt_buf_finish(&text, what, err));
        if (h->unicode)
            string = bt_buf_bytes(&text);
        while (string.len && string.ptr[string.len - 1] == 0)
            string.len--;
        BT_TRY(bt_tensor_set_string(tensor, i, string.ptr, string.len, err));
    }
    return BATON_OK;
}

static baton_status check_bools(const char *what, const struct bt_tensor *tensor,
                                struct baton_error *err)
{
    const uint8_t *values = tensor->data;
    size_t count = bt_tensor_count(tensor);
    for (size_t i = 0; i < count; i++)
        if (values[i] > 1)
            return fail_element(what, i, "is a bool that is neither 0 nor 1", err);
    return BATON_OK;
}

static baton_status read_numbers(const struct npy_header *h, const char *what,
                                 struct bt_tensor *tensor, struct baton_error *err)
{
    size_t count = bt_tensor_count(tensor);
    uint8_t *out = tensor->data;
    struct walk w = walk_of(h);
    if (!h->fortran && count)
        memcpy(out, h->data.ptr, count * h->item_bytes);
    else
        for (size_t i = 0; i < count; i++, walk_on(&w))
            memcpy(out + i * h->item_bytes, h->data.ptr + w.at * h->item_bytes, h->item_bytes);
    if (h->big_endian != HOST_IS_BIG)
        swap_elements(out, count, h->item_bytes);
    return h->dtype == BT_BOOL ? check_bools(what, tensor, err) : BATON_OK;
}

/* The shape must account for every byte of the file. */
static baton_status check_size(const struct npy_header *h, const char *what,
                               struct baton_error *err)
{
    size_t wanted = h->item_bytes;
    bool fits = true;
    for (unsigned i = 0; i < h->rank; i++)
        fits = fits && bt_mul(wanted, (size_t)h->dims[i], &wanted);
    if (!fits || wanted != h->data.len)
        return bt_fail(err, BATON_ERR_INVALID,
                       "%s: shape and type ask for %zu%s bytes, the file has %zu", what, wanted,
                       fits ? "" : " and more", h->data.len);
    return BATON_OK;
}

baton_status bt_npy_read(struct bt_bytes bytes, const char *what,
                         const struct bt_npy_limits *limits, struct bt_tensor *ret,
                         struct baton_error *err)
{
    static const struct bt_npy_limits defaults = BT_NPY_LIMITS_DEFAULT;
    struct npy_header h;
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    if (!limits)
        limits = &defaults;
    BT_TRY(bt_npy_parse_header(bytes, what, &h, err));
    BT_TRY(check_size(&h, what, err));
    if (bt_tensor_new(h.dtype, h.rank, h.dims, limits->tensor_bytes_max, &tensor, err) != BATON_OK)
        return bt_error_prepend(err, "%s", what);
    if (h.dtype == BT_STRING)
        BT_TRY(read_strings(&h, what, &tensor, err));
    else
        BT_TRY(read_numbers(&h, what, &tensor, err));
    *ret = bt_tensor_ref(&tensor);
    return BATON_OK;
}

/* ---- writing ---- */

/* How strings are stored: `width` characters of U, or bytes of S. */
struct string_form {
    bool unicode;
    size_t width;
};

static size_t count_points(struct bt_bytes text)
{
    size_t points = 0;
    for (size_t i = 0; i < text.len; i++)
        points += (text.ptr[i] & 0xc0) != 0x80;
    return points;
}

static baton_status choose_form(const struct bt_tensor *tensor, struct string_form *ret,
                                struct baton_error *err)
{
    const struct bt_bytes *strings = tensor->data;
    size_t count = bt_tensor_count(tensor);
    size_t points = 1;
    size_t bytes = 1;
    bool unicode = true;
    for (size_t i = 0; i < count; i++) {
        if (strings[i].len && strings[i].ptr[strings[i].len - 1] == 0)
            return bt_fail(err, BATON_ERR_UNSUPPORTED,
                           "NPY cannot hold string %zu, because it ends in NUL", i);
        unicode = unicode && bt_utf8_valid_prefix(strings[i]) == strings[i].len;
        points = bt_max(points, count_points(strings[i]));
        bytes = bt_max(bytes, strings[i].len);
    }
    *ret = (struct string_form){unicode, unicode ? points : bytes};
    return BATON_OK;
}

static void put_strings(const struct bt_tensor *tensor, struct string_form form, struct bt_buf *out)
{
    const struct bt_bytes *strings = tensor->data;
    size_t count = bt_tensor_count(tensor);
    size_t item = 0;
    if (!bt_mul(form.width, form.unicode ? 4 : 1, &item))
        item = SIZE_MAX; /* more than any buffer takes */
    for (size_t i = 0; i < count; i++) {
        struct bt_bytes left = strings[i];
        uint8_t *room = bt_buf_extend(out, item);
        if (!room)
            return;
        memset(room, 0, item);
        if (!form.unicode && left.len)
            memcpy(room, left.ptr, left.len);
        for (uint32_t point = 0; form.unicode && left.len; room += 4) {
            size_t len = bt_utf8_decode(left, &point);
            store_le(room, 4, point);
            left = (struct bt_bytes){left.ptr + len, left.len - len};
        }
    }
}

static void put_numbers(const struct bt_tensor *tensor, struct bt_buf *out)
{
    uint8_t *room = bt_buf_extend(out, bt_tensor_bytes(tensor));
    if (!room || bt_tensor_bytes(tensor) == 0)
        return;
    memcpy(room, tensor->data, bt_tensor_bytes(tensor));
    if (HOST_IS_BIG)
        swap_elements(room, bt_tensor_count(tensor), bt_dtype_size(tensor->dtype));
}

static baton_status put_header(const struct bt_tensor *tensor, const char *descr,
                               struct bt_buf *out, struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(1024);
    bt_buf_printf(&text, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (unsigned i = 0; i < tensor->rank; i++)
        bt_buf_printf(&text, i ? " %" PRId64 "%s" : "%" PRId64 "%s", tensor->dims[i],
                      i + 1 < tensor->rank || tensor->rank == 1 ? "," : "");
    bt_buf_put_str(&text, "), }");
    size_t beyond = (10 + text.len + 1) % DATA_ALIGN;
    bt_buf_printf(&text, "%*s\n", beyond ? (int)(DATA_ALIGN - beyond) : 0, "");
    BT_TRY(bt_buf_finish(&text, "the header of an NPY file", err));

    uint8_t len[2];
    store_le(len, 2, text.len);
    bt_buf_put(out, "\x93NUMPY\x01\x00", 8);
    bt_buf_put(out, len, 2);
    bt_buf_put(out, text.data, text.len);
    return BATON_OK;
}

baton_status bt_npy_write(const struct bt_tensor *tensor, struct bt_buf *out,
                          struct baton_error *err)
{
    BT_AUTO_BUF descr = BT_BUF_INIT(64);
    struct string_form form = {false, 0};
    size_t size = bt_dtype_size(tensor->dtype);
    char letter = bt_npy_type_letter(tensor->dtype);
    if (tensor->dtype == BT_STRING) {
        BT_TRY(choose_form(tensor, &form, err));
        bt_buf_printf(&descr, form.unicode ? "<U%zu" : "|S%zu", form.width);
    } else if (letter) {
        bt_buf_printf(&descr, "%c%c%zu", size == 1 ? '|' : '<', letter, size);
    } else {
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "NPY has no element type for %s",
                       bt_dtype_name(tensor->dtype));
    }
    BT_TRY(bt_buf_finish(&descr, "the element type of an NPY file", err));
    BT_TRY(put_header(tensor, bt_buf_str(&descr), out, err));
    if (tensor->dtype == BT_STRING)
        put_strings(tensor, form, out);
    else
        put_numbers(tensor, out);
    return bt_buf_finish(out, "an NPY file", err);
}
