/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_NPZ_H
#define BT_CODEC_NPZ_H
/* NumPy's archive: a ZIP (codec/zip.h) of NPY files (codec/npy.h), the name of each array followed
 * by ".npy". What numpy.savez and savez_compressed write is read; what is written is stored, and
 * its bytes depend on names and tensors only. */
#include "codec/named.h"
#include "codec/npy.h"
#include "codec/zip.h"

struct bt_npz_limits {
    struct bt_zip_limits zip;
    struct bt_npy_limits npy;
};

/* `what` names the file in messages; `limits` may be NULL. */
BT_CHECK baton_status bt_npz_read(struct bt_bytes bytes, const char *what,
                                  const struct bt_npz_limits *limits, struct bt_named *ret,
                                  struct baton_error *err);
BT_CHECK baton_status bt_npz_write(const struct bt_named *list, struct bt_buf *out,
                                   struct baton_error *err);

#endif
