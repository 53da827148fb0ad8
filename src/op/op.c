/* SPDX-License-Identifier: Apache-2.0 */
#include "op/op.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"

/* ---- inputs ---- */

const struct bt_tensor *bt_op_input(const struct bt_op_ctx *ctx, uint32_t i)
{
    if (i >= ctx->input_count || !ctx->inputs[i] || ctx->inputs[i]->kind != BT_VALUE_TENSOR)
        return NULL;
    return &ctx->inputs[i]->tensor;
}

baton_status bt_op_need(const struct bt_op_ctx *ctx, uint32_t i, const struct bt_tensor **ret,
                        struct baton_error *err)
{
    const struct bt_tensor *tensor = bt_op_input(ctx, i);
    if (!tensor && i < ctx->input_count && ctx->inputs[i])
        return bt_fail(err, BATON_ERR_INVALID, "input %u is not a tensor", i);
    if (!tensor)
        return bt_fail(err, BATON_ERR_INVALID, "input %u is missing", i);
    *ret = tensor;
    return BATON_OK;
}

baton_status bt_op_need_type(const struct bt_op_ctx *ctx, uint32_t i, enum bt_dtype dtype,
                             const struct bt_tensor **ret, struct baton_error *err)
{
    const struct bt_tensor *tensor = NULL;
    BT_TRY(bt_op_need(ctx, i, &tensor, err));
    if (tensor->dtype != dtype)
        return bt_fail(err, BATON_ERR_INVALID, "input %u is %s, expected %s", i,
                       bt_dtype_name(tensor->dtype), bt_dtype_name(dtype));
    *ret = tensor;
    return BATON_OK;
}

baton_status bt_op_ints(const struct bt_op_ctx *ctx, uint32_t i, int64_t *values, size_t max,
                        size_t *ret_count, struct baton_error *err)
{
    const struct bt_tensor *tensor = bt_op_input(ctx, i);
    if (!tensor) {
        *ret_count = 0;
        return BATON_OK;
    }
    if (tensor->dtype != BT_I64 && tensor->dtype != BT_I32)
        return bt_fail(err, BATON_ERR_INVALID, "input %u is %s, expected int64 or int32", i,
                       bt_dtype_name(tensor->dtype));
    if (tensor->rank > 1)
        return bt_fail(err, BATON_ERR_INVALID, "input %u has rank %u, expected a list", i,
                       tensor->rank);
    size_t count = bt_tensor_count(tensor);
    if (count > max)
        return bt_fail(err, BATON_ERR_INVALID, "input %u has %zu elements, at most %zu make sense",
                       i, count, max);
    for (size_t k = 0; k < count; k++)
        values[k] =
            tensor->dtype == BT_I64 ? bt_i64(tensor)[k] : ((const int32_t *)tensor->data)[k];
    *ret_count = count;
    return BATON_OK;
}

/* ---- attributes ---- */

const struct bt_attr *bt_op_attr(const struct bt_op_ctx *ctx, const char *name,
                                 enum bt_attr_kind kind)
{
    const struct bt_attr *attr = bt_node_attr(ctx->node, name);
    return attr && attr->kind == kind ? attr : NULL;
}

int64_t bt_op_attr_int(const struct bt_op_ctx *ctx, const char *name, int64_t fallback)
{
    const struct bt_attr *attr = bt_op_attr(ctx, name, BT_ATTR_INT);
    return attr ? attr->i : fallback;
}

float bt_op_attr_float(const struct bt_op_ctx *ctx, const char *name, float fallback)
{
    const struct bt_attr *attr = bt_op_attr(ctx, name, BT_ATTR_FLOAT);
    return attr ? attr->f : fallback;
}

bool bt_op_attr_is(const struct bt_op_ctx *ctx, const char *name, const char *value, bool fallback)
{
    const struct bt_attr *attr = bt_op_attr(ctx, name, BT_ATTR_STRING);
    return attr ? bt_bytes_equal(attr->s, bt_bytes_of(value)) : fallback;
}

baton_status bt_op_attr_word(const struct bt_op_ctx *ctx, const char *name,
                             const struct bt_op_word *words, int fallback, int *ret,
                             struct baton_error *err)
{
    const struct bt_attr *attr = bt_op_attr(ctx, name, BT_ATTR_STRING);
    *ret = fallback;
    if (!attr)
        return BATON_OK;
    for (; words->text; words++)
        if (bt_bytes_equal(attr->s, bt_bytes_of(words->text))) {
            *ret = words->value;
            return BATON_OK;
        }
    return bt_fail(err, BATON_ERR_UNSUPPORTED, "%s \"%.*s\" is not known", name,
                   (int)bt_min(attr->s.len, 40), (const char *)attr->s.ptr);
}

