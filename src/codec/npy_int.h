/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_NPY_INT_H
#define BT_CODEC_NPY_INT_H
/* Between the parser of the header and the rest of NPY. */
#include "codec/npy.h"

struct npy_header {
    enum bt_dtype dtype;
    unsigned rank;
    int64_t dims[BT_RANK_MAX];
    size_t item_bytes; /* of one element in the file */
    bool big_endian;
    bool unicode; /* strings of 32-bit code points, not of bytes */
    bool fortran;
    struct bt_bytes data; /* all that follows the header */
};

BT_CHECK baton_status bt_npy_parse_header(struct bt_bytes bytes, const char *what,
                                          struct npy_header *ret, struct baton_error *err);
/* 'f', 'i', 'u' or 'b'; 0 for what is none of these. */
char bt_npy_type_letter(enum bt_dtype dtype);

#endif
