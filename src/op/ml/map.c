/* SPDX-License-Identifier: Apache-2.0 */
/* ZipMap makes maps; DictVectorizer and CastMap take them apart. */
#include <inttypes.h>
#include <string.h>

#include "op/math/math.h"
#include "op/ml/index.h"
#include "op/ml/ml.h"

/* ---- ZipMap ---- */

static baton_status zip_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_ml_labels *labels = bt_arena_calloc(ctx->arena, 1, sizeof *labels);
    if (!labels)
        return bt_fail_no_memory(err, "the keys of a map");
    ctx->state = labels;
    return bt_ml_labels_of(ctx, "classlabels_int64s", "classlabels_strings", labels, err);
}

static baton_status make_keys(const struct bt_ml_labels *labels, struct bt_tensor *ret,
                              struct baton_error *err)
{
    const int64_t dims[] = {(int64_t)labels->count};
    BT_AUTO_TENSOR keys = BT_TENSOR_INIT;
    BT_TRY(bt_tensor_new(labels->strings ? BT_STRING : BT_I64, 1, dims, 0, &keys, err));
    for (size_t i = 0; labels->strings && i < labels->count; i++)
        BT_TRY(bt_tensor_set_string(&keys, i, labels->strings[i].ptr, labels->strings[i].len, err));
    if (labels->ints)
        memcpy(keys.data, labels->ints, labels->count * sizeof *labels->ints);
    *ret = bt_tensor_ref(&keys);
    return BATON_OK;
}

static baton_status zip_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_ml_labels *labels = ctx->state;
    const struct bt_tensor *x = NULL;
    BT_AUTO_TENSOR keys = BT_TENSOR_INIT;
    BT_TRY(bt_op_need_type(ctx, 0, BT_F32, &x, err));
    if (x->rank != 1 && x->rank != 2)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 has rank %u, expected [rows, keys]",
                       x->rank);
    const int64_t dims[] = {x->rank == 1 ? 1 : x->dims[0], x->dims[x->rank - 1]};
    if (dims[1] != (int64_t)labels->count)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 has %" PRId64 " columns for %zu keys",
                       dims[1], labels->count);
    BT_TRY(make_keys(labels, &keys, err));
    BT_TRY(bt_op_forward(ctx, 0, x, 2, dims, err));
    ctx->outputs[0].kind = BT_VALUE_MAPS;
    ctx->outputs[0].keys = bt_tensor_ref(&keys);
    return BATON_OK;
}

/* ---- taking maps apart ---- */

static baton_status need_maps(const struct bt_op_ctx *ctx, const struct bt_value **ret,
                              struct baton_error *err)
{
    const struct bt_value *value = ctx->input_count ? ctx->inputs[0] : NULL;
    if (!value || value->kind != BT_VALUE_MAPS)
        return bt_fail(err, BATON_ERR_INVALID, "input 0 is not a map");
    *ret = value;
    return BATON_OK;
}

/* y is all `padding`, in numbers 0, then its column places[k] is column k of the maps. */
static baton_status scatter(const struct bt_tensor *from, const size_t *places, const char *padding,
                            struct bt_tensor *y, struct baton_error *err)
{
    size_t keys = (size_t)from->dims[1];
    size_t width = (size_t)y->dims[1];
    size_t size = bt_dtype_size(y->dtype);
    bool strings = y->dtype == BT_STRING;
    for (size_t i = 0; strings && i < bt_tensor_count(y); i++)
        BT_TRY(bt_tensor_set_string(y, i, padding, strlen(padding), err));
    if (!strings && bt_tensor_bytes(y))
        memset(y->data, 0, bt_tensor_bytes(y));
    for (size_t i = 0; i < bt_tensor_count(from); i++) {
        size_t to = i / keys * width + places[i % keys];
        const struct bt_bytes *texts = from->data;
        if (strings)
            BT_TRY(bt_tensor_set_string(y, to, texts[i].ptr, texts[i].len, err));
        else
            memcpy((uint8_t *)y->data + to * size, (const uint8_t *)from->data + i * size, size);
    }
    return BATON_OK;
}

static baton_status vocabulary_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    struct bt_ml_labels words = {0};
    struct bt_ml_index *index = bt_arena_calloc(ctx->arena, 1, sizeof *index);
    if (!index)
        return bt_fail_no_memory(err, "a vocabulary");
    ctx->state = index;
    BT_TRY(bt_ml_labels_of(ctx, "int64_vocabulary", "string_vocabulary", &words, err));
    const struct bt_ml_list list = {
        words.strings ? BT_STRING : BT_I64,
        words.strings ? (const void *)words.strings : (const void *)words.ints, words.count};
    return bt_ml_index_build(&list, ctx->arena, index, err);
}

