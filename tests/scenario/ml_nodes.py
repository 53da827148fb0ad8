#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Single ai.onnx.ml nodes with generated attributes, run by baton and by ONNX Runtime: every
comparison, aggregate and transform, missing values, and every input type both have.

    ml_nodes.py RUN_MODEL

Left out is where baton follows the text (docs/numerics-ml.md, "Elsewhere") and ONNX Runtime does
not: PROBIT, != with a missing value, two labels with weights for both or with two base values.
"""
import itertools
import sys

from peers import Baton, differences, maps_to_arrays, need_packages, onnxruntime_run

need_packages()

import numpy as np  # noqa: E402
import onnx  # noqa: E402
from onnx import helper, numpy_helper  # noqa: E402

RNG = np.random.default_rng(20260101)
TYPES = {"f": onnx.TensorProto.FLOAT, "d": onnx.TensorProto.DOUBLE, "l": onnx.TensorProto.INT64,
         "i": onnx.TensorProto.INT32, "O": onnx.TensorProto.STRING}
POSTS = ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO")
ORDERED = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT")
X = np.round(RNG.normal(size=(67, 5)), 1).astype(np.float32)
MISSING = np.where(RNG.random(X.shape) < 0.2, np.nan, X).astype(np.float32)
WHOLE = RNG.integers(-5, 5, size=(67, 5))
WORDS = RNG.choice(["a", "b", "", "größer", "zz"], (67, 2)).astype(object)


def numbers(*shape):
    return RNG.normal(size=shape).astype(np.float32).ravel().tolist()


def node(op, x, outputs, version=3, extra=None, **attributes):
    """(onnx bytes, inputs) of a model of one node; `extra` is a second input."""
    inputs = {"x": x} if extra is None else {"x": x, "extra": extra}
    made = helper.make_node(op, list(inputs), [f"y{i}" for i in range(len(outputs))],
                            domain="ai.onnx.ml", **attributes)
    graph = helper.make_graph(
        [made], "g",
        [helper.make_tensor_value_info(k, TYPES[v.dtype.char], v.shape) for k, v in inputs.items()],
        [helper.make_tensor_value_info(f"y{i}", TYPES[t], None) for i, t in enumerate(outputs)])
    opsets = [helper.make_opsetid("ai.onnx.ml", version), helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString(), inputs


def forest(prefix, targets, modes=("BRANCH_LEQ",), tracks=False, positive=False, trees=5, depth=3):
    """Attributes of complete trees; a leaf has a weight for each of `targets`."""
    inner, total = 2 ** depth - 1, 2 ** (depth + 1) - 1
    ids = [(t, n) for t in range(trees) for n in range(total)]
    votes = [(t, n, k) for t, n in ids if n >= inner for k in targets]
    weights = np.array(numbers(len(votes)), np.float32)
    made = {
        "nodes_treeids": [t for t, _ in ids], "nodes_nodeids": [n for _, n in ids],
        "nodes_featureids": [int(RNG.integers(5)) for _ in ids],
        "nodes_modes": ["LEAF" if n >= inner else str(RNG.choice(modes)) for _, n in ids],
        "nodes_values": np.round(np.array(numbers(len(ids)), np.float32), 1).tolist(),
        "nodes_truenodeids": [0 if n >= inner else 2 * n + 1 for _, n in ids],
        "nodes_falsenodeids": [0 if n >= inner else 2 * n + 2 for _, n in ids],
        f"{prefix}_treeids": [v[0] for v in votes], f"{prefix}_nodeids": [v[1] for v in votes],
        f"{prefix}_ids": [v[2] for v in votes],
        f"{prefix}_weights": (np.abs(weights) / trees if positive else weights).tolist()}
    if tracks:
        made["nodes_missing_value_tracks_true"] = [int(RNG.integers(2)) for _ in ids]
    return made


def tree_nodes():
    for post, positive in itertools.product(POSTS, (False, True)):
        for base in ({}, {"base_values": [0.1]}):
            yield f"one weight class {post} {positive} {base}", node(
                "TreeEnsembleClassifier", X, "lf", classlabels_int64s=[10, 20], post_transform=post,
                **base, **forest("class", [0], positive=positive))
        yield f"second weight class {post} {positive}", node(
            "TreeEnsembleClassifier", X, "Of", classlabels_strings=["no", "yes"],
            post_transform=post, **forest("class", [1], positive=positive))
        yield f"three classes {post} {positive}", node(
            "TreeEnsembleClassifier", X, "Of", classlabels_strings=["a", "b", "c"],
            post_transform=post, base_values=[0.1, 0.2, 0.3],
            **forest("class", range(3), positive=positive))
    for x in (X, X.astype(float), WHOLE, WHOLE.astype(np.int32)):
        yield f"classifier of {x.dtype}", node(
            "TreeEnsembleClassifier", x, "lf", classlabels_int64s=[1, 2, 3],
            **forest("class", range(3)))
    mixes = (("BRANCH_LEQ",), ("BRANCH_LT",), ORDERED, ("BRANCH_EQ", "BRANCH_LEQ"))
    for aggregate, targets, modes, tracks, x in itertools.product(
            ("SUM", "AVERAGE", "MIN", "MAX"), (1, 3), mixes, (False, True),
            (X, MISSING, MISSING.astype(float))):
        yield f"{aggregate} {targets} {modes} {tracks} {x.dtype}", node(
            "TreeEnsembleRegressor", x, "f", aggregate_function=aggregate, n_targets=targets,
            base_values=[0.5] * targets, **forest("target", range(targets), modes, tracks))
    yield "NEQ", node("TreeEnsembleRegressor", X, "f", n_targets=1,
                      **forest("target", [0], ("BRANCH_NEQ", "BRANCH_EQ", "BRANCH_LT")))


def linear_nodes():
    for post in POSTS:
        yield f"LinearClassifier, one score {post}", node(
            "LinearClassifier", X, "lf", classlabels_ints=[3, 4], coefficients=numbers(5),
            intercepts=[0.05], post_transform=post)
    for x in (X, X.astype(float), WHOLE, WHOLE.astype(np.int32)):
        yield f"LinearClassifier {x.dtype}", node(
            "LinearClassifier", x, "Of", classlabels_strings=["a", "b", "c"],
            coefficients=numbers(3, 5), intercepts=numbers(3), post_transform="SOFTMAX")
    yield "LinearRegressor", node("LinearRegressor", X, "f", targets=2,
                                  coefficients=numbers(2, 5), intercepts=numbers(2))


def svm_nodes():
    kernels = {"LINEAR": [0.0] * 3, "POLY": [0.3, 0.5, 3.0], "RBF": [0.2, 0.0, 0.0],
               "SIGMOID": [0.2, 0.1, 0.0]}
    for kernel, post, probable, classes in itertools.product(kernels, POSTS, (False, True), (2, 3)):
        per_class = [3, 4, 2][:classes]
        pairs = classes * (classes - 1) // 2
        extra = {"prob_a": [-1.0] * pairs, "prob_b": numbers(pairs)} if probable else {}
        yield f"SVMClassifier {kernel} {post} {probable} {classes}", node(
            "SVMClassifier", X, "lf", classlabels_ints=[5, 6, 7][:classes],
            vectors_per_class=per_class, support_vectors=numbers(sum(per_class), 5),
            coefficients=numbers(classes - 1, sum(per_class)), rho=numbers(pairs),
            kernel_type=kernel, kernel_params=kernels[kernel], post_transform=post, **extra)
    for kernel, one_class in itertools.product(kernels, (0, 1)):
        yield f"SVMRegressor {kernel} {one_class}", node(
            "SVMRegressor", X, "f", n_supports=4, support_vectors=numbers(4, 5),
            coefficients=numbers(4), rho=[0.1], kernel_type=kernel, kernel_params=kernels[kernel],
            one_class=one_class)
    yield "SVMRegressor, linear", node("SVMRegressor", X, "f", n_supports=0, rho=[0.1],
                                       coefficients=numbers(5), kernel_params=[0.0] * 3)
    yield "SVMClassifier, linear", node(
        "SVMClassifier", X, "lf", classlabels_ints=[1, 2, 3], rho=[0.1],
        coefficients=numbers(3, 5), kernel_params=[0.0] * 3)


def column_nodes():
    for x in (X, X.astype(float), WHOLE, WHOLE.astype(np.int32)):
        kind = x.dtype.char
        yield f"Scaler {kind}", node("Scaler", x, "f", offset=numbers(5), scale=numbers(5))
        yield f"Scaler, one {kind}", node("Scaler", x, "f", offset=[0.1], scale=[1.5])
        for norm in ("MAX", "L1", "L2"):
            yield f"Normalizer {norm} {kind}", node("Normalizer", x, "f", norm=norm)
        yield f"ArrayFeatureExtractor {kind}", node("ArrayFeatureExtractor", x, kind,
                                                    extra=np.array([3, 0, 3]))
        if kind != "i":
            yield f"OneHotEncoder {kind}", node("OneHotEncoder", x, "f", cats_int64s=[0, 1, -3])
    yield "Binarizer", node("Binarizer", X, "f", threshold=0.2)
    yield "Imputer f", node("Imputer", MISSING, "f", imputed_value_floats=numbers(5),
                            replaced_value_float=float("nan"))
    yield "Imputer l", node("Imputer", WHOLE, "l", imputed_value_int64s=[7], replaced_value_int64=2)
    yield "FeatureVectorizer", node("FeatureVectorizer", X, "f", extra=X, inputdimensions=[5, 3])
    yield "ZipMap", zipmap()


def zipmap():
    made = helper.make_node("ZipMap", ["x"], ["y0"], domain="ai.onnx.ml",
                            classlabels_strings=["a", "b", "c", "d", "e"])
    maps = helper.make_sequence_type_proto(helper.make_map_type_proto(
        onnx.TensorProto.STRING, helper.make_tensor_type_proto(onnx.TensorProto.FLOAT, [])))
    graph = helper.make_graph([made], "g", [helper.make_tensor_value_info("x", 1, X.shape)],
                              [helper.make_value_info("y0", maps)])
    opsets = [helper.make_opsetid("ai.onnx.ml", 1), helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets,
                             ir_version=8).SerializeToString(), {"x": X}


def word_nodes():
    yield "OneHotEncoder O", node("OneHotEncoder", WORDS, "f", cats_strings=["a", "", "b"])
    yield "ArrayFeatureExtractor O", node("ArrayFeatureExtractor", WORDS, "O", extra=np.array([1]))
    for name, kind, values in (("strings", "O", ["A", "B"]), ("int64s", "l", [4, 5]),
                               ("floats", "f", [4.0, 5.5])):
        yield f"LabelEncoder to {name}", node("LabelEncoder", WORDS, kind, 2, keys_strings=["a", "b"],
                                              **{f"values_{name}": values})
    yield "LabelEncoder 1", node("LabelEncoder", WORDS, "l", 1, classes_strings=["a", "b"],
                                 default_int64=-7)
    yield "LabelEncoder 1, back", node("LabelEncoder", WHOLE, "O", 1, classes_strings=["a", "b"])
    yield "LabelEncoder 4", node(
        "LabelEncoder", X.astype(float), "d", 4,
        keys_tensor=numpy_helper.from_array(np.array([0.1, -0.2])),
        values_tensor=numpy_helper.from_array(np.array([7.0, 8.0])),
        default_tensor=numpy_helper.from_array(np.array([7.5])))
    both = {"cats_strings": ["a", "b"], "cats_int64s": [3, 4]}
    yield "CategoryMapper", node("CategoryMapper", WORDS, "l", default_int64=8, **both)
    yield "CategoryMapper, back", node("CategoryMapper", WHOLE, "O", default_string="?", **both)


def main():
    baton = Baton(sys.argv[1])
    wrong = count = 0
    for name, (model, inputs) in itertools.chain(tree_nodes(), linear_nodes(), svm_nodes(),
                                                 column_nodes(), word_nodes()):
        theirs = maps_to_arrays(onnxruntime_run(model, inputs))
        try:
            found = differences(baton.run(model, inputs), theirs)
        except RuntimeError as error:
            found = [str(error)]
        count += 1
        wrong += bool(found)
        if found:
            print(f"not ok {name}: {', '.join(found)}")
    print(f"{count} nodes, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
