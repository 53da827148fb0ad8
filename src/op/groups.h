/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line per file of operators. BT_OP_GROUP(name) stands for
 * `extern const struct bt_op bt_ops_<name>[]`, which ends with an entry whose name is NULL.
 * Included by op.h and table.c with different meanings of the macro; therefore no guard.
 */

/* shape/: moving and choosing elements */
BT_OP_GROUP(reshape)
BT_OP_GROUP(permute)
BT_OP_GROUP(join)
BT_OP_GROUP(gather)
BT_OP_GROUP(scatter)
BT_OP_GROUP(pad)
BT_OP_GROUP(select)
BT_OP_GROUP(order)
BT_OP_GROUP(create)
BT_OP_GROUP(sequence)
BT_OP_GROUP(control)

/* math/: elementwise, comparison, reductions */
BT_OP_GROUP(activation)
BT_OP_GROUP(arg)
BT_OP_GROUP(arith)
BT_OP_GROUP(cast)
BT_OP_GROUP(logic)
BT_OP_GROUP(power)
BT_OP_GROUP(random)
BT_OP_GROUP(reduce)
BT_OP_GROUP(softmax)
BT_OP_GROUP(unary)

/* nn/: matrix products, convolutions, normalisation, pooling, images */
BT_OP_GROUP(batch_norm)
BT_OP_GROUP(conv)
BT_OP_GROUP(einsum)
BT_OP_GROUP(lrn)
BT_OP_GROUP(matmul)
BT_OP_GROUP(nms)
BT_OP_GROUP(norm)
BT_OP_GROUP(pool)
BT_OP_GROUP(resize)

/* image/: sampling at places that are values, and undoing pools and columns */
BT_OP_GROUP(affine_grid)
BT_OP_GROUP(grid_sample)
BT_OP_GROUP(roi_align)
BT_OP_GROUP(roi_pool)
BT_OP_GROUP(unpool)

/* ml/: ai.onnx.ml */
BT_OP_GROUP(tree)
BT_OP_GROUP(linear)
BT_OP_GROUP(svm)
BT_OP_GROUP(scale)
BT_OP_GROUP(encode)
BT_OP_GROUP(feature)
BT_OP_GROUP(map)

/* text/: strings */
BT_OP_GROUP(string_join)
BT_OP_GROUP(string_normalizer)
BT_OP_GROUP(tfidf)
