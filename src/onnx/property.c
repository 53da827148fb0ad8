/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of metadata_props that steer baton. They are part of the model's bytes, hence of
 * every digest over it, and other runtimes pass over them. All keys that begin with "baton." are
 * ours: one that this version does not know, a slip of the pen or a later version's, is refused,
 * because passing over it would compute something other than what the model's maker asked for.
 */
#include <string.h>

#include "onnx/load_int.h"

#define PREFIX "baton."
#define TREE_SUM PREFIX "tree_sum"

static const char *const tree_sums[] = {[BT_TREE_SUM_BINARY64] = "binary64",
                                        [BT_TREE_SUM_XGBOOST] = "xgboost",
                                        [BT_TREE_SUM_SKLEARN] = "sklearn",
                                        [BT_TREE_SUM_LIGHTGBM] = "lightgbm"};

const char *bt_tree_sum_name(enum bt_tree_sum rule)
{
    return tree_sums[rule];
}

static baton_status read_tree_sum(struct bt_bytes value, enum bt_tree_sum *ret,
                                  struct baton_error *err)
{
    for (size_t i = 0; i < sizeof tree_sums / sizeof *tree_sums; i++) {
        if (bt_bytes_equal(value, bt_bytes_of(tree_sums[i]))) {
            *ret = (enum bt_tree_sum)i;
            return BATON_OK;
        }
    }
    return bt_fail(err, BATON_ERR_INVALID,
                   "metadata key " TREE_SUM " is " BT_NAME_FMT
                   ", expected binary64, xgboost, sklearn or lightgbm",
                   BT_NAME_ARGS(value));
}

baton_status bt_load_properties(struct bt_model *model, struct baton_error *err)
{
    bool seen = false;
    model->tree_sum = BT_TREE_SUM_BINARY64;
    for (uint32_t i = 0; i < model->metadata_count; i++) {
        const struct bt_metadata *entry = &model->metadata[i];
        if (entry->key.len < strlen(PREFIX) || memcmp(entry->key.ptr, PREFIX, strlen(PREFIX)) != 0)
            continue;
        if (!bt_bytes_equal(entry->key, bt_bytes_of(TREE_SUM)))
            return bt_fail(err, BATON_ERR_UNSUPPORTED,
                           "metadata key " BT_NAME_FMT " is unknown: of the keys in " PREFIX
                           " only " TREE_SUM " is supported",
                           BT_NAME_ARGS(entry->key));
        if (seen)
            return bt_fail(err, BATON_ERR_INVALID, "metadata key " TREE_SUM " is there twice");
        seen = true;
        BT_TRY(read_tree_sum(entry->value, &model->tree_sum, err));
    }
    return BATON_OK;
}
