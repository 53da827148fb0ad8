/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_NPY_H
#define BT_CODEC_NPY_H
/*
 * NumPy's array file: "\x93NUMPY", a version, a header that is a Python dictionary, the elements.
 * Format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
 *
 * Read: versions 1, 2 and 3; both byte orders; C and Fortran order; f2 f4 f8 i1..i8 u1..u8 b1, and
 * U and S as strings (without their trailing NULs, S as the bytes they are). The header is parsed
 * by a grammar of its own, never evaluated; the three keys and no other, each once. A file with
 * bytes after the elements is refused.
 *
 * Written: version 1, little-endian, C order; the bytes depend on the tensor only. Strings become U
 * when all are UTF-8, else S; a string that ends in NUL cannot be stored and is refused, and so is
 * bfloat16, for which NumPy has no name.
 */
#include "tensor/tensor.h"

struct bt_npy_limits {
    uint64_t tensor_bytes_max; /* in memory */
};

#define BT_NPY_LIMITS_DEFAULT                                                                      \
    {                                                                                              \
        .tensor_bytes_max = (uint64_t)16 << 30                                                     \
    }

/* `what` names the file in messages; `limits` may be NULL. The tensor owns its bytes. */
BT_CHECK baton_status bt_npy_read(struct bt_bytes bytes, const char *what,
                                  const struct bt_npy_limits *limits, struct bt_tensor *ret,
                                  struct baton_error *err);
BT_CHECK baton_status bt_npy_write(const struct bt_tensor *tensor, struct bt_buf *out,
                                   struct baton_error *err);

#endif
