/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_SAFETENSORS_H
#define BT_CODEC_SAFETENSORS_H
/*
 * safetensors: 8 bytes little-endian header length, a JSON header, the elements. Format:
 * huggingface.co/docs/safetensors.
 *
 * Read: every tensor's offsets must fit its shape and type, and together they must cover the data
 * without overlap, hole or rest. Tensors borrow their bytes from the input, which must outlive
 * them, where those are aligned for the type (and the machine is little-endian); else they own a
 * copy. "__metadata__" must map strings to strings and is then ignored.
 *
 * Written: tensors in the caller's order, header padded with spaces to a multiple of 64 bytes, no
 * metadata; the bytes depend on names and tensors only.
 */
#include "codec/named.h"

struct bt_safetensors_limits {
    size_t header_bytes_max;
    size_t tensors_max;
};

#define BT_SAFETENSORS_LIMITS_DEFAULT                                                              \
    {                                                                                              \
        .header_bytes_max = (size_t)32 << 20, .tensors_max = 65536                                 \
    }

/* `what` names the file in messages; `limits` may be NULL. Tensors come in the order of their
 * offsets. */
BT_CHECK baton_status bt_safetensors_read(struct bt_bytes bytes, const char *what,
                                          const struct bt_safetensors_limits *limits,
                                          struct bt_named *ret, struct baton_error *err);
BT_CHECK baton_status bt_safetensors_write(const struct bt_named *list, struct bt_buf *out,
                                           struct baton_error *err);

#endif
