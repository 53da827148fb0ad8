#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train the credit model, export it to ONNX, and write down what scikit-learn predicts.

    pip install -r requirements.txt
    python train.py            # writes into the folder of this script
    python train.py FOLDER     # writes into FOLDER, to compare with what is committed

Reads train.csv and test.csv; writes model.onnx, golden.csv (inputs) and expected.npz (outputs of
scikit-learn for them, float64). The same versions give the same bytes.
"""
import pathlib
import sys

import numpy as np
import pandas as pd
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder

HERE = pathlib.Path(__file__).resolve().parent
TARGET = "creditability"
# A decision about credit must not look at these.
LEFT_OUT = ["personal_status_and_sex", "foreign_worker"]
NUMBERS = [
    "duration_in_month",
    "credit_amount",
    "installment_rate_in_percentage_of_disposable_income",
    "present_residence_since",
    "age_in_years",
    "number_of_existing_credits_at_this_bank",
    "number_of_people_being_liable_to_provide_maintenance_for",
]
GOLDEN_ROWS = 40


def read(name):
    table = pd.read_csv(HERE / name, keep_default_na=False).drop(columns=LEFT_OUT)
    table[NUMBERS] = table[NUMBERS].astype(np.float32)
    return table.drop(columns=[TARGET]), table[TARGET]


def make_pipeline_of(columns):
    words = [c for c in columns if c not in NUMBERS]
    return Pipeline([
        ("columns", ColumnTransformer([
            # MinMaxScaler is the same multiplication and addition in float32 here and in ONNX.
            # StandardScaler divides where the export multiplies by the reciprocal, and a value that
            # lies on a split may then fall on its other side: 3 of the 200 test rows did.
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), MinMaxScaler()), NUMBERS),
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
        ])),
        ("boosting", GradientBoostingClassifier(
            n_estimators=120, max_depth=3, learning_rate=0.08, min_samples_leaf=10,
            random_state=20260101)),
    ])


def export(pipeline, columns):
    types = [(c, FloatTensorType([None, 1]) if c in NUMBERS else StringTensorType([None, 1]))
             for c in columns]
    model = convert_sklearn(pipeline, name="german-credit", initial_types=types,
                            options={id(pipeline): {"zipmap": False}},
                            target_opset={"": 17, "ai.onnx.ml": 3})
    # skl2onnx keeps the opsets in a set, and the order of a set of strings changes from run to run.
    opsets = sorted(model.opset_import, key=lambda opset: opset.domain)
    del model.opset_import[:]
    model.opset_import.extend(opsets)
    return model.SerializeToString(deterministic=True)


def golden_rows(table):
    """The first rows of the test set; in every fifth of them one number is missing."""
    golden = table.head(GOLDEN_ROWS).copy()
    for row in range(0, GOLDEN_ROWS, 5):
        golden.iloc[row, golden.columns.get_loc(NUMBERS[row // 5 % len(NUMBERS)])] = np.nan
    return golden


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    inputs, target = read("train.csv")
    test_inputs, test_target = read("test.csv")
    pipeline = make_pipeline_of(inputs.columns).fit(inputs, target)
    predicted = pipeline.predict_proba(test_inputs)[:, 1]
    print(f"test rows {len(test_target)}, "
          f"accuracy {accuracy_score(test_target, pipeline.predict(test_inputs)):.4f}, "
          f"ROC AUC {roc_auc_score(test_target == 'good', predicted):.4f}")
    (out / "model.onnx").write_bytes(export(pipeline, inputs.columns))
    golden = golden_rows(test_inputs)
    golden.to_csv(out / "golden.csv", index=False, lineterminator="\n")
    np.savez(out / "expected.npz", label=pipeline.predict(golden).astype(str),
             probabilities=pipeline.predict_proba(golden))


if __name__ == "__main__":
    main()