baton_status bt_op_axis(int64_t axis, unsigned rank, bool allow_end, unsigned *ret,
                        struct baton_error *err)
{
    int64_t end = (int64_t)rank + (allow_end ? 1 : 0);
    /* -1 is the last axis also where `end` itself is allowed only as a non-negative number. */
    int64_t wrapped = axis < 0 ? axis + end : axis;
    if (axis < -end || wrapped >= end)
        return bt_fail(err, BATON_ERR_INVALID,
                       "axis %" PRId64 " is not in [%" PRId64 ", %" PRId64 ")", axis, -end, end);
    *ret = (unsigned)wrapped;
    return BATON_OK;
}

/* ---- outputs ---- */

bool bt_op_wants(const struct bt_op_ctx *ctx, uint32_t i)
{
    return i < ctx->output_count && ctx->node->outputs[i] != BT_ABSENT &&
           (!ctx->output_read || ctx->output_read[i]);
}

static struct bt_value *fresh_output(struct bt_op_ctx *ctx, uint32_t i)
{
    BT_BUG_ON(i >= ctx->output_count || ctx->outputs[i].kind != BT_VALUE_NONE);
    return &ctx->outputs[i];
}

static void set_shape(struct bt_tensor *tensor, unsigned rank, const int64_t *dims)
{
    memset(tensor->dims, 0, sizeof tensor->dims);
    tensor->rank = rank;
    if (rank)
        memcpy(tensor->dims, dims, rank * sizeof *dims);
}

baton_status bt_op_output(struct bt_op_ctx *ctx, uint32_t i, enum bt_dtype dtype, unsigned rank,
                          const int64_t *dims, struct bt_tensor **ret, struct baton_error *err)
{
    struct bt_value *output = fresh_output(ctx, i);
    size_t bytes = 0;
    BT_TRY(bt_dims_bytes(dtype, rank, dims, ctx->bytes_max, &bytes, err));
    struct bt_storage *storage = ctx->host->storage(ctx->session, bytes);
    if (!storage)
        return bt_fail(err, BATON_ERR_NO_MEMORY, "not enough memory for an output of %zu bytes",
                       bytes);
    if (dtype == BT_STRING)
        memset(storage->data, 0, bytes);
    output->kind = BT_VALUE_TENSOR;
    output->tensor = (struct bt_tensor){.dtype = dtype, .data = storage->data, .storage = storage};
    set_shape(&output->tensor, rank, dims);
    *ret = &output->tensor;
    return BATON_OK;
}

baton_status bt_op_forward(struct bt_op_ctx *ctx, uint32_t i, const struct bt_tensor *from,
                           unsigned rank, const int64_t *dims, struct baton_error *err)
{
    struct bt_value *output = fresh_output(ctx, i);
    size_t bytes = 0;
    BT_TRY(bt_dims_bytes(from->dtype, rank, dims, ctx->bytes_max, &bytes, err));
    if (bytes != bt_tensor_bytes(from))
        return bt_fail(err, BATON_ERR_INVALID, "%zu elements do not fill the new shape",
                       bt_tensor_count(from));
    output->kind = BT_VALUE_TENSOR;
    output->tensor = bt_tensor_ref(from);
    set_shape(&output->tensor, rank, dims);
    return BATON_OK;
}

baton_status bt_op_output_like(struct bt_op_ctx *ctx, uint32_t i, uint32_t in,
                               struct bt_tensor **ret, struct baton_error *err)
{
    const struct bt_tensor *from = NULL;
    BT_TRY(bt_op_need(ctx, in, &from, err));
    bool reuse = ctx->input_dies && ctx->input_dies[in] && bt_tensor_is_exclusive(from);
    if (!reuse)
        return bt_op_output(ctx, i, from->dtype, from->rank, from->dims, ret, err);
    BT_TRY(bt_op_forward(ctx, i, from, from->rank, from->dims, err));
    *ret = &ctx->outputs[i].tensor;
    return BATON_OK;
}

void *bt_op_scratch(struct bt_op_ctx *ctx, size_t count, size_t size)
{
    size_t bytes = 0;
    return bt_mul(count, size, &bytes) ? ctx->host->scratch(ctx, bytes) : NULL;
}

/* ---- the rest ---- */

baton_status bt_op_run_graph(struct bt_op_ctx *ctx, const struct bt_graph *graph,
                             struct bt_value *inputs, struct bt_value *outputs,
                             struct baton_error *err)
{
    return ctx->host->run_graph(ctx, graph, inputs, outputs, err);
}

baton_status(bt_op_bad_type)(const struct bt_op_ctx *ctx, uint32_t i, struct baton_error *err)
{
    const struct bt_tensor *tensor = bt_op_input(ctx, i);
    return bt_fail(err, BATON_ERR_UNSUPPORTED, "input %u: element type %s is not supported here", i,
                   bt_dtype_name(tensor ? tensor->dtype : BT_DTYPE_NONE));
}
