#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples/german-credit: baton against scikit-learn's own answers and against ONNX Runtime, and
whether training again gives the committed bytes.

    german_credit.py RUN_MODEL
"""
import csv
import subprocess
import sys
import tempfile
import zipfile
from importlib import metadata, util
from pathlib import Path

from peers import SOURCE, Baton, differences, need_packages, onnxruntime_run

need_packages()

import numpy as np  # noqa: E402
import onnx  # noqa: E402

FOLDER = SOURCE / "examples" / "german-credit"
MADE = ("model.onnx", "golden.csv", "expected.npz")


def read_inputs(model):
    """golden.csv as the model wants it: a column for each input, an empty number is NaN."""
    with open(FOLDER / "golden.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    inputs = {}
    for port in model.graph.input:
        column = [row[port.name] for row in rows]
        if port.type.tensor_type.elem_type == onnx.TensorProto.STRING:
            inputs[port.name] = np.array(column, dtype=object).reshape(-1, 1)
        else:
            inputs[port.name] = np.array([float(v or "nan") for v in column],
                                         np.float32).reshape(-1, 1)
    return inputs


def same_versions():
    """Whether the installed packages are those of the example."""
    pins = [line.split("==") for line in (FOLDER / "requirements.txt").read_text().split()
            if "==" in line]
    return all(util.find_spec("pandas") and metadata.version(name) == version
               for name, version in pins)


def content(path):
    """The bytes of a file; of an archive those of its members, for Python releases write other
    headers around them."""
    if path.suffix != ".npz":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def train_again():
    """The files that came out differently."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, FOLDER / "train.py", folder], check=True)
        return [name for name in MADE if content(Path(folder) / name) != content(FOLDER / name)]


def main():
    model = onnx.load(FOLDER / "model.onnx")
    inputs = read_inputs(model)
    baton = Baton(sys.argv[1])
    ours = baton.run(model.SerializeToString(), inputs)
    wrong = [f"{name} differs from ONNX Runtime" for name in
             differences(ours, onnxruntime_run(model.SerializeToString(), inputs))]
    with np.load(FOLDER / "expected.npz") as expected:
        wrong += [f"{name} differs from scikit-learn" for name in
                  differences(ours, {k: expected[k] for k in expected.files})]
        worst = np.max(np.abs(ours["probabilities"] - expected["probabilities"]))
    print(f"{len(ours['label'])} rows, probabilities within {worst:.1e} of scikit-learn's")
    if same_versions():
        wrong += [f"training again gives another {name}" for name in train_again()]
    else:
        print("not trained again: other versions than requirements.txt")
    print("\n".join(wrong) if wrong else "ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
