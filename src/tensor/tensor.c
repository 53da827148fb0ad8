/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/tensor.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"

#define TENSOR_BYTES_MAX ((uint64_t)1 << 40)

baton_status bt_dims_bytes(enum bt_dtype dtype, unsigned rank, const int64_t *dims,
                           uint64_t bytes_max, size_t *ret_bytes, struct baton_error *err)
{
    size_t bytes = bt_dtype_size(dtype);
    bool empty = false;
    if (bytes == 0)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "element type %s is not supported",
                       bt_dtype_name(dtype));
    if (rank > BT_RANK_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "rank %u: the limit is %d", rank, BT_RANK_MAX);
    for (unsigned i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return bt_fail(err, BATON_ERR_INVALID, "dimension %u is %" PRId64, i, dims[i]);
        empty = empty || dims[i] == 0;
        /* A zero elsewhere must not hide an absurd dimension: the others still have to fit. */
        if (dims[i] > 0 && !bt_mul(bytes, (size_t)dims[i], &bytes))
            return bt_fail(err, BATON_ERR_LIMIT, "the shape's size in bytes does not fit 64 bits");
    }
    if (bytes > (bytes_max ? bytes_max : TENSOR_BYTES_MAX))
        return bt_fail(err, BATON_ERR_LIMIT, "a tensor of %zu bytes: the limit is %" PRIu64, bytes,
                       bytes_max ? bytes_max : TENSOR_BYTES_MAX);
    *ret_bytes = empty ? 0 : bytes;
    return BATON_OK;
}

static struct bt_storage *storage_new(size_t bytes, bool zeroed)
{
    struct bt_storage *storage = bt_calloc(1, sizeof *storage);
    if (!storage)
        return NULL;
    storage->data = zeroed ? bt_calloc_aligned(bytes, 1) : bt_alloc_aligned(bytes, 1);
    storage->bytes = bytes;
    atomic_init(&storage->refs, 1);
    if (!storage->data) {
        bt_free(storage);
        return NULL;
    }
    return storage;
}

baton_status bt_tensor_new(enum bt_dtype dtype, unsigned rank, const int64_t *dims,
                           uint64_t bytes_max, struct bt_tensor *ret, struct baton_error *err)
{
    size_t bytes = 0;
    BT_TRY(bt_dims_bytes(dtype, rank, dims, bytes_max, &bytes, err));
    struct bt_storage *storage = storage_new(bytes, true);
    if (!storage)
        return bt_fail(err, BATON_ERR_NO_MEMORY, "not enough memory for a tensor of %zu bytes",
                       bytes);
    *ret =
        (struct bt_tensor){.dtype = dtype, .rank = rank, .data = storage->data, .storage = storage};
    if (rank)
        memcpy(ret->dims, dims, rank * sizeof *dims);
    return BATON_OK;
}

static void storage_drop(struct bt_storage *storage)
{
    if (!storage || atomic_fetch_sub_explicit(&storage->refs, 1, memory_order_acq_rel) != 1)
        return;
    bt_arena_release(&storage->strings);
    if (storage->recycle) {
        storage->recycle(storage, storage->user);
        return;
    }
    bt_free(storage->data);
    bt_free(storage);
}

void bt_tensor_release(struct bt_tensor *tensor)
{
    storage_drop(tensor->storage);
    *tensor = (struct bt_tensor)BT_TENSOR_INIT;
}

struct bt_tensor bt_tensor_ref(const struct bt_tensor *tensor)
{
    if (tensor->storage)
        atomic_fetch_add_explicit(&tensor->storage->refs, 1, memory_order_relaxed);
    return *tensor;
}

static baton_status copy_strings(const struct bt_tensor *from, struct bt_tensor *to,
                                 struct baton_error *err)
{
    const struct bt_bytes *strings = from->data;
    size_t count = bt_tensor_count(from);
    for (size_t i = 0; i < count; i++)
        BT_TRY(bt_tensor_set_string(to, i, strings[i].ptr, strings[i].len, err));
    return BATON_OK;
}

baton_status bt_tensor_copy(const struct bt_tensor *from, struct bt_tensor *ret,
                            struct baton_error *err)
{
    BT_AUTO_TENSOR copy = BT_TENSOR_INIT;
    BT_TRY(bt_tensor_new(from->dtype, from->rank, from->dims, 0, &copy, err));
    if (from->dtype == BT_STRING)
        BT_TRY(copy_strings(from, &copy, err));
    else if (bt_tensor_bytes(from))
        memcpy(copy.data, from->data, bt_tensor_bytes(from));
    *ret = bt_tensor_ref(&copy);
    return BATON_OK;
}

bool bt_tensor_is_exclusive(const struct bt_tensor *tensor)
{
    return tensor->storage &&
           atomic_load_explicit(&tensor->storage->refs, memory_order_acquire) == 1;
}

baton_status bt_tensor_set_string(struct bt_tensor *tensor, size_t i, const void *bytes, size_t len,
                                  struct baton_error *err)
{
    BT_BUG_ON(tensor->dtype != BT_STRING || !tensor->storage || i >= bt_tensor_count(tensor));
    char *copy = bt_arena_strndup(&tensor->storage->strings, bytes, len);
    if (!copy)
        return bt_fail_no_memory(err, "a string");
    struct bt_bytes *strings = tensor->data;
    strings[i] = (struct bt_bytes){(const uint8_t *)copy, len};
    return BATON_OK;
}

size_t bt_dims_product(const int64_t *dims, unsigned from, unsigned to)
{
    size_t count = 1;
    for (unsigned i = from; i < to; i++)
        count *= (size_t)dims[i];
    return count;
}

size_t bt_tensor_count(const struct bt_tensor *tensor)
{
    return bt_dims_product(tensor->dims, 0, tensor->rank);
}

size_t bt_tensor_bytes(const struct bt_tensor *tensor)
{
    return bt_tensor_count(tensor) * bt_dtype_size(tensor->dtype);
}

bool bt_tensor_same_shape(const struct bt_tensor *a, const struct bt_tensor *b)
{
    return a->rank == b->rank &&
           (a->rank == 0 || memcmp(a->dims, b->dims, a->rank * sizeof a->dims[0]) == 0);
}

void bt_dims_format(unsigned rank, const int64_t *dims, struct bt_buf *out)
{
    bt_buf_put_byte(out, '[');
    for (unsigned i = 0; i < rank; i++)
        bt_buf_printf(out, i ? ",%" PRId64 : "%" PRId64, dims[i]);
    bt_buf_put_byte(out, ']');
}
