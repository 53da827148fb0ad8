#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A family of scikit-learn models, exported, run by baton and by ONNX Runtime: same labels, floats
within rtol 1e-4, and the same bits from baton whatever the threads and the batch.

    ml_models.py RUN_MODEL [NAME...]
"""
import sys

from peers import Baton, differences, maps_to_arrays, need_packages, onnxruntime_run

need_packages()

import numpy as np  # noqa: E402
from skl2onnx import convert_sklearn  # noqa: E402
from skl2onnx.common.data_types import FloatTensorType, StringTensorType  # noqa: E402
from sklearn import (compose, datasets, ensemble, impute, linear_model, naive_bayes,  # noqa: E402
                     neural_network, pipeline, preprocessing, svm, tree)

RNG = np.random.default_rng(20260101)
ROWS = 400
HELD_OUT = 97  # rows that the models do not learn from
ALONE = 41  # one of them
TARGET = {"": 17, "ai.onnx.ml": 3}


def numbers(classes=None, targets=1, missing=False):
    """(x, y): float32 features and labels or targets."""
    if classes:
        x, y = datasets.make_classification(
            ROWS, 12, n_informative=8, n_classes=classes, random_state=classes)
    else:
        x, y = datasets.make_regression(ROWS, 12, n_targets=targets, noise=1, random_state=targets)
    x = x.astype(np.float32)
    if missing:
        x[RNG.random(x.shape) < 0.1] = np.nan
    return x, y


def on_numbers(model, classes=None, targets=1, missing=False, words=False, zipmap=None):
    """(onnx bytes, inputs) of a model of one float input."""
    x, y = numbers(classes, targets, missing)
    if words:
        y = np.array(["red", "green", "blue"])[y]
    model.fit(x[HELD_OUT:], y[HELD_OUT:])
    # What has probabilities has the option, and is asked for plain arrays.
    options = {id(model): {"zipmap": bool(zipmap)}} if hasattr(model, "predict_proba") else None
    onnx = convert_sklearn(model, initial_types=[("x", FloatTensorType([None, x.shape[1]]))],
                           options=options, target_opset=TARGET)
    return onnx.SerializeToString(), {"x": x[:HELD_OUT]}


def on_table(last):
    """(onnx bytes, inputs) of a pipeline over columns of numbers and of words."""
    x, y = numbers(classes=2, missing=True)
    columns = {"a": x[:, :1], "b": x[:, 1:2],
               "colour": RNG.choice(["red", "green", "blue", ""], (ROWS, 1)).astype(object),
               "size": RNG.choice(["S", "M", "L", "größer"], (ROWS, 1)).astype(object)}
    table = np.hstack([columns[c].astype(object) for c in columns])
    model = pipeline.make_pipeline(compose.ColumnTransformer([
        ("numbers", pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler()),
         [0, 1]),
        ("words", preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False), [2, 3]),
    ]), last)
    model.fit(table[HELD_OUT:], y[HELD_OUT:])
    types = [(c, FloatTensorType([None, 1]) if c in "ab" else StringTensorType([None, 1]))
             for c in columns]
    onnx = convert_sklearn(model, initial_types=types, options={id(model): {"zipmap": False}},
                           target_opset=TARGET)
    inputs = {c: v[:HELD_OUT].copy() for c, v in columns.items()}
    inputs["colour"][3] = "a colour never seen"
    return onnx.SerializeToString(), inputs


def scaled(step, **kw):
    return on_numbers(pipeline.make_pipeline(step, linear_model.LogisticRegression()), classes=2, **kw)


MODELS = {
    "tree": lambda: on_numbers(tree.DecisionTreeClassifier(random_state=0), classes=3),
    "tree-binary": lambda: on_numbers(tree.DecisionTreeClassifier(max_depth=5, random_state=0), classes=2),
    "tree-words": lambda: on_numbers(tree.DecisionTreeClassifier(random_state=0), classes=3, words=True),
    "tree-regressor": lambda: on_numbers(tree.DecisionTreeRegressor(random_state=0)),
    "tree-regressor-3": lambda: on_numbers(tree.DecisionTreeRegressor(random_state=0), targets=3),
    "forest": lambda: on_numbers(ensemble.RandomForestClassifier(50, random_state=0), classes=3),
    "forest-binary": lambda: on_numbers(ensemble.RandomForestClassifier(51, random_state=0), classes=2),
    "forest-regressor": lambda: on_numbers(ensemble.RandomForestRegressor(50, random_state=0)),
    "extra-trees": lambda: on_numbers(ensemble.ExtraTreesClassifier(50, random_state=0), classes=3),
    "boosting": lambda: on_numbers(ensemble.GradientBoostingClassifier(n_estimators=30), classes=3),
    "boosting-binary": lambda: on_numbers(ensemble.GradientBoostingClassifier(n_estimators=30), classes=2),
    "boosting-regressor": lambda: on_numbers(ensemble.GradientBoostingRegressor(n_estimators=30)),
    "ada": lambda: on_numbers(ensemble.AdaBoostClassifier(n_estimators=10, random_state=0), classes=2),
    "bagging": lambda: on_numbers(ensemble.BaggingClassifier(n_estimators=5, random_state=0), classes=3),
    "isolation": lambda: on_numbers(ensemble.IsolationForest(n_estimators=20, random_state=0)),
    "logistic": lambda: on_numbers(linear_model.LogisticRegression(max_iter=500), classes=3),
    "logistic-binary": lambda: on_numbers(linear_model.LogisticRegression(), classes=2),
    "logistic-zipmap": lambda: on_numbers(linear_model.LogisticRegression(max_iter=500), classes=3, words=True, zipmap=True),
    "ridge-classifier": lambda: on_numbers(linear_model.RidgeClassifier(), classes=2),
    "sgd": lambda: on_numbers(linear_model.SGDClassifier(loss="log_loss", random_state=0), classes=3),
    "linear": lambda: on_numbers(linear_model.LinearRegression()),
    "linear-3": lambda: on_numbers(linear_model.LinearRegression(), targets=3),
    "lasso": lambda: on_numbers(linear_model.Lasso()),
    "bayesian-ridge": lambda: on_numbers(linear_model.BayesianRidge()),
    "svc-rbf": lambda: on_numbers(svm.SVC(), classes=3),
    "svc-probability": lambda: on_numbers(svm.SVC(probability=True, random_state=0), classes=3),
    "svc-poly": lambda: on_numbers(svm.SVC(kernel="poly"), classes=2),
    "svc-linear": lambda: on_numbers(svm.SVC(kernel="linear"), classes=2),
    "linear-svc": lambda: on_numbers(svm.LinearSVC(), classes=3),
    "svr": lambda: on_numbers(svm.SVR()),
    "nu-svr": lambda: on_numbers(svm.NuSVR(kernel="sigmoid")),
    "one-class": lambda: on_numbers(svm.OneClassSVM()),
    "bayes": lambda: on_numbers(naive_bayes.GaussianNB(), classes=3),
    "network": lambda: on_numbers(neural_network.MLPClassifier((16,), max_iter=300, random_state=0), classes=3),
    "voting": lambda: on_numbers(ensemble.VotingClassifier(
        [("a", linear_model.LogisticRegression()), ("b", tree.DecisionTreeClassifier(max_depth=4))],
        voting="soft", flatten_transform=False), classes=2),
    "scaler": lambda: scaled(preprocessing.StandardScaler()),
    "min-max": lambda: scaled(preprocessing.MinMaxScaler()),
    "robust": lambda: scaled(preprocessing.RobustScaler()),
    "normalizer-l1": lambda: scaled(preprocessing.Normalizer("l1")),
    "normalizer-l2": lambda: scaled(preprocessing.Normalizer("l2")),
    "normalizer-max": lambda: scaled(preprocessing.Normalizer("max")),
    "binarizer": lambda: scaled(preprocessing.Binarizer(threshold=0.1)),
    "bins": lambda: scaled(preprocessing.KBinsDiscretizer(4, encode="onehot-dense", quantile_method="averaged_inverted_cdf")),
    "polynomial": lambda: scaled(preprocessing.PolynomialFeatures(2)),
    "imputer": lambda: scaled(impute.SimpleImputer(strategy="median"), missing=True),
    "table-logistic": lambda: on_table(linear_model.LogisticRegression()),
    "table-boosting": lambda: on_table(ensemble.GradientBoostingClassifier(n_estimators=30)),
    "table-forest": lambda: on_table(ensemble.RandomForestClassifier(30, random_state=0)),
}


def same_bits(a, b):
    return all(a[k].dtype.kind == "U" and a[k].tolist() == b[k].tolist() or
               a[k].tobytes() == b[k].tobytes() for k in a)


def check(baton, name, make):
    """The complaints about one model."""
    model, inputs = make()
    ours = baton.run(model, inputs)
    theirs = maps_to_arrays(onnxruntime_run(model, inputs))
    complaints = [f"{output} differs from ONNX Runtime" for output in differences(ours, theirs)]
    if not same_bits(ours, baton.run(model, inputs, threads=3)):
        complaints.append("3 threads give other bits")
    one = baton.run(model, {k: v[ALONE:ALONE + 1] for k, v in inputs.items()})
    batched = {k: v if k.endswith(".keys") else v[ALONE:ALONE + 1] for k, v in ours.items()}
    if not same_bits(one, batched):
        complaints.append(f"row {ALONE} alone gives other bits")
    return complaints


def main():
    import warnings
    warnings.filterwarnings("ignore")
    baton = Baton(sys.argv[1])
    wrong = 0
    for name, make in MODELS.items():
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        try:
            complaints = check(baton, name, make)
        except Exception as error:  # whoever raises it, the model is named and the rest goes on
            complaints = [f"{type(error).__name__}: {str(error)[:200]}"]
        wrong += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {name} {'; '.join(complaints)}".rstrip())
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
