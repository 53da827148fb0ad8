/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TENSOR_TENSOR_H
#define BT_TENSOR_TENSOR_H
/*
 * A dense row-major array. `struct bt_tensor` is a small value: a shape, and a pointer into storage
 * that may be shared (Reshape of a tensor shares the bytes of its input).
 *
 * Ownership: `storage` is a counted reference, or NULL when somebody else keeps the bytes alive
 * (a mapped weight, a caller's array). bt_tensor_ref() makes a second reference,
 * bt_tensor_release() drops one. Only a tensor that is the sole owner may be written to
 * (bt_tensor_is_exclusive()).
 *
 * Strings: `data` is an array of struct bt_bytes whose bytes live in the storage's arena.
 * Elements are in the byte order of the machine; files and digests are little-endian.
 * Thread-safety: references may be dropped from any thread; contents follow the usual rules.
 */
#include <stdatomic.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "tensor/dtype.h"

#define BT_RANK_MAX 8

struct bt_storage {
    atomic_uint refs;
    void *data;
    size_t bytes;
    struct bt_arena strings;
    /* When set, called instead of freeing (the engine takes blocks back for reuse). */
    void (*recycle)(struct bt_storage *storage, void *user);
    void *user;
};

struct bt_tensor {
    enum bt_dtype dtype;
    unsigned rank;
    int64_t dims[BT_RANK_MAX];
    void *data;
    struct bt_storage *storage;
};

#define BT_TENSOR_INIT                                                                             \
    {                                                                                              \
        .dtype = BT_DTYPE_NONE                                                                     \
    }
#define BT_AUTO_TENSOR BT_CLEANUP(bt_tensor_release) struct bt_tensor

/* Allocate (zeroed). Dimensions must be >= 0; the product of sizes is checked against bytes_max
 * (0: 2^40). */
BT_CHECK baton_status bt_tensor_new(enum bt_dtype dtype, unsigned rank, const int64_t *dims,
                                    uint64_t bytes_max, struct bt_tensor *ret,
                                    struct baton_error *err);
void bt_tensor_release(struct bt_tensor *tensor);
/* A second reference to the same bytes (a plain copy when the bytes are borrowed). */
struct bt_tensor bt_tensor_ref(const struct bt_tensor *tensor);
/* A deep copy that owns its bytes. */
BT_CHECK baton_status bt_tensor_copy(const struct bt_tensor *from, struct bt_tensor *ret,
                                     struct baton_error *err);
bool bt_tensor_is_exclusive(const struct bt_tensor *tensor);
/* Put `len` bytes into string element `i`. */
BT_CHECK baton_status bt_tensor_set_string(struct bt_tensor *tensor, size_t i, const void *bytes,
                                           size_t len, struct baton_error *err);

/* Elements; the product was checked when the tensor was made. */
size_t bt_tensor_count(const struct bt_tensor *tensor);
size_t bt_tensor_bytes(const struct bt_tensor *tensor);
/* Product of dims[from, to). */
size_t bt_dims_product(const int64_t *dims, unsigned from, unsigned to);
BT_CHECK baton_status bt_dims_bytes(enum bt_dtype dtype, unsigned rank, const int64_t *dims,
                                    uint64_t bytes_max, size_t *ret_bytes, struct baton_error *err);
bool bt_tensor_same_shape(const struct bt_tensor *a, const struct bt_tensor *b);
/* "[1,3,240,320]" */
void bt_dims_format(unsigned rank, const int64_t *dims, struct bt_buf *out);

static inline const float *bt_f32(const struct bt_tensor *t)
{
    return t->data;
}

static inline float *bt_f32_mut(struct bt_tensor *t)
{
    return t->data;
}

static inline const int64_t *bt_i64(const struct bt_tensor *t)
{
    return t->data;
}

#endif