static baton_status vectorize_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct bt_ml_index *index = ctx->state;
    const struct bt_value *maps = NULL;
    BT_TRY(need_maps(ctx, &maps, err));
    if (maps->keys.dtype != index->dtype)
        return bt_fail(err, BATON_ERR_INVALID, "the keys are %s, the vocabulary is %s",
                       bt_dtype_name(maps->keys.dtype), bt_dtype_name(index->dtype));
    size_t keys = bt_tensor_count(&maps->keys);
    size_t *places = bt_op_scratch(ctx, keys, sizeof *places);
    if (!places)
        return bt_fail_no_memory(err, "a vocabulary");
    for (size_t k = 0; k < keys; k++)
        if (!bt_ml_index_find(index, maps->keys.data, k, &places[k]))
            return bt_fail(err, BATON_ERR_INVALID, "key %zu is not in the vocabulary", k);
    const int64_t dims[] = {maps->tensor.dims[0], (int64_t)index->count};
    struct bt_tensor *y = NULL;
    BT_TRY(bt_op_output(ctx, 0, maps->tensor.dtype, 2, dims, &y, err));
    return scatter(&maps->tensor, places, "", y, err);
}

/* ---- CastMap: integer keys ---- */

struct cast {
    enum bt_dtype dtype;
    bool sparse;
    int64_t width; /* of the sparse form */
};

static baton_status cast_prepare(struct bt_op_ctx *ctx, struct baton_error *err)
{
    static const char *const forms[] = {"DENSE", "SPARSE", NULL};
    static const char *const types[] = {"TO_FLOAT", "TO_STRING", "TO_INT64", NULL};
    static const enum bt_dtype dtypes[] = {BT_F32, BT_STRING, BT_I64};
    unsigned form = 0;
    unsigned type = 0;
    struct cast *cast = bt_arena_calloc(ctx->arena, 1, sizeof *cast);
    if (!cast)
        return bt_fail_no_memory(err, "a map");
    ctx->state = cast;
    BT_TRY(bt_ml_word(ctx, "map_form", forms, 0, &form, err));
    BT_TRY(bt_ml_word(ctx, "cast_to", types, 0, &type, err));
    cast->dtype = dtypes[type];
    cast->sparse = form == 1;
    cast->width = bt_op_attr_int(ctx, "max_map", 1);
    if (cast->sparse && cast->width < 1)
        return bt_fail(err, BATON_ERR_INVALID, "attribute max_map is %" PRId64, cast->width);
    return BATON_OK;
}

/* Dense: the rank of a key among the keys. */
static size_t rank_of(const int64_t *keys, size_t count, size_t k)
{
    size_t rank = 0;
    for (size_t i = 0; i < count; i++)
        rank += keys[i] < keys[k] || (i < k && keys[i] == keys[k]);
    return rank;
}

/* The column of each key. */
static baton_status find_places(struct bt_op_ctx *ctx, const struct bt_tensor *of, size_t **ret,
                                struct baton_error *err)
{
    const struct cast *cast = ctx->state;
    const int64_t *keys = bt_i64(of);
    size_t count = bt_tensor_count(of);
    size_t *places = bt_op_scratch(ctx, count, sizeof *places);
    if (!places)
        return bt_fail_no_memory(err, "a map");
    for (size_t k = 0; k < count; k++) {
        if (cast->sparse && (keys[k] < 0 || keys[k] >= cast->width))
            return bt_fail(err, BATON_ERR_INVALID, "key %" PRId64 " does not fit max_map %" PRId64,
                           keys[k], cast->width);
        places[k] = cast->sparse ? (size_t)keys[k] : rank_of(keys, count, k);
    }
    *ret = places;
    return BATON_OK;
}

/* Laid out in the type of the maps, then cast as Cast does: what is missing is a 0, as a string
 * "0". */
static baton_status cast_run(struct bt_op_ctx *ctx, struct baton_error *err)
{
    const struct cast *cast = ctx->state;
    const struct bt_value *maps = NULL;
    struct bt_tensor *y = NULL;
    size_t *places = NULL;
    BT_AUTO_TENSOR laid = BT_TENSOR_INIT;
    BT_TRY(need_maps(ctx, &maps, err));
    if (maps->keys.dtype != BT_I64)
        return bt_fail(err, BATON_ERR_INVALID, "the keys are %s, expected int64",
                       bt_dtype_name(maps->keys.dtype));
    BT_TRY(find_places(ctx, &maps->keys, &places, err));
    const int64_t dims[] = {maps->tensor.dims[0],
                            cast->sparse ? cast->width : (int64_t)bt_tensor_count(&maps->keys)};
    BT_TRY(bt_op_output(ctx, 0, cast->dtype, 2, dims, &y, err));
    if (maps->tensor.dtype == cast->dtype)
        return scatter(&maps->tensor, places, "0", y, err);
    BT_TRY(bt_tensor_new(maps->tensor.dtype, 2, dims, ctx->bytes_max, &laid, err));
    BT_TRY(scatter(&maps->tensor, places, "0", &laid, err));
    return bt_cast(NULL, &laid, y, err);
}

const struct bt_op bt_ops_map[] = {
    {.name = "ZipMap", .domain = BT_ML_DOMAIN, .since = 1, .prepare = zip_prepare, .run = zip_run},
    {.name = "DictVectorizer",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = vocabulary_prepare,
     .run = vectorize_run},
    {.name = "CastMap",
     .domain = BT_ML_DOMAIN,
     .since = 1,
     .prepare = cast_prepare,
     .run = cast_run},
    {.name = NULL},
};
