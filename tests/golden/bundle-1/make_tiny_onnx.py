#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How model.onnx and the inputs beside it were made, byte by byte: a classifier of three classes.

They are what tests/golden/bundle-1.tar was packed from, so they never change (../README.md). This
script is kept to say what they are; it writes to the folder given, not to its own.
"""
import json
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'cli'))
from make_models import INT64, attribute_int, floats, model, node, port, tensor  # noqa: E402


def weights(count, step):
    """Numbers of both signs, in steps of 1/64, that follow no simple pattern."""
    return [((i * step + i // 3) % 41 - 20) / 64 for i in range(count)]


def classifier():
    """Gemm, Tanh, Gemm, Softmax, and the index of the largest: products, sums, exp and tanh."""
    axis = attribute_int('axis', 1)
    return model(
        [node('Gemm', ['x', 'w1', 'b1'], ['hidden'], 'first'),
         node('Tanh', ['hidden'], ['bent'], 'bend'),
         node('Gemm', ['bent', 'w2', 'b2'], ['scores'], 'second'),
         node('Softmax', ['scores'], ['probabilities'], 'share', attributes=axis),
         node('ArgMax', ['scores'], ['label'], 'choose', attributes=axis + attribute_int('keepdims', 0))],
        [port('x', ['N', 4])], [port('label', ['N'], INT64), port('probabilities', ['N', 3])],
        [tensor('w1', [4, 5], floats(weights(20, 17))), tensor('b1', [5], floats(weights(5, 9))),
         tensor('w2', [5, 3], floats(weights(15, 23))), tensor('b2', [3], floats(weights(3, 11)))])


def rows(count, step):
    return [[((r * 4 + c) * step % 37 - 18) / 4 for c in range(4)] for r in range(count)]


def table(header, lines):
    return ','.join(header) + '\n' + ''.join(','.join(map(str, line)) + '\n' for line in lines)


def hard_values():
    """One row of zeros of both signs and subnormals, one that saturates, one that is not a number."""
    data = [0.0, -0.0, struct.unpack('<f', b'\1\0\0\0')[0], -1e-40,
            1e30, -1e30, 3.4e38, 65504.0,
            'NaN', 1.0, 'Infinity', '-Infinity']
    return json.dumps({'inputs': [{'name': 'x', 'shape': [3, 4], 'datatype': 'FP32', 'data': data}]})


def main():
    folder = pathlib.Path(sys.argv[1])
    names = ['a', 'b', 'c', 'd']
    labelled = [row + [(7 * i + i // 4) % 3] for i, row in enumerate(rows(24, 5))]
    (folder / 'model.onnx').write_bytes(classifier())
    (folder / 'case-0.csv').write_text(table(names, rows(6, 13)))
    (folder / 'case-1.json').write_text(hard_values() + '\n')
    (folder / 'labelled.csv').write_text(table(names + ['truth'], labelled))
    (folder / 'contract.json').write_text(json.dumps({
        'metrics': {'accuracy': 0.25, 'log_loss': '0x1.8p+1'},
        'outputs': {'label': 'bits', 'probabilities': 'ulp:2'}}) + '\n')
    (folder / 'card.md').write_text('A model of three classes that means nothing, kept for its bytes.\n')


if __name__ == '__main__':
    main()
