#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write mosaic.onnx: a small network with one node of each kind of arithmetic.

Convolution (strided, depthwise, pointwise), matrix product, softmax, reductions and the
unary functions, with odd sizes so that every kernel has a remainder. Weights are multiples of 2^-10
drawn by a fixed generator. Needs the packages of tests/requirements.txt.
"""
import pathlib
import random

import onnx
from onnx import TensorProto, helper

DRAW = random.Random(7)
UNARY = ['Exp', 'Sigmoid', 'Tanh', 'Erf', 'Softplus', 'Sin', 'Atan', 'Log']


def weight(name, *dims):
    count = 1
    for dim in dims:
        count *= dim
    values = [DRAW.randint(-512, 512) / 1024 for _ in range(count)]
    return helper.make_tensor(name, TensorProto.FLOAT, dims, values)


def unary_nodes(value):
    """Each function applied to its own linear map of the features, and all of them added."""
    nodes, total = [], None
    for name in UNARY:
        source = value
        if name == 'Log':
            nodes.append(helper.make_node('Abs', [value], ['absolute']))
            source = 'absolute'
        nodes.append(helper.make_node(name, [source], [name]))
        if total:
            nodes.append(helper.make_node('Add', [total, name], [f'sum_{name}']))
        total = f'sum_{name}' if total else name
    return nodes, total


def main():
    unary, features = unary_nodes('linear')
    nodes = [
        helper.make_node('Conv', ['image', 'w1', 'b1'], ['c1'], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node('Relu', ['c1'], ['r1']),
        helper.make_node('Conv', ['r1', 'w2'], ['c2'], group=9, pads=[1, 1, 1, 1]),
        helper.make_node('Conv', ['c2', 'w3', 'b3'], ['c3'], strides=[3, 3]),
        helper.make_node('Flatten', ['c3'], ['flat']),
        helper.make_node('Gemm', ['flat', 'w4', 'b4'], ['linear'], alpha=0.75, transB=1),
        *unary,
        helper.make_node('ReduceSum', [features], ['total'], keepdims=1),
        helper.make_node('Div', [features, 'total'], ['shares']),
        helper.make_node('Softmax', ['shares'], ['probabilities'], axis=1),
    ]
    weights = [weight('w1', 9, 3, 3, 3), weight('b1', 9), weight('w2', 9, 1, 3, 3),
               weight('w3', 7, 9, 1, 1), weight('b3', 7), weight('w4', 37, 7 * 7 * 7),
               weight('b4', 37)]
    image = helper.make_tensor_value_info('image', TensorProto.FLOAT, ['N', 3, 37, 41])
    outputs = [helper.make_tensor_value_info('probabilities', TensorProto.FLOAT, ['N', 37]),
               helper.make_tensor_value_info(features, TensorProto.FLOAT, ['N', 37])]
    graph = helper.make_graph(nodes, 'mosaic', [image], outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, pathlib.Path(__file__).with_name('mosaic.onnx'))


if __name__ == '__main__':
    main()
