/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text/element.h"

#include <inttypes.h>

#include "codec/text/number.h"
#include "tensor/compare.h"

#define STRING_SHOWN_MAX ((size_t)60)

static void put_float(const struct bt_tensor *tensor, size_t i, struct bt_buf *out)
{
    char text[BT_NUMBER_TEXT_MAX];
    double value = bt_element_f64(tensor, i);
    if (tensor->dtype == BT_F64)
        bt_f64_format(value, text);
    else
        bt_f32_format((float)value, text);
    bt_buf_put_str(out, text);
}

void bt_element_format(const struct bt_tensor *tensor, size_t i, struct bt_buf *out)
{
    if (tensor->dtype == BT_STRING) {
        struct bt_bytes text = ((const struct bt_bytes *)tensor->data)[i];
        bt_buf_printf(out, "\"%.*s\"",
                      (int)(text.len < STRING_SHOWN_MAX ? text.len : STRING_SHOWN_MAX),
                      (const char *)text.ptr);
    } else if (tensor->dtype == BT_BOOL) {
        bt_buf_put_str(out, bt_element_i64(tensor, i) ? "true" : "false");
    } else if (tensor->dtype == BT_U64) {
        bt_buf_printf(out, "%" PRIu64, ((const uint64_t *)tensor->data)[i]);
    } else if (bt_dtype_is_float(tensor->dtype)) {
        put_float(tensor, i, out);
    } else {
        bt_buf_printf(out, "%" PRId64, bt_element_i64(tensor, i));
    }
}
