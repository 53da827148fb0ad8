#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make model-changed.onnx: model.onnx with one leaf weight 0.01 larger.

An honest change: a valid model of the same shape that anybody could have trained. The tour shows
that it cannot pass for the first one.
"""
import pathlib

import onnx

HERE = pathlib.Path(__file__).parent


def main():
    model = onnx.load(HERE / 'model.onnx')
    node = next(n for n in model.graph.node if n.op_type.startswith('TreeEnsemble'))
    weights = next(a for a in node.attribute if a.name in ('class_weights', 'target_weights'))
    weights.floats[0] += 0.01
    (HERE / 'model-changed.onnx').write_bytes(model.SerializeToString(deterministic=True))


if __name__ == '__main__':
    main()
