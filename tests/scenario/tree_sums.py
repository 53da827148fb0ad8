#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tree ensembles as the libraries that train them add them up: under each value of metadata key
baton.tree_sum, baton's raw scores are the library's own, bit for bit. For xgboost they must not be
so under binary64, or the rule would be without a reason.

    tree_sums.py RUN_MODEL

Each library's trees are written as one node, children and leaves as the library has them:
TreeEnsembleRegressor for XGBoost, whose numbers are all binary32, TreeEnsemble in binary64 for
the others. A base value is there a first tree that gives it to every row.
"""
import json
import sys

from peers import Baton, need_packages

need_packages("xgboost", "lightgbm", "sklearn")

import lightgbm  # noqa: E402
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import xgboost  # noqa: E402
from onnx import helper, numpy_helper  # noqa: E402
from sklearn import ensemble  # noqa: E402

RNG = np.random.default_rng(20260202)
ROWS, COLUMNS, TREES = 1000, 12, 200
X = RNG.normal(size=(ROWS, COLUMNS)).astype(np.float32)
NUMBER = 3 * X[:, 0] + X[:, 1] * X[:, 2]
BINARY = (NUMBER > 0.1).astype(int)
CLASS = np.digitize(NUMBER, (-1, 1))
MISSING = np.where(RNG.random(X.shape) < 0.05, np.nan, X).astype(np.float32)


def model(node, rule, dtype, targets):
    graph = helper.make_graph(
        [node], "trees", [helper.make_tensor_value_info("x", dtype, [None, COLUMNS])],
        [helper.make_tensor_value_info("y", dtype, [None, targets])])
    made = helper.make_model(graph, ir_version=10, opset_imports=[
        helper.make_opsetid("ai.onnx.ml", 5 if node.op_type == "TreeEnsemble" else 3),
        helper.make_opsetid("", 21)])
    made.metadata_props.add(key="baton.tree_sum", value=rule)
    return made.SerializeToString()


# ---- XGBoost ----

def xgboost_node(booster, base):
    """XGBoost goes left where x < condition; the condition of a leaf is its weight."""
    trees = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]
    made = {name: [] for name in (
        "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_modes", "nodes_values",
        "nodes_truenodeids", "nodes_falsenodeids", "nodes_missing_value_tracks_true",
        "target_treeids", "target_nodeids", "target_ids", "target_weights")}
    for number, (tree, target) in enumerate(zip(trees["trees"], trees["tree_info"])):
        for at, left in enumerate(tree["left_children"]):
            leaf, value = left < 0, tree["split_conditions"][at]
            for name, item in zip(made, (
                    number, at, 0 if leaf else tree["split_indices"][at],
                    "LEAF" if leaf else "BRANCH_LT", 0.0 if leaf else value, max(left, 0),
                    max(tree["right_children"][at], 0), int(tree["default_left"][at]))):
                made[name].append(item)
            if leaf:
                for name, item in zip(list(made)[8:], (number, at, target, value)):
                    made[name].append(item)
    return helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml",
                            n_targets=len(base), base_values=base.tolist(), **made)


def xgboost_cases():
    for objective, y, more in (("reg:squarederror", NUMBER, {"base_score": 0.3}),
                               ("binary:logistic", BINARY, {"base_score": 0.3}),
                               ("multi:softprob", CLASS, {"base_score": 0.3, "num_class": 3})):
        settings = {"objective": objective, "max_depth": 5, "eta": 0.1, "nthread": 2, **more}
        data = xgboost.DMatrix(MISSING, y)
        fresh = xgboost.DMatrix(MISSING)  # the training matrix would answer from a cache
        base = xgboost.Booster(settings, [data]).predict(fresh, output_margin=True)
        booster = xgboost.train(settings, data, TREES)
        margins = booster.predict(fresh, output_margin=True).reshape(ROWS, -1)
        yield objective, xgboost_node(booster, base.reshape(ROWS, -1)[0]), margins


def check_xgboost(baton):
    for name, node, margins in xgboost_cases():
        same = {}
        for rule in ("xgboost", "binary64"):
            made = model(node, rule, onnx.TensorProto.FLOAT, margins.shape[1])
            same[rule] = np.mean(baton.run(made, {"x": MISSING}, threads=3)["y"] == margins)
        print(f"xgboost {name}: {same['xgboost']:.1%} equal, as binary64 {same['binary64']:.1%}")
        if same["xgboost"] != 1:
            yield f"xgboost {name}: differs"
        if same["binary64"] == 1:
            yield f"xgboost {name}: binary64 is equal too, the test shows nothing"


# ---- the libraries that add in binary64 ----

class Forest:
    """The attributes of a TreeEnsemble, tree by tree; all comparisons are <=."""

    def __init__(self):
        self.roots, self.features, self.splits, self.weights = [], [], [], []
        self.children = {"true": [], "false": []}  # (position, whether of a leaf)

    def leaf(self, weight):
        self.weights.append(weight)
        return len(self.weights) - 1, True

    def split(self, feature, threshold, left, right):
        """`left` and `right` are what leaf() or split() gave."""
        self.features.append(feature)
        self.splits.append(threshold)
        self.children["true"].append(left)
        self.children["false"].append(right)
        return len(self.splits) - 1, False

    def tree(self, top):
        position, is_leaf = top
        self.roots.append(self.split(0, 0.0, top, top)[0] if is_leaf else position)

    def base(self, value):
        self.tree(self.split(0, 0.0, self.leaf(value), self.leaf(value)))

    def node(self, average):
        sides = {}
        for side, children in self.children.items():
            sides[f"nodes_{side}nodeids"] = [position for position, _ in children]
            sides[f"nodes_{side}leafs"] = [int(is_leaf) for _, is_leaf in children]
        return helper.make_node(
            "TreeEnsemble", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1,
            aggregate_function=0 if average else 1, tree_roots=self.roots,
            nodes_featureids=self.features, leaf_targetids=[0] * len(self.weights),
            nodes_splits=numpy_helper.from_array(np.array(self.splits)),
            nodes_modes=numpy_helper.from_array(np.zeros(len(self.splits), np.uint8)),
            leaf_weights=numpy_helper.from_array(np.array(self.weights)), **sides)


def sklearn_tree(forest, tree, weight, at=0):
    left, right = tree.children_left[at], tree.children_right[at]
    if left < 0:
        return forest.leaf(weight(tree.value[at, 0, 0]))
    return forest.split(int(tree.feature[at]), tree.threshold[at],
                        sklearn_tree(forest, tree, weight, left),
                        sklearn_tree(forest, tree, weight, right))


def lightgbm_tree(forest, node):
    if "leaf_value" in node:
        return forest.leaf(node["leaf_value"])
    return forest.split(node["split_feature"], node["threshold"],
                        lightgbm_tree(forest, node["left_child"]),
                        lightgbm_tree(forest, node["right_child"]))


def binary64_cases():
    """(name, rule, node, scores of the library)."""
    trees = ensemble.RandomForestRegressor(TREES // 4, max_depth=7, random_state=1).fit(X, NUMBER)
    forest = Forest()
    for tree in trees.estimators_:
        forest.tree(sklearn_tree(forest, tree.tree_, lambda v: v))
    yield "random forest", "sklearn", forest.node(average=True), trees.predict(X)

    boosted = ensemble.GradientBoostingRegressor(n_estimators=TREES, random_state=1).fit(X, NUMBER)
    forest = Forest()
    forest.base(boosted.init_.constant_.item())
    for tree in boosted.estimators_[:, 0]:
        forest.tree(sklearn_tree(forest, tree.tree_, lambda v: boosted.learning_rate * v))
    yield "gradient boosting", "sklearn", forest.node(average=False), boosted.predict(X)

    booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 2},
                             lightgbm.Dataset(X.astype(float), BINARY), TREES)
    forest = Forest()
    for tree in booster.dump_model()["tree_info"]:
        forest.tree(lightgbm_tree(forest, tree["tree_structure"]))
    yield "binary", "lightgbm", forest.node(average=False), booster.predict(
        X.astype(float), raw_score=True)


def check_binary64(baton):
    for name, rule, node, scores in binary64_cases():
        made = model(node, rule, onnx.TensorProto.DOUBLE, 1)
        ours = baton.run(made, {"x": X.astype(float)}, threads=3)["y"].ravel()
        print(f"{rule} {name}: {np.mean(ours == scores):.1%} equal")
        if not np.array_equal(ours, scores):
            yield f"{rule} {name}: differs"


def main():
    baton = Baton(sys.argv[1])
    wrong = [*check_xgboost(baton), *check_binary64(baton)]
    print("\n".join(wrong) if wrong else "ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
