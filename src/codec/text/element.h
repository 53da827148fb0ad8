/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_TEXT_ELEMENT_H
#define BT_CODEC_TEXT_ELEMENT_H
#include "base/buf.h"
#include "tensor/tensor.h"

/* Element `i` for a person: the shortest decimal that reads back as the same bits, or the string in
 * quotes, cut at 60 bytes. The same in every locale. */
void bt_element_format(const struct bt_tensor *tensor, size_t i, struct bt_buf *out);

#endif
