#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The model of bench_serve.sh: logistic regression of 13 features, as ONNX and as the same weights
for the peers: make_model.py FOLDER writes model.onnx, golden.npz and weights.npz."""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

FEATURES = 13


def main(folder):
    random = np.random.default_rng(13)
    weights = random.normal(size=(FEATURES, 1)).astype(np.float32)
    bias = random.normal(size=1).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node('MatMul', ['x', 'w'], ['product']), helper.make_node('Add', ['product', 'b'], ['sum']),
         helper.make_node('Sigmoid', ['sum'], ['probability'])],
        'logistic', [helper.make_tensor_value_info('x', TensorProto.FLOAT, ['n', FEATURES])],
        [helper.make_tensor_value_info('probability', TensorProto.FLOAT, ['n', 1])],
        [onnx.numpy_helper.from_array(weights, 'w'), onnx.numpy_helper.from_array(bias, 'b')])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    onnx.save(model, folder / 'model.onnx')
    np.savez(folder / 'golden.npz', x=random.normal(size=(8, FEATURES)).astype(np.float32))
    np.savez(folder / 'weights.npz', w=weights, b=bias)


main(pathlib.Path(sys.argv[1]))
